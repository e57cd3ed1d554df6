"""What if: `/v1/commitments/{id}/what-if`, `/v1/ripple/what-if`, and the levers, `/v1/metrics/ripple/levers`."""

from typing import Annotated, Any

from fastapi import Body, Path, Query, Request, Response

from app.access.needs import Reader
from app.commitments.examples import COMMITMENTS
from app.kernel.answers import answer
from app.kernel.problems import NotFound, documented
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Reports
from app.ripple.what_if import what_if
from app.ripple.what_if.lever_report import lever_report
from app.ripple.what_if.levers import LeverFigures, LeverTotals
from app.ripple.what_if.what_if_schemas import (
    CommitmentOutcome,
    CommitmentWhatIf,
    LeverQuery,
    PeriodOutcome,
    PeriodWhatIf,
)

_SHOWCASE_TICKET = "01972fa7-93e8-75ad-9200-5dacb0c9c46e"
_BY_DEPARTMENT: dict[str, Any] = {
    "a pace": {
        "summary": "Finance had taken a fifth less time",
        "value": {"departments": [{"department": "FIN", "pace": 0.8}]},
    },
    "a promise": {
        "summary": "Finance had kept its service levels",
        "value": {"departments": [{"department": "FIN", "promises_kept": True}]},
    },
    "several": {
        "summary": "Finance had been quicker, Legal half as quick again",
        "value": {"departments": [{"department": "FIN", "pace": 0.5}, {"department": "LEGAL", "pace": 1.5}]},
    },
    "every promise": {"summary": "Everybody had kept their service levels", "value": {"promises_kept": True}},
}
_BY_TICKET: dict[str, Any] = {
    "a ticket": {
        "summary": "One ticket had been resolved much later",
        "value": {"tickets": [{"ticket_id": _SHOWCASE_TICKET, "resolved_at": "2030-01-07T09:00:00Z"}]},
    },
}

routes = router("/v1", "Ripple")


@routes.post(
    "/commitments/{commitment_id}/what-if",
    response_model=CommitmentOutcome,
    operation_id="suppose_commitment",
    summary="What if they had been faster, or kept their word?",
    responses=documented(NotFound),
)
async def suppose_commitment(
    commitment_id: Annotated[Id, Path(description="The commitment's id.", openapi_examples=COMMITMENTS)],
    body: Annotated[CommitmentWhatIf, Body(openapi_examples=_BY_DEPARTMENT | _BY_TICKET)],
    work: Reads,
    actor: Reader,
) -> Response:
    """When this commitment would have been delivered, had departments had another pace, had they kept their service
    levels, or had tickets been resolved at other times. Nothing is stored.

    The timeline is rebuilt from its own links: what waited follows, as soon after as it did. What a ticket held up it
    still holds up, and nothing else: one that nobody waited for changes nothing. All that is supposed holds at once,
    what is not named went as it did. Elapsed time counts, not business time: the customer waits around the clock.
    """
    return answer(await what_if.commitment_what_if(work, commitment_id, body))


@routes.post(
    "/ripple/what-if",
    response_model=PeriodOutcome,
    operation_id="suppose_period",
    summary="What if, over all commitments of a period",
)
async def suppose_period(
    body: Annotated[PeriodWhatIf, Body(openapi_examples=_BY_DEPARTMENT)], work: Reports, actor: Reader
) -> Response:
    """How many commitments would have been late, and what would not have been let down, had departments had another
    pace or kept their service levels throughout a period. Nothing is stored.

    Commitments count when they were delivered; each is rebuilt as for `/v1/commitments/{id}/what-if`. `changed` names
    those whose lateness would have changed most.
    """
    return answer((await what_if.period_what_if(work, body)).document())


@routes.get(
    "/metrics/ripple/levers",
    operation_id="report_levers",
    summary="Which department should be faster?",
    **reported("Lever", figures=LeverFigures, totals=LeverTotals),
)
async def report_levers(
    request: Request, work: Reports, actor: Reader, asked: Annotated[LeverQuery, Query()]
) -> Response:
    """Which department should be a day faster to save the most customer value?

    For each department that had a part in late commitments: what would have been saved, had it alone been a day (or
    `faster_seconds`) faster on each of them. Its base time on a commitment, what it held of it by itself without
    waiting for blockers or anybody, each second of a ticket once, gets shorter by a day in all, or vanishes where it
    was less, everywhere in the same proportion; what waited follows. `pace_seconds` adds up by how much it would have
    been faster, and `value_saved_per_hour` is by hour of that: the largest comes first, in the currency in which most
    was let down. A commitment is saved when it would not have been late any more, a customer whose annual value counts
    when none of its commitments would have been. Commitments count when they were delivered.
    """
    return report_answer(request, await lever_report(work, asked))
