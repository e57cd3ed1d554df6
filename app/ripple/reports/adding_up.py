"""Adds up many commitments by group: what `engine.totals` defines, of columns instead of one after the other. Pure.

Each sum is one pass over a column. Sums are exact: seconds below 2**53, money as integers of its smallest unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Amount, RippleFigures, Sums, Unfit
from app.ripple.reports.columns import (
    HIGH,
    NO_VALUES,
    UNIT_DIGITS,
    AnnualValues,
    Columns,
    Ints,
    Mask,
    Money,
    numbered,
    uuids,
)

Group: TypeAlias = tuple[Any, ...]
"""What tells a group apart: a value for each axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing to group by: the number of a value for each commitment, or else for each place by its id."""

    numbers: Ints
    values: Sequence[Any]
    by_commitment: bool


@dataclass(frozen=True, slots=True)
class _Felt:
    """The entries of which customers felt something: their places among all, their commitments, and those' customers.

    Customers are numbered, as they come.
    """

    entries: Ints
    commitments: Ints
    customers: Ints


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Money by what it stands for: the stake of each commitment (-1 for none), and what each is."""

    of: Ints
    worth: Money


@dataclass(frozen=True, slots=True)
class Delays:
    """Entries: the number of each's group and commitment, its delay and outward seconds; `of` so many commitments.

    Those commitments are the ones that count; ``rows`` are their places among all.
    """

    groups: Ints
    commitments: Ints
    rows: Ints
    delay: Ints
    outward: Ints
    of: int


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
        self._columns, self._axes, self._counted = columns, axes, counted
        kept: Any = slice(None) if counted is None else np.flatnonzero(counted[columns.places])
        self._of, self._places = columns.of[kept], columns.places[kept]
        self._figures = {name: column[kept] for name, column in columns.figures.items()}
        self._commitments = np.ones(len(columns), np.bool_)
        if counted is not None:
            self._commitments[:] = False
            self._commitments[self._of] = True
        self._codes, self._group_codes = self._grouped()
        self._sums = {name: _sums(self._codes, column, len(self)) for name, column in self._figures.items()}
        entries = np.flatnonzero(self._figures["outward"])
        commitments = self._of[entries]
        late, numbers = np.unique(commitments, return_inverse=True)
        self._felt = _Felt(entries, commitments, numbered(columns.customer_ids[late])[0][numbers])
        self._stakes = _stakes(columns, annual_values, late)

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self._group_codes)

    def _grouped(self) -> tuple[Ints, Ints]:
        """The number of each entry's group, and what each group is, as one number for all axes."""
        code: Any = 0
        for axis in self._axes:
            number = axis.numbers[self._of if axis.by_commitment else self._places]
            code = code * len(axis.values) + number
        codes = np.broadcast_to(np.asarray(code, np.int64), self._of.shape)
        size = int(np.prod([len(axis.values) for axis in self._axes], dtype=object))
        if size > 4 * len(codes) + 4096:
            groups, codes = np.unique(codes, return_inverse=True)
            return codes, groups
        there = np.bincount(codes, minlength=size) > 0
        return (np.cumsum(there) - 1)[codes], np.flatnonzero(there)

    def groups(self, chosen: Sequence[int] | None = None) -> list[Group]:
        """What tells each group, or those that are chosen."""
        left, columns = self._group_codes if chosen is None else self._group_codes[list(chosen)], []
        for axis in reversed(self._axes):
            left, number = np.divmod(left, len(axis.values))
            columns.append([axis.values[each] for each in number.tolist()])
        return list(zip(*reversed(columns), strict=True)) if columns else [()] * len(left)

    def rows(self, chosen: Sequence[int] | None = None) -> list[RippleFigures]:
        """The figures of each group, or those that are chosen."""
        which = np.arange(len(self)) if chosen is None else np.array(chosen, np.int64)
        places = np.full(len(self), -1, np.int64)
        places[which] = np.arange(len(which))
        felt_by = places[self._codes[self._felt.entries]]
        sums = {name: column[which].tolist() for name, column in self._sums.items()}
        return self._told(sums, felt_by)

    def delay_and_outward(self) -> tuple[Ints, Ints]:
        """The delay of each group, and what of it customers felt."""
        return self._sums["primary"] + self._sums["kept_waiting"], self._sums["outward"]

    def totals(self) -> RippleFigures:
        """The figures of all groups together: each commitment and customer once."""
        sums = {name: [int(column.sum())] for name, column in self._sums.items()}
        (figures,) = self._told(sums, np.zeros(len(self._felt.entries), np.int64))
        return figures

    def delays(self) -> Delays:
        """The entries with any delay, or with anything that customers felt."""
        delay = self._figures["primary"].astype(np.int64) + self._figures["kept_waiting"]
        outward = self._figures["outward"].astype(np.int64)
        some = np.flatnonzero((delay != 0) | (outward != 0))
        rows, numbers = self._of[some], np.cumsum(self._commitments) - 1
        counted = int(self._commitments.sum())
        return Delays(self._codes[some], numbers[rows], rows, delay[some], outward[some], counted)

    def _told(self, sums: Mapping[str, list[int]], felt_by: Ints) -> list[RippleFigures]:
        """The figures of groups; `felt_by` is the group of each entry of which customers felt something, or -1."""
        size, counted = len(sums["tickets"]), felt_by >= 0
        groups, commitments = _different(felt_by[counted], self._felt.commitments[counted])
        delayed = np.bincount(groups, minlength=size).tolist()
        reached = np.bincount(_different(felt_by[counted], self._felt.customers[counted])[0], minlength=size).tolist()
        touched = self._touched(groups, commitments)
        delays = [primary + kept for primary, kept in zip(sums["primary"], sums["kept_waiting"], strict=True)]
        return [
            RippleFigures(
                tickets=sums["tickets"][group],
                overrun_seconds=sums["overrun"][group],
                primary_seconds=sums["primary"][group],
                reactionary_seconds=sums["reactionary"][group],
                kept_waiting_seconds=sums["kept_waiting"][group],
                delay_seconds=delay,
                passed_on_seconds=sums["passed_on"][group],
                outward_seconds=outward,
                transmission=outward / delay if delay else None,
                absorbed_seconds=max(0, delay - outward),
                commitments_delayed=delayed[group],
                customers_reached=reached[group],
                value_touched=touched.get(group, []),
            )
            for group, (delay, outward) in enumerate(zip(delays, sums["outward"], strict=True))
        ]

    def _touched(self, groups: Ints, commitments: Ints) -> dict[int, list[Amount]]:
        """By group, the sums of what stood behind the commitments it delayed, each stake once, by currency."""
        stakes = self._stakes
        of = stakes.of[commitments]
        groups, which = _different(groups[of >= 0], of[of >= 0])
        if len(groups) == 0:
            return {}
        worth = stakes.worth.at(which)
        currencies, currency = np.unique(worth.currency, return_inverse=True)
        keys, sums = np.unique(groups * len(currencies) + currency, return_inverse=True)
        high, low, digits = (np.zeros(len(keys), np.int64) for _ in range(3))
        np.add.at(high, sums, worth.high)
        np.add.at(low, sums, worth.low)
        np.maximum.at(digits, sums, worth.digits)
        found: dict[int, list[Amount]] = {}
        for key, *parts in zip(keys.tolist(), high.tolist(), low.tolist(), digits.tolist(), strict=True):
            group, number = divmod(key, len(currencies))
            found.setdefault(group, []).append(Amount(_decimal(*parts), currencies[number].decode()))
        return found

    def sums(self, delivered: bool) -> Sums:
        """What is counted by commitment. The multiplier is of all delay of those commitments, whatever counts."""
        columns, kept = self._columns, self._commitments
        lateness, plan, delay = (int(each[kept].sum()) for each in (columns.lateness, columns.plan, columns.delay))
        unfit = self._unfit()
        return Sums(
            commitments=int(kept.sum()),
            delivered=int(kept.sum()) if delivered else 0,
            late=int((columns.lateness[kept] > 0).sum()),
            lateness_seconds=lateness,
            plan_seconds=plan,
            unpromised_seconds=int(columns.unpromised[kept].sum()),
            promises_impossible=sum(each.promises for each in unfit),
            unfit=unfit,
            delay_multiplier=(lateness - plan) / delay if delay else None,
        )

    def _unfit(self) -> list[Unfit]:
        """The most promises first."""
        columns = self._columns
        kept = self._commitments[columns.unfit_of]
        if self._counted is not None:
            kept = kept & self._counted[columns.unfit["place"]]
        unfit = columns.unfit[kept]
        pairs, told = numbered(unfit["slas"].astype(np.uint64))
        promises = np.bincount(pairs, unfit["promises"], minlength=len(told)).astype(np.int64).tolist()
        slas, blockers = uuids(told[:, :2]), uuids(told[:, 2:])
        found = [
            Unfit(sla if sla.int else None, blocker if blocker.int else None, number)
            for sla, blocker, number in zip(slas, blockers, promises, strict=True)
        ]
        return sorted(found, key=lambda each: -each.promises)


def _decimal(high: int, low: int, digits: int) -> Decimal:
    """So much money, with that many decimals."""
    units = (high * HIGH + low) // 10 ** (UNIT_DIGITS - digits)
    return Decimal(f"{units}E-{digits}")


def _sums(codes: Ints, column: NDArray[np.int32], size: int) -> Ints:
    return np.bincount(codes, column, minlength=size).astype(np.int64)


def _different(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The different pairs of numbers, in order."""
    if len(second) == 0:
        return first, second
    width = int(second.max()) + 1
    pairs = np.sort(first * width + second)
    # Sorting so few is faster than the hashing of `unique`.
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))]
    return np.divmod(pairs, width)


def _stakes(columns: Columns, annual_values: AnnualValues, commitments: Ints) -> _Stakes:
    """What stands behind each of these commitments: its value, else the annual value of its customer."""
    stated = columns.worth.digits[commitments] >= 0
    valued, without = commitments[stated], commitments[~stated]
    annual = annual_values.of(columns.customer_ids[without])
    of = np.full(len(columns), -1, np.int64)
    of[valued] = np.arange(len(valued))
    of[without] = np.where(annual >= 0, len(valued) + annual, -1)
    return _Stakes(of, columns.worth.at(valued).followed_by(annual_values.worth))
