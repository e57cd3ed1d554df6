"""What came of leased jobs is settled: their results are stored in the transaction in which they end or are put off."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Boolean, Text, Uuid, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kernel.background import FAILED, SYSTEM
from app.kernel.database import Database, Timestamp
from app.kernel.failures import from_database, is_passing
from app.kernel.jobs import rest_seconds
from app.kernel.outside import Done, End, Lease, Outside, Parcel, Result, Undone
from app.kernel.problems import Unavailable
from app.kernel.telemetry import log
from app.kernel.work import Work

BATCH: Final = 200
"""How many jobs are settled in one transaction, at most."""

_GATHERING_SECONDS: Final = 0.01
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5

_LEASED: Final = (bindparam("ids", type_=ARRAY(Uuid())), bindparam("tokens", type_=ARRAY(Uuid())))
_HELD: Final = text(
    "select jobs.id, jobs.leased_by from jobs join unnest(:ids, :tokens) as leased (id, token)"
    " on jobs.id = leased.id and jobs.leased_by = leased.token"
).bindparams(*_LEASED)
_END: Final = text(
    "delete from jobs using unnest(:ids, :tokens) as leased (id, token)"
    " where jobs.id = leased.id and jobs.leased_by = leased.token"
).bindparams(*_LEASED)
_PUT_OFF: Final = text(
    "update jobs set leased_by = null, run_at = leased.run_at, attempts = jobs.attempts + leased.tried::int,"
    " last_error = case when leased.tried then leased.error else jobs.last_error end"
    " from unnest(:ids, :tokens, :run_ats, :errors, :tried) as leased (id, token, run_at, error, tried)"
    " where jobs.id = leased.id and jobs.leased_by = leased.token"
).bindparams(
    *_LEASED,
    bindparam("run_ats", type_=ARRAY(Timestamp)),
    bindparam("errors", type_=ARRAY(Text())),
    bindparam("tried", type_=ARRAY(Boolean())),
)


def is_for_now(error: Exception) -> bool:
    """Whether the database is at fault and not what was asked of it, so that it is to be asked again."""
    if isinstance(error, DBAPIError):
        return is_passing(error) or isinstance(from_database(error), Unavailable)
    # SQLAlchemy wraps what statements raise: these were raised by connecting.
    return isinstance(error, OSError | PoolTimeout | asyncpg.PostgresError | asyncpg.InterfaceError)


class Settler(Generic[Parcel, Result]):
    """Settles jobs in batches, one after the other, as they come.

    `busy` tells whether more is about to come, which is then waited for a moment. `settled` is told of every lease that
    is no longer held.
    """

    def __init__(
        self,
        kind: str,
        outside: Outside[Parcel, Result],
        *,
        now: Callable[[], datetime],
        busy: Callable[[], bool],
        settled: Callable[[Sequence[Lease]], None],
    ) -> None:
        self._kind = kind
        self._outside = outside
        self._now = now
        self._busy = busy
        self._settled = settled
        self._ended: list[tuple[Lease, End[Result]]] = []
        self._singly = 0
        self._settling: asyncio.Task[None] | None = None
        self.failing = False
        """Whether the database does not take what is to be settled. It is kept, and tried again."""

    def __len__(self) -> int:
        """How many jobs wait to be settled."""
        return len(self._ended)

    def add(self, database: Database, lease: Lease, end: End[Result]) -> None:
        """Has a job settled; does not wait."""
        self._ended.append((lease, end))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_all(database), name=f"settling {self._kind}")

    async def finish(self) -> None:
        """Waits until everything is settled."""
        while self._settling is not None and not self._settling.done():
            await asyncio.wait((self._settling,))

    async def end(self, within_seconds: float) -> None:
        """Settles what it can within that time; what is left is done again when its lease has run out."""
        if self._settling is not None:
            await asyncio.wait((self._settling,), timeout=within_seconds)
            self._settling.cancel()
            await asyncio.wait((self._settling,))
        if self._ended:
            log.error("jobs that were done could not be settled", kind=self._kind, jobs=len(self._ended))
        lost, self._ended, self._singly, self.failing = self._ended, [], 0, False
        self._settled([lease for lease, _ in lost])

    async def _settle_all(self, database: Database) -> None:
        failures = 0
        while self._ended:
            if self._busy() and not self._singly:
                await asyncio.sleep(_GATHERING_SECONDS)
            batch = self._ended[: 1 if self._singly else BATCH]
            try:
                if not await self._settle(database, batch):
                    continue
            except Exception as error:  # noqa: BLE001 - it is logged, and nothing of the batch is lost
                if is_for_now(error):
                    self.failing = True
                    pause = min(_SHORTEST_PAUSE_SECONDS * 2 ** min(failures, 8), _LONGEST_PAUSE_SECONDS)
                    failures += 1
                    log.warning(
                        "jobs could not be settled yet", kind=self._kind, error=str(error), again_in_seconds=pause
                    )
                    await asyncio.sleep(pause)
                    continue
                if not self._isolated(batch, error):
                    continue
            failures, self.failing = 0, False
            self._singly = max(0, self._singly - len(batch))
            del self._ended[: len(batch)]
            self._settled([lease for lease, _ in batch])

    def _isolated(self, batch: Sequence[tuple[Lease, End[Result]]], error: Exception) -> bool:
        """Whether the one job that cannot be settled at all was found; until then they are settled one by one, and
        what cannot be stored of one is replaced by its failure."""
        if len(batch) > 1:
            self._singly = len(batch)
            return False
        (lease, end), *_ = batch
        if isinstance(end, Exception):
            log.error("a job could not be put off", kind=self._kind, job=str(lease.job.id), exc_info=error)
            return True
        self._singly = max(1, self._singly)
        self._ended[0] = (lease, error)
        return False

    async def _settle(self, database: Database, batch: Sequence[tuple[Lease, End[Result]]]) -> bool:
        """False when another worker took one of the jobs meanwhile: then all is undone, and to be settled without it.

        They are not locked before they end: whoever removes a lane locks the lane and then its jobs, and what is stored
        of them may lock lanes.
        """
        work = Work(database, self._now().replace(microsecond=0), SYSTEM)
        try:
            await work.write()
            leases = await work.connection.execute(_HELD, _leased([lease for lease, _ in batch]))
            held = {(row.id, row.leased_by) for row in leases}
            ours = [(lease, end) for lease, end in batch if (lease.job.id, lease.token) in held]
            done = [(lease.job, end.result) for lease, end in ours if isinstance(end, Done)]
            again = await self._outside.settle(work, done) if done else {}
            later = [found for lease, end in ours if (found := _later(lease, end, again, work.now)) is not None]
            staying = {each.lease for each in later}
            over = [lease for lease, _ in ours if lease not in staying]
            settled = 0
            if over:
                settled += (await work.connection.execute(_END, _leased(over))).rowcount
            if later:
                settled += (await work.connection.execute(_PUT_OFF, _put_off(later))).rowcount
            if settled < len(ours):
                return False
            await work.commit()
        finally:
            await work.close()
        if len(ours) < len(batch):
            log.warning("jobs were no longer leased", kind=self._kind, jobs=len(batch) - len(ours))
        for each in later:
            if each.error is not None:
                self._tell_of_failure(each)
        return True

    def _tell_of_failure(self, later: "_Later") -> None:
        FAILED.labels(self._kind).inc()
        log.error(
            "a job failed",
            kind=self._kind,
            job=str(later.lease.job.id),
            attempts=later.lease.job.attempts + 1,
            again_at=later.at.isoformat(),
            exc_info=later.error,
        )


@dataclass(frozen=True, slots=True)
class _Later:
    """A job that is to be done at an instant; `tried` is whether it was an attempt, `error` how that failed, if so."""

    lease: Lease
    at: datetime
    tried: bool
    error: Exception | None = None


def _later(lease: Lease, end: End[Result], again: Mapping[UUID, datetime], now: datetime) -> _Later | None:
    if isinstance(end, Exception):
        return _Later(lease, now + timedelta(seconds=rest_seconds(lease.job.attempts)), tried=True, error=end)
    if end is Undone.UNTRIED:
        return _Later(lease, lease.job.run_at, tried=False)
    at = again.get(lease.job.id)
    return None if at is None else _Later(lease, at, tried=True)


def _leased(leases: Sequence[Lease]) -> dict[str, Any]:
    return {"ids": [lease.job.id for lease in leases], "tokens": [lease.token for lease in leases]}


def _put_off(later: Sequence[_Later]) -> dict[str, Any]:
    told = {
        "run_ats": [each.at for each in later],
        "tried": [each.tried for each in later],
        "errors": [each.error and f"{type(each.error).__name__}: {each.error}"[:2000] for each in later],
    }
    return _leased([each.lease for each in later]) | told
