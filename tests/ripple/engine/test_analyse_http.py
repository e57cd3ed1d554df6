"""`POST /v1/ripple/analyse`: the engine on a graph given in the request."""

import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import Statements, client_of
from tests.ripple.engine.test_ripple_vectors import differences
from tests.ripple.random_graphs import random_document_of_many

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())
PATH = "/v1/ripple/analyse"
AT = "2026-03-02T09:00:00Z"
LATER = "2026-03-03T09:00:00Z"


def a_ticket(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "requester": "A", "provider": "B", "opened_at": AT, "resolved_at": LATER, **fields}


def a_graph(*tickets: dict[str, Any], **fields: Any) -> dict[str, Any]:
    commitment = {"owner": "A", "promised_at": AT, "due_at": AT, "delivered_at": LATER}
    return {"commitment": commitment, "tickets": list(tickets), **fields}


async def test_every_vector_gets_the_answer_agreed(client: httpx.AsyncClient) -> None:
    wrong = {}
    for vector in VECTORS:
        response = await client.post(PATH, json=vector["input"])
        assert response.status_code == 200, response.text
        if found := differences(vector["expected"], response.json()):
            wrong[vector["name"]] = found
    assert wrong == {}
    assert len(VECTORS) == 70


async def test_what_swagger_ui_offers_to_send_is_the_agreed_scenario(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    media = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    answers = {name: await client.post(PATH, json=example["value"]) for name, example in media["examples"].items()}
    expected = next(vector["expected"] for vector in VECTORS if vector["name"] == "primary and reactionary")
    assert answers["primary and reactionary"].json() == expected
    assert [answer.status_code for answer in answers.values()] == [200, 200]


async def test_the_graph_is_described_field_by_field(client: httpx.AsyncClient) -> None:
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    assert schemas["GivenGraph"]["properties"]["tickets"]["items"] == {"$ref": "#/components/schemas/GivenTicket"}
    assert {"from", "to", "on"} == set(schemas["GivenWait"]["properties"])
    assert {"from", "to"} < set(schemas["SegmentAnswer"]["properties"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (a_graph(a_ticket("1", colour="red")), "/tickets/0/colour"),
        (a_graph(a_ticket("1"), a_ticket("2", resolved_at=5)), "/tickets/1/resolved_at"),
        (a_graph(a_ticket("1", opened_at="2026-03-02T09:00:00")), "/tickets/0/opened_at"),
        (a_graph(a_ticket("1", resolved_at="2026-03-01T09:00:00Z")), "/tickets/0/resolved_at"),
        (a_graph(a_ticket("1", provider="customer")), "/tickets/0/provider"),
        (a_graph(a_ticket("1", waits=[{"on": "weather", "from": AT}])), "/tickets/0/waits/0/on"),
        (a_graph(a_ticket("1", waits=[{"on": "customer", "from": LATER, "to": AT}])), "/tickets/0/waits/0/to"),
        (a_graph(a_ticket("1"), a_ticket("1")), "/tickets/1/id"),
        (a_graph(a_ticket("1", blocks=["2"]), a_ticket("2", blocks=["1"])), "/tickets/0/blocks"),
        (a_graph(a_ticket("1", blocks=["1"])), "/tickets/0/blocks"),
        ({"commitment": {"owner": "A", "promised_at": AT, "due_at": AT}, "tickets": []}, "/now"),
        ({"tickets": []}, "/commitment"),
        ([], ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_history_that_cannot_be_is_refused_at_its_place(
    client: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    response = await client.post(PATH, json=body)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (a_graph(a_ticket("1", blocks=[1] * 100_000)), "/tickets/0/blocks/0"),
        (a_graph(*[{}] * 20_000), "/tickets/0/id"),
        (a_graph(a_ticket("1", **{f"field {number}": 1 for number in range(100_000)})), "/tickets/0"),
    ],
    ids=["items", "tickets", "fields"],
)
async def test_ten_thousands_of_mistakes_are_not_all_listed(client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    response = await client.post(PATH, json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
    assert len(response.json()["errors"]) <= 5


async def test_a_circle_names_its_tickets(client: httpx.AsyncClient) -> None:
    body = a_graph(a_ticket("one", blocks=["two"]), a_ticket("two", blocks=["one"]))
    detail = (await client.post(PATH, json=body)).json()["detail"]
    assert "one blocks two blocks one" in detail


async def test_five_thousand_tickets_are_more_than_a_mebibyte_and_are_analysed(client: httpx.AsyncClient) -> None:
    body = json.dumps(random_document_of_many(random.Random(7), tickets=5000))
    assert len(body) > 1024 * 1024
    response = await client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    answer = response.json()
    assert response.status_code == 200, response.text
    assert sum(part["seconds"] for part in answer["decomposition"]) == answer["elapsed_seconds"]
    shares = sum(share["shapley_seconds"] for share in answer["attribution"])
    assert answer["plan_seconds"] + shares == answer["lateness_seconds"]


async def test_more_than_twenty_thousand_tickets_are_refused(client: httpx.AsyncClient) -> None:
    body = a_graph(*(a_ticket(str(number)) for number in range(20_001)))
    response = await client.post(PATH, json=body)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["pointer"] == "/tickets"
    assert "20000" in error["detail"]


async def test_a_body_beyond_sixteen_mebibytes_is_too_large(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, content=b" " * (16 * 1024 * 1024 + 1))
    assert (response.status_code, response.json()["detail"]) == (413, "Send at most 16 MiB.")


async def test_it_stores_nothing_and_needs_no_connection(client: httpx.AsyncClient, statements: Statements) -> None:
    await client.post(PATH, json=a_graph())
    statements.clear()
    response = await client.post(PATH, json=a_graph(a_ticket("1")))
    assert (response.status_code, statements.seen) == (200, [])


async def test_an_analyst_may_analyse(app: FastAPI, client: httpx.AsyncClient) -> None:
    key = (await client.post("/v1/api-keys", json={"name": "Ana", "role": "analyst"})).json()["key"]
    async with client_of(app, key) as analyst:
        assert (await analyst.post(PATH, json=a_graph())).status_code == 200


async def test_nobody_unknown_may(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.post(PATH, json=a_graph())).status_code == 401
