"""What customers lived through in a period, and what became of that. Pure.

Lateness is the mean over the promises to a customer that were delivered in the period or overdue at its end: a mean, so
that whoever is promised much does not count as let down often. Friction is how often, per ticket that served the
customer, work stopped for others on the inside or was passed on: waits on the requester or on other tickets, hops,
questions. The upper bound of a bucket belongs to it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from uuid import UUID

from app.metrics.rank_correlation import RankCorrelation, rank_correlation

Measure: TypeAlias = Literal["lateness", "friction"]
OutcomeKind: TypeAlias = Literal["csat", "nps", "complaint", "churn", "renewal", "expansion"]

_DAY: Final = 86_400
_LATENESS: Final = (
    (0, "none_late"),
    (_DAY, "up_to_1_day"),
    (3 * _DAY, "from_1_to_3_days"),
    (7 * _DAY, "from_3_to_7_days"),
)
_FRICTION: Final = ((0, "none"), (0.5, "up_to_half"), (1, "from_half_to_1"), (2, "from_1_to_2"))
_MOST_LATE, _NOTHING_DUE = "over_7_days", "nothing_due"
_MOST_FRICTION, _NOTHING_ASKED = "over_2", "nothing_asked"

BUCKETS: Final[Mapping[str, tuple[str, ...]]] = {
    "lateness": (*(name for _, name in _LATENESS), _MOST_LATE, _NOTHING_DUE),
    "friction": (*(name for _, name in _FRICTION), _MOST_FRICTION, _NOTHING_ASKED),
}
"""The groups of either measure, the best first; last those of whom there is none."""


@dataclass(frozen=True, slots=True)
class Experience:
    """One customer in a period: promises due and how late, tickets and what held them up, and the outcomes.

    `groups` are those that it may have several of, by dimension: then this is what it lived through in them.
    """

    id: UUID
    external_ref: str
    name: str
    tier: str | None
    promises: int
    late: int
    lateness_seconds: int
    tickets: int
    waits: int
    hops: int
    questions: int
    csat_responses: int
    csat_sum: int
    nps_responses: int
    nps_sum: int
    complaints: int
    churns: int
    renewals: int
    expansions: int
    groups: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def lateness(self) -> float | None:
        """Seconds per promise; None when none was due."""
        return self.lateness_seconds / self.promises if self.promises else None

    @property
    def friction(self) -> float | None:
        """Stops and hops per ticket; None when nothing was asked."""
        return (self.waits + self.hops + self.questions) / self.tickets if self.tickets else None

    def bucket(self, measure: str) -> str:
        """Its group by `lateness` or `friction`."""
        if measure == "lateness":
            return _bucket(self.lateness, _LATENESS, _MOST_LATE, _NOTHING_DUE)
        return _bucket(self.friction, _FRICTION, _MOST_FRICTION, _NOTHING_ASKED)


def _bucket(value: float | None, bounds: Sequence[tuple[float, str]], above: str, nothing: str) -> str:
    if value is None:
        return nothing
    return next((name for bound, name in bounds if value <= bound), above)


MEASURES: Final[Mapping[Measure, Callable[[Experience], float | None]]] = {
    "lateness": lambda lived: lived.lateness,
    "friction": lambda lived: lived.friction,
}
"""What outcomes are held against, by name."""


def _decided(lived: Experience) -> float | None:
    return 1 if lived.renewals else 0 if lived.churns else None


OUTCOMES: Final[Mapping[OutcomeKind, Callable[[Experience], float | None]]] = {
    "csat": lambda lived: lived.csat_sum / lived.csat_responses if lived.csat_responses else None,
    "nps": lambda lived: lived.nps_sum / lived.nps_responses if lived.nps_responses else None,
    "complaint": lambda lived: lived.complaints,
    "churn": lambda lived: 1 if lived.churns else 0,
    "renewal": _decided,
    "expansion": lambda lived: 1 if lived.expansions else 0,
}
"""What a customer's outcome is, by kind; None for those of whom it is not known. A renewal is held against leaving: who
did neither had nothing to decide, as far as is known."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a measure and an outcome go together over the `n` customers of whom both are known."""

    measure: Measure
    outcome: OutcomeKind
    n: int
    correlation: RankCorrelation | None


def comparisons(experiences: Iterable[Experience]) -> Iterator[Comparison]:
    """Each measure with each outcome."""
    lived = list(experiences)
    for measure, measured in MEASURES.items():
        for outcome, known in OUTCOMES.items():
            pairs = [
                (first, second)
                for each in lived
                if (first := measured(each)) is not None and (second := known(each)) is not None
            ]
            yield Comparison(measure, outcome, len(pairs), rank_correlation(pairs))
