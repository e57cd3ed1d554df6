"""`/v1/customers/{customer_id}/relationships`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Writer
from app.customers import relationships
from app.customers.examples import RELATIONSHIPS
from app.customers.needs import CustomerId, CustomerReader
from app.customers.relationship_schemas import (
    HandOver,
    Relationship,
    RelationshipChange,
    RelationshipDraft,
    RelationshipEnd,
    RelationshipListing,
)
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1/customers/{customer_id}/relationships", "Customers")

RelationshipId = Annotated[Id, Path(description="The relationship's id.", openapi_examples=RELATIONSHIPS)]
NOW = RelationshipEnd()


def is_settled(relationship: Relationship) -> bool:
    """Whether the answer stays as it is while the version stands: no date of it is still to come."""
    return relationship.state == "ended"


@routes.post(
    "",
    status_code=201,
    response_model=Relationship,
    operation_id="start_customer_relationship",
    summary="Say who serves a customer",
    responses=documented(Conflict),
)
async def start_customer_relationship(
    customer_id: CustomerId, body: RelationshipDraft, request: Request, work: Writes, actor: Writer
) -> Response:
    """Records that a member, or a department, serves a customer in a role: since long, from now on, or from a planned
    day on.

    Whoever becomes the perceived owner takes that over from who was it, from `since` on; where others were perceived
    so since then, they were, and it passes now. Refused (409) is what says the same as another relationship for some
    of the time, and a past in which somebody else was perceived as the owner.
    """
    made = await relationships.start_relationship(work, customer_id, body)
    return resource(made, request, created_at=f"/v1/customers/{customer_id}/relationships/{made.id}")


@routes.get(
    "",
    response_model=Page[Relationship],
    operation_id="list_customer_relationships",
    summary="List who serves a customer",
)
async def list_customer_relationships(
    customer_id: CustomerId, work: Reads, actor: CustomerReader, asked: Annotated[RelationshipListing, Query()]
) -> Response:
    """Who serves the customer, who did and who is going to, by when it began: `state=current` for now, `as_of` for any
    other instant. Sort by `since`, `created_at` or `id`."""
    return answer(await relationships.page_of_relationships(work, customer_id, asked))


@routes.get(
    "/{relationship_id}",
    response_model=Relationship,
    operation_id="get_customer_relationship",
    summary="Read a relationship of a customer",
)
async def get_customer_relationship(
    customer_id: CustomerId, relationship_id: RelationshipId, request: Request, work: Reads, actor: CustomerReader
) -> Response:
    """One relationship, its `state` as of now."""
    found = await relationships.relationship(work, customer_id, relationship_id)
    return resource(found, request, settled=is_settled(found))


@routes.patch(
    "/{relationship_id}",
    response_model=Relationship,
    operation_id="update_customer_relationship",
    summary="Change a relationship of a customer",
    responses=documented(Conflict),
)
async def update_customer_relationship(
    customer_id: CustomerId,
    relationship_id: RelationshipId,
    body: RelationshipChange,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states. `perceived_owner` of a current relationship changes from now on, and whoever was it
    no longer is; `until: null` lets one that has an end go on as if it had none. For another member or department,
    hand it over."""
    changed = await relationships.change_relationship(work, customer_id, relationship_id, body, if_match)
    return resource(changed, request)


@routes.post(
    "/{relationship_id}/end",
    response_model=Relationship,
    operation_id="end_customer_relationship",
    summary="End a relationship of a customer",
    responses=documented(NotPossibleNow),
)
async def end_customer_relationship(
    customer_id: CustomerId,
    relationship_id: RelationshipId,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
    body: RelationshipEnd = NOW,
) -> Response:
    """They serve the customer no longer, from now on or from `at`, which may lie in the past or be planned; it stays
    among the customer's relationships with its dates. Nobody takes over: for that, hand it over."""
    return resource(await relationships.end_relationship(work, customer_id, relationship_id, body, if_match), request)


@routes.post(
    "/{relationship_id}/hand-over",
    response_model=Relationship,
    operation_id="hand_over_customer_relationship",
    summary="Hand a relationship of a customer over",
    responses=documented(NotPossibleNow),
)
async def hand_over_customer_relationship(
    customer_id: CustomerId,
    relationship_id: RelationshipId,
    body: HandOver,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Another member or department goes on in the same role, from now on or from `at`, and is perceived as the owner
    if this one was; this one ends then. Answers the one that ends: `successor_id` is the one that goes on."""
    ended = await relationships.hand_over(work, customer_id, relationship_id, body, if_match)
    return resource(ended, request)
