"""What reports group by: the number of a value for each commitment or place, and many such numbers as one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from app.ripple.reports.codes import renumbered
from app.ripple.reports.ids import Ids, Ints

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

    numbers: Ints | None
    examples: Ints

    def of(self, which: Any) -> Ints:
        """The numbers of some places, or commitments."""
        return np.zeros(len(which), np.int64) if self.numbers is None else self.numbers.take(which)


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
    numbers = np.zeros(len(axes[0].numbers), np.int64)
    numbers[there] = small
    examples = np.zeros(len(values), np.int64)
    examples[numbers[there]] = there
    return Common(numbers, examples)


class Possible:
    """All groups that some axes tell apart, by their codes."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = axes
        self._by_place = in_common([axis for axis in axes if not axis.by_commitment])
        self._by_commitment = in_common([axis for axis in axes if axis.by_commitment])
        self.size = len(self._by_place.examples) * len(self._by_commitment.examples)

    def codes(self, places: Any, commitments: Any) -> Ints:
        """The code of each group of what is at a place and of a commitment."""
        codes = self._by_place.of(places)
        if len(self._by_commitment.examples) > 1:
            codes *= len(self._by_commitment.examples)
            codes += self._by_commitment.of(commitments)
        return codes

    def numbers(self, codes: Ints) -> list[Ints]:
        """For each axis, the number of each group's value."""
        places, commitments = self._by_place.examples, self._by_commitment.examples
        place, commitment = np.divmod(codes, len(commitments))
        return [axis.numbers[commitments[commitment] if axis.by_commitment else places[place]] for axis in self._axes]


def groups_of(axes: Sequence[Axis], numbers: Sequence[Ints], count: int) -> list[Group]:
    """So many groups, by the numbers of their values on each axis."""
    columns = [_values(axis.values, number) for axis, number in zip(axes, numbers, strict=True)]
    return list(zip(*columns, strict=True)) if columns else [()] * count


def _values(values: Sequence[Any], numbers: Ints) -> list[Any]:
    return values.at(numbers) if isinstance(values, Ids) else [values[number] for number in numbers.tolist()]
