"""Digests on the wire."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.attention.schemas import AttentionItem
from app.digests.spans import SpanName
from app.kernel.schemas import Currency, Day, Id, Instant, Money
from app.ripple.forecasting.forecast_schemas import Probability
from app.scorecards.scorecard_schemas import Scored
from app.suggestions.schemas import Suggestion

MOST: int = 10
"""How many of each there are at most: a digest is read in a minute."""


class DigestQuery(BaseModel):
    """Which day or week."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    period: SpanName = Field("day", description="`day`, or `week` from Monday on.")
    at: Instant | None = Field(
        None,
        description="An instant in it, not after now; left out, the last one that is over. It begins at midnight in "
        "the time zone of the department's calendar, of a member's first department; in UTC where there is none.",
    )


@dataclass(frozen=True, slots=True)
class DigestFigures:
    """What came and went."""

    opened: Annotated[int, Field(description="Tickets that came.")]
    resolved: int
    open: Annotated[int, Field(description="Unresolved at the end.")]
    decided: Annotated[int, Field(description="Targets that were decided.")]
    met: int


@dataclass(frozen=True, slots=True)
class Thanks:
    """A recognition."""

    recognition_id: Id
    given_at: Instant
    member_id: Id | None
    member_name: Annotated[str | None, Field(description="Who was thanked; null: the department as a whole.")]
    from_name: Annotated[str | None, Field(description="Who thanked, where that is known.")]
    message: str


@dataclass(frozen=True, slots=True)
class GoodMark:
    """Feedback of 4 or 5."""

    ticket_id: Id
    ticket_number: int
    title: str
    score: int
    comment: str | None
    given_at: Instant


@dataclass(frozen=True, slots=True)
class LatePromise:
    """A commitment that was delivered late, and a customer who felt it."""

    commitment_id: Id
    title: str
    customer_id: Id
    customer_name: str
    due_at: Instant
    delivered_at: Instant
    lateness_seconds: int
    own_seconds: Annotated[int, Field(description="What of it is the share of the one whose digest it is.")]


@dataclass(frozen=True, slots=True)
class PromiseAtRisk:
    """An open commitment that is likely late, and waits last for the one whose digest it is."""

    commitment_id: Id
    title: str
    customer_id: Id
    customer_name: str
    due_at: Instant
    probability_late: Probability | None
    value: Annotated[Money | None, Field(description="What it is worth, else its customer a year.")]
    currency: Currency | None


@dataclass(frozen=True, slots=True)
class Digest:
    """What somebody should know of a day or a week, and of what is open now. Lists have the ten that matter most."""

    of: Scored
    period: SpanName
    first_day: Day
    timezone: str
    from_: Annotated[Instant, Field(alias="from", serialization_alias="from")]
    to: Instant
    as_of: Annotated[Instant, Field(description="As of when `needs_you`, `at_risk` and `suggestions` are told.")]
    figures: DigestFigures
    needs_you: Annotated[list[AttentionItem], Field(description="As of now, the worst first: see `/v1/attention`.")]
    thanks: Annotated[list[Thanks], Field(description="The latest first.")]
    good_marks: Annotated[list[GoodMark], Field(description="Those with a comment first.")]
    late: Annotated[list[LatePromise], Field(description="Those with the largest share first.")]
    awaiting_analysis: Annotated[
        int,
        Field(
            description="Commitments delivered then whose analysis is yet to be stored: some of them may belong to "
            "`late`. A member's are analysed as they are asked for."
        ),
    ]
    at_risk: Annotated[list[PromiseAtRisk], Field(description="As of now, the likeliest late first.")]
    suggestions: Annotated[
        list[Suggestion],
        Field(
            description="As of now, those that await an answer, most votes first: on the department; a member's own."
        ),
    ]

    def document(self) -> dict[str, object]:
        """As JSON has it."""
        told: dict[str, object] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {{"from_": "from"}.get(name, name): value for name, value in told.items()}


def named(day: date) -> str:
    """A day as people say it: `23 November 2026`."""
    return f"{day.day} {day:%B %Y}"
