"""`/v1/customers/{customer_id}/outcomes`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Writer
from app.customers import outcomes
from app.customers.examples import OUTCOMES
from app.customers.needs import CustomerId, CustomerReader
from app.customers.outcome_schemas import Outcome, OutcomeChange, OutcomeDraft, OutcomeListing
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1/customers/{customer_id}/outcomes", "Customers")

OutcomeId = Annotated[Id, Path(description="The outcome's id.", openapi_examples=OUTCOMES)]


@routes.post(
    "",
    status_code=201,
    response_model=Outcome,
    operation_id="record_customer_outcome",
    summary="Record what became of a customer",
)
async def record_customer_outcome(
    customer_id: CustomerId, body: OutcomeDraft, request: Request, work: Writes, actor: Writer
) -> Response:
    """Records how satisfied a customer is, that they complained, left, renewed or took more: what
    `/v1/metrics/outcomes` holds against how late promises to them were kept. It may be long past, without any further
    permission; what is recorded twice counts twice."""
    made = await outcomes.record_outcome(work, customer_id, body)
    return resource(made, request, created_at=f"/v1/customers/{customer_id}/outcomes/{made.id}")


@routes.get(
    "",
    response_model=Page[Outcome],
    operation_id="list_customer_outcomes",
    summary="List what became of a customer",
)
async def list_customer_outcomes(
    customer_id: CustomerId, work: Reads, actor: CustomerReader, asked: Annotated[OutcomeListing, Query()]
) -> Response:
    """The outcomes of a customer. Sort by `occurred_at`, `created_at` or `id`."""
    return answer(await outcomes.page_of_outcomes(work, customer_id, asked))


@routes.get(
    "/{outcome_id}",
    response_model=Outcome,
    operation_id="get_customer_outcome",
    summary="Read an outcome of a customer",
)
async def get_customer_outcome(
    customer_id: CustomerId, outcome_id: OutcomeId, request: Request, work: Reads, actor: CustomerReader
) -> Response:
    """One outcome."""
    return resource(await outcomes.outcome(work, customer_id, outcome_id), request)


@routes.patch(
    "/{outcome_id}",
    response_model=Outcome,
    operation_id="correct_customer_outcome",
    summary="Correct an outcome of a customer",
)
async def correct_customer_outcome(
    customer_id: CustomerId,
    outcome_id: OutcomeId,
    body: OutcomeChange,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Corrects what the body states, in the reports on past periods too."""
    return resource(await outcomes.correct_outcome(work, customer_id, outcome_id, body, if_match), request)
