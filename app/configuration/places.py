"""Where something stands in a file, and what is wrong there. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value in a document: names of fields and places in lists, from the top."""

MOST_TOLD = 20
"""How many mistakes a message spells out."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and column of a file, both counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong at a place, as a sentence; the field is named in it."""

    place: Place
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


class BadConfiguration(Exception):
    """The files cannot be applied; nothing was changed. `mistakes` are in the order of the files' lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        told = [str(mistake) for mistake in self.mistakes[:MOST_TOLD]]
        if len(self.mistakes) > MOST_TOLD:
            told.append(f"And {len(self.mistakes) - MOST_TOLD:,} more.")
        super().__init__("\n".join(told))


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, as plain values, and where it says so.

    `places` has where each value begins, `keys` where each field's name does, by their paths.
    """

    value: Any
    places: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where the value, or the field's name, stands; of what is missing, where the thing that lacks it stands."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path not in self.places:
            path = path[:-1]
        return self.places[path]


def written(path: Path) -> str:
    """A path as people write it: `targets[0].within`."""
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return told.removeprefix(".")
