"""Places by their ids, as arrays: what reports group and choose entries by. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Place
from app.ripple.reports.ids import Ints, Mask

SIDES: Final = ("party", "requester", "provider", "request_type_id", "priority")
"""What tells places apart."""

_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True)
class Side:
    """The number of the value at each place, by place id, and the values; -1 where there is no such place."""

    numbers: NDArray[np.int32]
    values: Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceTable:
    """What every known place is, side by side, by the places' ids. Only the same one is equal."""

    sides: Mapping[str, Side]

    @property
    def size(self) -> int:
        """One more than the highest id."""
        return len(self.sides["party"].numbers)

    def extended(self, rows: Sequence[tuple[int, Sequence[Any]]]) -> "PlaceTable":
        """With more places: the id of each, and its values in the order of `SIDES`."""
        if not rows:
            return self
        ids = np.array([id_ for id_, _ in rows])
        size = max(self.size, int(ids.max()) + 1)
        return PlaceTable(
            {
                name: _extended(self.sides[name], size, ids, [values[index] for _, values in rows])
                for index, name in enumerate(SIDES)
            }
        )

    def renamed(self, name_of: Callable[[Any], Any]) -> "PlaceTable":
        """With other names for the departments."""
        departments = SIDES[:3]
        return PlaceTable(
            {
                name: Side(side.numbers, [name_of(value) for value in side.values]) if name in departments else side
                for name, side in self.sides.items()
            }
        )

    def comparable(self, *names: str) -> tuple[list[Any], list[Ints]]:
        """The different values of some sides, and by place id the number of each side's among these."""
        sides = [self.sides[name] for name in names]
        values = list(dict.fromkeys(value for side in sides for value in side.values))
        number_of = {value: number for number, value in enumerate(values)}
        return values, [np.array([number_of[value] for value in side.values], np.int64)[side.numbers] for side in sides]

    def knows(self, places: Ints) -> bool:
        """Whether all of these are known."""
        if len(places) == 0:
            return True
        numbers = self.sides["party"].numbers
        return int(places.max()) < len(numbers) and int(numbers[places].min()) != _UNKNOWN

    def where(self, wanted: Mapping[str, Any]) -> Mask:
        """The places with those values, by side."""
        chosen = np.ones(self.size, np.bool_)
        for name, value in wanted.items():
            side = self.sides[name]
            chosen &= side.numbers == (side.values.index(value) if value in side.values else _UNKNOWN - 1)
        return chosen


NO_PLACES: Final = PlaceTable({name: Side(np.full(0, _UNKNOWN, np.int32), ()) for name in SIDES})


def table_of(ids: Mapping[Place, int]) -> PlaceTable:
    """The places that `app.ripple.reports.columns.piece_of` has numbered."""
    return NO_PLACES.extended([(id_, _values(place)) for place, id_ in ids.items()])


def _values(place: Place) -> tuple[Any, ...]:
    kind = place.kind
    of_kind = (None, None) if kind is None else (kind.request_type_id, kind.priority)
    return (place.party, place.requester, place.provider, *of_kind)


def _extended(side: Side, size: int, ids: NDArray[np.int64], values: Sequence[Any]) -> Side:
    number_of = {value: number for number, value in enumerate(side.values)}
    numbers = np.full(size, _UNKNOWN, np.int32)
    numbers[: len(side.numbers)] = side.numbers
    numbers[ids] = [number_of.setdefault(value, len(number_of)) for value in values]
    return Side(numbers, list(number_of))
