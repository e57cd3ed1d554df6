"""Commitments on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from app.customers.examples import ALBION_FOODS
from app.directory.examples import OPERATIONS, SALES
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Currency, Id, Instant, Name, Reference, Schema, Value, Words, example, left_out

StatusName = Literal["open", "delivered", "cancelled"]

_AT = "When it happened; now, if left out. Another instant than now needs the permission `backdate`."

_Reason = Annotated[Words, Field(examples=["The customer changed the order."])]


class CommitmentDraft(Schema):
    """A promise to a customer to record."""

    model_config = example(
        customer_id=ALBION_FOODS,
        title="Go-live of the Leeds site",
        owner_department_id=SALES,
        promised_at="2026-03-02T09:00:00Z",
        due_at="2026-04-30T16:00:00Z",
        value="125000.00",
        currency="EUR",
        source="crm",
        external_ref="OPP-2291",
    )

    customer_id: Id
    title: Name = Field(examples=["Go-live of the Leeds site"])
    owner_department_id: Id = Field(description="The department that answers for it.")
    promised_at: Instant = Field(
        description="When it was promised; not in the future.", examples=["2026-03-02T09:00:00Z"]
    )
    due_at: Instant = Field(description="By when; not before it was promised.", examples=["2026-04-30T16:00:00Z"])
    value: Value | None = Field(None, description="What hangs on it; needs a currency.")
    currency: Currency | None = None
    source: Reference | None = Field(None, description="The tool it comes from.", examples=["crm"])
    external_ref: Reference | None = Field(
        None, description="Its reference there; unique within the source.", examples=["OPP-2291"]
    )


class CommitmentChange(Schema):
    """What to change; what is left out stays. When it is due changes by `reschedule`."""

    model_config = example(title="Go-live of the Leeds site, both halls", owner_department_id=OPERATIONS)

    title: Name = left_out()
    owner_department_id: Id = left_out()
    value: Value | None = None
    currency: Currency | None = None


class Delivery(Schema):
    """When it was delivered."""

    model_config = example()

    at: Instant | None = Field(None, description=_AT)


class Cancellation(Schema):
    """When it was given up, and why."""

    model_config = example(reason="The customer withdrew the order.")

    at: Instant | None = Field(None, description=_AT)
    reason: _Reason


class Rescheduling(Schema):
    """When it is due instead, and why."""

    model_config = example(
        due_at="2030-05-15T16:00:00Z", reason="The customer changed the order.", customer_agreed=True
    )

    due_at: Instant = Field(examples=["2026-05-15T16:00:00Z"])
    reason: _Reason
    customer_agreed: bool = Field(
        False, description="Whether the customer agreed: from then on lateness is measured against the new due time."
    )


@dataclass(frozen=True, slots=True)
class Reschedule:
    """One time that the due time moved."""

    at: Instant
    from_due_at: Instant
    to_due_at: Instant
    reason: str
    customer_agreed: bool
    actor: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise to one customer.

    Lateness is measured against `agreed_due_at`: the first due time, or the last one that the customer agreed to. While
    it is open `lateness_seconds` is what it would be if it were delivered now; once it is cancelled it is null.
    """

    id: Id
    version: int
    customer_id: Id
    title: str
    owner_department_id: Id
    status: StatusName
    promised_at: Instant
    due_at: Instant
    first_due_at: Instant
    agreed_due_at: Instant
    delivered_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    lateness_seconds: int | None
    value: Value | None
    currency: str | None
    source: str | None
    external_ref: str | None
    reschedules: list[Reschedule]
    created_at: Instant
    updated_at: Instant


class CommitmentListing(Listing):
    """The query of the list of commitments."""

    sort: str | None = sorted_by("due_at", "promised_at", "title")
    customer_id: Id | None = None
    owner_department_id: Id | None = None
    status: StatusName | None = None
    source: str | None = None
    external_ref: str | None = None
    due_after: Instant | None = Field(None, description="Due at this instant or later.")
    due_before: Instant | None = Field(None, description="Due before this instant.")
