"""Local time in SQL, by the same data that calendars go by: the database may know an older one."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from app.directory.calendar import offsets

_ALWAYS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_SHIFTS = "unnest(:zones, :shifted_since, :shifted_until, :shifts) as {alias} (name, since, until, shift)"

ZONES = """
    select distinct coalesce(k.timezone, 'UTC') as name, (select min(opened_at) from tickets) as earliest
    from departments d left join calendars k on k.id = d.calendar_id
"""
"""The zones of the departments, and since when there is anything to date."""


def shifts(names: Iterable[str], start: datetime, end: datetime) -> dict[str, list[Any]]:
    """The parameters of a query that tells local time: how far each of these zones is ahead of UTC, exactly from
    `start` to `end`."""
    columns: dict[str, list[Any]] = {"zones": [], "shifted_since": [], "shifted_until": [], "shifts": []}
    for name in names:
        changes = offsets(name, start, max(start, end))
        since = [_ALWAYS[0], *(at for at, _ in changes[1:])]
        columns["zones"] += [name] * len(changes)
        columns["shifted_since"] += since
        columns["shifted_until"] += [*since[1:], _ALWAYS[1]]
        columns["shifts"] += [shift for _, shift in changes]
    return columns


def zone_of(department: str | None, since: str, until: str) -> str:
    """The join that gives, as `zone`, the stretches of constant local time from `since` to `until`, both inclusive: of
    this department, or where it is None of the one zone there is.

    There always is one. It is a left join all the same, or the planner would reckon with far too few facts.
    """
    stretch = f"zone.since <= {until} and zone.until > {since}"
    if department is None:
        return f"\n        left join {_SHIFTS.format(alias='zone')} on {stretch}"
    return f"""
        left join (
            select d.id, shift.since, shift.until, shift.shift
            from departments d
            left join calendars k on k.id = d.calendar_id
            join {_SHIFTS.format(alias="shift")} on shift.name = coalesce(k.timezone, 'UTC')
            offset 0 -- This small join first: the planner would compare every fact with every stretch of every zone.
        ) zone on zone.id = {department} and {stretch}"""


def local(instant: str) -> str:
    """The local time of an instant in the stretch `zone`."""
    return f"({instant} at time zone 'UTC' + zone.shift)"


def slices(unit: str, since: str, until: str) -> str:
    """The local days, weeks or months, so far as they lie in the stretch `zone`, from `since` to `until`: rows of
    their beginnings and ends."""
    begins = "(s - zone.shift) at time zone 'UTC'"
    ends = f"(s + interval '1 {unit}' - zone.shift) at time zone 'UTC'"
    return f"""(
                select greatest({begins}, zone.since, :start), least({ends}, zone.until, :end)
                from generate_series(
                    date_trunc('{unit}', {local(f"greatest({since}, zone.since)")}),
                    {local(f"least({until}, zone.until)")},
                    interval '1 {unit}') s
            )"""
