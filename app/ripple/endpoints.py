"""`/v1/ripple/analyse`, the ripple of a commitment and of a customer, `/v1/metrics/ripple` and `/v1/slas/fit`."""

from typing import Annotated

from fastapi import Body, Query, Request, Response

from app.access.needs import Reader
from app.catalogue.examples import CREDIT_CHECK
from app.commitments.needs import CommitmentId, CommitmentReader
from app.customers.needs import CustomerId, CustomerReader
from app.directory.examples import FINANCE, OPERATIONS
from app.kernel.answers import answer
from app.kernel.reports import prefers_csv, report_answer, reported
from app.kernel.routes import FixedRoute, OutwardRoute, router
from app.kernel.work import Reads, Reports
from app.ripple import service
from app.ripple.examples import GRAPHS
from app.ripple.reports.causes_report import causes_report, scorecard
from app.ripple.reports.customer_ripple import customer_ripple
from app.ripple.reports.fit import FitFigures
from app.ripple.reports.fit_report import fit_report
from app.ripple.reports.flow_report import flow_report, links_csv
from app.ripple.reports.report import ripple_report
from app.ripple.reports.report_schemas import (
    CauseFigures,
    CausesQuery,
    CauseTotals,
    FlowAnswer,
    FlowQuery,
    ScorecardQuery,
    ScorecardTotals,
)
from app.ripple.reports.ripple_schemas import FitQuery, FitTotals, RippleQuery, RippleRow, RippleTotals
from app.ripple.reports.scorecard import ScorecardLine
from app.ripple.schemas import CommitmentRippleAnswer, CustomerRipple, CustomerRippleQuery, RippleAnswer, UnreadGraph
from app.ripple.story import stories
from app.ripple.story.story_schemas import CommitmentStory

_PICTURE = "image/svg+xml"
# A picture opened by itself is a document: it runs nothing and loads nothing.
_ALONE = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
_DRAWN = {
    "description": "The picture, 960 wide.",
    "content": {_PICTURE: {"schema": {"type": "string"}, "example": '<svg xmlns="http://www.w3.org/2000/svg"…>'}},
}
_PAIR = {
    "requester": "OPS",
    "requester_id": OPERATIONS,
    "requester_name": "Operations",
    "provider": "FIN",
    "provider_id": FINANCE,
    "provider_name": "Finance",
}

_CAUSE = {
    "department": "FIN",
    "department_id": FINANCE,
    "department_name": "Finance",
    "kind": "overran",
    **_PAIR,
    "request_type": "credit-check",
    "request_type_id": CREDIT_CHECK,
    "request_type_name": "Credit check",
}
_LINKS = "source,target,seconds,passed_on_seconds\r\ndelaying:FIN,delayed:OPS,172800,172800\r\n"


class GraphRoute(OutwardRoute):
    """The route of an endpoint that takes a commitment of many thousand tickets."""

    most_bytes = 16 * 1024 * 1024


engine_routes = router("/v1/ripple", "Ripple", GraphRoute)
routes = router("/v1", "Ripple")
fit_routes = router("/v1/slas", "SLAs", FixedRoute)


@engine_routes.post(
    "/analyse",
    response_model=RippleAnswer,
    operation_id="analyse_graph",
    summary="Analyse a commitment given in the request",
)
async def analyse_graph(body: Annotated[UnreadGraph, Body(openapi_examples=GRAPHS)], actor: Reader) -> Response:
    """Analyses a commitment that is given in the request; nothing is stored.

    Answers whom the customer was waiting for, second by second, and who made the commitment late: `decomposition` sums
    to the elapsed time, plan and `attribution` to the lateness. A ticket that blocks no other blocks the commitment.
    Up to 20,000 tickets and 16 MiB.
    """
    return answer(await service.analyse_given(body))


@routes.get(
    "/commitments/{commitment_id}/ripple",
    response_model=CommitmentRippleAnswer,
    operation_id="get_commitment_ripple",
    summary="How delays reached a commitment",
)
async def get_commitment_ripple(commitment_id: CommitmentId, work: Reads, actor: CommitmentReader) -> Response:
    """How internal delays reached this commitment: whom its customer was waiting for, second by second, and who made
    it late. Analysed as of its delivery or cancellation, while it is open as of now."""
    return Response(await service.commitment_ripple(work, commitment_id), media_type="application/json")


@routes.get(
    "/commitments/{commitment_id}/ripple/explain",
    response_model=CommitmentStory,
    operation_id="explain_commitment",
    summary="Why a commitment was late, in sentences",
)
async def explain_commitment(commitment_id: CommitmentId, work: Reads, actor: CommitmentReader) -> Response:
    """The story of this commitment in sentences, the most important ones first, each with the figures it states: who
    made it late and how, what the plan itself cost, what tickets inherited, and what was absorbed so that the customer
    never felt it. All figures are those of the commitment's ripple.

    `timeline` and `path` are what a drawing needs; `/v1/commitments/{id}/ripple.svg` is one.
    """
    return answer(await stories.commitment_story(work, commitment_id))


@routes.get(
    "/commitments/{commitment_id}/ripple.svg",
    response_class=Response,
    operation_id="draw_commitment",
    summary="Why a commitment was late, as a picture",
    responses={200: _DRAWN},
)
async def draw_commitment(commitment_id: CommitmentId, work: Reads, actor: CommitmentReader) -> Response:
    """The story of this commitment as an SVG picture: its headline and first sentences, and a Gantt chart of its
    tickets with queues, work, waits, due times, and the path along which the customer waited.

    It stands alone, without scripts, styles or fonts from elsewhere, and can be put into a page or an e-mail. Of more
    than 30 tickets those on the path are drawn first, then those that overran; it says how many were left out.
    """
    return Response(await stories.commitment_picture(work, commitment_id), headers=_ALONE, media_type=_PICTURE)


@routes.get(
    "/customers/{customer_id}/ripple",
    response_model=CustomerRipple,
    operation_id="get_customer_ripple",
    summary="How delays reached a customer",
)
async def get_customer_ripple(
    customer_id: CustomerId,
    work: Reads,
    actor: CustomerReader,
    asked: Annotated[CustomerRippleQuery, Query()],
) -> Response:
    """Which internal delays reached this customer: each commitment delivered in the period with who made it late, and
    their sums. What is open is told apart, as of now; what was cancelled is left out."""
    return answer((await customer_ripple(work, customer_id, asked.period(work.now))).document())


@routes.get(
    "/metrics/ripple",
    operation_id="report_ripple",
    summary="How much of what was late did customers feel?",
    **reported("Ripple", figures=RippleRow, totals=RippleTotals),
)
async def report_ripple(
    request: Request, work: Reports, actor: Reader, asked: Annotated[RippleQuery, Query()]
) -> Response:
    """How much of what departments overran, or let others wait, did customers feel?

    Per group: what its tickets overran (`primary` by itself, `reactionary` inherited) and how long others waited for it
    as their requester (`kept_waiting`; with primary that is its `delay`); its share in the lateness of commitments
    (`outward`), and how much of its delay that is (`transmission`). Shares are by department; grouped by what tickets
    differ in, a department's share in a commitment is spread over its delays there, those on the customer's path first.
    What customers and third parties did themselves stands under the departments `customer` and `third_party`.
    Commitments count when they were delivered, cancelled ones never; days, weeks and months are those of UTC. The
    largest share comes first; where there are more groups than asked for, those are told.
    """
    return report_answer(request, await ripple_report(work, asked, all_rows=prefers_csv(request)))


@routes.get(
    "/metrics/ripple/causes",
    operation_id="report_ripple_causes",
    summary="What made commitments late, or was absorbed?",
    **reported("RippleCauses", figures=CauseFigures, totals=CauseTotals, group=_CAUSE),
)
async def report_ripple_causes(
    request: Request, work: Reports, actor: Reader, asked: Annotated[CausesQuery, Query()]
) -> Response:
    """What made the commitments of a period late: the causes that cost most, each with commitments to look at.

    A cause is a department that `overran`, or as a requester let others wait (`kept_waiting`), on tickets of one type
    that one department asked another for; `unticketed` is what a commitment's owner took by itself, `waited_for` what
    the customer or a third party did. With `customer_id` these are the causes of one customer's lateness; with
    `of=absorbed` and `department_id` what of a department's delay no customer felt. Where a department asks itself, its
    overrun and its waiting are one cause.
    """
    return report_answer(request, await causes_report(work, asked))


@routes.get(
    "/metrics/ripple/scorecard",
    operation_id="report_ripple_scorecard",
    summary="Of what departments overran, how much did customers feel?",
    **reported("RippleScorecard", figures=ScorecardLine, totals=ScorecardTotals),
)
async def report_ripple_scorecard(
    request: Request, work: Reports, actor: Reader, asked: Annotated[ScorecardQuery, Query()]
) -> Response:
    """One line for each department: of what it overran or let others wait in commitments delivered in the period, how
    much did customers feel? In figures, and as a sentence. Whoever's delays customers felt most comes first."""
    return report_answer(request, await scorecard(work, asked))


@routes.get(
    "/metrics/ripple/flow",
    operation_id="report_ripple_flow",
    summary="How delays flowed through departments to customers",
    response_model=FlowAnswer,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": _LINKS}}}},
)
async def report_ripple_flow(
    request: Request, work: Reports, actor: Reader, asked: Annotated[FlowQuery, Query()]
) -> Response:
    """The delays of a period as nodes and links, ready to be drawn (Sankey): from the department that delayed, through
    the one that was delayed, to the customer.

    `seconds` are those that customers felt. Into each delayed department flows what flows out of it, and into the
    customers, with the plan, their whole lateness. `passed_on_seconds` is the reactionary overrun that went the same
    way: what tickets of the delayed department inherited, whether or not a customer felt it. A department that delays
    and the same department delayed are two nodes. As CSV these are the links.
    """
    found = await flow_report(work, asked)
    headers = {"Vary": "Accept"}
    if prefers_csv(request):
        return Response(links_csv(found), headers=headers, media_type="text/csv")
    return answer(found.document(), headers=headers)


@fit_routes.get(
    "/fit",
    operation_id="report_fit",
    summary="Which service levels do not fit?",
    **reported("Fit", figures=FitFigures, totals=FitTotals, group=_PAIR),
)
async def report_fit(request: Request, work: Reports, actor: Reader, asked: Annotated[FitQuery, Query()]) -> Response:
    """Which promises could not be kept, whatever haste was made, because of what was promised beneath them?

    For each pair of a requester, the provider of a ticket, and a provider that it asked for something that blocks the
    ticket: how many such tickets had a promise, and how many of these were impossible. A promise is impossible when the
    ticket would have lasted longer even if its own work had taken no time and each blocker had kept its own promise. Of
    these `waited_last` waited last for this provider. `fitting_target_seconds` is the `resolve` target, in business
    time of the tickets' own SLAs, at which 95 % would have fitted, beside the median of the targets that they had.
    `unpromised` tickets had no such promise. Commitments count when they were delivered in the period, cancelled ones
    never. What fits least comes first.
    """
    return report_answer(request, await fit_report(work, asked, all_rows=prefers_csv(request)))
