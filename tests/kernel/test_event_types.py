"""The catalogue of event types: schemas of what is declared, and the patterns that filters may state."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from jsonschema_rs import is_valid
from typing_extensions import TypedDict

from app.kernel.event_types import Actor, Catalogue, EventType, SomeOf, known_pattern
from app.kernel.problems import Invalid

NAMES = frozenset({"kettle.boiled", "kettle.emptied", "cup.filled"})


@dataclass(frozen=True, slots=True)
class Kettle:
    """A kettle as it is answered."""

    id: str
    version: int
    litres: float
    owner: str | None


class Boiled(TypedDict):
    """What is told of a kettle that boiled."""

    kettle: Kettle
    previous: Annotated[dict[str, Any], SomeOf(Kettle)]
    actor: Actor


KETTLE = Kettle("k1", 2, 1.5, None)
BOILED = EventType(
    "kettle.boiled", "It boils.", Boiled, {"kettle": KETTLE, "previous": {"litres": 1}, "actor": {"type": "system"}}
)


@pytest.mark.parametrize("pattern", ["kettle.boiled", "kettle.*", "cup.*", "*"])
def test_a_pattern_is_known_that_some_type_matches(pattern: str) -> None:
    assert known_pattern(pattern, NAMES)


@pytest.mark.parametrize("pattern", ["kettles.*", "kettle", "kettle.boil*", "kettle.boiling", "ket.*", "*.boiled", ""])
def test_a_pattern_that_nothing_matches_is_unknown(pattern: str) -> None:
    assert not known_pattern(pattern, NAMES)


def test_each_unknown_pattern_is_named_at_its_place_with_what_there_is() -> None:
    catalogue = Catalogue([BOILED], announced=["kettle.exploded"])
    catalogue.require([("/event_types/0", "kettle.exploded"), ("/event_types/1", "kettle.*")])
    with pytest.raises(Invalid) as refused:
        catalogue.require([("/event_types/0", "kettle.*"), ("/event_types/1", "kettles.*"), ("/event_types/2", "cup")])
    assert [error.pointer for error in refused.value.errors] == ["/event_types/1", "/event_types/2"]
    assert all("kettle.boiled, kettle.exploded" in error.detail for error in refused.value.errors)


def test_the_schema_is_that_of_the_answer_and_stands_by_itself() -> None:
    example = BOILED.example_document()
    assert example["kettle"] == {"id": "k1", "version": 2, "litres": 1.5, "owner": None}
    assert is_valid(BOILED.schema(), example)
    assert not is_valid(BOILED.schema(), example | {"kettle": {"id": "k1"}})


@pytest.mark.parametrize(("previous", "valid"), [({}, True), ({"owner": None}, True), ({"litres": "much"}, False)])
def test_previous_has_some_of_the_fields_of_the_answer(previous: dict[str, Any], valid: bool) -> None:
    assert is_valid(BOILED.schema(), BOILED.example_document() | {"previous": previous}) is valid


def test_what_changes_with_everything_is_not_among_the_previous_fields() -> None:
    fields = BOILED.schema()["$defs"]["KettleFields"]["properties"]
    assert list(fields) == ["id", "litres", "owner"]


def test_only_what_is_told_is_in_the_catalogue() -> None:
    catalogue = Catalogue([BOILED], announced=["kettle.exploded"])
    assert [each.name for each in catalogue] == ["kettle.boiled"]
    assert "kettle.exploded" not in catalogue
