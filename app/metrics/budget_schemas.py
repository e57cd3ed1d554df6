"""Figures of error budgets, and what their report may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.kernel.reports import ReportQuery
from app.kernel.schemas import Id, Instant
from app.service_levels.budgets import State

GROUPS = ("sla", "objective")


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """How an objective stands."""

    metric: Annotated[str, Field(description="`acknowledge`, `update` or `resolve`.")]
    objective: Annotated[float, Field(description="The share of clocks to be met.", examples=[0.95])]
    window_days: int
    decided: Annotated[int, Field(description="Met or breached in the window.")]
    breached: int
    excluded: Annotated[int, Field(description="Decided in an exclusion window: in no other figure.")]
    budget_seconds_or_count: Annotated[
        float,
        Field(description="How many of those decided may breach, `(1 - objective) * decided`: rarely a whole number."),
    ]
    spent_share: Annotated[
        float | None,
        Field(description="`breached / budget`: from 1 on it is used up. Null when nothing was decided."),
    ]
    burn_rate_1h: Annotated[
        float | None,
        Field(
            description="In the last hour, the share breached by the share that may be: at 1 the budget lasts just as "
            "long as the window. Null when nothing was decided."
        ),
    ]
    burn_rate_6h: float | None
    burn_rate_3d: float | None
    state: Annotated[
        State,
        Field(
            description="`exhausted` when the budget is used up; `burning` when it is used up too fast, from a burn "
            "rate of 14.4 in an hour, 6 in six hours or 1 in three days on, and that window's breaches alone are 2, 5 "
            "or 10 % of the budget."
        ),
    ]


@dataclass(frozen=True, slots=True)
class BudgetTotals:
    """How many objectives there are, and how they stand."""

    objectives: int
    ok: int
    burning: int
    exhausted: int


class BudgetQuery(ReportQuery):
    """Department and provider are those of the clock's leg."""

    allowed: ClassVar[Sequence[str]] = GROUPS

    from_: Instant | None = Field(
        None, alias="from", description="Only decisions from this instant on, if later than where a window begins."
    )
    to: Instant | None = Field(
        None, description="The instant just after the last of every window; just after now, if left out or later."
    )
    group_by: Literal["sla,objective"] = Field("sla,objective", description="Each objective is a group.")
    sla_id: Id | None = None
    objective_id: Id | None = None
