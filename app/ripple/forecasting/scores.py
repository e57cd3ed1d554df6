"""How good forecasts were, judged by what came of them. Pure.

Coverage: of the intervals meant to hold 80 % of the outcomes, the share that did. Brier: the mean squared distance of
the probability of being late from what happened (0 or 1); its skill is the part of it that is saved against giving
everyone the base rate of these very commitments, which nobody could have known. CRPS: how far the whole distribution
was from the outcome, in seconds; for a single instant it would be the absolute error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, median
from typing import Final

_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A forecast made at `at` and its outcome. `was_late` None: not known yet; `delivered_at` likewise."""

    commitment_id: str
    share: float
    at: int
    probability_late: float
    p10: int
    p50: int
    p90: int
    crps_seconds: float | None
    delivered_at: int | None
    was_late: bool | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of like probability: what they said on average, and the share that was late."""

    above: float
    up_to: float
    forecasts: int
    mean_probability: float
    late_share: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Of the forecasts made at one share of the promised time; figures are None where nothing is known to judge by.

    `decided` of them are known to be late or not, `delivered` are delivered.
    """

    share: float
    forecasts: int
    decided: int
    delivered: int
    coverage: float | None
    below: float | None
    above: float | None
    brier: float | None
    base_rate: float | None
    base_brier: float | None
    brier_skill: float | None
    crps_seconds: float | None
    median_error_seconds: float | None
    reliability: tuple[Bin, ...]


def crps(draws: Sequence[int], outcome: int) -> float:
    """The continuous ranked probability score of ascending draws: E|X - outcome| - E|X - X'| / 2."""
    count, start = len(draws), draws[0]
    distance = fmean(abs(draw - outcome) for draw in draws)
    before = accumulate((draw - start for draw in draws), initial=0)
    spread = sum((draw - start) * rank - total for rank, (draw, total) in enumerate(zip(draws, before, strict=False)))
    return distance - spread / count**2


def scores(share: float, trials: Sequence[Trial]) -> Scores:
    """The scores of these forecasts."""
    decided = [(trial.probability_late, trial.was_late) for trial in trials if trial.was_late is not None]
    delivered = [(trial, trial.delivered_at) for trial in trials if trial.delivered_at is not None]
    brier = base_rate = base_brier = None
    if decided:
        brier = fmean((probability - was_late) ** 2 for probability, was_late in decided)
        base_rate = fmean(was_late for _, was_late in decided)
        base_brier = base_rate * (1 - base_rate)
    below = _share([at < trial.p10 for trial, at in delivered])
    above = _share([at > trial.p90 for trial, at in delivered])
    return Scores(
        share=share,
        forecasts=len(trials),
        decided=len(decided),
        delivered=len(delivered),
        coverage=_share([trial.p10 <= at <= trial.p90 for trial, at in delivered]),
        below=below,
        above=above,
        brier=brier,
        base_rate=base_rate,
        base_brier=base_brier,
        brier_skill=1 - brier / base_brier if brier is not None and base_brier else None,
        crps_seconds=_mean([trial.crps_seconds for trial, _ in delivered if trial.crps_seconds is not None]),
        median_error_seconds=median(abs(at - trial.p50) for trial, at in delivered) if delivered else None,
        reliability=tuple(_bins(decided)),
    )


def _share(held: Sequence[bool]) -> float | None:
    return sum(held) / len(held) if held else None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _bins(decided: Sequence[tuple[float, bool]]) -> list[Bin]:
    found = []
    for number in range(_BINS):
        alike = [each for each in decided if min(int(each[0] * _BINS), _BINS - 1) == number]
        if alike:
            mean, late = fmean(said for said, _ in alike), fmean(was_late for _, was_late in alike)
            found.append(Bin(number / _BINS, (number + 1) / _BINS, len(alike), mean, late))
    return found
