"""What jobs in lanes do outside the database: the terms of those who claim, do and settle them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.work import Work

Parcel = TypeVar("Parcel")
Result = TypeVar("Result")


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

    async def end(self) -> None:
        """Gives up what it keeps from one job to the next, such as connections: nothing more is to be done."""


@dataclass(eq=False, frozen=True, slots=True)
class Lease:
    """A job that this process has for itself until the lease runs out, or it settles it.

    `token` is that of the claim. `singly`: nothing else of its lane may be done meanwhile. `since` is by the event
    loop's clock.
    """

    job: Claimed
    token: UUID
    singly: bool
    since: float


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """It was done, with a result that is to be settled."""

    result: Result


class Undone(Enum):
    """Why a job was not done, though nothing failed."""

    NOTHING_TO_DO = "nothing to do"
    UNTRIED = "untried"


End: TypeAlias = Done[Result] | Undone | Exception
"""What came of a leased job; an exception puts it off."""
