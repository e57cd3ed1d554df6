"""What a configuration consists of, by what it goes by in files. Pure.

Whatever a thing names is named by key: departments and request types by theirs, calendars and SLAs by name, members by
address. `fields` are plain values in one form, so that what a file says and what is stored can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from app.configuration.places import Document, Mistake, Path, Place, written

Key: TypeAlias = tuple[str, ...]


class Kind(StrEnum):
    """Kinds of things, in the order in which they can be made."""

    CALENDAR = "calendar"
    DEPARTMENT = "department"
    REQUEST_TYPE = "request_type"
    SLA = "sla"
    OBJECTIVE = "objective"
    MEMBER = "member"

    @property
    def noun(self) -> str:
        return "SLA" if self is Kind.SLA else self.value.replace("_", " ")


SECTIONS: Mapping[str, Kind] = {
    "calendars": Kind.CALENDAR,
    "departments": Kind.DEPARTMENT,
    "request_types": Kind.REQUEST_TYPE,
    "slas": Kind.SLA,
    "objectives": Kind.OBJECTIVE,
}
"""The lists in a file, and what each holds."""

KEYS: Mapping[Kind, Key] = {
    Kind.CALENDAR: ("name",),
    Kind.DEPARTMENT: ("key",),
    Kind.REQUEST_TYPE: ("provider", "key"),
    Kind.SLA: ("provider", "name"),
    Kind.OBJECTIVE: ("provider", "sla", "name"),
}
"""The fields by which a thing is told from others of its kind. Members are named, but not configured."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a thing goes by."""

    kind: Kind
    key: Key

    def __str__(self) -> str:
        return f"{self.kind.noun} {' / '.join(self.key)}"


@dataclass(frozen=True, slots=True)
class Thing:
    """One of them, as it is or should be."""

    name: Name
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a thing that names another one."""

    path: Path
    to: Name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file says a thing should be: as it is stated whole, what is left out has its default.

    `values` is the same as a body of the API, with a stand-in for the id of each thing that is named.
    """

    thing: Thing
    values: Mapping[str, Any]
    references: tuple[Reference, ...]
    document: Document
    path: Path

    @property
    def name(self) -> Name:
        return self.thing.name

    @property
    def place(self) -> Place:
        return self.document.place(self.path)

    def mistake(self, path: Path, detail: str, *, of_key: bool = False) -> Mistake:
        """What is wrong with a field of it."""
        place = self.document.place((*self.path, *path), of_key=of_key)
        told = f"{written(path)}: {detail}" if path else detail
        return Mistake(place, f"{self.name}: {told}")
