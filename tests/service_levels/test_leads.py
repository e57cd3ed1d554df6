"""What a lead decides for their departments: what these offer, undertake and delegate."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from tests.access.people import a_member, client_for
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    world = World(client)
    for key in ("FIN", "OPS"):
        await world.department(key)
    await world.calendar()
    return world


async def as_(app: FastAPI, world: World, role: str, *departments: str) -> World:
    member_id = await a_member(world, role.capitalize(), *departments)
    return replace(world, client=await client_for(app, world, role, member_id))


async def test_a_lead_makes_and_changes_the_slas_of_their_departments(world: World, app: FastAPI) -> None:
    lead = await as_(app, world, "lead", "FIN")
    target = {"targets": [{"metric": "resolve", "seconds": 3600}]}
    own, other = await lead.sla("FIN", **target), await world.sla("OPS", **target)
    draft = {name: own[name] for name in ("name", "provider_department_id", "rank", "calendar_id", "targets")}
    foreign = {**draft, "provider_department_id": world.departments["OPS"]}
    assert (await lead.client.put(f"/v1/slas/{own['id']}", json={**draft, "name": "Ours"})).json()["version"] == 2
    for refused in (
        await lead.client.post("/v1/slas", json=foreign),
        await lead.client.put(f"/v1/slas/{own['id']}", json=foreign),
    ):
        assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (403, "/provider_department_id")
    assert (await lead.client.put(f"/v1/slas/{other['id']}", json=draft)).status_code == 404
    assert [each["id"] for each in (await lead.get("/v1/slas"))["items"]] == [own["id"]]
    for id_, status in ((own["id"], 200), (other["id"], 404)):
        for path in ("", "/versions"):
            assert (await lead.client.get(f"/v1/slas/{id_}{path}")).status_code == status


async def test_a_lead_makes_changes_and_delegates_what_their_departments_offer(world: World, app: FastAPI) -> None:
    lead = await as_(app, world, "lead", "FIN")
    draft = {"key": "credit", "name": "Credit", "kind": "approval"}
    own = await lead.post("/v1/request-types", {**draft, "provider_department_id": world.departments["FIN"]})
    foreign = {**draft, "provider_department_id": world.departments["OPS"]}
    refused = await lead.client.post("/v1/request-types", json=foreign)
    assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (403, "/provider_department_id")
    other = await world.post("/v1/request-types", foreign)
    to = {"department_id": world.departments["OPS"]}
    for made, status in ((own, 200), (other, 403)):
        path = f"/v1/request-types/{made['id']}"
        assert (await lead.client.get(path)).status_code == 200
        assert (await lead.client.patch(path, json={"name": "Credit line"})).status_code == status
        assert (await lead.client.post(f"{path}/delegate", json=to)).status_code == status
        if status == 403:
            await world.post(f"{path}/delegate", to, 200)
        assert (await lead.client.post(f"{path}/undelegate", json={})).status_code == status


async def test_a_lead_of_nothing_and_a_member_decide_nothing(world: World, app: FastAPI) -> None:
    made = await world.post(
        "/v1/request-types",
        {"key": "credit", "name": "Credit", "kind": "approval", "provider_department_id": world.departments["FIN"]},
    )
    sla = await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    for who in (await as_(app, world, "lead"), await as_(app, world, "member", "FIN")):
        path = f"/v1/request-types/{made['id']}"
        assert (await who.client.patch(path, json={"name": "Mine"})).status_code == 403
        assert (await who.client.post(f"{path}/delegate", json={"department_id": made["id"]})).status_code == 403
        assert (await who.client.put(f"/v1/slas/{sla['id']}", json={})).status_code in (403, 404)
