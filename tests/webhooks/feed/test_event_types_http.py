"""The catalogue of event types over HTTP."""

from typing import Any

import httpx
import pytest
from jsonschema_rs import is_valid, meta

from app.main import EVENT_TYPES
from tests.conftest import Statements


async def page(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await client.get("/v1/event-types", params={"limit": 200} | query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [each["type"] for each in found["items"]]


async def test_every_type_is_listed_by_name_with_a_schema_that_its_example_obeys(client: httpx.AsyncClient) -> None:
    found = await page(client)
    assert names(found) == sorted(each.name for each in EVENT_TYPES)
    assert found["next_cursor"] is None
    for each in found["items"]:
        assert meta.is_valid(each["schema"]), each["type"]
        assert is_valid(each["schema"], each["example"]), each["type"]
        assert not is_valid(each["schema"], {}), each["type"]
        assert each["description"].endswith((".", "`.")), each["type"]


@pytest.mark.parametrize("sort", ["type", "-type"])
async def test_pages_follow_each_other(client: httpx.AsyncClient, sort: str) -> None:
    whole, cursor, found = await page(client, sort=sort), None, []
    while True:
        part = await page(client, sort=sort, limit=8, **({"cursor": cursor} if cursor else {}))
        found += names(part)
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert found == names(whole)


async def test_types_are_listed_by_pattern(client: httpx.AsyncClient) -> None:
    assert names(await page(client, type="sla.*")) == ["sla.breached", "sla.escalated", "sla.met", "sla.warning"]
    assert names(await page(client, type="webhook.test")) == ["webhook.test"]
    assert names(await page(client, type="customer.attention")) == ["customer.attention"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"sort": "description"}, "?sort"), ({"cursor": "bm9uc2Vuc2U"}, "?cursor"), ({"cursor": "_"}, "?cursor")],
)
async def test_what_is_no_order_and_no_cursor_is_refused(
    client: httpx.AsyncClient, query: dict[str, str], pointer: str
) -> None:
    response = await client.get("/v1/event-types", params={"limit": 200} | query)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_cursor_belongs_to_its_order(client: httpx.AsyncClient) -> None:
    cursor = (await page(client, limit=1))["next_cursor"]
    response = await client.get("/v1/event-types", params={"cursor": cursor, "sort": "-type"})
    assert response.status_code == 422


async def test_one_type_is_read_by_its_name(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/event-types/ticket.transferred")).json()
    assert found["example"]["previous"]["provider_department_id"] != found["example"]["provider_department"]["id"]
    assert (await client.get("/v1/event-types/ticket.lost")).status_code == 404


async def test_the_catalogue_needs_a_key_and_no_database(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient, statements: Statements
) -> None:
    assert (await anonymous.get("/v1/event-types")).status_code == 401
    await page(client)
    statements.clear()
    await page(client)
    assert len(statements) == 0


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/stream"])
async def test_a_type_that_the_feed_cannot_have_is_refused_with_those_it_has(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path, params={"types": "ticket.*,tickets.*"})
    (error,) = response.json()["errors"]
    assert (response.status_code, error["pointer"]) == (422, "?types")
    assert error["detail"].startswith("tickets.* matches no event type")
    assert "ticket.opened" in error["detail"]
