"""The ids of the demo company's things: shaped as UUIDv7, the same in every installation where that can be. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from app.demo.aftermath import TOLD_BY_HAND
from app.demo.meridian import stated
from app.demo.records import Company
from app.demo.showcase import LESSONS
from app.demo.voices import THANKED_BY_HAND

FOUNDED: Final = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)
"""When the company began, as its ids tell it."""


def identity(kind: str, name: str, at: datetime) -> UUID:
    """The id of a thing: it sorts by the instant, and what tells it from others follows from its kind and name."""
    milliseconds = int(at.timestamp() * 1000)
    chance = int.from_bytes(blake2b(f"{kind}/{name}".encode(), digest_size=10).digest(), "big")
    high, low = chance >> 64 & 0xFFF, chance & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def founding(kind: str, name: str, place: int) -> UUID:
    """The id of a thing that was there from the beginning, the `place`th of its kind: the same in all installations."""
    return identity(kind, name, FOUNDED + timedelta(seconds=place))


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of a company's things by what they go by; request types by provider and key, SLAs and objectives by name.

    Those of promises told by hand, of their tickets, and of what was said of the first of them are the same everywhere,
    as are those of suggestions and of all that does not happen at a time; the ids of other promises, tickets, outcomes
    and recognitions say when that was.
    """

    calendars: Mapping[str, UUID]
    departments: Mapping[str, UUID]
    members: Mapping[str, UUID]
    request_types: Mapping[tuple[str, str], UUID]
    slas: Mapping[str, UUID]
    objectives: Mapping[str, UUID]
    customers: Mapping[str, UUID]
    commitments: Mapping[str, UUID]
    tickets: Mapping[str, UUID]
    outcomes: Mapping[str, UUID]
    relationships: Mapping[str, UUID]
    recognitions: Mapping[str, UUID]
    suggestions: Mapping[str, UUID]
    delegations: Mapping[str, UUID]
    names: Mapping[str, str]

    @classmethod
    def of(cls, company: Company) -> "Ids":
        """The ids of everything in the company."""
        by_hand = {lesson.ref for lesson in LESSONS}
        parts = [f"{lesson.ref}-{place}" for lesson in LESSONS for place in range(1, len(lesson.parts) + 1)]
        typed = {(each.provider, each.key): each for each in company.request_types}
        return cls(
            calendars=_founding("calendar", [each.key for each in company.calendars]),
            departments=_founding("department", [each.key for each in company.departments]),
            members=_founding("member", [each.email for each in company.members]),
            request_types={key: founding("request type", "/".join(key), place) for place, key in enumerate(typed)},
            slas=_founding("sla", [each["name"] for each in stated("slas")]),
            objectives=_founding("objective", [each["name"] for each in stated("objectives")]),
            customers=_founding("customer", [each.ref for each in company.customers]),
            commitments=_founding("commitment", [lesson.ref for lesson in LESSONS])
            | {
                each.ref: identity("commitment", each.ref, each.promised_at)
                for each in company.commitments
                if each.ref not in by_hand
            },
            tickets=_founding("ticket", parts)
            | {
                each.ref: identity("ticket", each.ref, each.opening.opened_at)
                for each in company.tickets
                if each.commitment not in by_hand
            },
            outcomes=_founding("outcome", [TOLD_BY_HAND])
            | {
                each.ref: identity("outcome", each.ref, each.occurred_at)
                for each in company.outcomes
                if each.ref != TOLD_BY_HAND
            },
            relationships=_founding("relationship", [each.ref for each in company.relationships]),
            recognitions=_founding("recognition", [THANKED_BY_HAND])
            | {
                each.ref: identity("recognition", each.ref, each.at)
                for each in company.recognitions
                if each.ref != THANKED_BY_HAND
            },
            suggestions=_founding("suggestion", [each.ref for each in company.suggestions]),
            delegations=_founding("delegation", [each.ref for each in company.delegations]),
            names={each.email: each.name for each in company.members}
            | {each.ref: typed[each.provider, each.key].name for each in company.delegations},
        )

    def actor(self, by: str) -> dict[str, Any]:
        """A member by their address, or a delegation by its reference, as history and events name who did it."""
        id_ = self.delegations.get(by) or self.members[by]
        return {"type": "demo", "id": str(id_), "name": self.names[by]}


def _founding(kind: str, names: list[str]) -> dict[str, UUID]:
    return {name: founding(kind, name, place) for place, name in enumerate(names)}
