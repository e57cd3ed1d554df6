"""How long things last, from those that ended and those that have not yet: the Kaplan-Meier estimate. Pure.

Durations are whole seconds. What has not ended counts for as long as it has lasted: leaving it out would make
everything look quicker than it is. Nothing tells what follows beyond the longest duration seen; there the curve goes on
as a power of the duration, as steeply as its upper fifth does (Hill's estimate).
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from typing import Final

_TAIL_POINTS: Final = 20
_LEAST_TAIL_INDEX, _MOST_TAIL_INDEX, _USUAL_TAIL_INDEX = 1.0, 20.0, 2.0
_FEWEST_IN_TAIL: Final = 5


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A distribution on finitely many durations: `seconds` ascending, `cumulative` the weight up to and with each."""

    seconds: tuple[int, ...]
    cumulative: tuple[float, ...]

    def quantile(self, share: float) -> int:
        """The shortest duration that at least this share does not exceed: inversion, with a random share a draw."""
        at = bisect_right(self.cumulative, share * self.cumulative[-1])
        return self.seconds[min(at, len(self.seconds) - 1)]


@dataclass(frozen=True, slots=True)
class Curve:
    """The share that lasts longer: `left[i]` from `ended[i]` on, until the next. `ended` ascends.

    `longest` is the longest duration seen, ended or not. Beyond it the share falls as `duration ** -tail_index`.
    """

    ended: tuple[int, ...]
    left: tuple[float, ...]
    longest: int
    tail_index: float

    def lasting_longer(self, seconds: float, age: int = -1) -> float:
        """S(seconds | age): of what has lasted longer than `age` (-1: of everything), the share that lasts longer than
        `seconds`. An age beyond all that was seen to last leaves only the tail."""
        if seconds <= age:
            return 1.0
        at_age = self._left_at(age)
        if at_age == 0.0 or age >= self.longest:
            return float((max(age, 1) / seconds) ** self.tail_index)
        left = self._left_at(seconds)
        if left and seconds > self.longest:
            left *= (max(self.longest, 1) / seconds) ** self.tail_index
        return float(left / at_age)

    def outcomes(self, age: int = -1, beyond_all: int | None = None) -> Outcomes:
        """How long in all, for what has lasted longer than `age`. What lies beyond the longest duration seen lasts
        `beyond_all`; without that the tail is cut in twenty equal steps."""
        start, at_age = bisect_right(self.ended, age), self._left_at(age)
        if at_age == 0.0 or age >= self.longest:
            return _tail(max(age, 1), self.tail_index, [], [], 1.0)
        seconds = list(self.ended[start:])
        cumulative = [1 - left / at_age for left in self.left[start:]]
        beyond = self.left[-1] / at_age if self.left else 1.0
        if beyond <= 0.0:
            return Outcomes(tuple(seconds), tuple(cumulative))
        if beyond_all is not None:
            return Outcomes((*seconds, beyond_all), (*cumulative, 1.0))
        return _tail(max(self.longest, 1), self.tail_index, seconds, cumulative, beyond)

    def _left_at(self, seconds: float) -> float:
        before = bisect_right(self.ended, seconds)
        return self.left[before - 1] if before else 1.0


def _tail(start: int, index: float, seconds: list[int], cumulative: list[float], share: float) -> Outcomes:
    for point in range(_TAIL_POINTS):
        left = 1 - (point + 0.5) / _TAIL_POINTS
        seconds.append(max(start + 1, round(start * left ** (-1 / index))))
        cumulative.append(1 - share + share * (point + 1) / _TAIL_POINTS)
    return Outcomes(tuple(seconds), tuple(cumulative))


def at_its_word(age: int, until: int) -> Outcomes:
    """How long what is this old lasts in all, of which nothing is known but until when it was promised: up to then any
    duration is as likely as another; if it is older, it goes on as the tail of a curve."""
    if age >= until:
        return kaplan_meier(()).outcomes(max(age, 1))
    steps = range(1, _TAIL_POINTS + 1)
    ends = tuple(age + max(1, (until - age) * step // _TAIL_POINTS) for step in steps)
    return Outcomes(ends, tuple(step / _TAIL_POINTS for step in steps))


Lasted = list[tuple[int, bool]]
"""Durations: each in seconds, and whether it has ended."""


def kaplan_meier(lasted: Iterable[tuple[int, bool]]) -> Curve:
    """The curve of durations: each in seconds, and whether it has ended. What ends and what is lost sight of at the
    same duration is told in that order. Nothing seen: nothing but the tail."""
    seen = sorted(lasted)
    at_risk, share, count = len(seen), 1.0, 0
    ended: list[int] = []
    left: list[float] = []
    for place, (seconds, has_ended) in enumerate(seen, 1):
        count += has_ended
        if place == len(seen) or seen[place][0] != seconds:
            if count:
                share *= (at_risk - count) / at_risk
                ended.append(seconds)
                left.append(share)
            at_risk, count = len(seen) - place, 0
    return Curve(tuple(ended), tuple(left), seen[-1][0] if seen else 0, _tail_index(seen))


def _tail_index(seen: Lasted) -> float:
    """How steeply the upper fifth of what ended falls, with what has not ended counted for as long as it lasted."""
    ends = [seconds for seconds, has_ended in seen if has_ended]
    threshold = ends[len(ends) * 4 // 5] if ends else 0
    beyond = seen[bisect_right(seen, (threshold, True)) :] if threshold > 0 else []
    count = sum(has_ended for _, has_ended in beyond)
    stretched = sum(log(seconds / threshold) for seconds, _ in beyond)
    if count < _FEWEST_IN_TAIL or stretched <= 0:
        return _USUAL_TAIL_INDEX
    return min(max(count / stretched, _LEAST_TAIL_INDEX), _MOST_TAIL_INDEX)
