"""How far two measures go together: Kendall's tau-b, and how sure it is. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import atanh, sqrt, tanh
from statistics import NormalDist
from typing import Final

FEWEST: Final = 10
"""Of fewer observations nothing is told."""

FEWEST_THAT_DIFFER: Final = 5
"""Nor where fewer than these have another value than the most frequent one: three customers that left are no rank."""

_PRECISION: Final = 0.437
"""Of tau's variance on Fisher's scale, times n - 4 (Fieller, Hartley and Pearson 1957)."""

_ALMOST_ONE: Final = 1 - 2**-53


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Tau-b from -1 (the more of one, the less of the other) to 1, with its interval, of `n` observations."""

    tau: float
    low: float
    high: float
    n: int


def rank_correlation(pairs: Sequence[tuple[float, float]], confidence: float = 0.95) -> RankCorrelation | None:
    """Kendall's tau-b of the pairs: of those that differ in both measures, how many more are ordered alike than not.

    The interval has tau's variance from how much each observation agrees with all others (the delta method: Brown and
    Benedetti 1977), on Fisher's scale, which keeps it within -1 and 1. Where no two pairs disagree that says little or
    nothing: then the variance is that of Fieller, Hartley and Pearson, from the sample in which two would.

    None of fewer than `FEWEST` pairs, or where one measure hardly varies (`FEWEST_THAT_DIFFER`).
    """
    n = len(pairs)
    firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
    if n < FEWEST or min(_differing(firsts), _differing(seconds)) < FEWEST_THAT_DIFFER:
        return None
    alike = _agreements(firsts, seconds)
    differ = _others(firsts), _others(seconds)
    total, of_first, of_second = sum(alike), sum(differ[0]), sum(differ[1])
    scale = sqrt(of_first * of_second)
    tau = total / scale
    if abs(total) == _differing_in_both(pairs):
        error, least = sqrt(_PRECISION / (n - 4)), (abs(total) - 4) / scale
    else:
        influences = (
            2 * (n * each - total) / scale - tau * (n * first / of_first + n * second / of_second - 2)
            for each, first, second in zip(alike, *differ, strict=True)
        )
        error, least = sqrt(sum(each * each for each in influences) / (n * (n - 1))) / (1 - tau * tau), abs(tau)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    near = tanh(atanh(least) - z * error)
    far = tanh(atanh(min(abs(tau), _ALMOST_ONE)) + z * error)
    low, high = (near, far) if tau >= 0 else (-far, -near)
    return RankCorrelation(max(-1.0, min(1.0, tau)), low, high, n)


def _differing_in_both(pairs: Sequence[tuple[float, float]]) -> int:
    """How many pairs of them differ in both measures, each counted from both sides."""
    firsts, seconds, both = Counter(a for a, _ in pairs), Counter(b for _, b in pairs), Counter(pairs)
    return sum(count * (len(pairs) - firsts[a] - seconds[b] + count) for (a, b), count in both.items())


def _differing(values: Sequence[float]) -> int:
    """How many have another value than the most frequent one."""
    return len(values) - max(Counter(values).values())


def _others(values: Sequence[float]) -> list[int]:
    """From how many others each one differs."""
    times = Counter(values)
    return [len(values) - times[value] for value in values]


def _agreements(firsts: Sequence[float], seconds: Sequence[float]) -> list[int]:
    """With how many others each one is ordered alike in both measures, less those with which it is not."""
    if len(set(firsts)) < len(set(seconds)):
        firsts, seconds = seconds, firsts
    levels = sorted(set(seconds))
    ranks = [bisect_left(levels, value) for value in seconds]
    order = sorted(range(len(firsts)), key=firsts.__getitem__)
    agreements = [0] * len(firsts)
    for sign, places in ((1, order), (-1, order[::-1])):
        for place, balance in _balances(places, firsts, ranks, len(levels)):
            agreements[place] += sign * balance
    return agreements


def _balances(
    places: Iterable[int], firsts: Sequence[float], ranks: Sequence[int], levels: int
) -> Iterable[tuple[int, int]]:
    """Of those whose first measure came earlier in this order, how many have a lower rank than each, less those with a
    higher one. Costs time by n log n: the ranks so far are counted in a Fenwick tree."""
    tree, seen = [0] * (levels + 1), 0
    for _, same in groupby(places, key=firsts.__getitem__):
        group = list(same)
        for place in group:
            below, up_to = _counted(tree, ranks[place]), _counted(tree, ranks[place] + 1)
            yield place, below - (seen - up_to)
        for place in group:
            node = ranks[place] + 1
            while node <= levels:
                tree[node] += 1
                node += node & -node
        seen += len(group)


def _counted(tree: Sequence[int], ranks: int) -> int:
    count = 0
    while ranks:
        count += tree[ranks]
        ranks &= ranks - 1
    return count
