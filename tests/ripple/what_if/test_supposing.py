"""What would have come of it, against the definition taken literally: exact, second by second."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.walk import own_charges
from app.ripple.engine.worlds import build_timeline
from app.ripple.what_if.supposing import Outcome, Supposing, Supposition, suppose
from tests.ripple.documents import from_document
from tests.ripple.literal_reference import ROOT as COMMITMENT
from tests.ripple.literal_reference import Reference
from tests.ripple.random_graphs import random_document
from tests.ripple.rebuilding import lateness_where

documents = st.randoms(use_true_random=False).map(random_document)
randoms = st.randoms(use_true_random=False)
PACES = (Fraction(0), Fraction(1, 8), Fraction(1, 2), Fraction(4, 5), Fraction(1), Fraction(3, 2), Fraction(5))
EVERYBODY_KEEPS = Supposition(everybody_keeps=True)


class Supposed(Reference):
    """The literal timeline, rebuilt as supposed."""

    def end_supposing(
        self, paces: Mapping[str, Fraction], keeping: frozenset[str], resolved: Mapping[str, int]
    ) -> Fraction:
        def takes(node: str, base: Counter[str], waits: Counter[str]) -> Fraction:
            total = Fraction(0)
            for department, seconds in base.items():
                if department in paces:
                    total += seconds * paces[department]
                else:
                    total += seconds * (self.pace[node][0] if department in keeping else 1)
            return total + sum(seconds for party, seconds in waits.items() if party in paces or party not in keeping)

        @cache
        def opened(node: str) -> Fraction:
            if node == COMMITMENT or self.raiser(node) is None:
                return Fraction(self.opened[node])
            before, base, waits = self.lag_before_opening(node)
            raiser = self.raiser(node)
            return max([opened(raiser), *(ended(name) for name in before)]) + takes(raiser, base, waits)

        @cache
        def ended(node: str) -> Fraction:
            if node in resolved:
                return max(opened(node), Fraction(resolved[node]))
            last = max([opened(node), *(ended(name) for name in self.drivers[node])])
            return last + takes(node, *self.lag_before_end(node))

        return ended(COMMITMENT)


def supposed_at_random(rng: random.Random, reference: Reference) -> tuple[dict[str, Fraction], Supposition]:
    """Some parties at a pace, some that keep their service levels, some tickets that end at other times."""
    parties = reference.parties()
    departments = [party for party in parties if party not in ("customer", "third_party")]
    paces = {name: rng.choice(PACES) for name in departments if rng.random() < 0.4}
    unit = max(1, (reference.end[COMMITMENT] - reference.opened[COMMITMENT]) // 8)
    return paces, Supposition(
        paces={name: float(pace) for name, pace in paces.items()},
        keeping=frozenset(party for party in parties if rng.random() < 0.4),
        everybody_keeps=rng.random() < 0.15,
        resolved={
            name: max(reference.opened[name], reference.end[name] + unit * rng.randint(-4, 4))
            for name in reference.tickets
            if rng.random() < 0.2
        },
    )


@pytest.mark.parametrize("seed", range(300))
def test_the_end_is_that_of_the_literal_timeline(seed: int) -> None:
    rng = random.Random(seed)
    document = random_document(rng, most_tickets=rng.choice((3, 8, 16)), units=(1, 7))
    reference = Supposed(document)
    supposing = Supposing(from_document(document))
    for _ in range(4):
        paces, supposition = supposed_at_random(rng, reference)
        keeping = supposition.keeping | (frozenset(reference.parties()) if supposition.everybody_keeps else frozenset())
        expected = reference.end_supposing(paces, keeping, supposition.resolved)
        assert supposing.outcome(supposition).ended_after == pytest.approx(float(expected), abs=0.5 + 1e-6)


@given(documents, randoms)
def test_nothing_supposed_is_what_happened(document: dict[str, Any], rng: random.Random) -> None:
    graph = from_document(document)
    as_built = Supposition(
        paces={leg.department: 1.0 for legs in graph.legs for leg in legs},
        resolved={
            ticket.id: graph.ended[node] for node, ticket in enumerate(graph.tickets, start=1) if rng.random() < 0.5
        },
    )

    for supposition in (Supposition(), as_built):
        outcome = suppose(graph, supposition)
        assert outcome.ended_before == outcome.ended_after == graph.ended[ROOT]
        assert outcome.lateness_before == outcome.lateness_after == max(0, graph.ended[ROOT] - outcome.due_at)
        assert not outcome.saved
        assert not outcome.lost


@given(documents)
def test_with_every_promise_kept_the_plan_is_left(document: dict[str, Any]) -> None:
    graph = from_document(document)

    assert suppose(graph, EVERYBODY_KEEPS).lateness_after == pytest.approx(
        build_timeline(graph).plan_seconds(), abs=0.5 + 1e-6
    )


@given(documents, randoms)
def test_those_who_keep_their_promises_are_those_outside_the_world(
    document: dict[str, Any], rng: random.Random
) -> None:
    graph, parties = from_document(document), Reference(document).parties()
    keeping = frozenset(party for party in parties if rng.random() < 0.5)

    timeline = build_timeline(graph)
    world = lateness_where(
        timeline,
        lambda node, stretch: (
            stretch.seconds
            if stretch.party not in keeping
            else 0.0
            if stretch.is_wait
            else timeline.paces.pace[node] * stretch.seconds
        ),
    )

    assert suppose(graph, Supposition(keeping=keeping)).lateness_after == pytest.approx(world, abs=0.5 + 1e-6)


@given(documents, randoms)
def test_the_slower_a_department_the_later_it_gets(document: dict[str, Any], rng: random.Random) -> None:
    supposing, parties = Supposing(from_document(document)), Reference(document).parties()
    department, keeping = rng.choice(parties), frozenset(rng.sample(parties, rng.randint(0, len(parties))))

    ends = [
        supposing.outcome(Supposition(paces={department: float(pace)}, keeping=keeping)).ended_after for pace in PACES
    ]

    assert ends == sorted(ends)


@given(documents, randoms)
def test_the_later_a_ticket_is_resolved_the_later_it_gets(document: dict[str, Any], rng: random.Random) -> None:
    graph = from_document(document)
    supposing = Supposing(graph)
    for node, ticket in enumerate(graph.tickets, start=1):
        times = sorted(graph.ended[node] + rng.randint(-600, 600) for _ in range(4))
        ends = [supposing.outcome(Supposition(resolved={ticket.id: at})).ended_after for at in times]
        assert ends == sorted(ends)


@given(documents, randoms)
def test_the_more_keep_their_promises_the_earlier_it_gets(document: dict[str, Any], rng: random.Random) -> None:
    supposing, parties = Supposing(from_document(document)), Reference(document).parties()
    rng.shuffle(parties)

    ends = [
        supposing.outcome(Supposition(keeping=frozenset(parties[:size]))).ended_after for size in range(len(parties))
    ]

    assert ends == sorted(ends, reverse=True)


@given(documents, randoms)
def test_who_is_supposed_to_have_a_pace_is_waited_for_as_long_as_it_was(
    document: dict[str, Any], rng: random.Random
) -> None:
    """Also when everybody else keeps their promises, and whatever else is said of it."""
    graph, parties = from_document(document), Reference(document).parties()
    supposing, department = Supposing(graph), rng.choice(parties)

    others = supposing.outcome(Supposition(keeping=frozenset(parties) - {department}))

    for supposition in (
        Supposition(paces={department: 1.0}, everybody_keeps=True),
        Supposition(paces={department: 1.0}, keeping=frozenset(parties)),
    ):
        assert supposing.outcome(supposition) == others


@given(documents)
def test_only_a_slower_department_or_a_ticket_can_make_it_later(document: dict[str, Any]) -> None:
    graph = from_document(document)
    for paces in ({}, {"Finance": 0.5}, {"Finance": 1.0}):
        supposition = Supposition(paces=paces, keeping=frozenset(("IT", "customer")))
        assert supposition.hastens_only
        assert suppose(graph, supposition).ended_after <= graph.ended[ROOT]
    assert not Supposition(paces={"Finance": 1.5}).hastens_only
    assert not Supposition(resolved={"T1": 0}).hastens_only


@given(documents)
def test_base_time_is_never_counted_twice(document: dict[str, Any]) -> None:
    """A department has not held a ticket by itself for longer than it held it at all."""
    graph = from_document(document)
    held: Counter[str] = Counter()
    for node in range(len(graph.opened)):
        for charge in own_charges(graph, node):
            if not charge.is_wait:
                held[charge.party] += charge.seconds

    base = Supposing(graph).base_seconds()

    assert all(0 < seconds <= held[department] for department, seconds in base.items())


@pytest.mark.parametrize("seed", range(60))
def test_base_time_is_that_of_the_literal_lags_each_second_once(seed: int) -> None:
    document = random_document(random.Random(seed), units=(1, 7))
    reference = Reference(document)
    seconds = {(node, at) for node in reference.nodes for at in range(max(after(reference, node)), reference.end[node])}
    for name in reference.tickets:
        raiser = reference.raiser(name)
        if raiser is not None:
            earlier = [at for at in after(reference, raiser) if at <= reference.opened[name]]
            seconds |= {(raiser, at) for at in range(max(earlier), reference.opened[name])}
    charged = (reference.second(node, at) for node, at in seconds)
    expected = Counter(who for who, cause in charged if cause not in ("requester", "customer", "third_party"))

    assert Supposing(from_document(document)).base_seconds() == expected


def after(reference: Reference, node: str) -> list[int]:
    return [reference.opened[node], *(reference.end[name] for name in reference.drivers[node])]


def at(day: int) -> int:
    return int(datetime.fromisoformat(f"2026-03-{day:02}T09:00:00+00:00").timestamp())


def finance_was_late() -> Graph:
    """Promised on the 2nd for the 7th, delivered on the 9th: Operations waited for Finance from the 3rd to the 8th."""
    return from_document(
        {
            "commitment": {
                "owner": "Sales",
                "promised_at": "2026-03-02T09:00:00Z",
                "due_at": "2026-03-07T09:00:00Z",
                "delivered_at": "2026-03-09T09:00:00Z",
            },
            "tickets": [
                {
                    "id": "T1",
                    "requester": "Sales",
                    "provider": "Operations",
                    "opened_at": "2026-03-02T09:00:00Z",
                    "due_at": "2026-03-07T09:00:00Z",
                    "resolved_at": "2026-03-09T09:00:00Z",
                    "blocks": [],
                },
                {
                    "id": "T2",
                    "requester": "Operations",
                    "provider": "Finance",
                    "opened_at": "2026-03-03T09:00:00Z",
                    "due_at": "2026-03-06T09:00:00Z",
                    "resolved_at": "2026-03-08T09:00:00Z",
                    "blocks": ["T1"],
                },
            ],
        }
    )


@pytest.mark.parametrize(
    ("supposition", "ended", "saved"),
    [
        (Supposition(paces={"Finance": 0.8}), at(8), False),
        (Supposition(paces={"Finance": 0.6}), at(7), True),
        (Supposition(paces={"Finance": 1.4}), at(11), False),
        (Supposition(keeping=frozenset({"Finance"})), at(7), True),
        (Supposition(keeping=frozenset({"Operations"})), at(9), False),
        (Supposition(resolved={"T2": at(5)}), at(6), True),
        (Supposition(resolved={"T2": at(12)}), at(13), False),
        (Supposition(resolved={"T1": at(7)}), at(7), True),
        (Supposition(resolved={"T1": at(7), "T2": at(20)}), at(7), True),
        (Supposition(resolved={"T2": at(5)}, paces={"Operations": 0.5}), at(5) + 12 * 3600, True),
        (Supposition(resolved={"of another commitment": at(3)}), at(9), False),
    ],
)
def test_what_waited_follows(supposition: Supposition, ended: int, saved: bool) -> None:
    outcome = suppose(finance_was_late(), supposition)

    assert outcome == Outcome(due_at=at(7), ended_before=at(9), ended_after=ended)
    assert outcome.saved == saved


def test_a_promise_that_was_kept_can_be_lost() -> None:
    document = {
        "commitment": {
            "owner": "Sales",
            "promised_at": "2026-03-02T09:00:00Z",
            "due_at": "2026-03-04T09:00:00Z",
            "delivered_at": "2026-03-04T09:00:00Z",
        },
        "tickets": [],
    }
    outcome = suppose(from_document(document), Supposition(paces={"Sales": 1.5}))

    assert (outcome.lateness_before, outcome.lateness_after) == (0, 86_400)
    assert outcome.lost
    assert not outcome.saved
