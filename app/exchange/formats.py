"""The formats of exports: each takes rows a block at a time and keeps no more than a block of them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import IO, Any, Final, Protocol, Union, get_args, get_origin, get_type_hints

from app.kernel.answers import to_json

ROWS_PER_GROUP: Final = 50_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Format(StrEnum):
    """What a file of exported rows may be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Kind(StrEnum):
    """What a column holds. Ids and money are text, money as decimal strings; lists and objects are JSON."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind


class Writer(Protocol):
    """Writes rows, whose values stand in the order of its columns."""

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Writes some more rows."""

    def close(self) -> None:
        """Writes what has to come last. The file stays open."""


def columns_of(shape: type, *but: str) -> tuple[Column, ...]:
    """The columns of an answer's dataclass, those named left out."""
    hints = get_type_hints(shape)
    return tuple(Column(name, _kind(hint)) for name, hint in hints.items() if name not in but)


def _kind(hint: Any) -> Kind:
    options = [each for each in get_args(hint) if each is not NoneType]
    if get_origin(hint) in (Union, UnionType) and len(options) == 1:
        return _kind(options[0])
    origin = get_origin(hint) or hint
    if origin in (list, dict, tuple):
        return Kind.JSON
    return {int: Kind.INTEGER, bool: Kind.BOOLEAN, datetime: Kind.INSTANT}.get(origin, Kind.TEXT)


def writer_of(format_: Format, columns: Sequence[Column], file: IO[bytes]) -> Writer:
    """The writer of a format into a file that was opened for it."""
    writers: dict[Format, type[CsvWriter | JsonWriter | ParquetWriter]] = {
        Format.CSV: CsvWriter,
        Format.JSONL: JsonWriter,
        Format.PARQUET: ParquetWriter,
    }
    return writers[format_](columns, file)


class CsvWriter:
    """CSV (RFC 4180) with a header. A text that a spreadsheet would take for a formula is given an apostrophe."""

    def __init__(self, columns: Sequence[Column], file: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="")
        self._writer = csv.writer(self._text)
        self._writer.writerow([column.name for column in columns])

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._writer.writerows([_cell(value) for value in row] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class JsonWriter:
    """One JSON object per line, as the API would answer it."""

    def __init__(self, columns: Sequence[Column], file: IO[bytes]) -> None:
        self._names = [column.name for column in columns]
        self._file = file

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._file.writelines(to_json(dict(zip(self._names, row, strict=True))) + b"\n" for row in rows)

    def close(self) -> None:
        self._file.flush()


class ParquetWriter:
    """Parquet in row groups: instants in UTC to the second, JSON as text."""

    def __init__(self, columns: Sequence[Column], file: IO[bytes]) -> None:
        # It takes long to import, and only who asks for this format should wait for it.
        import pyarrow
        from pyarrow import parquet

        types = {
            Kind.TEXT: pyarrow.string(),
            Kind.INTEGER: pyarrow.int64(),
            Kind.BOOLEAN: pyarrow.bool_(),
            Kind.INSTANT: pyarrow.timestamp("ms", tz="UTC"),
            Kind.JSON: pyarrow.string(),
        }
        self._kinds = [column.kind for column in columns]
        self._schema = pyarrow.schema([(column.name, types[column.kind]) for column in columns])
        self._pyarrow = pyarrow
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[Sequence[Any]] = []

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._waiting += rows
        if len(self._waiting) >= ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = zip(*self._waiting, strict=True)
        arrays = [
            self._pyarrow.array([_stored(value, kind) for value in column], type=field.type)
            for kind, field, column in zip(self._kinds, self._schema, columns, strict=True)
        ]
        self._writer.write_table(self._pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value)


def _stored(value: Any, kind: Kind) -> Any:
    if value is None or kind in (Kind.INTEGER, Kind.BOOLEAN, Kind.INSTANT):
        return value
    return value if isinstance(value, str) and kind is Kind.TEXT else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple | dict):
        return to_json(value).decode()
    return str(value)
