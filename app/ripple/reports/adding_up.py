"""Adds up many commitments by group: what `engine.totals` defines, of columns instead of one after the other. Pure.

Each sum is one pass over a column. Sums are exact: seconds below 2**53, money as integers of its smallest unit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap
from typing import Any, TypeVar

import numpy as np

from app.ripple.engine.totals import Amount, RippleFigures, Sums
from app.ripple.reports.axes import Axis, Group, Possible, groups_of
from app.ripple.reports.codes import FEW, Coded, coded, different, renumbered, summed
from app.ripple.reports.columns import Columns, Entries
from app.ripple.reports.ids import Ints, Mask, ranks_by_chance
from app.ripple.reports.money import NO_VALUES, AnnualValues, Money

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class _Felt:
    """The entries of which customers felt something: their groups' codes, their commitments, and those' customers."""

    codes: Ints
    commitments: Ints
    customers: Ints

    def where(self, kept: Ints) -> "_Felt":
        """Only those that are kept."""
        return _Felt(self.codes[kept], self.commitments[kept], self.customers[kept])


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

    With ``counted`` (by place) only entries at such places count, and only commitments that have some.
    """

    def __init__(self, columns: Columns, axes: Sequence[Axis], counted: Mask | None = None) -> None:
        self.axes = axes
        self._columns, self._counted = columns, counted
        entries = columns.entries
        self._entries = entries if counted is None else entries.where(counted[entries.places])
        self._commitments = np.ones(len(columns), np.bool_)
        if counted is not None:
            self._commitments[:] = False
            self._commitments[self._entries.of] = True
        self._possible = Possible(axes)
        self._summed = self._added_up_before()
        self._codes = self._possible.codes(self._summed.places, self._summed.of)
        self._coded = coded(self._codes, self._possible.size)
        outward = self._entries.figures["outward"].entries
        commitments = self._entries.of[outward]
        codes = self._possible.codes(self._entries.places[outward], commitments)
        self._felt = _Felt(codes, commitments, columns.customers[0][commitments])
        self._annual_values = NO_VALUES

    def _added_up_before(self) -> Entries:
        """What the sums are of: where all axes go by places, or all by commitments, each of these once."""
        if self._counted is not None:
            return self._entries
        if all(axis.by_commitment for axis in self.axes):
            return self._columns.by_commitment
        return self._entries if any(axis.by_commitment for axis in self.axes) else self._columns.by_place

    def with_annual_values(self, annual_values: AnnualValues) -> "Addition":
        """The same, where commitments without a value stand for what their customers are worth in a year."""
        same = copy(self)
        same._annual_values = annual_values
        same.__dict__.pop("_stakes", None)
        return same

    @cached_property
    def _stakes(self) -> _Stakes:
        return _stakes(self._columns, self._annual_values, self._felt.commitments)

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self._coded.groups)

    def numbers(self, chosen: Ints | None = None) -> list[Ints]:
        """For each axis, the number of each group's value, or of those that are chosen."""
        return self._possible.numbers(self._coded.groups if chosen is None else self._coded.groups[chosen])

    def groups(self, chosen: Ints | None = None) -> list[Group]:
        """What tells each group, or those that are chosen."""
        return groups_of(self.axes, self.numbers(chosen), len(self) if chosen is None else len(chosen))

    def rows(self, chosen: Ints | None = None) -> list[RippleFigures]:
        """The figures of each group, or those that are chosen."""
        return self.rows_as(RippleFigures, chosen)

    def rows_as(self, kind: Callable[..., Told], chosen: Ints | None = None) -> list[Told]:
        """The same, as what is made of the figures one by one, in the order of `RippleFigures`."""
        which = np.arange(len(self)) if chosen is None else np.sort(chosen)
        among, felt = self._coded.among(which), self._felt
        sums = self._all_sums(among)
        kept, numbers = among.numbers(felt.codes)
        rows = list(starmap(kind, self._told(sums, numbers, felt.where(kept))))
        return rows if chosen is None else [rows[place] for place in np.searchsorted(which, chosen).tolist()]

    def outward(self, chosen: Ints | None = None) -> Ints:
        """What customers felt of the delay of each group, or of those that are chosen, in order."""
        return self._sums("outward", self._coded if chosen is None else self._coded.among(chosen))

    def heaviest(self, most: int) -> Ints:
        """The places of so many groups of which customers felt most, with all of which they felt as much as of the last
        of these; all groups, where they felt anything of fewer."""
        figure = self._summed.figures["outward"]
        numbers, codes = renumbered(self._codes[figure.entries], self._coded.size)
        sums = summed(numbers, figure.amounts, len(codes))
        if most > len(sums):
            return np.arange(len(self))
        largest: Ints = codes[sums >= np.partition(sums, -most)[-most]]
        return np.searchsorted(self._coded.groups, largest)

    def delay(self, chosen: Ints | None = None) -> Ints:
        """The delay of each group, or of those that are chosen, in order."""
        among = self._coded if chosen is None else self._coded.among(chosen)
        return self._sums("primary", among) + self._sums("kept_waiting", among)

    def _sums(self, name: str, among: Coded) -> Ints:
        figure = self._summed.figures[name]
        return among.sums(self._codes[figure.entries], figure.amounts)

    def _all_sums(self, among: Coded) -> dict[str, Ints]:
        """Every figure of some of the groups."""
        if len(among.groups) * FEW > len(self):
            return {name: self._sums(name, among) for name in self._summed.figures}
        kept, numbers = among.numbers(self._codes)
        columns = {name: figure.column[kept] for name, figure in self._summed.figures.items()}
        return {name: summed(numbers, column, len(among.groups)) for name, column in columns.items()}

    def totals(self) -> RippleFigures:
        """The figures of all groups together: each commitment and customer once."""
        sums = {name: figure.amounts.sum(keepdims=True) for name, figure in self._entries.figures.items()}
        (figures,) = self._told(sums, np.zeros(len(self._felt.codes), np.int64), self._felt)
        return RippleFigures(*figures)

    def delays(self, chosen: Ints | None = None) -> Delays:
        """The entries with any delay, or with anything that customers felt: of all groups, or of those that are chosen,
        in order, by their places among these."""
        among = self._coded if chosen is None else self._coded.among(chosen)
        entries, figures = self._entries, self._entries.figures
        kept, groups = among.numbers(self._possible.codes(entries.places, entries.of))
        own, waited, outward = (
            figures[name].column[kept].astype(np.int64) for name in ("primary", "kept_waiting", "outward")
        )
        delay = own + waited
        some = np.flatnonzero((delay != 0) | (outward != 0))
        return Delays(groups[some], entries.of[kept[some]], delay[some], outward[some])

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
