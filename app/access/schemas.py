"""API keys on the wire."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from app.access.roles import Role
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Name, Schema


class ApiKeyDraft(Schema):
    """A key to make. `admin` may do everything, `analyst` reads everything, an `integration` does what is stated. A
    `lead` and a `member` are somebody: they see and do what is theirs, as long as they are here."""

    name: Name = Field(examples=["Helpdesk synchronisation"])
    role: Literal["admin", "lead", "member", "analyst", "integration"]
    member_id: Id | None = Field(None, description="Whose key it is: of a `lead` or a `member`, who must be named.")
    permissions: Annotated[
        list[Literal["read", "write", "backdate", "webhooks"]],
        Field(
            max_length=4,
            description="Of an integration only. `backdate`: state instants other than now. `webhooks`: look after all "
            "webhook endpoints, which get whatever happens.",
        ),
    ] = []
    department_ids: list[Id] = Field(
        [],
        max_length=200,
        description="The departments that it is tied to. Those of a `lead` or a `member` are not stated: they are the "
        "ones that the member belongs to, whenever the key is used.",
    )


class ApiKeyListing(Listing):
    """The query of the list of keys."""

    sort: str | None = sorted_by("name")
    name: str | None = None
    role: Role | None = None
    member_id: Id | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: never the key itself."""

    id: Id
    version: int
    name: str
    role: Role
    permissions: list[str]
    department_ids: Annotated[list[Id], Field(description="As stated; none of a key that stands for a member.")]
    member_id: Annotated[Id | None, Field(description="For whom it stands.")]
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
    department_ids: Annotated[list[Id], Field(description="Those it is tied to; a member's are theirs as of now.")]
    member_id: Annotated[Id | None, Field(description="For whom it stands; null: for nobody in particular.")]
