"""Whole numbers that stand for groups: which of them there are, and each one's place among these. Pure.

They are as wide as what arrays are indexed by, so that whatever counts or finds by them need not widen them first.
Where hardly more are possible than there are entries, a table of all that are is faster than sorting.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.ripple.reports.ids import Ints, Mask

FEW: Final = 32
"""Where there are so many times as many, those that are asked for are found before anything is done with them."""

# What a table costs by the possible code, sorting costs by this many that are there.
_POSSIBLE_FOR_EACH = 4
_POSSIBLE_ANYHOW = 4096


@dataclass(frozen=True, slots=True)
class Coded:
    """Groups by their codes, in order, all below a size."""

    size: int
    groups: Ints

    def among(self, chosen: Ints) -> "Coded":
        """Only some of the groups, by their places, in order."""
        return Coded(self.size, self.groups[chosen])

    def sums(self, codes: Ints, amounts: Ints) -> Ints:
        """For each group the sum of the amounts that have its code."""
        if _in_a_table(len(codes), self.size):
            return summed(codes, amounts, self.size)[self.groups]
        kept, numbers = self.numbers(codes)
        return summed(numbers, amounts[kept], len(self.groups))

    def numbers(self, codes: Ints) -> tuple[Ints, Ints]:
        """Which of some codes are of any of the groups, in order, and the place of each one's group among these."""
        if len(self.groups) * FEW < self.size:
            kept = np.flatnonzero(_table(self.groups, self.size)[codes])
            return kept, np.searchsorted(self.groups, codes[kept])
        if _in_a_table(len(codes), self.size):
            places = np.full(self.size, -1, np.int64)
            places[self.groups] = np.arange(len(self.groups))
            numbers = places[codes]
            kept = np.flatnonzero(numbers >= 0)
            return kept, numbers[kept]
        places = np.searchsorted(self.groups, codes)
        kept = np.flatnonzero(self.groups.take(places, mode="clip") == codes)
        return kept, places[kept]


def summed(numbers: Ints, amounts: NDArray[np.signedinteger[Any]], size: int) -> Ints:
    """For each number below a size the sum of the amounts that have it: exact below 2**53."""
    return np.bincount(numbers, amounts, minlength=size).astype(np.int64)


def coded(codes: Ints, size: int) -> Coded:
    """All groups that there are, by the codes of what is in them, all below a size."""
    return Coded(size, different(codes, size))


def renumbered(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """The number of each code among the different ones, and these in order; all are below a size."""
    if not _in_a_table(len(codes), size):
        there, numbers = np.unique(codes, return_inverse=True)
        return numbers, there
    there = different(codes, size)
    if len(there) == size:
        return codes, there
    numbers = np.empty(size, codes.dtype)
    numbers[there] = np.arange(len(there))
    return numbers[codes], there


def different(codes: Ints, size: int) -> Ints:
    """The different ones, in order; all are below a size."""
    if _in_a_table(len(codes), size):
        return np.flatnonzero(_table(codes, size))
    # Sorting so few is faster than the hashing of `unique`.
    ordered = np.sort(codes)
    found: Ints = ordered[np.append(ordered[1:] != ordered[:-1], np.ones(min(1, len(ordered)), np.bool_))]
    return found


def in_order_of(codes: Ints, size: int) -> Ints:
    """The places of the codes in their order, those of the same code as they came; all are below a size."""
    # Numbers of 16 bits are not compared, but counted.
    narrow = codes.astype(np.uint16) if size <= np.iinfo(np.uint16).max + 1 else codes
    return np.argsort(narrow, kind="stable")


def _table(codes: Ints, size: int) -> Mask:
    there = np.zeros(size, np.bool_)
    there[codes] = True
    return there


def _in_a_table(codes: int, size: int) -> bool:
    return size <= _POSSIBLE_FOR_EACH * codes + _POSSIBLE_ANYHOW
