"""The engine against the definition taken literally: exact, second by second, coalition by coalition.

`OUTWARD_GRAPHS=10000 pytest -n auto tests/ripple/engine/test_ripple_reference.py` tries so many random graphs of every
kind; without it the first few of them are tried every time.
"""

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.ripple.engine.analysis import analyse
from app.ripple.engine.critical import find_contest
from app.ripple.engine.documents import to_document
from app.ripple.engine.worlds import build_timeline
from tests.ripple.documents import from_document
from tests.ripple.literal_reference import Reference
from tests.ripple.random_graphs import random_chain, random_document, random_document_of_many

GRAPHS = int(os.environ.get("OUTWARD_GRAPHS", "400"))
AT_ONCE = 25


def small(rng: random.Random) -> dict[str, Any]:
    return random_document(rng)


def larger(rng: random.Random) -> dict[str, Any]:
    return random_document(rng, most_tickets=18, units=(1,))


def crowded(rng: random.Random) -> dict[str, Any]:
    """Hardly any time for many tickets: nearly everything happens at the same instants."""
    return random_document(rng, most_tickets=12, units=(1,), longest=5)


KINDS: tuple[Callable[[random.Random], dict[str, Any]], ...] = (small, small, larger, crowded)


def graphs(seeds: range) -> Iterator[tuple[int, dict[str, Any]]]:
    for seed in seeds:
        yield seed, KINDS[seed % len(KINDS)](random.Random(seed))


@pytest.mark.parametrize("first", range(0, GRAPHS, AT_ONCE))
def test_a_graph_gets_the_literal_answer_to_the_second(first: int) -> None:
    for seed, document in graphs(range(first, min(first + AT_ONCE, GRAPHS))):
        answer = to_document(analyse(from_document(document)))

        assert answer == Reference(document).analysis(), f"seed {seed}"


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
