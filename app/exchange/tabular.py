"""CSV and JSON Lines: one event per row. A `place` is the line on which the row begins."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from app.exchange.mapping import LogColumns
from app.exchange.mapping_tables import MappingError
from app.exchange.rows import BadRow, Row, RowReader, Unusable
from app.exchange.source import Source, UnreadableLog, open_source

LONGEST_LINE: Final = 16 * 1024**2
_BOM: Final = b"\xef\xbb\xbf"
_DELIMITERS: Final = (",", ";", "\t")


class TabularLog(ABC):
    """A file whose rows are lines of text, in UTF-8."""

    def __init__(self, path: Path, rows: RowReader, columns: LogColumns, max_bytes: int) -> None:
        self._path, self._rows, self._columns, self._max_bytes = path, rows, columns, max_bytes
        self.source: Source | None = None

    def events(self) -> Iterator[Row | BadRow]:
        """Every event of the file, in its order.

        Raises:
            UnreadableLog: a line is broken; names it.
            MappingError: the header lacks a column without which no event can be read.
        """
        with open_source(self._path, self._max_bytes) as stream:
            self.source = stream.raw  # type: ignore[assignment]
            for line, values in self._records(stream):
                yield self._row(line, values)

    def lines(self, places: Collection[int]) -> Mapping[int, int]:
        """The places themselves: they are lines."""
        return {place: place for place in places}

    @abstractmethod
    def _records(self, stream: io.BufferedReader) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        """The line and values of each row, or why it has none."""

    def _row(self, line: int, values: Mapping[str, Any] | str) -> Row | BadRow:
        if isinstance(values, str):
            return BadRow(None, line, values)
        case = None
        try:
            case = self._rows.case(values)
            event = self._rows.event(values)
        except Unusable as error:
            return BadRow(case, line, str(error))
        return Row(case, line, event.at, event.activity, *event.described, event.promise)


class JsonLog(TabularLog):
    """A file with one JSON object per line."""

    def _records(self, stream: io.BufferedReader) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        for number, line in _lines(stream):
            if not line or line.isspace():
                continue
            try:
                values = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UnreadableLog(f"this is no JSON: {error}", number) from error
            if not isinstance(values, dict):
                raise UnreadableLog("this is no JSON object", number)
            yield number, values


class CsvLog(TabularLog):
    """A file with a header row; separated by commas, or by semicolons or tabs where the header is."""

    def _records(self, stream: io.BufferedReader) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        lines = _texts(stream)
        first = next(lines, "")
        delimiter = next((d for d in _DELIMITERS if self._columns.case in _header_of(first, d)), ",")
        reader = csv.reader(chain((first,), lines), delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
            self._check(header)
            line = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield line, _values(header, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableLog(f"the CSV is broken: {error}", max(reader.line_num, 1)) from error

    def _check(self, header: list[str]) -> None:
        columns = self._columns
        for key, names in (("case", (columns.case,)), ("time", (columns.time,)), ("activity", columns.activity)):
            if not any(name in header for name in names):
                present = ", ".join(repr(name) for name in header[:50])
                raise MappingError(
                    f"[log].{key}: the file has no column {' or '.join(map(repr, names))}; it has {present}."
                )
        used = {columns.case, columns.time, *columns.activity, columns.department}
        twice = sorted(name for name in used if header.count(name) > 1)
        if twice:
            raise UnreadableLog(f"the header names the column {twice[0]!r} twice", 1)


def _header_of(line: str, delimiter: str) -> list[str]:
    return next(csv.reader((line,), delimiter=delimiter), [])


def _values(header: list[str], cells: list[str]) -> Mapping[str, Any] | str:
    if len(cells) > len(header) and any(cells[len(header) :]):
        return f"the row has {len(cells)} cells, the header {len(header)}"
    return dict(zip(header, cells, strict=False))


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise UnreadableLog(f"this line is longer than {LONGEST_LINE} bytes", number)
        yield number, line.removeprefix(_BOM) if number == 1 else line


def _texts(stream: io.BufferedReader) -> Iterator[str]:
    for number, line in _lines(stream):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise UnreadableLog(f"this is not UTF-8: {error.reason} at byte {error.start + 1}", number) from error
