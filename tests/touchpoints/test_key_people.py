"""What hangs on one member, over HTTP."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def member(world: World, name: str, *departments: str) -> str:
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name}@example.com", "name": name.capitalize(), "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def serves(world: World, who: str, customer: str, role: str = "support", **body: Any) -> None:
    await world.post(f"/v1/customers/{customer}/relationships", {"member_id": who, "role": role, **body})


async def key_people(world: World, **query: Any) -> list[dict[str, Any]]:
    response = await world.client.get("/v1/metrics/key-people", params=query)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["rows"]
    return rows


async def test_nothing_hangs_on_anybody_who_serves_nobody(world: World) -> None:
    await member(world, "ada")
    assert await key_people(world) == []


async def test_what_would_have_to_find_somebody_else(world: World) -> None:
    ada, ben = await member(world, "ada", "SALES"), await member(world, "ben")
    alone = await world.customer("ALONE", annual_value="100.00", currency="EUR", tier="gold")
    shared = await world.customer("SHARED", annual_value="900.00", currency="EUR")
    dollars = await world.customer("DOLLARS", annual_value="50.00", currency="USD")
    await serves(world, ada, alone, "Account_Owner")
    await serves(world, ada, shared, perceived_owner=True)
    await serves(world, ben, shared)
    await serves(world, ada, dollars)
    await serves(world, ada, dollars, "billing", since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z")
    promise = {"promised_at": "2026-03-01T00:00:00Z", "due_at": "2026-04-01T00:00:00Z", "currency": "EUR"}
    for customer, value in ((alone, "7.00"), (shared, "5.00"), (dollars, "3.00")):
        await world.commitment("OPS", value=value, customer_id=customer, **promise)
    kept = await world.commitment("OPS", value="1000.00", customer_id=alone, **promise)
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {}, 200)
    first, second = await key_people(world)
    assert first == {
        "member_id": ada,
        "name": "Ada",
        "department_ids": [world.departments["SALES"]],
        "customers": 3,
        "customer_value": [{"value": "1000.00", "currency": "EUR"}, {"value": "50.00", "currency": "USD"}],
        "perceived_owner_of": 1,
        "sole_customers": 2,
        "sole_customer_value": [{"value": "100.00", "currency": "EUR"}, {"value": "50.00", "currency": "USD"}],
        "sole_customer_ids": [alone, dollars],
        "open_commitments": 2,
        "open_commitment_value": [{"value": "12.00", "currency": "EUR"}],
        "open_tickets": 0,
    }
    assert (second["member_id"], second["customers"], second["sole_customers"]) == (ben, 1, 0)
    (gold,) = await key_people(world, customer_tier="gold")
    assert (gold["customers"], gold["open_commitments"]) == (1, 1)
    assert await key_people(world, department_id=world.departments["SALES"]) == [first]
    assert await key_people(world, member_id=ben) == [second]
    assert await key_people(world, limit=1) == [first]


async def test_open_tickets_and_the_promises_they_serve_hang_on_their_assignee(world: World) -> None:
    ada = await member(world, "ada")
    promise = await world.commitment("OPS", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", value="5", currency="EUR")
    ticket = await world.ticket("OPS", "FIN", commitment_id=promise["id"])
    await world.do("assign", ticket["id"], member_id=ada)
    (found,) = await key_people(world)
    assert (found["open_tickets"], found["open_commitments"], found["customers"]) == (1, 1, 0)
    await world.do("resolve", ticket["id"])
    assert await key_people(world) == []


async def test_a_customer_somebody_else_has_a_ticket_of_does_not_hang_on_one(world: World) -> None:
    ada, ben = await member(world, "ada"), await member(world, "ben")
    customer = await world.customer()
    await serves(world, ada, customer)
    assert [each["sole_customers"] for each in await key_people(world)] == [1]
    await world.do("assign", (await world.ticket("OPS", "FIN"))["id"], member_id=ben)
    found = {each["member_id"]: each["sole_customers"] for each in await key_people(world)}
    assert found == {ada: 0, ben: 0}


async def test_it_is_a_table_for_who_accepts_csv(world: World) -> None:
    ada = await member(world, "ada", "SALES")
    await serves(world, ada, await world.customer("ALONE", annual_value="100.00", currency="EUR"))
    (found,) = await key_people(world)
    response = await world.client.get("/v1/metrics/key-people", headers={"Accept": "text/csv"})
    assert response.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(response.text, newline=""))
    assert list(row) == list(found)
    assert (row["member_id"], row["customers"], row["perceived_owner_of"]) == (ada, "1", "0")
    lists = ("department_ids", "customer_value", "sole_customer_value", "sole_customer_ids", "open_commitment_value")
    assert {name: json.loads(row[name]) for name in lists} == {name: found[name] for name in lists}


async def test_it_is_one_statement(world: World, statements: Statements) -> None:
    for number in range(3):
        await serves(world, await member(world, f"m{number}"), await world.customer(f"C{number}"))
    statements.clear()
    assert len(await key_people(world)) == 3
    assert len(statements) == 1
