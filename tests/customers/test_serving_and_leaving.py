"""Who serves a customer changes while somebody leaves: neither waits for what the other holds."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.customers.relationship_queries import LOCK_CUSTOMERS_OF_MEMBER
from app.directory.queries import HOLD_TO_LEAVE
from app.kernel.database import Database
from tests.blocked import somebody_waits
from tests.conftest import Clock
from tests.tickets.worlds import World

FRIDAY = "2026-03-06T09:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-02T09:00:00+00:00")
    made = World(client)
    await made.customer()
    return made


async def member(world: World, name: str) -> str:
    body = {"email": f"{name}@example.com", "name": name, "department_ids": [await world.department("SALES")]}
    return str((await world.post("/v1/members", body))["id"])


async def serves(world: World, member_id: str, role: str) -> str:
    path = f"/v1/customers/{world.customer_id}/relationships"
    return str((await world.post(path, {"member_id": member_id, "role": role}))["id"])


async def asked(world: World, what: str, ada: str) -> tuple[str, str, dict[str, Any]]:
    """A request that gives Ada more of the customer whom she serves."""
    path = f"/v1/customers/{world.customer_id}/relationships"
    if what == "start":
        return "POST", path, {"member_id": ada, "role": "billing"}
    if what == "hand over":
        others = await serves(world, await member(world, "Bob"), "billing")
        return "POST", f"{path}/{others}/hand-over", {"member_id": ada}
    own = await serves(world, ada, "support")
    return "PATCH", f"{path}/{own}", {"until": FRIDAY}


@pytest.mark.parametrize("what", ["start", "hand over", "go on"])
async def test_what_gives_a_member_a_customer_holds_the_member_first_as_leaving_does(
    world: World, database: Database, clock: Clock, what: str
) -> None:
    ada = await member(world, "Ada")
    await serves(world, ada, "account owner")
    method, path, body = await asked(world, what, ada)
    async with database.writing() as leaving:
        await leaving.execute(HOLD_TO_LEAVE, {"ids": [UUID(ada)]})
        changing = asyncio.create_task(world.client.request(method, path, json=body))
        await somebody_waits(database)
        held = await leaving.execute(LOCK_CUSTOMERS_OF_MEMBER, {"member_id": UUID(ada), "at": clock()})
        assert [str(row.id) for row in held] == [world.customer_id]
    answer = await changing
    assert answer.status_code in (200, 201), answer.text


async def test_whoever_leaves_while_customers_are_given_to_them_leaves_none_behind(world: World) -> None:
    ada, bob = await member(world, "Ada"), await member(world, "Bob")
    customers = [await world.customer(f"C{number}") for number in range(8)]
    statuses: Counter[int] = Counter()

    async def giving(number: int) -> None:
        path = f"/v1/customers/{customers[number]}/relationships"
        for role in ("account owner", "billing", "delivery", "support"):
            started = await world.client.post(path, json={"member_id": ada, "role": role})
            statuses[started.status_code] += 1

    async def leaving() -> httpx.Response:
        async with asyncio.timeout(60):
            while not statuses:
                await asyncio.sleep(0.001)
        return await world.client.post(f"/v1/members/{ada}/leave", json={"to_member_id": bob})

    left, *_ = await asyncio.gather(leaving(), *map(giving, range(8)))
    assert left.status_code == 200, left.text
    assert set(statuses) <= {201, 422}
    serving = [await world.get(f"/v1/customers/{each}/relationships?state=current") for each in customers]
    assert {each["member_id"] for found in serving for each in found["items"]} == {bob}
    assert sum(len(found["items"]) for found in serving) == statuses[201] == left.json()["passed_on"]["relationships"]
