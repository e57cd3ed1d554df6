"""How the background work is doing, as the database knows it: whoever does it may be another process or machine."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.background import living_workers
from app.tickets.tables import ticket_clocks

_NEXT_ALARM = select(func.min(ticket_clocks.c.next_alarm_at))
# One look into the index for each kind, however many jobs there are.
_NEXT_JOB = text("""
    with recursive kinds (kind) as (
        (select kind from jobs order by kind limit 1)
        union all
        select (select jobs.kind from jobs where jobs.kind > kinds.kind order by jobs.kind limit 1)
        from kinds where kinds.kind is not null
    )
    select min((select min(run_at) from jobs where jobs.kind = kinds.kind)) from kinds
""")


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """Whether any worker lives, how many do, and since when the oldest thing that is due has waited."""

    alive: bool
    workers: int
    alarms_behind_seconds: int
    jobs_behind_seconds: int


async def background_work(connection: AsyncConnection, now: datetime) -> BackgroundWork:
    """Costs three statements, each a look into an index."""
    workers = await living_workers(connection)
    alarm: datetime | None = (await connection.execute(_NEXT_ALARM)).scalar_one()
    job: datetime | None = (await connection.execute(_NEXT_JOB)).scalar_one()
    return BackgroundWork(workers > 0, workers, _behind(alarm, now), _behind(job, now))


def _behind(due: datetime | None, now: datetime) -> int:
    return 0 if due is None else max(0, int((now - due).total_seconds()))
