"""Reading a table of a mapping key by key, so that every mistake names the table and the key. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class MappingError(Exception):
    """The mapping cannot be used as it stands: a mistake of whoever wrote it."""


class Table:
    """A TOML table that remembers what was asked of it; `done` refuses whatever else it holds."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name = name
        self._values = values
        self._asked: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def mistake(self, key: str, what: str) -> MappingError:
        """The error about one key of this table."""
        return MappingError(f"{self.name}.{key}: {what}." if self.name else f"[{key}]: {what}.")

    def done(self) -> None:
        """Refuses keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.mistake(key, f"this key is unknown; known here are {known}")

    def value(self, key: str, kind: type | tuple[type, ...], noun: str) -> Any:
        """The value, None when left out; `kind` is what it must be, `noun` its name in the error."""
        self._asked.add(key)
        value = self._values.get(key)
        if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
            return value
        raise self.mistake(key, f"must be {noun}")

    def text_or_none(self, key: str) -> str | None:
        value: str | None = self.value(key, str, "a text")
        if value is not None and not value.strip():
            raise self.mistake(key, "must not be blank")
        if value is not None and "\x00" in value:
            raise self.mistake(key, "must not contain NUL characters")
        return value

    def text(self, key: str) -> str:
        value = self.text_or_none(key)
        if value is None:
            raise self.mistake(key, "is missing")
        return value

    def texts_or_none(self, key: str, among: Sequence[str] | None = None) -> tuple[str, ...] | None:
        """A list of texts, each one of `among` when that is given."""
        values = self.value(key, list, "a list of texts")
        if values is None:
            return None
        for value in values:
            if not isinstance(value, str) or not value.strip() or "\x00" in value:
                raise self.mistake(key, "must be a list of texts that are not blank")
            if among is not None and value not in among:
                raise self.mistake(key, f"{value!r} is none of {', '.join(among)}")
        if len(set(values)) != len(values):
            raise self.mistake(key, "names something twice")
        return tuple(values)

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of at least one."""
        if isinstance(self._values.get(key), list):
            values = self.texts_or_none(key)
            if not values:
                raise self.mistake(key, "must name at least one")
            return values
        return (self.text(key),)

    def integer_or_none(self, key: str, *, least: int, most: int) -> int | None:
        value: int | None = self.value(key, int, "a whole number")
        if value is not None and not least <= value <= most:
            raise self.mistake(key, f"must be a whole number from {least} to {most}")
        return value

    def integer(self, key: str, *, least: int, most: int) -> int:
        value = self.integer_or_none(key, least=least, most=most)
        if value is None:
            raise self.mistake(key, "is missing")
        return value

    def table(self, key: str, *, needed: bool = True) -> "Table":
        """The table under the key; empty when it is left out and not needed."""
        values = self.value(key, dict, "a table")
        if values is None and needed:
            raise self.mistake(key, "this table is missing")
        return Table(self._inner(key), values or {})

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables of the list under the key; none when it is left out."""
        values = self.value(key, list, "a list of tables")
        inner = self._inner(key)
        tables = []
        for number, value in enumerate(values or (), 1):
            if not isinstance(value, dict):
                raise self.mistake(key, "must be a list of tables")
            tables.append(Table(f"{inner} {number}", value))
        return tuple(tables)

    def _inner(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else f"[{key}]"
