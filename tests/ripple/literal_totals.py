"""Adding up analyses one after the other: what `app.ripple.reports.adding_up` is held against."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar
from uuid import UUID

from app.ripple.engine.totals import (
    Amount,
    Assessed,
    Entry,
    Place,
    RippleFigures,
    Sums,
    Unfit,
    entries,
    promises_impossible,
)

Group = TypeVar("Group", bound=Hashable)


@dataclass(slots=True)
class _Tally:
    """What a group adds up to so far."""

    tickets: int = 0
    overrun: int = 0
    primary: int = 0
    reactionary: int = 0
    kept_waiting: int = 0
    passed_on: int = 0
    outward: int = 0
    delayed: set[UUID] = field(default_factory=set)
    customers: set[UUID] = field(default_factory=set)
    values: dict[str, Decimal] = field(default_factory=dict)
    annual_values: dict[UUID, Amount] = field(default_factory=dict)

    def add(self, assessed: Assessed, entry: Entry) -> None:
        self.tickets += entry.tickets
        self.overrun += entry.overrun
        self.primary += entry.primary
        self.reactionary += entry.reactionary
        self.kept_waiting += entry.kept_waiting
        self.passed_on += entry.passed_on
        self.outward += entry.outward
        if entry.outward and assessed.commitment_id not in self.delayed:
            self.delayed.add(assessed.commitment_id)
            self.customers.add(assessed.customer_id)
            if assessed.value is not None:
                _add_amount(self.values, assessed.value)
            elif assessed.annual_value is not None:
                self.annual_values[assessed.customer_id] = assessed.annual_value

    def figures(self) -> RippleFigures:
        delay = self.primary + self.kept_waiting
        values = dict(self.values)
        for amount in self.annual_values.values():
            _add_amount(values, amount)
        return RippleFigures(
            tickets=self.tickets,
            overrun_seconds=self.overrun,
            primary_seconds=self.primary,
            reactionary_seconds=self.reactionary,
            kept_waiting_seconds=self.kept_waiting,
            delay_seconds=delay,
            passed_on_seconds=self.passed_on,
            outward_seconds=self.outward,
            transmission=self.outward / delay if delay else None,
            absorbed_seconds=max(0, delay - self.outward),
            commitments_delayed=len(self.delayed),
            customers_reached=len(self.customers),
            value_touched=[Amount(value, currency) for currency, value in sorted(values.items())],
        )


def _add_amount(values: dict[str, Decimal], amount: Amount) -> None:
    values[amount.currency] = values.get(amount.currency, Decimal(0)) + amount.value


class Aggregation(Generic[Group]):
    """Adds up commitments by group, one after the other.

    With ``counted`` only entries at such places count, and only commitments that have some.
    """

    def __init__(
        self, group_of: Callable[[Assessed, Place], Group], counted: Callable[[Place], bool] | None = None
    ) -> None:
        self._group_of = group_of
        self._counted = counted
        self._groups: dict[Group, _Tally] = defaultdict(_Tally)
        self._all = _Tally()
        self._sums: Counter[str] = Counter()
        self._unfit: Counter[tuple[UUID | None, UUID | None]] = Counter()

    def add(self, assessed: Assessed) -> None:
        found = list(entries(assessed))
        counted = found if self._counted is None else [entry for entry in found if self._counted(entry.place)]
        if not counted and self._counted is not None:
            return
        for entry in counted:
            self._groups[self._group_of(assessed, entry.place)].add(assessed, entry)
            self._all.add(assessed, entry)
        analysis = assessed.analysis
        self._sums["commitments"] += 1
        self._sums["delivered"] += assessed.delivered
        self._sums["late"] += analysis.lateness_seconds > 0
        self._sums["lateness"] += analysis.lateness_seconds
        self._sums["plan"] += analysis.plan_seconds
        self._sums["unpromised"] += analysis.unpromised_seconds
        self._sums["delay"] += sum(entry.primary + entry.kept_waiting for entry in found)
        self._unfit.update(
            (sla_id, blocker_sla_id)
            for place, sla_id, blocker_sla_id in promises_impossible(assessed)
            if self._counted is None or self._counted(place)
        )

    def rows(self) -> dict[Group, RippleFigures]:
        """The figures of every group that has any."""
        return {group: tally.figures() for group, tally in self._groups.items()}

    def figures(self) -> RippleFigures:
        """The figures of all groups together: each commitment and customer once."""
        return self._all.figures()

    def sums(self) -> Sums:
        """What is counted by commitment. The multiplier is of all delay of those commitments, whatever counts."""
        sums = self._sums
        return Sums(
            commitments=sums["commitments"],
            delivered=sums["delivered"],
            late=sums["late"],
            lateness_seconds=sums["lateness"],
            plan_seconds=sums["plan"],
            unpromised_seconds=sums["unpromised"],
            promises_impossible=self._unfit.total(),
            unfit=[Unfit(*pair, promises) for pair, promises in self._unfit.most_common()],
            unfit_pairs=len(self._unfit),
            delay_multiplier=(sums["lateness"] - sums["plan"]) / sums["delay"] if sums["delay"] else None,
        )
