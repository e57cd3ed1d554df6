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
    """All names, in three statements."""
    departments = (await connection.execute(queries.DEPARTMENTS)).all()
    request_types = await connection.execute(queries.REQUEST_TYPES)
    slas = await connection.execute(queries.SLAS)
    return Names(
        departments={row.key: Named(row.id, row.key, row.name) for row in departments},
        department_keys={row.id: row.key for row in departments},
        request_types={row.id: Named(row.id, row.key, row.name) for row in request_types},
        slas={row.id: row.name for row in slas},
    )


def identity(dimension: str, value: Any, named: Mapping[Any, Named]) -> dict[str, Any]:
    """Of what is in no directory, a customer or a third party, there is only a key."""
    found = named.get(value) or Named(None, value, None)
    return {dimension: found.key, f"{dimension}_id": found.id, f"{dimension}_name": found.name}
