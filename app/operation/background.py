"""How the background work is doing, as the database knows it: whoever does it may be another process or machine."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.background import living_workers
from app.kernel.claiming import waiting_since
from app.kernel.jobs import jobs
from app.tickets.tables import ticket_clocks

_NEXT_ALARM = select(func.min(ticket_clocks.c.next_alarm_at))
# One look into the index for each kind that does not go in lanes, however many jobs there are.
_NEXT_JOB = text("""
    with recursive kinds (kind) as (
        (select kind from jobs order by kind limit 1)
        union all
        select (select jobs.kind from jobs where jobs.kind > kinds.kind order by jobs.kind limit 1)
        from kinds where kinds.kind is not null
    )
    select min((select min(run_at) from jobs where jobs.kind = kinds.kind)) from kinds
    where not exists (select from job_lanes where job_lanes.kind = kinds.kind)
""")
_FAILING = select(func.count()).select_from(jobs).where(jobs.c.last_error.is_not(None))
_WHY = (
    select(jobs.c.kind, jobs.c.last_error)
    .where(jobs.c.last_error.is_not(None))
    .order_by(jobs.c.attempts.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """Whether any worker lives, how many do, since when the oldest thing that is due has waited, and how many jobs have
    failed and will be tried again.

    What waits in a lane for what lies outside, to recover or to answer, is not behind, and has not failed.
    """

    alive: bool
    workers: int
    alarms_behind_seconds: int
    jobs_behind_seconds: int
    jobs_failing: int


async def background_work(connection: AsyncConnection, now: datetime) -> BackgroundWork:
    """Costs six statements, each a look into an index; for the jobs in lanes a look for each lane.

    The connection is in a transaction.
    """
    workers = await living_workers(connection)
    alarm: datetime | None = (await connection.execute(_NEXT_ALARM)).scalar_one()
    job: datetime | None = (await connection.execute(_NEXT_JOB)).scalar_one()
    failing: int = (await connection.execute(_FAILING)).scalar_one()
    behind = max(_behind(job, now), _behind(await waiting_since(connection, now), now))
    return BackgroundWork(workers > 0, workers, _behind(alarm, now), behind, failing)


async def why_a_job_failed(connection: AsyncConnection) -> str | None:
    """The kind of the job that has failed most often, and its last error; None when none has failed."""
    found = (await connection.execute(_WHY)).first()
    return None if found is None else f"{found.kind}: {found.last_error}"


def _behind(due: datetime | None, now: datetime) -> int:
    return 0 if due is None else max(0, int((now - due).total_seconds()))
