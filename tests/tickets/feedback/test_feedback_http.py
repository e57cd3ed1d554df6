"""`POST /v1/tickets/{id}/feedback`: how the requester was served, once for each time a ticket was resolved."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import Clock, client_of
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-02T09:00:00+00:00")
    return World(client)


async def member(world: World, name: str, department: str) -> str:
    body = {"email": f"{name}@example.com", "name": name, "department_ids": [await world.department(department)]}
    return str((await world.post("/v1/members", body))["id"])


async def resolved(world: World, **fields: Any) -> str:
    ticket = await world.ticket("SALES", "FIN", **fields)
    await world.do("resolve", ticket["id"])
    return str(ticket["id"])


async def given(world: World, ticket_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.get(f"/v1/tickets/{ticket_id}/feedback"))["items"]
    return items


async def test_it_is_given_on_what_was_resolved_or_closed(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    refused = await world.try_to("feedback", ticket["id"], score=4)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible-in-this-state")
    await world.do("resolve", ticket["id"])
    assert (await world.try_to("feedback", ticket["id"], score=6)).status_code == 422
    await world.do("close", ticket["id"])
    await world.do("feedback", ticket["id"], score=4)


@pytest.mark.parametrize("verb", ["decline", "cancel"])
async def test_what_came_to_nothing_takes_none(world: World, verb: str) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do(verb, ticket["id"])
    assert (await world.try_to("feedback", ticket["id"], score=1)).status_code == 409


async def test_it_is_the_requesters_and_nobody_elses(world: World) -> None:
    ada, ben = await member(world, "ada", "SALES"), await member(world, "ben", "SALES")
    ticket_id = await resolved(world, requester_id=ada)
    refused = await world.try_to("feedback", ticket_id, score=1, member_id=ben)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/member_id")
    await world.do("feedback", ticket_id, score=4)
    assert [each["member_id"] for each in await given(world, ticket_id)] == [ada]


async def test_once_the_requester_has_left_a_colleague_says_it(world: World) -> None:
    ada, ben = await member(world, "ada", "SALES"), await member(world, "ben", "SALES")
    carl = await member(world, "carl", "FIN")
    ticket_id = await resolved(world, requester_id=ada)
    await world.post(f"/v1/members/{ada}/leave", {}, 200)
    assert (await world.try_to("feedback", ticket_id, score=1, member_id=carl)).status_code == 422
    assert (await world.try_to("feedback", ticket_id, score=1, member_id=ada)).status_code == 422
    await world.do("feedback", ticket_id, score=3, member_id=ben)
    assert [each["member_id"] for each in await given(world, ticket_id)] == [ben]


async def test_a_key_that_is_tied_to_departments_speaks_for_those_only(world: World, app: FastAPI) -> None:
    ticket_id = await resolved(world)
    for key, status in (("FIN", 403), ("SALES", 200)):
        draft = {"name": key, "role": "integration", "permissions": ["read", "write"]}
        made = await world.post("/v1/api-keys", {**draft, "department_ids": [world.departments[key]]})
        async with client_of(app, made["key"]) as tied:
            answer = await tied.post(f"/v1/tickets/{ticket_id}/feedback", json={"score": 4})
            assert answer.status_code == status, answer.text


async def test_it_is_changed_for_seven_days_and_then_stands(world: World, clock: Clock) -> None:
    ticket_id = await resolved(world)
    await world.do("feedback", ticket_id, score=2, comment="Slow.")
    clock.passes(days=7)
    await world.do("feedback", ticket_id, score=4)
    clock.passes(seconds=1)
    refused = await world.try_to("feedback", ticket_id, score=5)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-late")
    assert refused.json()["until"] == "2026-03-09T09:00:00Z"
    (stands,) = await given(world, ticket_id)
    told = {name: stands[name] for name in ("number", "score", "comment", "given_at", "changed_at", "changeable_until")}
    assert told == {
        "number": 1,
        "score": 4,
        "comment": None,
        "given_at": "2026-03-02T09:00:00Z",
        "changed_at": "2026-03-09T09:00:00Z",
        "changeable_until": "2026-03-09T09:00:00Z",
    }


async def test_saying_the_same_again_changes_nothing(world: World, clock: Clock) -> None:
    ticket_id = await resolved(world)
    first = await world.do("feedback", ticket_id, score=4)
    clock.passes(days=30)
    again = await world.do("feedback", ticket_id, score=4)
    assert again["version"] == first["version"]
    assert len((await world.get("/v1/events?types=ticket.feedback_given"))["items"]) == 1


async def test_each_resolution_takes_its_own(world: World, clock: Clock) -> None:
    ticket_id = await resolved(world)
    await world.do("feedback", ticket_id, score=1)
    clock.passes(days=10)
    await world.do("reopen", ticket_id)
    assert (await world.try_to("feedback", ticket_id, score=2)).status_code == 409
    await world.do("resolve", ticket_id)
    await world.do("feedback", ticket_id, score=5)
    assert [(each["number"], each["score"]) for each in await given(world, ticket_id)] == [(1, 1), (2, 5)]
    first, second = (await world.get("/v1/events?types=ticket.feedback_given"))["items"]
    assert (first["data"]["previous"], second["data"]["previous"]) == ({}, {})


async def test_it_lies_after_the_resolution_and_after_what_was_said_before(world: World, clock: Clock) -> None:
    ticket_id = await resolved(world)
    clock.passes(days=3)
    assert (await world.try_to("feedback", ticket_id, "2026-03-02T08:59:59Z", score=3)).status_code == 422
    await world.do("feedback", ticket_id, "2026-03-03T09:00:00Z", score=3)
    await world.do("feedback", ticket_id, "2026-03-04T09:00:00Z", score=2)
    assert (await world.try_to("feedback", ticket_id, "2026-03-03T10:00:00Z", score=1)).status_code == 422
    assert (await world.try_to("feedback", ticket_id, "2026-03-06T09:00:00Z", score=1)).status_code == 422


async def test_of_a_ticket_that_does_not_exist_there_is_none(world: World) -> None:
    nowhere = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"
    assert (await world.client.get(f"/v1/tickets/{nowhere}/feedback")).status_code == 404
    assert (await world.try_to("feedback", nowhere, score=3)).status_code == 404
