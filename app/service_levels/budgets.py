"""Error budgets: how many clocks an objective lets breach, how much of that is spent, and how fast.

The burn rate of a window is the share of its decisions that were breaches, by the share that the objective allows: at 1
the budget lasts just as long as its period. It burns by several windows at once, as in chapter 5 of the SRE workbook
("Alerting on SLOs"): a fast one that only a bad hour reaches, down to a slow one that three days of a little too much
reach. Where little is decided a single breach makes a wild rate, so a window counts only if its breaches alone have
also spent that share of the whole budget which the workbook's window stands for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

State = Literal["ok", "burning", "exhausted"]


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """A stretch of time up to now that is watched: from which burn rate on the budget burns, and the least share of the
    whole budget that its breaches must have spent."""

    name: str
    length: timedelta
    burn_rate: Decimal
    least_share: Decimal


BURN_WINDOWS = (
    BurnWindow("1h", timedelta(hours=1), Decimal("14.4"), Decimal("0.02")),
    BurnWindow("6h", timedelta(hours=6), Decimal(6), Decimal("0.05")),
    BurnWindow("3d", timedelta(days=3), Decimal(1), Decimal("0.10")),
)


@dataclass(frozen=True, slots=True)
class Decided:
    """How many clocks were decided, met or breached, and how many of these were breached."""

    decided: int
    breached: int


@dataclass(frozen=True, slots=True)
class Budget:
    """How an objective stands. `allowed` is how many breaches the decisions of its period allow, rarely a whole number.

    `spent_share` is the share of them that were breached, beyond 1 when there were more; null when nothing was decided,
    as is the burn rate of such a window. `burn_rates` are by the windows' names.
    """

    allowed: Decimal
    spent_share: Decimal | None
    burn_rates: Mapping[str, Decimal | None]
    state: State


def budget(goal: Decimal, length: timedelta, period: Decided, windows: Mapping[str, Decided]) -> Budget:
    """How an objective stands whose `goal` is the share of clocks to be met, more than 0 and less than 1.

    `period` is what was decided in its rolling window of that `length`, `windows` what was in each of `BURN_WINDOWS`,
    by name. It doesn't burn by a window longer than its own.
    """
    tolerated = 1 - goal
    allowed = tolerated * period.decided
    spent = period.breached / allowed if period.decided else None
    rates = {window.name: _burn_rate(windows[window.name], tolerated) for window in BURN_WINDOWS}
    burning = any(
        _burns(window, rates[window.name], tolerated) and windows[window.name].breached >= window.least_share * allowed
        for window in BURN_WINDOWS
        if window.length <= length
    )
    state: State = "exhausted" if spent is not None and spent >= 1 else "burning" if burning else "ok"
    return Budget(allowed, spent, rates, state)


def _burn_rate(seen: Decided, tolerated: Decimal) -> Decimal | None:
    return Decimal(seen.breached) / seen.decided / tolerated if seen.decided else None


def _burns(window: BurnWindow, rate: Decimal | None, tolerated: Decimal) -> bool:
    # A goal of 90 % can burn no faster than tenfold: then a window burns in which everything was breached.
    return rate is not None and rate >= min(window.burn_rate, 1 / tolerated)
