"""Customers on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field

from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Currency, Id, Instant, Name, Reference, Schema, Text, Value, example, left_out

MAX_PREFERENCES_BYTES = 16 * 1024
MAX_PREFERENCES_DEPTH = 20


def _modest(preferences: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [preferences]
    for _ in range(MAX_PREFERENCES_DEPTH):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
        level = [inner for inner in level if isinstance(inner, dict | list)]
    if level:
        raise ValueError(f"must not be nested more than {MAX_PREFERENCES_DEPTH} deep")
    if len(orjson.dumps(preferences)) > MAX_PREFERENCES_BYTES:
        raise ValueError(f"must have at most {MAX_PREFERENCES_BYTES} bytes as JSON")
    return preferences


Preferences = Annotated[
    dict[str, Any],
    AfterValidator(_modest),
    Field(
        description="Whatever those who serve the customer should know: any JSON object of up to 16 KiB.",
        examples=[{"language": "de", "contact": "phone, before noon"}],
    ),
]
Tier = Annotated[Name, Field(description="How the customer is ranked; SLAs can depend on it.", examples=["gold"])]


class CustomerByRef(Schema):
    """What the customer with the reference in the address should be."""

    model_config = example(
        name="Acme Ltd.",
        tier="gold",
        annual_value="125000.00",
        currency="EUR",
        preferences={"language": "de", "contact": "phone, before noon"},
    )

    name: Name = Field(examples=["Acme Ltd."])
    tier: Tier | None = None
    annual_value: Value | None = Field(None, description="What the customer is worth in a year; needs a currency.")
    currency: Currency | None = None
    preferences: Preferences = {}
    notes: Text | None = None


class CustomerDraft(CustomerByRef):
    """A customer to make."""

    model_config = example(
        external_ref="CRM-1042",
        name="Acme Ltd.",
        tier="gold",
        annual_value="125000.00",
        currency="EUR",
        preferences={"language": "de", "contact": "phone, before noon"},
    )

    external_ref: Reference = Field(
        description="What the customer is known by in other tools; unique.", examples=["CRM-1042"]
    )


class CustomerChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(tier="silver", notes="Pays early when the invoice is right the first time.")

    external_ref: Reference = left_out()
    name: Name = left_out()
    tier: Tier | None = None
    annual_value: Value | None = None
    currency: Currency | None = None
    preferences: Preferences = left_out()
    notes: Text | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """An external customer."""

    id: Id
    version: int
    external_ref: str
    name: str
    tier: str | None
    annual_value: Value | None
    currency: str | None
    preferences: dict[str, Any]
    notes: str | None
    created_at: Instant
    updated_at: Instant


class CustomerListing(Listing):
    """The query of the list of customers."""

    sort: str | None = sorted_by("name", "external_ref")
    external_ref: str | None = None
    name: str | None = None
    tier: str | None = None
    currency: str | None = None
