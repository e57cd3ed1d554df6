"""Lanes: jobs whose work lies outside the database, side by side, so that a lane that is slow, closed or full holds up
none but itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar
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

from app.kernel.database import Database, Timestamp, metadata
from app.kernel.work import Work

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

Parcel = TypeVar("Parcel")
Result = TypeVar("Result")

_REMOVE = delete(job_lanes).where(job_lanes.c.id == bindparam("lane_id"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that a worker has leased: `run_at` is when it fell due, `attempts` how often it was put off before."""

    id: UUID
    lane: UUID
    run_at: datetime
    attempts: int
    position: int | None
    payload: Mapping[str, Any]


class Outside(Protocol[Parcel, Result]):
    """What the jobs of one kind do outside the database."""

    async def load(
        self, connection: AsyncConnection, claimed: Sequence[Claimed], now: datetime
    ) -> Mapping[UUID, Parcel]:
        """What each job needs, by the job's id, in a constant number of statements; the connection is in autocommit.

        A job that is not among them has nothing left to do, and ends.
        """

    async def do(self, parcel: Parcel) -> Result:
        """Does it, in less time than the lease. What it raises puts the job off, and nothing is settled of it."""

    async def settle(self, work: Work, done: Sequence[tuple[Claimed, Result]]) -> Mapping[UUID, datetime]:
        """Stores what was done, in the transaction in which the jobs end; the jobs to do again, by id, and when.

        May change lanes, and say what happened.
        """


class Lanes(Generic[Parcel, Result]):
    """The duty to do the jobs of one kind that go in lanes, `at_once` at the same time in this process."""

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
        self.name = kind
        self._outside = outside

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        return None

    async def turn(self, database: Database, now: datetime) -> int:
        """Claims what is due at `now` and begins to do it; how much. What it began goes on after the turn."""
        return 0

    async def finish(self) -> None:
        """Waits until all that is under way has ended and is settled."""


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
