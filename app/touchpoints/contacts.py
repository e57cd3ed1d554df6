"""Who touched a customer: from what was done to its tickets, and promised to it, to who did it; and whether a
relationship says so. Pure.

What was done is told by its actor. Where that is a member, or a key that stands for one, it is they who served; any
other key stands for departments at most, so then it is the requester or the assignee of that time, and where no member
is known it is the department.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

RelatedBy = Literal["member", "department", "member_of_department"]

STRONGEST_FIRST: Final[Sequence[RelatedBy]] = ("member", "department", "member_of_department")
OF_REQUESTER: Final = frozenset({"open", "reopen", "close", "cancel"})
"""What the requester does, where the actor does not tell."""
OF_NOBODY: Final = frozenset({"escalate", "reapply"})
"""What the service does by itself."""
HAND_OVERS: Final = frozenset({"transfer", "return"})
SAYING: Final = frozenset({"comment", "ask"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history of a ticket that served the customer.

    `assignee_id` is who had it then, and `actor_member_id` who did it, if that is a member; `actor_department_ids` are
    theirs, or those that the key is tied to. `named_department_id` is who gets it by a hand-over, or whom, as
    `named_member_id`, an imported log only mentions (`noted`).
    """

    ticket_id: UUID
    leg: int
    verb: str
    at: datetime
    leg_department_id: UUID
    requester_department_id: UUID
    requester_id: UUID | None
    assignee_id: UUID | None
    actor_member_id: UUID | None
    actor_department_ids: Sequence[UUID]
    named_member_id: UUID | None = None
    named_department_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """A commitment to the customer, by its owner: touched when promised, and when delivered."""

    commitment_id: UUID
    department_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody served the customer at an instant: a member for a department, or a department, nobody knows who."""

    member_id: UUID | None
    department_id: UUID
    at: datetime
    ticket_id: UUID | None = None
    commitment_id: UUID | None = None
    says: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """A relationship: who is to serve, in which role, from when to when. `department_ids` are the member's."""

    id: UUID
    member_id: UUID | None
    department_id: UUID | None
    role: str
    since: datetime
    until: datetime | None
    department_ids: Sequence[UUID] = ()

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.since <= at and (self.until is None or self.until > at)

    def says(self, touch: Touch) -> RelatedBy | None:
        """How it says that whoever touched the customer serves it, if it does."""
        if not self.holds(touch.at):
            return None
        if self.member_id is not None and self.member_id == touch.member_id:
            return "member"
        if self.department_id == touch.department_id:
            return "department"
        if touch.member_id is None and touch.department_id in self.department_ids:
            return "member_of_department"
        return None


@dataclass(slots=True)
class Contact:
    """All touches of one member for one department, or of one department."""

    member_id: UUID | None
    department_id: UUID
    first_at: datetime
    last_at: datetime
    touches: int = 0
    related_touches: int = 0
    comments: int = 0
    ticket_ids: set[UUID] = field(default_factory=set)
    commitment_ids: set[UUID] = field(default_factory=set)
    related_by: RelatedBy | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unserved:
    """A relationship in force without a touch in the period; `last_at` is the latest touch of all, if there is any."""

    tie: Tie
    last_at: datetime | None


def touches(entries: Iterable[Entry], promised: Iterable[Promised]) -> list[Touch]:
    """Every touch, in no order. A department that has or had a ticket which nobody touched is one, too."""
    found: list[Touch] = []
    legs: dict[tuple[UUID, int], Entry] = {}
    served: set[tuple[UUID, int]] = set()
    for entry in entries:
        place = entry.ticket_id, entry.leg
        legs.setdefault(place, entry)
        if entry.verb in HAND_OVERS and entry.named_department_id is not None:
            received = replace(entry, leg=entry.leg + 1, leg_department_id=entry.named_department_id, assignee_id=None)
            legs[entry.ticket_id, received.leg] = received
        touch = _of_entry(entry)
        if touch is not None:
            found.append(touch)
            if touch.department_id == entry.leg_department_id and entry.verb != "open":
                served.add(place)
    for place, first in legs.items():
        if place not in served:
            found.append(Touch(first.assignee_id, first.leg_department_id, first.at, first.ticket_id))
    found += [Touch(None, each.department_id, each.at, commitment_id=each.commitment_id) for each in promised]
    return found


def _of_entry(entry: Entry) -> Touch | None:
    if entry.verb in OF_NOBODY:
        return None
    if entry.verb == "noted":
        if entry.named_member_id is None:
            return None
        return Touch(
            entry.named_member_id, entry.named_department_id or entry.leg_department_id, entry.at, entry.ticket_id
        )
    member_id, department_id = _whose(entry)
    return Touch(member_id, department_id, entry.at, entry.ticket_id, says=entry.verb in SAYING)


def _whose(entry: Entry) -> tuple[UUID | None, UUID]:
    """Who did it, for which department."""
    provider, requester = entry.leg_department_id, entry.requester_department_id
    actor, departments = entry.actor_member_id, entry.actor_department_ids
    if actor is not None and entry.verb == "open":
        return entry.requester_id or actor, requester
    if actor is not None:
        if actor == entry.assignee_id or (provider in departments and actor != entry.requester_id):
            return actor, provider
        if actor == entry.requester_id or requester in departments:
            return actor, requester
        return actor, departments[0] if departments else provider
    by_requester = requester in departments and provider not in departments
    if entry.verb in OF_REQUESTER or (entry.verb == "comment" and by_requester):
        return entry.requester_id, requester
    return entry.assignee_id, provider


def contacts(touched: Iterable[Touch], ties: Sequence[Tie]) -> list[Contact]:
    """The touches of each, the latest contact first; what relates them is what held at the last."""
    found: dict[tuple[UUID | None, UUID], Contact] = {}
    for touch in sorted(touched, key=lambda each: each.at):
        key = touch.member_id, touch.department_id
        contact = found.setdefault(key, Contact(*key, first_at=touch.at, last_at=touch.at))
        said: dict[RelatedBy, list[str]] = {}
        for tie in ties:
            by = tie.says(touch)
            if by is not None:
                said.setdefault(by, []).append(tie.role)
        contact.last_at = touch.at
        contact.touches += 1
        contact.related_touches += bool(said)
        contact.comments += touch.says
        contact.related_by = next((by for by in STRONGEST_FIRST if by in said), None)
        contact.roles = tuple(dict.fromkeys(said[contact.related_by])) if contact.related_by else ()
        if touch.ticket_id is not None:
            contact.ticket_ids.add(touch.ticket_id)
        if touch.commitment_id is not None:
            contact.commitment_ids.add(touch.commitment_id)
    return sorted(found.values(), key=_latest_first)


def _latest_first(contact: Contact) -> tuple[float, str, str]:
    return -contact.last_at.timestamp(), str(contact.department_id), str(contact.member_id)


def unserved(
    touched: Sequence[Touch], ties: Iterable[Tie], start: datetime | None, end: datetime, at: datetime
) -> list[Unserved]:
    """The relationships in force at an instant by which nobody touched the customer in the period, those whose last
    contact is longest ago first.

    A member's is served by the member, a department's by anybody of it. A touch from before the relationship began
    does not count.
    """
    by_member: defaultdict[UUID, list[datetime]] = defaultdict(list)
    by_department: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for touch in touched:
        by_department[touch.department_id].append(touch.at)
        if touch.member_id is not None:
            by_member[touch.member_id].append(touch.at)
    found: list[Unserved] = []
    for tie in ties:
        if not tie.holds(at):
            continue
        instants = by_member[tie.member_id] if tie.member_id is not None else by_department[_known(tie.department_id)]
        since = max(tie.since, start) if start is not None else tie.since
        if not any(since <= each < end for each in instants):
            found.append(Unserved(tie, max((each for each in instants if each < end), default=None)))
    return sorted(found, key=lambda each: ((each.last_at or each.tie.since).timestamp(), str(each.tie.id)))


def _known(department_id: UUID | None) -> UUID:
    if department_id is None:
        raise ValueError("a relationship is a member's or a department's")
    return department_id
