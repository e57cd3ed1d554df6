"""`/v1/metrics/key-people`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import Reader
from app.kernel.reports import csv_example, rows_answer
from app.kernel.routes import router
from app.kernel.work import Reports
from app.touchpoints.key_people import key_people
from app.touchpoints.key_people_schemas import KeyPeople, KeyPeopleQuery, KeyPerson

routes = router("/v1/metrics", "Reports")


@routes.get(
    "/key-people",
    response_model=KeyPeople,
    operation_id="report_key_people",
    summary="What hangs on one member",
    responses=csv_example(KeyPerson),
)
async def report_key_people(
    request: Request, work: Reports, actor: Reader, asked: Annotated[KeyPeopleQuery, Query()]
) -> Response:
    """What would have to find somebody else if a member left, as of now: the customers whom they serve and what these
    are worth a year, those whom nobody else serves, the open promises to customers whose owner they are or that a
    ticket of theirs serves, and their unresolved tickets.

    On whom most hangs comes first: by the value of the customers that nobody else serves, then by all value that hangs
    on them, amounts of several currencies added up as they are. As CSV, amounts are JSON in their cells.
    """
    found = await key_people(work, asked)
    return rows_answer(request, found, KeyPerson, found.rows)
