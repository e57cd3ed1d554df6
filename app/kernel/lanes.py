"""Lanes: jobs whose work lies outside the database, side by side, so that a lane that is slow, closed or full holds up
none but itself.

A job is done at least once. A worker leases it, which is to say that it puts `run_at` off and leaves its token with it,
does it, and ends it in the transaction that stores what came of it. When the worker is killed the lease runs out, and
the job is simply due.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    SmallInteger,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    insert,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.claiming import CLAIM, LONGEST_LEASE_SECONDS, NEXT_AT, QUICKLY, latest_end
from app.kernel.database import Database, Timestamp, metadata
from app.kernel.ids import new_id
from app.kernel.outside import Claimed, Done, End, Lease, Outside, Parcel, Result, Undone
from app.kernel.places import Places
from app.kernel.settling import Settler, is_for_now

__all__ = ["Claimed", "Lanes", "Outside", "add_lane", "change_lane", "job_lanes", "lane_job", "remove_lane"]

job_lanes = Table(
    "job_lanes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    # In an ordered lane only the job of the lowest position is ever tried, and nothing else until it has ended.
    Column("ordered", Boolean, nullable=False, server_default="false"),
    Column("width", SmallInteger, nullable=False),
    Column("stopped", Boolean, nullable=False, server_default="false"),
    # Closed until then, and from then on one job at a time, until its owner clears it.
    Column("opens_at", Timestamp),
    CheckConstraint("width > 0", name="width"),
)

_REMOVE = delete(job_lanes).where(job_lanes.c.id == bindparam("lane_id"))

UNSETTLED: Final = 1000
"""How many jobs may wait to be settled; until they are fewer none is claimed."""

_DOING_SHARE = 0.8
"""The share of its lease that may be spent on doing a job; the rest is for settling it."""

_GATHERING_SECONDS = 0.005
_GIVING_BACK_SECONDS = 3
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Lanes(Generic[Parcel, Result]):
    """The duty to do the jobs of one kind that go in lanes.

    In this process `at_once` are done at the same time, and beside them up to four times as many that have taken long
    already: those who wait for receivers that hang take no place from the others. A job's lease lasts `lease_seconds`,
    and what takes nearly as long is cut off and put off. `now` is the clock by which results are settled.
    """

    woken_by = frozenset({"jobs", "job_lanes"})

    def __init__(
        self,
        kind: str,
        outside: Outside[Parcel, Result],
        *,
        at_once: int = 100,
        lease_seconds: int = 30,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if lease_seconds > LONGEST_LEASE_SECONDS:
            raise ValueError(f"a lease of {lease_seconds} seconds is longer than {LONGEST_LEASE_SECONDS}")
        self.name = kind
        self._outside = outside
        self._lease_seconds = lease_seconds
        self._places = Places(at_once)
        self._settler = Settler(kind, outside, now=now, busy=lambda: bool(self._tasks), settled=self._settled)
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._database: Database | None = None
        self._hasten: Callable[[], None] | None = None
        self._look: tuple[float, asyncio.TimerHandle] | None = None

    def begin(self, hasten: Callable[[], None]) -> None:
        self._hasten = hasten

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        """When there is next something that this process has room for."""
        at = _clock()
        if self._free(at) <= 0:
            self._places.held_back = True
            freed_at = self._places.freed_at(at)
            if freed_at is not None:
                self._look_at(freed_at)
            return None
        if self._places.held_back:
            return _LONG_AGO
        await connection.execute(QUICKLY)
        told = {"kind": self.name} | self._places.known(at)
        first: datetime | None = (await connection.execute(NEXT_AT, told)).scalar_one()
        return first

    async def turn(self, database: Database, now: datetime) -> int:
        """Claims what is due at `now` and begins to do it; how much. What it began goes on after the turn."""
        self._database = database
        leases = await self._claim(database, now)
        if not leases:
            return 0
        try:
            loaded = await self._load(database, [lease.job for lease in leases], now)
        except BaseException:
            for lease in leases:
                self._end(database, lease, Undone.UNTRIED)
            raise
        for lease in leases:
            if lease.job.id in loaded:
                doing = self._do(database, lease, loaded[lease.job.id])
                self._tasks[lease] = asyncio.create_task(doing)
            else:
                self._end(database, lease, Undone.NOTHING_TO_DO)
        return len(leases)

    async def finish(self) -> None:
        """Waits until all that is under way has ended and is settled."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())
        await self._settler.finish()

    async def end(self) -> None:
        """Cuts off what is under way, and gives its leases back so that others can do it at once."""
        cut_off = dict(self._tasks)
        for task in cut_off.values():
            task.cancel()
        await asyncio.gather(*cut_off.values(), return_exceptions=True)
        for lease in cut_off:
            if lease in self._tasks and self._database is not None:
                self._end(self._database, lease, Undone.UNTRIED)
        await self._settler.end(_GIVING_BACK_SECONDS)
        await self._outside.end()
        if self._look is not None:
            self._look[1].cancel()
        self._look = self._hasten = None

    def _free(self, at: float) -> int:
        return 0 if self._settler.failing else min(self._places.free(at), UNSETTLED - len(self._settler))

    async def _claim(self, database: Database, now: datetime) -> list[Lease]:
        since, token = _clock(), new_id()
        free = self._free(since)
        if free <= 0:
            return []
        told = {
            "kind": self.name,
            "free": free,
            "now": now,
            "until": now + timedelta(seconds=self._lease_seconds),
            "latest": latest_end(now),
            "token": token,
        }
        async with database.writing() as connection:
            await connection.execute(QUICKLY)
            rows = (await connection.execute(CLAIM, told | self._places.known(since))).all()
        leases = [
            Lease(
                Claimed(row.id, row.lane, row.run_at, row.attempts, row.position, row.payload), token, row.singly, since
            )
            for row in rows
        ]
        self._places.take(leases, [row.room for row in rows], free)
        return leases

    async def _load(
        self, database: Database, claimed: Sequence[Claimed], now: datetime
    ) -> Mapping[UUID, Parcel | Exception]:
        """What each job needs, or why that cannot be told."""
        try:
            async with database.reading() as connection:
                return {**await self._outside.load(connection, claimed, now)}
        except Exception as error:
            if is_for_now(error):
                raise
        loaded: dict[UUID, Parcel | Exception] = {}
        for job in claimed:
            try:
                async with database.reading() as connection:
                    loaded |= await self._outside.load(connection, [job], now)
            except Exception as error:
                if is_for_now(error):
                    raise
                loaded[job.id] = error
        return loaded

    async def _do(self, database: Database, lease: Lease, parcel: Parcel | Exception) -> None:
        came: End[Result]
        if isinstance(parcel, Exception):
            came = parcel
        else:
            try:
                async with asyncio.timeout_at(lease.since + self._lease_seconds * _DOING_SHARE):
                    came = Done(await self._outside.do(parcel))
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                came = RuntimeError(f"it was cancelled from within: {error}")
            except Exception as error:  # noqa: BLE001 - it is logged when the job is put off
                came = error
        self._end(database, lease, came)

    def _end(self, database: Database, lease: Lease, came: End[Result]) -> None:
        self._tasks.pop(lease, None)
        if self._places.leave(lease, _clock()):
            self._look_soon()
        self._settler.add(database, lease, came)

    def _settled(self, leases: Sequence[Lease]) -> None:
        if self._places.give_back(leases):
            self._look_soon()

    def _look_soon(self) -> None:
        self._look_at(_clock() + (_GATHERING_SECONDS if self._tasks else 0))

    def _look_at(self, at: float) -> None:
        """Has the worker look for what is due, at an instant of the event loop's clock."""
        if self._hasten is None or (self._look is not None and self._look[0] <= at):
            return
        if self._look is not None:
            self._look[1].cancel()
        self._look = at, asyncio.get_running_loop().call_at(at, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        if self._hasten is not None:
            self._hasten()


def _clock() -> float:
    return asyncio.get_running_loop().time()


def lane_job(
    kind: str, id_: UUID, lane: UUID, position: int | None, run_at: datetime, payload: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A job of a lane as its row."""
    return {
        "id": id_,
        "kind": kind,
        "lane": lane,
        "position": position,
        "run_at": run_at,
        "payload": dict(payload or {}),
    }


async def add_lane(connection: AsyncConnection, kind: str, id_: UUID, *, ordered: bool, width: int) -> None:
    """Makes a lane for jobs of a kind, `width` of which are done at the same time by each worker."""
    await connection.execute(insert(job_lanes), {"id": id_, "kind": kind, "ordered": ordered, "width": width})


async def change_lane(connection: AsyncConnection, id_: UUID, **changes: Any) -> None:
    """Changes any of `ordered`, `width`, `stopped` and `opens_at`."""
    await connection.execute(update(job_lanes).where(job_lanes.c.id == id_).values(**changes))


async def remove_lane(connection: AsyncConnection, id_: UUID) -> None:
    """Removes a lane with its jobs."""
    await connection.execute(_REMOVE, {"lane_id": id_})
