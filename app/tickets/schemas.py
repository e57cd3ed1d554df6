"""Tickets on the wire: what is asked, the verbs' bodies, and the answers."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, Self

from pydantic import Field
from typing_extensions import TypedDict

from app.catalogue import examples as catalogue
from app.commitments import examples as commitments
from app.customers.brief_schemas import CustomerBrief
from app.directory import examples as directory
from app.kernel.paging import Listing, choice_of, sorted_by
from app.kernel.schemas import Id, Instant, Name, Reference, Schema, Text, Value, Words, example, left_out
from app.service_levels.clock import Metric, Scope, State
from app.tickets import examples

PriorityName = Literal["p1", "p2", "p3", "p4"]
StatusName = Literal["open", "acknowledged", "in_progress", "waiting", "resolved", "closed", "declined", "cancelled"]
PartyName = Literal["requester", "customer", "third_party", "dependency"]
Reason = Annotated[Words, Field(examples=["The amount is missing."])]

_AT = "When it happened; now, if left out. Another instant than now needs the permission `backdate`."


class TicketDraft(Schema):
    """A request of one department to another. It serves exactly one customer: given, or inherited from the commitment
    or from the first ticket it blocks."""

    model_config = example(
        title="Credit check for Corvus Hospitals",
        requester_department_id=directory.SALES,
        provider_department_id=directory.FINANCE,
        request_type_id=catalogue.CREDIT_CHECK,
        priority="p2",
        commitment_id=commitments.OPEN,
    )

    title: Name = Field(examples=["Credit check for Acme"])
    description: Text | None = None
    requester_department_id: Id
    provider_department_id: Id
    requester_id: Id | None = Field(None, description="The member who asks.")
    request_type_id: Id | None = Field(None, description="An entry of the provider's catalogue.")
    priority: PriorityName = "p3"
    customer_id: Id | None = None
    commitment_id: Id | None = None
    blocks: list[Id] = Field([], max_length=100, description="The tickets in order to serve which this one is asked.")
    source: Reference | None = Field(None, description="The tool it comes from.")
    external_ref: Reference | None = Field(None, description="Its reference there; unique within the source.")
    opened_at: Instant | None = Field(None, description=_AT)


class TicketChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(title="Credit check for the Lyon site", description="Up to 250,000 EUR.")

    title: Name = left_out()
    description: Text | None = None


class BatchDraft(Schema):
    """Up to 1,000 tickets; each is stored or refused for itself."""

    model_config = example(
        items=[
            {
                "title": "Credit check for Corvus Hospitals",
                "requester_department_id": directory.SALES,
                "provider_department_id": directory.FINANCE,
                "commitment_id": commitments.OPEN,
            }
        ]
    )

    items: list[Any] = Field(min_length=1, max_length=1000, description="Each as for `POST /v1/tickets`.")


class Moment(Schema):
    """A verb that needs nothing more."""

    model_config = example()

    at: Instant | None = Field(None, description=_AT)


class WithReason(Moment):
    """A verb that needs a reason."""

    model_config = example(reason="The amount is missing.")

    reason: Reason


class Assignment(Moment):
    """Who takes it; null gives it back to the department's queue."""

    model_config = example(member_id=directory.LEAD_OF_FINANCE)

    member_id: Id | None


class Prioritisation(Moment):
    """How urgent it is from now on."""

    model_config = example(priority="p1")

    priority: PriorityName


class Waiting(WithReason):
    """Whom it waits for, and why."""

    model_config = example(on="requester", reason="The amount is missing.")

    on: PartyName


class Resolution(Moment):
    """What was done; for an approval, whether it was granted."""

    model_config = example(resolution="Credit line of 50,000 EUR confirmed.", granted=True)

    resolution: Annotated[Words, Field(examples=["Credit line of 50,000 EUR confirmed."])]
    granted: bool | None = None


class HandOffContext(Schema):
    """What the receiver must know, so that the customer need not tell it again."""

    summary: Words
    customer_expects: Words
    tried_so_far: Text | None = None


class HandOff(WithReason):
    """Which department becomes the provider, why, and what it must know."""

    model_config = example(
        department_id=directory.LEGAL,
        reason="The contract is not signed.",
        context={
            "summary": "Credit line of 50,000 EUR; the figures are good.",
            "customer_expects": "An answer before the go-live tomorrow.",
            "tried_so_far": "Asked Sales for the signed contract.",
        },
    )

    department_id: Id
    context: HandOffContext


class Comment(Moment):
    """Something to say, to the provider alone or to the requester, too."""

    model_config = example(body="The figures are good; one signature is missing.", visibility="requester")

    body: Words
    visibility: Literal["internal", "requester"] = "internal"
    told_in: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="It answers the last question, which was asked again: the `number` of an earlier entry of the "
        "ticket's history in which the answer had been told: an opening, a transfer, a return, a reopening, a wait or "
        "a comment. That is said once of a question.",
    )


class Question(Moment):
    """A question back to the requester; it is counted."""

    model_config = example(question="Is the amount for one site or for both?")

    question: Words


class Blocker(Schema):
    """The ticket that blocks this one."""

    model_config = example(blocker_id=examples.TERMS)

    blocker_id: Id


class TicketListing(Listing):
    """The query of the list of tickets."""

    sort: str | None = sorted_by("number", "opened_at", "updated_at", "priority")
    number: int | None = Field(None, ge=1, le=2**63 - 1)
    requester_department_id: Id | None = None
    provider_department_id: Id | None = None
    requester_id: Id | None = None
    assignee_id: Id | None = None
    request_type_id: Id | None = None
    customer_id: Id | None = None
    commitment_id: Id | None = None
    delegation_id: Id | None = Field(None, description="Only those that this delegation granted.")
    priority: PriorityName | None = None
    status: StatusName | None = None
    waiting_on: PartyName | None = None
    source: str | None = None
    external_ref: str | None = None
    opened_from: Instant | None = Field(None, description="Opened at this instant or later.")
    opened_to: Instant | None = Field(None, description="Opened before this instant.")


class HistoryListing(Listing):
    """The query of a ticket's history."""

    sort: str | None = choice_of(("number",))


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """One target running on a ticket or on one of its legs, as it stands at an instant."""

    metric: Metric
    scope: Annotated[Scope, Field(description="`ticket`: the requester's clock, which no hand-off resets.")]
    leg: Annotated[int, Field(description="The leg it began with, 1 being the first.")]
    department_id: Annotated[Id, Field(description="The department that undertook it.")]
    sla_id: Id
    sla_version: int
    state: State
    target_seconds: Annotated[int, Field(description="The business time allowed.")]
    started_at: Instant
    due_at: Annotated[Instant | None, Field(description="Null while it is paused, and once it ended undecided.")]
    elapsed_seconds: Annotated[int, Field(description="The business time counted, without pauses.")]
    remaining_seconds: Annotated[int, Field(description="Target less elapsed, negative when over.")]
    met_at: Instant | None
    breached_at: Instant | None
    paused_at: Annotated[Instant | None, Field(description="The start of the current pause.")]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a ticket at an instant."""

    as_of: Instant
    clocks: list[ClockAnswer]


class HandedOn(TypedDict):
    """What the receiver of a hand-off must know."""

    summary: str
    customer_expects: str
    tried_so_far: str | None


@dataclass(frozen=True, slots=True)
class TicketHandOff:
    """How a ticket came to the department that has it, and what that must know."""

    from_department_id: Id
    arrived_by: Annotated[
        Literal["transfer", "return"], Field(description="`return`: it was transferred, and not taken.")
    ]
    at: Instant
    reason: str | None
    context: Annotated[HandedOn | None, Field(description="Of a transfer; imported ones have none.")]
    accepted_at: Annotated[Instant | None, Field(description="When it was accepted or, without that, acknowledged.")]
    unaccepted_since: Annotated[
        Instant | None, Field(description="Since when nobody has taken it on; null once it is.")
    ]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request from requester to provider."""

    id: Id
    number: Annotated[int, Field(description="For people to call it by: T-<number>.")]
    version: int
    title: str
    description: str | None
    requester_department_id: Id
    provider_department_id: Annotated[Id, Field(description="The department that has it at present.")]
    requester_id: Id | None
    assignee_id: Annotated[Id | None, Field(description="Null while it is in the department's queue.")]
    request_type_id: Id | None
    priority: PriorityName
    customer_id: Annotated[Id, Field(description="Whom it serves in the end.")]
    customer_value: Annotated[
        Value | None,
        Field(
            description="What that customer is worth in a year, its `annual_value` as it is known now: it can change "
            "while the ticket's version stands. Null while it is unknown."
        ),
    ]
    currency: Annotated[str | None, Field(description="Of `customer_value`; null without it.")]
    commitment_id: Annotated[Id | None, Field(description="The promise it serves, if any.")]
    status: StatusName
    waiting_on: PartyName | None
    opened_at: Instant
    acknowledged_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    due_at: Annotated[Instant | None, Field(description="Of its own `resolve` clock, else of the present leg's.")]
    breached: Annotated[bool, Field(description="Whether that clock is breached.")]
    hop_count: Annotated[int, Field(description="How often it changed hands.")]
    hand_off: Annotated[TicketHandOff | None, Field(description="The last one; null if there was none.")]
    reopen_count: int
    resolution: str | None
    granted: Annotated[bool | None, Field(description="Of an approval: what was decided.")]
    delegation_id: Annotated[
        Id | None, Field(description="The delegation that granted it when it was opened, before anyone looked at it.")
    ]
    blocks: Annotated[list[Id], Field(description="The tickets that wait for it, that of its raiser first.")]
    blocked_by: Annotated[list[Id], Field(description="The tickets that it waits for.")]
    clocks: Annotated[list[ClockAnswer], Field(description="As of now; none where no agreement matched.")]
    source: str | None
    external_ref: str | None


@dataclass(frozen=True, slots=True)
class OpenedTicket(Ticket):
    """A ticket as it was opened, with what to know of the customer that it serves."""

    customer_brief: CustomerBrief

    @classmethod
    def of(cls, ticket: Ticket, brief: CustomerBrief) -> Self:
        """The ticket with the brief."""
        return cls(**{field.name: getattr(ticket, field.name) for field in fields(ticket)}, customer_brief=brief)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a valid item."""

    status: Literal[201]
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Refused:
    """What was wrong with an item: the status it would have had by itself, and the problem."""

    status: int
    problem: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The results in the order of the items."""

    results: list[Stored | Refused]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that was done: when it happened, when it was recorded, by whom."""

    number: Annotated[int, Field(description="Its place in the ticket's history.")]
    verb: Annotated[
        str, Field(description="`open`, the verb of the action, `reapply`, `escalate`, `pass_on` or `noted`.")
    ]
    at: Annotated[Instant, Field(description="When it happened.")]
    recorded_at: Annotated[Instant, Field(description="When it was recorded; later, if it was backdated.")]
    leg: Annotated[int, Field(description="The leg in which it was done.")]
    actor: Annotated[dict[str, Any] | None, Field(description="Whose key did it, or which SLA's escalation.")]
    details: Annotated[dict[str, Any], Field(description="What was stated with it, and which SLA was matched by it.")]


@dataclass(frozen=True, slots=True)
class LegExplanation:
    """Why a leg has the agreement it has: every candidate of the provider, and which of its conditions failed."""

    leg: int
    department_id: Id
    started_at: Instant
    sla_id: Id | None
    sla_version: int | None
    candidates: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SlaExplanation:
    """Which agreement each leg has, and why."""

    ticket_id: Id
    legs: list[LegExplanation]
