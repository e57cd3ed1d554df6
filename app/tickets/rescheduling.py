"""When a calendar changes, what is still to come of the clocks that keep it is computed anew."""

from datetime import datetime
from uuid import UUID

from app.directory.calendar import CalendarTimeline
from app.kernel.database import Row
from app.kernel.work import Work
from app.service_levels.agreements import agreements
from app.service_levels.alarms import alarms_between, moved
from app.service_levels.clock import Agreement, Clock, rescheduled
from app.tickets import queries
from app.tickets.records import clock_of


async def calendar_changed(work: Work, calendar_id: UUID) -> None:
    """Gives every running clock of the calendar its new due time and its next alarm, and the due time to its ticket if
    the clock decides for it.

    What had elapsed is not touched: the calendar's timeline keeps the old hours for the past. No clock that was made by
    the calendar as it was escapes: whoever was making one has ended by now, and whoever begins waits.
    """
    run = work.connection.execute
    await run(queries.CALENDARS_CHANGE)
    ids = list((await run(queries.LOCK_RUNNING, {"calendar_id": calendar_id})).scalars())
    if not ids:
        return
    rows = (await run(queries.RUNNING_CLOCKS, {"calendar_id": calendar_id, "ids": ids})).mappings().all()
    known = await agreements(work.connection, {_version(row["clock"]) for row in rows})
    changed, due = [], set()
    for row in rows:
        stored, agreement = row["clock"], known[_version(row["clock"])]
        before = clock_of(stored)
        after = rescheduled(before, agreement.calendar)
        alarm_at = _alarm_at(stored, before, agreement, work.now)
        if after.due_at != before.due_at:
            due.add(row["ticket_id"])
        if after.due_at != before.due_at or alarm_at != _instant(stored["next_alarm_at"]):
            times = {"due_at": after.due_at, "next_alarm_at": alarm_at}
            changed.append({"of_ticket": row["ticket_id"], "of_number": before.number, **times})
    if changed:
        await run(queries.RESCHEDULE_CLOCK, changed)
    if due:
        await run(queries.FOLLOW_CLOCKS, {"ids": sorted(due)})


def _alarm_at(stored: Row, clock: Clock[UUID], agreement: Agreement[UUID], now: datetime) -> datetime | None:
    """From when the clock's next alarm can be told by its changed calendar: it is the same one as before."""
    present, fractions = agreement.calendar, agreement.alarm_fractions(clock.metric)
    planned = _instant(stored["next_alarm_at"])
    if planned is None:
        _, following = alarms_between(clock, present, fractions, now, now)
        return following.told_from if following else None
    return moved(planned, clock, CalendarTimeline(present.versions[:-1]), present, fractions)


def _version(stored: Row) -> tuple[UUID, int]:
    return UUID(stored["sla_id"]), stored["sla_version"]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
