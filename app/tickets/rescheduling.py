"""When a calendar changes, what is still to come of the clocks that keep it is computed anew."""

from uuid import UUID

from app.directory.calendars import timelines
from app.kernel.work import Work
from app.service_levels.clock import rescheduled
from app.tickets import queries
from app.tickets.records import clock_of


async def calendar_changed(work: Work, calendar_id: UUID) -> None:
    """Gives every running clock of the calendar its new due time, and its ticket if the clock decides for it.

    What had elapsed is not touched: the calendar's timeline keeps the old hours for the past.
    """
    run = work.connection.execute
    ids = list((await run(queries.LOCK_RUNNING, {"calendar_id": calendar_id})).scalars())
    if not ids:
        return
    rows = (await run(queries.RUNNING_CLOCKS, {"calendar_id": calendar_id, "ids": ids})).mappings().all()
    timeline = (await timelines(work.connection, [calendar_id]))[calendar_id]
    changed = []
    for row in rows:
        before = clock_of(row["clock"])
        after = rescheduled(before, timeline)
        if after.due_at != before.due_at:
            changed.append({"of_ticket": row["ticket_id"], "of_number": before.number, "due_at": after.due_at})
    if changed:
        await run(queries.RESCHEDULE_CLOCK, changed)
        await run(queries.FOLLOW_CLOCKS, {"ids": sorted({row["of_ticket"] for row in changed})})
