"""API keys on the wire."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from app.access.roles import Role
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Name, Schema


class ApiKeyDraft(Schema):
    """A key to make. `admin` may do everything, `analyst` reads everything, an `integration` does what is stated."""

    name: Name = Field(examples=["Helpdesk synchronisation"])
    role: Literal["admin", "analyst", "integration"]
    permissions: Annotated[
        list[Literal["read", "write", "backdate", "webhooks"]],
        Field(
            max_length=4,
            description="Of an integration only. `backdate`: state instants other than now. `webhooks`: look after all "
            "webhook endpoints, which get whatever happens.",
        ),
    ] = []
    department_ids: list[Id] = Field([], max_length=200, description="The departments that it is tied to.")


class ApiKeyListing(Listing):
    """The query of the list of keys."""

    sort: str | None = sorted_by("name")
    name: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: never the key itself."""

    id: Id
    version: int
    name: str
    role: Role
    permissions: list[str]
    department_ids: list[Id]
    created_at: Instant
    revoked_at: Instant | None


@dataclass(frozen=True, slots=True)
class NewApiKey(ApiKey):
    """A key just made; `key` is shown this once."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Me:
    """Whose credential this is and what it may do."""

    key_id: Id
    name: str
    role: Role
    permissions: list[str]
    department_ids: list[Id]
