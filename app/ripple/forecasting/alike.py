"""Past stretches of one kind and phase, in such orders that those like a given one are quickly counted. Pure.

Whatever is asked, those that are alike have lasted beyond the point that is asked about, so that their curve depends on
nothing but on who is among them. That changes only where one comes or goes: the ranks of the point among those places
say which curve it is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from app.ripple.forecasting.survival import Lasted


class Stretch(NamedTuple):
    """From when a node was free (`start`) to its end, or to the last that is known; until `undisturbed` it stayed free.
    All on the node's own clock, which starts at its opening."""

    start: int
    end: int
    has_ended: bool
    undisturbed: int


_start, _end, _undisturbed = attrgetter("start"), attrgetter("end"), attrgetter("undisturbed")


def _free_for(one: Stretch) -> int:
    return one.undisturbed - one.start


class Alike(NamedTuple):
    """Those of some stretches that are like a given one: how many, how many of them ended, and how long they lasted
    (in order). `rank` says who is among them, and is the same only for the same ones."""

    rank: tuple[object, ...]
    size: int
    ended: int
    lasted: Callable[[], Lasted]


class Stretches:
    """Stretches of one kind and phase, in every order that is asked for."""

    def __init__(self) -> None:
        self._all: list[Stretch] = []

    def add(self, stretch: Stretch) -> None:
        """Takes one more; none is taken any more once something was asked."""
        self._all.append(stretch)

    def free_for_longer(self, age: int) -> Alike:
        """Those that stayed free for longer than an age, by how long they lasted."""
        all_, ended = self._free_for
        first = bisect_right(all_, age)
        return Alike(
            ("free", id(self), first),
            len(all_) - first,
            len(ended) - bisect_right(ended, age),
            lambda: sorted((one.end - one.start, one.has_ended) for one in self._by_free_for[first:]),
        )

    def free_at(self, now: int) -> Alike:
        """Those that were free at a time, by their ends."""
        begun, gone = bisect_right(self._starts[0], now), bisect_right(self._undisturbed[0], now)
        ended = bisect_right(self._starts[1], now) - bisect_right(self._undisturbed[1], now)
        return Alike(("at", id(self), begun, gone), begun - gone, ended, lambda: self._free_at(now, begun, gone))

    def _free_at(self, now: int, begun: int, gone: int) -> Lasted:
        # Either those that had begun and are not gone, or those that are not gone and had begun: the fewer.
        if begun <= len(self._all) - gone:
            return sorted((one.end, one.has_ended) for one in self._by_start[:begun] if one.undisturbed > now)
        return sorted((one.end, one.has_ended) for one in self._by_undisturbed[gone:] if one.start <= now)

    def outliving(self, now: int) -> Alike:
        """Those that ended after a time, or had not by then, by their ends."""
        all_, ended = self._ends
        first = bisect_right(all_, now)
        return Alike(
            ("outliving", id(self), first),
            len(all_) - first,
            len(ended) - bisect_right(ended, now),
            lambda: self._by_end[first:],
        )

    def starting_within(self, first: int, last: int) -> Alike:
        """Those that began between two times, both included, by how long they lasted."""
        starts, ended = self._starts
        here, beyond = bisect_left(starts, first), bisect_right(starts, last)
        return Alike(
            ("within", id(self), here, beyond),
            beyond - here,
            bisect_right(ended, last) - bisect_left(ended, first),
            lambda: sorted((one.end - one.start, one.has_ended) for one in self._by_start[here:beyond]),
        )

    def every(self) -> Alike:
        """All of them, by how long they lasted."""
        all_, ended = self._starts
        lasted = ((one.end - one.start, one.has_ended) for one in self._all)
        return Alike(("every", id(self)), len(all_), len(ended), lambda: sorted(lasted))

    def nearest(self, start: int, most: int) -> tuple[int, int]:
        """Between which times those began that began nearest to one: as many before it as after it."""
        starts = self._starts[0]
        at = bisect_left(starts, start)
        near = starts[max(at - most // 2, 0) : at + most // 2]
        return (near[0], near[-1]) if near else (0, 0)

    @cached_property
    def _free_for(self) -> tuple[list[int], list[int]]:
        return self._sorted(_free_for)

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return self._sorted(_start)

    @cached_property
    def _undisturbed(self) -> tuple[list[int], list[int]]:
        return self._sorted(_undisturbed)

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        return self._sorted(_end)

    @cached_property
    def _by_free_for(self) -> list[Stretch]:
        return sorted(self._all, key=_free_for)

    @cached_property
    def _by_undisturbed(self) -> list[Stretch]:
        return sorted(self._all, key=_undisturbed)

    @cached_property
    def _by_start(self) -> list[Stretch]:
        return sorted(self._all, key=_start)

    @cached_property
    def _by_end(self) -> Lasted:
        return sorted((one.end, one.has_ended) for one in self._all)

    def _sorted(self, place: Callable[[Stretch], int]) -> tuple[list[int], list[int]]:
        """Some place of each stretch, and of each that ended."""
        return sorted(map(place, self._all)), sorted(place(one) for one in self._all if one.has_ended)
