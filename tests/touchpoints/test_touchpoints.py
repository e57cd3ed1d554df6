"""Who really served a customer, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NOW = "2026-03-20T12:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """A customer to whom Sales promised something, and for whom it asked Finance."""
    clock.at("2026-03-20T12:00:00+00:00")
    made = World(client)
    await made.customer()
    return made


async def member(world: World, name: str, *departments: str) -> str:
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name}@example.com", "name": name.capitalize(), "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def touchpoints(world: World, **query: Any) -> dict[str, Any]:
    response = await world.client.get(f"/v1/customers/{world.customer_id}/touchpoints", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def relate(world: World, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.post(f"/v1/customers/{world.customer_id}/relationships", body)
    return made


async def test_a_customer_nobody_served_has_no_touchpoints(world: World) -> None:
    nothing = {"served_without_relationship": 0, "relationships_without_service": 0}
    assert await touchpoints(world) == {"items": [], "unserved": [], "gaps": nothing}


async def test_everyone_who_had_a_part_is_a_touchpoint_with_first_and_last_contact(world: World) -> None:
    ada, ben = await member(world, "ada", "SALES"), await member(world, "ben", "FIN")
    await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-04-01T00:00:00Z")
    ticket = await world.ticket("SALES", "FIN", requester_id=ada, opened_at="2026-03-03T09:00:00Z")
    await world.do("assign", ticket["id"], "2026-03-04T09:00:00Z", member_id=ben)
    await world.do("ask", ticket["id"], "2026-03-05T09:00:00Z")
    await world.do("comment", ticket["id"], "2026-03-06T09:00:00Z")
    await world.do("transfer", ticket["id"], "2026-03-07T09:00:00Z", department="LEGAL")
    found = await touchpoints(world)
    assert {
        (each["member_id"], each["department_id"], each["first_at"][:10], each["last_at"][:10])
        for each in found["items"]
    } == {
        (ben, world.departments["FIN"], "2026-03-04", "2026-03-07"),
        (None, world.departments["LEGAL"], "2026-03-07", "2026-03-07"),
        (ada, world.departments["SALES"], "2026-03-03", "2026-03-03"),
        (None, world.departments["SALES"], "2026-03-02", "2026-03-02"),
    }
    assert [each["last_at"] for each in found["items"]] == sorted(
        (each["last_at"] for each in found["items"]), reverse=True
    )
    by_whom = {(each["member_id"], each["department_id"]): each for each in found["items"]}
    of_ben = by_whom[ben, world.departments["FIN"]]
    assert (of_ben["tickets"], of_ben["comments"], of_ben["commitments"], of_ben["touches"]) == (1, 2, 0, 4)
    of_sales = by_whom[None, world.departments["SALES"]]
    assert (of_sales["tickets"], of_sales["commitments"]) == (0, 1)
    assert found["gaps"] == {"served_without_relationship": 4, "relationships_without_service": 0}


async def test_both_gaps_are_told(world: World) -> None:
    ben, clara = await member(world, "ben", "FIN"), await member(world, "clara", "SALES")
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    await world.do("assign", ticket["id"], "2026-03-04T09:00:00Z", member_id=ben)
    await relate(world, department_id=world.departments["SALES"], role="sales", since="2026-03-01T00:00:00Z")
    idle = await relate(world, member_id=clara, role="account owner", since="2026-03-02T00:00:00Z")
    found = await touchpoints(world)
    assert {(each["member_id"], each["related"], each["related_by"]) for each in found["items"]} == {
        (ben, False, None),
        (None, True, "department"),
    }
    (left,) = found["unserved"]
    assert (left["relationship_id"], left["member_id"], left["last_at"]) == (idle["id"], clara, None)
    assert found["gaps"] == {"served_without_relationship": 1, "relationships_without_service": 1}
    without = await touchpoints(world, related=False)
    assert ([each["member_id"] for each in without["items"]], without["unserved"]) == ([ben], [])


async def test_whether_it_is_related_depends_on_when_it_was(world: World) -> None:
    ben = await member(world, "ben", "FIN")
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    await relate(world, member_id=ben, role="finance", since="2026-03-05T00:00:00Z", until="2026-03-08T00:00:00Z")
    for day in ("04", "06", "09"):
        await world.do("assign", ticket["id"], f"2026-03-{day}T09:00:00Z", member_id=ben)
    (whole,) = (await touchpoints(world, member_id=ben))["items"]
    assert (whole["related"], whole["touches"], whole["unrelated_touches"]) == (False, 3, 2)
    (early,) = (await touchpoints(world, member_id=ben, to="2026-03-08T00:00:00Z"))["items"]
    assert (early["related"], early["roles"], early["unrelated_touches"]) == (True, ["finance"], 1)
    (late,) = (await touchpoints(world, member_id=ben, **{"from": "2026-03-08T00:00:00Z"}))["items"]
    assert (late["related"], late["first_at"]) == (False, "2026-03-09T09:00:00Z")


async def test_a_key_stands_for_its_departments(world: World, client: httpx.AsyncClient) -> None:
    ada, ben = await member(world, "ada", "SALES"), await member(world, "ben", "FIN")
    ticket = await world.ticket("SALES", "FIN", requester_id=ada)
    await world.do("assign", ticket["id"], member_id=ben)
    body = {
        "name": "sales desk",
        "role": "integration",
        "permissions": ["read", "write"],
        "department_ids": [world.departments["SALES"]],
    }
    key = (await client.post("/v1/api-keys", json=body)).json()["key"]
    said = await client.post(
        f"/v1/tickets/{ticket['id']}/comment", json={"body": "And?"}, headers={"Authorization": f"Bearer {key}"}
    )
    assert said.status_code == 200
    comments = {each["member_id"]: each["comments"] for each in (await touchpoints(world))["items"]}
    assert comments == {ada: 1, ben: 0}


async def test_what_happened_later_than_asked_is_left_out(world: World) -> None:
    await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    assert (await touchpoints(world, to="2026-03-03T09:00:00Z"))["items"] == []
    assert len((await touchpoints(world, to="2026-03-03T09:00:01Z"))["items"]) == 2
    of_fin = await touchpoints(world, department_id=world.departments["FIN"])
    assert [each["department_id"] for each in of_fin["items"]] == [world.departments["FIN"]]


async def test_a_customer_that_is_not_there_and_a_swapped_time_are_refused(world: World) -> None:
    nobody = await world.client.get("/v1/customers/00000000-0000-7000-8000-000000000000/touchpoints")
    assert nobody.status_code == 404
    swapped = {"from": "2026-03-05T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    refused = await world.client.get(f"/v1/customers/{world.customer_id}/touchpoints", params=swapped)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "?from")


async def test_it_costs_four_statements_however_much_was_done(world: World, statements: Statements) -> None:
    costs = []
    for _ in range(2):
        for _ in range(4):
            ticket = await world.ticket("SALES", "FIN")
            await world.do("comment", ticket["id"])
            await relate(world, member_id=await member(world, f"m{ticket['number']}"), role="support")
        statements.clear()
        await touchpoints(world)
        costs.append(len(statements))
    assert costs == [4, 4]
