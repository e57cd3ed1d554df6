"""`/v1/exclusion-windows`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Reader, Writer
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes
from app.service_levels import exclusions
from app.service_levels.exclusion_schemas import (
    ExclusionWindow,
    ExclusionWindowChange,
    ExclusionWindowDraft,
    ExclusionWindowListing,
)

routes = router("/v1/exclusion-windows", "SLAs")

WindowId = Annotated[Id, Path(description="The exclusion window's id.")]


@routes.post(
    "",
    status_code=201,
    response_model=ExclusionWindow,
    operation_id="create_exclusion_window",
    summary="Leave out the decisions of a stretch of time",
)
async def create_exclusion_window(
    body: ExclusionWindowDraft, request: Request, work: Writes, actor: Writer
) -> Response:
    """Leaves the decisions of a stretch of time, such as an outage or a strike, out of attainments and error budgets.
    Reports tell how many there were as `excluded`. It may lie in the past; all conditions that are stated must hold."""
    made = await exclusions.create_exclusion_window(work, body)
    return resource(made, request, created_at=f"/v1/exclusion-windows/{made.id}")


@routes.get(
    "", response_model=Page[ExclusionWindow], operation_id="list_exclusion_windows", summary="List exclusion windows"
)
async def list_exclusion_windows(
    work: Reads, actor: Reader, asked: Annotated[ExclusionWindowListing, Query()]
) -> Response:
    """Which stretches of time are left out, and why. Those that meet a period start before its end and end after its
    start. Sort by `starts_at`, `ends_at`, `created_at` or `id`."""
    return answer(await exclusions.page_of_exclusion_windows(work, asked))


@routes.get(
    "/{window_id}",
    response_model=ExclusionWindow,
    operation_id="get_exclusion_window",
    summary="Read an exclusion window",
)
async def get_exclusion_window(window_id: WindowId, request: Request, work: Reads, actor: Reader) -> Response:
    """One exclusion window."""
    return resource(await exclusions.collection.get(work.connection, window_id), request)


@routes.patch(
    "/{window_id}",
    response_model=ExclusionWindow,
    operation_id="update_exclusion_window",
    summary="Change an exclusion window",
)
async def update_exclusion_window(
    window_id: WindowId, body: ExclusionWindowChange, request: Request, work: Writes, actor: Writer, if_match: IfMatch
) -> Response:
    """Changes what the body states: the reports' figures change with it, also those of the past."""
    return resource(await exclusions.change_exclusion_window(work, window_id, body, if_match), request)


@routes.delete(
    "/{window_id}",
    status_code=204,
    operation_id="delete_exclusion_window",
    summary="Let the decisions count again",
)
async def delete_exclusion_window(window_id: WindowId, work: Writes, actor: Writer, if_match: IfMatch) -> Response:
    """Removes an exclusion window: the decisions in it count again."""
    await exclusions.delete_exclusion_window(work, window_id, if_match)
    return Response(status_code=204)
