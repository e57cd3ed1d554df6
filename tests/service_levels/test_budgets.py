"""Error budgets, from counts alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.service_levels.budgets import BURN_WINDOWS, Budget, Decided, budget

MONTH = timedelta(days=30)
NOTHING = Decided(0, 0)


def stands(goal: str, decided: int, breached: int, length: timedelta = MONTH, **windows: tuple[int, int]) -> Budget:
    """How an objective stands; of windows that are not named nothing is told. `h1`, `h6` and `d3` are the windows."""
    named = {"1h": "h1", "6h": "h6", "3d": "d3"}
    seen = {window.name: Decided(*windows.get(named[window.name], (0, 0))) for window in BURN_WINDOWS}
    return budget(Decimal(goal), length, Decided(decided, breached), seen)


def test_the_budget_is_the_share_of_the_decisions_that_the_goal_leaves() -> None:
    found = stands("0.95", decided=200, breached=4)
    assert (found.allowed, found.spent_share, found.state) == (10, Decimal("0.4"), "ok")


def test_where_nothing_was_decided_nothing_is_spent_and_nothing_burns() -> None:
    found = stands("0.99", decided=0, breached=0)
    assert (found.allowed, found.spent_share, found.state) == (0, None, "ok")
    assert found.burn_rates == {"1h": None, "6h": None, "3d": None}


def test_it_is_exhausted_from_the_breach_on_that_spends_the_last_of_it() -> None:
    assert stands("0.95", decided=100, breached=4).state == "ok"
    spent = stands("0.95", decided=100, breached=5)
    assert (spent.spent_share, spent.state) == (1, "exhausted")
    assert stands("0.95", decided=100, breached=50).spent_share == 10


def test_the_burn_rate_is_the_share_breached_by_the_share_that_may_be() -> None:
    found = stands("0.95", decided=10_000, breached=100, h1=(10, 1), h6=(40, 0), d3=(400, 20))
    assert found.burn_rates == {"1h": 2, "6h": 0, "3d": 1}


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        # Of 10,000 decisions 500 may breach: two per cent of the budget are 10, five are 25, ten are 50.
        ({"h1": (14, 10)}, "ok"),
        ({"h1": (13, 10)}, "burning"),
        ({"h1": (9, 9)}, "ok"),
        ({"h6": (100, 29)}, "ok"),
        ({"h6": (100, 30)}, "burning"),
        ({"h6": (24, 24)}, "ok"),
        ({"d3": (1001, 50)}, "ok"),
        ({"d3": (1000, 50)}, "burning"),
        ({"d3": (49, 49)}, "ok"),
    ],
)
def test_it_burns_by_a_window_whose_rate_is_reached_and_whose_breaches_are_its_share_of_the_budget(
    seen: dict[str, Any], state: str
) -> None:
    assert stands("0.95", decided=10_000, breached=100, **seen).state == state


def test_a_goal_that_cannot_burn_so_fast_burns_when_everything_was_breached() -> None:
    assert stands("0.90", decided=1_000, breached=20, h1=(20, 19)).state == "ok"
    assert stands("0.90", decided=1_000, breached=20, h1=(20, 20)).state == "burning"


def test_it_does_not_burn_by_a_window_longer_than_its_own() -> None:
    seen = {"d3": (100, 50)}
    assert stands("0.95", decided=1_000, breached=2, length=timedelta(days=3), **seen).state == "burning"
    assert stands("0.95", decided=1_000, breached=2, length=timedelta(days=2), **seen).state == "ok"


@st.composite
def histories(draw: st.DrawFn) -> tuple[Decimal, Decided, dict[str, Decided]]:
    """A goal with what was decided in a month and in the windows at its end, each within the longer ones."""
    goal = Decimal(draw(st.integers(1, 99_999))) / 100_000
    counts: list[Decided] = []
    met, breached = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    for _ in range(4):
        counts.append(Decided(met + breached, breached))
        met, breached = met + draw(st.integers(0, 2_000)), breached + draw(st.integers(0, 200))
    return goal, counts[3], dict(zip((window.name for window in BURN_WINDOWS), counts, strict=False))


@given(histories())
def test_it_is_exhausted_just_when_the_share_that_was_met_is_no_more_than_the_goal(
    seen: tuple[Decimal, Decided, dict[str, Decided]],
) -> None:
    goal, month, windows = seen
    assume(month.decided)
    attained = Decimal(month.decided - month.breached) / month.decided
    assert (budget(goal, MONTH, month, windows).state == "exhausted") == (
        month.decided - month.breached <= goal * month.decided
    )
    assert attained < 1 or budget(goal, MONTH, month, windows).state == "ok"


@given(histories())
def test_of_the_budget_as_much_is_spent_as_breaches_were_counted(
    seen: tuple[Decimal, Decided, dict[str, Decided]],
) -> None:
    goal, month, windows = seen
    found = budget(goal, MONTH, month, windows)
    assert found.allowed == (1 - goal) * month.decided
    if found.spent_share is not None:
        assert round(found.spent_share * found.allowed, 9) == month.breached


@given(histories())
def test_a_month_that_decides_evenly_at_the_hourly_rate_spends_what_the_workbook_says(
    seen: tuple[Decimal, Decided, dict[str, Decided]],
) -> None:
    for window in BURN_WINDOWS:
        assert round(window.burn_rate * Decimal(window.length / MONTH), 6) == window.least_share
    goal, month, windows = seen
    assert set(budget(goal, MONTH, month, windows).burn_rates) == set(windows)


@given(histories(), st.sampled_from([window.name for window in BURN_WINDOWS]))
def test_a_further_breach_never_makes_it_stand_better(
    seen: tuple[Decimal, Decided, dict[str, Decided]], latest: str
) -> None:
    goal, month, windows = seen
    names = [window.name for window in BURN_WINDOWS]
    worse = windows | {
        name: Decided(windows[name].decided, min(windows[name].decided, windows[name].breached + 1))
        for name in names[names.index(latest) :]
    }
    assume(worse[latest].breached > windows[latest].breached)
    assume(month.breached < month.decided)
    order = ["ok", "burning", "exhausted"]
    before = budget(goal, MONTH, month, windows)
    after = budget(goal, MONTH, Decided(month.decided, month.breached + 1), worse)
    assert order.index(after.state) >= order.index(before.state)
