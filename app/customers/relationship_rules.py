"""Who serves a customer, and who the customer takes for the owner: what holds when, and what a change leaves. Pure.

A relationship is in force from `since` up to, but without, `until`. Whom the customer perceives as its owner is one
at a time: whoever becomes it takes over from who was it, from then on; what was stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

State = Literal["upcoming", "current", "ended"]


@dataclass(frozen=True, slots=True)
class Party:
    """Who serves: a member or a department, the other is None."""

    member_id: UUID | None
    department_id: UUID | None


@dataclass(frozen=True, slots=True)
class Serving:
    """A relationship as it is stored.

    The customer perceives the party as its owner from `perceived_owner_since` (None: never) up to
    `perceived_owner_until` (None: to the end); it is its latest such stretch.
    """

    id: UUID
    version: int
    customer_id: UUID
    member_id: UUID | None
    department_id: UUID | None
    role: str
    since: datetime
    until: datetime | None
    perceived_owner_since: datetime | None
    perceived_owner_until: datetime | None
    end_reason: str | None
    successor_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def party(self) -> Party:
        """Who serves."""
        return Party(self.member_id, self.department_id)

    @property
    def perceived_until(self) -> datetime | None:
        """When the perception ends, by itself or with the relationship."""
        return _earlier(self.perceived_owner_until, self.until)


class Taken(Exception):
    """Somebody else was perceived as the owner in a past that a relationship claims for itself."""

    def __init__(self, other: Serving) -> None:
        super().__init__(other.id)
        self.other = other


@dataclass(frozen=True, slots=True)
class Claim:
    """From when to when a relationship is the perceived owner's (`until` None: to its end), and when those end to be it
    that it takes over from."""

    since: datetime
    until: datetime | None
    ends: Mapping[UUID, datetime]


def state_at(serving: Serving, now: datetime) -> State:
    """Whether it is in force; one that ended as it began, or before, never was."""
    if serving.until is not None and serving.until <= max(now, serving.since):
        return "ended"
    return "upcoming" if serving.since > now else "current"


def is_perceived_owner(serving: Serving, now: datetime) -> bool:
    """Whether the customer perceives them as its owner: now, at the end of what ended, or at the beginning of what is
    still to begin."""
    since, until = serving.perceived_owner_since, serving.perceived_owner_until
    if since is None:
        return False
    state = state_at(serving, now)
    if state == "ended":
        return until is None
    at = max(now, serving.since)
    return since <= at and (until is None or until > at)


def same_place(one: Serving, other: Serving) -> bool:
    """Whether both say the same: who, and in which role."""
    return one.party == other.party and one.role.lower() == other.role.lower()


def clash(serving: Serving, others: Iterable[Serving]) -> Serving | None:
    """Another relationship that says the same for some of the time."""
    return next(
        (
            other
            for other in others
            if other.id != serving.id
            and same_place(serving, other)
            and _overlap(serving.since, serving.until, other.since, other.until)
        ),
        None,
    )


def claim(serving: Serving, since: datetime, now: datetime, others: Iterable[Serving]) -> Claim:
    """Makes a relationship the perceived owner's from an instant on.

    Who is it at that instant is it no longer from then on; who is going to be it later will be. Where somebody became
    it since then, up to now, that stays, and it passes now.

    Raises:
        Taken: the relationship ended, and somebody else was perceived as the owner while it was in force.
    """
    until = serving.until
    met = [
        other
        for other in others
        if other.id != serving.id
        and other.perceived_owner_since is not None
        and _overlap(since, until, other.perceived_owner_since, other.perceived_until)
    ]
    if until is not None and until <= now:
        if met:
            raise Taken(met[0])
        return Claim(since, None, {})
    begun = [(other, other.perceived_owner_since) for other in met if other.perceived_owner_since is not None]
    start = now if any(since <= began <= now for _, began in begun) else since
    following = [began for _, began in begun if began > start]
    ends = {
        other.id: start
        for other, began in begun
        if began <= start and _overlap(start, until, began, other.perceived_until)
    }
    return Claim(start, min(following, default=None), ends)


def kept(before: Serving, after: Serving, others: Iterable[Serving]) -> dict[str, datetime | None]:
    """The columns of the perception of a relationship whose dates were corrected: it begins and ends with it if it did,
    and takes nothing from anybody."""
    since, until = before.perceived_owner_since, before.perceived_owner_until
    if since is None:
        return {}
    start = after.since if since == before.since else max(since, after.since)
    for other in others:
        if other.id != before.id and other.perceived_owner_since is not None:
            if other.perceived_owner_since >= since:
                until = _earlier(until, other.perceived_owner_since)
            else:
                start = max(start, other.perceived_until or start)
    if after.until is not None and until is not None and until >= after.until:
        until = None
    end = _earlier(until, after.until)
    if end is not None and start >= end:
        return {"perceived_owner_since": None, "perceived_owner_until": None}
    return {"perceived_owner_since": start, "perceived_owner_until": until}


def perceived_no_longer(serving: Serving, at: datetime) -> dict[str, datetime | None]:
    """The columns of a relationship that is not the perceived owner's from an instant on."""
    if serving.perceived_owner_since is None or serving.perceived_owner_since >= at:
        return {"perceived_owner_since": None, "perceived_owner_until": None}
    return {"perceived_owner_until": _earlier(at, serving.perceived_owner_until)}


def ended(serving: Serving, at: datetime) -> dict[str, datetime | None]:
    """The columns of a relationship that ends at an instant, not before its beginning."""
    columns: dict[str, datetime | None] = {"until": at}
    if serving.perceived_owner_since is not None and serving.perceived_owner_since >= at:
        return columns | {"perceived_owner_since": None, "perceived_owner_until": None}
    if serving.perceived_owner_until is not None and serving.perceived_owner_until >= at:
        return columns | {"perceived_owner_until": None}
    return columns


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a hand-over leaves: the columns of the relationship that ends, and those of its successor, which is new
    unless `successor_id` names one that is there."""

    ends: Mapping[str, Any]
    successor_id: UUID | None
    successor: Mapping[str, Any]


def handed_over(serving: Serving, to: Party, at: datetime, others: Sequence[Serving]) -> HandedOver:
    """Hands a relationship that has not ended over to another party at an instant, not before its beginning.

    The other serves in the same role from then to when it would have ended, and is perceived as the owner as this one
    would have been. If the other does so already, or is going to, that lasts as long as either would have.
    """
    since, until = serving.perceived_owner_since, serving.perceived_owner_until
    passes = since is not None and (until is None or until > at)
    perception: dict[str, Any] = {}
    if since is not None and passes:
        perception = {"perceived_owner_since": max(since, at), "perceived_owner_until": until}
    there = [each for each in others if each.id != serving.id and _serves_from(each, to, serving.role, at)]
    if there:
        first = min(there, key=lambda each: each.since)
        lasts = {"until": _later(first.until, serving.until)} if len(there) == 1 else {}
        return HandedOver(ended(serving, at), first.id, {"since": min(first.since, at)} | lasts | perception)
    successor = {
        "customer_id": serving.customer_id,
        "member_id": to.member_id,
        "department_id": to.department_id,
        "role": serving.role,
        "since": at,
        "until": serving.until,
    }
    return HandedOver(ended(serving, at), None, successor | perception)


def _serves_from(other: Serving, party: Party, role: str, at: datetime) -> bool:
    same = other.party == party and other.role.lower() == role.lower()
    return same and (other.until is None or other.until > max(at, other.since))


def _overlap(since: datetime, until: datetime | None, other_since: datetime, other_until: datetime | None) -> bool:
    """Whether two stretches share an instant; an empty one shares none."""
    start = max(since, other_since)
    return all(end is None or start < end for end in (until, other_until))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)
