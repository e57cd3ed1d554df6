"""Jobs: work that is to be done later, written in the transaction of what asks for it.

A job is done once, at `run_at` or as soon after it as a worker lives: its row goes in the transaction of its effects,
so whatever kills a worker leaves both or neither. Two that ask for the same under one `key` while it is not done are
one, at the earlier of their instants.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.background import FAILED, SYSTEM, is_lost
from app.kernel.database import Database, Timestamp, metadata, one_or_many
from app.kernel.failures import is_passing
from app.kernel.ids import new_id
from app.kernel.telemetry import log
from app.kernel.work import Work

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text),
    Column("run_at", Timestamp, nullable=False),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", Timestamp, nullable=False, server_default=func.now()),
    # What is done outside the database goes in lanes: see `lanes`.
    Column("lane", Uuid, ForeignKey("job_lanes.id", ondelete="CASCADE")),
    Column("position", BigInteger),
    Column("leased_by", Uuid),
    Index("ix_jobs_kind_run_at", "kind", "run_at"),
)
Index("uq_jobs_kind_key", jobs.c.kind, jobs.c.key, unique=True, postgresql_where=jobs.c.key.is_not(None))
Index("ix_jobs_lane_run_at", jobs.c.lane, jobs.c.run_at, postgresql_where=jobs.c.lane.is_not(None))
Index("ix_jobs_lane_position", jobs.c.lane, jobs.c.position, postgresql_where=jobs.c.lane.is_not(None))
Index("ix_jobs_failing", jobs.c.kind, postgresql_where=jobs.c.last_error.is_not(None))
# A trigger tells the workers of a job that falls due within a minute: see `background`.

BATCH = 50
"""How many jobs of a kind are done in one turn, at about that."""

AT_A_TIME = 4
"""How many of a kind are done at the same time: each waits for the disk when it commits."""

_LONGEST_BACKOFF_SECONDS = 3600

_insert = upsert(jobs)
_ENQUEUE = _insert.on_conflict_do_update(
    index_elements=["kind", "key"],
    index_where=jobs.c.key.is_not(None),
    set_={"run_at": func.least(jobs.c.run_at, _insert.excluded.run_at)},
)
"""Asking again locks the row until the asking commits: it cannot be done before what it was asked for is to be seen."""

_next_due = (
    select(jobs.c.id)
    .where(jobs.c.kind == bindparam("of_kind"), jobs.c.run_at <= bindparam("now"))
    .order_by(jobs.c.run_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    delete(jobs)
    .where(jobs.c.id == _next_due.scalar_subquery())
    .returning(jobs.c.id, jobs.c.kind, jobs.c.key, jobs.c.run_at, jobs.c.payload, jobs.c.attempts)
)
_NEXT_AT = select(func.min(jobs.c.run_at)).where(jobs.c.kind == bindparam("of_kind"))
_PUT_OFF = (
    update(jobs)
    .where(jobs.c.id == bindparam("job_id"))
    .values(attempts=jobs.c.attempts + 1, run_at=bindparam("again_at"), last_error=bindparam("error"))
)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do: `payload` as it was enqueued, `attempts` those that failed before."""

    id: UUID
    kind: str
    key: str | None
    run_at: datetime
    payload: Mapping[str, Any]
    attempts: int


Handler: TypeAlias = Callable[[Work, Job], Awaitable[None]]
"""Does a job within the work's transaction, which commits with the job's end. What it raises undoes it all."""


def job(kind: str, run_at: datetime, key: str | None = None, **payload: Any) -> dict[str, Any]:
    """A job as its row."""
    return {"id": new_id(), "kind": kind, "key": key, "run_at": run_at, "payload": payload}


async def enqueue(connection: AsyncConnection, wanted: Sequence[dict[str, Any]]) -> None:
    """Asks for jobs in the transaction at hand."""
    if wanted:
        # In one order, so that two who ask for the same keys wait for each other instead of being ended.
        rows = sorted(wanted, key=lambda row: (row["kind"], row["key"] or ""))
        await connection.execute(_ENQUEUE, one_or_many(rows))


class Jobs:
    """The duty to do the jobs of one kind, each in a transaction of its own."""

    woken_by = frozenset({"jobs"})

    def __init__(self, kind: str, handler: Handler) -> None:
        self.name = kind
        self._handler = handler

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        at: datetime | None = (await connection.execute(_NEXT_AT, {"of_kind": self.name})).scalar_one()
        return at

    async def turn(self, database: Database, now: datetime) -> int:
        """Tries up to `BATCH` jobs; how many, failed ones included: each of those is put off."""
        if not await self._try_one(database, now):
            return 0
        try:
            async with asyncio.TaskGroup() as group:
                lanes = [group.create_task(self._try_several(database, now)) for _ in range(AT_A_TIME)]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return 1 + sum(lane.result() for lane in lanes)

    async def _try_several(self, database: Database, now: datetime) -> int:
        for tried in range(BATCH // AT_A_TIME):
            if not await self._try_one(database, now):
                return tried
        return BATCH // AT_A_TIME

    async def _try_one(self, database: Database, now: datetime) -> bool:
        work = Work(database, now, SYSTEM)
        found = None
        try:
            await work.write()
            row = (await work.connection.execute(_TAKE, {"of_kind": self.name, "now": now})).mappings().first()
            if row is None:
                return False
            found = Job(**row)
            await self._handler(work, found)
            await work.commit()
        except Exception as error:
            if found is None or is_lost(error):
                raise
            await work.close()
            if is_passing(error):
                log.warning("a job gave way to another transaction", kind=self.name, job=str(found.id))
            else:
                await self._put_off(database, found, error, now)
        finally:
            await work.close()
        return True

    async def _put_off(self, database: Database, failed: Job, error: Exception, now: datetime) -> None:
        again_at = now + timedelta(seconds=rest_seconds(failed.attempts))
        FAILED.labels(self.name).inc()
        log.error(
            "a job failed",
            kind=self.name,
            job=str(failed.id),
            attempts=failed.attempts + 1,
            again_at=again_at.isoformat(),
            exc_info=error,
        )
        told = {"job_id": failed.id, "again_at": again_at, "error": f"{type(error).__name__}: {error}"[:2000]}
        async with database.writing() as connection:
            await connection.execute(_PUT_OFF, told)


def rest_seconds(failures_before: int) -> int:
    """Doubling from 2 seconds to an hour, less up to half of it, so that what failed together is not tried together."""
    longest = min(2 << min(failures_before, 11), _LONGEST_BACKOFF_SECONDS)
    return math.ceil(longest * random.uniform(0.5, 1))
