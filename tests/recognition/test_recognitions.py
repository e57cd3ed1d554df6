"""`/v1/recognitions`: thanking a member or a department, but never oneself."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

NOWHERE = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-02T09:00:00+00:00")
    return World(client)


async def member(world: World, name: str, *departments: str) -> str:
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name.lower()}@example.com", "name": name, "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def thank(world: World, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.post("/v1/recognitions", {"message": "Thank you.", **body})
    return made


async def refused(world: World, pointer: str, **body: Any) -> str:
    response = await world.client.post("/v1/recognitions", json={"message": "Thank you.", **body})
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    return str(error["detail"])


async def test_a_member_is_thanked_for_a_ticket_and_so_for_its_customer(world: World) -> None:
    ada, ben = await member(world, "Ada", "FIN"), await member(world, "Ben", "SALES")
    ticket = await world.ticket("SALES", "FIN")
    made = await thank(world, member_id=ada, from_member_id=ben, ticket_id=ticket["id"])
    assert made == await world.get(f"/v1/recognitions/{made['id']}")
    told = ("member_id", "department_id", "from_member_id", "ticket_id", "customer_id", "given_at")
    expected = (ada, None, ben, ticket["id"], world.customer_id, "2026-03-02T09:00:00Z")
    assert tuple(made[name] for name in told) == expected
    assert made["actor"]["type"] == "api_key"


async def test_it_is_told_with_whom_it_concerns(world: World) -> None:
    ada, ben = await member(world, "Ada", "FIN"), await member(world, "Ben", "SALES")
    ticket = await world.ticket("SALES", "FIN")
    made = await thank(world, member_id=ada, from_member_id=ben, ticket_id=ticket["id"])
    (event,) = (await world.get("/v1/events?types=recognition.*"))["items"]
    assert event["data"]["recognition"] == made
    assert event["data"]["ticket"] == ticket
    names = {name: (event["data"][name] or {}).get("name") for name in ("member", "department", "from_member")}
    assert names == {"member": "Ada", "department": None, "from_member": "Ben"}
    assert event["data"]["customer"]["id"] == world.customer_id


async def test_the_customers_timeline_has_it(world: World, clock: Clock) -> None:
    ada, customer_id = await member(world, "Ada", "FIN"), await world.customer()
    await thank(world, member_id=ada, customer_id=customer_id, message="Found the invoice.")
    await thank(world, department_id=await world.department("FIN"), customer_id=customer_id)
    clock.passes(seconds=1)
    items = (await world.get(f"/v1/customers/{customer_id}/timeline?kind=recognition"))["items"]
    assert {(each["text"], each["subject"]["type"]) for each in items} == {
        ("Ada was thanked: Found the invoice.", "recognition"),
        ("FIN was thanked: Thank you.", "recognition"),
    }


async def test_one_is_recognised_a_member_or_a_department(world: World) -> None:
    ada, finance = await member(world, "Ada"), await world.department("FIN")
    await refused(world, "/member_id")
    await refused(world, "/department_id", member_id=ada, department_id=finance)


async def test_nobody_recognises_themselves(world: World) -> None:
    ada, finance = await member(world, "Ada", "FIN"), await world.department("FIN")
    assert "nobody recognises themselves" in await refused(world, "/from_member_id", member_id=ada, from_member_id=ada)
    await refused(world, "/from_member_id", department_id=finance, from_member_id=ada)
    await thank(world, member_id=await member(world, "Ben", "FIN"), from_member_id=ada)


async def test_a_key_that_is_tied_to_a_department_does_not_thank_that_department(world: World, app: FastAPI) -> None:
    finance, sales = await world.department("FIN"), await world.department("SALES")
    draft = {"name": "desk", "role": "integration", "permissions": ["read", "write"], "department_ids": [finance]}
    async with client_of(app, (await world.post("/v1/api-keys", draft))["key"]) as desk:
        for department_id, status in ((finance, 422), (sales, 201)):
            body = {"department_id": department_id, "message": "Thank you."}
            assert (await desk.post("/v1/recognitions", json=body)).status_code == status


async def test_what_it_names_exists_and_fits(world: World) -> None:
    ada, ticket = await member(world, "Ada"), await world.ticket("SALES", "FIN")
    for name in ("ticket_id", "customer_id", "from_member_id"):
        await refused(world, f"/{name}", member_id=ada, **{name: NOWHERE})
    await refused(world, "/member_id", member_id=NOWHERE)
    await refused(world, "/department_id", department_id=NOWHERE)
    other = await world.customer("OTHER")
    await refused(world, "/customer_id", member_id=ada, ticket_id=ticket["id"], customer_id=other)
    await thank(world, member_id=ada, ticket_id=ticket["id"], customer_id=world.customer_id)


async def test_it_may_have_been_given_before_but_not_before_the_ticket(world: World, clock: Clock) -> None:
    ada, ticket = await member(world, "Ada"), await world.ticket("SALES", "FIN")
    clock.passes(days=2)
    await refused(world, "/at", member_id=ada, ticket_id=ticket["id"], at="2026-03-02T08:59:59Z")
    await refused(world, "/at", member_id=ada, at="2026-03-05T09:00:00Z")
    made = await thank(world, member_id=ada, ticket_id=ticket["id"], at="2026-03-03T09:00:00Z")
    assert made["given_at"] == "2026-03-03T09:00:00Z"


async def test_they_are_listed_by_whom_for_whom_and_when(world: World, clock: Clock) -> None:
    ada, ben = await member(world, "Ada", "FIN"), await member(world, "Ben", "SALES")
    finance, customer_id = await world.department("FIN"), await world.customer()
    first = await thank(world, member_id=ada, from_member_id=ben)
    clock.passes(days=1)
    second = await thank(world, department_id=finance, customer_id=customer_id)

    async def listed(query: str) -> list[str]:
        return [each["id"] for each in (await world.get(f"/v1/recognitions?{query}"))["items"]]

    assert await listed("") == [second["id"], first["id"]]
    assert await listed(f"member_id={ada}") == await listed(f"from_member_id={ben}") == [first["id"]]
    assert await listed(f"department_id={finance}") == await listed(f"customer_id={customer_id}") == [second["id"]]
    assert await listed("from=2026-03-03T00:00:00Z") == [second["id"]]
    assert await listed("to=2026-03-03T00:00:00Z") == [first["id"]]
    assert (
        await world.client.get("/v1/recognitions?from=2026-03-03T00:00:00Z&to=2026-03-02T00:00:00Z")
    ).status_code == 422


async def test_giving_and_listing_cost_the_same_however_many_there_are(world: World, statements: Statements) -> None:
    ada, costs = await member(world, "Ada"), []
    for _ in range(2):
        statements.clear()
        await thank(world, member_id=ada)
        giving = len(statements)
        statements.clear()
        await world.get("/v1/recognitions")
        costs.append((giving, len(statements)))
    assert costs[0] == costs[1]
    assert costs[0][1] <= 2
