"""`/v1/metrics/outcomes`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reports
from app.metrics.outcome_report import outcomes_report
from app.metrics.outcome_schemas import OutcomeFigures, OutcomesQuery, OutcomeTotals

routes = router("/v1/metrics", "Reports")


@routes.get(
    "/outcomes",
    operation_id="report_outcomes",
    summary="Whether late promises and unhappy customers go together",
    **reported("Outcomes", OutcomeFigures, OutcomeTotals, group={"lateness": "from_1_to_3_days"}),
)
async def report_outcomes(
    request: Request, work: Reports, actor: Reader, asked: Annotated[OutcomesQuery, Query()]
) -> Response:
    """How satisfied customers are, and whether they complain, leave or stay, by how late promises to them were kept
    (`lateness`) or by how much went back and forth on the inside to serve them (`friction`).

    Each customer is in one bucket, the upper bound included. Lateness is the mean over the promises to them that were
    delivered in the period or overdue at its end, those in time counting as 0: `none_late`, `up_to_1_day`,
    `from_1_to_3_days`, `from_3_to_7_days`, `over_7_days`, and `nothing_due`. Friction is the waits on the inside, the
    hops and the questions per ticket opened in the period to serve them: `none`, `up_to_half`, `from_half_to_1`,
    `from_1_to_2`, `over_2`, and `nothing_asked`. Outcomes count when they occurred.

    Grouped by what tells tickets apart (`department`, `request_type`, …), a customer is in each group that a ticket
    opened to serve them, or beneath such a promise, belongs to: with its promises and tickets of it, and all its
    outcomes. By `day`, `week` or `month` (UTC) promises, tickets and outcomes count each when they happened. The totals
    have each customer once.

    The totals hold each of the two measures against each kind of outcome, customer by customer: Kendall's tau-b, its
    95 % interval, and of how many customers. They move together, or do not; which causes which it cannot say.
    """
    return report_answer(request, await outcomes_report(work, asked))
