"""Whoever reads a ticket reads what its customer is worth."""

from typing import Any

import httpx
import pytest

from app.kernel import outbox
from app.kernel.database import Database
from tests.conftest import Statements
from tests.tickets.worlds import World

WORTH = {"annual_value": "125000.00", "currency": "EUR"}


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    world = World(client)
    await world.customer(**WORTH)
    return world


def worth(ticket: dict[str, Any]) -> tuple[str | None, str | None]:
    return ticket["customer_value"], ticket["currency"]


async def valued(world: World, value: str | None) -> None:
    changed = await world.client.patch(f"/v1/customers/{world.customer_id}", json={"annual_value": value})
    assert changed.status_code == 200


async def test_every_answer_of_a_ticket_says_what_its_customer_is_worth(world: World, database: Database) -> None:
    opened = await world.ticket("SALES", "FIN")
    batch = await world.post("/v1/tickets/batch", {"items": [await world.draft("SALES", "FIN")]}, 200)
    (in_batch,) = (result["ticket"] for result in batch["results"])
    started = await world.do("start", opened["id"])
    read = await world.get(f"/v1/tickets/{opened['id']}")
    listed = (await world.get("/v1/tickets"))["items"]
    async with database.reading() as connection:
        events, _ = await outbox.read(connection, 0, 100, ["ticket.*"])
    told = [event.data["ticket"] for event in events]
    answers = [opened, in_batch, started, read, *listed, *told]
    assert (len(listed), len(told)) == (2, 3)
    assert {worth(answer) for answer in answers} == {("125000.00", "EUR")}


async def test_it_is_the_customers_worth_whatever_the_promise_is_worth(world: World) -> None:
    promised = await world.commitment(
        "SALES", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z", value="900.00", currency="USD"
    )
    above = await world.ticket("SALES", "OPS", commitment_id=promised["id"])
    below = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    assert worth(above) == worth(below) == worth(await world.get(f"/v1/tickets/{below['id']}")) == ("125000.00", "EUR")


@pytest.mark.parametrize("unknown", [{}, {"currency": "EUR"}])
async def test_what_is_not_known_is_null_and_so_is_its_currency(world: World, unknown: dict[str, str]) -> None:
    opened = await world.ticket("SALES", "FIN", customer_id=await world.customer("OTHER", **unknown))
    assert worth(opened) == worth(await world.get(f"/v1/tickets/{opened['id']}")) == (None, None)


async def test_it_costs_no_statement_to_say_it(world: World, statements: Statements) -> None:
    ids = [
        (await world.ticket("SALES", "FIN", customer_id=await world.customer(f"C-{i}", **WORTH)))["id"] for i in "12"
    ]
    statements.clear()
    await world.get(f"/v1/tickets/{ids[0]}")
    of_one = len(statements)
    statements.clear()
    await world.get("/v1/tickets")
    assert (of_one, len(statements)) == (1, 1)


async def test_a_ticket_one_has_is_answered_again_once_its_customer_is_worth_something_else(world: World) -> None:
    path = f"/v1/tickets/{(await world.ticket('SALES', 'FIN'))['id']}"
    tag = (await world.client.get(path)).headers["ETag"]
    assert (await world.client.get(path, headers={"If-None-Match": tag})).status_code == 304
    await valued(world, "99000.00")
    changed = await world.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, worth(changed.json()), changed.json()["version"]) == (200, ("99000.00", "EUR"), 1)
    assert (await world.client.get(path, headers={"If-None-Match": f"W/{changed.headers['ETag']}"})).status_code == 304
    await valued(world, None)
    unknown = await world.client.get(path, headers={"If-None-Match": changed.headers["ETag"]})
    assert (unknown.status_code, unknown.headers["ETag"]) == (200, '"1"')


async def test_what_a_customer_is_worth_keeps_nobody_from_changing_the_ticket_they_read(world: World) -> None:
    opened = await world.ticket("SALES", "FIN")
    path = f"/v1/tickets/{opened['id']}"
    tag = (await world.client.get(path)).headers["ETag"]
    await valued(world, "99000.00")
    changed = await world.client.patch(path, json={"title": "Of late"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    started = await world.client.post(f"{path}/start", headers={"If-Match": f"W/{changed.headers['ETag']}"})
    assert (started.status_code, started.headers["ETag"]) == (200, '"3/99000.00EUR"')
    for stale in (tag, '"1"', changed.headers["ETag"]):
        refused = await world.client.patch(path, json={"title": "Too late"}, headers={"If-Match": stale})
        assert (refused.status_code, refused.json()["version"]) == (412, 3), stale
    assert (await world.client.patch(path, json={"title": "Again"}, headers={"If-Match": '"3"'})).status_code == 200
    unreadable = await world.client.patch(path, json={"title": "No"}, headers={"If-Match": '"4/a b"'})
    assert unreadable.status_code == 422
