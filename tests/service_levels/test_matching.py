"""Which agreement holds, and why the others do not."""

import pytest

from app.service_levels.matching import (
    Candidate,
    Condition,
    Conditions,
    Match,
    Request,
    holds_whenever,
    match,
    may_tie,
)

REQUEST = Request("SALES", "refund", "p2", "gold")
EVERYTHING = Conditions("SALES", "refund", frozenset({"p1", "p2"}), frozenset({"gold"}))


def agreement(sla_id: str, rank: int = 10, conditions: Conditions[str] | None = None) -> Candidate[str]:
    return Candidate(sla_id, 1, rank, conditions or Conditions())


def failures(result: Match[str]) -> dict[str, tuple[Condition, ...]]:
    return {considered.candidate.sla_id: considered.failed for considered in result.explanation}


def test_without_candidates_nothing_is_chosen_and_nothing_explained() -> None:
    assert match([], REQUEST) == Match(None, ())


def test_a_condition_left_out_holds_always() -> None:
    chosen = match([agreement("any")], Request("HR", None, "p4", None)).chosen
    assert chosen == agreement("any")


def test_all_stated_conditions_have_to_hold() -> None:
    strict = agreement("strict", conditions=EVERYTHING)
    assert match([strict], REQUEST).chosen is strict


@pytest.mark.parametrize(
    ("request_", "condition"),
    [
        (Request("HR", "refund", "p2", "gold"), Condition.REQUESTER_DEPARTMENT),
        (Request("SALES", "access", "p2", "gold"), Condition.REQUEST_TYPE),
        (Request("SALES", None, "p2", "gold"), Condition.REQUEST_TYPE),
        (Request("SALES", "refund", "p3", "gold"), Condition.PRIORITY),
        (Request("SALES", "refund", "p2", "silver"), Condition.CUSTOMER_TIER),
        (Request("SALES", "refund", "p2", None), Condition.CUSTOMER_TIER),
    ],
)
def test_the_explanation_names_the_condition_that_failed(request_: Request[str], condition: Condition) -> None:
    result = match([agreement("strict", conditions=EVERYTHING)], request_)
    assert result.chosen is None
    assert failures(result) == {"strict": (condition,)}


def test_the_explanation_names_every_condition_that_failed() -> None:
    result = match([agreement("strict", conditions=EVERYTHING)], Request("HR", None, "p4", None))
    assert failures(result) == {"strict": tuple(Condition)}


def test_the_lowest_rank_wins_alone_and_every_candidate_is_explained_by_rank() -> None:
    late, early = agreement("late", 20), agreement("early", 5)
    unfit = agreement("unfit", 1, Conditions(request_type_id="access"))
    result = match([late, unfit, early], REQUEST)
    assert result.chosen is early
    assert [(each.candidate.sla_id, each.chosen) for each in result.explanation] == [
        ("unfit", False),
        ("early", True),
        ("late", False),
    ]
    assert failures(result) == {"unfit": (Condition.REQUEST_TYPE,), "early": (), "late": ()}


def test_agreements_of_one_rank_tie_when_one_request_could_match_both() -> None:
    assert may_tie(agreement("a"), agreement("b"))
    assert may_tie(agreement("a", conditions=EVERYTHING), agreement("b"))
    assert may_tie(
        agreement("a", conditions=Conditions(priorities=frozenset({"p1", "p2"}))),
        agreement("b", conditions=Conditions(priorities=frozenset({"p2", "p3"}))),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Conditions(requester_department_id="SALES"), Conditions(requester_department_id="HR")),
        (Conditions(request_type_id="refund"), Conditions(request_type_id="access")),
        (Conditions(priorities=frozenset({"p1"})), Conditions(priorities=frozenset({"p2"}))),
        (Conditions(customer_tiers=frozenset({"gold"})), Conditions(customer_tiers=frozenset({"silver"}))),
    ],
)
def test_agreements_that_no_request_matches_both_do_not_tie(one: Conditions[str], other: Conditions[str]) -> None:
    assert not may_tie(agreement("a", conditions=one), agreement("b", conditions=other))


def test_agreements_of_different_ranks_do_not_tie() -> None:
    assert not may_tie(agreement("a", 1), agreement("b", 2))


@pytest.mark.parametrize(
    ("one", "other", "always"),
    [
        (Conditions(), Conditions(priorities=frozenset({"p1"})), True),
        (Conditions(priorities=frozenset({"p1"})), Conditions(), False),
        (Conditions(priorities=frozenset({"p1", "p2"})), Conditions(priorities=frozenset({"p2"})), True),
        (Conditions(priorities=frozenset({"p1"})), Conditions(priorities=frozenset({"p1", "p2"})), False),
        (Conditions(customer_tiers=frozenset({"gold"})), Conditions(customer_tiers=frozenset({"gold"})), True),
        (Conditions(requester_department_id="HR"), Conditions(requester_department_id="HR"), True),
        (Conditions(requester_department_id="HR"), Conditions(requester_department_id="SALES"), False),
        (Conditions(request_type_id="refund"), Conditions(priorities=frozenset({"p1"})), False),
    ],
)
def test_one_agreement_holds_whenever_another_does(one: Conditions[str], other: Conditions[str], always: bool) -> None:
    assert holds_whenever(one, other) is always
