"""Imported cases in the database: what is known of them, and everything about them copied in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Table, Text, Uuid, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.exchange.merging import rows_of
from app.exchange.recording import COMMITMENTS, CaseSheets
from app.exchange.rows import Row
from app.exchange.tables import imported_cases
from app.kernel.answers import to_json
from app.service_levels.agreements import agreements
from app.tickets.bulk.bulk import copy, copy_sheets
from app.tickets.bulk.sheets import TICKETS, columns_of
from app.tickets.escalations.escalating import ESCALATE
from app.tickets.life.whole_lives import Chosen, KeptLeg
from app.tickets.tables import ticket_clocks, ticket_history, ticket_legs, ticket_waits, tickets

LOCK: Final = select(func.pg_advisory_xact_lock(0x4F57494D))
"""One import at a time: two of the same log would each miss what the other makes."""

_ids = cast(bindparam("ids"), ARRAY(Uuid))
_KNOWN = (
    select(
        tickets.c.id,
        tickets.c.number,
        tickets.c.external_ref,
        tickets.c.version,
        tickets.c.commitment_id,
        commitments.c.version.label("present_commitment_version"),
        imported_cases.c.ticket_version,
        imported_cases.c.commitment_version,
        imported_cases.c.promise,
        imported_cases.c.events,
    )
    .join_from(tickets, imported_cases, imported_cases.c.ticket_id == tickets.c.id, isouter=True)
    .join(commitments, commitments.c.id == tickets.c.commitment_id, isouter=True)
    .where(tickets.c.external_ref == func.any(cast(bindparam("refs"), ARRAY(Text))))
)
_KNOWN_OF_SOURCE = _KNOWN.where(tickets.c.source == bindparam("source"))
_KNOWN_WITHOUT_SOURCE = _KNOWN.where(tickets.c.source.is_(None))
_LOCKED = (
    select(tickets.c.id, tickets.c.version).where(tickets.c.id == func.any(_ids)).order_by(tickets.c.id)
).with_for_update()
_LEGS = select(ticket_legs).where(ticket_legs.c.ticket_id == func.any(_ids))
_CASES: Final = columns_of(imported_cases)
_CHILDREN: Final = (ticket_legs, ticket_waits, ticket_history, ticket_clocks, imported_cases)
_ESCALATED = (
    select(ticket_history)
    .where(ticket_history.c.ticket_id == func.any(_ids), ticket_history.c.verb == ESCALATE)
    .order_by(ticket_history.c.ticket_id, ticket_history.c.number)
)
_SAME_CLOCK: Final = ("ticket_id", "metric", "scope", "started_at")
_WARNED = select(*(ticket_clocks.c[name] for name in _SAME_CLOCK), ticket_clocks.c.warned_share).where(
    ticket_clocks.c.ticket_id == func.any(_ids), ticket_clocks.c.warned_share.is_not(None)
)
_WARN = (
    update(ticket_clocks)
    .where(*(ticket_clocks.c[name] == bindparam(f"of_{name}") for name in _SAME_CLOCK))
    .values(warned_share=bindparam("of_share"))
)
_FORGET = [delete(table).where(table.c.ticket_id == func.any(_ids)) for table in _CHILDREN]


def _replace(table: Table, columns: Sequence[str], *kept: str) -> Any:
    changed = [name for name in columns if name not in ("id", *kept)]
    return (
        update(table)
        .where(table.c.id == bindparam("of"))
        .values({name: bindparam(name) for name in changed} | {"updated_at": func.now()})
    )


_KEPT = ("number", "description", "requester_id", "request_type_id", "resolution", "delegation_id")
_REPLACE_TICKET = _replace(tickets, TICKETS, *_KEPT)
_REPLACE_COMMITMENT = _replace(commitments, COMMITMENTS, "created_at", "updated_at", "value", "currency")


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket that is there already. `rows` are its events as imported before, None when it was never imported."""

    ticket_id: UUID
    number: int
    version: int
    commitment_id: UUID | None
    commitment_version: int | None
    rows: Sequence[Row] | None
    imported_version: int | None
    imported_commitment_version: int | None

    @property
    def changed_by_hand(self) -> bool:
        """Whether it is not as the last import left it."""
        return self.rows is None or self.version != self.imported_version

    @property
    def owns_commitment(self) -> bool:
        """Whether its commitment is as the last import left it."""
        return self.commitment_version is not None and self.commitment_version == self.imported_commitment_version


async def known_cases(connection: AsyncConnection, source: str | None, names: Sequence[str]) -> dict[str, Known]:
    """The tickets of these cases that are there already, by the case's name."""
    statement = _KNOWN_WITHOUT_SOURCE if source is None else _KNOWN_OF_SOURCE
    found = await connection.execute(statement, {"refs": list(names), "source": source})
    return {row["external_ref"]: _known(row) for row in found.mappings()}


def _known(row: Mapping[Any, Any]) -> Known:
    name, kept = row["external_ref"], row["events"]
    return Known(
        row["id"],
        row["number"],
        row["version"],
        row["commitment_id"],
        row["present_commitment_version"],
        rows_of(name, kept, row["promise"]) if kept is not None else None,
        row["ticket_version"],
        row["commitment_version"],
    )


async def locked_versions(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, int]:
    """The present versions of these tickets, which nobody else changes until the transaction ends."""
    return {row.id: row.version for row in await connection.execute(_LOCKED, {"ids": list(ids)})}


async def kept_legs(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, dict[int, KeptLeg]]:
    """The legs of these tickets with the agreements they started with."""
    rows = (await connection.execute(_LEGS, {"ids": list(ids)})).mappings().all()
    versions = {(row["sla_id"], row["sla_version"]) for row in rows if row["sla_id"] is not None}
    agreed = await agreements(connection, versions) if versions else {}
    kept: dict[UUID, dict[int, KeptLeg]] = {}
    for row in rows:
        told = row["sla_explanation"]
        explanation = to_json(told).decode() if told else "[]"
        chosen = Chosen(agreed.get((row["sla_id"], row["sla_version"])), explanation)
        legs = kept.setdefault(row["ticket_id"], {})
        legs[row["number"]] = KeptLeg(row["department_id"], row["started_at"], chosen)
    return kept


async def copy_cases(connection: AsyncConnection, sheets: CaseSheets) -> None:
    """Stores all rows but the events."""
    await copy(connection, commitments, COMMITMENTS, sheets.commitments)
    await copy_sheets(connection, sheets.lives)
    await copy(connection, imported_cases, _CASES, sheets.cases)


async def replace_cases(connection: AsyncConnection, sheets: CaseSheets, present_commitments: set[UUID]) -> None:
    """Stores all rows but the events, in place of those that the tickets have. What no log knows of stays: which
    escalations there were, and of what was warned.

    `present_commitments` are those of the commitments that are there already.
    """
    ids = [row[TICKETS.index("id")] for row in sheets.lives.tickets]
    escalated = (await connection.execute(_ESCALATED, {"ids": ids})).mappings().all()
    warned = (await connection.execute(_WARNED, {"ids": ids})).mappings().all()
    for statement in _FORGET:
        await connection.execute(statement, {"ids": ids})
    made = [row for row in sheets.commitments if row[0] not in present_commitments]
    await copy(connection, commitments, COMMITMENTS, made)
    changed = [row for row in sheets.commitments if row[0] in present_commitments]
    await _update(connection, _REPLACE_COMMITMENT, COMMITMENTS, changed)
    await _update(connection, _REPLACE_TICKET, TICKETS, sheets.lives.tickets)
    await copy_sheets(connection, sheets.lives, "tickets")
    await copy(connection, imported_cases, _CASES, sheets.cases)
    await _keep(connection, sheets, escalated, warned)


async def _keep(
    connection: AsyncConnection, sheets: CaseSheets, escalated: Sequence[Any], warned: Sequence[Any]
) -> None:
    last = {ticket_id: number for ticket_id, number, *_ in sheets.lives.history}
    entries = []
    for entry in escalated:
        last[entry["ticket_id"]] += 1
        entries.append({**entry, "number": last[entry["ticket_id"]]})
    if entries:
        await connection.execute(insert(ticket_history), entries)
    if warned:
        named = [{f"of_{name.removeprefix('warned_')}": value for name, value in row.items()} for row in warned]
        await connection.execute(_WARN, named)


async def _update(
    connection: AsyncConnection, statement: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        wanted = statement.compile().params.keys()
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        values = [{name: row["id" if name == "of" else name] for name in wanted} for row in named]
        await connection.execute(statement, values)
