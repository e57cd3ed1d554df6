"""Local time in SQL: in which zone a fact is dated, and when a local day begins."""

from functools import cache
from zoneinfo import available_timezones

_ABBREVIATED = {"CET": "Europe/Brussels", "MET": "Europe/Brussels", "EET": "Europe/Athens", "WET": "Europe/Lisbon"}
"""Zones that PostgreSQL would take for abbreviations without summer time, by what the IANA data links them to."""


@cache
def _zones() -> frozenset[str]:
    # What a machine calls its own zone is no zone of the IANA data.
    return frozenset(available_timezones()) - {"localtime"}


def is_zone(name: str) -> bool:
    """Whether it is a zone of the IANA data."""
    return name in _zones()


def unambiguous(name: str) -> str:
    """The zone under a name that PostgreSQL takes for no abbreviation."""
    return _ABBREVIATED.get(name, name)


def department_zones(department: str) -> str:
    """The join that gives, as `zone.name`, the zone of a department's calendar: null where it has none."""
    names = " ".join(f"when '{name}' then '{other}'" for name, other in _ABBREVIATED.items())
    return f"""
        left join (
            select d.id, case k.timezone {names} else k.timezone end as name
            from departments d join calendars k on k.id = d.calendar_id
        ) zone on zone.id = {department}"""


def first_day(unit: str, at: str, zone: str) -> str:
    """The first day of the local day, week or month in which an instant lies."""
    return f"date_trunc('{unit}', {at} at time zone {zone})::date"


def begins(local: str, zone: str) -> str:
    """The first instant of which a local day's beginning is, or was, past.

    Of a midnight that comes twice PostgreSQL takes the second; no zone repeats more than an hour there.
    """
    instant = f"({local} at time zone {zone})"
    earlier = f"({instant} - interval '1 hour')"
    return f"case when {earlier} at time zone {zone} >= {local} then {earlier} else {instant} end"
