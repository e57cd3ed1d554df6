"""When an endpoint that fails is left alone for a while, and when it is given up. Pure.

An endpoint is well until it fails several times in a row, or says that it has more than it can do. Then its circuit
opens: nothing is sent to it for a pause, and after the pause one delivery at a time, until one succeeds. A pause is as
long as it has been failing, so that it doubles from one to the next, between ten seconds and five minutes.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FAILURES_TO_OPEN: Final = 5
"""How many attempts in a row, over all its deliveries, fail before an endpoint is left alone."""

SHORTEST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=5)

GIVEN_UP_AFTER: Final = timedelta(days=5)
"""How long an endpoint may fail without a success before it is disabled."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been answering.

    `failing_since` is the first failure since the last success. `opens_at` is None while the circuit is closed; else
    nothing is sent before it, and one delivery at a time from then on.
    """

    failures_in_a_row: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    opens_at: datetime | None = None


def after_success(health: Health, at: datetime) -> Health:
    """The health of an endpoint that took a delivery: whatever was before is forgotten.

    Unless it is closed still: then the attempt began before that, and who asks to be left alone is, whatever was under
    way.
    """
    still_closed = health.opens_at is not None and at < health.opens_at
    return Health(last_success_at=at, opens_at=health.opens_at if still_closed else None)


def after_failure(
    health: Health, at: datetime, jitter: float, *, closed_until: datetime | None = None, overloaded: bool = False
) -> Health:
    """Its health after one more failure: `closed_until` and `overloaded` as the verdict on the attempt says.

    `jitter` in [0, 1) makes a pause up to a tenth longer.
    """
    failed = replace(
        health,
        failures_in_a_row=health.failures_in_a_row + 1,
        failing_since=at if health.failing_since is None else min(health.failing_since, at),
    )
    return replace(failed, opens_at=_opens_at(failed, at, jitter, closed_until, overloaded))


def is_to_be_given_up(health: Health, at: datetime) -> bool:
    """Whether an endpoint that has just failed has done so for too long."""
    return health.failing_since is not None and at - health.failing_since >= GIVEN_UP_AFTER


def _opens_at(
    health: Health, at: datetime, jitter: float, closed_until: datetime | None, overloaded: bool
) -> datetime | None:
    asked = [instant for instant in (health.opens_at, closed_until) if instant is not None]
    is_open = health.opens_at is not None or health.failures_in_a_row >= FAILURES_TO_OPEN
    if is_open or (overloaded and closed_until is None):
        asked.append(at + _pause(health, at, jitter))
    return max(asked, default=None)


def _pause(health: Health, at: datetime, jitter: float) -> timedelta:
    failing_for = at - (health.failing_since or at)
    pause = min(max(failing_for, SHORTEST_PAUSE), LONGEST_PAUSE)
    seconds = int(pause.total_seconds())
    return timedelta(seconds=seconds + int(jitter * (1 + seconds // 10)))
