"""What is told of error budgets."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.catalogue.examples import CREDIT_CHECK
from app.directory.event_examples import FINANCE
from app.directory.examples import HEAD_OFFICE
from app.directory.schemas import Department
from app.kernel.event_types import Actor, EventType, SomeOf
from app.metrics.budget_schemas import BudgetFigures
from app.service_levels.examples import CREDIT_CHECKS
from app.service_levels.objective_schemas import Objective
from app.service_levels.schemas import Sla


class ErrorBudgetData(TypedDict):
    """What is told of an error budget: the objective, how it stands, and the SLA whose clocks count."""

    objective: Objective
    error_budget: BudgetFigures
    sla: Sla
    provider_department: Department
    previous: Annotated[dict[str, Any], SomeOf(Objective)]
    actor: Actor


_SINCE: Final = datetime(2025, 6, 2, 7, tzinfo=UTC)
_AT: Final = datetime(2026, 3, 17, 14, 30, 5, tzinfo=UTC)
_SLA: Final = Sla(
    id=UUID(CREDIT_CHECKS),
    version=1,
    name="Credit checks",
    provider_department_id=FINANCE.id,
    requester_department_id=None,
    request_type_id=UUID(CREDIT_CHECK),
    priorities=None,
    customer_tiers=None,
    rank=30,
    calendar_id=UUID(HEAD_OFFICE),
    targets=[
        {"metric": "acknowledge", "seconds": 14_400, "by_priority": {}},
        {"metric": "resolve", "seconds": 43_200, "by_priority": {"p1": 21_600, "p2": 32_400, "p4": 64_800}},
    ],
    pause_on=["requester", "customer"],
    warn_at=[0.5, 0.8],
    escalations=[{"metric": "acknowledge", "at": 1, "do": "notify", "department_id": FINANCE.id}],
    active=True,
    created_at=_SINCE,
    updated_at=_SINCE,
)
_OBJECTIVE: Final = Objective(
    id=UUID("01972fa7-9000-7270-af42-28fb2d2fac37"),
    version=1,
    name="Nine in ten in time",
    sla_id=_SLA.id,
    metric="resolve",
    goal=0.9,
    window_days=30,
    active=True,
    state="ok",
    state_since=None,
    created_at=_SINCE,
    updated_at=_SINCE,
)
_FIGURES: Final = BudgetFigures(
    metric="resolve",
    objective=0.9,
    window_days=30,
    decided=140,
    breached=11,
    excluded=0,
    budget_seconds_or_count=14.0,
    spent_share=0.7857142857142857,
    burn_rate_1h=5.0,
    burn_rate_6h=6.25,
    burn_rate_3d=2.5,
    state="burning",
)

TYPES: Final = (
    EventType(
        "error_budget.burning",
        "An error budget that was well is being used up too fast, or is used up: see `objective.state`.",
        ErrorBudgetData,
        {
            "objective": replace(_OBJECTIVE, version=2, state="burning", state_since=_AT, updated_at=_AT),
            "error_budget": _FIGURES,
            "sla": _SLA,
            "provider_department": FINANCE,
            "previous": {"state": "ok", "state_since": None},
            "actor": {"type": "system"},
        },
    ),
)
