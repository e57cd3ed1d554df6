"""What reports group by: the number of a value for each commitment or place, and many such numbers as one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from app.ripple.reports.codes import Codes, renumbered, wide_enough
from app.ripple.reports.ids import Ints

Group: TypeAlias = tuple[Any, ...]
"""What tells a group apart: a value for each axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing to group by: the number of a value for each commitment, or else for each place by its id."""

    numbers: Ints
    values: Sequence[Any]
    by_commitment: bool


@dataclass(frozen=True, slots=True)
class Common:
    """Axes of places, or of commitments, as one: the number of their values together, and one that has them for each
    such number. Without an axis all have the same."""

    numbers: Codes | None
    examples: Ints

    def of(self, which: Any) -> Codes:
        """The numbers of some places, or commitments."""
        return np.zeros(len(which), np.int32) if self.numbers is None else self.numbers[which]


def in_common(axes: Sequence[Axis]) -> Common:
    """Axes of places, or of commitments, as one."""
    if not axes:
        return Common(None, np.zeros(1, np.int64))
    # A place that is not there has no value.
    there = np.flatnonzero(axes[0].numbers >= 0)
    code, size = np.zeros(len(there), np.int64), 1
    for axis in axes:
        code, size = code * len(axis.values) + axis.numbers[there], size * len(axis.values)
    small, values = renumbered(code, size)
    numbers = np.zeros(len(axes[0].numbers), wide_enough(len(values)))
    numbers[there] = small
    examples = np.zeros(len(values), np.int64)
    examples[numbers[there]] = there
    return Common(numbers, examples)


def groups_of(axes: Sequence[Axis], numbers: Sequence[Ints], count: int) -> list[Group]:
    """So many groups, by the numbers of their values on each axis."""
    columns = [[axis.values[each] for each in number.tolist()] for axis, number in zip(axes, numbers, strict=True)]
    return list(zip(*columns, strict=True)) if columns else [()] * count
