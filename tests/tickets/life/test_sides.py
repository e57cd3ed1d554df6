"""Whose it is to do what to a ticket: pure."""

from uuid import uuid4

import pytest

from app.tickets.life.sides import DOES, Side, sides_of
from app.tickets.life.verbs import RULES, Verb

SALES, FINANCE, OTHER = uuid4(), uuid4(), uuid4()


def test_every_verb_is_somebodys() -> None:
    assert DOES.keys() == RULES.keys()
    assert all(DOES.values())


@pytest.mark.parametrize("verb", [verb for verb, rule in RULES.items() if rule.acknowledges])
def test_what_acknowledges_is_the_providers(verb: Verb) -> None:
    assert DOES[verb] == {Side.PROVIDER}


@pytest.mark.parametrize(
    ("department_ids", "sides"),
    [
        ({SALES}, {Side.REQUESTER}),
        ({FINANCE, OTHER}, {Side.PROVIDER}),
        ({SALES, FINANCE}, {Side.REQUESTER, Side.PROVIDER}),
        ({OTHER}, set()),
        (set(), set()),
    ],
)
def test_who_belongs_to_a_department_stands_on_its_side(department_ids: set[object], sides: set[Side]) -> None:
    assert sides_of(SALES, FINANCE, department_ids) == sides  # type: ignore[arg-type]


def test_a_department_that_asks_itself_is_both() -> None:
    assert sides_of(SALES, SALES, {SALES}) == {Side.REQUESTER, Side.PROVIDER}
