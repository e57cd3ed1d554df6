"""Workers and jobs for the tests of background work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.kernel.background import Duty, Worker
from app.kernel.database import Database
from app.kernel.jobs import Job, enqueue, job, jobs
from app.kernel.listening import living_workers
from app.kernel.outbox import events
from app.kernel.work import Work


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def soon(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)


@asynccontextmanager
async def working(database: Database, duties: Sequence[Duty], count: int = 1, **options: Any) -> AsyncIterator[None]:
    """That many workers, until the block ends."""
    before = await living(database)
    workers = [Worker(database, duties, **options) for _ in range(count)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    await eventually(lambda: living(database), before + count)
    yield
    for worker in workers:
        worker.stop()
    await asyncio.gather(*tasks)


async def living(database: Database) -> int:
    async with database.reading() as connection:
        return await living_workers(connection)


async def eventually(ask: Callable[[], Any], expected: Any, within_seconds: float = 60) -> None:
    """Waits until the answer is the expected one; for so long only where it never would be."""
    until = asyncio.get_running_loop().time() + within_seconds
    while (answer := await ask()) != expected:
        assert asyncio.get_running_loop().time() < until, f"it stayed {answer!r}, not {expected!r}"
        await asyncio.sleep(0.02)


async def nudges_told() -> None:
    """Waits until workers have been told of whatever was committed before."""
    telling = [task for task in asyncio.all_tasks() if task.get_name() == "nudges"]
    if telling:
        await asyncio.wait(telling)


async def tell(work: Work, found: Job) -> None:
    """A handler that records an event named after the job."""
    work.happened("ticket.opened", found.run_at, name=found.payload["name"])


async def ask_for(database: Database, kind: str, names: Sequence[str], at: datetime | None = None) -> None:
    async with database.writing() as connection:
        await enqueue(connection, [job(kind, at or now(), name=name) for name in names])


async def told(database: Database) -> list[str]:
    """The names in the events, in the order of the feed."""
    async with database.reading() as connection:
        rows = await connection.execute(select(events.c.data).order_by(events.c.sequence))
        return [row.data["name"] for row in rows]


async def left(database: Database) -> int:
    async with database.reading() as connection:
        count: int = (await connection.execute(select(func.count()).select_from(jobs))).scalar_one()
        return count
