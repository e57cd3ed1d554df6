"""Rows grouped by their case, wherever they stand in the file, in bounded memory.

Up to `most_rows` rows wait in memory. When more come, what waits is sorted by case and set aside in a temporary file as
one run; at the end the runs are merged. So memory holds one such run, a block of each other run, and one case at a
time: a case is never larger than its own rows.
"""

import pickle
import tempfile
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import IO, Final, Self

from app.exchange.rows import Mention, Row

MOST_ROWS: Final = 100_000
MOST_CHARACTERS: Final = 64 * 1024**2
_BLOCK: Final = 256
_case = itemgetter(0)
_case_and_place = itemgetter(0, 1)


class Casebook:
    """Takes rows in the file's order; gives them back case by case, each case's in the file's order.

    The cases come in the order of their first rows, or, once rows had to be set aside, in that of their names.
    """

    def __init__(self, most_rows: int = MOST_ROWS, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_rows, self._most_characters = most_rows, most_characters
        self._waiting: list[Row | Mention] = []
        self._characters = 0
        self._aside: IO[bytes] | None = None
        self._runs: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._aside is not None:
            self._aside.close()

    def add(self, row: Row | Mention) -> None:
        """Takes one more row."""
        self._waiting.append(row)
        if isinstance(row, Row) and row.title is not None:
            self._characters += len(row.title)
        if len(self._waiting) >= self._most_rows or self._characters >= self._most_characters:
            self._set_aside()

    def mention(self, case: str, place: int) -> None:
        """Notes that the file names the case there, so that it comes even without a good row."""
        self.add(Mention(case, place))

    def cases(self) -> Iterator[list[Row | Mention]]:
        """The rows of each case; once, after the last row was added."""
        if self._aside is None:
            by_case: dict[str, list[Row | Mention]] = {}
            for row in self._waiting:
                by_case.setdefault(row.case, []).append(row)
            yield from by_case.values()
            return
        if self._waiting:
            self._set_aside()
        runs = [self._run(start, end) for start, end in self._runs]
        for _, rows in groupby(merge(*runs, key=_case_and_place), key=_case):
            yield list(rows)

    def _set_aside(self) -> None:
        if self._aside is None:
            self._aside = tempfile.TemporaryFile(prefix="outward-import-")  # noqa: SIM115  (closed on leaving)
        rows, self._waiting, self._characters = self._waiting, [], 0
        rows.sort(key=_case_and_place)
        start = self._aside.seek(0, 2)
        for begin in range(0, len(rows), _BLOCK):
            pickle.dump(rows[begin : begin + _BLOCK], self._aside, pickle.HIGHEST_PROTOCOL)
        self._runs.append((start, self._aside.tell()))

    def _run(self, position: int, end: int) -> Iterator[Row | Mention]:
        if self._aside is None:
            raise RuntimeError("nothing was set aside")
        while position < end:
            self._aside.seek(position)
            block: list[Row | Mention] = pickle.load(self._aside)
            position = self._aside.tell()
            yield from block
