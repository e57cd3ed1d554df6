"""Recognitions with a key that stands for a member: in whose name, and which ones they see."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from tests.access.people import a_member, client_for
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return World(client)


async def thank(world: World, **body: Any) -> httpx.Response:
    return await world.client.post("/v1/recognitions", json={"message": "Thank you.", **body})


async def test_thanks_are_from_the_member_and_never_to_themselves(world: World, app: FastAPI) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "FIN")
    as_ada = replace(world, client=await client_for(app, world, "member", ada))
    made = await thank(as_ada, member_id=ben)
    assert (made.status_code, made.json()["from_member_id"]) == (201, ada)
    assert (await thank(as_ada, member_id=ben, from_member_id=ben)).status_code == 403
    assert (await thank(as_ada, member_id=ada)).status_code == 422
    assert (await thank(as_ada, department_id=world.departments["FIN"])).status_code == 422


async def test_they_thank_for_tickets_that_they_see(world: World, app: FastAPI) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "OPS")
    as_ada = replace(world, client=await client_for(app, world, "member", ada))
    seen, unseen = await world.ticket("FIN", "OPS"), await world.ticket("SALES", "OPS")
    assert (await thank(as_ada, member_id=ben, ticket_id=seen["id"])).status_code == 201
    answers = [(await thank(as_ada, member_id=ben, ticket_id=id_)).json() for id_ in (unseen["id"], str(uuid4()))]
    assert answers[0] == answers[1]
    assert answers[0]["errors"][0]["pointer"] == "/ticket_id"


async def test_they_see_what_is_about_them_about_nobody_and_about_customers_they_serve(
    world: World, app: FastAPI
) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "OPS")
    served, other = await world.customer("SERVED"), await world.customer("OTHER")
    await world.post(f"/v1/customers/{served}/relationships", {"role": "billing", "member_id": ada})
    seen = [
        await thank(world, member_id=ben),
        await thank(world, member_id=ben, customer_id=served),
        await thank(world, member_id=ada, customer_id=other),
        await thank(world, department_id=world.departments["FIN"], customer_id=other),
        await thank(world, member_id=ben, from_member_id=ada, customer_id=other),
    ]
    unseen = await thank(world, member_id=ben, customer_id=other)
    key = await client_for(app, world, "member", ada)
    listed = (await key.get("/v1/recognitions")).json()["items"]
    assert {each["id"] for each in listed} == {each.json()["id"] for each in seen}
    for made, status in ((seen[2], 200), (unseen, 404)):
        assert (await key.get(f"/v1/recognitions/{made.json()['id']}")).status_code == status
