"""`/v1/commitments/{id}/forecast`."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.access.needs import Reader
from app.commitments.examples import OPEN_COMMITMENTS
from app.kernel.answers import answer
from app.kernel.problems import NotFound, NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads
from app.ripple import forecasts
from app.ripple.forecast_schemas import CommitmentForecast

routes = router("/v1", "Ripple")


@routes.get(
    "/commitments/{commitment_id}/forecast",
    response_model=CommitmentForecast,
    operation_id="forecast_commitment",
    summary="When will it be delivered, and how likely is it late?",
    responses=documented(NotFound, NotPossibleNow),
)
async def forecast_commitment(
    commitment_id: Annotated[Id, Path(description="The commitment's id.", openapi_examples=OPEN_COMMITMENTS)],
    request: Request,
    work: Reads,
    actor: Reader,
) -> Response:
    """When this open commitment will be delivered: by when with a probability of 50, 80 and 95 %, how likely that is
    late, which ticket it will most likely wait for last, and what is at risk.

    It is told by what became of past commitments and tickets of the same kind that were at the same point, and drawn a
    thousand times over the tickets beneath this one; asked again in the same second it is the same. What was learned
    from is looked at anew in every hour. With little to learn from it is a guess, and `learned_from` says so. A
    commitment that is delivered or cancelled has no forecast (409).
    """
    return answer(await forecasts.commitment_forecast(work, request.app.state.lessons, commitment_id))
