"""What is told of customers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.customers.examples import ALBION_FOODS
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
    preferences={"language": "en", "channel": "portal"},
    notes=None,
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
)
ANNOUNCED: Final = ("customer.attention", "customer.outcome_recorded")
