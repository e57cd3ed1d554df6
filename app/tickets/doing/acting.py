"""Doing something to a ticket: the verbs of the lifecycle, each one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.backdating import moment
from app.access.roles import Actor
from app.directory import members
from app.kernel.database import Row
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, Invalid, NotPossibleNow
from app.kernel.work import Work
from app.service_levels.agreements import offers
from app.service_levels.clock import Agreement
from app.service_levels.matching import Match, Request
from app.service_levels.ticket_clocks import Clocks, advance, deciding_clock, replay
from app.tickets import queries
from app.tickets.alarms.alarms import tell_due
from app.tickets.doing.changing import locked, unblocked
from app.tickets.doing.deciding import store_clocks, tell_decided
from app.tickets.life.asking_again import NotAskedAgain, asked_again
from app.tickets.life.lifecycle import Action, Life, Party, Priority, Refusal, Refused, Verb, apply
from app.tickets.life.sides import DOES
from app.tickets.permitting import require_side
from app.tickets.records import hand_off_of, leg_columns, life_columns, life_of, stored_hand_off, ticket_of
from app.tickets.schemas import Ticket, TicketHandOff
from app.tickets.telling import happened, said
from app.tickets.timekeeping import (
    Selection,
    details_of,
    explanation,
    recorded_agreements,
    step_after,
    told,
)

EVENTS: Mapping[Verb, str] = {
    Verb.ACKNOWLEDGE: "ticket.acknowledged",
    Verb.START: "ticket.started",
    Verb.WAIT: "ticket.waiting",
    Verb.RESUME: "ticket.resumed",
    Verb.ASK: "ticket.asked",
    Verb.RESOLVE: "ticket.resolved",
    Verb.REOPEN: "ticket.reopened",
    Verb.CLOSE: "ticket.closed",
    Verb.DECLINE: "ticket.declined",
    Verb.CANCEL: "ticket.cancelled",
    Verb.TRANSFER: "ticket.transferred",
    Verb.ACCEPT: "ticket.accepted",
    Verb.RETURN: "ticket.returned",
    Verb.ASSIGN: "ticket.assigned",
    Verb.PRIORITISE: "ticket.prioritised",
    Verb.COMMENT: "ticket.commented",
}
"""The event that tells of each verb."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What is to be done: the verb, when (None: now), what it needs, and what is told with it."""

    verb: Verb
    at: datetime | None = None
    on: str | None = None
    department_id: UUID | None = None
    priority: str | None = None
    member_id: UUID | None = None
    granted: bool | None = None
    by_provider: bool = False
    visibility: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A ticket as it is stored, locked until the transaction ends."""

    row: Row
    legs: Sequence[Row]
    history: Sequence[Row]
    life: Life[UUID]
    clocks: Clocks[UUID]
    known: Mapping[tuple[UUID, int], Agreement[UUID]]


async def load(work: Work, ticket_id: UUID) -> Stored:
    """Reads and locks a ticket.

    Raises:
        NotFound: there is none with this id.
    """
    run, named = work.connection.execute, {"ticket_id": ticket_id}
    row = await locked(work, ticket_id, queries.WORK)
    legs = (await run(queries.LEGS, named)).mappings().all()
    history = (await run(queries.HISTORY, named)).mappings().all()
    wait = (await run(queries.OPEN_WAIT, named)).mappings().first() if row["waiting_on"] else None
    known = await recorded_agreements(work.connection, [history])
    return Stored(row, legs, history, life_of(row, legs, wait), replay(*told(history, known)), known)


async def act(work: Work, actor: Actor, ticket_id: UUID, doing: Doing, expected: frozenset[int] | None) -> Ticket:
    """Does something to a ticket and tells of it.

    Raises:
        NotFound: there is no such ticket.
        Stale: its version is none of those expected.
        NotPossibleNow: the verb is not possible in its state.
        Invalid: the instant lies in the future or before the ticket's last action, or what it names does not exist.
        Forbidden: it is not for the departments of the key's member to do, or another instant than now, without the
            permission.
    """
    await members.require_present(work.connection, doing.member_id, "/member_id")
    stored = await load(work, ticket_id)
    asked_by, had_by = stored.row["requester_department_id"], stored.life.department_id
    require_side(actor, asked_by, had_by, DOES[doing.verb], f"The verb {doing.verb}")
    require_version(expected, stored.row["version"])
    at = moment(doing.at, work.now, actor, "/at")
    if doing.verb is Verb.COMMENT:
        doing = replace(doing, by_provider=_is_providers(actor, stored), told=_answering(stored, doing.told))
    ticket = await perform(work, stored, doing, at)
    if doing.verb is Verb.REOPEN and ticket.assignee_id is not None:
        return await _to_the_queue_of_who_left(work, ticket, ticket.assignee_id)
    return ticket


def _is_providers(actor: Actor, stored: Stored) -> bool:
    """Whether a comment is the provider's: of a member of the department that has the ticket; and one by a key that is
    no member's, unless that is tied to the department that asked."""
    if actor.own is not None:
        return stored.life.department_id in actor.own.department_ids
    return stored.row["requester_department_id"] not in actor.department_ids


def _answering(stored: Stored, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is told with a comment, and which question it answers if that was asked again."""
    if "told_in" not in told:
        return told
    try:
        return {**told, "question_number": asked_again(stored.history, told["told_in"])}
    except NotAskedAgain as reason:
        raise Invalid.field("/told_in", str(reason)) from reason


async def _to_the_queue_of_who_left(work: Work, ticket: Ticket, assignee_id: UUID) -> Ticket:
    """A ticket that was reopened is nobody's if who had it has left since."""
    if await members.hold_present(work.connection, [assignee_id]):
        return ticket
    stored = await load(work, ticket.id)
    return await perform(work, stored, Doing(Verb.ASSIGN, told={"reason": "Who had it has left."}), stored.life.last_at)


async def perform(work: Work, stored: Stored, doing: Doing, at: datetime) -> Ticket:
    """Does something to a locked ticket at an instant and tells of it; a member whom it names is held already. Raises
    as `act`, but for `Stale` and `Forbidden`."""
    action = _action(doing, at)
    after = _applied(stored.life, action)
    await _require_department(work, doing.department_id)
    await tell_due(work, [stored.row], at)
    selected = await _select(work, stored, after, doing)
    clocks = advance(stored.clocks, step_after(action, after.department_id, selected.selection if selected else None))
    return await _store(work, stored, doing, action, after, clocks, selected)


async def _require_department(work: Work, id_: UUID | None) -> None:
    if id_ is not None and (await work.connection.execute(queries.DEPARTMENT, {"department_id": id_})).first() is None:
        raise Invalid.field("/department_id", NOT_THERE)


def _action(doing: Doing, at: datetime) -> Action[UUID]:
    return Action(
        doing.verb,
        at,
        on=Party(doing.on) if doing.on else None,
        department_id=doing.department_id,
        priority=Priority(doing.priority) if doing.priority else None,
        member_id=doing.member_id,
        granted=doing.granted,
        by_provider=doing.by_provider,
        visible_to_requester=doing.visibility == "requester",
    )


def _applied(life: Life[UUID], action: Action[UUID]) -> Life[UUID]:
    try:
        return apply(life, action)
    except Refused as refused:
        if refused.refusal is Refusal.BACKWARDS:
            raise Invalid.field("/at", refused.reason) from refused
        raise NotPossibleNow.instead(refused.reason, refused.possible) from refused


@dataclass(frozen=True, slots=True)
class Selected:
    """What was matched for the current leg and for the clock of scope ticket, and why."""

    selection: Selection
    match: Match[UUID]


async def _select(work: Work, stored: Stored, after: Life[UUID], doing: Doing) -> Selected | None:
    """Matches anew where the verb may change what is agreed: a new leg, or another priority."""
    if doing.verb not in (Verb.TRANSFER, Verb.RETURN, Verb.PRIORITISE):
        return None
    row, first = stored.row, stored.legs[0]["department_id"]
    tier = (await work.connection.execute(queries.TIER, {"customer_id": row["customer_id"]})).scalar_one()
    offered = await offers(work.connection, {first, after.department_id})
    request = Request(row["requester_department_id"], row["request_type_id"], after.priority, tier)
    match, agreement = offered.choose(after.department_id, request)
    ticket = None
    if doing.verb is Verb.PRIORITISE and stored.clocks.has_ticket_scope:
        _, ticket = offered.choose(first, request)
    return Selected(Selection(agreement, ticket), match)


async def _store(
    work: Work,
    stored: Stored,
    doing: Doing,
    action: Action[UUID],
    after: Life[UUID],
    clocks: Clocks[UUID],
    selected: Selected | None,
) -> Ticket:
    run, row = work.connection.execute, stored.row
    viewed = clocks.view(work.now)
    deciding = deciding_clock(viewed, after.leg.number)
    changes = {
        **life_columns(after),
        "due_at": deciding.due_at if deciding else None,
        "breached_at": deciding.breached_at if deciding else None,
        "resolution": doing.told.get("resolution") if doing.verb is Verb.RESOLVE else row["resolution"],
        "version": row["version"] + 1,
        "updated_at": work.now,
    }
    changed = {name: value for name, value in changes.items() if row[name] != value}
    # What fell due before the step was stored since the row was read.
    stated = changed | {name: changes[name] for name in ("due_at", "breached_at")}
    await run(queries.UPDATE_TICKET.values(**stated), {"ticket_id": row["id"]})
    await _store_legs(work, stored, doing, after, selected)
    await _store_wait(work, stored, after)
    decided = await store_clocks(work, row["id"], stored.clocks, clocks, action.at)
    selection = selected.selection if selected else None
    details = details_of(action, after.department_id, action.member_id, doing.told, selection)
    await run(queries.INSERT_HISTORY, _entry(work, stored, action, after, details))
    ticket = ticket_of({**row, **changes, "hand_off": _hand_off(stored, doing, after)}, viewed)
    previous = {name: row[name] for name in changed if name in Ticket.__dataclass_fields__ and name != "version"}
    if ticket.hand_off != stored_hand_off(row):
        previous["hand_off"] = stored_hand_off(row)
    words = said(doing.verb, doing.told, visible_to_requester=action.visible_to_requester)
    happened(work, EVENTS[doing.verb], after.last_at, ticket, **words, previous=previous)
    await tell_decided(work, ticket, decided)
    if doing.verb in (Verb.RESOLVE, Verb.DECLINE, Verb.CANCEL):
        await unblocked(work, [(ticket, after.last_at)])
    return ticket


def _hand_off(stored: Stored, doing: Doing, after: Life[UUID]) -> TicketHandOff | None:
    told = doing.told if len(after.legs) > len(stored.legs) else stored.legs[-1]
    return hand_off_of(after, after.leg.from_department_id, told)


async def _store_legs(work: Work, stored: Stored, doing: Doing, after: Life[UUID], selected: Selected | None) -> None:
    for before, leg in zip(stored.life.legs, after.legs, strict=False):
        if leg != before:
            columns = leg_columns(leg)
            times = {name: columns[name] for name in ("ended_at", "acknowledged_at", "accepted_at")}
            named = {"of_ticket": stored.row["id"], "of_leg": leg.number}
            await work.connection.execute(queries.UPDATE_LEG, named | times)
    if selected is None:
        return
    agreement = selected.selection.leg
    matched = {
        "sla_id": agreement.sla_id if agreement else None,
        "sla_version": agreement.version if agreement else None,
        "sla_explanation": explanation(selected.match),
    }
    if len(after.legs) > len(stored.life.legs):
        told = {"reason": doing.told.get("reason"), "context": doing.told.get("context")}
        row = {"ticket_id": stored.row["id"], **leg_columns(after.leg), **matched, **told}
        await work.connection.execute(queries.INSERT_LEGS, row)
    else:
        named = {"of_ticket": stored.row["id"], "of_leg": after.leg.number}
        await work.connection.execute(queries.UPDATE_LEG, named | matched)


async def _store_wait(work: Work, stored: Stored, after: Life[UUID]) -> None:
    before, now = stored.life.waits, after.waits
    if before and now[0] != before[0]:
        named = {"of_ticket": stored.row["id"], "ended_at": now[0].ended_at}
        await work.connection.execute(queries.END_WAIT, named)
    if len(now) > len(before):
        last = (await work.connection.execute(queries.LAST_WAIT, {"ticket_id": stored.row["id"]})).scalar_one()
        wait = now[-1]
        row = {"ticket_id": stored.row["id"], "number": last + 1, "party": wait.on, "leg": wait.leg}
        await work.connection.execute(queries.INSERT_WAITS, row | {"started_at": wait.started_at, "ended_at": None})


def _entry(
    work: Work, stored: Stored, action: Action[UUID], after: Life[UUID], details: Mapping[str, Any]
) -> dict[str, Any]:
    handed_on = action.verb in (Verb.TRANSFER, Verb.RETURN)
    return {
        "ticket_id": stored.row["id"],
        "number": stored.history[-1]["number"] + 1,
        "verb": action.verb,
        "at": action.at,
        "recorded_at": work.now,
        "leg": stored.life.leg.number if handed_on else after.leg.number,
        "actor": work.actor,
        "details": details,
    }
