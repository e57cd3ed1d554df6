"""Objectives over HTTP."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.jobs import jobs
from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return World(client)


async def draft(world: World, **fields: Any) -> dict[str, Any]:
    if "sla_id" not in fields:
        fields["sla_id"] = (await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}]))["id"]
    return {"name": "In time", "metric": "resolve", "goal": 0.95, "window_days": 30} | fields


async def test_an_objective_is_answered_as_it_was_set(world: World) -> None:
    body = await draft(world)
    response = await world.client.post("/v1/objectives", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (made["active"], made["state"], made["state_since"]) == (True, "ok", None)
    assert (await world.client.get(response.headers["Location"])).json() == made


async def test_a_goal_of_five_decimals_is_kept_exactly(world: World) -> None:
    made = await world.post("/v1/objectives", await draft(world, goal=0.99999))
    assert made["goal"] == 0.99999
    same = await world.client.patch(f"/v1/objectives/{made['id']}", json={"goal": 0.99999})
    assert same.json()["version"] == 1


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"goal": 1}, "/goal"),
        ({"goal": 0}, "/goal"),
        ({"goal": 0.999999}, "/goal"),
        ({"goal": 95}, "/goal"),
        ({"window_days": 0}, "/window_days"),
        ({"window_days": 367}, "/window_days"),
        ({"metric": "acknowledge"}, "/metric"),
        ({"metric": "close"}, "/metric"),
        ({"sla_id": NOBODY}, "/sla_id"),
        ({"state": "ok"}, "/state"),
    ],
)
async def test_what_cannot_be_an_objective_is_refused(world: World, fields: dict[str, Any], pointer: str) -> None:
    response = await world.client.post("/v1/objectives", json=await draft(world, **fields))
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_two_objectives_of_an_sla_have_different_names(world: World) -> None:
    made = await world.post("/v1/objectives", await draft(world))
    again = await world.client.post("/v1/objectives", json=await draft(world, sla_id=made["sla_id"]))
    assert again.status_code == 409
    other = await world.sla("OPS", targets=[{"metric": "resolve", "seconds": 3600}])
    await world.post("/v1/objectives", await draft(world, sla_id=other["id"]))


async def test_a_change_keeps_what_it_does_not_state_and_respects_the_version(world: World) -> None:
    made = await world.post("/v1/objectives", await draft(world))
    path = f"/v1/objectives/{made['id']}"
    changed = await world.client.patch(path, json={"goal": 0.9, "active": False}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json() == made | {
        "goal": 0.9,
        "active": False,
        "version": 2,
        "updated_at": changed.json()["updated_at"],
    }
    assert (await world.client.patch(path, json={"goal": 0.8}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await world.client.patch(path, json={"metric": "update"})).status_code == 422


async def test_they_are_listed_by_their_fields_with_a_constant_number_of_queries(
    world: World, statements: Statements
) -> None:
    made = await world.post("/v1/objectives", await draft(world))
    for number in range(4):
        await world.post("/v1/objectives", await draft(world, sla_id=made["sla_id"], name=f"{number}", active=False))
    statements.clear()
    listed = await world.get(f"/v1/objectives?sla_id={made['sla_id']}&metric=resolve&sort=-name")
    assert [each["name"] for each in listed["items"]] == ["In time", "3", "2", "1", "0"]
    counted = len(statements)
    statements.clear()
    assert (await world.get("/v1/objectives?active=true&state=ok"))["items"] == [made]
    assert len(statements) == counted


async def test_a_look_at_it_is_asked_for_once_when_it_is_set_and_changed(
    world: World, database: Database, clock: Clock
) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    made = await world.post("/v1/objectives", await draft(world))
    await world.client.patch(f"/v1/objectives/{made['id']}", json={"goal": 0.9})
    async with database.reading() as connection:
        asked = (await connection.execute(select(jobs.c.kind, jobs.c.payload, jobs.c.run_at))).all()
    assert [tuple(row) for row in asked] == [("objective", {"objective_id": made["id"]}, clock())]


async def test_an_analyst_reads_them_and_sets_none(world: World, app: FastAPI) -> None:
    key = (await world.post("/v1/api-keys", {"name": "reports", "role": "analyst"}))["key"]
    async with client_of(app, key) as analyst:
        assert (await analyst.post("/v1/objectives", json=await draft(world))).status_code == 403
        assert (await analyst.get("/v1/objectives")).status_code == 200
