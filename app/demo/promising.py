"""Storing the demo company's promises to its customers, and what is to be told of them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.commitments import answer_of
from app.commitments.schemas import Commitment as CommitmentAnswer
from app.commitments.tables import commitment_reschedules, commitments
from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.records import Commitment, Company
from app.kernel.answers import to_json
from app.kernel.outbox import previous
from app.tickets.bulk.bulk import copy
from app.tickets.bulk.sheets import Told, columns_of

SOURCE = "demo"
_COLUMNS = columns_of(commitments)


async def store_promises(
    connection: AsyncConnection, company: Company, ids: Ids, customers: Mapping[str, Customer], now: datetime
) -> tuple[list[Told], list[Told]]:
    """Stores the commitments; what is told of them before their tickets' events of the same instant, and after."""
    rows, moves, before, after = [], [], [], []
    for each in company.commitments:
        kept = _Kept(each, ids, customers[each.customer], now)
        before += kept.told[: 1 + len(each.reschedules)]
        after += kept.told[1 + len(each.reschedules) :]
        rows.append(tuple(map(kept.row.__getitem__, _COLUMNS)))
        moves += kept.moves
    await copy(connection, commitments, _COLUMNS, rows)
    await connection.execute(insert(commitment_reschedules), moves)
    return before, after


class _Kept:
    """One commitment as it is stored: its row, how it moved, and its events in order."""

    def __init__(self, promise: Commitment, ids: Ids, customer: Customer, now: datetime) -> None:
        self.promise, self.customer, self.ids = promise, customer, ids
        self.actor = ids.actor(promise.by)
        self.moves: list[dict[str, Any]] = []
        self.told: list[Told] = []
        self.row: dict[str, Any] = {
            "id": ids.commitments[promise.ref],
            "version": 1,
            "customer_id": customer.id,
            "title": promise.title,
            "owner_department_id": ids.departments[promise.owner],
            "status": "open",
            "promised_at": promise.promised_at,
            "due_at": promise.due_at,
            "agreed_due_at": promise.due_at,
            "delivered_at": None,
            "cancelled_at": None,
            "cancel_reason": None,
            "value": promise.value,
            "currency": promise.currency,
            "source": SOURCE,
            "external_ref": promise.ref,
            "created_at": now,
            "updated_at": now,
            "reschedules": (),
        }
        made = self._answer(promise.promised_at)
        self._tell("commitment.created", promise.promised_at, commitment=made)
        for kind, at, changes in self._changes():
            before = self._answer(at)
            self.row |= changes | {"version": self.row["version"] + 1}
            after = self._answer(at)
            if kind == "commitment.delivered" and after.lateness_seconds:
                kind = "commitment.delivered_late"
            self._tell(kind, at, commitment=after, previous=previous(before, after))

    def _answer(self, at: datetime) -> CommitmentAnswer:
        return answer_of(self.row, at)

    def _tell(self, kind: str, at: datetime, **data: Any) -> None:
        told = to_json({**data, "customer": self.customer, "actor": self.actor}).decode()
        self.told.append(Told(kind, at, told))

    def _changes(self) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
        promise = self.promise
        for number, moved in enumerate(promise.reschedules, 1):
            kept = {name: value for name, value in asdict(moved).items() if name != "by"}
            kept |= {"actor": self.ids.actor(moved.by)}
            self.moves.append(kept | {"commitment_id": self.row["id"], "number": number})
            changes: dict[str, Any] = {"due_at": moved.to_due_at, "reschedules": [*self.row["reschedules"], kept]}
            if moved.customer_agreed:
                changes["agreed_due_at"] = moved.to_due_at
            yield "commitment.rescheduled", moved.at, changes
        if promise.delivered_at is not None:
            changes = {"status": "delivered", "delivered_at": promise.delivered_at}
            yield "commitment.delivered", promise.delivered_at, changes
        if promise.cancelled_at is not None:
            ended = {"cancelled_at": promise.cancelled_at, "cancel_reason": promise.cancel_reason}
            yield "commitment.cancelled", promise.cancelled_at, {"status": "cancelled", **ended}
