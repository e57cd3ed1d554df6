"""The axis of a drawing over time: where instants lie, and which of them are marked. Pure.

Instants are integer seconds since the epoch; they are told in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final

from app.ripple.elapsed import DAY, HOUR, MINUTE

_STEPS: Final = (
    *(1, 5, 15, 30),
    *(each * MINUTE for each in (1, 5, 15, 30)),
    *(each * HOUR for each in (1, 3, 6, 12)),
    *(each * DAY for each in (1, 2, 7, 14)),
)
_MONTHS: Final = (1, 3, 6, 12, 60)
_MOST_TICKS: Final = 8
# The epoch was a Thursday; weeks are marked on Mondays.
_MONDAY: Final = 4 * DAY


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds from ``first_at`` to ``last_at`` (later) on a line from ``left`` to ``right``."""

    first_at: int
    last_at: int
    left: float
    right: float

    def place(self, at: int) -> float:
        """Where an instant lies; one outside lies at the end it is nearest to."""
        within = min(max(at, self.first_at), self.last_at)
        return self.left + (within - self.first_at) * (self.right - self.left) / (self.last_at - self.first_at)

    def ticks(self) -> list[tuple[int, str]]:
        """At most nine instants with what to write at them."""
        span = self.last_at - self.first_at
        for step in _STEPS:
            if span <= _MOST_TICKS * step:
                return [(at, _told(at, step)) for at in self._every(step)]
        months = next((each for each in _MONTHS if span <= _MOST_TICKS * each * 30 * DAY), None)
        if months is None:
            return [(self.first_at, date_told(self.first_at))]
        return [(at, f"{datetime.fromtimestamp(at, UTC):%b %Y}") for at in self._months(months)]

    def _every(self, step: int) -> Iterator[int]:
        offset = _MONDAY if step >= 7 * DAY else 0
        first = -((offset - self.first_at) // step) * step + offset
        yield from range(first, self.last_at + 1, step)

    def _months(self, step: int) -> Iterator[int]:
        first = datetime.fromtimestamp(self.first_at, UTC)
        for number in count(0, step):
            years, month = divmod(number, 12)
            at = int(datetime(first.year + years, month + 1, 1, tzinfo=UTC).timestamp())
            if at > self.last_at:
                return
            if at >= self.first_at:
                yield at


def _told(at: int, step: int) -> str:
    if step >= DAY:
        return date_told(at)
    moment = datetime.fromtimestamp(at, UTC)
    clock = f"{moment:%H:%M}" if step >= MINUTE else f"{moment:%H:%M:%S}"
    return date_told(at) if at % DAY == 0 else clock


def date_told(at: int) -> str:
    """The day, as `2 Mar`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%b}"


def moment_told(at: int) -> str:
    """The minute, as `2 Mar 2026, 09:00`."""
    return f"{date_told(at)} {datetime.fromtimestamp(at, UTC):%Y, %H:%M}"
