"""Many at once: whoever comes second waits, goes on from what is there by then, and gets an answer of its own."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.kernel import routes
from app.kernel.database import Database
from tests.conftest import Clock
from tests.tickets.worlds import World

SLOW = (
    "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.005); return new; end'",
    "create trigger slow before insert on tickets for each row execute function slow()",
)


@pytest.fixture
async def slow_tickets(database: Database) -> AsyncIterator[None]:
    """Tickets are stored so slowly that those who store many are at it at the same time."""
    async with database.writing() as connection:
        for statement in SLOW:
            await connection.execute(text(statement))
    yield
    async with database.writing() as connection:
        await connection.execute(text("drop function slow cascade"))


async def a_world(client: httpx.AsyncClient) -> World:
    world = World(client)
    await world.sla("FIN", targets=[{"metric": metric, "seconds": 3600} for metric in ("acknowledge", "resolve")])
    return world


async def statuses(*requests: Any) -> Counter[int]:
    return Counter(response.status_code for response in await asyncio.gather(*requests))


async def test_whoever_waited_for_a_request_that_began_later_acts_no_earlier_than_that(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    world = await a_world(client)
    clock.at("2026-03-02T09:00:00+00:00")
    ticket = await world.ticket("SALES", "FIN")
    path = f"/v1/tickets/{ticket['id']}"
    clock.at("2026-03-02T10:00:00+00:00")
    await world.do("start", ticket["id"])
    clock.at("2026-03-02T09:59:59+00:00")
    waited = await client.post(f"{path}/resolve", json={"resolution": "Done."})
    assert (waited.status_code, waited.json()["resolved_at"]) == (200, "2026-03-02T10:00:00Z")
    entry = (await client.get(f"{path}/history")).json()["items"][-1]
    assert entry["at"] == entry["recorded_at"] == "2026-03-02T10:00:00Z"


async def test_tickets_that_block_the_same_ones_do_not_wait_in_a_circle(client: httpx.AsyncClient) -> None:
    world = await a_world(client)
    blocked = [(await world.ticket("SALES", "FIN"))["id"] for _ in range(4)]
    draft = await world.draft("OPS", "FIN")

    def a_draft() -> dict[str, Any]:
        return draft | {"blocks": random.sample(blocked, 3)}

    opened = [client.post("/v1/tickets", json=a_draft()) for _ in range(12)]
    batches = [client.post("/v1/tickets/batch", json={"items": [a_draft(), a_draft()]}) for _ in range(6)]
    acted = [client.post(f"/v1/tickets/{id_}/comment", json={"body": "Seen."}) for id_ in blocked * 3]
    assert await statuses(*opened, *batches, *acted) == {201: 12, 200: 18}
    versions = {(await client.get(f"/v1/tickets/{id_}")).json()["version"] for id_ in blocked}
    assert sum(versions) > 4


@pytest.mark.usefixtures("slow_tickets")
async def test_batches_with_the_same_references_store_each_once_and_do_not_wait_in_a_circle(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A circle is ended by the database, and the request tried again: it may end in the next.
    monkeypatch.setattr(routes, "ATTEMPTS", 1)
    world = await a_world(client)
    draft = await world.draft("SALES", "FIN")
    references = [f"JIRA-{number}" for number in range(10)]
    items = [draft | {"source": "jira", "external_ref": reference} for reference in references] + [draft]
    answers = await asyncio.gather(
        *[client.post("/v1/tickets/batch", json={"items": random.sample(items, len(items))}) for _ in range(6)]
    )
    assert {answer.status_code for answer in answers} == {200}
    results = [result for answer in answers for result in answer.json()["results"]]
    assert Counter(result["status"] for result in results) == {201: 16, 409: 50}
    stored = (await client.get("/v1/tickets", params={"source": "jira", "limit": 200})).json()["items"]
    assert sorted(ticket["external_ref"] for ticket in stored) == sorted(references)


async def test_a_calendar_that_changes_while_its_tickets_are_worked_on_conflicts_with_nothing(
    client: httpx.AsyncClient,
) -> None:
    world = await a_world(client)
    calendar = await world.calendar()
    tickets = [(await world.ticket("SALES", "FIN"))["id"] for _ in range(4)]
    draft = await world.draft("SALES", "FIN")
    changes = [
        client.patch(f"/v1/calendars/{calendar}", json={"hours": {"mon": [["09:00", f"{hour}:00"]]}})
        for hour in range(12, 20)
    ]
    acted = [
        client.post(f"/v1/tickets/{id_}/prioritise", json={"priority": priority})
        for id_ in tickets
        for priority in ("p1", "p2", "p4")
    ]
    opened = [client.post("/v1/tickets", json=draft) for _ in range(8)]
    assert await statuses(*changes, *acted, *opened) == {200: 20, 201: 8}
    for ticket in (await client.get("/v1/tickets", params={"limit": 200})).json()["items"]:
        clocks = (await client.get(f"/v1/tickets/{ticket['id']}/clocks")).json()["clocks"]
        assert [clock["due_at"] for clock in ticket["clocks"]] == [clock["due_at"] for clock in clocks]


async def test_departments_that_move_beneath_each_other_at_once_close_no_circle(client: httpx.AsyncClient) -> None:
    world = World(client)
    ids = [await world.department(key) for key in ("A", "B", "C")]
    answers = await statuses(
        *[
            client.patch(f"/v1/departments/{ids[number]}", json={"parent_id": ids[(number + 1) % 3]})
            for number in range(3)
        ]
    )
    assert answers == {200: 2, 409: 1}
