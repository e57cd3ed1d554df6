"""`/v1/request-types`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import OwnLead, OwnReader
from app.access.speaking import require_department
from app.catalogue import request_types
from app.catalogue.needs import RequestTypeId, RequestTypeLead
from app.catalogue.schemas import RequestType, RequestTypeChange, RequestTypeDraft, RequestTypeListing
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.work import Reads, Writes

routes = router("/v1/request-types", "Service catalogue")


@routes.post(
    "",
    status_code=201,
    response_model=RequestType,
    operation_id="create_request_type",
    summary="Make a request type",
    responses=documented(Conflict),
)
async def create_request_type(body: RequestTypeDraft, request: Request, work: Writes, actor: OwnLead) -> Response:
    """Makes an entry of a provider's catalogue; its key is unique there. A lead's key makes those of their
    departments."""
    require_department(actor, body.provider_department_id, "/provider_department_id")
    made = await request_types.create_request_type(work, body)
    return resource(made, request, created_at=f"/v1/request-types/{made.id}")


@routes.get("", response_model=Page[RequestType], operation_id="list_request_types", summary="List request types")
async def list_request_types(work: Reads, actor: OwnReader, asked: Annotated[RequestTypeListing, Query()]) -> Response:
    """What providers can be asked for. Sort by `key`, `name`, `kind`, `created_at` or `id`."""
    return answer(await request_types.collection.page(work.connection, asked, sorts=("key", "name", "kind")))


@routes.get(
    "/{request_type_id}", response_model=RequestType, operation_id="get_request_type", summary="Read a request type"
)
async def get_request_type(request_type_id: RequestTypeId, request: Request, work: Reads, actor: OwnReader) -> Response:
    """One request type."""
    return resource(await request_types.collection.get(work.connection, request_type_id), request)


@routes.patch(
    "/{request_type_id}",
    response_model=RequestType,
    operation_id="update_request_type",
    summary="Change a request type",
    responses=documented(Conflict),
)
async def update_request_type(
    request_type_id: RequestTypeId,
    body: RequestTypeChange,
    request: Request,
    work: Writes,
    actor: RequestTypeLead,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states. A lead's key changes those of their departments."""
    return resource(await request_types.change_request_type(work, request_type_id, body, if_match), request)
