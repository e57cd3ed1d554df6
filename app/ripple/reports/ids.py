"""Ids as arrays of two halves each: numbering and finding thousands of them at once. Pure."""

from collections.abc import Sequence
from typing import Final, TypeAlias, overload
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Halves: TypeAlias = NDArray[np.uint64]
"""Ids, each as its two halves: a row of two."""

_ODD: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)


ID_BYTES: Final = 16


def halves(ids: bytes) -> Halves:
    """Ids of `ID_BYTES` each, behind one another."""
    return np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64)


def packed(ids: Halves) -> bytes:
    """Ids as `halves` takes them."""
    return ids.astype(">u8").tobytes()


def uuids(ids: Halves) -> list[UUID]:
    return [UUID(int=high << 64 | low) for high, low in ids.tolist()]


class Ids(Sequence[UUID]):
    """Ids that are taken from their halves when one asks for them, since of thousands only some are told."""

    def __init__(self, ids: Halves) -> None:
        self._halves = ids

    def __len__(self) -> int:
        return len(self._halves)

    @overload
    def __getitem__(self, place: int) -> UUID: ...
    @overload
    def __getitem__(self, place: slice) -> "Ids": ...
    def __getitem__(self, place: int | slice) -> "UUID | Ids":
        if isinstance(place, slice):
            return Ids(self._halves[place])
        high, low = self._halves[place].tolist()
        return UUID(int=high << 64 | low)

    def at(self, places: Ints) -> list[UUID]:
        """Those at these places."""
        return uuids(self._halves[places])

    @property
    def order(self) -> Ints:
        """Their places by their names."""
        return np.lexsort((self._halves[:, 1], self._halves[:, 0]))


def numbered(rows: NDArray[np.uint64]) -> tuple[Ints, NDArray[np.uint64]]:
    """The number of each row among the different ones, and these in an order that is always the same."""
    if len(rows) == 0:
        return np.zeros(0, np.int64), rows
    # One number for each row is sorted much faster than the row; should two have the same, the rows are.
    _, first, numbers = np.unique(_mixed(rows), return_index=True, return_inverse=True)
    different = rows[first]
    if (different[numbers] == rows).all():
        return numbers, different
    different, numbers = np.unique(rows, axis=0, return_inverse=True)
    return numbers.reshape(-1), different


def found_in(ids: Halves, among: Halves) -> Ints:
    """The place of each id among different ones, -1 for those that are not."""
    numbers, different = numbered(np.concatenate((among, ids)))
    places = np.full(len(different), -1, np.int64)
    places[numbers[: len(among)]] = np.arange(len(among))
    return places[numbers[len(among) :]]


def ranks_by_chance(ids: Halves) -> Ints:
    """A place for each of different ids, as if they had been shuffled: the same whatever order they come in."""
    mixed = _mixed(ids)
    # The finish of SplitMix64 (Steele, Lea and Flood 2014): neighbouring ids end up anywhere.
    for shift, odd in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(odd)
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(mixed ^ (mixed >> np.uint64(31)))] = np.arange(len(ids))
    return ranks


def _mixed(rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (rows * _ODD[: rows.shape[1]]).sum(axis=1, dtype=np.uint64)
    return mixed
