"""`/v1/tickets`: opening, reading, changing; the verbs are in verb_endpoints.py."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import OwnReader, OwnWriter
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, Cycle, NotPossibleNow, TooLate, documented
from app.kernel.routes import FixedRoute, router
from app.kernel.schemas import Id, Instant
from app.kernel.work import Reads, Writes
from app.tickets import reading
from app.tickets.doing import changing, opening
from app.tickets.examples import BLOCKERS
from app.tickets.feedback import feedback
from app.tickets.feedback.schemas import Feedback, FeedbackOnTicket
from app.tickets.hand_offs import handing_off
from app.tickets.hand_offs.schemas import HandOffs
from app.tickets.needs import TicketId, TicketReader, TicketWriter
from app.tickets.schemas import (
    BatchAnswer,
    BatchDraft,
    Blocker,
    Clocks,
    HistoryEntry,
    HistoryListing,
    OpenedTicket,
    SlaExplanation,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketListing,
)
from app.tickets.terms import breaking_down
from app.tickets.terms.breakdown_schemas import SlaBreakdown

routes = router("/v1/tickets", "Tickets")


def answered(ticket: Ticket, request: Request, *, created_at: str | None = None) -> Response:
    """The answer that is one ticket: a clock that counts moves it although its version stands, and so does what its
    customer is worth."""
    counts = any(clock.state in ("running", "breached") for clock in ticket.clocks)
    worth = "" if ticket.customer_value is None else f"{ticket.customer_value}{ticket.currency}"
    return resource(ticket, request, created_at=created_at, settled=not counts, beside=worth)


@routes.post(
    "",
    status_code=201,
    response_model=OpenedTicket,
    operation_id="open_ticket",
    summary="Open a ticket",
    responses=documented(Conflict),
)
async def open_ticket(body: TicketDraft, request: Request, work: Writes, actor: OwnWriter) -> Response:
    """Opens a ticket: one department asks another for something, in order to serve a customer.

    The customer is given, or inherited from the commitment or from the first ticket it blocks. The provider's service
    level agreement is matched, and its clocks start. With the ticket comes what to know of the customer
    (`customer_brief`), as `/v1/customers/{id}/brief` has it.

    A key that stands for a member asks in that member's name, for a department of theirs; it names only tickets that it
    sees among those that are blocked.
    """
    made = await opening.open_one(work, actor, body)
    brief = await request.app.state.customer_brief(work, made.customer_id)
    return answered(OpenedTicket.of(made, brief), request, created_at=f"/v1/tickets/{made.id}")


class BatchRoute(FixedRoute):
    """The route of an endpoint that refuses what is wrong item by item."""

    nul_refused_as_a_whole = False


async def open_tickets_in_batch(body: BatchDraft, work: Writes, actor: OwnWriter) -> Response:
    """Opens up to 1,000 tickets in one transaction: the valid ones are stored, the others answered with their problem,
    in the order of the items."""
    return answer({"results": await opening.open_batch(work, actor, body.items)})


routes.add_api_route(
    "/batch",
    open_tickets_in_batch,
    methods=["POST"],
    response_model=BatchAnswer,
    operation_id="open_tickets_in_batch",
    summary="Open up to 1,000 tickets",
    route_class_override=BatchRoute,
)


@routes.get("", response_model=Page[Ticket], operation_id="list_tickets", summary="List tickets")
async def list_tickets(work: Reads, actor: OwnReader, asked: Annotated[TicketListing, Query()]) -> Response:
    """The tickets. Sort by `number`, `opened_at`, `created_at`, `updated_at`, `priority` or `id`.

    A key that stands for a member lists those that a department of theirs asked for, has or had, and those that serve a
    customer whom they, or a department of theirs, serve now. Of any other it is not told that there is one (404).
    """
    return answer(await reading.page(work.connection, asked, work.now, actor.own))


@routes.get("/{ticket_id}", response_model=Ticket, operation_id="get_ticket", summary="Read a ticket")
async def get_ticket(ticket_id: TicketId, request: Request, work: Reads, actor: TicketReader) -> Response:
    """One ticket, its clocks as they stand now."""
    return answered(await reading.ticket(work.connection, ticket_id, work.now), request)


@routes.patch("/{ticket_id}", response_model=Ticket, operation_id="update_ticket", summary="Change a ticket's words")
async def update_ticket(
    ticket_id: TicketId, body: TicketChange, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Changes the title or the description; everything else changes by a verb."""
    return answered(await changing.change(work, actor, ticket_id, body, if_match), request)


@routes.get(
    "/{ticket_id}/history",
    response_model=Page[HistoryEntry],
    operation_id="get_ticket_history",
    summary="What was done to a ticket",
)
async def get_ticket_history(
    ticket_id: TicketId, work: Reads, actor: TicketReader, asked: Annotated[HistoryListing, Query()]
) -> Response:
    """What was done to the ticket, by whom, when, and when it was recorded. A key that stands for a member is told of
    internal comments where a department of theirs has the ticket, or had it."""
    return answer(await reading.history(work.connection, ticket_id, asked, actor.own))


@routes.get(
    "/{ticket_id}/hand-offs",
    response_model=HandOffs,
    operation_id="get_ticket_hand_offs",
    summary="What was told as a ticket was passed on",
)
async def get_ticket_hand_offs(ticket_id: TicketId, request: Request, work: Reads, actor: TicketReader) -> Response:
    """Everything that whoever receives the ticket must know, so that nobody has to tell it again: with which words it
    was asked, what to know of the customer, what was told at each hand-off, how long each was with nobody, and the
    questions that were asked back, with those that need not have been."""
    return answer(await handing_off.hand_offs(work, ticket_id, request.app.state.customer_brief))


@routes.get(
    "/{ticket_id}/clocks",
    response_model=Clocks,
    operation_id="get_ticket_clocks",
    summary="A ticket's clocks at any instant",
)
async def get_ticket_clocks(
    ticket_id: TicketId,
    work: Reads,
    actor: TicketReader,
    as_of: Annotated[Instant | None, Query(description="Any instant; now, if left out.")] = None,
) -> Response:
    """The clocks at any instant: actions at that instant included; in the future, as if nothing more happened."""
    return answer(await reading.clocks(work.connection, ticket_id, as_of or work.now))


@routes.get(
    "/{ticket_id}/sla-explanation",
    response_model=SlaExplanation,
    operation_id="explain_ticket_sla",
    summary="Why a ticket has the SLA it has",
)
async def explain_ticket_sla(ticket_id: TicketId, work: Reads, actor: TicketReader) -> Response:
    """Which agreement each leg has, every candidate, and which of its conditions failed."""
    return answer(await reading.sla_explanation(work.connection, ticket_id))


@routes.get(
    "/{ticket_id}/sla-breakdown",
    response_model=SlaBreakdown,
    operation_id="get_ticket_sla_breakdown",
    summary="Who used the time of a ticket's clocks",
)
async def get_ticket_sla_breakdown(
    ticket_id: TicketId,
    work: Reads,
    actor: TicketReader,
    as_of: Annotated[Instant | None, Query(description="Any instant; now, if left out.")] = None,
) -> Response:
    """Who used the time of each clock: the business time and the share of the target that each leg used, whom the
    ticket waited for meanwhile, and who had it when it was breached.

    The legs of a clock sum to its `elapsed_seconds`. What is beyond the target is told twice: by who had the ticket
    then (`beyond_target_seconds`), and in proportion to the time each leg used (`overrun_seconds`). As of any instant,
    as the clocks are.
    """
    return answer(await breaking_down.sla_breakdown(work.connection, ticket_id, as_of or work.now))


@routes.post(
    "/{ticket_id}/dependencies",
    response_model=Ticket,
    operation_id="add_dependency",
    summary="Let a ticket be blocked by another",
    responses=documented(Cycle),
)
async def add_dependency(
    ticket_id: TicketId, body: Blocker, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """Says that another ticket blocks this one. A circle is refused, naming it."""
    return answered(await changing.add_dependency(work, actor, ticket_id, body.blocker_id, if_match), request)


@routes.delete(
    "/{ticket_id}/dependencies/{blocker_id}",
    response_model=Ticket,
    operation_id="remove_dependency",
    summary="Let a ticket no longer be blocked by another",
)
async def remove_dependency(
    ticket_id: TicketId,
    blocker_id: Annotated[Id, Path(description="The ticket that blocks it.", openapi_examples=BLOCKERS)],
    request: Request,
    work: Writes,
    actor: TicketWriter,
    if_match: IfMatch,
) -> Response:
    """Says that a ticket no longer blocks this one."""
    return answered(await changing.remove_dependency(work, actor, ticket_id, blocker_id, if_match), request)


@routes.get(
    "/{ticket_id}/feedback",
    response_model=FeedbackOnTicket,
    operation_id="list_ticket_feedback",
    summary="Read the feedback on a ticket",
)
async def list_ticket_feedback(ticket_id: TicketId, work: Reads, actor: TicketReader) -> Response:
    """How the requester was served, by each resolution of the ticket."""
    return answer(await feedback.feedback_on(work, ticket_id))


@routes.post(
    "/{ticket_id}/feedback",
    response_model=Ticket,
    operation_id="give_feedback",
    summary="Give feedback on a ticket",
    responses=documented(NotPossibleNow, TooLate),
)
async def give_feedback(
    ticket_id: TicketId, body: Feedback, request: Request, work: Writes, actor: TicketWriter, if_match: IfMatch
) -> Response:
    """How the requester was served, on a resolved or closed ticket: once for each time it was resolved. Given again it
    replaces what was given, for seven days after that was first given; then it stands.

    The feedback is the requester's: `member_id` names nobody else, unless no requester is known or they have left;
    then it names a member of the department that asked. A key that is tied to departments speaks for those only.
    """
    return answered(await feedback.give_feedback(work, actor, ticket_id, body, if_match), request)
