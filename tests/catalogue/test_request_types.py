"""The service catalogue over HTTP."""

from typing import Any

import httpx
import pytest

from tests.conftest import Statements


async def department(client: httpx.AsyncClient, key: str) -> str:
    response = await client.post("/v1/departments", json={"key": key, "name": key})
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def make(client: httpx.AsyncClient, provider: str, key: str, **fields: Any) -> dict[str, Any]:
    body = {"provider_department_id": provider, "key": key, "name": key.title(), "kind": "approval"} | fields
    response = await client.post("/v1/request-types", json=body)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_request_type_is_made_with_its_location_and_etag(client: httpx.AsyncClient) -> None:
    body = {
        "provider_department_id": await department(client, "FIN"),
        "key": "credit-check",
        "name": "Credit check",
        "kind": "approval",
        "description": "Can this customer pay?",
        "required_fields": ["amount", "customer number"],
    }
    response = await client.post("/v1/request-types", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (await client.get(response.headers["Location"])).json() == made


async def test_a_key_is_unique_in_one_catalogue_and_free_in_another(client: httpx.AsyncClient) -> None:
    finance, legal = await department(client, "FIN"), await department(client, "LEG")
    await make(client, finance, "review")
    await make(client, legal, "review")
    body = {"provider_department_id": finance, "key": "review", "name": "Review", "kind": "task"}
    response = await client.post("/v1/request-types", json=body)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/conflict")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"provider_department_id": "00000000-0000-7000-8000-000000000000"}, "/provider_department_id"),
        ({"kind": "favour"}, "/kind"),
        ({"key": "credit check"}, "/key"),
        ({"required_fields": ["amount", "amount"]}, "/required_fields"),
        ({"required_fields": [" "]}, "/required_fields/0"),
        ({"sla": "8h"}, "/sla"),
    ],
)
async def test_a_request_type_that_breaks_a_rule_is_refused_naming_the_field(
    client: httpx.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    provider = await department(client, "FIN")
    body = {"provider_department_id": provider, "key": "review", "name": "Review", "kind": "task"} | fields
    response = await client.post("/v1/request-types", json=body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await client.get("/v1/request-types")).json()["items"] == []


async def test_a_change_states_only_what_changes(client: httpx.AsyncClient) -> None:
    made = await make(client, await department(client, "FIN"), "review", description="Long")
    path = f"/v1/request-types/{made['id']}"
    changed = (await client.patch(path, json={"kind": "advice", "description": None})).json()
    assert (changed["kind"], changed["description"], changed["name"], changed["version"]) == (
        "advice",
        None,
        "Review",
        2,
    )
    stale = await client.patch(path, json={"kind": "task"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_an_entry_does_not_move_to_another_catalogue(client: httpx.AsyncClient) -> None:
    made = await make(client, await department(client, "FIN"), "review")
    other = await department(client, "LEG")
    response = await client.patch(f"/v1/request-types/{made['id']}", json={"provider_department_id": other})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/provider_department_id")


async def test_a_catalogue_is_listed_by_provider_with_one_query(
    client: httpx.AsyncClient, statements: Statements
) -> None:
    finance, legal = await department(client, "FIN"), await department(client, "LEG")
    for number in range(4):
        await make(client, finance, f"f{number}")
        await make(client, legal, f"l{number}")
    statements.clear()
    query = {"provider_department_id": finance, "sort": "-key"}
    page = (await client.get("/v1/request-types", params=query)).json()
    assert len(statements) == 1
    assert [item["key"] for item in page["items"]] == ["f3", "f2", "f1", "f0"]
