"""The acceptance vectors, lived through the API: calendars and clocks."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tickets.worlds import World

VECTORS = Path(__file__).parents[1] / "vectors"
CALENDARS = json.loads((VECTORS / "calendar_vectors.json").read_text())
CLOCKS = json.loads((VECTORS / "clock_vectors.json").read_text())


async def test_every_calendar_vector_holds(client: httpx.AsyncClient) -> None:
    made = {}
    for name, calendar in CALENDARS["calendars"].items():
        response = await client.post("/v1/calendars", json={"name": name, **calendar})
        assert response.status_code == 201, response.text
        made[name] = response.json()["id"]
    wrong = []
    for case in CALENDARS["cases"]:
        asked = {field: case[field] for field in ("start", "end", "seconds") if field in case}
        response = await client.post(f"/v1/calendars/{made[case['calendar']]}/{case['op']}", json=asked)
        (answered,) = response.json().values()
        if answered != case["expected"]:
            wrong.append((case, answered))
    assert wrong == []
    assert len(CALENDARS["cases"]) == 130


@pytest.mark.parametrize("vector", CLOCKS, ids=[vector["name"] for vector in CLOCKS])
async def test_every_clock_vector_holds(client: httpx.AsyncClient, vector: dict[str, Any]) -> None:
    world = World(client)
    for name, calendar in vector["calendars"].items():
        await world.calendar(name, **calendar)
    for sla in vector["slas"]:
        terms = {field: sla[field] for field in ("pause_on", "targets")}
        await world.sla(sla["provider"], calendar=sla["calendar"], **terms)
    asked = vector["ticket"]
    ticket = await world.ticket(
        asked["requester"], asked["provider"], priority=asked["priority"], opened_at=asked["opened_at"]
    )
    for action in vector["actions"]:
        await world.do(ticket_id=ticket["id"], **action)
    answer = await world.get(f"/v1/tickets/{ticket['id']}/clocks?as_of={vector['as_of']}")
    keys = {id_: key for key, id_ in world.departments.items()}
    found = [{**clock, "department": keys[clock["department_id"]]} for clock in answer["clocks"]]
    assert [{field: clock[field] for field in vector["expected"][0]} for clock in found] == vector["expected"]
