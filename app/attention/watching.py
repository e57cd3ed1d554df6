"""The watch over what needs attention: what concerns a customer is told once, when it begins to need it.

Something begins to need attention at an instant that is known: when it was as it is for its kind's patience. So each
look tells what did since the look before it, and nothing must be remembered of what was told. What is snoozed then, or
was recorded later with a time before, is only listed.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Interval, Select, Uuid, bindparam, cast, func, select, union_all

from app.attention.attention import COLUMNS, KINDS, Patience, instants, not_snoozed, ripe, shaped
from app.customers import customers
from app.customers.tables import customers as customers_table
from app.kernel.attention import AttentionKind
from app.kernel.database import Timestamp
from app.kernel.jobs import Job, enqueue, job
from app.kernel.work import Work

WATCH: Final = "attention"
"""The kind, and the key, of the job."""

EVERY: Final = timedelta(minutes=1)

_TOLD_OTHERWISE: Final = frozenset({"commitment_at_risk", "webhook_endpoint_dead"})
"""Of these other events tell."""

_CUSTOMERS: Final = customers.collection.select().where(
    customers_table.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid)))
)


async def watch(work: Work, asked: Job, patience: Patience) -> None:
    """Does the job: tells `customer.attention` of what began to need attention since the last time, the first first.

    The first time there is no last one, and nothing is told.
    """
    until = work.now
    if "until" in asked.payload:
        await _tell(work, datetime.fromisoformat(asked.payload["until"]), until, patience)
    await enqueue(work.connection, [job(WATCH, until + EVERY, WATCH, until=until.isoformat())])


async def _tell(work: Work, last: datetime, until: datetime, patience: Patience) -> None:
    asked: dict[str, Any] = {**instants(until, patience)}
    for name, seconds in patience.items():
        patient = timedelta(seconds=seconds)
        asked |= {f"until_{name}": last - patient, f"patience_{name}": patient}
    found = (await work.connection.execute(_begun(), asked)).mappings().all()
    ids: list[UUID] = sorted({row["customer_id"] for row in found})
    if not ids:
        return
    rows = (await work.connection.execute(_CUSTOMERS, {"ids": ids})).mappings()
    concerned = {row["id"]: customers.collection.shape(**row) for row in rows}
    for row in sorted(found, key=lambda row: (row["begun_at"], row["id"])):
        work.happened(
            "customer.attention", row["begun_at"], customer=concerned[row["customer_id"]], attention=shaped(row)
        )


@cache
def _begun() -> Select[Any]:
    """What concerns a customer and began to need attention between two looks."""
    kinds = [kind for name, kind in KINDS.items() if name not in _TOLD_OTHERWISE]
    return select(union_all(*(_of_kind(kind) for kind in kinds)).subquery("begun"))


def _of_kind(kind: AttentionKind) -> Select[Any]:
    columns = kind.statement.selected_columns
    quiet_since = columns.since if kind.quiet_since is None else kind.quiet_since
    begun_at = quiet_since + bindparam(f"patience_{kind.name}", type_=Interval)
    begun = ripe(kind).where(
        quiet_since > bindparam(f"until_{kind.name}", type_=Timestamp),
        columns.customer_id.is_not(None),
        not_snoozed(kind),
    )
    statement = begun.add_columns(begun_at.label("begun_at"))
    told = statement if kind.told is None else kind.told(statement.subquery("begun"))
    return told.with_only_columns(*(told.selected_columns[name] for name in (*COLUMNS, "begun_at")))
