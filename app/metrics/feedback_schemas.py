"""The report on feedback, and the list of low marks, on the wire."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from app.kernel.paging import choice_of
from app.kernel.reports import PeriodQuery
from app.kernel.schemas import Id, Instant, Money
from app.metrics.schemas import CountingQuery
from app.ripple.engine.totals import Amount


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """How requesters were served."""

    responses: int
    mean_score: Annotated[float | None, Field(description="1 (badly) to 5 (very well).")]
    mean_score_low: Annotated[
        float | None,
        Field(
            description="With `mean_score_high` its 95 % interval (Student); null of one response, or of several that "
            "are all alike."
        ),
    ]
    mean_score_high: float | None
    csat: Annotated[float | None, Field(description="The share of scores 4 and 5: internal customer satisfaction.")]
    csat_low: Annotated[
        float | None,
        Field(description="With `csat_high` its 95 % interval (Wilson): of few responses less can be told."),
    ]
    csat_high: float | None
    share_negative: Annotated[float | None, Field(description="The share of scores 1 and 2.")]
    resolved: Annotated[
        int, Field(description="Tickets resolved in the period; of a reopened one its last resolution.")
    ]
    answered: Annotated[
        int, Field(description="Of these, the ones on whose last resolution feedback was given so far.")
    ]
    response_rate: Annotated[float | None, Field(description="`answered / resolved`; null when nothing was resolved.")]
    low_marks: Annotated[int, Field(description="Responses of 1 and 2.")]
    low_marks_felt: Annotated[
        int, Field(description="Of these, the ones on tickets that made a commitment late: its customer felt it.")
    ]
    felt_outward_seconds: Annotated[
        int, Field(description="How much of the lateness of commitments is these tickets', each ticket once.")
    ]
    felt_value: Annotated[
        list[Amount],
        Field(description="What these commitments were worth, else their customers in a year: each once, by currency."),
    ]


class FeedbackQuery(CountingQuery):
    """Department and provider are the ticket's present provider."""


class LowMarksQuery(PeriodQuery):
    """The query of the list of low marks. Department and provider are the ticket's present provider."""

    framing: ClassVar[frozenset[str]] = PeriodQuery.framing | {"limit", "cursor", "sort", "felt"}

    limit: int = Field(50, ge=1, le=200, description="Items per page.")
    cursor: str | None = Field(
        None,
        max_length=1000,
        description="`next_cursor` of the page before, with the same query.",
        json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"},
    )
    sort: str | None = choice_of(("given_at", "outward_seconds"))
    felt: bool | None = Field(None, description="Only those that customers felt, or only the others.")


@dataclass(frozen=True, slots=True)
class LowMark:
    """A score of 1 or 2, the ticket that got it, and the customer whom that serves."""

    ticket_id: Id
    ticket_number: int
    title: str
    requester_department_id: Id
    provider_department_id: Annotated[Id, Field(description="The ticket's present provider.")]
    member_id: Annotated[Id | None, Field(description="Whose feedback it is, where that is known.")]
    score: int
    comment: str | None
    given_at: Instant
    customer_id: Id
    customer_name: str
    customer_tier: str | None
    annual_value: Annotated[Money | None, Field(description="What the customer is worth in a year.")]
    currency: str | None
    outward_seconds: Annotated[
        int, Field(description="How much of the lateness of commitments is this ticket's; 0: no customer felt it.")
    ]
    felt_value: Annotated[
        list[Amount], Field(description="What these commitments were worth, else their customers in a year.")
    ]
