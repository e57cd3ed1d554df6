"""`/v1/objectives`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Reader, Writer
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes
from app.service_levels import objectives
from app.service_levels.objective_schemas import Objective, ObjectiveChange, ObjectiveDraft, ObjectiveListing

routes = router("/v1/objectives", "SLAs")

ObjectiveId = Annotated[Id, Path(description="The objective's id.")]


@routes.post(
    "",
    status_code=201,
    response_model=Objective,
    operation_id="create_objective",
    summary="Set an objective",
    responses=documented(Conflict),
)
async def create_objective(body: ObjectiveDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Sets what share of an SLA's clocks is to be met within a rolling window. What it lets breach is its error budget:
    `/v1/metrics/error-budget` tells how much of it is spent, and how fast."""
    made = await objectives.create_objective(work, body)
    return resource(made, request, created_at=f"/v1/objectives/{made.id}")


@routes.get("", response_model=Page[Objective], operation_id="list_objectives", summary="List objectives")
async def list_objectives(work: Reads, actor: Reader, asked: Annotated[ObjectiveListing, Query()]) -> Response:
    """The objectives. Sort by `name`, `created_at` or `id`."""
    return answer(await objectives.collection.page(work.connection, asked, sorts=("name",)))


@routes.get("/{objective_id}", response_model=Objective, operation_id="get_objective", summary="Read an objective")
async def get_objective(objective_id: ObjectiveId, request: Request, work: Reads, actor: Reader) -> Response:
    """One objective."""
    return resource(await objectives.collection.get(work.connection, objective_id), request)


@routes.patch(
    "/{objective_id}",
    response_model=Objective,
    operation_id="update_objective",
    summary="Change an objective",
    responses=documented(Conflict),
)
async def update_objective(
    objective_id: ObjectiveId, body: ObjectiveChange, request: Request, work: Writes, actor: Writer, if_match: IfMatch
) -> Response:
    """Changes what the body states. With `active: false` it is neither watched nor reported."""
    return resource(await objectives.change_objective(work, objective_id, body, if_match), request)
