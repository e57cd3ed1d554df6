"""Adds up many commitments by group: what `app.ripple.totals` defines, of columns instead of one after the other. Pure.

Each sum is one pass over a column. Sums are exact: seconds below 2**53, money as integers of its smallest unit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.ripple.columns import Columns, Ints, Mask, numbered, uuids
from app.ripple.packing import FIGURES
from app.ripple.totals import Amount, RippleFigures, Sums, Unfit

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
    """What of a commitment customers felt, and where: each pair of a group and a commitment that it delayed, once."""

    groups: Ints
    commitments: Ints


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Money by what it stands for: the stake of each commitment (-1 for none), and their amounts.

    An amount is so many units of ten to the power of minus ``digits``; ``places`` are those it was stated with.
    """

    of: Ints
    units: NDArray[Any]
    currency: Ints
    places: Ints
    digits: int
    currencies: list[str]


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
        annual_values: Mapping[UUID, Amount] | None = None,
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
        self._stakes = _stakes(columns, annual_values or {}, np.unique(self._of[self._figures["outward"] != 0]))
        self._customers, _ = numbered(columns.customer_ids)

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

    def groups(self) -> list[Group]:
        """What tells each group."""
        left, columns = self._group_codes, []
        for axis in reversed(self._axes):
            left, number = np.divmod(left, len(axis.values))
            columns.append([axis.values[each] for each in number.tolist()])
        return list(zip(*reversed(columns), strict=True)) if columns else [()] * len(self)

    def rows(self) -> list[RippleFigures]:
        """The figures of each group."""
        return list(self._told(self._codes, len(self)))

    def totals(self) -> RippleFigures:
        """The figures of all groups together: each commitment and customer once."""
        (figures,) = self._told(np.zeros(len(self._of), np.int64), 1)
        return figures

    def delays(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Group, commitment, delay and outward seconds of every entry that has any of the latter."""
        delay = self._figures["primary"].astype(np.int64) + self._figures["kept_waiting"]
        outward = self._figures["outward"].astype(np.int64)
        some = np.flatnonzero((delay != 0) | (outward != 0))
        return self._codes[some], self._of[some], delay[some], outward[some]

    def _told(self, codes: Ints, size: int) -> Iterator[RippleFigures]:
        sums = {name: _sums(codes, self._figures[name], size) for name in FIGURES}
        felt = self._felt(codes)
        delayed = np.bincount(felt.groups, minlength=size).tolist()
        customers = self._customers[felt.commitments]
        reached = _different(felt.groups, customers)
        customers_reached = np.bincount(reached[0], minlength=size).tolist()
        touched = self._touched(felt)
        for group in range(size):
            delay, outward = sums["primary"][group] + sums["kept_waiting"][group], sums["outward"][group]
            yield RippleFigures(
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
                customers_reached=customers_reached[group],
                value_touched=touched.get(group, []),
            )

    def _felt(self, codes: Ints) -> _Felt:
        felt = np.flatnonzero(self._figures["outward"])
        return _Felt(*_different(codes[felt], self._of[felt]))

    def _touched(self, felt: _Felt) -> dict[int, list[Amount]]:
        """By group, the sums of what stood behind the commitments it delayed, each stake once, by currency."""
        stakes = self._stakes
        of = stakes.of[felt.commitments]
        groups, which = _different(felt.groups[of >= 0], of[of >= 0])
        if len(groups) == 0:
            return {}
        width = len(stakes.currencies)
        keys, sums = np.unique(groups * width + stakes.currency[which], return_inverse=True)
        units = np.zeros(len(keys), stakes.units.dtype)
        places = np.zeros(len(keys), np.int64)
        np.add.at(units, sums, stakes.units[which])
        np.maximum.at(places, sums, stakes.places[which])
        found: dict[int, list[Amount]] = {}
        for key, unit, place in zip(keys.tolist(), units.tolist(), places.tolist(), strict=True):
            value = Decimal(f"{unit // 10 ** (stakes.digits - place)}E-{place}")
            found.setdefault(key // width, []).append(Amount(value, stakes.currencies[key % width]))
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


def _sums(codes: Ints, column: NDArray[np.int32], size: int) -> list[int]:
    sums: list[int] = np.bincount(codes, column, minlength=size).astype(np.int64).tolist()
    return sums


def _different(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The different pairs of numbers, in order."""
    if len(second) == 0:
        return first, second
    width = int(second.max()) + 1
    pairs = np.unique(first * width + second)
    return pairs // width, pairs % width


def _stakes(columns: Columns, annual_values: Mapping[UUID, Amount], commitments: Ints) -> _Stakes:
    """What stands behind each of these commitments: its value, else the annual value of its customer."""
    of = np.full(len(columns), -1, np.int64)
    amounts: list[tuple[str, str]] = []
    without = []
    for commitment in commitments.tolist():
        value = columns.values[commitment]
        if value:
            of[commitment] = len(amounts)
            amounts.append((value, columns.currencies[commitment]))
        else:
            without.append(commitment)
    by_customer: dict[UUID, int] = {}
    for commitment, customer in zip(without, uuids(columns.customer_ids[without]), strict=True):
        annual = annual_values.get(customer)
        if annual is not None:
            if customer not in by_customer:
                by_customer[customer] = len(amounts)
                amounts.append((f"{annual.value:f}", annual.currency))
            of[commitment] = by_customer[customer]
    return _as_integers(of, amounts)


def _as_integers(of: Ints, amounts: Sequence[tuple[str, str]]) -> _Stakes:
    values = [value.partition(".") for value, _ in amounts]
    places = [len(fraction) for _, _, fraction in values]
    digits = max(places, default=0)
    units = [int(whole + fraction.ljust(digits, "0")) for whole, _, fraction in values]
    fits = sum(map(abs, units)) < 2**63
    currencies = sorted({currency for _, currency in amounts})
    number = {currency: index for index, currency in enumerate(currencies)}
    return _Stakes(
        of=of,
        units=np.array(units, np.int64 if fits else object),
        currency=np.array([number[currency] for _, currency in amounts], np.int64),
        places=np.array(places, np.int64),
        digits=digits,
        currencies=currencies,
    )
