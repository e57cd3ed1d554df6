"""What runs by itself: each duty says when it next has work, and a worker gives it a turn at that instant.

Any number of workers share the duties of one database. What keeps them from doing the same twice is in the duties:
each takes what it does with `for update skip locked`, and marks it done in the transaction of its effects. For what
lies outside the database there are `lanes`.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol, runtime_checkable

from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Unreachable
from app.kernel.listening import LIVE_AS_A_WORKER, happens, listen, living_workers
from app.kernel.telemetry import log

__all__ = ["Duty", "Lasting", "Worker", "is_lost", "living_workers"]

DONE = Counter("outward_background_done_total", "Things done in the background.", ["duty"])
FAILED = Counter("outward_background_failed_total", "Attempts in the background that failed.", ["duty"])

SYSTEM: Final = {"type": "system"}
"""The actor of what nobody did, as events name it."""

LONGEST_SLEEP_SECONDS = 30
STOP_SECONDS = 10
"""How long a turn, and what a duty has under way, may still take when the worker is to stop; then it is cut off and its
transaction undone."""

_GATHERING_SECONDS = 0.02
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 1
_LONGEST_BACKOFF_SECONDS = 60


class Duty(Protocol):
    """One kind of work that runs by itself."""

    @property
    def name(self) -> str:
        """As logs and figures call it."""

    @property
    def woken_by(self) -> frozenset[str]:
        """The tables whose triggers tell when something new falls due soon."""

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        """When it next has work, maybe in the past; None when there is none. One index lookup."""

    async def turn(self, database: Database, now: datetime) -> int:
        """Does one batch of what is due at `now` (whole seconds, UTC), in transactions of its own; how much it did."""


@runtime_checkable
class Lasting(Duty, Protocol):
    """A duty that has things under way between its turns. It is asked when it next has work in a transaction."""

    def begin(self, hasten: Callable[[], None]) -> None:
        """Is called before its first turn; `hasten` has the worker ask at once when it next has work."""

    async def finish(self) -> None:
        """Is called after its last turn: waits until all that is under way has ended. May be cancelled."""

    async def end(self) -> None:
        """Is called at the very end, in whatever way that came: cuts off what is under way, and cleans up quickly."""


class Worker:
    """Gives every duty its turns, each in a loop of its own, so that none waits for another.

    `now` is the clock it goes by; it may be more precise than a second.
    """

    def __init__(
        self, database: Database, duties: Sequence[Duty], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._duties = duties
        self._now = now
        self._wakes = {duty.name: asyncio.Event() for duty in duties}
        self._hastened: set[str] = set()
        self._present = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Lets the turns at hand end, and begins no more."""
        self._stopping.set()
        self._present.set()
        self._wake_all()

    async def run(self) -> None:
        """Runs until `stop`, or until it is cancelled: then the turns at hand are undone."""
        lasting = [duty for duty in self._duties if isinstance(duty, Lasting)]
        for duty in lasting:
            duty.begin(partial(self._hasten, duty.name))
        tasks = [asyncio.create_task(self._attend_to(duty), name=duty.name) for duty in self._duties]
        tasks.append(asyncio.create_task(self._listen()))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            self.stop()
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for duty in lasting:
                await duty.end()
        for end in ended:
            if isinstance(end, Exception):
                raise end

    async def _listen(self) -> None:
        await listen(
            self._database.url,
            self._stopping,
            name="outward worker",
            first=LIVE_AS_A_WORKER,
            present=self._is_present,
            woken=self._wake,
        )

    def _is_present(self, present: bool) -> None:
        if present:
            # Whatever was told meanwhile was not heard.
            self._wake_all()
            self._present.set()
        elif not self._stopping.is_set():
            self._present.clear()

    def _wake(self, table: str) -> None:
        for duty in self._duties:
            if table in duty.woken_by:
                self._wakes[duty.name].set()

    def _wake_all(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    def _hasten(self, name: str) -> None:
        self._hastened.add(name)
        self._wakes[name].set()

    async def _attend_to(self, duty: Duty) -> None:
        await self._follow(duty)
        if isinstance(duty, Lasting):
            await duty.finish()

    async def _follow(self, duty: Duty) -> None:
        wake = self._wakes[duty.name]
        failures = 0
        pause: float = _SHORTEST_PAUSE_SECONDS
        while True:
            await self._present.wait()
            if self._stopping.is_set():
                return
            wake.clear()
            self._hastened.discard(duty.name)
            try:
                sleep, done = await self._look(duty)
            except Exception as error:  # noqa: BLE001 - it is logged, and the other duties go on
                await happens(self._stopping, _told(duty, error, failures))
                failures += 1
                continue
            failures = 0
            if sleep > 0:
                if await happens(wake, sleep) and duty.name not in self._hastened:
                    await asyncio.sleep(_GATHERING_SECONDS)
            elif sleep == 0 and done == 0:
                # Another worker is at it, or was just quicker.
                await happens(self._stopping, pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            pause = _SHORTEST_PAUSE_SECONDS

    async def _look(self, duty: Duty) -> tuple[float, int]:
        """How many seconds to sleep, and how much was done: when something is due it does it instead of sleeping."""
        database = self._database
        async with database.writing() if isinstance(duty, Lasting) else database.reading() as connection:
            at = await duty.next_at(connection)
        if at is None:
            return LONGEST_SLEEP_SECONDS, 0
        now = self._now()
        sleep = (_whole_second_from(at) - now).total_seconds()
        if sleep > 0:
            return min(sleep, LONGEST_SLEEP_SECONDS), 0
        done = await duty.turn(self._database, now.replace(microsecond=0))
        if done:
            DONE.labels(duty.name).inc(done)
        return 0, done


def is_lost(error: Exception) -> bool:
    """Whether the database went away, rather than something being wrong with what was asked of it."""
    return isinstance(error, Unreachable) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _told(duty: Duty, error: Exception, failures: int) -> int:
    """Logs and counts a failed turn; for how many seconds the duty then rests."""
    rest = min(1 << min(failures, 6), _LONGEST_BACKOFF_SECONDS)
    if is_lost(error):
        log.warning("the database went away", duty=duty.name, error=str(error), again_in_seconds=rest)
    else:
        FAILED.labels(duty.name).inc()
        log.error("a duty failed", duty=duty.name, again_in_seconds=rest, exc_info=error)
    return rest


def _whole_second_from(instant: datetime) -> datetime:
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)
