"""Adding up fits one after the other: what `app.ripple.reports.fit` is held against."""

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Generic, TypeVar

from app.ripple.engine.fitting import Fit
from app.ripple.reports.fit import FITTING_SHARE, FitFigures

Group = TypeVar("Group", bound=Hashable)


@dataclass(slots=True)
class _Tally:
    """What a group adds up to so far."""

    unpromised: int = 0
    impossible: int = 0
    waited_last: int = 0
    targets: "array[int]" = field(default_factory=lambda: array("q"))
    fitting: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, fit: Fit, *, last: bool) -> None:
        if fit.target_seconds is None or fit.fitting_seconds is None:
            self.unpromised += 1
            return
        self.targets.append(fit.target_seconds)
        self.fitting.append(fit.fitting_seconds)
        self.impossible += fit.promise_impossible
        self.waited_last += fit.promise_impossible and last

    def figures(self) -> FitFigures:
        tickets = len(self.targets)
        return FitFigures(
            tickets=tickets,
            unpromised=self.unpromised,
            promises_impossible=self.impossible,
            share_impossible=self.impossible / tickets if tickets else None,
            waited_last=self.waited_last,
            target_seconds=_at_share(self.targets, 0.5),
            fitting_target_seconds=_at_share(self.fitting, FITTING_SHARE),
        )


def _at_share(values: Sequence[int], share: float) -> int | None:
    """The least of the values that at least this share of them does not exceed."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else None


class FitTotals(Generic[Group]):
    """Adds up tickets by group, one after the other: each counts once in every group it belongs to."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Tally] = defaultdict(_Tally)
        self._all = _Tally()

    def add(self, fit: Fit, groups: Iterable[Group], last_group: Group | None) -> None:
        """Counts a ticket in its groups; ``last_group`` is that of the provider it waited for last, if among them."""
        for group in set(groups):
            self._groups[group].add(fit, last=group == last_group)
        self._all.add(fit, last=last_group is not None)

    def rows(self) -> dict[Group, FitFigures]:
        """The figures of every group."""
        return {group: tally.figures() for group, tally in self._groups.items()}

    def figures(self) -> FitFigures:
        """The figures of all groups together: each ticket once."""
        return self._all.figures()
