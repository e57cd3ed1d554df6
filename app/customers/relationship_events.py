"""What is told of relationships."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.customers.events import ALBION
from app.customers.examples import ALBIONS_ACCOUNT_OWNER
from app.customers.relationship_schemas import Relationship
from app.customers.schemas import Customer
from app.directory.event_examples import ADA, AMARA
from app.directory.schemas import Department, Member
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf


class RelationshipData(TypedDict):
    """What is told of who serves a customer: the member or the department, the other is null."""

    customer: Customer
    relationship: Relationship
    member: Member | None
    department: Department | None
    actor: Actor


class RelationshipChangeData(RelationshipData):
    """What is told of a relationship that changed."""

    previous: Annotated[dict[str, Any], SomeOf(Relationship)]


class HandOverData(RelationshipChangeData):
    """What is told of a relationship that was handed over: the one that ends, and the one that goes on."""

    successor: Relationship
    successor_member: Member | None
    successor_department: Department | None


_SINCE: Final = datetime(2025, 9, 1, 7, tzinfo=UTC)
_MOVED: Final = datetime(2026, 3, 20, 16, tzinfo=UTC)
_OWNER: Final = Relationship(
    id=UUID(ALBIONS_ACCOUNT_OWNER),
    version=1,
    customer_id=ALBION.id,
    member_id=ADA.id,
    department_id=None,
    role="account owner",
    state="current",
    perceived_owner=True,
    since=_SINCE,
    until=None,
    perceived_owner_since=_SINCE,
    perceived_owner_until=None,
    end_reason=None,
    successor_id=None,
    created_at=_SINCE,
    updated_at=_SINCE,
)
_ENDED: Final = replace(
    _OWNER, version=2, state="ended", until=_MOVED, end_reason="Moved to another region.", updated_at=_MOVED
)
_SUCCESSOR: Final = replace(
    _OWNER,
    id=UUID("019d0bd9-4e00-7a52-8f6c-3b1d9e7c5a24"),
    member_id=AMARA.id,
    since=_MOVED,
    perceived_owner_since=_MOVED,
    created_at=_MOVED,
    updated_at=_MOVED,
)
_BY_ADA: Final = {"customer": ALBION, "member": ADA, "department": None, "actor": EXAMPLE_ACTOR}
_GONE_ON: Final = {"state": "current", "until": None, "end_reason": None}

TYPES: Final = (
    EventType(
        "customer.relationship_started",
        "A member or a department serves a customer in a role, since `since`, which may be long past or planned.",
        RelationshipData,
        {**_BY_ADA, "relationship": _OWNER},
    ),
    EventType(
        "customer.relationship_changed",
        "A relationship has other dates, another role, or the customer perceives another as its owner: "
        "told of who becomes it and of who no longer is.",
        RelationshipChangeData,
        {
            **_BY_ADA,
            "relationship": replace(_OWNER, version=2, perceived_owner=False, perceived_owner_until=_MOVED),
            "previous": {"perceived_owner": True, "perceived_owner_until": None},
        },
    ),
    EventType(
        "customer.relationship_ended",
        "Somebody serves a customer no longer, or not from a planned instant on, and nobody took over.",
        RelationshipChangeData,
        {**_BY_ADA, "relationship": _ENDED, "previous": _GONE_ON},
    ),
    EventType(
        "customer.relationship_handed_over",
        "Another goes on serving a customer in the same role: it was handed over, or who had it left the organisation. "
        "Of the successor no other event tells.",
        HandOverData,
        {
            **_BY_ADA,
            "relationship": replace(_ENDED, successor_id=_SUCCESSOR.id),
            "previous": {**_GONE_ON, "successor_id": None},
            "successor": _SUCCESSOR,
            "successor_member": AMARA,
            "successor_department": None,
        },
    ),
)
