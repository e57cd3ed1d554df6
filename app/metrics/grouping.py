"""From what was asked to SQL: a report's query with its groups, its filters, and the names of what it groups by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, TextClause, Uuid, bindparam, text
from sqlalchemy.types import TypeEngine

from app.kernel.database import Timestamp
from app.kernel.reports import IDENTIFIED, MOST_ROWS, TIMES, Period, parts
from app.metrics.queries import OPEN_AT_THE_END


@dataclass(frozen=True, slots=True)
class Subject:
    """What one report counts: its SQL, and in terms of that when it happened, which department did it, and who was
    asked for it."""

    sql: str
    at: str
    department: str = "t.provider_department_id"
    provider: str = "t.provider_department_id"
    more_order: tuple[str, ...] = ()

    def column(self, dimension: str) -> str:
        """What is grouped by in a dimension."""
        if dimension in TIMES:
            return f"date_trunc('{dimension}', {self.at}, 'UTC')::date"
        return {**_TICKET_COLUMNS, "department": self.department, "provider": self.provider}[dimension]

    def filtered(self, name: str) -> str:
        """What must have the value of a filter."""
        return "t.source" if name == "source" else self.column(_FILTERED.get(name, name))


_TICKET_COLUMNS = {
    "requester": "t.requester_department_id",
    "request_type": "t.request_type_id",
    "priority": "t.priority",
    "customer": "t.customer_id",
    "customer_tier": "u.tier",
}
_NAMED_IN = {
    "department": ("departments", "key"),
    "requester": ("departments", "key"),
    "provider": ("departments", "key"),
    "request_type": ("request_types", "key"),
    "customer": ("customers", "external_ref"),
}
_FILTERED = {
    "department_id": "department",
    "requester_department_id": "requester",
    "provider_department_id": "provider",
    "request_type_id": "request_type",
    "customer_id": "customer",
}
_INSTANTS = ("start", "end", "now", "until", "before")
_TYPES: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(_INSTANTS, Timestamp),
    "calendar_ids": ARRAY(Uuid),
    "ticket_ids": ARRAY(Uuid),
    "counting_since": ARRAY(Timestamp),
    "seconds": ARRAY(BigInteger),
}


def instants(period: Period) -> dict[str, Any]:
    """The instants that a report's query may name."""
    return {name: getattr(period, name) for name in _INSTANTS}


@lru_cache(maxsize=512)
def completed(subject: Subject, dimensions: tuple[str, ...], filters: tuple[str, ...]) -> TextClause:
    """The report's query for these dimensions, with conditions on these filters: the totals, then groups in order.

    Each row has `is_total`, the fields of its group, and the figures. Groups beyond `MOST_ROWS` are cut off, but for a
    few that tell that there were more.
    """
    named = parts(dimensions)
    names = ", ".join(_column(name) for name in named)
    counted = subject.sql.format(
        groups=", ".join(f"{subject.column(name)} as {_column(name)}" for name in named),
        names=names,
        total=f"grouping({_column(named[0])}) = 1 as is_total",
        filters="".join(f" and {subject.filtered(name)} = :{name}" for name in filters),
        open=OPEN_AT_THE_END,
        slices=_slices(named),
    )
    sql = _labelled(counted, named, subject.more_order)
    return text(sql).bindparams(
        *(bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in sql),
        *(bindparam(name, type_=Uuid()) for name in filters if name.endswith("_id")),
    )


def _column(name: str) -> str:
    return f"{name}_id" if name in IDENTIFIED else name


def _slices(named: Sequence[str]) -> str:
    """The stretches of the period in which a wait `w` lies: one, or days, weeks or months when grouped by these."""
    units = [name for name in TIMES if name in named]
    if not units:
        return "(values (:start, :end))"
    unit = units[0] if len(units) == 1 else "day"
    return f"""(
                select greatest(s, :start), least(s + interval '1 {unit}', :end)
                from generate_series(
                    date_trunc('{unit}', greatest(w.started_at, :start), 'UTC'),
                    least(coalesce(w.ended_at, :until), :until),
                    interval '1 {unit}') s
            )"""


def _labelled(counted: str, named: Sequence[str], more_order: Sequence[str]) -> str:
    identified = [name for name in named if name in IDENTIFIED]
    labels, joins = "", ""
    for name in identified:
        table, key = _NAMED_IN[name]
        labels += f", {name}.{key} as {name}, {name}.name as {name}_name"
        joins += f"\nleft join {table} {name} on {name}.id = counted.{name}_id"
    keys = [f"{name}.{_NAMED_IN[name][1]}, counted.{name}_id" if name in identified else name for name in named]
    order = ", ".join(["is_total desc", *keys, *more_order])
    return f"""with counted as ({counted})
select counted.*{labels}
from counted{joins}
order by {order}
limit {MOST_ROWS + 10}"""
