"""Events of the feed, set aside until the end of an import.

Whoever writes events keeps every reader of the feed waiting until his transaction ends: so they come last, all at once.
"""

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self

from app.tickets.bulk.sheets import Told

MOST_CHARACTERS: Final = 64 * 1024**2


class Spool:
    """Takes events and gives them back in their order, once; beyond so many characters they go to a temporary file."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_characters = most_characters
        self._waiting: list[Told] = []
        self._characters = 0
        self._aside: IO[bytes] | None = None
        self._blocks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._aside is not None:
            self._aside.close()

    def __bool__(self) -> bool:
        return self._blocks > 0 or bool(self._waiting)

    def add(self, told: Sequence[Told]) -> None:
        """Takes some more."""
        self._waiting += told
        self._characters += sum(len(event.data) for event in told)
        if self._characters > self._most_characters:
            if self._aside is None:
                self._aside = TemporaryFile(prefix="outward-import-")  # noqa: SIM115  (closed on leaving)
            pickle.dump(self._waiting, self._aside, pickle.HIGHEST_PROTOCOL)
            self._blocks += 1
            self._waiting, self._characters = [], 0

    def events(self) -> Iterator[Told]:
        """All of them."""
        if self._aside is not None:
            self._aside.seek(0)
            for _ in range(self._blocks):
                yield from pickle.load(self._aside)
        yield from self._waiting


def fresh_events(before: Sequence[Told], after: Sequence[Told]) -> list[Told]:
    """Of the events of a life as it is told now, those that were not told of before: of that type at that instant."""
    told = Counter((event.type, event.occurred_at) for event in before)
    fresh = []
    for event in after:
        same = event.type, event.occurred_at
        if told[same]:
            told[same] -= 1
        else:
            fresh.append(event)
    return fresh
