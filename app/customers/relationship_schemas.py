"""Relationships on the wire: who serves a customer in which role."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.directory.examples import LEAD_OF_FINANCE, SELLER
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Name, Schema, Words, example, left_out

StateName = Literal["upcoming", "current", "ended"]

_Member = Annotated[Id, Field(description="Who serves the customer; or else a department.")]
_Department = Annotated[Id, Field(description="Which department serves the customer, when it is nobody in particular.")]
_Role = Annotated[
    Name,
    Field(
        description="In which role, in the words of the organisation; capital letters make no other role. Whoever is "
        "`account owner` owns the customer, as does whom the customer perceives so.",
        examples=["account owner", "billing contact", "delivery", "support"],
    ),
]
_Perceived = Annotated[
    bool,
    Field(description="Whether the customer takes them for the one who owns the relation: one at a time."),
]
_Since = Annotated[Instant, Field(description="Since when: long past, now, or planned.")]
_Until = Annotated[Instant | None, Field(description="Until when, that instant not included; null: with no end yet.")]
_Reason = Annotated[Words, Field(description="Why it ends.", examples=["Moved to another region."])]


class RelationshipDraft(Schema):
    """Who serves the customer, to record: a member or a department."""

    model_config = example(member_id=LEAD_OF_FINANCE, role="billing contact", since="2026-03-02T09:00:00Z")

    member_id: _Member | None = None
    department_id: _Department | None = None
    role: _Role
    perceived_owner: _Perceived = False
    since: Annotated[_Since | None, Field(description="Since when: long past, planned, or now if left out.")] = None
    until: _Until = None


class RelationshipChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(perceived_owner=True)

    role: _Role = left_out()
    perceived_owner: _Perceived = left_out()
    since: _Since = left_out()
    until: _Until = None


class RelationshipEnd(Schema):
    """When and why a relationship ends."""

    model_config = example(reason="Moved to another region.")

    at: Annotated[Instant | None, Field(description="When: past, planned, or now if left out.")] = None
    reason: _Reason | None = None


class HandOver(RelationshipEnd):
    """To whom a relationship passes, in the same role: a member or a department."""

    model_config = example(member_id=SELLER, reason="Moved to another region.")

    member_id: _Member | None = None
    department_id: _Department | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A member or department that serves a customer in a role, from `since` up to `until`."""

    id: Id
    version: int
    customer_id: Id
    member_id: Id | None
    department_id: Id | None
    role: str
    state: Annotated[StateName, Field(description="By its dates, at the time of the answer.")]
    perceived_owner: Annotated[
        bool,
        Field(
            description="Whether the customer takes them for its owner: now if current, at the end if ended, from the "
            "beginning if upcoming."
        ),
    ]
    since: Instant
    until: Instant | None
    perceived_owner_since: Instant | None
    perceived_owner_until: Annotated[
        Instant | None, Field(description="Null although there is a since: for as long as the relationship lasts.")
    ]
    end_reason: str | None
    successor_id: Annotated[Id | None, Field(description="The relationship it was handed over to.")]
    created_at: Instant
    updated_at: Instant


class RelationshipListing(Listing):
    """The query of the list of a customer's relationships."""

    sort: str | None = sorted_by("since")
    member_id: Id | None = None
    department_id: Id | None = None
    role: str | None = Field(None, description="The role, in upper or lower case.")
    state: StateName | None = Field(None, description="As of now.")
    as_of: Instant | None = Field(None, description="Only those in force at this instant.")
    perceived_owner: bool | None = None
