"""What needs attention can be left alone for a while, for a reason."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.attention.listing import attention
from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

MONDAY = "2026-03-02T09:00:00+00:00"
FRIDAY = "2026-03-06T09:00:00Z"


@pytest.fixture
def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(MONDAY)
    return World(client)


def of(ticket: dict[str, Any], **fields: Any) -> dict[str, Any]:
    subject = {"type": "ticket", "id": ticket["id"]}
    return {"kind": "unacknowledged", "subject": subject, "until": FRIDAY, "reason": "Finance moves house.", **fields}


async def neglected(world: World, clock: Clock) -> dict[str, Any]:
    ticket = await world.ticket("SALES", "FIN")
    clock.passes(days=1)
    return ticket


async def test_what_is_snoozed_is_off_the_list_until_it_is_over(world: World, clock: Clock) -> None:
    ticket = await neglected(world, clock)
    response = await world.client.post("/v1/attention/snoozes", json=of(ticket))
    made = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/attention/snoozes/{made['id']}"
    assert (made["since"], made["until"], made["version"]) == ("2026-03-02T09:00:00Z", FRIDAY, 1)
    assert await attention(world.client) == []
    (item,) = await attention(world.client, snoozed=True)
    assert (item["snoozed"]["id"], item["snoozed"]["reason"]) == (made["id"], "Finance moves house.")
    assert item["snoozed"]["actor"]["type"] == "api_key"
    clock.at(FRIDAY)
    (item,) = await attention(world.client)
    assert item["snoozed"] is None
    assert await attention(world.client, snoozed=True) == []
    assert (await world.client.get(f"/v1/attention/snoozes/{made['id']}")).status_code == 404


async def test_the_same_that_happens_anew_is_listed_although_it_was_snoozed(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("wait", ticket["id"], on="customer")
    clock.passes(days=3)
    await world.post("/v1/attention/snoozes", of(ticket, kind="wait_unchased", until="2026-05-01T09:00:00Z"))
    await world.do("resume", ticket["id"])
    await world.do("wait", ticket["id"], on="customer")
    clock.passes(days=3)
    assert [item["kind"] for item in await attention(world.client)] == ["wait_unchased"]


async def test_a_snooze_can_be_ended_before_its_time(world: World, clock: Clock) -> None:
    made = await world.post("/v1/attention/snoozes", of(await neglected(world, clock)))
    path = f"/v1/attention/snoozes/{made['id']}"
    assert (await world.client.delete(path, headers={"If-Match": '"7"'})).status_code == 412
    assert (await world.client.delete(path, headers={"If-Match": '"1"'})).status_code == 204
    assert len(await attention(world.client)) == 1
    assert (await world.client.delete(path)).status_code == 404


async def test_of_two_snoozes_of_the_same_the_later_counts(world: World, clock: Clock) -> None:
    ticket = await neglected(world, clock)
    first = await world.post("/v1/attention/snoozes", of(ticket))
    second = await world.post("/v1/attention/snoozes", of(ticket, until="2026-03-04T09:00:00Z"))
    assert [each["id"] for each in (await world.get("/v1/attention/snoozes"))["items"]] == [second["id"]]
    assert (await world.client.get(f"/v1/attention/snoozes/{first['id']}")).status_code == 404
    clock.at("2026-03-04T09:00:00+00:00")
    assert len(await attention(world.client)) == 1


async def test_a_snooze_is_of_one_kind_alone(world: World, clock: Clock) -> None:
    ticket = await neglected(world, clock)
    await world.post("/v1/attention/snoozes", of(ticket))
    await world.do("transfer", ticket["id"], department="OPS")
    clock.passes(days=1)
    assert [item["kind"] for item in await attention(world.client)] == ["handoff_unaccepted"]


async def test_snoozes_are_listed_with_their_subjects(world: World, clock: Clock) -> None:
    tickets = [await world.ticket("SALES", "FIN") for _ in range(3)]
    clock.passes(days=1)
    for number, ticket in enumerate(tickets):
        await world.post("/v1/attention/snoozes", of(ticket, until=f"2026-03-0{9 - number}T09:00:00Z"))
    listed = (await world.get("/v1/attention/snoozes?sort=until&limit=2"))["items"]
    assert [each["subject"]["id"] for each in listed] == [tickets[2]["id"], tickets[1]["id"]]
    only = (await world.get(f"/v1/attention/snoozes?subject_id={tickets[0]['id']}&kind=unacknowledged"))["items"]
    assert [each["subject"] for each in only] == [{"type": "ticket", "id": tickets[0]["id"]}]


async def test_snoozing_costs_two_statements_and_an_answer_one(
    world: World, clock: Clock, statements: Statements
) -> None:
    ticket = await neglected(world, clock)
    statements.clear()
    await world.post("/v1/attention/snoozes", of(ticket))
    assert len(statements) == 2
    statements.clear()
    await world.get("/v1/attention/snoozes")
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"until": MONDAY}, "/until"),
        ({"until": "2027-05-01T09:00:00Z"}, "/until"),
        ({"reason": " "}, "/reason"),
        ({"kind": "nothing"}, "/kind"),
        ({"kind": "wait_unchased"}, "/subject/id"),
        ({"kind": "member_left"}, "/subject/type"),
        ({"subject": {"type": "ticket", "id": "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"}}, "/subject/id"),
    ],
)
async def test_a_snooze_of_nothing_for_no_reason_or_into_the_past_is_refused(
    world: World, clock: Clock, changed: dict[str, Any], pointer: str
) -> None:
    ticket = await neglected(world, clock)
    response = await world.client.post("/v1/attention/snoozes", json=of(ticket, **changed))
    assert response.status_code == 422, response.text
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_who_only_reads_may_not_snooze(app: FastAPI, world: World, clock: Clock) -> None:
    ticket = await neglected(world, clock)
    key = await world.post("/v1/api-keys", {"name": "reports", "role": "analyst"})
    async with client_of(app, key["key"]) as analyst:
        assert (await analyst.post("/v1/attention/snoozes", json=of(ticket))).status_code == 403
        assert (await analyst.get("/v1/attention/snoozes")).status_code == 200
