"""From stored rows to histories: any number of commitments, with everything beneath them, in five statements."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, func, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.ripple import queries
from app.ripple.engine.graph import Commitment, Graph, Leg, Ticket, Wait, build_graph
from app.ripple.engine.instants import optional_seconds, seconds
from app.ripple.engine.totals import Amount, Kind


@dataclass(frozen=True, slots=True)
class StoredCommitment:
    """A commitment as it is stored, with its customer; departments and customers also by their keys."""

    id: UUID
    title: str
    status: str
    promised_at: datetime
    agreed_due_at: datetime
    delivered_at: datetime | None
    cancelled_at: datetime | None
    value: Decimal | None
    currency: str | None
    owner: str
    customer_id: UUID
    customer: str
    customer_name: str
    customer_tier: str | None
    annual_value: Decimal | None
    annual_currency: str | None

    @property
    def own_value(self) -> Amount | None:
        return _amount(self.value, self.currency)

    @property
    def customer_value(self) -> Amount | None:
        return _amount(self.annual_value, self.annual_currency)

    def as_of(self, now: datetime) -> datetime:
        """The instant as of which it is analysed: its delivery, or when it was cancelled, else now."""
        return self.delivered_at or self.cancelled_at or max(now, self.promised_at)


def _amount(value: Decimal | None, currency: str | None) -> Amount | None:
    return None if value is None or currency is None else Amount(value, currency)


@dataclass(frozen=True, slots=True)
class History:
    """One commitment with the tickets beneath it, by opening; departments are named by their keys."""

    commitment: StoredCommitment
    tickets: list[Ticket]
    kinds: dict[str, Kind]

    @property
    def promise(self) -> Commitment:
        """The commitment as the engine reads it: its due time is the one agreed last."""
        stored = self.commitment
        return Commitment(
            stored.owner,
            seconds(stored.promised_at),
            seconds(stored.agreed_due_at),
            optional_seconds(stored.delivered_at),
        )

    def graph(self, now: datetime) -> Graph:
        """As the engine reads it, undelivered commitments and their open tickets as of now."""
        return build_graph(self.promise, self.tickets, seconds(self.commitment.as_of(now)))


@dataclass(frozen=True, slots=True)
class StoredHistories:
    """The rows of some commitments' histories, as the database gave them."""

    commitments: Sequence[StoredCommitment]
    tickets: Sequence[Row[Any]]
    legs: Sequence[Row[Any]]
    waits: Sequence[Row[Any]]
    blocks: Sequence[Row[Any]]

    def __iter__(self) -> Iterator[History]:
        """The histories, in the commitments' order. Costs time by the ticket: not for the event loop."""
        legs = _by_ticket(self.legs)
        waits = _by_ticket(self.waits)
        blocks = _by_ticket(self.blocks)
        known: dict[UUID, Ticket] = {}
        beneath: dict[UUID, list[Row[Any]]] = {
            id_: list(rows) for id_, rows in groupby(self.tickets, key=lambda row: row.commitment_id)
        }
        for commitment in self.commitments:
            tickets, kinds = [], {}
            for row in beneath.get(commitment.id, ()):
                ticket = known.get(row.id)
                if ticket is None:
                    found = (rows.get(row.id, ()) for rows in (legs, waits, blocks))
                    ticket = known[row.id] = _ticket(row, *found)
                tickets.append(ticket)
                kinds[ticket.id] = Kind(row.priority, row.request_type_id, row.sla_id)
            yield History(commitment, tickets, kinds)


def _by_ticket(rows: Iterable[Row[Any]]) -> dict[UUID, list[Row[Any]]]:
    return {ticket_id: list(own) for ticket_id, own in groupby(rows, key=lambda row: row.ticket_id)}


def _ticket(row: Row[Any], legs: Iterable[Row[Any]], waits: Iterable[Row[Any]], blocks: Iterable[Row[Any]]) -> Ticket:
    return Ticket(
        id=str(row.id),
        requester=row.requester,
        provider=row.provider,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        blocks=tuple(str(blocked.blocked_id) for blocked in blocks),
        acknowledged_at=row.acknowledged_at,
        due_at=row.due_at,
        legs=tuple(Leg(leg.department, leg.started_at, leg.acknowledged_at) for leg in legs),
        waits=tuple(Wait(wait.party, wait.started_at, wait.ended_at) for wait in waits),
    )


async def load(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> StoredHistories:
    """The histories of the commitments that fulfil the conditions, by delivery: in at most five statements."""
    rows = (await connection.execute(queries.COMMITMENTS.where(*conditions))).mappings()
    stored = [StoredCommitment(**row) for row in rows]
    if not stored:
        return StoredHistories((), (), (), (), ())
    ids = {"commitment_ids": [commitment.id for commitment in stored]}
    tickets = (await connection.execute(queries.TICKETS, ids)).all()
    everyone = list({row.id for row in tickets})
    # A ticket that was never passed on has one leg, and its own row tells all of it.
    passed_on = list({row.id for row in tickets if row.leg > 1})
    return StoredHistories(
        stored,
        tickets,
        legs=(await connection.execute(queries.LEGS, {"ticket_ids": passed_on})).all(),
        waits=(await connection.execute(queries.WAITS, {"ticket_ids": everyone})).all(),
        blocks=(await connection.execute(queries.BLOCKS, {"ticket_ids": everyone})).all(),
    )


async def load_some(connection: AsyncConnection, commitment_ids: Collection[UUID]) -> StoredHistories:
    """The histories of these commitments, as far as they are there: as `load`."""
    return await load(connection, commitments.c.id == func.any(literal(list(commitment_ids), ARRAY(Uuid))))
