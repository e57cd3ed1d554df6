"""`/v1/delegations`, and the verbs by which they begin and end."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import OwnLead, Reader
from app.catalogue import delegations
from app.catalogue.delegation_schemas import Delegation, DelegationDraft, DelegationEnd, DelegationListing
from app.catalogue.needs import RequestTypeId
from app.catalogue.schemas import RequestType
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1", "Service catalogue")

EVERYONE = DelegationEnd()


@routes.post(
    "/request-types/{request_type_id}/delegate",
    response_model=RequestType,
    operation_id="delegate_request_type",
    summary="Delegate an approval to a department",
    responses=documented(Conflict),
)
async def delegate_request_type(
    request_type_id: RequestTypeId,
    body: DelegationDraft,
    request: Request,
    work: Writes,
    actor: OwnLead,
    if_match: IfMatch,
) -> Response:
    """From now on this approval is granted at once when that department asks for it, within the limits: the ticket is
    opened and resolved with `granted` true at one instant, and names the delegation as its `delegation_id`.

    A department has one delegation of an approval: another one takes its place. It holds for that department, not for
    those beneath it. What was asked before stays for somebody to decide. A key that is tied to departments, or a
    lead's, delegates approvals of those only: who asks does not grant itself.
    """
    return resource(await delegations.delegate(work, actor, request_type_id, body, if_match), request)


@routes.post(
    "/request-types/{request_type_id}/undelegate",
    response_model=RequestType,
    operation_id="undelegate_request_type",
    summary="Take a delegation back",
    responses=documented(Conflict),
)
async def undelegate_request_type(
    request_type_id: RequestTypeId,
    request: Request,
    work: Writes,
    actor: OwnLead,
    if_match: IfMatch,
    body: DelegationEnd = EVERYONE,
) -> Response:
    """From now on somebody decides again: of what that department asks for, or any, if none is named. What was granted
    stays granted."""
    return resource(await delegations.undelegate(work, actor, request_type_id, body, if_match), request)


@routes.get(
    "/delegations", response_model=Page[Delegation], operation_id="list_delegations", summary="List delegations"
)
async def list_delegations(work: Reads, actor: Reader, asked: Annotated[DelegationListing, Query()]) -> Response:
    """Which approvals are granted at once to whom, and which were, with who said so and who took it back. Sort by
    `since`, `created_at` or `id`."""
    return answer(await delegations.page(work.connection, asked))


@routes.get(
    "/delegations/{delegation_id}",
    response_model=Delegation,
    operation_id="get_delegation",
    summary="Read a delegation",
)
async def get_delegation(
    delegation_id: Annotated[Id, Path(description="The delegation's id.")], request: Request, work: Reads, actor: Reader
) -> Response:
    """One delegation."""
    return resource(await delegations.collection.get(work.connection, delegation_id), request)
