"""`/v1/metrics/worth`, and `/v1/customers/{customer_id}/worth`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.customers.needs import CustomerId, CustomerReader
from app.kernel.answers import answer
from app.kernel.problems import NotFound, documented
from app.kernel.reports import report_answer, reported
from app.kernel.routes import router
from app.kernel.work import Reads, Reports
from app.worth.customer_worth import customer_worth
from app.worth.worth import worth_report
from app.worth.worth_schemas import CustomerWorth, WorthFigures, WorthQuery

routes = router("/v1/metrics", "Reports")
customer_routes = router("/v1/customers/{customer_id}", "Customers")


@routes.get(
    "/worth",
    operation_id="report_worth",
    summary="What a department's work is worth to customers",
    **reported("Worth", WorthFigures),
)
async def report_worth(
    request: Request, work: Reports, actor: Reader, asked: Annotated[WorthQuery, Query()]
) -> Response:
    """In plain figures for the people of a department: whom their work served in the period, what these customers are
    worth a year, the promises their work was part of, and what of that is late, at risk, or lost.

    A ticket counts at each department in whose hands it was in the period. The commitments are those above such
    tickets, however far up, and those that the department owns. Late is what was delivered late in the period, or is
    overdue at its end, whoever caused it: what the department had a share in, `/v1/metrics/ripple` tells. At risk is
    what now waits for the department last. Lost are customers who left in the period after a promise to them had been
    late, within 180 days before, with a share of the department: the one stood beside the other, which does not say
    that it was the reason. A customer or commitment that several departments served counts at each, and once in the
    totals. Amounts of several currencies stand side by side and are never added up.
    """
    return report_answer(request, await worth_report(work, asked))


@customer_routes.get(
    "/worth",
    response_model=CustomerWorth,
    operation_id="get_customer_worth",
    summary="What a customer is worth, and was",
    responses=documented(NotFound),
)
async def get_customer_worth(customer_id: CustomerId, work: Reads, actor: CustomerReader) -> Response:
    """What the customer is worth a year, from when it was known on, with every change and who said so; its renewals,
    expansions and churn; what was promised to it, how much of that was late; and what is at risk now.

    Amounts of several currencies stand side by side and are never added up.
    """
    return answer(await customer_worth(work, customer_id))
