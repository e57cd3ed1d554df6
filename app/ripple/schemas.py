"""Ripple on the wire: a graph to analyse, and what is answered of one commitment and of one customer."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import FailFast, Field, WrapValidator, model_validator

from app.kernel.reports import SpanQuery
from app.kernel.schemas import Id, Instant, Name, Schema
from app.ripple.engine.graph import Commitment, Graph, Leg, Ticket, Wait, build_graph
from app.ripple.engine.instants import optional_seconds, seconds

MOST_TICKETS = 20_000
_MOST_FIELDS = 50

_DEPARTMENT = "A department's name; `customer` and `third_party` are reserved."
DepartmentName = Annotated[Name, Field(description=_DEPARTMENT, examples=["Finance"])]


class GraphPart(Schema):
    """A part of a graph. Of a body this large not every mistake is listed: a list stops at its first item with one."""

    @model_validator(mode="before")
    @classmethod
    def _of_few_fields(cls, given: object) -> object:
        if isinstance(given, dict) and len(given) > _MOST_FIELDS:
            raise ValueError("has far more fields than are known here")
        return given


class GivenLeg(GraphPart):
    """The stretch of a ticket's life with one department, until the next leg starts."""

    department: DepartmentName
    started_at: Instant
    acknowledged_at: Instant | None = None


class GivenWait(GraphPart):
    """An interval in which the ticket waited on somebody; without an end it lasts until the next one, or to the end."""

    on: Literal["requester", "customer", "third_party"]
    from_: Instant = Field(alias="from")
    to: Instant | None = None


class GivenTicket(GraphPart):
    """A ticket as it happened; `blocks` names tickets by their `id`, that of its raiser first."""

    id: Name
    requester: DepartmentName
    provider: DepartmentName
    opened_at: Instant
    resolved_at: Instant | None = Field(None, description="The last one, if it was reopened; null while it is open.")
    blocks: Annotated[list[Name], FailFast()] = Field(
        [], description="Without any, it blocks the commitment. Unknown ids are not looked at."
    )
    acknowledged_at: Instant | None = Field(None, description="Not looked at when there are legs.")
    due_at: Instant | None = Field(None, description="Null when no service level was agreed.")
    legs: Annotated[list[GivenLeg], FailFast()] = Field([], description="Without any, there is one: the provider's.")
    waits: Annotated[list[GivenWait], FailFast()] = []


class GivenCommitment(GraphPart):
    """What was promised to the customer."""

    owner: DepartmentName
    promised_at: Instant
    due_at: Instant
    delivered_at: Instant | None = Field(None, description="Null while it is not delivered.")


class GivenGraph(GraphPart):
    """A commitment and its tickets, the departments and tickets called whatever the caller calls them."""

    commitment: GivenCommitment
    tickets: Annotated[list[GivenTicket], FailFast()] = Field(max_length=MOST_TICKETS)
    now: Instant | None = Field(None, description="Where an undelivered commitment and its open tickets are seen from.")

    def graph(self) -> Graph:
        """As the engine reads it.

        Raises:
            InvalidGraph: it describes no possible history.
        """
        given = self.commitment
        commitment = Commitment(
            given.owner, seconds(given.promised_at), seconds(given.due_at), optional_seconds(given.delivered_at)
        )
        return build_graph(commitment, [_ticket(ticket) for ticket in self.tickets], optional_seconds(self.now))


def _ticket(given: GivenTicket) -> Ticket:
    return Ticket(
        id=given.id,
        requester=given.requester,
        provider=given.provider,
        opened_at=seconds(given.opened_at),
        resolved_at=optional_seconds(given.resolved_at),
        blocks=tuple(given.blocks),
        acknowledged_at=optional_seconds(given.acknowledged_at),
        due_at=optional_seconds(given.due_at),
        legs=tuple(
            Leg(leg.department, seconds(leg.started_at), optional_seconds(leg.acknowledged_at)) for leg in given.legs
        ),
        waits=tuple(Wait(wait.on, seconds(wait.from_), optional_seconds(wait.to)) for wait in given.waits),
    )


UnreadGraph = Annotated[GivenGraph, WrapValidator(lambda given, _: given)]
"""A graph as it was sent: checking one of thousands of tickets is left to a worker thread."""


@dataclass(frozen=True, slots=True)
class SegmentAnswer:
    """A stretch of the commitment's time; `department` is null while the customer kept itself waiting, `ticket_id`
    where nobody had been asked."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    ticket_id: str | None
    department: str | None
    cause: Literal["queue", "work", "requester", "customer", "third_party", "unticketed"]


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """How long the customer waited for a department, by cause."""

    department: str | None
    cause: Literal["queue", "work", "requester", "customer", "third_party", "unticketed"]
    seconds: int


@dataclass(frozen=True, slots=True)
class StoredPartAnswer(PartAnswer):
    """How long the customer waited for a department, by cause; `closed_seconds` of it lay outside the department's
    business hours (null: it keeps none)."""

    closed_seconds: int | None


@dataclass(frozen=True, slots=True)
class AttributionAnswer:
    """A party's part in the lateness: its share, and what mending it alone would have saved. The standard error is
    there when more than 16 parties contended and the share was sampled."""

    party: str
    but_for_seconds: int
    shapley_seconds: int
    standard_error_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class OverrunAnswer:
    """How long a ticket overran its promise: by itself, and inherited. At its pace it would have kept it."""

    ticket_id: str
    overrun_seconds: int
    primary_seconds: int
    reactionary_seconds: int
    pace: float
    promise_impossible: bool


@dataclass(frozen=True, slots=True)
class RippleAnswer:
    """Where a commitment's time went (the parts sum to the elapsed time), and who made it late (plan and shares sum to
    the lateness)."""

    elapsed_seconds: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promise_impossible: bool
    segments: list[SegmentAnswer]
    decomposition: list[PartAnswer]
    attribution: list[AttributionAnswer]
    overruns: list[OverrunAnswer]


@dataclass(frozen=True, slots=True)
class CommitmentRippleAnswer:
    """How internal delays reached a stored commitment; departments by key. `as_of` is its delivery or cancellation,
    while it is open now."""

    commitment_id: Id
    customer_id: Id
    as_of: Instant
    engine_version: str
    elapsed_seconds: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promise_impossible: bool
    segments: list[SegmentAnswer]
    decomposition: list[StoredPartAnswer]
    attribution: list[AttributionAnswer]
    overruns: list[OverrunAnswer]


class CustomerRippleQuery(SpanQuery):
    """The period in which the commitments were delivered."""


@dataclass(frozen=True, slots=True)
class CustomerCommitment:
    """One of the customer's commitments and who made it late; `delivered_at` is null while it is open."""

    commitment_id: Id
    title: str
    due_at: Instant
    delivered_at: Instant | None
    lateness_seconds: int
    plan_seconds: int
    attribution: list[AttributionAnswer]


@dataclass(frozen=True, slots=True)
class CustomerAttribution:
    """A party's part in the lateness of some commitments: those it had a share in, and the sums of its shares and of
    what mending it alone would have saved."""

    party: str
    commitments: int
    but_for_seconds: int
    shapley_seconds: int


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """The sums over some commitments; plan and shares add up to the lateness."""

    commitments: int
    late: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    attribution: list[CustomerAttribution]


@dataclass(frozen=True, slots=True)
class OpenCommitments:
    """What is not delivered yet, as if it were now."""

    as_of: Instant
    commitments: list[CustomerCommitment]
    totals: CustomerTotals


@dataclass(frozen=True, slots=True)
class CustomerRipple:
    """Which internal delays reached a customer, in a period by delivery; what is open is told apart."""

    customer_id: Id
    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    commitments: list[CustomerCommitment]
    totals: CustomerTotals
    open: OpenCommitments

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "customer_id": self.customer_id,
            "from": self.from_,
            "to": self.to,
            "commitments": self.commitments,
            "totals": self.totals,
            "open": self.open,
        }
