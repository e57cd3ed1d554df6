"""What is told of tickets and of their clocks."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.commitments.schemas import Commitment
from app.customers.schemas import Customer
from app.directory.event_examples import DEEPA, LUCA
from app.directory.schemas import Department, Member
from app.kernel.event_types import Actor, EventType, SomeOf
from app.kernel.schemas import Id
from app.service_levels.escalation_schemas import EscalationAnswer
from app.tickets.event_examples import CREDIT_LINE, GO_LIVE, RESOLVED, STARTED, TRANSFERRED, Story
from app.tickets.life.lifecycle import RULES, Party, Priority, Verb
from app.tickets.schemas import ClockAnswer, HandedOn, Ticket

Reason = Annotated[str, Field(description="What was said with it.")]


class TicketData(TypedDict):
    """What is told of a ticket, and whom it concerns."""

    ticket: Ticket
    requester_department: Department
    provider_department: Annotated[Department, Field(description="The one that has it at present.")]
    requester: Member | None
    assignee: Member | None
    customer: Annotated[Customer, Field(description="Whom it serves in the end, with tier and value.")]
    commitment: Annotated[Commitment | None, Field(description="The promise it serves, if any.")]
    actor: Actor


class TicketChangeData(TicketData):
    """What is told of a ticket that changed, and whom it concerns."""

    previous: Annotated[dict[str, Any], SomeOf(Ticket)]


class TicketReasonData(TicketChangeData):
    """What is told of a ticket that changed for a reason, and whom it concerns."""

    reason: NotRequired[Reason]


class TicketTransferData(TicketReasonData):
    """What is told of a ticket that was transferred; `previous` names the department that had it."""

    context: NotRequired[HandedOn]


class TicketQuestionData(TicketChangeData):
    """What is told of a question back to the requester."""

    question: NotRequired[str]


class CommentTold(TypedDict):
    """What was said, and for whom."""

    body: str
    visibility: Annotated[
        Literal["internal", "requester"], Field(description="`internal`: it is not meant for the requester.")
    ]
    told_in: NotRequired[
        Annotated[int, Field(description="It answers a question that was asked again: where it had been told.")]
    ]


class TicketCommentData(TicketChangeData):
    """What is told of a comment."""

    comment: NotRequired[CommentTold]


class FeedbackTold(TypedDict):
    """How the requester was served: 1 (badly) to 5 (very well)."""

    score: int
    comment: str | None
    member_id: Annotated[Id | None, Field(description="Whose feedback it is, where that is known.")]


class FeedbackBefore(TypedDict, total=False):
    """The feedback that this replaces, if any."""

    feedback: FeedbackTold


class TicketFeedbackData(TicketData):
    """What is told of feedback."""

    feedback: FeedbackTold
    previous: FeedbackBefore


class TicketUnblockedData(TicketData):
    """What is told of a ticket that waits for none any more."""

    blocker: Annotated[Ticket, Field(description="The last one that it waited for.")]


class ClockData(TicketData):
    """What is told of a clock, its ticket, and whom it concerns."""

    clock: Annotated[ClockAnswer, Field(description="As it is among the ticket's `clocks`.")]


class WarningData(ClockData):
    """What is told of a clock that has used a share of its target."""

    fraction: Annotated[float, Field(description="The share, one of the SLA's `warn_at`.", examples=[0.8])]


class EscalationData(ClockData):
    """What is told of an escalation."""

    escalation: EscalationAnswer
    member: NotRequired[Annotated[Member, Field(description="Whom it names, if a member.")]]
    department: NotRequired[Annotated[Department, Field(description="Whom it names, if a department.")]]
    blocker: NotRequired[Annotated[Ticket, Field(description="The ticket that it opened, if it did.")]]


def _of_verb(verb: Verb, name: str, data: type, story: Story) -> EventType:
    return EventType(f"ticket.{name}", RULES[verb].description, data, story.data())


_BREACHED: Final = STARTED.later(hours=72 + 1 / 3600)
_RETITLED: Final = replace(
    CREDIT_LINE, row={**CREDIT_LINE.row, "title": "Credit line for a go-live: Albion Foods, both halls"}, version=2
)

TYPES: Final = (
    EventType("ticket.opened", "A department asks another for something.", TicketData, CREDIT_LINE.data()),
    _of_verb(Verb.ASSIGN, "assigned", TicketReasonData, CREDIT_LINE.does(Verb.ASSIGN, 1, member_id=DEEPA.id)),
    _of_verb(Verb.ACKNOWLEDGE, "acknowledged", TicketChangeData, CREDIT_LINE.does(Verb.ACKNOWLEDGE, 2)),
    _of_verb(Verb.START, "started", TicketChangeData, STARTED),
    _of_verb(
        Verb.WAIT,
        "waiting",
        TicketReasonData,
        STARTED.does(Verb.WAIT, 5, {"reason": "The amount is missing."}, on=Party.CUSTOMER),
    ),
    _of_verb(
        Verb.RESUME,
        "resumed",
        TicketChangeData,
        STARTED.does(Verb.WAIT, 5, {"reason": "The amount is missing."}, on=Party.CUSTOMER).does(Verb.RESUME, 9),
    ),
    _of_verb(Verb.TRANSFER, "transferred", TicketTransferData, TRANSFERRED),
    _of_verb(Verb.ACCEPT, "accepted", TicketChangeData, TRANSFERRED.does(Verb.ACCEPT, 4)),
    _of_verb(Verb.RETURN, "returned", TicketReasonData, TRANSFERRED.does(Verb.RETURN, 4, {"reason": "It is signed."})),
    _of_verb(
        Verb.ASK,
        "asked",
        TicketQuestionData,
        STARTED.does(Verb.ASK, 3, {"question": "Is the amount for one site or for both?"}),
    ),
    _of_verb(
        Verb.COMMENT,
        "commented",
        TicketCommentData,
        STARTED.does(
            Verb.COMMENT,
            4,
            {"body": "The figures are good; one signature is missing."},
            by_provider=True,
            visible_to_requester=True,
        ),
    ),
    _of_verb(Verb.PRIORITISE, "prioritised", TicketChangeData, STARTED.does(Verb.PRIORITISE, 20, priority=Priority.P1)),
    EventType(
        "ticket.updated",
        "Its words, what it blocks, what blocks it, its due time or the version of its SLA changed.",
        TicketChangeData,
        _RETITLED.data(previous={"title": CREDIT_LINE.ticket.title}),
    ),
    EventType(
        "ticket.unblocked",
        "The last ticket that blocked it is done.",
        TicketUnblockedData,
        replace(GO_LIVE, at=RESOLVED.at).data(blocker=RESOLVED.ticket),
    ),
    _of_verb(Verb.RESOLVE, "resolved", TicketChangeData, RESOLVED),
    _of_verb(
        Verb.REOPEN, "reopened", TicketReasonData, RESOLVED.does(Verb.REOPEN, 71, {"reason": "One site is missing."})
    ),
    _of_verb(Verb.CLOSE, "closed", TicketChangeData, RESOLVED.does(Verb.CLOSE, 71)),
    _of_verb(
        Verb.DECLINE, "declined", TicketReasonData, CREDIT_LINE.does(Verb.DECLINE, 2, {"reason": "They owe us money."})
    ),
    _of_verb(
        Verb.CANCEL,
        "cancelled",
        TicketReasonData,
        CREDIT_LINE.does(Verb.CANCEL, 2, {"reason": "The customer withdrew the order."}),
    ),
    EventType(
        "ticket.feedback_given",
        "The requester says how they were served.",
        TicketFeedbackData,
        replace(RESOLVED, version=RESOLVED.version + 1).data(
            feedback={"score": 4, "comment": "Quick, once it was looked at.", "member_id": LUCA.id}, previous={}
        ),
    ),
    EventType(
        "sla.warning",
        "A clock has used a share of its target that the SLA warns of.",
        WarningData,
        STARTED.later(hours=57.6).clock("resolve", fraction=0.8),
    ),
    EventType(
        "sla.breached",
        "A clock was not met by its `due_at`, or a change left it less time than it had used.",
        ClockData,
        _BREACHED.clock("resolve"),
    ),
    EventType("sla.met", "What a clock measures is done in time.", ClockData, RESOLVED.clock("resolve")),
    EventType(
        "sla.escalated",
        "An SLA does something by itself, as it states in its `escalations`.",
        EscalationData,
        STARTED.later(hours=57.6).clock(
            "resolve",
            escalation={"metric": "resolve", "at": 0.8, "do": "notify", "member_id": DEEPA.id},
            member=DEEPA,
        ),
    ),
)
