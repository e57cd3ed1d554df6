"""When a calendar changes, what is still to come of the clocks that keep it is computed anew."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.directory.calendar import CalendarTimeline
from app.kernel.database import Row
from app.kernel.work import Work
from app.service_levels.agreements import Version, agreements
from app.service_levels.alarms import alarms_between, moved
from app.service_levels.clock import Agreement, Clock, rescheduled
from app.tickets import queries
from app.tickets.reading import some_tickets
from app.tickets.records import clock_of, instant_of, version_of
from app.tickets.telling import happened

TOLD_AT_ONCE: Final = 500


async def calendar_changed(work: Work, calendar_id: UUID) -> None:
    """Gives every running clock of the calendar its new due time and its next alarm, and the due time to its ticket if
    the clock decides for it; that is told.

    What had elapsed is not touched: the calendar's timeline keeps the old hours for the past. No clock that was made by
    the calendar as it was escapes: whoever was making one has ended by now, and whoever begins waits.
    """
    run = work.connection.execute
    await run(queries.CALENDARS_CHANGE)
    ids = list((await run(queries.LOCK_RUNNING, {"calendar_id": calendar_id})).scalars())
    if not ids:
        return
    rows = (await run(queries.RUNNING_CLOCKS, {"calendar_id": calendar_id, "ids": ids})).mappings().all()
    known = await agreements(work.connection, {version_of(row["clock"]) for row in rows})
    changed = await to_thread(_changed, rows, known, work.now)
    if changed:
        columns = zip(*((row.ticket_id, row.number, row.due_at, row.next_alarm_at) for row in changed), strict=True)
        await run(queries.RESCHEDULE_CLOCKS, dict(zip(("ids", "numbers", "due", "alarms"), columns, strict=True)))
    due = sorted({row.ticket_id for row in changed if row.is_due_otherwise})
    if due:
        await _tell(work, {row.id: row.due_at for row in await run(queries.FOLLOW_CLOCKS, {"ids": due})})


async def _tell(work: Work, before: Mapping[UUID, datetime | None]) -> None:
    """Tells of the tickets that were due at another time before: so many at once that it does not matter how many."""
    ids = sorted(before)
    for start in range(0, len(ids), TOLD_AT_ONCE):
        for ticket in await some_tickets(work.connection, ids[start : start + TOLD_AT_ONCE], work.now):
            happened(work, "ticket.updated", work.now, ticket, previous={"due_at": before[ticket.id]})
        await work.flush()


@dataclass(frozen=True, slots=True)
class _Rescheduled:
    """A clock with other times to come."""

    ticket_id: UUID
    number: int
    due_at: datetime | None
    next_alarm_at: datetime | None
    is_due_otherwise: bool


def _changed(rows: Sequence[Row], known: Mapping[Version, Agreement[UUID]], now: datetime) -> list[_Rescheduled]:
    """The clocks that the change concerns. Of many this takes seconds, so it is done beside the event loop."""
    changed = []
    for row in rows:
        stored, agreement = row["clock"], known[version_of(row["clock"])]
        before = clock_of(stored)
        due_at = rescheduled(before, agreement.calendar).due_at
        alarm_at = _alarm_at(stored, before, agreement, now)
        if due_at != before.due_at or alarm_at != instant_of(stored["next_alarm_at"]):
            other = due_at != before.due_at
            changed.append(_Rescheduled(row["ticket_id"], before.number, due_at, alarm_at, other))
    return changed


def _alarm_at(stored: Row, clock: Clock[UUID], agreement: Agreement[UUID], now: datetime) -> datetime | None:
    """From when the clock's next alarm can be told by its changed calendar: it is the same one as before."""
    present, fractions = agreement.calendar, agreement.alarm_fractions(clock.metric)
    planned = instant_of(stored["next_alarm_at"])
    if planned is None:
        _, following = alarms_between(clock, present, fractions, now, now)
        return following.told_from if following else None
    return moved(planned, clock, CalendarTimeline(present.versions[:-1]), present, fractions)
