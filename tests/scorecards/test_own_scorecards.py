"""Scorecards and digests with a key that stands for a member: one's own, and what is one's to see."""

import httpx
import pytest
from fastapi import FastAPI

from tests.access.people import a_key, a_member, client_for
from tests.conftest import Clock, client_of
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


@pytest.mark.parametrize(("role", "colleague"), [("member", 404), ("lead", 200)])
async def test_a_member_sees_their_own_and_a_lead_that_of_everyone_in_their_departments(
    world: World, app: FastAPI, role: str, colleague: int
) -> None:
    ada, ben = await a_member(world, "Ada", "FIN"), await a_member(world, "Ben", "FIN", "OPS")
    eve = await a_member(world, "Eve", "OPS")
    key = await client_for(app, world, role, ada)
    seen = {
        f"members/{ada}": 200,
        f"departments/{world.departments['FIN']}": 200,
        f"members/{ben}": colleague,
        f"members/{eve}": 404,
        f"departments/{world.departments['OPS']}": 404,
    }
    for path, status in seen.items():
        assert (await key.get(f"/v1/scorecards/{path}")).status_code == status, path
        assert (await key.post(f"/v1/scorecards/{path}/page", json={})).status_code == status, path
        assert (await key.get(f"/v1/digests/{path}")).status_code == status, path


async def test_who_belongs_nowhere_still_has_a_card(world: World, app: FastAPI) -> None:
    ada = await a_member(world, "Ada")
    key = await client_for(app, world, "member", ada)
    assert (await key.get(f"/v1/scorecards/members/{ada}")).json()["of"]["name"] == "Ada"
    assert (await key.get(f"/v1/scorecards/departments/{await world.department('FIN')}")).status_code == 404


async def test_a_link_shows_nothing_once_its_member_has_left(
    world: World, app: FastAPI, anonymous: httpx.AsyncClient
) -> None:
    ada = await a_member(world, "Ada", "FIN")
    key = await client_for(app, world, "member", ada)
    link = (await key.post(f"/v1/scorecards/members/{ada}/page", json={})).json()["url"]
    assert (await anonymous.get(link)).status_code == 200
    await world.post(f"/v1/members/{ada}/leave", {}, 200)
    page = await anonymous.get(link)
    assert (page.status_code, "a member who has left" in page.text) == (404, True)


async def test_a_link_shows_nothing_once_its_member_may_not_see_that_any_more(
    world: World, app: FastAPI, anonymous: httpx.AsyncClient
) -> None:
    ada, finance = await a_member(world, "Ada", "FIN"), await world.department("FIN")
    made = await a_key(world, "lead", ada)
    key = client_of(app, made["key"])
    link = (await key.post(f"/v1/scorecards/departments/{finance}/page", json={})).json()["url"]
    await world.client.patch(f"/v1/members/{ada}", json={"department_ids": [await world.department("OPS")]})
    assert (await anonymous.get(link)).status_code == 404
