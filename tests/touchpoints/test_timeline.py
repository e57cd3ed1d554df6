"""Everything that happened to a customer, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    made = World(client)
    await made.customer()
    return made


async def lived(world: World) -> dict[str, str]:
    """A life of a customer in which everything happened once; the ids of what it happened to."""
    promise = await world.commitment("OPS", "2026-03-02T09:00:00Z", "2026-03-06T09:00:00Z", title="Go-live")
    ticket = await world.ticket("OPS", "FIN", commitment_id=promise["id"], opened_at="2026-03-02T09:00:00Z")
    await world.do("wait", ticket["id"], "2026-03-03T09:00:00Z")
    await world.do("ask", ticket["id"], "2026-03-03T10:00:00Z")
    await world.do("transfer", ticket["id"], "2026-03-04T09:00:00Z", department="LEGAL")
    await world.do("accept", ticket["id"], "2026-03-04T10:00:00Z")
    await world.do("comment", ticket["id"], "2026-03-05T09:00:00Z", body="On it.")
    await world.do("resolve", ticket["id"], "2026-03-08T09:00:00Z")
    await world.post(f"/v1/commitments/{promise['id']}/deliver", {"at": "2026-03-09T09:00:00Z"}, 200)
    customer = f"/v1/customers/{world.customer_id}"
    outcome = {"kind": "csat", "score": 2, "occurred_at": "2026-03-10T09:00:00Z"}
    said = await world.post(f"{customer}/outcomes", outcome)
    tie = {"department_id": world.departments["OPS"], "role": "delivery", "since": "2026-03-11T09:00:00Z"}
    related = await world.post(f"{customer}/relationships", tie | {"until": "2026-03-12T09:00:00Z"})
    planned = {"department_id": world.departments["OPS"], "role": "support", "since": "2026-04-01T09:00:00Z"}
    await world.post(f"{customer}/relationships", planned)
    await world.client.patch(customer, json={"notes": "Call before noon."})
    return {"promise": promise["id"], "ticket": ticket["id"], "outcome": said["id"], "relationship": related["id"]}


async def timeline(world: World, **query: Any) -> list[dict[str, Any]]:
    response = await world.client.get(f"/v1/customers/{world.customer_id}/timeline", params=query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_everything_that_happened_is_told_in_order_up_to_now(world: World) -> None:
    ids = await lived(world)
    found = await timeline(world)
    assert [(each["at"][5:13], each["kind"], each["event"]) for each in found] == [
        ("03-02T09", "commitment", "made"),
        ("03-02T09", "ticket", "opened"),
        ("03-03T09", "wait", "waiting"),
        ("03-03T10", "question", "asked"),
        ("03-04T09", "hand_off", "transferred"),
        ("03-04T10", "hand_off", "accepted"),
        ("03-05T09", "comment", "commented"),
        ("03-08T09", "ticket", "resolved"),
        ("03-09T09", "commitment", "delivered_late"),
        ("03-10T09", "outcome", "csat"),
        ("03-11T09", "relationship", "started"),
        ("03-12T09", "relationship", "ended"),
        ("03-20T12", "note", "noted"),
    ]
    assert found[0]["subject"] == {"type": "commitment", "id": ids["promise"]}
    assert found[4]["subject"] == {"type": "ticket", "id": ids["ticket"]}
    assert found[4]["text"].endswith("FIN handed it over to LEGAL: Theirs. (What was asked)")
    assert found[9]["subject"] == {"type": "outcome", "id": ids["outcome"]}
    assert found[10]["subject"] == {"type": "relationship", "id": ids["relationship"]}
    assert (found[12]["subject"]["id"], found[12]["text"]) == (world.customer_id, "Notes: Call before noon.")
    assert await timeline(world, sort="-at") == found[::-1]


async def test_it_is_filtered_by_kind_time_and_department(world: World) -> None:
    await lived(world)
    whole = await timeline(world)
    assert await timeline(world, kind="hand_off,outcome") == [
        each for each in whole if each["kind"] in ("hand_off", "outcome")
    ]
    some = {"from": "2026-03-03T10:00:00Z", "to": "2026-03-05T09:00:00Z"}
    assert [each["event"] for each in await timeline(world, **some)] == ["asked", "transferred", "accepted"]
    legal = world.departments["LEGAL"]
    assert [each["event"] for each in await timeline(world, department_id=legal)] == [
        "accepted",
        "commented",
        "resolved",
    ]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"kind": "ticket,gossip"}, "?kind"),
        ({"from": "2026-03-05T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "?from"),
        ({"sort": "kind"}, "?sort"),
        ({"cursor": "nothing"}, "?cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused(world: World, query: dict[str, str], pointer: str) -> None:
    refused = await world.client.get(f"/v1/customers/{world.customer_id}/timeline", params=query)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_customer_that_is_not_there_has_none(world: World) -> None:
    answer = await world.client.get("/v1/customers/00000000-0000-7000-8000-000000000000/timeline")
    assert answer.status_code == 404


@pytest.mark.parametrize("sort", ["at", "-at"])
async def test_pages_neither_repeat_nor_skip_what_happened_in_the_same_second(world: World, sort: str) -> None:
    await lived(world)
    for _ in range(3):
        ticket = await world.ticket("OPS", "FIN")
        await world.do("start", ticket["id"])
        await world.do("resolve", ticket["id"])
    whole = await timeline(world, sort=sort)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while cursor is not None:
        params = {"limit": 4, "sort": sort, **cursor}
        page = (await world.client.get(f"/v1/customers/{world.customer_id}/timeline", params=params)).json()
        seen += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == whole
    assert len(whole) == 22


async def test_a_page_costs_two_statements_whatever_happened(world: World, statements: Statements) -> None:
    await lived(world)
    costs = []
    for _ in range(2):
        for _ in range(3):
            await world.do("resolve", (await world.ticket("OPS", "FIN"))["id"])
        statements.clear()
        await timeline(world)
        costs.append(len(statements))
    assert costs == [2, 2]
