"""What holds for every life, whatever is done to the ticket."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tickets.life.lifecycle import (
    Action,
    Arrival,
    Life,
    Party,
    Priority,
    Refused,
    Status,
    Verb,
    apply,
    open_ticket,
    possible_verbs,
    replay,
)

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = settings(max_examples=150, deadline=None)


@st.composite
def actions(draw: st.DrawFn) -> list[Action[str]]:
    at, made = OPENED, []
    for verb in draw(st.lists(st.sampled_from(Verb), max_size=30)):
        at += timedelta(seconds=draw(st.integers(0, 3)))
        made.append(
            Action(
                verb,
                at,
                on=draw(st.sampled_from(Party)),
                department_id=draw(st.sampled_from("ABC")),
                priority=draw(st.sampled_from(Priority)),
                member_id="ana",
            )
        )
    return made


def possible(life: Life[str], action: Action[str]) -> bool:
    same = action.verb is Verb.TRANSFER and action.department_id == life.department_id
    return action.verb in possible_verbs(life) and not same


def those_possible(tried: list[Action[str]]) -> list[Action[str]]:
    life, taken = open_ticket("A", OPENED), []
    for action in tried:
        if possible(life, action):
            taken.append(action)
            life = apply(life, action)
        else:
            with pytest.raises(Refused):
                apply(life, action)
    return taken


@SETTINGS
@given(actions())
def test_the_legs_are_contiguous_and_their_number_counts_the_hops(tried: list[Action[str]]) -> None:
    life = replay(open_ticket("A", OPENED), those_possible(tried))
    assert [leg.number for leg in life.legs] == list(range(1, life.hop_count + 2))
    assert life.legs[0].started_at == OPENED
    assert all(before.ended_at == after.started_at for before, after in pairwise(life.legs))
    assert all(before.department_id != after.department_id for before, after in pairwise(life.legs))
    assert life.leg.ended_at is None
    assert life.return_count == sum(leg.arrived_by is Arrival.RETURN for leg in life.legs)


@SETTINGS
@given(actions())
def test_exactly_a_waiting_ticket_has_a_wait_that_lasts(tried: list[Action[str]]) -> None:
    life = replay(open_ticket("A", OPENED), those_possible(tried))
    lasting = [wait for wait in life.waits if wait.ended_at is None]
    assert bool(lasting) == (life.status is Status.WAITING) == (life.waiting_on is not None)
    assert lasting == ([life.waits[-1]] if lasting else [])
    assert all(before.ended_at is not None for before in life.waits[:-1])
    assert all((before.ended_at or OPENED) <= after.started_at for before, after in pairwise(life.waits))


@SETTINGS
@given(actions())
def test_the_state_agrees_with_the_instants(tried: list[Action[str]]) -> None:
    life = replay(open_ticket("A", OPENED), those_possible(tried))
    assert (life.resolved_at is not None) == (life.status in {Status.RESOLVED, Status.CLOSED})
    assert (life.closed_at is not None) == (life.status is Status.CLOSED)
    assert (life.ended_at is not None) == (life.status in {Status.DECLINED, Status.CANCELLED})
    if life.status is Status.OPEN:
        assert life.leg.acknowledged_at is None
    elif life.status is not Status.CANCELLED:
        assert life.leg.acknowledged_at is not None
    first = min((leg.acknowledged_at for leg in life.legs if leg.acknowledged_at), default=None)
    assert life.acknowledged_at == first


@SETTINGS
@given(actions(), st.integers(0, 30))
def test_a_life_can_be_gone_on_with_from_anywhere(tried: list[Action[str]], cut: int) -> None:
    taken = those_possible(tried)
    start = open_ticket("A", OPENED)
    assert replay(replay(start, taken[:cut]), taken[cut:]) == replay(start, taken)
