"""Adds up many commitments by group: what `engine.totals` defines, of columns instead of one after the other. Pure.

Each sum is one pass over a column. Sums are exact: seconds below 2**53, money as integers of its smallest unit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, TypeVar

import numpy as np

from app.ripple.engine.totals import Amount, RippleFigures, Sums
from app.ripple.reports.axes import Axis, Group, groups_of, in_common
from app.ripple.reports.codes import Coded, coded, different, wide_enough
from app.ripple.reports.columns import Columns
from app.ripple.reports.ids import Ints, Mask, ranks_by_chance
from app.ripple.reports.money import NO_VALUES, AnnualValues, Money

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class _Felt:
    """The entries of which customers felt something, their commitments, and those' customers."""

    entries: Ints
    commitments: Ints
    customers: Ints

    def where(self, kept: Mask) -> "_Felt":
        """Only those that are kept."""
        return _Felt(self.entries[kept], self.commitments[kept], self.customers[kept])


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Money by what it stands for: the stake of each commitment (-1 for none), and what each is."""

    of: Ints
    worth: Money


@dataclass(frozen=True, slots=True)
class Delays:
    """Entries with a delay, or with anything that customers felt: each of a group, and of a commitment by its place
    among all."""

    groups: Ints
    commitments: Ints
    delay: Ints
    outward: Ints


class Addition:
    """Commitments added up by group.

    With ``counted`` (by place) only entries at such places count, and only commitments that have some. Annual values
    are those of customers; the ones of commitments without a value are enough.
    """

    def __init__(
        self,
        columns: Columns,
        axes: Sequence[Axis],
        counted: Mask | None = None,
        annual_values: AnnualValues = NO_VALUES,
    ) -> None:
        self.axes = axes
        self._columns, self._counted = columns, counted
        entries = columns.entries
        self._entries = entries if counted is None else entries.where(counted[entries.places])
        self._commitments = np.ones(len(columns), np.bool_)
        if counted is not None:
            self._commitments[:] = False
            self._commitments[self._entries.of] = True
        self._coded = self._grouped()
        outward = self._entries.figures["outward"]
        commitments = self._entries.of[outward.entries]
        self._felt = _Felt(outward.entries, commitments, columns.customers[0][commitments])
        self._stakes = _stakes(columns, annual_values, commitments)

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self._coded.groups)

    def _grouped(self) -> Coded:
        """Entries by their groups, of all that could be."""
        by_place = in_common([axis for axis in self.axes if not axis.by_commitment])
        by_commitment = in_common([axis for axis in self.axes if axis.by_commitment])
        self._examples = by_place.examples, by_commitment.examples
        size = len(by_place.examples) * len(by_commitment.examples)
        codes = by_place.of(self._entries.places)
        if len(by_commitment.examples) > 1:
            codes = codes.astype(wide_enough(size), copy=False)
            codes *= len(by_commitment.examples)
            codes += by_commitment.of(self._entries.of)
        return coded(codes, size)

    def numbers(self, chosen: Ints | None = None) -> list[Ints]:
        """For each axis, the number of each group's value, or of those that are chosen."""
        codes = self._coded.groups if chosen is None else self._coded.groups[chosen]
        places, commitments = self._examples
        place, commitment = np.divmod(codes, len(commitments))
        return [axis.numbers[commitments[commitment] if axis.by_commitment else places[place]] for axis in self.axes]

    def groups(self, chosen: Ints | None = None) -> list[Group]:
        """What tells each group, or those that are chosen."""
        return groups_of(self.axes, self.numbers(chosen), len(self) if chosen is None else len(chosen))

    def rows(self, chosen: Ints | None = None) -> list[RippleFigures]:
        """The figures of each group, or those that are chosen."""
        return self.rows_as(RippleFigures, chosen)

    def rows_as(self, kind: Callable[..., Told], chosen: Ints | None = None) -> list[Told]:
        """The same, as what is made of the figures one by one, in the order of `RippleFigures`."""
        which = np.arange(len(self)) if chosen is None else np.sort(chosen)
        among, figures, felt = self._coded.among(which), self._entries.figures, self._felt
        sums = {name: among.sums(figure.entries, figure.amounts) for name, figure in figures.items()}
        kept, numbers = among.numbers(felt.entries)
        rows = list(starmap(kind, self._told(sums, numbers, felt.where(kept))))
        return rows if chosen is None else [rows[place] for place in np.searchsorted(which, chosen).tolist()]

    def outward(self) -> Ints:
        """What customers felt of each group's delay."""
        figure = self._entries.figures["outward"]
        return self._coded.sums(figure.entries, figure.amounts)

    def delay(self, chosen: Ints | None = None) -> Ints:
        """The delay of each group, or of those that are chosen, in order."""
        among = self._coded if chosen is None else self._coded.among(chosen)
        own, waited = (self._entries.figures[name] for name in ("primary", "kept_waiting"))
        return among.sums(own.entries, own.amounts) + among.sums(waited.entries, waited.amounts)

    def totals(self) -> RippleFigures:
        """The figures of all groups together: each commitment and customer once."""
        sums = {name: figure.amounts.sum(keepdims=True) for name, figure in self._entries.figures.items()}
        (figures,) = self._told(sums, np.zeros(len(self._felt.entries), np.int64), self._felt)
        return RippleFigures(*figures)

    def delays(self) -> Delays:
        """The entries with any delay, or with anything that customers felt."""
        delay, outward = (np.zeros(len(self._entries.of), np.int64) for _ in range(2))
        for column, name in ((delay, "primary"), (delay, "kept_waiting"), (outward, "outward")):
            figure = self._entries.figures[name]
            column[figure.entries] += figure.amounts
        some = np.flatnonzero((delay != 0) | (outward != 0))
        return Delays(self._coded.numbers(some)[1], self._entries.of[some], delay[some], outward[some])

    def by_chance(self) -> Ints:
        """The place of each commitment among those that count, by chance; -1 of those that do not."""
        places = np.full(len(self._commitments), -1, np.int64)
        places[self._commitments] = ranks_by_chance(self._columns.ids[self._commitments])
        return places

    def _told(self, sums: Mapping[str, Ints], felt_by: Ints, felt: _Felt) -> Iterator[tuple[Any, ...]]:
        """The figures of groups; `felt_by` is the group of each entry of which customers felt something."""
        size = len(sums["tickets"])
        groups, commitments = _different(felt_by, felt.commitments)
        reached, _ = _different(felt_by, felt.customers)
        touched = self._touched(groups, commitments)
        delay, outward = sums["primary"] + sums["kept_waiting"], sums["outward"]
        columns = (
            *(sums[name] for name in ("tickets", "overrun", "primary", "reactionary", "kept_waiting")),
            delay,
            sums["passed_on"],
            outward,
            np.divide(outward, delay, out=np.full(size, None, object), where=delay != 0),
            np.maximum(0, delay - outward),
            np.bincount(groups, minlength=size),
            np.bincount(reached, minlength=size),
        )
        values = (touched.get(group, []) for group in range(size))
        return zip(*(column.tolist() for column in columns), values, strict=True)

    def _touched(self, groups: Ints, commitments: Ints) -> dict[int, list[Amount]]:
        """By group, the sums of what stood behind the commitments it delayed, each stake once, by currency."""
        stakes = self._stakes
        of = stakes.of[commitments]
        groups, which = _different(groups[of >= 0], of[of >= 0])
        return stakes.worth.at(which).sums(groups)

    def sums(self, delivered: bool, most_unfit: int | None = None) -> Sums:
        """What is counted by commitment. The multiplier is of all delay of those commitments, whatever counts.

        Of the pairs of SLAs that do not fit at least so many, with all that have as many promises as the last.
        """
        columns, kept = self._columns, self._commitments
        lateness, plan, delay = (int(each[kept].sum()) for each in (columns.lateness, columns.plan, columns.delay))
        mismatches = columns.mismatches
        if self._counted is not None:
            mismatches = mismatches.where(kept[mismatches.of] & self._counted[mismatches.places])
        unfit, pairs = mismatches.by_pair(most_unfit)
        return Sums(
            commitments=int(kept.sum()),
            delivered=int(kept.sum()) if delivered else 0,
            late=int((columns.lateness[kept] > 0).sum()),
            lateness_seconds=lateness,
            plan_seconds=plan,
            unpromised_seconds=int(columns.unpromised[kept].sum()),
            promises_impossible=int(mismatches.promises.sum()),
            unfit=unfit,
            unfit_pairs=pairs,
            delay_multiplier=(lateness - plan) / delay if delay else None,
        )


def _different(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The different pairs of numbers, in order."""
    if len(second) == 0:
        return first, second
    width = int(second.max()) + 1
    return np.divmod(different(first * width + second, width * (int(first.max()) + 1)), width)


def _stakes(columns: Columns, annual_values: AnnualValues, commitments: Ints) -> _Stakes:
    """What stands behind each of these commitments: its value, else the annual value of its customer."""
    delayed = np.zeros(len(columns), np.bool_)
    delayed[commitments] = True
    stated = columns.worth.digits >= 0
    valued, without = np.flatnonzero(delayed & stated), np.flatnonzero(delayed & ~stated)
    numbers, customers = columns.customers
    annual = annual_values.of(customers)[numbers[without]]
    of = np.full(len(columns), -1, np.int64)
    of[valued] = np.arange(len(valued))
    of[without] = np.where(annual >= 0, len(valued) + annual, -1)
    return _Stakes(of, columns.worth.at(valued).followed_by(annual_values.worth))
