"""What whoever serves a customer should know beforehand, on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from app.customers.outcome_schemas import KindName
from app.kernel.schemas import Id, Instant, Value

MOST_COMMITMENTS: Final = 10
MOST_OUTCOMES: Final = 5
MOST_SERVING: Final = 50
MOST_TICKETS: Final = 100
"""Counting more would make opening a ticket slower the more there are."""


@dataclass(frozen=True, slots=True)
class ServedBy:
    """Who serves the customer at present: a member or a department."""

    relationship_id: Id
    member_id: Id | None
    department_id: Id | None
    name: Annotated[str, Field(description="The member's or the department's.")]
    role: str
    perceived_owner: bool
    since: Instant


@dataclass(frozen=True, slots=True)
class OpenCommitment:
    """A promise to the customer that is still to be kept."""

    id: Id
    title: str
    owner_department_id: Id
    due_at: Instant
    value: Value | None
    currency: str | None
    overdue: Annotated[bool, Field(description="Later than the customer agreed to.")]
    at_risk: Annotated[bool, Field(description="Overdue, or likely late by its latest forecast.")]
    probability_late: Annotated[float | None, Field(description="By its latest forecast, if there is one.")]
    expected_at: Annotated[Instant | None, Field(description="The median of that forecast.")]


@dataclass(frozen=True, slots=True)
class LastOutcome:
    """What the customer did or said lately."""

    id: Id
    kind: KindName
    score: int | None
    value: Value | None
    currency: str | None
    occurred_at: Instant
    commitment_id: Id | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class CustomerBrief:
    """What whoever serves a customer should know beforehand, so that the customer need not tell it again."""

    customer_id: Id
    name: str
    tier: str | None
    annual_value: Value | None
    currency: str | None
    preferences: dict[str, Any]
    notes: str | None
    served_by: Annotated[
        list[ServedBy],
        Field(description=f"At present, whom the customer takes for its owner first; at most {MOST_SERVING}."),
    ]
    open_commitments: Annotated[
        list[OpenCommitment],
        Field(description=f"Those at risk first, then by when they are due; at most {MOST_COMMITMENTS}."),
    ]
    open_commitment_count: int
    at_risk_count: int
    open_ticket_count: Annotated[
        int, Field(description=f"Unresolved tickets that serve the customer; {MOST_TICKETS} stands for any more.")
    ]
    last_outcomes: Annotated[list[LastOutcome], Field(description=f"The latest first; at most {MOST_OUTCOMES}.")]
