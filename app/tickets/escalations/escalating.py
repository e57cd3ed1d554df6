"""Escalations: what an SLA does by itself when a clock has used a share of its target.

Each acts once: to notify once for a clock, what changes the ticket once for the ticket, whichever version of the SLA
says it. So two departments that pass a ticket to each other end, and a ticket that is opened above its provider goes
only up. What was done, or why nothing was, is in the ticket's history.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from app.directory import departments, members
from app.kernel.jobs import Job
from app.kernel.problems import Conflict
from app.kernel.work import Work
from app.service_levels import slas
from app.service_levels.agreements import escalation_of
from app.service_levels.clock import Clock, Metric, State
from app.service_levels.escalations import Do, Escalation
from app.tickets import reading
from app.tickets.doing.acting import Doing, Stored, load, perform
from app.tickets.doing.opening import open_at
from app.tickets.escalations import queries
from app.tickets.life.verbs import UNRESOLVED, Verb
from app.tickets.queries import INSERT_HISTORY
from app.tickets.schemas import ClockAnswer, TicketDraft
from app.tickets.telling import happened

ESCALATE: Final = "escalate"
"""The verb of the entries in a ticket's history that tell of escalations."""

SOURCE: Final = queries.SOURCE
"""The source of the tickets that escalations open."""

_TIME: Final = {Metric.ACKNOWLEDGE: "to acknowledge", Metric.UPDATE: "for an update", Metric.RESOLVE: "to resolve"}
_LONGEST_TITLE: Final = 200


class NothingToDo(Exception):
    """Why an escalation does nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One escalation of a ticket's clock, the ticket being locked. `present` are those of the
    members whom its alarm's escalations name who have not left."""

    stored: Stored
    clock: Clock[UUID]
    sla_id: UUID
    escalation: Escalation[UUID]
    present: frozenset[UUID]

    @property
    def reason(self) -> str:
        """Why it escalates, in words."""
        time, at = _TIME[self.clock.metric], self.escalation.at
        return f"The time {time} is over." if at == 1 else f"{at * 100:g} % of the time {time} is used."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an escalation did: how many entries the history got by that, what is told, and what the history says."""

    entries: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


async def escalate(work: Work, job: Job) -> None:
    """Does the escalations of a ticket's alarms, in their order and that in which the SLA states them.

    Nothing is done when the ticket was resolved, or the clock had stopped, since the alarm.
    """
    for alarm in job.payload["alarms"]:
        await _escalate_all(work, UUID(job.payload["ticket_id"]), alarm)


async def _escalate_all(work: Work, ticket_id: UUID, alarm: Mapping[str, Any]) -> None:
    sla = await slas.collection.get(work.connection, UUID(alarm["sla_id"]))
    work.actor = {"type": "escalation", "id": sla.id, "name": sla.name}
    too_late: str | None = None
    escalations = [escalation_of(stated) for stated in alarm["escalations"]]
    named = [each.member_id for each in escalations if each.member_id is not None]
    present = await members.hold_present(work.connection, named) if named else frozenset()
    for index, escalation in enumerate(escalations):
        stored = await load(work, ticket_id)
        clocks = stored.clocks.settled(work.now).clocks
        clock = next((clock for clock in clocks if clock.number == alarm["clock"]), None)
        if clock is None or clock.metric != escalation.metric:
            # An import told the ticket's life anew, and the clock that reached its alarm is not in it.
            return
        if index == 0:
            too_late = _too_late(stored, clock, escalation)
        await _escalate(work, Case(stored, clock, sla.id, escalation, present), too_late)


def _too_late(stored: Stored, clock: Clock[UUID], escalation: Escalation[UUID]) -> str | None:
    if stored.row["status"] not in UNRESOLVED:
        return f"The ticket was {stored.row['status']} meanwhile."
    if clock.stopped_at is not None:
        return f"The clock had stopped meanwhile: {clock.state}.".replace("_", " ")
    if escalation.at == 1 and clock.state is not State.BREACHED:
        return "What was backdated meanwhile took the breach back."
    return None


async def _escalate(work: Work, case: Case, too_late: str | None) -> None:
    try:
        if too_late is not None:
            raise NothingToDo(too_late)
        _require_first_time(case)
        outcome = await _DOING[case.escalation.do](work, case)
    except NothingToDo as nothing:
        await _record(work, case, {"done": False, "because": str(nothing)})
        return
    await _record(work, case, {"done": True, **outcome.details}, outcome.entries)
    ticket = await reading.ticket(work.connection, case.stored.row["id"], work.now)
    *_, clock = (clock for clock in ticket.clocks if _identity(clock) == _identity(case.clock))
    told = {"escalation": case.escalation.document(), **outcome.told}
    happened(work, "sla.escalated", work.now, ticket, clock=clock, **told)


def _identity(clock: Clock[UUID] | ClockAnswer) -> tuple[Any, ...]:
    return clock.metric, clock.scope, clock.leg, clock.started_at


def _require_first_time(case: Case) -> None:
    stated = case.escalation.document()
    for entry in case.stored.history:
        details = entry["details"]
        if entry["verb"] == ESCALATE and details["done"] and details["sla_id"] == str(case.sla_id):
            same_clock = details["clock"]["number"] == case.clock.number
            if details["escalation"] == stated and (same_clock or case.escalation.do is not Do.NOTIFY):
                raise NothingToDo("It has been done for this ticket before.")


async def _record(work: Work, case: Case, outcome: Mapping[str, Any], entries: int = 0) -> None:
    clock = case.clock
    named = {"number": clock.number, "metric": clock.metric, "scope": clock.scope, "leg": clock.leg}
    row = {
        "ticket_id": case.stored.row["id"],
        "number": case.stored.history[-1]["number"] + entries + 1,
        "verb": ESCALATE,
        "at": work.now,
        "recorded_at": work.now,
        "leg": case.stored.life.leg.number,
        "actor": work.actor,
        "details": {"sla_id": case.sla_id, "clock": named, "escalation": case.escalation.document(), **outcome},
    }
    await work.connection.execute(INSERT_HISTORY, row)


async def _notify(work: Work, case: Case) -> Outcome:
    if case.escalation.member_id is not None and case.escalation.member_id not in case.present:
        raise NothingToDo("That member has left.")
    return Outcome(told=await _addressee(work, case.escalation))


async def _raise_priority(work: Work, case: Case) -> Outcome:
    priority, present = case.escalation.priority, case.stored.row["priority"]
    if priority is None or priority >= present:
        raise NothingToDo(f"The ticket is as urgent already: {present}.")
    await perform(work, case.stored, Doing(Verb.PRIORITISE, priority=priority), work.now)
    return Outcome(1)


async def _reassign(work: Work, case: Case) -> Outcome:
    escalation, row = case.escalation, case.stored.row
    if escalation.member_id is not None:
        if escalation.member_id not in case.present:
            raise NothingToDo("That member has left.")
        if row["assignee_id"] == escalation.member_id:
            raise NothingToDo("The ticket is assigned to that member already.")
        doing = Doing(Verb.ASSIGN, member_id=escalation.member_id)
    else:
        if row["provider_department_id"] == escalation.department_id:
            raise NothingToDo("The ticket is with that department already.")
        due_at = case.clock.due_at
        expected = f"{row['title']}, by {due_at:%Y-%m-%d %H:%M} UTC" if due_at else row["title"]
        context = {"summary": case.reason, "customer_expects": f"{expected}.", "tried_so_far": None}
        told = {"reason": case.reason, "context": context}
        doing = Doing(Verb.TRANSFER, department_id=escalation.department_id, told=told)
    await perform(work, case.stored, doing, work.now)
    return Outcome(1, await _addressee(work, escalation))


async def _open_ticket(work: Work, case: Case) -> Outcome:
    row = case.stored.row
    named = {"department_id": row["provider_department_id"], "ticket_id": row["id"]}
    parent_id = (await work.connection.execute(queries.PARENT, named)).scalar_one()
    if parent_id is None:
        raise NothingToDo("The department that has the ticket is part of no other.")
    asked = (await work.connection.execute(queries.ASKED, {"ticket_id": row["id"], "parent_id": parent_id})).scalar()
    if asked is not None:
        raise NothingToDo(f"The department above was asked already: T-{asked}.")
    try:
        opened = await open_at(work, _draft(case, parent_id), work.now, calendars_held=True)
    except Conflict as conflict:
        raise NothingToDo(conflict.detail) from conflict
    return Outcome(told={"blocker": opened}, details={"ticket_id": opened.id})


def _draft(case: Case, parent_id: UUID) -> TicketDraft:
    row, escalation = case.stored.row, case.escalation
    return TicketDraft(
        title=f"T-{row['number']}: {row['title']}"[:_LONGEST_TITLE],
        description=f"{case.reason} Opened by an escalation.",
        requester_department_id=row["provider_department_id"],
        provider_department_id=parent_id,
        priority=row["priority"],
        blocks=[row["id"]],
        source=SOURCE,
        external_ref=f"{row['id']}/{case.sla_id}/{escalation.metric}/{escalation.at:g}",
    )


async def _addressee(work: Work, escalation: Escalation[UUID]) -> dict[str, Any]:
    if escalation.member_id is not None:
        return {"member": await members.member(work.connection, escalation.member_id)}
    if escalation.department_id is not None:
        return {"department": await departments.collection.get(work.connection, escalation.department_id)}
    raise ValueError("an escalation to somebody names a member or a department")


_DOING: Final[Mapping[Do, Callable[[Work, Case], Awaitable[Outcome]]]] = {
    Do.NOTIFY: _notify,
    Do.RAISE_PRIORITY: _raise_priority,
    Do.REASSIGN: _reassign,
    Do.OPEN_TICKET: _open_ticket,
}
