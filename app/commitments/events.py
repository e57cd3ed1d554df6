"""What is told of commitments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.commitments.examples import LATE
from app.commitments.schemas import Commitment, Reschedule
from app.customers.events import ALBION
from app.customers.schemas import Customer
from app.directory.event_examples import SALES
from app.directory.schemas import Department
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf
from app.kernel.outbox import previous

PROMISED_AT: Final = datetime(2026, 3, 9, 9, tzinfo=UTC)
_DUE_AT: Final = PROMISED_AT + timedelta(days=5)
LEEDS: Final = Commitment(
    id=UUID(LATE),
    version=1,
    customer_id=ALBION.id,
    title="Go-live of the Leeds site",
    owner_department_id=SALES.id,
    status="open",
    promised_at=PROMISED_AT,
    due_at=_DUE_AT,
    first_due_at=_DUE_AT,
    agreed_due_at=_DUE_AT,
    delivered_at=None,
    cancelled_at=None,
    cancel_reason=None,
    lateness_seconds=0,
    value=Decimal("480000.00"),
    currency="EUR",
    source="demo",
    external_ref="DEMO-SHOWCASE",
    reschedules=[],
    created_at=PROMISED_AT,
    updated_at=PROMISED_AT,
)
"""A promise of the demo company, for examples."""


class CommitmentData(TypedDict):
    """What is told of a commitment, and whom it concerns."""

    commitment: Commitment
    customer: Customer
    owner_department: Department
    actor: Actor


class CommitmentChangeData(CommitmentData):
    """What is told of a commitment that changed, and whom it concerns."""

    previous: Annotated[dict[str, Any], SomeOf(Commitment)]


def _changed(at: datetime, **changes: Any) -> dict[str, Any]:
    changed = replace(LEEDS, version=2, updated_at=at, **changes)
    return _told(changed, previous=previous(LEEDS, changed))


def _told(commitment: Commitment, **more: Any) -> dict[str, Any]:
    return {
        "commitment": commitment,
        "customer": ALBION,
        "owner_department": SALES,
        **more,
        "actor": EXAMPLE_ACTOR,
    }


def _delivered(days: int) -> dict[str, Any]:
    at = PROMISED_AT + timedelta(days=days)
    late = max(0, round((at - _DUE_AT).total_seconds()))
    return _changed(at, status="delivered", delivered_at=at, lateness_seconds=late)


_MOVED_AT: Final = PROMISED_AT + timedelta(days=3)
_MOVED_TO: Final = _DUE_AT + timedelta(days=3)
_MOVED: Final = Reschedule(_MOVED_AT, _DUE_AT, _MOVED_TO, "The customer changed the order.", True, {**EXAMPLE_ACTOR})

TYPES: Final = (
    EventType("commitment.created", "Something is promised to a customer.", CommitmentData, _told(LEEDS)),
    EventType(
        "commitment.updated",
        "A promise is said otherwise, is worth something else, or another department answers for it.",
        CommitmentChangeData,
        _changed(_MOVED_AT, title="Go-live of the Leeds site, both halls"),
    ),
    EventType(
        "commitment.rescheduled",
        "A promise is due at another time; `commitment.reschedules` ends with how and why it moved.",
        CommitmentChangeData,
        _changed(_MOVED_AT, due_at=_MOVED_TO, agreed_due_at=_MOVED_TO, reschedules=[_MOVED]),
    ),
    EventType("commitment.delivered", "A promise is kept in time.", CommitmentChangeData, _delivered(5)),
    EventType("commitment.delivered_late", "A promise is kept, but late.", CommitmentChangeData, _delivered(7)),
    EventType(
        "commitment.cancelled",
        "A promise is given up.",
        CommitmentChangeData,
        _changed(
            _MOVED_AT,
            status="cancelled",
            cancelled_at=_MOVED_AT,
            cancel_reason="The customer withdrew the order.",
            lateness_seconds=None,
        ),
    ),
)
