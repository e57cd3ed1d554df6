"""What adopting a suggestion changed: a metric in a stretch of time before, and in an equal one since. Pure.

A figure that moved says little by itself: few tickets move a lot by chance, and what was worst gets better without any
help. So each side has its n, and an interval where the report gives one; only intervals that do not touch count as a
change, which is stricter than a test at the same confidence (Schenker and Gentleman 2001). What else changed at the
same time no figure tells.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from app.ripple.elapsed import in_words

FEWEST: Final = 20
"""With fewer on either side nothing is concluded."""

MetricName: TypeAlias = Literal[
    "attainment",
    "outward_seconds",
    "csat",
    "mean_score",
    "returns",
    "questions",
    "approval_p50_seconds",
]
Verdict: TypeAlias = Literal["better", "worse", "unclear", "too_few"]


@dataclass(frozen=True, slots=True)
class Side:
    """A metric in a stretch of time: of `n`, with its interval where there is one."""

    start: datetime
    end: datetime
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a metric counts, how it is said, and whether more of it is better."""

    name: str
    counted: str
    more_is_better: bool
    said: Callable[[float], str]


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _score(value: float) -> str:
    return f"{value:.2f}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _seconds(value: float) -> str:
    return in_words(round(value))


KINDS: Final[Mapping[MetricName, Kind]] = {
    "attainment": Kind("Attainment", "decided clocks", True, _share),
    "outward_seconds": Kind("What customers felt", "delivered commitments", False, _seconds),
    "csat": Kind("Internal CSAT", "responses", True, _share),
    "mean_score": Kind("The mean score", "responses", True, _score),
    "returns": Kind("Hand-offs returned", "tickets", False, _count),
    "questions": Kind("Questions asked back", "tickets", False, _count),
    "approval_p50_seconds": Kind("The median time to a decision", "approvals", False, _seconds),
}


def verdict(metric: MetricName, before: Side, since: Side) -> Verdict:
    """Whether it got better or worse: `unclear` where that may be chance, or nobody can tell whether it is."""
    if before.value is None or since.value is None or min(before.n, since.n) < FEWEST:
        return "too_few"
    if before.low is None or before.high is None or since.low is None or since.high is None:
        return "unclear"
    if since.low > before.high:
        return "better" if KINDS[metric].more_is_better else "worse"
    if since.high < before.low:
        return "worse" if KINDS[metric].more_is_better else "better"
    return "unclear"


def told(metric: MetricName, before: Side, since: Side) -> str:
    """The effect in a sentence."""
    kind = KINDS[metric]
    sides = f"{kind.name}: {_side(kind, before)} before, {_side(kind, since)} since"
    match verdict(metric, before, since):
        case "too_few":
            return f"{sides}. That is too few to tell."
        case "unclear" if before.low is None or since.low is None:
            return f"{sides}. How much of that is chance is not known."
        case "unclear":
            return f"{sides}. That may be chance: the intervals touch."
        case "better":
            return f"{sides}. That is better, and more than chance explains."
        case _:
            return f"{sides}. That is worse, and more than chance explains."


def _side(kind: Kind, side: Side) -> str:
    value = "nothing" if side.value is None else kind.said(side.value)
    return f"{value} (of {side.n:,} {kind.counted})"
