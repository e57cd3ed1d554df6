"""The catalogue of event types: what each tells, the JSON Schema of its data, and an example.

Each capability declares its own in its `events.py`; `app.main` gathers them into the `Catalogue` that endpoints find as
`request.app.state.event_types`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, NotRequired, get_type_hints
from uuid import UUID

import orjson
from pydantic import Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from app.kernel.answers import to_json
from app.kernel.problems import FieldError, Invalid
from app.kernel.schemas import Id

UNTOLD = frozenset({"version", "updated_at"})
"""What `previous` leaves out of any resource: it changes with everything."""


class Actor(TypedDict):
    """Who did it: a key, a member, an SLA's escalation, a delegation, an import, the configuration, or nobody: time
    passed."""

    type: Annotated[
        str,
        Field(examples=["api_key"], description="`api_key`, `escalation`, `delegation`, `import`, `demo`, `system`, …"),
    ]
    id: NotRequired[Id | None]
    name: NotRequired[str]
    member_id: NotRequired[Annotated[Id, Field(description="Of a key that stands for a member: who that is.")]]


EXAMPLE_ACTOR: Final[Actor] = {
    "type": "api_key",
    "id": UUID("0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"),
    "name": "Helpdesk synchronisation",
}


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: `data` is the TypedDict of what its events hold, `example` such data."""

    name: str
    description: str
    data: type
    example: Mapping[str, Any] = field(repr=False)

    @property
    def title(self) -> str:
        """The name of its schema: `TicketOpened`."""
        return "".join(word.capitalize() for word in self.name.replace(".", "_").split("_"))

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the data, with all that it refers to in `$defs`. To be read, not to be changed."""
        return _schema(self.data)

    def example_document(self) -> dict[str, Any]:
        """The example as it looks on the wire."""
        document: dict[str, Any] = orjson.loads(to_json(self.example))
        return document


@cache
def _schema(data: type) -> dict[str, Any]:
    return TypeAdapter(data).json_schema(mode="serialization")


@dataclass(frozen=True, slots=True)
class SomeOf:
    """In `Annotated[dict[str, Any], SomeOf(Ticket)]`: some of the fields of an answer, for what `previous` holds."""

    answer: type

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_partial(self.answer))


@cache
def _partial(answer: type) -> type:
    hints = get_type_hints(answer, include_extras=True)
    told = {name: hints[name] for name in answer.__dataclass_fields__ if name not in UNTOLD}  # type: ignore[attr-defined]
    partial: type = TypedDict(f"{answer.__name__}Fields", told, total=False)  # type: ignore[misc]
    partial.__doc__ = "The old values of the fields that changed."
    return partial


class Catalogue:
    """The types that the service tells, by name, and the `announced` ones that it is going to tell.

    `require` is what filters by type are checked with: what is only announced may be asked for already.
    """

    def __init__(self, types: Iterable[EventType], announced: Iterable[str] = ()) -> None:
        self._types = {each.name: each for each in types}
        self.announced = frozenset(announced)

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._types.values())

    def __getitem__(self, name: str) -> EventType:
        return self._types[name]

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def __len__(self) -> int:
        return len(self._types)

    def require(self, stated: Iterable[tuple[str, str]]) -> None:
        """Refuses patterns that no type can match; each is stated with the pointer to where it stands.

        Raises:
            Invalid: naming each such pattern, and the types there are.
        """
        names = self._types.keys() | self.announced
        unknown = [(pointer, pattern) for pointer, pattern in stated if not known_pattern(pattern, names)]
        if unknown:
            known = f"there are {', '.join(sorted(names))}."
            told = " ".join(f"{pointer}: {pattern} matches no event type;" for pointer, pattern in unknown)
            errors = [FieldError(pointer, f"{pattern} matches no event type; {known}") for pointer, pattern in unknown]
            raise Invalid(f"{told} {known}", errors=errors)


def known_pattern(pattern: str, names: Collection[str]) -> bool:
    """Whether a pattern stands for any of these types: an exact one, a prefix that ends in `.*`, or `*` for all."""
    if pattern == "*":
        return bool(names)
    if pattern.endswith(".*"):
        return any(name.startswith(pattern[:-1]) for name in names)
    return pattern in names
