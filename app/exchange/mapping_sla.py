"""The `[[sla]]` tables of a mapping: as `POST /v1/slas`, with names or keys in place of ids. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from app.exchange.mapping_tables import Table
from app.tickets.life.verbs import Priority

FIELDS: Final = {
    "provider": ("provider", "provider_department", "provider_department_id"),
    "requester": ("requester", "requester_department", "requester_department_id"),
    "request_type": ("request_type", "request_type_id"),
    "calendar": ("calendar", "calendar_id"),
}
"""What names something else, and under which keys it may stand: the API's name, or without the `_id` of an id."""

EVERY_PROVIDER: Final = "*"
METRICS: Final = ("acknowledge", "update", "resolve")
PAUSES: Final = ("requester", "customer", "third_party")
_LONGEST_SECONDS: Final = 3653 * 86400
_HIGHEST_RANK: Final = 1_000_000


def sla_tables(tables: tuple[Table, ...]) -> tuple[Mapping[str, Any], ...]:
    """Each table checked: `name, provider, requester, request_type, priorities, customer_tiers, rank, calendar,
    targets, pause_on, warn_at`, None where left out; `provider` may be `EVERY_PROVIDER`.

    Raises:
        MappingError: names the table and the key.
    """
    return tuple(_sla(table) for table in tables)


def _sla(table: Table) -> Mapping[str, Any]:
    sla: dict[str, Any] = {
        "name": table.text("name"),
        "provider": _named(table, "provider", needed=True),
        "requester": _named(table, "requester"),
        "request_type": _named(table, "request_type"),
        "priorities": table.texts_or_none("priorities", tuple(Priority)),
        "customer_tiers": table.texts_or_none("customer_tiers"),
        "rank": table.integer("rank", least=0, most=_HIGHEST_RANK),
        "calendar": _named(table, "calendar", needed=True),
        "targets": tuple(_target(target) for target in table.tables("targets")),
        "pause_on": table.texts_or_none("pause_on", PAUSES) or (),
        "warn_at": _fractions(table),
    }
    table.done()
    metrics = [target["metric"] for target in sla["targets"]]
    if not metrics:
        raise table.mistake("targets", "must state at least one target")
    if len(set(metrics)) != len(metrics):
        raise table.mistake("targets", "must state each metric once")
    return sla


def _named(table: Table, field: str, *, needed: bool = False) -> str | None:
    stated = [(key, table.text_or_none(key)) for key in FIELDS[field]]
    present = [(key, value) for key, value in stated if value is not None]
    if len(present) > 1:
        raise table.mistake(present[1][0], f"says the same as {present[0][0]!r}: state one of them")
    if not present:
        if needed:
            raise table.mistake(field, "is missing")
        return None
    return present[0][1]


def _target(table: Table) -> Mapping[str, Any]:
    metric = table.text("metric")
    if metric not in METRICS:
        raise table.mistake("metric", f"{metric!r} is none of {', '.join(METRICS)}")
    seconds = table.integer("seconds", least=1, most=_LONGEST_SECONDS)
    stated = table.table("by_priority", needed=False)
    by_priority = {}
    for key in stated:
        if key not in set(Priority):
            raise stated.mistake(key, f"is none of {', '.join(Priority)}")
        by_priority[key] = stated.integer(key, least=1, most=_LONGEST_SECONDS)
    table.done()
    return {"metric": metric, "seconds": seconds, "by_priority": by_priority}


def _fractions(table: Table) -> tuple[float, ...]:
    stated = table.value("warn_at", list, "a list of fractions")
    for value in stated or ():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise table.mistake("warn_at", "must be a list of fractions between 0 and 1")
    return tuple(float(value) for value in stated or ())
