"""Of what begins to need attention and concerns a customer, an event tells, once."""

from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from app.attention.attention import patience_of
from app.attention.watching import WATCH, watch
from app.kernel.database import Database
from app.kernel.jobs import Jobs, enqueue, job
from app.settings import Settings
from tests.attention.listing import attention
from tests.conftest import Clock
from tests.tickets.worlds import World

DEFAULTS = Settings(_env_file=None)
MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> World:
    """A company that is watched from Monday on."""
    clock.at(MONDAY)
    async with database.writing() as connection:
        await enqueue(connection, [job(WATCH, clock(), WATCH)])
    await look(database, clock)
    return World(client)


async def look(database: Database, clock: Clock, settings: Settings = DEFAULTS) -> int:
    """What a worker does that has been there all along."""
    return await Jobs(WATCH, partial(watch, patience=patience_of(settings))).turn(database, clock())


async def told(world: World) -> list[dict[str, Any]]:
    page = await world.get("/v1/events?types=customer.attention&limit=200")
    return list(page["items"])


async def test_it_is_told_once_when_something_begins_to_need_attention(
    world: World, clock: Clock, database: Database
) -> None:
    ticket = await world.ticket("SALES", "FIN", title="Credit check")
    clock.passes(hours=23)
    await look(database, clock)
    assert await told(world) == []
    clock.passes(hours=2)
    for _ in range(3):
        await look(database, clock)
        clock.passes(minutes=1)
    (event,) = await told(world)
    (entry,) = await attention(world.client)
    assert event["occurred_at"] == "2026-03-03T09:00:00Z"
    assert event["data"]["customer"]["id"] == ticket["customer_id"]
    assert event["data"]["attention"] == entry
    assert event["data"]["actor"] == {"type": "system"}


async def test_what_begins_while_no_worker_lives_is_told_when_one_does_again(
    world: World, clock: Clock, database: Database
) -> None:
    await world.ticket("SALES", "FIN")
    clock.passes(hours=3)
    await world.commitment("SALES", clock().isoformat(), "2026-05-01T09:00:00+00:00")
    waits = await world.ticket("SALES", "OPS")
    await world.do("wait", waits["id"], on="customer")
    clock.passes(days=9)
    await look(database, clock)
    found = [(event["data"]["attention"]["kind"], event["occurred_at"]) for event in await told(world)]
    assert found == [
        ("unacknowledged", "2026-03-03T09:00:00Z"),
        ("commitment_without_ticket", "2026-03-03T12:00:00Z"),
        ("wait_unchased", "2026-03-05T12:00:00Z"),
    ]


async def test_what_is_chased_and_left_alone_again_is_told_again(
    world: World, clock: Clock, database: Database
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("wait", ticket["id"], on="customer")
    for _ in range(2):
        clock.passes(days=3)
        await look(database, clock)
        await world.do("comment", ticket["id"], body="Called them.")
    assert len(await told(world)) == 2


async def test_what_is_snoozed_or_lies_before_the_watch_is_not_told(
    world: World, clock: Clock, database: Database
) -> None:
    await world.ticket("SALES", "FIN", opened_at="2026-02-02T09:00:00Z")
    ticket = await world.ticket("SALES", "FIN")
    clock.passes(days=1)
    until = (clock() + timedelta(days=7)).isoformat()
    subject = {"type": "ticket", "id": ticket["id"]}
    draft = {"kind": "unacknowledged", "subject": subject, "until": until, "reason": "They know of it."}
    await world.post("/v1/attention/snoozes", draft)
    await look(database, clock)
    assert await told(world) == []


async def test_it_is_told_after_as_long_as_the_settings_say(world: World, clock: Clock, database: Database) -> None:
    hasty = DEFAULTS.model_copy(update={"attention_unacknowledged_seconds": 3600})
    await world.ticket("SALES", "FIN")
    clock.passes(minutes=59)
    await look(database, clock, hasty)
    assert await told(world) == []
    clock.passes(minutes=2)
    await look(database, clock, hasty)
    assert [event["occurred_at"] for event in await told(world)] == ["2026-03-02T10:00:00Z"]


async def test_the_first_look_tells_nothing(client: httpx.AsyncClient, clock: Clock, database: Database) -> None:
    clock.at(MONDAY)
    world = World(client)
    await world.ticket("SALES", "FIN")
    clock.passes(days=2)
    async with database.writing() as connection:
        await enqueue(connection, [job(WATCH, clock(), WATCH)])
    assert await look(database, clock) == 1
    assert await told(world) == []
