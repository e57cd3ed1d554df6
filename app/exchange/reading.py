"""A log as cases: its format told by its content, its events read, grouped and interpreted, and everything counted."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.exchange.casebook import Casebook
from app.exchange.interpret import Case, interpret
from app.exchange.mapping import LogMapping
from app.exchange.promises import LeftOut
from app.exchange.rows import BadRow, Mention, Row, RowReader
from app.exchange.source import LogTooLarge, Source, UnreadableLog, open_source
from app.exchange.summary import RowError, Summary, Tally
from app.exchange.tabular import CsvLog, JsonLog
from app.exchange.xes import XesLog

__all__ = ["Log", "LogReading", "LogTooLarge", "Stopped", "UnreadableLog", "open_log"]


class Log(Protocol):
    """An event log of any format."""

    source: Source | None

    def events(self) -> Iterator[Row | BadRow | Mention]:
        """Every event of the file, in its order, read as they are asked for."""

    def lines(self, places: Collection[int]) -> Mapping[int, int]:
        """The line of the file on which each of these places is."""


def open_log(path: Path, mapping: LogMapping, *, now: datetime, max_bytes: int) -> Log:
    """The log in the file: XES, CSV or JSON Lines, each also gzipped; at most `max_bytes` of it, unpacked.

    Raises:
        UnreadableLog: it is none of these.
        OSError: there is no such file.
    """
    with open_source(path, max_bytes) as stream:
        head = stream.peek(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    rows = RowReader(mapping, now)
    if head.startswith((b"<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return XesLog(path, rows, max_bytes)
    if not head:
        raise UnreadableLog("the file is empty")
    if b"\x00" in head:
        raise UnreadableLog("the file is neither XES nor CSV nor JSON Lines in UTF-8, also not gzipped")
    if head.startswith(b"["):
        raise UnreadableLog("the file is one JSON array; JSON Lines has one object per line", 1)
    kind = JsonLog if head.startswith(b"{") else CsvLog
    return kind(path, rows, mapping.log, max_bytes)


class Stopped(Exception):
    """A strict import came upon something that would be left out; nothing is kept."""

    def __init__(self, error: RowError) -> None:
        super().__init__(f"Line {error.line}: {error.reason}.")
        self.error = error


class LogReading:
    """One reading of a log: iterate over `cases` once, then ask for its `summary`.

    `now` is the instant after which a time lies in the future; at most `max_bytes` are read, unpacked.

    Raises:
        UnreadableLog: the file is no log.
    """

    def __init__(self, path: Path, mapping: LogMapping, *, now: datetime, max_bytes: int, strict: bool = False) -> None:
        self.log = open_log(path, mapping, now=now, max_bytes=max_bytes)
        self.tally = Tally()
        self.bytes_total = path.stat().st_size
        self._mapping, self._now, self._strict = mapping, now, strict

    @property
    def bytes_read(self) -> int:
        """How much of the file was read, as it lies there."""
        source = self.log.source
        if source is None:
            return 0
        return self.bytes_total if source.closed else source.consumed

    def cases(self) -> Iterator[Case]:
        """Every case that has a good event. The whole file is read before the first one comes.

        Raises:
            UnreadableLog: the file is broken somewhere.
            Stopped: strict, and something would be left out.
        """
        tally = self.tally
        with Casebook() as book:
            for row in self.log.events():
                if isinstance(row, BadRow):
                    tally.events += 1
                    tally.skipped += 1
                    self.name(row.place, row.reason)
                    if row.case is not None:
                        book.mention(row.case, row.place)
                else:
                    tally.events += isinstance(row, Row)
                    book.add(row)
            for rows in book.cases():
                tally.cases += 1
                good = [row for row in rows if isinstance(row, Row)]
                if good:
                    yield self._case(good)

    def name(self, place: int, reason: str) -> None:
        """Names what is wrong at a place of the file.

        Raises:
            Stopped: this reading is strict.
        """
        if self._strict:
            raise Stopped(RowError(self.log.lines((place,))[place], reason))
        self.tally.name(place, reason)

    def left_alone(self, case: Case) -> None:
        """Names a case whose ticket was changed by hand, so that the news of it are not stored."""
        place = min(row.trace.place if row.trace else row.place for row in case.rows)
        self.tally.name(place, f"the ticket of {case.name!r} was changed by hand since: it is left as it is")

    def summary(self) -> Summary:
        """The figures, once all cases were had."""
        return self.tally.summary(self.log.lines({place for place, _ in self.tally.errors}))

    def _case(self, rows: list[Row]) -> Case:
        case = interpret(rows, self._mapping, self._now)
        self.tally.add(case)
        if isinstance(case.promise, LeftOut) and case.promise.reason is not None:
            self.name(case.promise.place, case.promise.reason)
        return case
