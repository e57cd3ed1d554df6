"""Who says how a ticket was served, and until when they may think better of it. Pure.

As helpdesks have it: only the requester rates, once for each time it was solved (Zendesk, *Satisfaction Ratings*).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

CHANGEABLE_FOR: Final = timedelta(days=7)
"""For how long after it was first given feedback may be changed."""


class NotTheirs(ValueError):
    """Somebody else than the member who is named says how it was; the message completes "the field ..."."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was said of a resolution, by whom where that is known, first at `at`."""

    member_id: UUID | None
    score: int
    comment: str | None
    at: datetime
    changed_at: datetime | None = None

    @property
    def last_at(self) -> datetime:
        """When it was said as it is."""
        return self.changed_at or self.at

    @property
    def changeable_until(self) -> datetime:
        """The last instant at which it may be changed."""
        return self.at + CHANGEABLE_FOR


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked: a department, and the member where one is known; `has_left`: who can say no more."""

    department_id: UUID
    member_id: UUID | None
    has_left: bool = False


def giver(
    requester: Requester, stated: UUID | None, department_ids: Collection[UUID], earlier: Given | None
) -> UUID | None:
    """The member whose feedback it is; None where nobody knows.

    That is the requester, and where there is none, or they have left, any member of the department that asked:
    `department_ids` are those of the member who is stated. With nobody stated it is the requester's, for whom the key
    speaks; what was given already is changed by whoever gave it.

    Raises:
        NotTheirs: somebody else is stated.
    """
    if earlier is not None and earlier.member_id is not None:
        if stated not in (None, earlier.member_id):
            raise NotTheirs("is not who gave this feedback, who alone may change it.")
        return earlier.member_id
    if stated is None or stated == requester.member_id:
        return requester.member_id
    if requester.member_id is not None and not requester.has_left:
        raise NotTheirs("is not the requester of the ticket, who alone says how it was.")
    if requester.department_id not in department_ids:
        raise NotTheirs("does not belong to the department that asked for the ticket.")
    return stated
