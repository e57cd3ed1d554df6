"""Outcomes of customers on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.customers.examples import ALBIONS_COMMITMENT
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Currency, Id, Instant, Schema, Value, Words, example, left_out

KindName = Literal["csat", "nps", "complaint", "churn", "renewal", "expansion"]

_Kind = Annotated[
    KindName,
    Field(
        description="`csat` and `nps`: how satisfied they said to be. `complaint`. `churn`: they left. `renewal`, "
        "`expansion`: they stayed, or took more."
    ),
]
_Score = Annotated[
    int,
    Field(ge=0, le=10, description="1 to 5 of `csat`, 0 to 10 of `nps`, where it is needed; no other kind has one."),
]
_Value = Annotated[Value, Field(description="What was lost, kept, won or claimed.")]
_Currency = Annotated[Currency, Field(description="That of the value; the customer's own, if left out.")]
_OccurredAt = Annotated[Instant, Field(description="When it was; not in the future.")]
_Commitment = Annotated[Id, Field(description="The promise it is about, one to this customer.")]
_Comment = Annotated[Words, Field(description="Their words, or what is known of it.")]


class OutcomeDraft(Schema):
    """What became of the relation with a customer, to record."""

    model_config = example(
        kind="csat",
        score=2,
        occurred_at="2026-03-16T10:00:00Z",
        commitment_id=ALBIONS_COMMITMENT,
        comment="Nobody told us that it would take two days longer.",
    )

    kind: _Kind
    score: _Score | None = None
    value: _Value | None = None
    currency: _Currency | None = None
    occurred_at: _OccurredAt
    commitment_id: _Commitment | None = None
    comment: _Comment | None = None


class OutcomeChange(Schema):
    """What to correct; what is left out stays."""

    model_config = example(comment="Nobody told us. They apologised since.")

    kind: _Kind = left_out()
    score: _Score | None = None
    value: _Value | None = None
    currency: _Currency | None = None
    occurred_at: _OccurredAt = left_out()
    commitment_id: _Commitment | None = None
    comment: _Comment | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the relation with a customer at one time."""

    id: Id
    version: int
    customer_id: Id
    kind: KindName
    score: int | None
    value: Value | None
    currency: str | None
    occurred_at: Instant
    commitment_id: Id | None
    comment: str | None
    created_at: Instant
    updated_at: Instant


class OutcomeListing(Listing):
    """The query of the list of a customer's outcomes."""

    sort: str | None = sorted_by("occurred_at")
    kind: KindName | None = None
    commitment_id: Id | None = None
    from_: Instant | None = Field(None, alias="from", description="What was at this instant or later.")
    to: Instant | None = Field(None, description="What was before this instant.")
