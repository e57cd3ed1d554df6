"""Storing what the demo company delegated, and what is to be told of that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.delegations import collection
from app.catalogue.request_types import collection as request_types
from app.demo.identities import Ids
from app.demo.knowing import parties
from app.demo.records import Company, Deed
from app.kernel.answers import to_json
from app.tickets.bulk.sheets import Told
from app.tickets.doing.granting import RESOLUTION

_STORE = insert(collection.table).returning(*collection.columns)


async def store_delegations(connection: AsyncConnection, company: Company, ids: Ids, now: datetime) -> list[Told]:
    """Stores the delegations; what is told of them."""
    known: Mapping[UUID, Any] = await parties(connection)
    told = []
    for each in company.delegations:
        actor = ids.actor(each.by)
        request_type_id, department_id = ids.request_types[each.provider, each.key], ids.departments[each.department]
        row = {
            "id": ids.delegations[each.ref],
            "request_type_id": request_type_id,
            "department_id": department_id,
            "up_to_value": each.up_to_value,
            "currency": each.currency,
            "since": each.since,
            "delegated_by": actor,
            "created_at": now,
            "updated_at": now,
        }
        stored = (await connection.execute(_STORE, row)).mappings().one()
        data = {
            "request_type": await request_types.get(connection, request_type_id),
            "delegation": collection.shape(**stored),
            "provider_department": known[ids.departments[each.provider]],
            "requester_department": known[department_id],
            "previous": {"delegations": []},
            "actor": actor,
        }
        told.append(Told("request_type.delegated", each.since, to_json(data).decode()))
    return told


def told_of(deed: Deed, ids: Ids) -> Mapping[str, Any]:
    """What was told with something that was done, by whomever: a delegation says that it was it."""
    if deed.by not in ids.delegations:
        return deed.told
    return {"resolution": RESOLUTION, "delegation_id": str(ids.delegations[deed.by])}
