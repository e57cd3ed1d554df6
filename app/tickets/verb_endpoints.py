"""The verbs of a ticket's life: `POST /v1/tickets/{id}/<verb>`, each answering the ticket."""

from fastapi import Request, Response

from app.access.roles import Actor
from app.kernel.preconditions import IfMatch
from app.kernel.problems import NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Work, Writes
from app.tickets.doing import acting
from app.tickets.doing.acting import Doing
from app.tickets.endpoints import answered
from app.tickets.life.lifecycle import Verb
from app.tickets.needs import TicketId, TicketWriter
from app.tickets.schemas import (
    Assignment,
    Comment,
    HandOff,
    Moment,
    Prioritisation,
    Question,
    Resolution,
    Ticket,
    Waiting,
    WithReason,
)

routes = router("/v1/tickets/{ticket_id}", "Tickets")

NOW = Moment()
_REFUSALS = documented(NotPossibleNow)


async def _act(
    request: Request, work: Work, actor: Actor, ticket_id: Id, if_match: frozenset[int] | None, doing: Doing
) -> Response:
    return answered(await acting.act(work, actor, ticket_id, doing, if_match), request)


@routes.post(
    "/assign", response_model=Ticket, operation_id="assign_ticket", summary="Assign a ticket", responses=_REFUSALS
)
async def assign_ticket(
    ticket_id: TicketId, body: Assignment, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """A member takes it, or it goes back to the department's queue. Assigning does not acknowledge."""
    doing = Doing(Verb.ASSIGN, body.at, member_id=body.member_id)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/prioritise",
    response_model=Ticket,
    operation_id="prioritise_ticket",
    summary="Prioritise a ticket",
    responses=_REFUSALS,
)
async def prioritise_ticket(
    ticket_id: TicketId, body: Prioritisation, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Makes it more or less urgent; the agreement is matched anew, what had elapsed stands."""
    doing = Doing(Verb.PRIORITISE, body.at, priority=body.priority)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/acknowledge",
    response_model=Ticket,
    operation_id="acknowledge_ticket",
    summary="Acknowledge a ticket",
    responses=_REFUSALS,
)
async def acknowledge_ticket(
    ticket_id: TicketId, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch, body: Moment = NOW
) -> Response:
    """The provider has seen it and will deal with it."""
    doing = Doing(Verb.ACKNOWLEDGE, body.at)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/start", response_model=Ticket, operation_id="start_ticket", summary="Start work on a ticket", responses=_REFUSALS
)
async def start_ticket(
    ticket_id: TicketId, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch, body: Moment = NOW
) -> Response:
    """The provider works on it."""
    doing = Doing(Verb.START, body.at)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/wait",
    response_model=Ticket,
    operation_id="wait_ticket",
    summary="Let a ticket wait for somebody",
    responses=_REFUSALS,
)
async def wait_ticket(
    ticket_id: TicketId, body: Waiting, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Waits for the requester, the customer, a third party or a dependency; a wait that lasts ends."""
    doing = Doing(Verb.WAIT, body.at, on=body.on, told={"reason": body.reason})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/resume",
    response_model=Ticket,
    operation_id="resume_ticket",
    summary="Resume a ticket that waited",
    responses=_REFUSALS,
)
async def resume_ticket(
    ticket_id: TicketId, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch, body: Moment = NOW
) -> Response:
    """The wait is over, work goes on."""
    doing = Doing(Verb.RESUME, body.at)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/resolve", response_model=Ticket, operation_id="resolve_ticket", summary="Resolve a ticket", responses=_REFUSALS
)
async def resolve_ticket(
    ticket_id: TicketId, body: Resolution, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """The provider has done what was asked."""
    doing = Doing(Verb.RESOLVE, body.at, granted=body.granted, told={"resolution": body.resolution})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/reopen", response_model=Ticket, operation_id="reopen_ticket", summary="Reopen a ticket", responses=_REFUSALS
)
async def reopen_ticket(
    ticket_id: TicketId, body: WithReason, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """It was not done after all: work goes on in the same leg, and so do its clocks."""
    doing = Doing(Verb.REOPEN, body.at, told={"reason": body.reason})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/close", response_model=Ticket, operation_id="close_ticket", summary="Close a ticket", responses=_REFUSALS
)
async def close_ticket(
    ticket_id: TicketId, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch, body: Moment = NOW
) -> Response:
    """Nothing more is expected."""
    doing = Doing(Verb.CLOSE, body.at)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/decline", response_model=Ticket, operation_id="decline_ticket", summary="Decline a ticket", responses=_REFUSALS
)
async def decline_ticket(
    ticket_id: TicketId, body: WithReason, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """The provider will not do it. This is final."""
    doing = Doing(Verb.DECLINE, body.at, told={"reason": body.reason})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/cancel", response_model=Ticket, operation_id="cancel_ticket", summary="Cancel a ticket", responses=_REFUSALS
)
async def cancel_ticket(
    ticket_id: TicketId, body: WithReason, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """It is no longer wanted. This is final."""
    doing = Doing(Verb.CANCEL, body.at, told={"reason": body.reason})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/transfer",
    response_model=Ticket,
    operation_id="transfer_ticket",
    summary="Transfer a ticket to another department",
    responses=_REFUSALS,
)
async def transfer_ticket(
    ticket_id: TicketId, body: HandOff, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Hands it to another department, with all that one must know: a new leg begins, unacknowledged.

    The receiver finds that as the ticket's `hand_off`, and all that was told at every hand-off, and asked since, with
    `GET /v1/tickets/{id}/hand-offs`.
    """
    doing = Doing(
        Verb.TRANSFER,
        body.at,
        department_id=body.department_id,
        told={"reason": body.reason, "context": body.context.model_dump()},
    )
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/accept",
    response_model=Ticket,
    operation_id="accept_ticket",
    summary="Accept a ticket that was transferred",
    responses=_REFUSALS,
)
async def accept_ticket(
    ticket_id: TicketId, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch, body: Moment = NOW
) -> Response:
    """The receiver of a hand-off takes it on. Accepting does not acknowledge."""
    doing = Doing(Verb.ACCEPT, body.at)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/return",
    response_model=Ticket,
    operation_id="return_ticket",
    summary="Return a ticket that was transferred",
    responses=_REFUSALS,
)
async def return_ticket(
    ticket_id: TicketId, body: WithReason, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """The receiver of a hand-off hands it back, before accepting or acknowledging it; this is counted."""
    doing = Doing(Verb.RETURN, body.at, told={"reason": body.reason})
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/comment", response_model=Ticket, operation_id="comment_ticket", summary="Comment on a ticket", responses=_REFUSALS
)
async def comment_ticket(
    ticket_id: TicketId, body: Comment, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Says something about it, internally or so that the requester sees it.

    What answers a question whose answer had been told before says where (`told_in`): it was asked again, which the
    report on hand-offs counts.
    """
    told = {"body": body.body} if body.told_in is None else {"body": body.body, "told_in": body.told_in}
    doing = Doing(Verb.COMMENT, body.at, visibility=body.visibility, told=told)
    return await _act(request, work, actor, ticket_id, if_match, doing)


@routes.post(
    "/ask", response_model=Ticket, operation_id="ask_ticket", summary="Ask the requester something", responses=_REFUSALS
)
async def ask_ticket(
    ticket_id: TicketId, body: Question, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """A question back to the requester; it is counted."""
    doing = Doing(Verb.ASK, body.at, told={"question": body.question})
    return await _act(request, work, actor, ticket_id, if_match, doing)
