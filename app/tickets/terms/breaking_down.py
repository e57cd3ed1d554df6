"""Who used the time of a ticket's clocks, told from its history."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Row
from app.service_levels.breakdown import Assignment, Breakdown, breakdown
from app.tickets.life.verbs import Verb
from app.tickets.records import clock_answer
from app.tickets.schemas import ClockAnswer
from app.tickets.terms.breakdown_schemas import BreachHolder, ClockBreakdown, LegShare, SlaBreakdown, WaitShare
from app.tickets.timekeeping import HAND_OVERS, OPEN, recorded_agreements, recorded_history, told

_CLOCK_FIELDS = tuple(field.name for field in fields(ClockAnswer))


async def sla_breakdown(connection: AsyncConnection, ticket_id: UUID, as_of: datetime) -> SlaBreakdown:
    """The clocks of a ticket at any instant, with who used their time.

    Raises:
        NotFound: there is no such ticket.
    """
    history = await recorded_history(connection, ticket_id)
    known = await recorded_agreements(connection, [history])
    found = breakdown(*told(history, known), as_of, list(assignments_of(history)))
    return SlaBreakdown(ticket_id, as_of, [_clock_breakdown(each) for each in found])


def assignments_of(entries: Sequence[Row]) -> Iterator[Assignment[UUID]]:
    """Which member had the ticket since when, from its history: a hand-off leaves it in the receiver's queue."""
    for entry in entries:
        if entry["verb"] in (OPEN, Verb.ASSIGN, *HAND_OVERS):
            member_id = entry["details"].get("member_id")
            yield Assignment(entry["at"], None if member_id is None else UUID(member_id))


def _clock_breakdown(found: Breakdown[UUID]) -> ClockBreakdown:
    clock, held = clock_answer(found.clock), found.held_at_breach
    return ClockBreakdown(
        **{name: getattr(clock, name) for name in _CLOCK_FIELDS},
        legs=[LegShare(*astuple(leg)) for leg in found.legs],
        waits=[WaitShare(*astuple(wait)) for wait in found.waits],
        held_at_breach=None if held is None else BreachHolder(held.department_id, held.leg, held.assignee_id),
    )
