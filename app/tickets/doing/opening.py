"""Opening tickets: one, or up to a thousand in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.access.backdating import moment
from app.access.roles import Actor
from app.catalogue.delegating import Limits
from app.kernel.findings import from_validation
from app.kernel.ids import new_id
from app.kernel.outbox import previous
from app.kernel.problems import Problem
from app.kernel.work import Work
from app.service_levels.agreements import Offers, offers_of
from app.service_levels.clock import Clock
from app.service_levels.matching import Request
from app.service_levels.ticket_clocks import Clocks, Opening, deciding_clock, opened
from app.tickets import queries, reading
from app.tickets.doing.changing import unblocked
from app.tickets.doing.deciding import decided_by, tell_decided
from app.tickets.doing.granting import RESOLUTION, Granted, granted
from app.tickets.doing.raising import Blocked, raised
from app.tickets.doing.references import References, Served, taken
from app.tickets.life.lifecycle import Life, Priority, open_ticket
from app.tickets.records import clock_rows, leg_columns, life_columns, ticket_of
from app.tickets.schemas import Ticket, TicketDraft
from app.tickets.telling import happened
from app.tickets.timekeeping import OPEN, Selection, explanation


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket that was decided on but not yet stored."""

    id: UUID
    draft: TicketDraft
    served: Served
    life: Life[UUID]
    clocks: Clocks[UUID]
    selection: Selection
    candidates: list[dict[str, Any]]
    granted: Granted | None = None

    @property
    def present(self) -> tuple[Life[UUID], Clocks[UUID]]:
        """Its life and clocks once all that happens at its opening has happened."""
        return (self.life, self.clocks) if self.granted is None else (self.granted.life, self.granted.clocks)


async def open_one(work: Work, actor: Actor, draft: TicketDraft) -> Ticket:
    """Opens a ticket: with its first leg, its clocks, its history and its event."""
    draft = raised(actor, draft)
    at = moment(draft.opened_at, work.now, actor, "/opened_at")
    blocked = await Blocked.of(work, actor, [draft])
    blocked.check(draft)
    return await open_at(work, draft, at, hidden=blocked.hidden)


async def open_at(
    work: Work, draft: TicketDraft, at: datetime, *, hidden: Collection[UUID] = (), calendars_held: bool = False
) -> Ticket:
    """The same at an instant, whoever opens it. `calendars_held`: the transaction is at work on tickets already, so no
    calendar changes until it ends."""
    references = await References.of(work.connection, [draft], hidden=hidden, calendars_held=calendars_held)
    served = references.check(draft)
    offered = await offers_of(work.connection, references.active)
    for ticket in await store(work, [decide(draft, served, at, offered, references.delegation(draft, served, at))]):
        return ticket
    raise taken(draft)


async def open_batch(work: Work, actor: Actor, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Opens all the valid ones: for each item its status with the ticket, or with the problem, in their order."""
    drafts: list[TicketDraft | Problem] = [_draft(actor, item) for item in items]
    valid = [draft for draft in drafts if isinstance(draft, TicketDraft)]
    blocked = await Blocked.of(work, actor, valid)
    references = await References.of(work.connection, valid, hidden=blocked.hidden)
    offered = await offers_of(work.connection, references.active)
    decided: list[Opened | Problem] = []
    for draft in drafts:
        try:
            if isinstance(draft, Problem):
                raise draft
            blocked.check(draft)
            served = references.check(draft)
            at = moment(draft.opened_at, work.now, actor, "/opened_at")
            references.take(draft)
            decided.append(decide(draft, served, at, offered, references.delegation(draft, served, at)))
        except Problem as problem:
            decided.append(problem)
    stored = {ticket.id: ticket for ticket in await store(work, [each for each in decided if isinstance(each, Opened)])}
    return [_result(index, each, stored) for index, each in enumerate(decided)]


def _result(index: int, decided: Opened | Problem, stored: Mapping[UUID, Ticket]) -> dict[str, Any]:
    if isinstance(decided, Opened) and decided.id in stored:
        return {"status": 201, "ticket": stored[decided.id]}
    problem = decided if isinstance(decided, Problem) else taken(decided.draft)
    return {"status": problem.status, "problem": problem.document(f"/v1/tickets/batch#/items/{index}")}


def _draft(actor: Actor, item: Any) -> TicketDraft | Problem:
    try:
        return raised(actor, TicketDraft.model_validate(item))
    except ValidationError as error:
        return from_validation(error)
    except Problem as problem:
        return problem


def decide(
    draft: TicketDraft, served: Served, at: datetime, offered: Offers, delegation: Limits[UUID] | None
) -> Opened:
    """What the ticket will be: its life, its agreement, its clocks; granted at once if a delegation covers it."""
    priority = Priority(draft.priority)
    request = Request(draft.requester_department_id, draft.request_type_id, draft.priority, served.tier)
    match, agreement = offered.choose(draft.provider_department_id, request)
    clocks = opened(Opening(at, draft.provider_department_id, draft.priority, agreement))
    life = open_ticket(draft.provider_department_id, at, priority)
    return Opened(
        new_id(),
        draft,
        served,
        life,
        clocks,
        Selection(agreement, agreement),
        explanation(match),
        granted(life, clocks, delegation) if delegation is not None else None,
    )


async def store(work: Work, tickets: Sequence[Opened]) -> list[Ticket]:
    """Stores tickets with all that belongs to them: one statement, however many, or three if they block others.

    One whose external reference was taken since it was decided on is not among those answered.
    """
    if not tickets:
        return []
    run = work.connection.execute
    # By their references, so that no two who store the same wait in a circle.
    in_order = sorted(tickets, key=lambda each: (each.draft.source or "", each.draft.external_ref or ""))
    rows = {
        "tickets": [_ticket_row(each) for each in in_order],
        "ticket_legs": [_leg_row(each) for each in in_order],
        "ticket_clocks": [row for each in in_order for row in clock_rows(each.id, each.present[1])],
        "ticket_history": [row for each in in_order for row in _history_rows(work, each)],
    }
    numbers = {row.id: row.number for row in await run(queries.OPEN, rows)}
    tickets = [each for each in tickets if each.id in numbers]
    dependencies = [
        {"blocker_id": each.id, "blocked_id": blocked, "position": position}
        for each in tickets
        for position, blocked in enumerate(dict.fromkeys(each.draft.blocks))
    ]
    if dependencies:
        await run(queries.INSERT_DEPENDENCIES, dependencies)
        await run(queries.TOUCH, {"ids": [blocked for each in tickets for blocked in each.draft.blocks]})
    answers = [await _tell_opened(work, each, numbers[each.id]) for each in tickets]
    if dependencies:
        await _tell_blocked(work, dependencies)
        await unblocked(work, [(each, each.opened_at) for each in answers if each.granted and each.blocks])
    return answers


async def _tell_opened(work: Work, each: Opened, number: int) -> Ticket:
    """Tells of a ticket's opening, and of its being granted when that happened at once; its answer."""
    opening = _answer(each, number, work.now)
    happened(work, "ticket.opened", opening.opened_at, opening)
    if each.granted is None:
        return opening
    answer = _granted_answer(each, each.granted, number, work.now)
    told = previous(opening, answer)
    told.pop("clocks", None)
    asker, work.actor = work.actor, each.granted.actor
    happened(work, "ticket.resolved", answer.opened_at, answer, previous=told)
    await tell_decided(work, answer, decided_by(each.clocks, each.granted.clocks, answer.opened_at))
    work.actor = asker
    return answer


async def _tell_blocked(work: Work, dependencies: Sequence[Mapping[str, Any]]) -> None:
    """Tells of the tickets that wait for those that were just opened."""
    blockers: dict[UUID, set[UUID]] = {}
    for each in dependencies:
        blockers.setdefault(each["blocked_id"], set()).add(each["blocker_id"])
    for ticket in await reading.some_tickets(work.connection, list(blockers), work.now):
        before = [id_ for id_ in ticket.blocked_by if id_ not in blockers[ticket.id]]
        happened(work, "ticket.updated", work.now, ticket, previous={"blocked_by": before})


def _ticket_row(each: Opened) -> dict[str, Any]:
    return _row(each, *each.present) | _grant(each.granted)


def _grant(granted: Granted | None) -> dict[str, Any]:
    """What a ticket's row holds of its being granted at once."""
    if granted is None:
        return {"version": 1, "resolution": None, "delegation_id": None}
    return {"version": 2, "resolution": RESOLUTION, "delegation_id": granted.delegation.id}


def _row(each: Opened, life: Life[UUID], clocks: Clocks[UUID]) -> dict[str, Any]:
    draft, deciding = each.draft, deciding_clock(clocks.clocks, 1)
    return {
        "id": each.id,
        "title": draft.title,
        "description": draft.description,
        "requester_department_id": draft.requester_department_id,
        "requester_id": draft.requester_id,
        "request_type_id": draft.request_type_id,
        "customer_id": each.served.customer_id,
        "commitment_id": each.served.commitment_id,
        "due_at": deciding.due_at if deciding else None,
        "breached_at": deciding.breached_at if deciding else None,
        "source": draft.source,
        "external_ref": draft.external_ref,
        **life_columns(life),
    }


def _leg_row(each: Opened) -> dict[str, Any]:
    agreement = each.selection.leg
    return {
        "ticket_id": each.id,
        "sla_id": agreement.sla_id if agreement else None,
        "sla_version": agreement.version if agreement else None,
        "sla_explanation": each.candidates,
        **leg_columns(each.present[0].leg),
    }


def _history_rows(work: Work, each: Opened) -> list[dict[str, Any]]:
    details = {"department_id": str(each.life.department_id), "priority": each.draft.priority}
    opening = {
        "ticket_id": each.id,
        "number": 1,
        "verb": OPEN,
        "at": each.life.opened_at,
        "recorded_at": work.now,
        "leg": 1,
        "actor": work.actor,
        "details": details | each.selection.details(),
    }
    if each.granted is None:
        return [opening]
    told = {"verb": each.granted.action.verb, "actor": each.granted.actor, "details": each.granted.details()}
    return [opening, {**opening, "number": 2, **told}]


def _answer(each: Opened, number: int, now: datetime) -> Ticket:
    """The ticket as it was opened; one that was granted at once as of just that instant."""
    as_of = each.life.opened_at if each.granted else max(now, each.life.opened_at)
    return _answer_of(each, number, _row(each, each.life, each.clocks) | _grant(None), each.clocks.view(as_of))


def _granted_answer(each: Opened, granted: Granted, number: int, now: datetime) -> Ticket:
    return _answer_of(each, number, _ticket_row(each), granted.clocks.view(max(now, each.life.opened_at)))


def _answer_of(each: Opened, number: int, row: dict[str, Any], clocks: Sequence[Clock[UUID]]) -> Ticket:
    worth = each.served.customer_worth
    told = {
        "number": number,
        "customer_value": worth.value if worth else None,
        "currency": worth.currency if worth else None,
        "blocks": list(dict.fromkeys(each.draft.blocks)),
        "blocked_by": [],
        "hand_off": None,
    }
    return ticket_of(told | row, clocks)
