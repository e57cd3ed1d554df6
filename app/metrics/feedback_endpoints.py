"""`/v1/metrics/feedback`, and the low marks among it."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.kernel.answers import answer
from app.kernel.paging import Page
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reports
from app.metrics import reports
from app.metrics.feedback_schemas import FeedbackFigures, FeedbackQuery, LowMark, LowMarksQuery
from app.metrics.low_marks import page_of_low_marks

routes = router("/v1/metrics", "Reports")


@routes.get(
    "/feedback",
    operation_id="report_feedback",
    summary="How requesters were served",
    **reported("Feedback", FeedbackFigures, compared=True),
)
async def report_feedback(
    request: Request, work: Reports, actor: Reader, asked: Annotated[FeedbackQuery, Query()]
) -> Response:
    """How requesters were served, by the feedback given in the period on tickets of a present provider: their scores,
    and of which share of the tickets resolved in it one is known.

    *Low marks that customers felt* are scores of 1 and 2 on tickets that made a commitment late, as the analysis of
    that commitment has it (`/v1/metrics/ripple`): of its lateness the part that is this ticket's own.
    `/v1/metrics/feedback/low-marks` lists them.
    """
    return report_answer(request, await reports.feedback(work, asked))


@routes.get(
    "/feedback/low-marks",
    response_model=Page[LowMark],
    operation_id="list_low_marks",
    summary="List low marks, and what customers felt of them",
)
async def list_low_marks(work: Reports, actor: Reader, asked: Annotated[LowMarksQuery, Query()]) -> Response:
    """The scores of 1 and 2 given in a period, the latest first: what was said, on which ticket, for which customer,
    and how much of the lateness of commitments to customers is that ticket's. With `felt=true` only those that
    customers felt; `sort=-outward_seconds` has what they felt most first."""
    return answer(await page_of_low_marks(work, asked))
