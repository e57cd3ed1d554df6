"""`/v1/metrics/error-budget`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reports
from app.metrics.budget_schemas import BudgetFigures, BudgetQuery, BudgetTotals
from app.metrics.error_budget import error_budget
from app.service_levels.examples import CREDIT_CHECKS

routes = router("/v1/metrics", "Reports")

_GROUP = {
    "sla_id": CREDIT_CHECKS,
    "sla_name": "Credit checks",
    "objective_id": "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b",
    "objective_name": "Credit checks in time",
}


@routes.get(
    "/error-budget",
    operation_id="report_error_budget",
    summary="How much of what may be breached has been",
    **reported("ErrorBudget", BudgetFigures, BudgetTotals, group=_GROUP),
)
async def report_error_budget(
    request: Request, work: Reports, actor: Reader, asked: Annotated[BudgetQuery, Query()]
) -> Response:
    """How the active objectives stand: what their goals let breach, how much of that is spent, and how fast. A clock
    counts where it was decided; one that is past its due time is breached, whether or not anybody has touched it since.

    Each objective has its own rolling window of `window_days`; all end with `to`, or now. With further conditions only
    the clocks that meet them count, as if the objective were theirs alone. Decisions in an exclusion window are only
    told as `excluded`.
    """
    return report_answer(request, await error_budget(work, asked))
