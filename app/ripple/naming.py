"""What reports name: departments, request types, service levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.ripple import queries


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an identity, as reports tell it."""

    id: UUID | None
    key: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What reports name: departments by key, and the keys, request types and SLAs by id."""

    departments: Mapping[str, Named]
    department_keys: Mapping[UUID, str]
    request_types: Mapping[UUID, Named]
    slas: Mapping[UUID, str]


async def names_of(connection: AsyncConnection) -> Names:
    """All names, in one statement."""
    told: dict[str, dict[UUID, Named]] = {"department": {}, "request_type": {}, "sla": {}}
    for kind, id_, key, name in await connection.execute(queries.NAMES):
        told[kind][id_] = Named(id_, key, name)
    departments = told["department"].values()
    return Names(
        departments={named.key: named for named in departments},
        department_keys={id_: named.key for id_, named in told["department"].items()},
        request_types=told["request_type"],
        slas={id_: named.name or "" for id_, named in told["sla"].items()},
    )


def identity(dimension: str, value: Any, named: Mapping[Any, Named]) -> dict[str, Any]:
    """Of what is in no directory, a customer or a third party, there is only a key."""
    found = named.get(value) or Named(None, value, None)
    return {dimension: found.key, f"{dimension}_id": found.id, f"{dimension}_name": found.name}
