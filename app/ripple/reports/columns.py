"""Many commitments and their entries as arrays, from the bytes they are stored as. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Unfit
from app.ripple.keeping.packed_fits import AGAIN, IMPOSSIBLE, LAST
from app.ripple.keeping.packing import FIGURES
from app.ripple.reports.codes import renumbered, summed
from app.ripple.reports.ids import Halves, Ints, Mask, halves, numbered, packed, uuids
from app.ripple.reports.money import Money, packed_money
from app.ripple.reports.pieces import Pieces
from app.ripple.reports.remembering import Remembered

PlaceIds: TypeAlias = NDArray[np.int32]
Seconds: TypeAlias = NDArray[np.int32]

SECONDS_A_DAY: Final = 86_400

_UNFIT = np.dtype([("place", "<i4"), ("promises", "<i4"), ("slas", ">u8", (4,))])


@dataclass(frozen=True)
class Figure:
    """What it is at each entry: most are nothing at most."""

    column: NDArray[np.signedinteger[Any]]

    @cached_property
    def entries(self) -> Ints:
        """The entries at which it is anything, in order."""
        return np.flatnonzero(self.column)

    @cached_property
    def amounts(self) -> Ints:
        """What it is at those."""
        return self.column[self.entries].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Entries:
    """The commitment of each entry, by its place among them, and its place; and the figures."""

    of: Ints
    places: Ints
    figures: Mapping[str, Figure]

    def where(self, kept: Mask) -> "Entries":
        """Only the entries that are kept."""
        figures = {name: Figure(figure.column[kept]) for name, figure in self.figures.items()}
        return Entries(self.of[kept], self.places[kept], figures)

    def added_up(self, by: Ints) -> "Entries":
        """One for each of the different commitments, or else places, that they are given by; the other is any."""
        numbers, there = renumbered(by, int(by.max(initial=-1)) + 1)
        figures = {
            name: Figure(summed(numbers[figure.entries], figure.amounts, len(there)))
            for name, figure in self.figures.items()
        }
        example = np.zeros(len(there), np.int64)
        example[numbers] = np.arange(len(by))
        return Entries(self.of[example], self.places[example], figures)


@dataclass(frozen=True, slots=True)
class Mismatches:
    """Promises that could not be kept: of which commitment, at which place, how many, and the number of their SLAs.

    ``slas`` are the different pairs of SLAs, by that number, as four halves.
    """

    of: Ints
    places: PlaceIds
    promises: PlaceIds
    pairs: Ints
    slas: NDArray[np.uint64]

    def where(self, kept: Mask) -> "Mismatches":
        """Only those that are kept."""
        return Mismatches(self.of[kept], self.places[kept], self.promises[kept], self.pairs[kept], self.slas)

    def by_pair(self, most: int | None = None) -> tuple[list[Unfit], int]:
        """The pairs of SLAs with most promises, at least so many and all that have as many as the last; of how many."""
        promises = summed(self.pairs, self.promises, len(self.slas))
        there = np.flatnonzero(promises)
        ranked = there[np.argsort(-promises[there], kind="stable")]
        if most is not None and most < len(ranked):
            ranked = ranked[promises[ranked] >= promises[ranked[most - 1]]] if most else ranked[:0]
        slas, blockers = uuids(self.slas[ranked, :2]), uuids(self.slas[ranked, 2:])
        told = [
            Unfit(sla if sla.int else None, blocker if blocker.int else None, number)
            for sla, blocker, number in zip(slas, blockers, promises[ranked].tolist(), strict=True)
        ]
        return told, len(there)


@dataclass(frozen=True)
class Fits:
    """Tickets that others block, once for each who blocks them: of which commitment, at which place, the targets that
    were promised (-1: nothing was) and that would have fitted, whether it is the same ticket as the one before, whether
    its promise was impossible, and whether it waited for this one last."""

    of: Ints
    places: PlaceIds
    targets: Seconds
    fitting: Seconds
    again: Mask
    impossible: Mask
    last: Mask

    @cached_property
    def tickets(self) -> Ints:
        """The number of each one's ticket."""
        return np.cumsum(~self.again) - 1

    @cached_property
    def by_ticket(self) -> "Fits":
        """Each ticket once."""
        return self.where(np.logical_not(self.again))

    @cached_property
    def by_fitting(self) -> "Fits":
        """The shortest targets that would have fitted first, tickets still together: sorted once for many reports."""
        return self.where(np.argsort(self.fitting, kind="stable"))

    @cached_property
    def promised(self) -> tuple[Ints, Seconds]:
        """The number of each one's target among the different ones, and these in order: there are few."""
        different, numbers = np.unique(self.targets, return_inverse=True)
        return numbers, different

    @cached_property
    def used_places(self) -> Ints:
        """The different places."""
        return np.flatnonzero(np.bincount(self.places))

    def where(self, kept: Mask | Ints) -> "Fits":
        """Only those that are kept, or in that order: of a ticket all or none, one behind the other."""
        return Fits(*(getattr(self, field.name)[kept] for field in fields(self)))


@dataclass(frozen=True)
class Columns:
    """Commitments: a row of each array for each, and what they were taken apart into."""

    ids: Halves
    customer_ids: Halves
    delivered_at: Ints
    lateness: Ints
    plan: Ints
    unpromised: Ints
    delay: Ints
    worth: Money
    entries: Entries
    mismatches: Mismatches
    fits: Fits

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def customers(self) -> tuple[Ints, Halves]:
        """The number of each commitment's customer among the different ones, and these."""
        return numbered(self.customer_ids)

    @cached_property
    def customers_to_value(self) -> bytes:
        """The packed ids of the customers who felt something with a commitment that states no value."""
        numbers, customers = self.customers
        felt = np.zeros(len(customers), np.bool_)
        felt[numbers[(self.lateness > self.plan) & (self.worth.digits < 0)]] = True
        return packed(customers[felt])

    @cached_property
    def places(self) -> Ints:
        """The different places of the entries."""
        return np.flatnonzero(np.bincount(self.entries.places))

    @cached_property
    def answers(self) -> Remembered:
        """What was made of them: gone when they are."""
        return Remembered()

    @cached_property
    def by_commitment(self) -> Entries:
        """The entries of each commitment added up."""
        return self.entries.added_up(self.entries.of)

    @cached_property
    def by_place(self) -> Entries:
        """The entries at each place added up."""
        return self.entries.added_up(self.entries.places)


def columns_of(pieces: Pieces) -> Columns:
    ids = halves(pieces.ids)
    unfit = np.frombuffer(pieces.unfit, _UNFIT)
    pairs, slas = numbered(unfit["slas"].astype(np.uint64))
    return Columns(
        ids=ids,
        customer_ids=halves(pieces.customer_ids),
        delivered_at=_longs(pieces.delivered_at),
        lateness=_longs(pieces.lateness),
        plan=_longs(pieces.plan),
        unpromised=_longs(pieces.unpromised),
        delay=_longs(pieces.delay),
        worth=packed_money(pieces.worth_high, pieces.worth_low, pieces.worth_digits, pieces.currencies),
        entries=Entries(
            of=_owners(len(ids), pieces.entries),
            places=np.frombuffer(pieces.places, "<i4").astype(np.int64),
            figures={name: Figure(np.frombuffer(getattr(pieces, name), "<i4")) for name in FIGURES},
        ),
        mismatches=Mismatches(
            _owners(len(ids), pieces.mismatches), unfit["place"].copy(), unfit["promises"].copy(), pairs, slas
        ),
        fits=fits_of(pieces.fits, _owners(len(ids), pieces.fitted)),
    )


def fits_of(packed: bytes | bytearray, owners: Ints) -> Fits:
    """Fits as `app.ripple.keeping.packed_fits` has them, each of a commitment."""
    places, targets, fitting, flags = np.ascontiguousarray(np.frombuffer(packed, "<i4").reshape(-1, 4).T)
    again, impossible, last = ((flags & flag) != 0 for flag in (AGAIN, IMPOSSIBLE, LAST))
    return Fits(owners, places, targets, fitting, again, impossible, last)


def narrowed(columns: Columns, kept: Mask) -> Columns:
    """Only the commitments that are kept."""
    if kept.all():
        return columns
    renumbered = np.cumsum(kept) - 1
    entries = columns.entries.where(kept[columns.entries.of])
    mismatches = columns.mismatches.where(kept[columns.mismatches.of])
    fits = columns.fits.where(kept[columns.fits.of])
    return Columns(
        ids=columns.ids[kept],
        customer_ids=columns.customer_ids[kept],
        delivered_at=columns.delivered_at[kept],
        lateness=columns.lateness[kept],
        plan=columns.plan[kept],
        unpromised=columns.unpromised[kept],
        delay=columns.delay[kept],
        worth=columns.worth.at(kept),
        entries=Entries(renumbered[entries.of], entries.places, entries.figures),
        mismatches=Mismatches(
            renumbered[mismatches.of], mismatches.places, mismatches.promises, mismatches.pairs, mismatches.slas
        ),
        fits=replace(fits, of=renumbered[fits.of]),
    )


def _owners(commitments: int, how_many: bytes) -> Ints:
    """The commitment of each thing, of which each has so many."""
    return np.repeat(np.arange(commitments), np.frombuffer(how_many, ">i4"))


def _longs(numbers: bytes) -> Ints:
    return np.frombuffer(numbers, ">i8").astype(np.int64)
