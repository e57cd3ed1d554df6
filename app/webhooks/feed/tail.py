"""The end of the feed, read once for all streams of a process."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.listening import happens, listen
from app.kernel.telemetry import log
from app.webhooks.feed.server_sent import is_of, told

MOST_EVENTS: Final = 1000
MOST_BYTES: Final = 8 * 2**20
"""How much of the end is kept, whichever is less; who is further behind reads from the database."""

PIECE_BYTES: Final = 64 * 2**10
"""About how much a stream is given at once."""

_READ_AT_ONCE: Final = 200
_LOOK_EVERY_SECONDS: Final = 5
_HELD_SECONDS: Final = 0.5
_FAILED_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class _Kept:
    sequence: int
    type: str
    lines: bytes


_sequence = attrgetter("sequence")


class Tail:
    """The newest events as lines, for as long as `follow` runs; everything after `since`, up to `until`.

    It listens on one connection of its own and reads whenever events are told of, and now and then by itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: list[_Kept] = []
        self._bytes = 0
        self._rung = asyncio.Event()
        self.since: int | None = None
        self.until = 0
        self.moved = asyncio.Event()
        """Set when there is more, and then replaced: take it before looking."""

    async def follow(self) -> None:
        """Keeps up with the feed until it is cancelled."""
        listening = asyncio.create_task(self._listen(), name="streams")
        try:
            while True:
                self._rung.clear()
                await happens(self._rung, await self._look())
        finally:
            listening.cancel()
            await asyncio.wait((listening,))

    def after(self, position: int, types: Sequence[str]) -> tuple[bytes, int]:
        """Lines of the events after a number not below `since`, about a piece at most, and the number to go on from."""
        lines, size = [], 0
        for index in range(bisect_right(self._kept, position, key=_sequence), len(self._kept)):
            event = self._kept[index]
            if is_of(event.type, types):
                lines.append(event.lines)
                size += len(event.lines)
            if size >= PIECE_BYTES:
                return b"".join(lines), event.sequence
        return b"".join(lines), max(position, self.until)

    async def _listen(self) -> None:
        never = asyncio.Event()
        # What was told while it was gone was not heard.
        await listen(
            self._database.url,
            never,
            name="outward streams",
            present=lambda _: self._rung.set(),
            woken=lambda table: self._rung.set() if table == outbox.events.name else None,
        )

    async def _look(self) -> float:
        """Reads on; after how many seconds to look again although nothing is told."""
        try:
            async with self._database.reading() as connection:
                outlook = await outbox.outlook(connection)
                if self.since is None:
                    self.since = self.until = outlook.settled
                found = await outbox.between(connection, self.until, outlook.settled, _READ_AT_ONCE)
        except Exception as error:  # noqa: BLE001 - the streams wait until the database is there again
            log.warning("the feed could not be read", error=str(error), again_in_seconds=_FAILED_SECONDS)
            return _FAILED_SECONDS
        full = len(found) == _READ_AT_ONCE
        self._keep(found, found[-1].sequence if full else max(self.until, outlook.settled))
        if full:
            return 0
        return _HELD_SECONDS if outlook.settled < outlook.last else _LOOK_EVERY_SECONDS

    def _keep(self, found: Sequence[outbox.RecordedEvent], until: int) -> None:
        kept = [_Kept(event.sequence, event.type, told(event)) for event in found]
        self._kept += kept
        self._bytes += sum(len(event.lines) for event in kept)
        dropped = 0
        while len(self._kept) - dropped > MOST_EVENTS or self._bytes > MOST_BYTES:
            self._bytes -= len(self._kept[dropped].lines)
            self.since = self._kept[dropped].sequence
            dropped += 1
        del self._kept[:dropped]
        self.until = until
        self.moved.set()
        self.moved = asyncio.Event()
