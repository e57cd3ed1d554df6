"""What can be done with a promise to a customer, and how late it is. Pure.

Instants are timezone-aware UTC datetimes of whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a promise is; `delivered` and `cancelled` are for good."""

    OPEN = "open"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done with a promise."""

    DELIVER = "deliver"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"


POSSIBLE: Mapping[Status, tuple[Verb, ...]] = {
    Status.OPEN: (Verb.DELIVER, Verb.CANCEL, Verb.RESCHEDULE),
    Status.DELIVERED: (),
    Status.CANCELLED: (),
}
"""Which verb from which status."""


class NotPossible(ValueError):
    """The verb is none of those `possible` in the promise's status."""

    def __init__(self, verb: Verb, status: Status) -> None:
        super().__init__(f"`{verb}` is not possible once the commitment is {status}.")
        self.possible = POSSIBLE[status]


class BadInstant(ValueError):
    """An instant that cannot be: `field` is its name in the request, `detail` the rule it breaks."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to a customer. `agreed_due_at` is what lateness is measured against: the first due time, or the last
    one that the customer agreed to."""

    status: Status
    promised_at: datetime
    due_at: datetime
    agreed_due_at: datetime
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None


def promised(promised_at: datetime, due_at: datetime, now: datetime) -> Promise:
    """A promise that is made; it may have been made long ago, but not in the future.

    Raises:
        BadInstant: it is promised in the future, or due before it is promised.
    """
    if promised_at > now:
        raise BadInstant("promised_at", "must not lie in the future.")
    _require_due_after_promise(due_at, promised_at)
    return Promise(Status.OPEN, promised_at, due_at, due_at)


def deliver(promise: Promise, at: datetime) -> Promise:
    """The promise, kept at an instant.

    Raises:
        NotPossible: it is not open.
        BadInstant: that was before it was promised.
    """
    _require(Verb.DELIVER, promise, at)
    return replace(promise, status=Status.DELIVERED, delivered_at=at)


def cancel(promise: Promise, at: datetime) -> Promise:
    """The promise, given up at an instant.

    Raises:
        NotPossible: it is not open.
        BadInstant: that was before it was promised.
    """
    _require(Verb.CANCEL, promise, at)
    return replace(promise, status=Status.CANCELLED, cancelled_at=at)


def reschedule(promise: Promise, due_at: datetime, *, customer_agreed: bool) -> Promise:
    """The promise, due at another time. Only if the customer agreed is lateness measured against that.

    Raises:
        NotPossible: it is not open.
        BadInstant: it would be due before it was promised.
    """
    _require(Verb.RESCHEDULE, promise, promise.promised_at)
    _require_due_after_promise(due_at, promise.promised_at)
    return replace(promise, due_at=due_at, agreed_due_at=due_at if customer_agreed else promise.agreed_due_at)


def lateness_seconds(promise: Promise, now: datetime) -> int | None:
    """How late it was delivered, or is by now while it is open; 0 when in time, None once it is cancelled."""
    if promise.status is Status.CANCELLED:
        return None
    late = (promise.delivered_at or now) - promise.agreed_due_at
    return max(0, late.days * 86_400 + late.seconds)


def _require(verb: Verb, promise: Promise, at: datetime) -> None:
    if verb not in POSSIBLE[promise.status]:
        raise NotPossible(verb, promise.status)
    if at < promise.promised_at:
        raise BadInstant("at", "must not lie before promised_at.")


def _require_due_after_promise(due_at: datetime, promised_at: datetime) -> None:
    if due_at < promised_at:
        raise BadInstant("due_at", "must not lie before promised_at.")
