"""Objectives on the wire."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Name, Schema, example, left_out
from app.service_levels.budgets import State
from app.service_levels.escalation_schemas import MetricName
from app.service_levels.examples import CREDIT_CHECKS

DECIMALS = 5


def _few_decimals(goal: float) -> float:
    if goal != round(goal, DECIMALS) or not 0 < round(goal, DECIMALS) < 1:
        raise ValueError(f"must have at most {DECIMALS} decimals, such as 0.995")
    return goal


Goal = Annotated[
    float,
    Field(gt=0, lt=1, description="The share of clocks to be met; the rest is the error budget.", examples=[0.95]),
    AfterValidator(_few_decimals),
]
WindowDays = Annotated[
    int, Field(ge=1, le=366, description="The days up to now in which decisions count.", examples=[30])
]


class ObjectiveDraft(Schema):
    """An objective to set."""

    model_config = example(
        name="Credit checks in time", sla_id=CREDIT_CHECKS, metric="resolve", goal=0.95, window_days=30
    )

    name: Name = Field(description="Unique within the SLA.", examples=["Credit checks in time"])
    sla_id: Id = Field(description="The SLA whose clocks count, in whatever version.")
    metric: MetricName = Field(description="One that the SLA has a target of.")
    goal: Goal
    window_days: WindowDays = 30
    active: bool = Field(True, description="Whether it is watched and reported.")


class ObjectiveChange(Schema):
    """What to change; what is left out stays. Of another SLA or metric it would be another objective."""

    model_config = example(goal=0.975)

    name: Name = left_out()
    goal: Goal = left_out()
    window_days: WindowDays = left_out()
    active: bool = left_out()


@dataclass(frozen=True, slots=True)
class Objective:
    """What share of an SLA's clocks is to be met within a rolling window."""

    id: Id
    version: int
    name: str
    sla_id: Id
    metric: MetricName
    goal: float
    window_days: int
    active: bool
    state: Annotated[
        State,
        Field(
            description="How its error budget stood when it was last looked at, soon after each breach and at least "
            "every hour: `/v1/metrics/error-budget` tells how it stands now."
        ),
    ]
    state_since: Annotated[Instant | None, Field(description="When it came to stand so; null until it first changed.")]
    created_at: Instant
    updated_at: Instant

    def __post_init__(self) -> None:
        # The column is exact, JSON has numbers.
        object.__setattr__(self, "goal", float(self.goal))

    @property
    def exact_goal(self) -> Decimal:
        """The goal to reckon with."""
        return Decimal(str(self.goal))


class ObjectiveListing(Listing):
    """The query of the list of objectives."""

    sort: str | None = sorted_by("name")
    name: str | None = None
    sla_id: Id | None = None
    metric: MetricName | None = None
    state: State | None = None
    active: bool | None = None
