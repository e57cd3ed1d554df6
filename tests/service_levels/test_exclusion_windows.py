"""Exclusion windows over HTTP."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import Statements, client_of
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"
STRIKE = {"reason": "Strike", "starts_at": "2026-03-04T00:00:00Z", "ends_at": "2026-03-05T00:00:00Z"}


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return World(client)


async def test_a_window_is_answered_as_it_was_given(world: World) -> None:
    sla = await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    body = STRIKE | {"provider_department_id": world.departments["FIN"], "sla_id": sla["id"]}
    response = await world.client.post("/v1/exclusion-windows", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (await world.client.get(response.headers["Location"])).json() == made


async def test_without_a_scope_it_is_for_the_whole_company(world: World) -> None:
    made = await world.post("/v1/exclusion-windows", STRIKE)
    assert (made["provider_department_id"], made["sla_id"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"reason": " "}, "/reason"),
        ({"ends_at": STRIKE["starts_at"]}, "/ends_at"),
        ({"sla_id": NOBODY}, "/sla_id"),
        ({"provider_department_id": NOBODY}, "/provider_department_id"),
        ({"requester_department_id": NOBODY}, "/requester_department_id"),
    ],
)
async def test_what_cannot_be_a_window_is_refused(world: World, fields: dict[str, Any], pointer: str) -> None:
    response = await world.client.post("/v1/exclusion-windows", json=STRIKE | fields)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_change_may_move_either_end_but_not_past_the_other(world: World) -> None:
    made = await world.post("/v1/exclusion-windows", STRIKE)
    path = f"/v1/exclusion-windows/{made['id']}"
    refused = await world.client.patch(path, json={"starts_at": STRIKE["ends_at"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/ends_at")
    moved = await world.client.patch(path, json={"ends_at": "2026-03-06T00:00:00Z"}, headers={"If-Match": '"1"'})
    assert (moved.json()["starts_at"], moved.json()["ends_at"], moved.json()["version"]) == (
        STRIKE["starts_at"],
        "2026-03-06T00:00:00Z",
        2,
    )
    assert (await world.client.patch(path, json={"reason": "?"}, headers={"If-Match": '"1"'})).status_code == 412


async def test_a_window_is_removed_in_the_version_that_was_seen(world: World) -> None:
    made = await world.post("/v1/exclusion-windows", STRIKE)
    path = f"/v1/exclusion-windows/{made['id']}"
    assert (await world.client.delete(path, headers={"If-Match": '"7"'})).status_code == 412
    removed = await world.client.delete(path, headers={"If-Match": '"1"'})
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await world.client.get(path)).status_code == 404
    assert (await world.client.delete(path)).status_code == 404


async def test_they_are_listed_by_scope_and_by_the_period_they_meet_with_a_constant_number_of_queries(
    world: World, statements: Statements
) -> None:
    finance = await world.department("FIN")
    for day in range(1, 6):
        times = {"starts_at": f"2026-03-0{day}T00:00:00Z", "ends_at": f"2026-03-0{day + 1}T00:00:00Z"}
        scope = {"provider_department_id": finance} if day > 3 else {}
        await world.post("/v1/exclusion-windows", STRIKE | times | scope)
    statements.clear()
    all_of_them = (await world.get("/v1/exclusion-windows?sort=-starts_at"))["items"]
    assert [each["starts_at"][8:10] for each in all_of_them] == ["05", "04", "03", "02", "01"]
    counted = len(statements)
    statements.clear()
    period = "ends_after=2026-03-02T00:00:00Z&starts_before=2026-03-04T00:00:00Z"
    met = (await world.get(f"/v1/exclusion-windows?sort=starts_at&{period}"))["items"]
    assert [each["starts_at"][8:10] for each in met] == ["02", "03"]
    assert len(statements) == counted
    assert len((await world.get(f"/v1/exclusion-windows?provider_department_id={finance}"))["items"]) == 2


async def test_an_analyst_reads_them_and_makes_none(world: World, app: FastAPI) -> None:
    key = (await world.post("/v1/api-keys", {"name": "reports", "role": "analyst"}))["key"]
    async with client_of(app, key) as analyst:
        assert (await analyst.post("/v1/exclusion-windows", json=STRIKE)).status_code == 403
        assert (await analyst.get("/v1/exclusion-windows")).status_code == 200
