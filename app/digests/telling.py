"""The duty to tell, each morning where a department is, that its digest can be read."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, Text, Uuid, column, text

from app.digests.mornings import Morning, mornings, next_morning
from app.directory.calendars import timelines_of
from app.directory.departments import collection as departments
from app.directory.schemas import Department
from app.kernel.jobs import Job, enqueue, job
from app.kernel.work import Work

DIGESTS: Final = "digests"
"""The kind, and the key, of the job."""

_AGAIN_WITHIN: Final = timedelta(hours=1)
"""A department may be new, or have moved: then its morning may come sooner than any that was known."""

_BACK: Final = timedelta(days=7)
"""How far back it is told what nobody was there to tell."""

_PLACES: Final = text("""
    select d.id, d.calendar_id, k.version, coalesce(k.timezone, 'UTC') as timezone
    from departments d left join calendars k on k.id = d.calendar_id
    order by d.key
""").columns(column("id", Uuid), column("calendar_id", Uuid), column("version", Integer), column("timezone", Text))


async def tell_digests(work: Work, asked: Job) -> None:
    """Does the job: tells `digest.ready` of every morning since the last time, and asks for its own next turn.

    The first time there is no last one, and nothing is told. Costs three statements, however many departments.
    """
    places = (await work.connection.execute(_PLACES)).all()
    if "until" in asked.payload:
        since = max(datetime.fromisoformat(asked.payload["until"]), work.now - _BACK)
        versions = {row.calendar_id: row.version for row in places if row.calendar_id is not None}
        timelines = await timelines_of(work.connection, versions)
        found = [
            (morning, row.id)
            for row in places
            for morning in mornings(since, work.now, row.timezone, timelines.get(row.calendar_id))
        ]
        if found:
            known = {each.id: each for each in await _departments(work)}
            for morning, id_ in sorted(found, key=lambda each: each[0].at):
                _tell(work, known[id_], morning)
    soonest = min((next_morning(work.now, row.timezone) for row in places), default=work.now + _AGAIN_WITHIN)
    again_at = min(soonest, work.now + _AGAIN_WITHIN)
    await enqueue(work.connection, [job(DIGESTS, again_at, DIGESTS, until=work.now.isoformat())])


async def _departments(work: Work) -> list[Department]:
    rows = (await work.connection.execute(departments.select())).mappings()
    return [departments.shape(**row) for row in rows]


def _tell(work: Work, department: Department, morning: Morning) -> None:
    path = f"/v1/digests/departments/{department.id}?period={morning.name}&at={morning.span.start:%Y-%m-%dT%H:%M:%SZ}"
    told: dict[str, Any] = {
        "period": morning.name,
        "first_day": morning.span.first_day,
        "from": morning.span.start,
        "to": morning.span.end,
        "path": path,
    }
    work.happened("digest.ready", morning.at, department=department, digest=told)
