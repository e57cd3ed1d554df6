"""What Swagger UI offers to send works against the demo company."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.demo.company import company
from app.demo.identities import Ids
from app.kernel.database import Database
from tests.conftest import Clock

COPY = "examples"
JSON = "application/json"
OF_THE_DEMO = (
    "/v1/departments",
    "/v1/members",
    "/v1/calendars",
    "/v1/customers",
    "/v1/commitments",
    "/v1/request-types",
    "/v1/slas",
    "/v1/tickets",
    "/v1/recognitions",
    "/v1/suggestions",
    "/v1/scorecards",
    "/v1/digests",
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Offer:
    """An operation with the first of the examples of each parameter in its path, and of its body, as it is sent."""

    method: str
    template: str
    path: str
    body: bytes | None = None
    media_type: str = JSON


def first_value(parameter: dict[str, Any]) -> str:
    examples = parameter.get("examples") or {"schema": {"value": parameter["schema"].get("examples", ["FIN"])[0]}}
    value: str = next(iter(examples.values()))["value"]
    return value


def first_body(content: dict[str, Any], schemas: dict[str, Any]) -> tuple[bytes, str]:
    media_type, offered = next(iter(content.items()))
    if media_type != JSON:
        example: str = next(iter(offered["examples"].values()))["value"]
        return example.encode(), media_type
    name = offered["schema"]["$ref"].rsplit("/", 1)[1]
    return json.dumps(schemas[name]["examples"][0]).encode(), media_type


def offers(document: dict[str, Any]) -> Iterator[Offer]:
    """The operations on resources of the demo."""
    schemas = document["components"]["schemas"]
    for template, operations in document["paths"].items():
        if not template.startswith(OF_THE_DEMO):
            continue
        for method in {"get", "post", "put", "patch", "delete"} & operations.keys():
            operation, path = operations[method], template
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    path = path.replace("{" + parameter["name"] + "}", first_value(parameter))
                elif parameter["in"] == "query" and parameter.get("required"):
                    path = f"{path}{'&' if '?' in path else '?'}{parameter['name']}={first_value(parameter)}"
            if "requestBody" in operation:
                yield Offer(method, template, path, *first_body(operation["requestBody"]["content"], schemas))
            else:
                yield Offer(method, template, path)


def in_order(offer: Offer) -> tuple[bool, bool, bool, str]:
    """What reads comes first, then what makes, what changes, and what makes or changes."""
    return "/by-" in offer.template, offer.method != "get", not is_making(offer), offer.path


def is_making(offer: Offer) -> bool:
    return offer.method == "post" and "{" not in offer.template


@pytest.fixture
def database(copied: Database) -> Database:
    """A demo company that only this test changes."""
    return copied


async def test_every_example_can_be_sent_as_it_is(
    app: FastAPI, client: httpx.AsyncClient, clock: Clock, loaded_at: datetime
):
    clock.instant = loaded_at
    found = sorted(offers(app.openapi()), key=in_order)
    assert len(found) > 45
    for offer in found:
        headers = {"Content-Type": offer.media_type} if offer.body is not None else {}
        response = await client.request(offer.method, offer.path, content=offer.body, headers=headers)
        # One example after the other leaves tickets and promises in states in which some verbs are impossible.
        may_conflict = offer.method != "get" and not is_making(offer)
        possible = {200, 201} | ({204, 409} if may_conflict else set())
        if (offer.method, offer.template) == ("patch", "/v1/suggestions/{suggestion_id}"):
            possible = {403}  # A member of the demo company made it, and who else changes it?
        assert response.status_code in possible, (offer, response.text)


async def test_every_id_of_an_example_is_the_demo_companys(app: FastAPI, loaded_at: datetime):
    ids = Ids.of(company(loaded_at.replace(hour=0, minute=0)))
    kinds = (ids.calendars, ids.departments, ids.members, ids.request_types, ids.slas, ids.customers, ids.commitments)
    said = (ids.outcomes, ids.recognitions, ids.suggestions)
    known = {str(id_) for kind in (*kinds, ids.tickets, ids.relationships, *said) for id_ in kind.values()}
    named = {id_ for offer in offers(app.openapi()) for id_ in UUID.findall(f"{offer.path} {offer.body}")}
    assert len(named) > 10
    assert named <= known
