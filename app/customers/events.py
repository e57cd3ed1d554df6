"""What is told of customers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.customers.examples import ALBION_FOODS, ALBIONS_COMMITMENT, DISAPPOINTMENT
from app.customers.outcome_schemas import Outcome
from app.customers.schemas import Customer
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf

_SINCE: Final = datetime(2025, 6, 2, 7, tzinfo=UTC)
ALBION: Final = Customer(
    id=UUID(ALBION_FOODS),
    version=1,
    external_ref="DEMO-C-001",
    name="Albion Foods",
    tier="gold",
    annual_value=Decimal("4320800.00"),
    currency="EUR",
    preferences={"language": "es", "channel": "portal"},
    notes="Was let down two years ago; check promises twice.",
    created_at=_SINCE,
    updated_at=_SINCE,
)
"""A customer of the demo company, for examples."""


class CustomerData(TypedDict):
    """What is told of a customer."""

    customer: Customer
    actor: Actor


class CustomerChangeData(CustomerData):
    """What is told of a customer that changed."""

    previous: Annotated[dict[str, Any], SomeOf(Customer)]


class OutcomeData(TypedDict):
    """What is told of an outcome, and of the customer whose it is."""

    customer: Customer
    outcome: Outcome
    actor: Actor


class OutcomeChangeData(OutcomeData):
    """What is told of an outcome that was corrected."""

    previous: Annotated[dict[str, Any], SomeOf(Outcome)]


_ASKED_AT: Final = datetime(2026, 3, 17, 9, tzinfo=UTC)
_DISAPPOINTED: Final = Outcome(
    id=UUID(DISAPPOINTMENT),
    version=1,
    customer_id=ALBION.id,
    kind="csat",
    score=2,
    value=None,
    currency=None,
    occurred_at=_ASKED_AT,
    commitment_id=UUID(ALBIONS_COMMITMENT),
    comment="Nobody told us that it would take two days longer.",
    created_at=_ASKED_AT,
    updated_at=_ASKED_AT,
)

TYPES: Final = (
    EventType("customer.created", "A customer is new.", CustomerData, {"customer": ALBION, "actor": EXAMPLE_ACTOR}),
    EventType(
        "customer.updated",
        "Something is said of a customer that was not, such as another tier or value.",
        CustomerChangeData,
        {
            "customer": replace(ALBION, version=2, tier="platinum", updated_at=_SINCE + timedelta(days=30)),
            "previous": {"tier": "gold"},
            "actor": EXAMPLE_ACTOR,
        },
    ),
    EventType(
        "customer.outcome_recorded",
        "A customer said how satisfied they are, complained, left, renewed or took more.",
        OutcomeData,
        {"customer": ALBION, "outcome": _DISAPPOINTED, "actor": EXAMPLE_ACTOR},
    ),
    EventType(
        "customer.outcome_corrected",
        "What was recorded of an outcome was not right, or not all.",
        OutcomeChangeData,
        {
            "customer": ALBION,
            "outcome": replace(_DISAPPOINTED, version=2, score=3, updated_at=_ASKED_AT + timedelta(days=1)),
            "previous": {"score": 2},
            "actor": EXAMPLE_ACTOR,
        },
    ),
)
