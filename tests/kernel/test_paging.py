"""Cursors are for one list in one order; what was tampered with is refused, whatever it says."""

import base64
from typing import Any

import httpx
import orjson
import pytest

from tests.conftest import Clock
from tests.tickets.worlds import World
from tests.webhooks.making import an_endpoint


async def some_tickets(client: httpx.AsyncClient) -> World:
    world = World(client)
    for _ in range(2):
        await world.ticket("SALES", "FIN")
    return world


async def a_cursor(client: httpx.AsyncClient, sort: str) -> list[Any]:
    page = await client.get("/v1/tickets", params={"limit": 1, "sort": sort})
    cursor: str = page.json()["next_cursor"]
    read: list[Any] = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return read


async def refusal(client: httpx.AsyncClient, path: str = "/v1/tickets", **query: Any) -> str:
    response = await client.get(path, params=query)
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["pointer"] == "?cursor"
    return str(error["detail"])


def written(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


NO_TEXT = [None, True, 1.5, 1e300, 2**63, [], {}, "a\0b"]
TAMPERED = [(sort, value) for sort in ("id", "number", "created_at", "priority") for value in NO_TEXT] + [
    (sort, value) for sort in ("id", "number", "created_at") for value in ("x", "0001-01-01T00:00:00+14:00")
]


@pytest.mark.parametrize(("sort", "value"), TAMPERED, ids=repr)
async def test_a_cursor_that_was_tampered_with_is_no_cursor(
    client: httpx.AsyncClient, sort: str, value: object
) -> None:
    await some_tickets(client)
    made_for, _, last = await a_cursor(client, sort)
    assert "begin again" in await refusal(client, sort=sort, cursor=written(made_for, value, last))


@pytest.mark.parametrize("cursor", ["", "abc", "%%%", written("tickets.id"), written({}), "W1tb" * 50])
async def test_what_is_no_cursor_at_all_is_told_so(client: httpx.AsyncClient, cursor: str) -> None:
    assert await refusal(client, cursor=cursor) == "is no cursor of this list; begin again without it."


async def test_a_cursor_is_for_its_list_in_its_order(client: httpx.AsyncClient) -> None:
    await some_tickets(client)
    cursor = written(*await a_cursor(client, "id"))
    told = "belongs to another list, or to this one in another order; begin again without it."
    assert await refusal(client, cursor=cursor, sort="-id") == told
    assert await refusal(client, "/v1/departments", cursor=cursor) == told
    assert (await client.get("/v1/tickets", params={"cursor": cursor})).status_code == 200


async def test_a_history_can_be_paged_although_much_happened_in_one_second(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    world = World(client)
    clock.at("2026-03-02T09:00:00+00:00")
    ticket = await world.ticket("SALES", "FIN")
    for _ in range(3):
        await world.do("comment", ticket["id"])
    path, numbers, cursor = f"/v1/tickets/{ticket['id']}/history", [], ""
    while cursor is not None:
        page = await world.get(f"{path}?limit=1{f'&cursor={cursor}' if cursor else ''}")
        numbers += [entry["number"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert numbers == [1, 2, 3, 4]


async def test_every_list_can_be_sorted_by_just_what_it_says(client: httpx.AsyncClient) -> None:
    world = await some_tickets(client)
    (ticket,) = (await world.get("/v1/tickets?limit=1"))["items"]
    sla = await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    endpoint = await an_endpoint(client)
    named = {"ticket_id": ticket["id"], "sla_id": sla["id"], "calendar_id": sla["calendar_id"]}
    named |= {"endpoint_id": endpoint["id"], "customer_id": ticket["customer_id"]}
    paths = (await client.get("/openapi.json")).json()["paths"]
    checked = 0
    for path, operations in paths.items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["name"] == "sort":
                checked += 1
                asked = path.format(**named)
                for sort in parameter["schema"]["enum"]:
                    assert (await client.get(asked, params={"sort": sort})).status_code == 200, (path, sort)
                for sort in {"", "-", "--id", "version", "at"} - set(parameter["schema"]["enum"]):
                    assert (await client.get(asked, params={"sort": sort})).status_code == 422, (path, sort)
    assert checked >= 10


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [("/v1/tickets", "opened_from", "opened_to"), ("/v1/commitments", "due_after", "due_before")],
)
async def test_bounds_that_exclude_everything_are_refused(
    client: httpx.AsyncClient, path: str, first: str, last: str
) -> None:
    later, earlier = "2026-03-03T00:00:00Z", "2026-03-02T00:00:00Z"
    refused = await client.get(path, params={first: later, last: earlier})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"?{first}")
    assert (await client.get(path, params={first: earlier, last: later})).status_code == 200
