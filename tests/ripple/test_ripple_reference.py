"""The engine against the definition taken literally: exact, second by second, coalition by coalition."""

import random

import pytest

from app.ripple.analysis import analyse
from app.ripple.critical import find_contest
from app.ripple.documents import from_document, to_document
from app.ripple.worlds import build_timeline
from tests.ripple.literal_reference import Reference
from tests.ripple.random_graphs import random_chain, random_document, random_document_of_many


@pytest.mark.parametrize("seed", range(250))
def test_a_small_graph_gets_the_literal_answer_to_the_second(seed: int) -> None:
    document = random_document(random.Random(seed))

    assert to_document(analyse(from_document(document))) == Reference(document).analysis()


@pytest.mark.parametrize("seed", range(100))
def test_a_larger_graph_gets_the_literal_answer_to_the_second(seed: int) -> None:
    document = random_document(random.Random(seed), most_tickets=18, units=(1,))

    assert to_document(analyse(from_document(document))) == Reference(document).analysis()


@pytest.mark.parametrize("seed", range(100))
def test_any_coalition_among_many_departments_is_as_late_as_in_its_literal_world(seed: int) -> None:
    rng = random.Random(seed)
    document = random_document_of_many(rng)
    reference = Reference(document)
    timeline = build_timeline(from_document(document))
    contest = find_contest(timeline, timeline.plan_seconds())

    for coalition in _coalitions(reference.parties(), rng):
        assert contest.lateness(coalition) == pytest.approx(float(reference.lateness(coalition)), abs=1e-6)


@pytest.mark.parametrize("seed", range(30))
def test_paces_stay_exact_at_the_bottom_of_a_deep_chain(seed: int) -> None:
    document = random_chain(random.Random(seed), depth=60)
    reference = Reference(document)
    paces = build_timeline(from_document(document)).paces

    for node, name in enumerate(reference.nodes):
        pace, impossible, primary = reference.pace[name]
        assert paces.pace[node] == pytest.approx(float(pace), abs=1e-9)
        assert paces.impossible[node] == impossible
        assert paces.primary[node] == pytest.approx(float(primary), abs=1e-6)


def _coalitions(parties: list[str], rng: random.Random) -> list[frozenset[str]]:
    chosen = [frozenset(party for party in parties if rng.random() < 0.6) for _ in range(6)]
    return [frozenset(), frozenset(parties), *chosen]
