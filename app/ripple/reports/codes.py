"""Whole numbers that stand for groups: which of them there are, and each one's place among these. Pure.

Where hardly more are possible than there are entries, a table of all that are is faster than sorting.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.ripple.reports.ids import Ints, Mask

Codes: TypeAlias = NDArray[np.signedinteger[Any]]

# What a table costs by the possible code, sorting costs by this many that are there.
_POSSIBLE_FOR_EACH = 4
_POSSIBLE_ANYHOW = 4096


@dataclass(frozen=True, slots=True)
class Coded:
    """The code of each entry, below a size; and groups: their codes, in order."""

    codes: Codes
    size: int
    groups: Codes

    def among(self, chosen: Ints) -> "Coded":
        """Only some of the groups, by their places, in order."""
        return Coded(self.codes, self.size, self.groups[chosen])

    def sums(self, entries: Ints, amounts: Ints) -> Ints:
        """For each group the sum of what is at some entries."""
        if _in_a_table(len(entries), self.size):
            return np.bincount(self.codes[entries], amounts, minlength=self.size)[self.groups].astype(np.int64)
        kept, numbers = self.numbers(entries)
        return np.bincount(numbers, amounts[kept], minlength=len(self.groups)).astype(np.int64)

    def numbers(self, entries: Ints) -> tuple[Mask, Ints]:
        """Which of some entries are of any of the groups, and the place of their group among these."""
        codes = self.codes[entries]
        if _in_a_table(len(codes), self.size):
            places = np.full(self.size, -1, np.int64)
            places[self.groups] = np.arange(len(self.groups))
            numbers = places[codes]
            kept = numbers >= 0
            return kept, numbers[kept]
        if len(self.groups) < len(codes):
            kept = _table(self.groups, self.size)[codes]
            return kept, np.searchsorted(self.groups, codes[kept])
        places = np.searchsorted(self.groups, codes)
        kept = self.groups.take(places, mode="clip") == codes
        return kept, places[kept]


def coded(codes: Codes, size: int) -> Coded:
    """Entries by their codes, all below a size, and all groups that there are."""
    return Coded(codes, size, different(codes, size).astype(codes.dtype))


def renumbered(codes: Codes, size: int) -> tuple[Codes, Codes]:
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


def different(codes: Codes, size: int) -> Codes:
    """The different ones, in order; all are below a size."""
    if _in_a_table(len(codes), size):
        return np.flatnonzero(_table(codes, size))
    # Sorting so few is faster than the hashing of `unique`.
    ordered = np.sort(codes)
    found: Codes = ordered[np.append(ordered[1:] != ordered[:-1], np.ones(min(1, len(ordered)), np.bool_))]
    return found


def in_order_of(codes: Codes, size: int) -> Ints:
    """The places of the codes in their order, those of the same code as they came; all are below a size."""
    # Numbers of 16 bits are not compared, but counted.
    narrow = codes.astype(np.uint16) if size <= np.iinfo(np.uint16).max + 1 else codes
    return np.argsort(narrow, kind="stable")


def wide_enough(size: int) -> type[np.int32] | type[np.int64]:
    """The narrowest numbers that tell so many apart."""
    return np.int32 if size <= np.iinfo(np.int32).max else np.int64


def _table(codes: Codes, size: int) -> Mask:
    there = np.zeros(size, np.bool_)
    there[codes] = True
    return there


def _in_a_table(codes: int, size: int) -> bool:
    return size <= _POSSIBLE_FOR_EACH * codes + _POSSIBLE_ANYHOW
