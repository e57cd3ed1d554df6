"""Recognitions on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from app.directory.examples import LEAD_OF_FINANCE, SELLER
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Schema, Words, example
from app.tickets.examples import LATE

_Message = Annotated[
    Words, Field(examples=["Stayed until the credit line was open, so that the hall could go live on Monday."])
]


class RecognitionDraft(Schema):
    """Thanks to a member, or to a department, for what they did."""

    model_config = example(
        member_id=LEAD_OF_FINANCE,
        from_member_id=SELLER,
        ticket_id=LATE,
        message="Stayed until the credit line was open, so that the hall could go live on Monday.",
    )

    member_id: Id | None = Field(None, description="Who is thanked: a member, or else a department.")
    department_id: Id | None = Field(None, description="The department that is thanked as a whole.")
    from_member_id: Id | None = Field(
        None, description="Who thanks, where that is known: not the same member, nor one of the department."
    )
    ticket_id: Id | None = Field(None, description="The ticket that it was about.")
    customer_id: Id | None = Field(None, description="The customer for whom it was; that of the ticket, if left out.")
    message: _Message
    at: Instant | None = Field(
        None,
        description="When it was given; now, if left out. Another instant than now needs the permission `backdate`.",
    )


@dataclass(frozen=True, slots=True)
class Recognition:
    """Thanks to a member or to a department; the other is null."""

    id: Id
    version: int
    member_id: Id | None
    department_id: Id | None
    from_member_id: Annotated[Id | None, Field(description="Who thanked, where that is known.")]
    ticket_id: Id | None
    customer_id: Annotated[Id | None, Field(description="For whom it was; with a ticket, the customer it serves.")]
    message: str
    given_at: Instant
    actor: Annotated[dict[str, Any] | None, Field(description="Who gave it, as events name them.")]
    created_at: Instant
    updated_at: Instant


class RecognitionListing(Listing):
    """The query of the list of recognitions."""

    sort: str | None = sorted_by("given_at")
    member_id: Id | None = Field(None, description="Only of this member.")
    department_id: Id | None = Field(None, description="Only of this department as a whole.")
    from_member_id: Id | None = Field(None, description="Only by this member.")
    ticket_id: Id | None = None
    customer_id: Id | None = None
    from_: Instant | None = Field(None, alias="from", description="Only what was given at this instant or later.")
    to: Instant | None = Field(None, description="Only what was given before this instant.")
