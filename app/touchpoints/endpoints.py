"""`/v1/customers/{customer_id}`: its `/touchpoints`, its `/timeline` and its `/brief`."""

from typing import Annotated

from fastapi import Query, Response

from app.customers.brief_schemas import CustomerBrief
from app.customers.needs import CustomerId, CustomerReader
from app.kernel.answers import answer
from app.kernel.paging import Page
from app.kernel.routes import router
from app.kernel.work import Reads
from app.touchpoints.brief import brief_of
from app.touchpoints.schemas import Touchpoints, TouchpointsQuery
from app.touchpoints.timeline import page_of_timeline
from app.touchpoints.timeline_schemas import TimelineItem, TimelineListing
from app.touchpoints.touchpoints import touchpoints_of

routes = router("/v1/customers/{customer_id}", "Customers")


@routes.get(
    "/touchpoints",
    response_model=Touchpoints,
    operation_id="get_customer_touchpoints",
    summary="Who really served a customer",
)
async def get_customer_touchpoints(
    customer_id: CustomerId, work: Reads, actor: CustomerReader, asked: Annotated[TouchpointsQuery, Query()]
) -> Response:
    """Everyone who served the customer, the latest contact first, from what was done to its tickets and promised to it;
    and the gaps both ways: who served it without a relationship that says so (`related`), and which relationships
    nobody served (`unserved`).

    Where the actor of what was done is a member, they served. What a key did was the requester's or the assignee's of
    that time; where no member is known, the department's (`member_id` null). A department that has, or had, a ticket
    on which nobody did anything is among them. A member who serves for two departments is two touchpoints.
    """
    return answer(await touchpoints_of(work, customer_id, asked))


@routes.get(
    "/brief",
    response_model=CustomerBrief,
    operation_id="get_customer_brief",
    summary="What to know before serving a customer",
)
async def get_customer_brief(customer_id: CustomerId, work: Reads, actor: CustomerReader) -> Response:
    """What whoever serves the customer should know beforehand, on one page: preferences and notes, who serves it, what
    is promised and what of that is at risk, and what it did or said lately. Whoever opens a ticket for the customer
    gets it with the answer, as `customer_brief`."""
    return answer(await brief_of(work, customer_id))


@routes.get(
    "/timeline",
    response_model=Page[TimelineItem],
    operation_id="get_customer_timeline",
    summary="What happened to a customer, in order",
)
async def get_customer_timeline(
    customer_id: CustomerId, work: Reads, actor: CustomerReader, asked: Annotated[TimelineListing, Query()]
) -> Response:
    """Everything that happened to the customer up to now, each told in a sentence, the earliest first (`sort=-at`: the
    latest): promises and how they were kept, tickets and what was done to them, hand-offs, waits, questions and
    comments, outcomes, who served it, and changes of its notes, preferences and other fields. A key that stands for a
    member is told of internal comments where a department of theirs has the ticket, or had it.
    """
    return answer(await page_of_timeline(work, customer_id, asked, actor.own))
