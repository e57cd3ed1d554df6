"""What each department offers, to whom, by when; and how that was kept lately."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.board.queries import ENTRIES, IN_ORDER, PROMISES, REACHED, entries
from app.board.schemas import (
    BusinessHours,
    CatalogueEntry,
    CatalogueListing,
    NamedDepartment,
    Promise,
    PromisedTarget,
    Reached,
)
from app.kernel import paging
from app.kernel.database import Row
from app.kernel.paging import Page
from app.service_levels.matching import Conditions, holds_whenever

SHORT_DAYS: Final = 30
LONG_DAYS: Final = 90

Decided = Mapping[tuple[UUID, UUID | None, str], Sequence[Reached]]
"""How clocks were decided, by SLA, request type and metric."""


async def page(connection: AsyncConnection, asked: CatalogueListing, now: datetime) -> Page[CatalogueEntry]:
    """A page of the catalogue: three statements, whatever is on it."""
    requester_id, statement = asked.requester_department_id, ENTRIES
    if asked.provider_department_id is not None:
        statement = statement.where(entries.c.provider_department_id == asked.provider_department_id)
    ordered = paging.order(asked.sort, {"provider": IN_ORDER}, "provider", entries.c.id)
    rows, cursor = await paging.fetch(connection, statement, asked, ordered)
    providers = {"provider_ids": list({row["provider_department_id"] for row in rows})}
    slas = [
        sla
        for sla in (await connection.execute(PROMISES, providers)).mappings()
        if requester_id is None or sla["requester_department_id"] in (None, requester_id)
    ]
    decided = await _decided(connection, [sla["id"] for sla in slas], requester_id, now)
    return Page([_entry(row, slas, requester_id, decided) for row in rows], cursor)


async def _decided(
    connection: AsyncConnection, sla_ids: list[UUID], requester_id: UUID | None, now: datetime
) -> Decided:
    named = {
        "sla_ids": sla_ids,
        "short": now - timedelta(days=SHORT_DAYS),
        "long": now - timedelta(days=LONG_DAYS),
        "now": now,
        "requester_id": requester_id,
    }
    return {
        (row.sla_id, row.request_type_id, row.metric): (
            _reached(SHORT_DAYS, row.short_decided, row.short_met),
            _reached(LONG_DAYS, row.long_decided, row.long_met),
        )
        for row in await connection.execute(REACHED, named)
    }


def _reached(days: int, decided: int, met: int) -> Reached:
    return Reached(days, decided, met, met / decided if decided else None)


_NOTHING: Final = (_reached(SHORT_DAYS, 0, 0), _reached(LONG_DAYS, 0, 0))


def _entry(row: Row, slas: Iterable[Row], requester_id: UUID | None, decided: Decided) -> CatalogueEntry:
    request_type_id = row["request_type_id"]
    provider = NamedDepartment(row["provider_department_id"], row["provider_key"], row["provider_name"])
    own = [
        sla
        for sla in slas
        if sla["provider_department_id"] == provider.id and sla["request_type_id"] in (None, request_type_id)
    ]
    return CatalogueEntry(
        provider,
        request_type_id,
        row["key"],
        row["name"],
        row["kind"],
        row["description"],
        row["required_fields"] or [],
        [_promise(sla, request_type_id, decided) for sla in _that_can_apply(own, requester_id)],
    )


def _that_can_apply(slas: Iterable[Row], requester_id: UUID | None) -> Iterator[Row]:
    """Those that no earlier one always goes before; what is asked for holds for all of them, and so does a requester
    that is named."""
    earlier: list[Conditions[UUID]] = []
    for sla in slas:
        conditions = Conditions(
            sla["requester_department_id"] if requester_id is None else None,
            None,
            None if sla["priorities"] is None else frozenset(sla["priorities"]),
            None if sla["customer_tiers"] is None else frozenset(sla["customer_tiers"]),
        )
        if not any(holds_whenever(one, conditions) for one in earlier):
            earlier.append(conditions)
            yield sla


def _promise(sla: Row, request_type_id: UUID | None, decided: Decided) -> Promise:
    towards = sla["requester_department_id"]
    return Promise(
        sla["id"],
        sla["version"],
        sla["name"],
        None if towards is None else NamedDepartment(towards, sla["towards_key"], sla["towards_name"]),
        sla["priorities"],
        sla["customer_tiers"],
        BusinessHours(sla["calendar_id"], sla["calendar_name"], sla["timezone"], sla["hours"]),
        [_target(target, decided.get((sla["id"], request_type_id, target["metric"]))) for target in sla["targets"]],
        sla["pause_on"],
    )


def _target(target: Mapping[str, Any], reached: Sequence[Reached] | None) -> PromisedTarget:
    by_priority = target.get("by_priority") or {}
    return PromisedTarget(target["metric"], target["seconds"], by_priority, list(reached or _NOTHING))
