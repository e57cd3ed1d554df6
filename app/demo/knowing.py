"""Storing who serves the demo company's customers, and what is to be told of that."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.customers.relationship_book import answer_of
from app.customers.relationship_queries import INSERT_RELATIONSHIPS
from app.customers.relationship_rules import Serving
from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.records import Company, Relationship
from app.directory.departments import collection as departments
from app.directory.members import answer_of as member_answer
from app.directory.queries import MEMBERS
from app.directory.schemas import Department, Member
from app.kernel.answers import to_json
from app.tickets.bulk.sheets import Told


async def store_relationships(
    connection: AsyncConnection, company: Company, ids: Ids, customers: Mapping[str, Customer], now: datetime
) -> list[Told]:
    """Stores who serves whom; what is told of it."""
    served = {each.ref: _serving(each, ids, now) for each in company.relationships}
    await connection.execute(INSERT_RELATIONSHIPS, [asdict(each) for each in served.values()])
    return list(_told(company, ids, customers, served, await parties(connection), now))


async def parties(connection: AsyncConnection) -> dict[UUID, Member | Department]:
    """All members and departments by their ids, as they are answered."""
    found: dict[UUID, Member | Department] = {}
    for row in (await connection.execute(MEMBERS)).mappings():
        found[row["id"]] = member_answer(row)
    for row in (await connection.execute(departments.select())).mappings():
        found[row["id"]] = departments.shape(**row)
    return found


def _serving(each: Relationship, ids: Ids, now: datetime) -> Serving:
    return Serving(
        id=ids.relationships[each.ref],
        version=1 if each.until is None else 2,
        customer_id=ids.customers[each.customer],
        member_id=ids.members[each.member] if each.member else None,
        department_id=ids.departments[each.department] if each.department else None,
        role=each.role,
        since=each.since,
        until=each.until,
        perceived_owner_since=each.since if each.perceived_owner else None,
        perceived_owner_until=None,
        end_reason=each.end_reason,
        successor_id=ids.relationships[each.successor] if each.successor else None,
        created_at=now,
        updated_at=now,
    )


def _told(
    company: Company,
    ids: Ids,
    customers: Mapping[str, Customer],
    served: Mapping[str, Serving],
    parties: Mapping[Any, Any],
    now: datetime,
) -> Iterator[Told]:
    successors = {each.successor for each in company.relationships}
    actor = ids.actor(company.members[0].email)

    def of(serving: Serving, name: str = "") -> dict[str, Any]:
        return {
            f"{name}member": parties[serving.member_id] if serving.member_id else None,
            f"{name}department": parties[serving.department_id] if serving.department_id else None,
        }

    for each in company.relationships:
        serving = served[each.ref]
        as_of = max(now, serving.since) if each.until is None else each.since
        begun = answer_of(serving, as_of)
        data = {"customer": customers[each.customer], "relationship": begun, **of(serving), "actor": actor}
        if each.ref not in successors:
            yield Told("customer.relationship_started", each.since, to_json(data).decode())
        if each.successor is not None and each.until is not None:
            successor = served[each.successor]
            data |= {"relationship": answer_of(serving, now), "successor": answer_of(successor, now)}
            data |= of(successor, "successor_")
            data["previous"] = {"state": "current", "until": None, "end_reason": None, "successor_id": None}
            yield Told("customer.relationship_handed_over", each.until, to_json(data).decode())
