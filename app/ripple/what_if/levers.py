"""Levers: which department should be faster to save the most customer value? Pure.

"So much faster" is meant commitment by commitment: what a department held of it by itself (its base time, each second
of a ticket once) gets shorter by that much, or vanishes where it is less, everywhere in the same proportion.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from app.ripple.engine.graph import Graph
from app.ripple.engine.stakes import Stake, Stakes, by_currency
from app.ripple.engine.totals import Amount
from app.ripple.what_if.supposing import Supposing, Supposition

HOUR: Final = 3_600
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Lever:
    """One department on one late commitment: the base time it would have been faster by, and what had come of it."""

    department: str
    taken_seconds: int
    lateness_seconds: int


@dataclass(frozen=True, slots=True)
class LeverFigures:
    """What had come of it, had the department been so much faster on each of the late commitments it had a part in.

    ``commitments`` are those late ones; ``pace_seconds`` is by how much it would have been faster on all of them.
    ``commitments_saved`` would have been in time; ``value_saved`` is theirs, or where they state none the annual value
    of customers none of whose late commitments would have stayed late. ``value_saved_per_hour`` is by hour of pace.
    """

    commitments: int
    pace_seconds: int
    commitments_saved: int
    lateness_saved_seconds: int
    value_saved: list[Amount]
    value_saved_per_hour: list[Amount]


@dataclass(frozen=True, slots=True)
class LeverTotals:
    """The commitments of the period, those that were late, by how much, and the value that was let down."""

    commitments: int
    late: int
    lateness_seconds: int
    value_late: list[Amount]


def levers(graph: Graph, faster_seconds: int) -> Iterator[Lever]:
    """What each department with base time could have done about a late commitment, by being so much faster on it."""
    supposing = Supposing(graph)
    for department, held in supposing.base_seconds().items():
        taken = min(faster_seconds, held)
        outcome = supposing.outcome(Supposition(paces={department: 1 - taken / held}))
        yield Lever(department, taken, outcome.lateness_after)


@dataclass(slots=True)
class _Tally:
    commitments: int = 0
    taken_seconds: int = 0
    commitments_saved: int = 0
    lateness_saved_seconds: int = 0
    saved: Stakes = field(default_factory=Stakes)

    def figures(self, late: Stakes) -> LeverFigures:
        value_saved = self.saved.whole(late)
        hours = Decimal(self.taken_seconds) / HOUR
        return LeverFigures(
            commitments=self.commitments,
            pace_seconds=self.taken_seconds,
            commitments_saved=self.commitments_saved,
            lateness_saved_seconds=self.lateness_saved_seconds,
            value_saved=value_saved,
            value_saved_per_hour=[
                Amount((amount.value / hours).quantize(_CENT), amount.currency) for amount in value_saved
            ],
        )


class LeverSums:
    """Adds up levers over commitments, one after the other."""

    def __init__(self) -> None:
        self._commitments = 0
        self._late = 0
        self._lateness_seconds = 0
        self._stakes = Stakes()
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    def add_in_time(self, commitments: int) -> None:
        """So many that were not late: nobody could have saved them."""
        self._commitments += commitments

    def add_late(self, stake: Stake, lateness_seconds: int, pulled: Sequence[Lever]) -> None:
        """A late commitment, with what each department could have done about it."""
        self._commitments += 1
        self._late += 1
        self._lateness_seconds += lateness_seconds
        self._stakes.add(stake)
        for lever in pulled:
            tally = self._tallies[lever.department]
            tally.commitments += 1
            tally.taken_seconds += lever.taken_seconds
            tally.lateness_saved_seconds += lateness_seconds - lever.lateness_seconds
            if not lever.lateness_seconds:
                tally.commitments_saved += 1
                tally.saved.add(stake)

    def totals(self) -> LeverTotals:
        return LeverTotals(self._commitments, self._late, self._lateness_seconds, self._stakes.amounts())

    def ranked(self) -> list[tuple[str, LeverFigures]]:
        """Departments by value saved per hour of pace: in the currency in which most was let down, then in the next.
        Then by commitments, and by lateness, saved in an hour, then by name."""
        at_stake = sorted(self._stakes.amounts(), key=lambda amount: (-amount.value, amount.currency))
        currencies = [amount.currency for amount in at_stake]
        rows = [(department, tally.figures(self._stakes)) for department, tally in self._tallies.items()]
        return sorted(rows, key=lambda row: _rank(row[0], row[1], currencies))


def _rank(department: str, figures: LeverFigures, currencies: Sequence[str]) -> tuple[Any, ...]:
    saved = by_currency(figures.value_saved)
    pace = figures.pace_seconds
    return (
        *(-saved.get(currency, Decimal(0)) / pace for currency in currencies),
        -figures.commitments_saved / pace,
        -figures.lateness_saved_seconds / pace,
        department,
    )
