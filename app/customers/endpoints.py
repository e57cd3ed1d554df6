"""`/v1/customers`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import OwnReader, Writer
from app.customers import customers
from app.customers.examples import NEW_REFERENCES
from app.customers.needs import CustomerId, CustomerReader, seen_by
from app.customers.schemas import Customer, CustomerByRef, CustomerChange, CustomerDraft, CustomerListing
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Reference
from app.kernel.work import Reads, Writes

routes = router("/v1/customers", "Customers")


@routes.post(
    "",
    status_code=201,
    response_model=Customer,
    operation_id="create_customer",
    summary="Make a customer",
    responses=documented(Conflict),
)
async def create_customer(body: CustomerDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Makes a customer; its external reference is unique."""
    made = await customers.create_customer(work, body)
    return resource(made, request, created_at=f"/v1/customers/{made.id}")


@routes.get("", response_model=Page[Customer], operation_id="list_customers", summary="List customers")
async def list_customers(work: Reads, actor: OwnReader, asked: Annotated[CustomerListing, Query()]) -> Response:
    """The customers. Sort by `name`, `external_ref`, `created_at` or `id`.

    A key that stands for a member lists those whom they, or a department of theirs, serve now; of any other it is not
    told that there is one (404).
    """
    sorts, conditions = ("name", "external_ref"), seen_by(actor.own, work.now)
    return answer(await customers.collection.page(work.connection, asked, sorts=sorts, conditions=conditions))


@routes.get("/{customer_id}", response_model=Customer, operation_id="get_customer", summary="Read a customer")
async def get_customer(customer_id: CustomerId, request: Request, work: Reads, actor: CustomerReader) -> Response:
    """One customer."""
    return resource(await customers.collection.get(work.connection, customer_id), request)


@routes.patch(
    "/{customer_id}",
    response_model=Customer,
    operation_id="update_customer",
    summary="Change a customer",
    responses=documented(Conflict),
)
async def update_customer(
    customer_id: CustomerId, body: CustomerChange, request: Request, work: Writes, actor: Writer, if_match: IfMatch
) -> Response:
    """Changes what the body states."""
    return resource(await customers.change_customer(work, customer_id, body, if_match), request)


@routes.put(
    "/by-ref/{external_ref:path}",
    response_model=Customer,
    operation_id="put_customer_by_ref",
    summary="Make or change a customer by its reference",
    responses={201: {"model": Customer, "description": "It was made."}},
)
async def put_customer_by_ref(
    external_ref: Annotated[
        Reference, Path(description="What the customer is known by in the other tool.", openapi_examples=NEW_REFERENCES)
    ],
    body: CustomerByRef,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Makes the customer with this external reference (201) or changes it (200): for tools that synchronise."""
    customer, made = await customers.put_customer(work, external_ref, body, if_match)
    return resource(customer, request, created_at=f"/v1/customers/{customer.id}" if made else None)
