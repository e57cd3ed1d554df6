"""Opening a log: which format it is, told by its content."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.exchange.mapping import LogMapping
from app.exchange.rows import BadRow, Mention, Row, RowReader
from app.exchange.source import LogTooLarge, Source, UnreadableLog, open_source
from app.exchange.tabular import CsvLog, JsonLog
from app.exchange.xes import XesLog

__all__ = ["Log", "LogTooLarge", "UnreadableLog", "open_log"]


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
