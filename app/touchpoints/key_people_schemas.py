"""What hangs on one member, on the wire."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.schemas import Id, Instant, Value


@dataclass(frozen=True, slots=True)
class Worth:
    """An amount in one currency."""

    value: Value
    currency: str


@dataclass(frozen=True, slots=True)
class KeyPerson:
    """A member, and what would have to find somebody else if they left."""

    member_id: Id
    name: str
    department_ids: list[Id]
    customers: Annotated[int, Field(description="Whom they serve by a relationship in force.")]
    customer_value: Annotated[list[Worth], Field(description="The annual value of these, by currency.")]
    perceived_owner_of: Annotated[int, Field(description="Of these, those that take them for their owner.")]
    sole_customers: Annotated[
        int, Field(description="Of these, those that no other member serves, nor has an unresolved ticket of.")
    ]
    sole_customer_value: list[Worth]
    sole_customer_ids: Annotated[list[Id], Field(description="The most valuable first, at most 20.")]
    open_commitments: Annotated[
        int,
        Field(
            description="Promises still to be kept to customers whose owner they are, as account owner or perceived "
            "one, or with an unresolved ticket assigned to them."
        ),
    ]
    open_commitment_value: list[Worth]
    open_tickets: Annotated[int, Field(description="Unresolved tickets assigned to them.")]


@dataclass(frozen=True, slots=True)
class KeyPeople:
    """On whom most hangs, first."""

    as_of: Instant
    rows: list[KeyPerson]


class KeyPeopleQuery(BaseModel):
    """The query of the report on key people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    department_id: Id | None = Field(None, description="Only members of this department.")
    member_id: Id | None = Field(None, description="Only this member.")
    customer_tier: str | None = Field(None, max_length=200, description="Only what customers of this tier have.")
    limit: int = Field(50, ge=1, le=200, description="How many members.")
