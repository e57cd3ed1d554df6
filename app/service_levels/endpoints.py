"""`/v1/slas`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import OwnLead, OwnLeadReader
from app.access.speaking import require_department
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.work import Reads, Writes
from app.service_levels import slas
from app.service_levels.needs import SlaId, SlaLead, SlaReader, seen_by
from app.service_levels.schemas import Sla, SlaDraft, SlaListing, SlaVersion, SlaVersionListing

routes = router("/v1/slas", "SLAs")

_PROVIDER = "/provider_department_id"


@routes.post(
    "",
    status_code=201,
    response_model=Sla,
    operation_id="create_sla",
    summary="Make an SLA",
    responses=documented(Conflict),
)
async def create_sla(body: SlaDraft, request: Request, work: Writes, actor: OwnLead) -> Response:
    """Makes an agreement of a provider. Of those whose conditions hold for a ticket the one of lowest rank applies,
    alone; one that could tie with another active one is refused, and so is a target that needs more than ten years. A
    lead's key makes those of their departments."""
    require_department(actor, body.provider_department_id, _PROVIDER)
    made = await slas.create_sla(work, body)
    return resource(made, request, created_at=f"/v1/slas/{made.id}")


@routes.get("", response_model=Page[Sla], operation_id="list_slas", summary="List SLAs")
async def list_slas(work: Reads, actor: OwnLeadReader, asked: Annotated[SlaListing, Query()]) -> Response:
    """The agreements, in their current versions. Sort by `name`, `rank`, `created_at` or `id`. A lead's key lists those
    of their departments; what others promise is in the catalogue."""
    conditions = seen_by(actor.own)
    return answer(await slas.collection.page(work.connection, asked, sorts=("name", "rank"), conditions=conditions))


@routes.get("/{sla_id}", response_model=Sla, operation_id="get_sla", summary="Read an SLA")
async def get_sla(sla_id: SlaId, request: Request, work: Reads, actor: SlaReader) -> Response:
    """One agreement, in its current version."""
    return resource(await slas.collection.get(work.connection, sla_id), request)


@routes.put(
    "/{sla_id}",
    response_model=Sla,
    operation_id="replace_sla",
    summary="Make a new version of an SLA",
    responses=documented(Conflict),
)
async def replace_sla(
    sla_id: SlaId, body: SlaDraft, request: Request, work: Writes, actor: SlaLead, if_match: IfMatch
) -> Response:
    """Makes a new version. Legs that began with an earlier one keep that; with `active: false` no new leg gets it. A
    lead's key does so with those of their departments."""
    require_department(actor, body.provider_department_id, _PROVIDER)
    return resource(await slas.replace_sla(work, sla_id, body, if_match), request)


@routes.get(
    "/{sla_id}/versions",
    response_model=Page[SlaVersion],
    operation_id="list_sla_versions",
    summary="List an SLA's versions",
)
async def list_sla_versions(
    sla_id: SlaId, work: Reads, actor: SlaReader, asked: Annotated[SlaVersionListing, Query()]
) -> Response:
    """What it undertook, version by version, each with the instant from which it was matched with new legs."""
    return answer(await slas.versions(work.connection, sla_id, asked))
