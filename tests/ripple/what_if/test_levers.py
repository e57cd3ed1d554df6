"""Which department should be faster, and what hangs on it."""

import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.graph import ROOT
from app.ripple.engine.stakes import Stake, Stakes, stake_of
from app.ripple.engine.totals import Amount
from app.ripple.what_if.levers import HOUR, Lever, LeverSums, levers
from app.ripple.what_if.supposing import Supposing
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document
from tests.ripple.what_if.test_supposing import Supposed

documents = st.randoms(use_true_random=False).map(random_document)


def customer(number: int) -> UUID:
    return UUID(int=number)


def worth(number: int, value: int, currency: str = "EUR") -> Stake:
    return Stake(customer(number), Amount(Decimal(value), currency))


def pulled(lateness: int, **by_department: tuple[int, int]) -> Sequence[Lever]:
    """By department, the seconds taken and those saved."""
    return [Lever(department, taken, lateness - saved) for department, (taken, saved) in by_department.items()]


@pytest.mark.parametrize("seed", range(100))
def test_a_lever_is_the_literal_timeline_with_one_departments_time_shortened(seed: int) -> None:
    rng = random.Random(seed)
    document = random_document(rng, units=(1, 7))
    graph, reference = from_document(document), Supposed(document)
    held = Supposing(graph).base_seconds()
    faster = rng.choice((1, 20, 10_000))

    found = {lever.department: lever for lever in levers(graph, faster)}

    assert found.keys() == held.keys()
    for department, lever in found.items():
        taken = min(faster, held[department])
        pace = 1 - Fraction(taken, held[department])
        end = reference.end_supposing({department: pace}, frozenset(), {})
        assert lever.taken_seconds == taken
        assert lever.lateness_seconds == pytest.approx(max(0.0, float(end) - graph.commitment.due_at), abs=0.5 + 1e-6)


@given(documents)
def test_nobody_saves_more_than_the_lateness_nor_makes_it_later(document: dict[str, Any]) -> None:
    graph = from_document(document)
    lateness = max(0, graph.ended[ROOT] - graph.commitment.due_at)

    assert all(0 <= lever.lateness_seconds <= lateness for lever in levers(graph, 60))


@given(documents)
def test_the_faster_the_more_is_saved(document: dict[str, Any]) -> None:
    graph = from_document(document)
    by_haste = [{lever.department: lever for lever in levers(graph, faster)} for faster in (1, 30, 600)]

    for slower, faster in pairwise(by_haste):
        assert slower.keys() == faster.keys()
        for department in slower:
            assert slower[department].lateness_seconds >= faster[department].lateness_seconds
            assert slower[department].taken_seconds <= faster[department].taken_seconds


def test_figures_add_up_over_commitments() -> None:
    sums = LeverSums()
    sums.add_late(worth(1, 1000), 500, pulled(500, Finance=(2 * HOUR, 500), Legal=(HOUR, 100)))
    sums.add_late(worth(2, 300), 400, pulled(400, Finance=(2 * HOUR, 100)))
    sums.add_late(Stake(customer(3), None), 50, pulled(50, Finance=(HOUR, 50)))
    sums.add_in_time(1)

    (finance, figures), (legal, none) = sums.ranked()

    assert (finance, legal) == ("Finance", "Legal")
    assert (figures.commitments, figures.commitments_saved) == (3, 2)
    assert (figures.pace_seconds, figures.lateness_saved_seconds) == (5 * HOUR, 650)
    assert figures.value_saved == [Amount(Decimal(1000), "EUR")]
    assert figures.value_saved_per_hour == [Amount(Decimal("200.00"), "EUR")]
    assert (none.commitments_saved, none.value_saved, none.value_saved_per_hour) == (0, [], [])
    totals = sums.totals()
    assert (totals.commitments, totals.late, totals.lateness_seconds) == (4, 3, 950)
    assert totals.value_late == [Amount(Decimal(1300), "EUR")]


def test_a_customer_counts_once_and_only_when_none_of_its_commitments_stays_late() -> None:
    sums = LeverSums()
    for _ in range(2):
        sums.add_late(worth(1, 900), 100, pulled(100, Finance=(HOUR, 100), Legal=(HOUR, 100), IT=(HOUR, 99)))
    sums.add_late(worth(1, 900), 100, pulled(100, Finance=(HOUR, 100), IT=(HOUR, 100)))

    saved = {department: figures.value_saved for department, figures in sums.ranked()}

    assert saved == {"Finance": [Amount(Decimal(900), "EUR")], "Legal": [], "IT": []}
    assert sums.totals().value_late == [Amount(Decimal(900), "EUR")]


@pytest.mark.parametrize(
    ("commitments", "ranked"),
    [
        # More in an hour goes before more in all.
        ([(worth(1, 100), {"A": (HOUR, 9)}), (worth(2, 150), {"B": (2 * HOUR, 9)})], ["A", "B"]),
        # The currency in which most was let down decides, whatever its name.
        (
            [
                (worth(1, 100), {"A": (HOUR, 9)}),
                (worth(2, 50, "USD"), {"B": (HOUR, 9)}),
                (worth(3, 80, "USD"), {"C": (HOUR, 0)}),
            ],
            ["B", "A", "C"],
        ),
        # The other currencies decide between equals in that one.
        (
            [
                (worth(1, 100), {"A": (HOUR, 9), "B": (HOUR, 9)}),
                (worth(2, 5, "AUD"), {"B": (HOUR, 9)}),
                (worth(3, 1, "USD"), {"A": (HOUR, 0)}),
            ],
            ["B", "A"],
        ),
        # Where no value is known: commitments saved in an hour, then lateness.
        (
            [
                (Stake(customer(1), None), {"A": (HOUR, 8), "B": (HOUR, 9), "C": (HOUR, 1), "D": (HOUR, 2)}),
                (Stake(customer(2), None), {"B": (HOUR, 9)}),
            ],
            ["B", "A", "D", "C"],
        ),
        # Names decide the rest.
        ([(worth(1, 100), {"B": (HOUR, 9), "A": (HOUR, 9)})], ["A", "B"]),
    ],
)
def test_departments_are_ranked_by_value_saved_in_an_hour_of_pace(
    commitments: list[tuple[Stake, dict[str, tuple[int, int]]]], ranked: list[str]
) -> None:
    sums = LeverSums()
    for stake, by_department in commitments:
        sums.add_late(stake, 9, pulled(9, **by_department))

    assert [department for department, _ in sums.ranked()] == ranked


def test_what_hangs_on_a_commitment_is_its_value_else_its_customers() -> None:
    value, annual = Amount(Decimal(5), "EUR"), Amount(Decimal(7), "USD")
    assert stake_of(customer(1), value, customer(2), annual) == Stake(customer(1), value)
    assert stake_of(customer(1), None, customer(2), annual) == Stake(customer(2), annual)
    assert stake_of(customer(1), None, customer(2), None) == Stake(customer(2), None)


def test_stakes_are_summed_by_currency_each_once() -> None:
    stakes, others = Stakes(), Stakes()
    for stake in (worth(1, 5), worth(1, 5), worth(2, 7), worth(3, 1, "AUD"), Stake(customer(4), None)):
        stakes.add(stake)
    others.add(worth(2, 7))

    assert stakes.amounts() == [Amount(Decimal(1), "AUD"), Amount(Decimal(12), "EUR")]
    assert stakes.beyond(others) == [Amount(Decimal(1), "AUD"), Amount(Decimal(5), "EUR")]
    assert others.beyond(stakes) == []
