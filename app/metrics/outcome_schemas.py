"""Figures of the report on outcomes, and what it may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from app.kernel.reports import DIMENSIONS, ReportQuery, grouped_by
from app.kernel.schemas import Id
from app.metrics.experience import Measure, OutcomeKind
from app.metrics.rank_correlation import FEWEST, FEWEST_THAT_DIFFER

GROUPS: Final = ("lateness", "friction", *DIMENSIONS)

CAUTION: Final = (
    "A tau away from 0 says that the two move together over these customers and this period; it does not say that one "
    "causes the other. Size, tier, season or a hard case may stand behind both, the outcome may have come before the "
    "delay, and of twelve comparisons one or the other looks unusual by chance. An interval that holds 0 is too little "
    "to tell."
)


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """What customers lived through, and what became of that."""

    customers: Annotated[
        int, Field(description="With a promise that was due, a ticket that was opened, or an outcome in the period.")
    ]
    mean_csat: Annotated[float | None, Field(description="1 (badly) to 5 (very well), over all answers.")]
    csat_responses: int
    mean_nps: Annotated[float | None, Field(description="0 to 10, over all answers: the mean, not the net score.")]
    nps_responses: int
    complaints: int
    churned: Annotated[int, Field(description="Customers that left.")]
    renewed: Annotated[int, Field(description="Customers that renewed.")]
    expanded: Annotated[int, Field(description="Customers that took more.")]
    promises: Annotated[int, Field(description="Delivered in the period, or overdue at its end.")]
    late: Annotated[int, Field(description="Of these, later than agreed.")]
    mean_lateness_seconds: Annotated[int | None, Field(description="Per promise, those in time counting as 0.")]
    tickets: Annotated[int, Field(description="Opened in the period to serve these customers.")]
    waits_per_ticket: Annotated[
        float | None, Field(description="Waits on the requester or on other tickets: on the inside.")
    ]
    hops_per_ticket: Annotated[float | None, Field(description="Transfers and returns.")]
    questions_per_ticket: Annotated[float | None, Field(description="Questions back to the requester.")]


@dataclass(frozen=True, slots=True)
class OutcomeCorrelation:
    """How a measure and an outcome go together over customers: Kendall's tau-b."""

    measure: Annotated[
        Measure,
        Field(description="Mean lateness per promise; waits, hops and questions per ticket."),
    ]
    outcome: Annotated[
        OutcomeKind,
        Field(
            description="The customer's mean score; how many complaints; whether they left, or took more. `renewal`: "
            "of those that renewed or left, whether they renewed."
        ),
    ]
    tau: Annotated[
        float | None,
        Field(
            description="-1 to 1: below 0, the later the lower. Null of fewer than "
            f"{FEWEST} customers, or where fewer than {FEWEST_THAT_DIFFER} differ from the rest."
        ),
    ]
    tau_low: Annotated[float | None, Field(description="With `tau_high` its 95 % interval.")]
    tau_high: float | None
    n: Annotated[int, Field(description="Customers of whom both are known.")]


@dataclass(frozen=True, slots=True)
class OutcomeTotals(OutcomeFigures):
    """The same over all customers, and how delay and outcomes go together."""

    correlations: list[OutcomeCorrelation]
    caution: Annotated[str, Field(description="What the correlations do not say.", examples=[CAUTION])]


class OutcomesQuery(ReportQuery):
    """Customers in a period. What concerns tickets chooses tickets, and the promises above them."""

    allowed: ClassVar[Sequence[str]] = GROUPS
    group_by: str = grouped_by("lateness", GROUPS)
    department_id: Id | None = Field(None, description="As `provider_department_id`.")
    requester_department_id: Id | None = Field(
        None, description="Only tickets that this department asked for, and promises with such."
    )
    provider_department_id: Id | None = Field(
        None, description="Only tickets that this department has now, and promises with such."
    )
    request_type_id: Id | None = Field(None, description="Only tickets of this type, and promises with such.")
    priority: Literal["p1", "p2", "p3", "p4"] | None = Field(
        None, description="Only tickets of this priority, and promises with such."
    )
    source: str | None = Field(None, max_length=200, description="Only tickets and promises that came from this tool.")
