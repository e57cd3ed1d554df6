"""What a key that stands for a member may do is stated here; whatever is not, is refused."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.tickets.life.verbs import Verb
from tests.access.people import a_member, client_for
from tests.tickets.worlds import World

EVERYBODY = {
    "get_me",
    # the directory and the catalogue
    "list_departments",
    "get_department",
    "list_members",
    "get_member",
    "list_calendars",
    "get_calendar",
    "list_calendar_versions",
    "list_calendar_holidays",
    "calendar_due",
    "calendar_elapsed",
    "list_request_types",
    "get_request_type",
    "read_catalogue",
    # tickets
    "open_ticket",
    "open_tickets_in_batch",
    "list_tickets",
    "get_ticket",
    "update_ticket",
    "get_ticket_history",
    "get_ticket_hand_offs",
    "get_ticket_clocks",
    "explain_ticket_sla",
    "get_ticket_sla_breakdown",
    "add_dependency",
    "remove_dependency",
    "list_ticket_feedback",
    "give_feedback",
    *(f"{verb}_ticket" for verb in Verb),
    # customers and commitments
    "list_customers",
    "get_customer",
    "list_customer_outcomes",
    "get_customer_outcome",
    "list_customer_relationships",
    "get_customer_relationship",
    "get_customer_touchpoints",
    "get_customer_brief",
    "get_customer_timeline",
    "get_customer_ripple",
    "get_customer_exposure",
    "get_customer_worth",
    "list_commitments",
    "get_commitment",
    "get_commitment_ripple",
    "explain_commitment",
    "draw_commitment",
    "forecast_commitment",
    # what people say
    "make_suggestion",
    "list_suggestions",
    "get_suggestion",
    "update_suggestion",
    "vote_suggestion",
    "withdraw_suggestion_vote",
    "give_recognition",
    "list_recognitions",
    "get_recognition",
    # how it went
    "get_department_scorecard",
    "get_member_scorecard",
    "link_department_scorecard",
    "link_member_scorecard",
    "get_department_digest",
    "get_member_digest",
}
"""The operations that a `member` may use, and a `lead`, too."""
LEADS = {
    "adopt_suggestion",
    "decline_suggestion",
    "create_request_type",
    "update_request_type",
    "delegate_request_type",
    "undelegate_request_type",
    "create_sla",
    "list_slas",
    "get_sla",
    "list_sla_versions",
    "replace_sla",
}
"""The operations that a `lead` may use besides."""
OPEN = {"healthz", "readyz"}


def asked(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every operation with its method and an address at which nothing is."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            address = path.replace("{type}", "ticket.opened")
            while "{" in address:
                start, end = address.index("{"), address.index("}")
                address = f"{address[:start]}{uuid4()}{address[end + 1 :]}"
            yield operation["operationId"], method, address


@pytest.mark.parametrize(("role", "may"), [("member", EVERYBODY), ("lead", EVERYBODY | LEADS)])
async def test_what_is_not_stated_is_refused(
    app: FastAPI, client: httpx.AsyncClient, anonymous: httpx.AsyncClient, role: str, may: set[str]
) -> None:
    world = World(client)
    key = await client_for(app, world, role, await a_member(world, "Ada", "FIN"))
    document = (await anonymous.get("/openapi.json")).json()
    refused, let_in = set(), set()
    for operation, method, address in asked(document):
        body: dict[str, Any] = {} if method in ("get", "delete") else {"json": {}}
        response = await key.request(method, address, **body)
        assert response.status_code != 500, (operation, response.text)
        (refused if response.status_code == 403 else let_in).add(operation)
    assert let_in - OPEN == may
    assert refused.isdisjoint(may)
