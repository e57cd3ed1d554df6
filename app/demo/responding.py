"""Storing what became of the demo company's customers, and what is to be told of that."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.customers.outcome_schemas import Outcome as OutcomeAnswer
from app.customers.outcomes import collection
from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.records import Company, Outcome
from app.kernel.answers import to_json
from app.tickets.bulk.sheets import Told

_STORE = insert(collection.table).returning(*collection.columns)


async def store_outcomes(
    connection: AsyncConnection, company: Company, ids: Ids, customers: Mapping[str, Customer], now: datetime
) -> list[Told]:
    """Stores the outcomes; what is told of them."""
    rows = [_row(each, ids, customers[each.customer], now) for each in company.outcomes]
    stored = (await connection.execute(_STORE, rows)).mappings()
    answers = {row["id"]: OutcomeAnswer(**row) for row in stored}
    return list(_told(company, ids, customers, answers))


def _row(outcome: Outcome, ids: Ids, customer: Customer, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.outcomes[outcome.ref],
        "customer_id": customer.id,
        "kind": outcome.kind,
        "score": outcome.score,
        "value": outcome.value,
        "currency": customer.currency if outcome.value is not None else None,
        "occurred_at": outcome.occurred_at,
        "commitment_id": ids.commitments[outcome.commitment] if outcome.commitment else None,
        "comment": outcome.comment,
        "created_at": now,
        "updated_at": now,
    }


def _told(
    company: Company, ids: Ids, customers: Mapping[str, Customer], answers: Mapping[Any, OutcomeAnswer]
) -> Iterator[Told]:
    for each in company.outcomes:
        data = {
            "customer": customers[each.customer],
            "outcome": answers[ids.outcomes[each.ref]],
            "actor": ids.actor(each.by),
        }
        yield Told("customer.outcome_recorded", each.occurred_at, to_json(data).decode())
