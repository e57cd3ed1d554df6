"""From what was asked to SQL: a report's query with its groups, its filters, and the names of what it groups by."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Interval, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.types import TypeEngine

from app.kernel.database import Timestamp
from app.kernel.reports import IDENTIFIED, MOST_ROWS, TIMES, Period, parts
from app.metrics.queries import DECIDED, OPEN_AT_THE_END
from app.metrics.zones import local, slices, zone_of
from app.service_levels.queries import excluded

CYCLES = {"weekday": range(1, 8), "hour": range(24)}
"""The groups of local time that come again, and their values: weekdays count from 1, Monday."""
_OF_AN_INSTANT = {"weekday": "isodow", "hour": "hour"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What one report counts: its SQL, and in terms of that when it happened, which department did it, who was asked
    for it, and who held the ticket then. `whole` is the department in whose time zone it lies, where that is another
    unless grouped by department; `told_by` is what tells rows apart besides their groups. The `assignee` is the member
    who had it: no report offers persons to be grouped by, their scorecards ask."""

    sql: str
    at: str
    department: str = "t.provider_department_id"
    provider: str = "t.provider_department_id"
    holder: str = ""
    assignee: str = "t.assignee_id"
    whole: str = ""
    told_by: tuple[str, ...] = ()

    def column(self, dimension: str) -> str:
        """What is grouped by in a dimension."""
        if dimension in TIMES:
            return f"date_trunc('{dimension}', {local(self.at)})::date"
        if dimension in CYCLES:
            return f"extract({_OF_AN_INSTANT[dimension]} from {local(self.at)})::int"
        own = {
            "department": self.department,
            "provider": self.provider,
            "holder": self.holder,
            "assignee": self.assignee,
        }
        return {**_TICKET_COLUMNS, **own}[dimension]

    def filtered(self, name: str) -> str:
        """What must have the value of a filter."""
        return "t.source" if name == "source" else self.column(_FILTERED.get(name, name))

    def conditions(self, filters: Iterable[str]) -> str:
        """That each of these filters has its value."""
        return "".join(f" and {self.filtered(name)} = :{name}" for name in filters)


_TICKET_COLUMNS = {
    "requester": "t.requester_department_id",
    "request_type": "t.request_type_id",
    "priority": "t.priority",
    "customer": "t.customer_id",
    "customer_tier": "u.tier",
}
_OF_TICKETS = re.compile(r"\b[tu]\.")
_JOINED = """
        join tickets t on t.id = {id}
        left join customers u on u.id = t.customer_id"""
"""Reading every ticket of a period is most of the work of a report that names none of their columns."""
_NAMED_IN = {
    "department": ("departments", "key"),
    "holder": ("departments", "key"),
    "requester": ("departments", "key"),
    "provider": ("departments", "key"),
    "request_type": ("request_types", "key"),
    "customer": ("customers", "external_ref"),
    "assignee": ("members", "email"),
}
_FILTERED = {
    "department_id": "department",
    "holder_department_id": "holder",
    "requester_department_id": "requester",
    "provider_department_id": "provider",
    "request_type_id": "request_type",
    "customer_id": "customer",
    "assignee_id": "assignee",
}
_LOCAL = frozenset((*TIMES, *CYCLES))
_WAITED = ("greatest(w.started_at, :start)", "least(coalesce(w.ended_at, :until), :until)")
"""From when to when a wait `w` lasted in the period."""
_INSTANTS = ("start", "end", "now", "until", "before")
_TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(_INSTANTS, Timestamp),
    "calendar_ids": ARRAY(Uuid),
    "ticket_ids": ARRAY(Uuid),
    "counting_since": ARRAY(Timestamp),
    "seconds": ARRAY(BigInteger),
    "saved_seconds": ARRAY(BigInteger),
    "stakes": ARRAY(Text),
    "zones": ARRAY(Text),
    "shifted_since": ARRAY(Timestamp),
    "shifted_until": ARRAY(Timestamp),
    "shifts": ARRAY(Interval),
}


def instants(period: Period) -> dict[str, Any]:
    """The instants that a report's query may name."""
    return {name: getattr(period, name) for name in _INSTANTS}


@lru_cache(maxsize=128)
def selected(subject: Subject, sql: str, filters: tuple[str, ...]) -> TextClause:
    """A query that asks, before the report does, about what these filters leave of it."""
    return _typed(sql.format(filters=subject.conditions(filters)), filters)


def _typed(sql: str, filters: Iterable[str]) -> TextClause:
    return text(sql).bindparams(
        *(bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in sql),
        *(bindparam(name, type_=Uuid()) for name in filters if name.endswith("_id")),
    )


@lru_cache(maxsize=512)
def completed(
    subject: Subject, dimensions: tuple[str, ...], filters: tuple[str, ...], *, one_zone: bool = False
) -> TextClause:
    """The report's query for these dimensions, with conditions on these filters: the totals, then groups in order.

    Each row has `is_total`, the fields of its group, and the figures. Groups beyond `MOST_ROWS` are cut off, but for a
    few that tell that there were more. With `one_zone` the parameters of local time are those of one, for everybody.
    """
    named = parts(dimensions)
    names = ", ".join(_column(name) for name in named)
    whole = subject.whole if subject.whole and "department" not in named else subject.department
    dated = in_local_time(dimensions)
    department = None if one_zone else whole
    facts = {
        "groups": ", ".join(f"{subject.column(name)} as {_column(name)}" for name in named),
        "filters": subject.conditions(filters),
        "zones": zone_of(department, subject.at, subject.at) if dated else "",
        "excluded": excluded("decided.at"),
    }
    named_there = _OF_TICKETS.search(" ".join((facts["groups"], facts["filters"], facts["zones"])))
    facts["tickets_of_clocks"] = _JOINED.format(id="c.ticket_id") if named_there else ""
    facts["tickets_of_stays"] = _JOINED.format(id="stay.ticket_id") if named_there else ""
    counted = subject.sql.format(
        **facts,
        names=names,
        total=f"grouping({_column(named[0])}) = 1 as is_total",
        decided=DECIDED.format(**facts),
        open=OPEN_AT_THE_END,
        zones_of_wait=f"join tickets t on t.id = w.ticket_id{zone_of(department, *_WAITED)}" if dated else "",
        slices=_slices(named),
    )
    return _typed(_labelled(counted, named, subject.told_by), filters)


def in_local_time(dimensions: Iterable[str]) -> bool:
    """Whether a report by these dimensions has to know the time at each department."""
    return not _LOCAL.isdisjoint(dimensions)


def _column(name: str) -> str:
    return f"{name}_id" if name in IDENTIFIED else name


def _slices(named: Sequence[str]) -> str:
    """The stretches of the period in which a wait `w` lies: one, or local days, weeks or months if grouped by them."""
    units = [name for name in TIMES if name in named]
    if not units:
        return "(values (:start, :end))"
    return slices(units[0] if len(units) == 1 else "day", *_WAITED)


def _labelled(counted: str, named: Sequence[str], told_by: Sequence[str]) -> str:
    identified = [name for name in named if name in IDENTIFIED]
    labels, joins = "", ""
    for name in identified:
        table, key = _NAMED_IN[name]
        labels += f", {name}.{key} as {name}, {name}.name as {name}_name"
        joins += f"\nleft join {table} {name} on {name}.id = counted.{name}_id"
    keys = [f"{name}.{_NAMED_IN[name][1]}, counted.{name}_id" if name in identified else name for name in named]
    order = ", ".join(["is_total desc", *keys, *told_by])
    return f"""with counted as ({counted})
select counted.*{labels}
from counted{joins}
order by {order}
limit {MOST_ROWS + 10}"""
