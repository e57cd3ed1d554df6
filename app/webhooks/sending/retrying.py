"""What an answer means for a delivery, and when it is tried again. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

_MINUTE, _HOUR = 60, 3600

SCHEDULE: Final = (
    0,
    5,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""The seconds between each try and the one before; the first is made at once. After the last a delivery is dead."""

LONGEST_RETRY_AFTER: Final = timedelta(hours=24)

_GONE: Final = 410
_OVERLOADED: Final = frozenset({429, 502, 503, 504})


class Outcome(StrEnum):
    """What becomes of a delivery after an attempt."""

    SUCCEEDED = "succeeded"
    AGAIN = "again"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt came to.

    `again_at` is set when it is to be tried again. What it says of the endpoint is for the circuit: `closed_until` is
    the instant before which it asked to be left alone, `overloaded` that it has more than it can do, and `gone` that
    it wants no deliveries any more.
    """

    outcome: Outcome
    again_at: datetime | None = None
    closed_until: datetime | None = None
    overloaded: bool = False
    gone: bool = False


def verdict(status_code: int | None, retry_after: str | None, tries: int, now: datetime, jitter: float) -> Verdict:
    """What the answer that came at `now` means for a delivery, `tries` of whose schedule were used up before.

    `status_code` is None when there was no answer, `retry_after` the header's value. `jitter` in [0, 1) says how much
    later than scheduled the next try is, up to about a tenth of the wait.
    """
    if status_code is not None and 200 <= status_code < 300:
        return Verdict(Outcome.SUCCEEDED)
    closed_until = asked_to_wait_until(retry_after, now)
    again_at = _next_try(tries + 1, now, jitter)
    if again_at is not None and closed_until is not None:
        again_at = max(again_at, closed_until)
    return Verdict(
        Outcome.DEAD if again_at is None else Outcome.AGAIN,
        again_at,
        closed_until,
        overloaded=status_code in _OVERLOADED,
        gone=status_code == _GONE,
    )


def asked_to_wait_until(retry_after: str | None, now: datetime) -> datetime | None:
    """The instant that a `Retry-After` of seconds or an HTTP-date names, at most 24 hours from now.

    None when it names none that lies ahead.
    """
    text = (retry_after or "").strip()
    until = now + _seconds(text) if text.isdecimal() and text.isascii() else _http_date(text)
    if until is None or until <= now:
        return None
    return min(until, now + LONGEST_RETRY_AFTER)


def _seconds(digits: str) -> timedelta:
    longest = int(LONGEST_RETRY_AFTER.total_seconds())
    # What has more digits than the longest is longer, and need not be read.
    return timedelta(seconds=longest if len(digits.lstrip("0")) > len(str(longest)) else min(int(digits), longest))


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _next_try(used: int, now: datetime, jitter: float) -> datetime | None:
    if used >= len(SCHEDULE):
        return None
    wait = SCHEDULE[used]
    return now + timedelta(seconds=wait + int(jitter * (2 + wait // 10)))
