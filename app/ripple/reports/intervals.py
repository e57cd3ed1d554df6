"""How sure a ripple report is: what it would have been for other commitments like these. Pure.

The percentile bootstrap (Efron and Tibshirani 1993, chapter 13): as many commitments as there are, drawn from them with
repetition, a thousand times over. A commitment's figures depend on each other, so commitments are drawn, not tickets.

Of more than 500 commitments, as many random groups of equal size are drawn instead (Wolter 2007, chapter 2). Their sums
vary as much, and a million commitments cost no more. The chance of the grouping moves an end by 2 % of the interval's
length or so; that of a thousand draws does, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isnan
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.ripple.reports.adding_up import Delays
from app.ripple.reports.ids import Ints

DRAWS: Final = 1_000
MOST_DRAWN: Final = 500
"""What is drawn from: commitments, or when there are more than that, so many random groups of them."""
SEED: Final = 1
LEVEL: Final = 0.95

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """What lies between the 2.5th and the 97.5th percentile of the draws; the transmissions are None without delay."""

    outward_seconds_low: int
    outward_seconds_high: int
    transmission_low: float | None
    transmission_high: float | None


def intervals(delays: Delays, by_chance: Ints, chosen: Ints, *, draws: int = DRAWS, seed: int = SEED) -> list[Interval]:
    """The interval of each chosen group, and behind them that of all groups together. The same every time.

    `by_chance` is each commitment's place among those that count, as if they had been shuffled; -1 of those that do
    not. Costs draws times what is drawn from, for each group.
    """
    drawn_from = min(int((by_chance >= 0).sum()), MOST_DRAWN)
    if not drawn_from:
        return [Interval(0, 0, None, None)] * (len(chosen) + 1)
    drawn = _drawn(draws, drawn_from, seed)
    columns = by_chance[delays.commitments] % drawn_from
    both = [_sums(delays.groups, columns, seconds, chosen, drawn_from) for seconds in (delays.delay, delays.outward)]
    return list(_intervals(*np.split(np.vstack(both) @ drawn, 2)))


@lru_cache(maxsize=1)
def _drawn(draws: int, of: int, seed: int) -> Floats:
    """How often each was drawn (a row) in each draw (a column)."""
    drawn = np.random.default_rng(seed).integers(0, of, (of, draws))
    return (
        np.bincount((drawn * draws + np.arange(draws)).ravel(), minlength=of * draws).reshape(of, draws).astype(float)
    )


def _sums(groups: Ints, column: Ints, seconds: Ints, chosen: Ints, drawn_from: int) -> Floats:
    """For each chosen group (a row), and all together, the sum of each that is drawn from (a column)."""
    rows = np.full(1 + max(chosen.max(initial=0), groups.max(initial=0)), -1, np.int64)
    rows[chosen] = np.arange(len(chosen))
    row = rows[groups]
    told = row >= 0
    size = len(chosen) * drawn_from
    sums = np.bincount(row[told] * drawn_from + column[told], seconds[told], minlength=size)
    over_all = np.bincount(column, seconds, minlength=drawn_from)
    return np.vstack((sums.reshape(len(chosen), drawn_from), over_all))


def _intervals(delay: Floats, outward: Floats) -> Iterator[Interval]:
    ratios = np.divide(outward, delay, out=np.full_like(outward, np.nan), where=delay > 0)
    columns = (*_ends(outward), *_ends(ratios))
    for low, high, least, most in zip(*(column.tolist() for column in columns), strict=True):
        without = isnan(least)
        yield Interval(int(low), int(high), None if without else least, None if without else most)


def _ends(results: Floats) -> Iterator[Any]:
    """The ends of the interval in each row; what is no number counts as not drawn."""
    ordered, counts = np.sort(results, axis=1), (~np.isnan(results)).sum(axis=1)
    for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        places = np.maximum(0, np.ceil(share * counts).astype(np.int64) - 1)
        yield ordered[np.arange(len(ordered)), places]
