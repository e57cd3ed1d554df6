"""Lanes and what is done outside, for the tests of lanes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.ids import new_id
from app.kernel.jobs import jobs
from app.kernel.lanes import Claimed, Lanes, add_lane, lane_job
from app.kernel.work import Work
from tests.kernel.background_work import now

KIND = "errand"
LOSE_THE_CONNECTION = text("select pg_terminate_backend(pg_backend_pid())")


@dataclass
class Errands:
    """Does jobs by their names, and unless it `tells` nothing records an event for each when that is settled.

    Those of `held` are under way until they are let go; `again` are to be done again, at an instant; of `unneeded`
    nothing is loaded. `bad_to_load`, `bad_to_do` and `bad_to_settle` fail at that; so often as `lost_at_load` and
    `lost_at_settle` say the connection is lost. `meanwhile` happens once, while something is being settled.
    """

    held: dict[str, asyncio.Event] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    unneeded: frozenset[str] = frozenset()
    bad_to_load: frozenset[str] = frozenset()
    bad_to_do: frozenset[str] = frozenset()
    bad_to_settle: frozenset[str] = frozenset()
    lost_at_load: int = 0
    lost_at_settle: int = 0
    meanwhile: Callable[[], Awaitable[object]] | None = None
    takes_seconds: float = 0
    tells: bool = True
    claimed: list[Claimed] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    ended: bool = False

    async def load(self, connection: AsyncConnection, claimed: Sequence[Claimed], at: datetime) -> Mapping[UUID, str]:
        if self.lost_at_load:
            self.lost_at_load -= 1
            await connection.execute(LOSE_THE_CONNECTION)
        named = {job.id: str(job.payload["name"]) for job in claimed}
        if self.bad_to_load & set(named.values()):
            await connection.execute(text("select 1 / 0"))
        self.claimed += claimed
        return {id_: name for id_, name in named.items() if name not in self.unneeded}

    async def do(self, parcel: str) -> str:
        self.begun.append(parcel)
        self.under_way.append(parcel)
        try:
            if parcel in self.held:
                await self.held[parcel].wait()
            await asyncio.sleep(self.takes_seconds)
        finally:
            self.under_way.remove(parcel)
        if parcel in self.bad_to_do:
            raise RuntimeError(f"{parcel} cannot be done")
        return parcel

    async def settle(self, work: Work, done: Sequence[tuple[Claimed, str]]) -> Mapping[UUID, datetime]:
        self.batches.append(len(done))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        for job, result in done:
            if self.tells:
                work.happened("ticket.opened", job.run_at, name=result)
        await work.flush()
        if self.bad_to_settle & {result for _, result in done}:
            await work.connection.execute(text("select 1 / 0"))
        if self.lost_at_settle:
            self.lost_at_settle -= 1
            await work.connection.execute(LOSE_THE_CONNECTION)
        return {job.id: self.again.pop(result) for job, result in done if result in self.again}

    async def end(self) -> None:
        self.ended = True


def duty_of(errands: Errands, **options: Any) -> Lanes[str, str]:
    return Lanes(KIND, errands, **options)


async def a_lane(database: Database, *, ordered: bool = False, width: int = 10) -> UUID:
    id_ = new_id()
    async with database.writing() as connection:
        await add_lane(connection, KIND, id_, ordered=ordered, width=width)
    return id_


async def put(database: Database, lane: UUID, *names: str, at: datetime | None = None, position: int = 1) -> None:
    """Puts jobs into a lane, due at one instant, at positions from the given one on."""
    rows = [
        lane_job(KIND, new_id(), lane, position + index, at or now(), {"name": name})
        for index, name in enumerate(names)
    ]
    async with database.writing() as connection:
        await connection.execute(insert(jobs), rows)


async def waiting(database: Database) -> dict[str, Row]:
    """The rows of the jobs that are not over, by their names."""
    async with database.reading() as connection:
        rows = (await connection.execute(select(jobs).order_by(jobs.c.position))).mappings().all()
    return {row["payload"]["name"]: row for row in rows}


async def all_done(duty: Lanes[Any, Any], database: Database, at: Callable[[], datetime] = now) -> None:
    """Gives a duty its turns until it finds nothing more."""
    while await duty.turn(database, at()):
        await duty.finish()
