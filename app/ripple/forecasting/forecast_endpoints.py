"""`/v1/commitments/{id}/forecast`, `/v1/customers/{id}/exposure` and `/v1/metrics/exposure`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.commitments.needs import OpenCommitmentId, OpenCommitmentReader
from app.customers.examples import ALBION_FOODS
from app.customers.needs import CustomerId, CustomerReader
from app.kernel.answers import answer
from app.kernel.problems import NotFound, NotPossibleNow, documented
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reads, Reports
from app.ripple.forecasting import forecasts
from app.ripple.forecasting.exposure import ExposureFigures
from app.ripple.forecasting.exposure_report import customer_exposure, exposure_report
from app.ripple.forecasting.exposure_schemas import CustomerExposure, ExposureQuery
from app.ripple.forecasting.forecast_schemas import CommitmentForecast

routes = router("/v1", "Ripple")

_CUSTOMER = {"customer": "DEMO-C-001", "customer_id": ALBION_FOODS, "customer_name": "Albion Foods"}


@routes.get(
    "/commitments/{commitment_id}/forecast",
    response_model=CommitmentForecast,
    operation_id="forecast_commitment",
    summary="When will it be delivered, and how likely is it late?",
    responses=documented(NotFound, NotPossibleNow),
)
async def forecast_commitment(
    commitment_id: OpenCommitmentId, request: Request, work: Reads, actor: OpenCommitmentReader
) -> Response:
    """When this open commitment will be delivered: by when with a probability of 50, 80 and 95 %, how likely that is
    late, which ticket it will most likely wait for last, and what is at risk.

    It is told by what became of past commitments and tickets of the same kind that were at the same point, and drawn a
    thousand times over the tickets beneath this one (less often if more than 250 are open, at least a hundred times);
    asked again in the same second it is the same. What was learned
    from is looked at anew in every hour. With little to learn from it is a guess, and `learned_from` says so. A
    commitment that is delivered or cancelled has no forecast (409).
    """
    return answer(await forecasts.commitment_forecast(work, request.app.state.lessons, commitment_id))


@routes.get(
    "/customers/{customer_id}/exposure",
    response_model=CustomerExposure,
    operation_id="get_customer_exposure",
    summary="What is likely late for a customer",
    responses=documented(NotFound),
)
async def get_customer_exposure(customer_id: CustomerId, work: Reads, actor: CustomerReader) -> Response:
    """What is open for this customer, how much of it is likely late, and what is at risk; the most likely late first.

    It is told by the forecasts that are kept: each is looked at again when its commitment's history changes, and as
    time passes, within a week of the due time every hour, so that none of those is older than its `as_of` says.
    """
    return answer(await customer_exposure(work, customer_id))


@routes.get(
    "/metrics/exposure",
    operation_id="report_exposure",
    summary="Who will be let down next, and what hangs on it?",
    **reported("Exposure", ExposureFigures, group=_CUSTOMER),
)
async def report_exposure(
    request: Request, work: Reports, actor: Reader, asked: Annotated[ExposureQuery, Query()]
) -> Response:
    """What is open now, and how much of it is likely late: by customer, by the `department` that commitments most
    likely wait for last, by the `owner` that answers for them, by when they are due, or by what they wait for.

    The `department` is the one that holds the ticket which is most likely the last, and the owner where no ticket is
    open; `requester`, `provider`, `request_type` and `priority` are that ticket's, null where there is none. `day`,
    `week` and `month` are those of the due time, in UTC. It is as of now, by the forecasts that are kept; `from` and
    `to` play no part. Where most is expected to be late comes first.

    Values of several currencies are never added up: then `value_at_risk` and `currency` are null, and
    `values_at_risk` has the sum for each. The annual value of a customer counts once, however many commitments of
    theirs state no value of their own; so rows may add up to more than the totals.
    """
    return report_answer(request, await exposure_report(work, asked))
