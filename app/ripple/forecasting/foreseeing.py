"""When an open commitment is looked at again, and when what is seen is to be told. Pure.

Instants are whole seconds since the epoch.
"""

from enum import StrEnum
from typing import Final

from app.ripple.elapsed import DAY, HOUR, MINUTE

AT_RISK_FROM: Final = 0.5
"""The probability of being late from which a commitment is at risk."""

ON_TRACK_BELOW: Final = 0.3
"""The probability below which it is so no more: less than that of becoming it, so that it does not waver."""

_WEEK: Final = 7 * DAY
_FAR: Final = 6 * HOUR
_LOOKS_IN_WHAT_IS_LEFT: Final = 24


class Crossing(StrEnum):
    """What is told: the probability of being late has crossed a threshold."""

    AT_RISK = "at_risk"
    BACK_ON_TRACK = "back_on_track"


def crossing(at_risk: bool, probability_late: float) -> Crossing | None:
    """What became of a commitment that was at risk until now, or was not."""
    if not at_risk and probability_late >= AT_RISK_FROM:
        return Crossing.AT_RISK
    if at_risk and probability_late < ON_TRACK_BELOW:
        return Crossing.BACK_ON_TRACK
    return None


def next_look(at: int, due_at: int) -> int:
    """When one that was looked at is looked at again, though nothing happens to it: its probability changes with age.

    Within a week of its due time that is an hour later at most, the nearer the sooner, before that six hours; the
    second after its due time, from which on it is late; and then once a day, for when it may still be delivered.
    """
    left = due_at - at
    if left < 0:
        return at + DAY
    if left > _WEEK:
        return min(at + _FAR, due_at - _WEEK)
    return min(at + min(max(left // _LOOKS_IN_WHAT_IS_LEFT, MINUTE), HOUR), due_at + 1)
