"""How sure a ripple report is: what it would have been for other commitments like these. Pure.

The percentile bootstrap (Efron and Tibshirani 1993, chapter 13): as many commitments as there are, drawn from them with
repetition, a thousand times over. A commitment's figures depend on each other, so commitments are drawn, not tickets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.ripple.reports.adding_up import Delays

DRAWS: Final = 1_000
SEED: Final = 1
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """What lies between the 2.5th and the 97.5th percentile of the draws; the transmissions are None without delay."""

    outward_seconds_low: int
    outward_seconds_high: int
    transmission_low: float | None
    transmission_high: float | None


def intervals(delays: Delays, groups: int, *, draws: int = DRAWS, seed: int = SEED) -> list[Interval]:
    """The interval of each group, and behind them that of all together. The same every time.

    Costs draws times the entries that have any delay.
    """
    order = np.argsort(delays.groups, kind="stable")
    group, commitment = delays.groups[order], delays.commitments[order]
    there, starts = np.unique(group, return_index=True)
    sums = np.zeros((2, draws, groups + 1))
    rng = np.random.default_rng(seed)
    columns = (delays.delay[order], delays.outward[order])
    for draw in range(draws if len(there) else 0):
        drawn = rng.integers(0, delays.of, delays.of)
        weights = np.bincount(drawn, minlength=delays.of)[commitment]
        for index, column in enumerate(columns):
            sums[index, draw, there] = np.add.reduceat(column * weights, starts)
        sums[:, draw, groups] = sums[:, draw, :groups].sum(axis=1)
    return list(_intervals(*sums))


def _intervals(delay: NDArray[np.float64], outward: NDArray[np.float64]) -> Iterator[Interval]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(outward, (tail, 1 - tail), axis=0, method="inverted_cdf").astype(np.int64).tolist()
    for group in range(delay.shape[1]):
        some = delay[:, group] > 0
        if not some.any():
            yield Interval(low[group], high[group], None, None)
            continue
        ratios = outward[some, group] / delay[some, group]
        least, most = np.quantile(ratios, (tail, 1 - tail), method="inverted_cdf").tolist()
        yield Interval(low[group], high[group], least, most)
