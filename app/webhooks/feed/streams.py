"""Event streams: the feed as it grows, to whoever keeps the connection open."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import Context
from typing import Final
from weakref import WeakSet

from fastapi.responses import StreamingResponse
from prometheus_client import Gauge
from starlette.types import Receive, Scope, Send

from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.head import is_head
from app.kernel.listening import happens
from app.kernel.problems import Unavailable
from app.kernel.telemetry import log
from app.webhooks.feed.server_sent import MEDIA_TYPE, beginning, heartbeat, told
from app.webhooks.feed.tail import Tail

OPEN = Gauge("outward_event_streams", "Event streams that are open in this process.")

HEARTBEAT_SECONDS: Final = 15
STILL_ALLOWED_SECONDS: Final = 20
"""How often it is looked whether the key of a stream is still good."""

_READ_AT_ONCE: Final = 100
_READERS: Final = 2
_LAST_WORD_SECONDS: Final = 1
_HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class TooManyStreams(Unavailable):
    slug, title = "too-many-streams", "Too many event streams are open"
    meaning = "A process keeps as many event streams open as OUTWARD_EVENT_STREAMS says. Close some, or try again."


class Streams:
    """The streams of one process, `most` at the same time.

    None holds a connection to the database while it waits: what is new is read once for all of them. Who is behind is
    given what lies between in short reads, a few of them at a time.
    """

    def __init__(
        self,
        database: Database,
        most: int,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        still_allowed_seconds: float = STILL_ALLOWED_SECONDS,
    ) -> None:
        self._database = database
        self._most = most
        self.heartbeat_seconds = heartbeat_seconds
        self.still_allowed_seconds = still_allowed_seconds
        self._readers = asyncio.Semaphore(_READERS)
        self._open = 0
        # Weak: one that is never answered, because its request failed, holds no place.
        self._places: WeakSet[EventStream] = WeakSet()
        self._tail: Tail | None = None
        self.ending = asyncio.Event()

    def end(self) -> None:
        """Ends every stream: whoever read it asks again, of a process that goes on."""
        self.ending.set()

    def take_place(self, stream: "EventStream") -> None:
        """Gives a stream its place, until it leaves that.

        Raises:
            TooManyStreams: as many as may be are open, or the process is about to end.
        """
        if self.ending.is_set() or len(self._places) >= self._most:
            told = f"This process keeps {self._most} event streams open, and no more."
            raise TooManyStreams(told, headers={"Retry-After": "5"})
        self._places.add(stream)

    def leave_place(self, stream: "EventStream") -> None:
        """Gives the place to whoever asks next."""
        self._places.discard(stream)

    async def pieces(self, position: int, types: Sequence[str]) -> AsyncGenerator[bytes]:
        """The lines of the events after a number, for ever, with a heartbeat whenever nothing came for so long."""
        clock = asyncio.get_running_loop().time
        async with self._following() as tail:
            yield beginning(position)
            silent_since = clock()
            while True:
                moved = tail.moved
                lines, position = await self._next(tail, position, types)
                silence_left = silent_since + self.heartbeat_seconds - clock()
                if not lines and silence_left <= 0:
                    lines = heartbeat(position)
                if lines:
                    yield lines
                    silent_since = clock()
                else:
                    await happens(moved, silence_left)

    async def _next(self, tail: Tail, position: int, types: Sequence[str]) -> tuple[bytes, int]:
        if tail.since is not None and tail.since <= position:
            return tail.after(position, types)
        async with self._readers, self._database.reading() as connection:
            found, following = await outbox.read(connection, position, _READ_AT_ONCE, types)
        return b"".join(map(told, found)), following

    @asynccontextmanager
    async def _following(self) -> AsyncIterator[Tail]:
        """The feed's end, which is followed while anybody reads it."""
        self._open += 1
        OPEN.inc()
        if self._tail is None:
            self._tail = Tail(self._database)
            self._task = asyncio.create_task(self._tail.follow(), name="the end of the feed", context=Context())
        try:
            yield self._tail
        finally:
            OPEN.dec()
            self._open -= 1
            if self._open == 0:
                self._tail = None
                self._task.cancel()


class EventStream(StreamingResponse):
    """A stream as an answer: until its reader goes away, its key is no longer good, or the process ends.

    What the reader does not take is not read either: sending waits.

    Raises:
        TooManyStreams: there is no place for it.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        streams: Streams,
        position: int,
        types: Sequence[str],
        allowed: Callable[[], Awaitable[bool]],
        status_code: int = 200,
    ) -> None:
        streams.take_place(self)
        self._pieces = streams.pieces(position, types)
        super().__init__(self._pieces, status_code, _HEADERS)
        self._streams = streams
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if not is_head(scope):
                await self._until_something_ends_it(receive, send)
        finally:
            self._streams.leave_place(self)
        # Who takes nothing any more is not waited for.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_something_ends_it(self, receive: Receive, send: Send) -> None:
        ends = (_gone(receive), self._streams.ending.wait(), self._refused(), self._write(send))
        tasks = [asyncio.ensure_future(end) for end in ends]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):
                log.warning("an event stream was cut off", error=str(end))

    async def _write(self, send: Send) -> None:
        async with aclosing(self._pieces) as pieces:
            async for lines in pieces:
                await send({"type": "http.response.body", "body": lines, "more_body": True})

    async def _refused(self) -> None:
        while True:
            await asyncio.sleep(self._streams.still_allowed_seconds)
            try:
                if not await self._allowed():
                    return
            except Exception as error:  # noqa: BLE001 - it is looked at again
                log.warning("the key of an event stream could not be looked at", error=str(error))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
