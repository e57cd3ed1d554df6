"""What holds of every graph, however awkward."""

import copy
import random
from dataclasses import replace
from itertools import combinations, pairwise
from math import factorial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.analysis import Analysis, analyse
from app.ripple.engine.critical import Contest, find_contest
from app.ripple.engine.documents import to_document
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.sharing import share
from app.ripple.engine.walk import Charge
from app.ripple.engine.worlds import Timeline, build_timeline
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document
from tests.ripple.rebuilding import lateness_where

documents = st.randoms(use_true_random=False).map(random_document)
graphs = documents.map(from_document)
NEARLY = 1e-6


def contest_of(graph: Graph) -> Contest:
    timeline = build_timeline(graph)
    return find_contest(timeline, timeline.plan_seconds())


def lateness_in_world(timeline: Timeline, parties: frozenset[str]) -> float:
    """v(S), rebuilt from every lag of the timeline."""

    def takes(node: int, stretch: Charge) -> float:
        if stretch.party in parties:
            return stretch.seconds
        return 0.0 if stretch.is_wait else timeline.paces.pace[node] * stretch.seconds

    return lateness_where(timeline, takes)


def everybody(graph: Graph) -> list[str]:
    names = {graph.commitment.owner, "customer", "third_party"}
    for node, ticket in enumerate(graph.tickets, start=1):
        names |= {ticket.requester, *(leg.department for leg in graph.legs[node])}
    return sorted(names)


@given(graphs)
def test_the_segments_cover_the_commitment_without_gap_or_overlap(graph: Graph) -> None:
    segments = analyse(graph).segments

    bounds = [graph.opened[ROOT], *(segment.ended_at for segment in segments)]
    assert bounds[-1] == graph.ended[ROOT]
    assert [segment.started_at for segment in segments] == bounds[:-1]


@given(graphs)
def test_no_segment_is_empty_and_no_two_neighbours_are_alike(graph: Graph) -> None:
    segments = analyse(graph).segments

    assert all(segment.started_at < segment.ended_at for segment in segments)
    assert all(
        replace(before, started_at=0, ended_at=0) != replace(after, started_at=0, ended_at=0)
        for before, after in pairwise(segments)
    )


@given(graphs)
def test_the_parts_sum_to_the_elapsed_time(graph: Graph) -> None:
    analysis = analyse(graph)

    assert sum(part.seconds for part in analysis.decomposition) == analysis.elapsed_seconds
    assert all(part.seconds > 0 for part in analysis.decomposition)


@given(graphs)
def test_plan_and_shares_sum_to_the_lateness(graph: Graph) -> None:
    analysis = analyse(graph)

    shared = sum(attribution.shapley_seconds for attribution in analysis.attribution)
    assert analysis.plan_seconds + shared == analysis.lateness_seconds
    assert 0 <= analysis.unpromised_seconds <= analysis.plan_seconds


@given(graphs)
def test_with_all_lags_as_built_the_timeline_is_what_happened(graph: Graph) -> None:
    timeline = build_timeline(graph)

    as_built = lateness_where(timeline, lambda _, stretch: stretch.seconds)

    assert as_built == max(0, graph.ended[ROOT] - graph.commitment.due_at)


@given(graphs, st.randoms(use_true_random=False))
def test_the_more_are_as_built_the_later_it_gets(graph: Graph, rng: random.Random) -> None:
    timeline = build_timeline(graph)
    parties = everybody(graph)
    rng.shuffle(parties)

    late = [lateness_in_world(timeline, frozenset(parties[:size])) for size in range(len(parties) + 1)]

    assert late[0] == pytest.approx(timeline.plan_seconds(), abs=NEARLY)
    assert all(before <= after + NEARLY for before, after in pairwise(late))


@given(graphs)
def test_what_was_left_out_of_the_contest_decides_no_world(graph: Graph) -> None:
    timeline = build_timeline(graph)
    contest = contest_of(graph)
    parties = everybody(graph)

    for size in range(len(parties) + 1):
        for coalition in combinations(parties, size):
            rebuilt = lateness_in_world(timeline, frozenset(coalition))
            assert contest.lateness(coalition) == pytest.approx(rebuilt, abs=NEARLY)


@given(graphs)
def test_a_party_has_a_share_if_it_ever_makes_anyone_later_and_none_if_not(graph: Graph) -> None:
    contest = contest_of(graph)
    shares = share(contest).seconds
    parties = everybody(graph)

    for party in parties:
        others = [other for other in parties if other != party]
        coalitions = [chosen for size in range(len(others) + 1) for chosen in combinations(others, size)]
        most = max(contest.lateness((*chosen, party)) - contest.lateness(chosen) for chosen in coalitions)
        # The effect on one coalition counts for at least one order in all of them, and at most for every order.
        assert most / factorial(len(parties)) - NEARLY <= shares.get(party, 0.0) <= most + NEARLY


@given(graphs)
def test_a_party_answers_for_at_most_what_it_could_have_mended_or_done(graph: Graph) -> None:
    analysis = analyse(graph)

    for attribution in analysis.attribution:
        assert 0 < attribution.shapley_seconds <= analysis.lateness_seconds - analysis.plan_seconds
        assert 0 <= attribution.but_for_seconds <= analysis.lateness_seconds
        assert attribution.standard_error_seconds is None


@given(graphs)
def test_overruns_split_into_primary_and_reactionary(graph: Graph) -> None:
    analysis = analyse(graph)

    assert analysis.commitment_overrun.overrun_seconds == analysis.lateness_seconds
    for overrun in (analysis.commitment_overrun, *analysis.overruns):
        assert overrun.primary_seconds + overrun.reactionary_seconds == overrun.overrun_seconds
        assert overrun.primary_seconds >= 0
        assert overrun.reactionary_seconds >= 0
        assert 0 <= overrun.pace <= 1


@given(graphs)
def test_the_departments_of_a_ticket_share_its_primary_overrun(graph: Graph) -> None:
    for ticket in analyse(graph).tickets:
        primary = ticket.overrun.primary_seconds if ticket.overrun is not None else 0
        assert sum(seconds for _, seconds in ticket.primary_by_department) == primary
        assert all(seconds > 0 for _, seconds in ticket.primary_by_department)


@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_the_tickets_changes_nothing_but_the_order_of_their_overruns(
    document: dict[str, Any], rng: random.Random
) -> None:
    shuffled = copy.deepcopy(document)
    rng.shuffle(shuffled["tickets"])

    assert in_order_of_id(analyse(from_document(shuffled))) == in_order_of_id(analyse(from_document(document)))


def in_order_of_id(analysis: Analysis) -> dict[str, Any]:
    answer = to_document(analysis)
    answer["overruns"].sort(key=lambda overrun: overrun["ticket_id"])
    return answer


@given(documents)
def test_the_same_graph_gets_the_same_answer(document: dict[str, Any]) -> None:
    assert analyse(from_document(document)) == analyse(from_document(copy.deepcopy(document)))


@given(documents)
def test_it_does_not_matter_what_departments_are_called(document: dict[str, Any]) -> None:
    graph = from_document(document)
    renamed = {name: f"{'zyx'[number % 3]}{number}" for number, name in enumerate(everybody(graph))}
    other_words = copy.deepcopy(document)
    other_words["commitment"]["owner"] = renamed[document["commitment"]["owner"]]
    for ticket in other_words["tickets"]:
        ticket["requester"] = renamed[ticket["requester"]]
        ticket["provider"] = renamed.get(ticket["provider"], ticket["provider"])
        for leg in ticket.get("legs", []):
            leg["department"] = renamed[leg["department"]]

    shares = share(contest_of(graph)).seconds
    renamed_shares = share(contest_of(from_document(other_words))).seconds

    waited_for = {"customer": "customer", "third_party": "third_party"}
    expected = {(renamed | waited_for)[party]: seconds for party, seconds in shares.items()}
    assert renamed_shares == pytest.approx(expected, abs=NEARLY)
