"""Suggestions with a key that stands for a member: in whose name, and which ones they see."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.access.people import a_member, client_for
from tests.conftest import Clock
from tests.tickets.worlds import World

NINE = "2026-03-02T09:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(NINE)
    return World(client)


async def suggest(world: World, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.post("/v1/suggestions", {"text": "Check the credit first.", **body})
    return made


async def act(world: World, made: dict[str, Any], verb: str, **body: Any) -> httpx.Response:
    return await world.client.post(f"/v1/suggestions/{made['id']}/{verb}", json=body)


async def test_it_is_their_idea_their_vote_and_nobody_elses(world: World, app: FastAPI) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "FIN")
    as_ada = replace(world, client=await client_for(app, world, "member", ada))
    made = await suggest(as_ada)
    assert made["member_id"] == ada
    for refused in (
        await as_ada.client.post("/v1/suggestions", json={"text": "Do it.", "member_id": ben}),
        await act(as_ada, made, "vote", member_id=ben),
        await act(as_ada, made, "withdraw-vote", member_id=ben),
    ):
        assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (403, "/member_id")
    assert (await act(as_ada, made, "vote")).json()["votes"] == 1
    assert (await act(world, made, "vote", member_id=ada)).json()["votes"] == 1
    assert (await act(as_ada, made, "withdraw-vote")).json()["votes"] == 0


async def test_another_key_of_the_same_member_puts_it_in_other_words(world: World, app: FastAPI) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "FIN")
    keys = [await client_for(app, world, "member", who) for who in (ada, ada, ben)]
    made = (await keys[0].post("/v1/suggestions", json={"text": "Do it."})).json()
    answers = [(await key.patch(f"/v1/suggestions/{made['id']}", json={"text": "Do it now."})) for key in keys[1:]]
    assert [answer.status_code for answer in answers] == [200, 403]


async def test_what_is_about_a_customer_is_for_those_who_serve_it(world: World, app: FastAPI) -> None:
    ada, eve = await a_member(world, "Ada", "FIN"), await a_member(world, "Eve", "OPS")
    acme, sales = await world.customer(), await world.department("SALES")
    finance = world.departments["FIN"]
    await world.post(
        f"/v1/customers/{acme}/relationships", {"role": "account owner", "since": NINE, "department_id": finance}
    )
    about = await suggest(world, customer_id=acme, department_id=sales)
    of_all = [await suggest(world), await suggest(world, department_id=sales)]
    on_own = await suggest(world, customer_id=await world.customer("OTHER"), department_id=world.departments["OPS"])
    for who, sees in ((ada, [about, *of_all]), (eve, [*of_all, on_own])):
        key = await client_for(app, world, "member", who)
        listed = (await key.get("/v1/suggestions")).json()["items"]
        assert {each["id"] for each in listed} == {each["id"] for each in sees}
        for each in (about, *of_all, on_own):
            status = 200 if each in sees else 404
            assert (await key.get(f"/v1/suggestions/{each['id']}")).status_code == status
            assert (await key.post(f"/v1/suggestions/{each['id']}/vote", json={})).status_code == status


async def test_a_lead_decides_what_is_about_their_departments_and_a_member_nothing(world: World, app: FastAPI) -> None:
    ada, finance = await a_member(world, "Ada", "FIN"), await world.department("FIN")
    own, other = await suggest(world, department_id=finance), await suggest(world)
    for role, statuses in (("member", [403, 403]), ("lead", [200, 403])):
        key = replace(world, client=await client_for(app, world, role, ada))
        answers = [await act(key, each, "decline", answer="Not now.") for each in (own, other)]
        assert [answer.status_code for answer in answers] == statuses
    nowhere = replace(world, client=await client_for(app, world, "lead", await a_member(world, "Eve")))
    assert (await act(nowhere, other, "adopt", answer="Yes.")).status_code == 403
