"""How a ticket was passed on, on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.customers.brief_schemas import CustomerBrief
from app.kernel.schemas import Id, Instant
from app.tickets.schemas import HandedOn


@dataclass(frozen=True, slots=True)
class LegTold:
    """A leg: which department had the ticket, from whom, and what that told."""

    leg: int
    department_id: Id
    from_department_id: Annotated[Id | None, Field(description="Null for the first leg.")]
    arrived_by: Literal["opening", "transfer", "return"]
    at: Instant
    reason: str | None
    context: Annotated[HandedOn | None, Field(description="Of a transfer: what the receiver must know.")]
    accepted_at: Annotated[
        Instant | None, Field(description="When a hand-off was accepted or, without that, acknowledged.")
    ]
    unaccepted_seconds: Annotated[
        int | None,
        Field(description="How long a hand-off was with nobody: until accepted, passed on or done, else until now."),
    ]
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question back to the requester."""

    number: Annotated[int, Field(description="Of its entry in the ticket's history.")]
    at: Instant
    department_id: Annotated[Id, Field(description="The one that asked.")]
    question: str | None
    asked_again: Annotated[bool, Field(description="Whether its answer had been told before, as the answer says.")]
    told_in: Annotated[int | None, Field(description="The entry in which it had been told.")]
    answered_at: Annotated[Instant | None, Field(description="When it was told again.")]


@dataclass(frozen=True, slots=True)
class HandOffs:
    """All that was told of a ticket as it was passed on."""

    ticket_id: Id
    title: str
    description: str | None
    customer_brief: Annotated[CustomerBrief, Field(description="What to know of the customer whom it serves.")]
    legs: Annotated[list[LegTold], Field(description="In order; every one but the first came by a hand-off.")]
    questions: list[Asked]
