"""`/v1/metrics`: the reports that count."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reports
from app.metrics import reports
from app.metrics.schemas import (
    ApprovalFigures,
    ApprovalsQuery,
    BacklogFigures,
    BacklogQuery,
    DelegationFigures,
    DelegationsQuery,
    FlowFigures,
    FlowQuery,
    HandoffFigures,
    HandoffsQuery,
    MetricFigures,
    SeasonalityFigures,
    SeasonalityQuery,
    ServiceLevelsQuery,
    ServiceLevelTotals,
)

routes = router("/v1/metrics", "Reports")


@routes.get(
    "/service-levels",
    operation_id="report_service_levels",
    summary="How service levels were kept",
    **reported("ServiceLevels", MetricFigures, ServiceLevelTotals, compared=True),
)
async def report_service_levels(
    request: Request, work: Reports, actor: Reader, asked: Annotated[ServiceLevelsQuery, Query()]
) -> Response:
    """How service levels were kept: a row for each group and `metric`. A clock counts in the period in which it was
    decided, met or breached; one that is past its due time is breached, whether or not anybody has touched it since.

    Percentiles are of the business time that decided clocks counted: until they stopped, else until now. Decisions in
    an exclusion window are only told as `excluded`. Grouped by time, `running` stands at the end of the period.

    The department, and the provider, is the one whose clock it is. A ticket's own `resolve` clock runs on through every
    hand-off and stays that of the department that was asked first, which undertook it towards the requester; the
    `holder` is the one that held the ticket when it was decided: just after the breach, when it was met, else at the
    end of the period. So `holder` tells in whose hands promises broke, `provider` whose promises they were. Clocks of
    a leg are decided in it: there both are the same.
    """
    return report_answer(request, await reports.service_levels(work, asked))


@routes.get(
    "/flow",
    operation_id="report_flow",
    summary="What departments ask of each other",
    **reported("Flow", FlowFigures, compared=True),
)
async def report_flow(request: Request, work: Reports, actor: Reader, asked: Annotated[FlowQuery, Query()]) -> Response:
    """What departments ask of each other, and how it passes. Everything counts when it happened: openings, resolutions,
    decisions of the tickets' own `resolve` clocks, seconds of waiting.

    A ticket counts at its present provider. Grouped by time, `open` stands at the end of the period.
    Decisions in an exclusion window are only told as `excluded`.
    """
    return report_answer(request, await reports.flow(work, asked))


@routes.get(
    "/backlog",
    operation_id="report_backlog",
    summary="What is open, and for how long",
    **reported("Backlog", BacklogFigures, compared=True),
)
async def report_backlog(
    request: Request, work: Reports, actor: Reader, asked: Annotated[BacklogQuery, Query()]
) -> Response:
    """What is open at the end of the period (`to`, but not after now), whenever it was opened: `from` plays no part,
    unless it is compared: then with what was open at `from`. Ages are around the clock since the opening.

    A ticket counts at its present provider, and in the day, week or month of its opening. For a `to` in the past,
    `overdue` goes by the due time the ticket has now.
    """
    return report_answer(request, await reports.backlog(work, asked))


@routes.get(
    "/handoffs",
    operation_id="report_handoffs",
    summary="How tickets were passed around",
    **reported("Handoffs", HandoffFigures, compared=True),
)
async def report_handoffs(
    request: Request, work: Reports, actor: Reader, asked: Annotated[HandoffsQuery, Query()]
) -> Response:
    """How tickets opened in the period were passed around, in their whole life so far.

    By `department` each one counts that held the ticket, with its own legs and what happened in them: a transfer
    counts at its receiver, and `ping_pong` are the tickets that came back to it. By anything else, a ticket counts as
    a whole; the `provider` is its present one.
    """
    return report_answer(request, await reports.handoffs(work, asked))


@routes.get(
    "/approvals",
    operation_id="report_approvals",
    summary="Which approvals are nearly always granted",
    **reported("Approvals", ApprovalFigures, compared=True),
)
async def report_approvals(
    request: Request, work: Reports, actor: Reader, asked: Annotated[ApprovalsQuery, Query()]
) -> Response:
    """Which kinds of approval are nearly always granted, and how long customers waited for them: candidates for
    delegation. An approval, a ticket of a request type of that kind, counts when it was resolved with `granted`.

    `customer_wait_seconds` are those seconds of the commitments' decompositions (see their `ripple`) that are charged
    to the approvals themselves, undelivered commitments as of now. `delegation_saves_seconds` tells what would have
    been gained: each commitment is rebuilt as if all of a request type beneath it that somebody granted had been
    granted when they were asked for (as `what-if` does), which shows what else would have kept the customer waiting
    meanwhile. By `request_type` it is exact; by anything else each approval has an equal part in that.

    What a delegation granted is told as `delegated`, and makes nothing a candidate.
    """
    return report_answer(request, await reports.approvals(work, asked))


@routes.get(
    "/delegations",
    operation_id="report_delegations",
    summary="What was granted by delegation",
    **reported("Delegations", DelegationFigures, compared=True),
)
async def report_delegations(
    request: Request, work: Reports, actor: Reader, asked: Annotated[DelegationsQuery, Query()]
) -> Response:
    """What delegations granted at once, by what was asked for and who asked, for whoever reviews them: how much that
    was, what somebody looked into again, and how long it would have been waited for. A ticket counts when it was
    opened; `GET /v1/tickets?delegation_id=` lists them."""
    return report_answer(request, await reports.delegations(work, asked))


@routes.get(
    "/seasonality",
    operation_id="report_seasonality",
    summary="When work comes, and when promises break",
    **reported("Seasonality", SeasonalityFigures, compared=True, group={"weekday": "mon", "hour": 9}),
)
async def report_seasonality(
    request: Request, work: Reports, actor: Reader, asked: Annotated[SeasonalityQuery, Query()]
) -> Response:
    """On which weekday (`mon` to `sun`) and at which hour (0 to 23) tickets are opened, and clocks are breached, in the
    time zone of the department. By weekday and hour alone, or one of them, every cell has a row, though of zeros.

    An opening counts at the department that was asked first, a breach at the one whose clock it is. Breaches in an
    exclusion window are only told as `excluded`.
    """
    return report_answer(request, await reports.seasonality(work, asked))
