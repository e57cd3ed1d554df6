"""Suggestions on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from app.customers.examples import ALBION_FOODS
from app.directory.examples import FINANCE, LEAD_OF_FINANCE, SELLER
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Schema, Words, example, left_out
from app.suggestions.effects import MetricName, Verdict

StatusName = Literal["open", "adopted", "declined"]
_AT = "When it happened; now, if left out. Another instant than now needs the permission `backdate`."
_METRICS = (
    "What it is to change, as the reports have it for its department and customer: `attainment` (service-levels), "
    "`outward_seconds` (ripple), `csat` and `mean_score` (feedback), `returns` and `questions` (handoffs), "
    "`approval_p50_seconds` (approvals)."
)
_Text = Annotated[Words, Field(examples=["Check the credit of gold customers before the order, not after."])]


class SuggestionDraft(Schema):
    """How a customer, or a department, could be served better; of neither: the company as a whole."""

    model_config = example(
        department_id=FINANCE,
        customer_id=ALBION_FOODS,
        member_id=SELLER,
        text="Check the credit of gold customers before the order, not after.",
    )

    customer_id: Id | None = Field(None, description="The customer whom it is about.")
    department_id: Id | None = Field(None, description="The department that would do something otherwise.")
    member_id: Id | None = Field(None, description="Whose idea it is, where that is known.")
    text: _Text
    at: Instant | None = Field(None, description=_AT)


class SuggestionChange(Schema):
    """Other words for a suggestion."""

    model_config = example(text="Check the credit of gold and silver customers before the order, not after.")

    text: _Text = left_out()


class Vote(Schema):
    """Whose vote it is."""

    model_config = example(member_id=LEAD_OF_FINANCE)

    member_id: Id | None = Field(None, description="The member who votes; the key itself, if left out.")
    at: Instant | None = Field(None, description=_AT)


class VoteWithdrawal(Schema):
    """Whose vote is withdrawn."""

    model_config = example(member_id=LEAD_OF_FINANCE)

    member_id: Id | None = Field(None, description="The member who voted; the key itself, if left out.")
    at: Instant | None = Field(None, description=_AT)


class Decline(Schema):
    """Why it is not done."""

    model_config = example(answer="The bank answers within an hour by now, so nothing would be gained.")

    answer: Words
    at: Instant | None = Field(None, description=_AT)


class Adoption(Schema):
    """What is done about it, and how one will see whether it helped."""

    model_config = example(answer="From Monday on, with every order above 10,000 EUR.", metric="attainment", days=30)

    answer: Words
    metric: MetricName | None = Field(None, description=_METRICS)
    days: int | None = Field(
        None,
        ge=7,
        le=365,
        description="How many days before and since are compared; 30, if left out. Only with a metric.",
    )
    at: Instant | None = Field(None, description=_AT)


class EffectSide(TypedDict):
    """The metric in a stretch of time."""

    start: Instant
    end: Instant
    value: Annotated[float | None, Field(description="As the report has it; null where it is null.")]
    n: Annotated[int, Field(description="Of how many: decided clocks, commitments, responses, tickets or approvals.")]
    low: Annotated[
        float | None,
        Field(description="With `high` its 95 % interval, where the report has one: counts have none."),
    ]
    high: float | None


class Effect(TypedDict):
    """The metric in the days before it was adopted, and in as many since; measured once."""

    before: EffectSide
    since: EffectSide
    verdict: Annotated[
        Verdict,
        Field(
            description="`better` or `worse`: the intervals do not touch. `unclear`: that may be chance, or nobody can "
            "tell. `too_few`: fewer than 20 on either side."
        ),
    ]
    text: Annotated[str, Field(description="It in a sentence.")]
    measured_at: Instant


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How a customer, or a department, could be served better, and what came of that."""

    id: Id
    version: int
    customer_id: Id | None
    department_id: Id | None
    member_id: Annotated[Id | None, Field(description="Whose idea it is, where that is known.")]
    text: str
    suggested_at: Instant
    actor: Annotated[dict[str, Any] | None, Field(description="Who made it, as events name them.")]
    status: StatusName
    votes: int
    answer: Annotated[str | None, Field(description="What was said when it was adopted or declined.")]
    decided_at: Instant | None
    decided_by: dict[str, Any] | None
    metric: Annotated[MetricName | None, Field(description=_METRICS)]
    days: Annotated[int | None, Field(description="How many days before and since the adoption are compared.")]
    effect: Annotated[
        Effect | None,
        Field(description="What became of the metric; null until an hour after those days."),
    ]
    created_at: Instant
    updated_at: Instant


class SuggestionListing(Listing):
    """The query of the list of suggestions."""

    sort: str | None = sorted_by("votes", "suggested_at")
    customer_id: Id | None = None
    department_id: Id | None = None
    member_id: Id | None = Field(None, description="Only this member's ideas.")
    status: StatusName | None = None
