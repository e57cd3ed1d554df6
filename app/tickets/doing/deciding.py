"""What a step in a ticket's life decides: its changed clocks are stored, and told when they became met or breached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.work import Work
from app.service_levels.agreements import agreements
from app.service_levels.alarms import Alarm, AlarmKind
from app.service_levels.clock import Clock, State
from app.service_levels.ticket_clocks import Clocks
from app.tickets import queries
from app.tickets.records import clock_answer, clock_rows
from app.tickets.schemas import Ticket
from app.tickets.setting_going import Reached, set_going
from app.tickets.telling import happened


@dataclass(frozen=True, slots=True)
class Decided:
    """A clock that a step made met or breached."""

    clock: Clock[UUID]
    at: datetime


async def store_clocks(
    work: Work, ticket_id: UUID, before: Clocks[UUID], after: Clocks[UUID], at: datetime
) -> tuple[Decided, ...]:
    """Stores the clocks of a locked ticket that a step at an instant changed; what it decided, to be told once the
    step itself is.

    What fell due before the step is told by then: see `alarms.tell_due`.
    """
    rows = clock_rows(ticket_id, after, before)
    if not rows:
        return ()
    await work.connection.execute(queries.UPSERT_CLOCKS, rows)
    return decided_by(before, after, at)


def decided_by(before: Clocks[UUID], after: Clocks[UUID], at: datetime) -> tuple[Decided, ...]:
    """What a step at an instant decided."""
    settled, found = before.settled(at), []
    for position, clock in enumerate(after.clocks):
        known = position < len(before.clocks)
        was_met = known and before.clocks[position].state is State.MET
        was_breached = known and settled.clocks[position].state is State.BREACHED
        if clock.state is State.MET and clock.met_at is not None and not was_met:
            found.append(Decided(clock, clock.met_at))
        if clock.state is State.BREACHED and clock.breached_at is not None and not was_breached:
            found.append(Decided(clock, clock.breached_at))
    return tuple(found)


async def tell_decided(work: Work, ticket: Ticket, decided: Sequence[Decided]) -> None:
    """Tells what a step decided, the ticket being as it left it."""
    await tell_each_decided(work, [(ticket, each) for each in decided])


async def tell_each_decided(work: Work, decided: Sequence[tuple[Ticket, Decided]]) -> None:
    """Tells what steps decided, each with its ticket as the step left it."""
    for ticket, each in decided:
        kind = "sla.met" if each.clock.state is State.MET else "sla.breached"
        happened(work, kind, each.at, ticket, clock=clock_answer(each.clock))
    breached = [(ticket, each) for ticket, each in decided if each.clock.state is State.BREACHED]
    if breached:
        known = await agreements(work.connection, {_version(each.clock) for _, each in breached})
        reached = [
            Reached(ticket.id, each.clock, known[_version(each.clock)], Alarm(AlarmKind.BREACHED, each.at))
            for ticket, each in breached
        ]
        await set_going(work, reached)


def _version(clock: Clock[UUID]) -> tuple[UUID, int]:
    return clock.sla_id, clock.sla_version
