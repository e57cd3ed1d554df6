"""Which approvals are granted at once: what a delegation covers. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Worth:
    """What depends on an approval: the value of the commitment it serves, else its customer's annual value."""

    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Limits(Generic[Id]):
    """What one delegation covers of the approvals that its department asks for; it was not taken back.

    ``name`` is that of what is approved. ``up_to_value`` is an amount of ``currency``; where that is None, of whichever
    one the worth is in: nothing is converted.
    """

    id: Id
    name: str
    since: datetime
    until: datetime | None
    up_to_value: Decimal | None
    currency: str | None

    def cover(self, asked_at: datetime, worth: Worth | None) -> bool:
        """Whether what is asked at an instant is granted: not what was asked before or is asked from ``until`` on, and
        with a limit only what is known to be worth no more."""
        if asked_at < self.since or (self.until is not None and asked_at >= self.until):
            return False
        if self.up_to_value is None:
            return True
        if worth is None or self.currency not in (None, worth.currency):
            return False
        return worth.value <= self.up_to_value
