"""Each morning an event tells that a department's digest can be read."""

from typing import Any

import httpx
import pytest

from app.digests.telling import DIGESTS, tell_digests
from app.kernel.database import Database
from app.kernel.jobs import Jobs, enqueue, job
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> World:
    """A company whose digests are told from Thursday noon on."""
    clock.at("2026-03-19T12:00:00+00:00")
    async with database.writing() as connection:
        await enqueue(connection, [job(DIGESTS, clock(), DIGESTS)])
    await turn(database, clock)
    return World(client)


async def turn(database: Database, clock: Clock) -> int:
    """What a worker does that has been there all along."""
    return await Jobs(DIGESTS, tell_digests).turn(database, clock())


async def told(world: World) -> list[dict[str, Any]]:
    page = await world.get("/v1/events?types=digest.*&limit=200")
    return list(page["items"])


async def test_it_is_told_once_and_its_path_reads_the_digest(world: World, clock: Clock, database: Database) -> None:
    berlin = await world.calendar("Berlin", "Europe/Berlin")
    body = {"key": "FIN", "name": "Finance", "calendar_id": berlin}
    finance = (await world.post("/v1/departments", body))["id"]
    for _ in range(20):
        clock.passes(hours=1)
        await turn(database, clock)
    (event,) = await told(world)
    assert event["occurred_at"] == "2026-03-20T05:00:00Z"
    assert event["data"]["department"]["id"] == finance
    assert event["data"]["actor"] == {"type": "system"}
    notice = event["data"]["digest"]
    assert (notice["period"], notice["first_day"], notice["from"]) == ("day", "2026-03-19", "2026-03-18T23:00:00Z")
    read = await world.get(notice["path"])
    assert {name: read[name] for name in ("period", "first_day", "from", "to")} == {
        name: notice[name] for name in ("period", "first_day", "from", "to")
    }


async def test_after_downtime_it_is_told_for_the_last_seven_days(
    world: World, clock: Clock, database: Database
) -> None:
    await world.department("FIN")
    clock.passes(days=30)
    await turn(database, clock)
    events = await told(world)
    days = [event["data"]["digest"]["first_day"] for event in events if event["data"]["digest"]["period"] == "day"]
    assert days == [f"2026-04-{day}" for day in range(11, 18)]
    assert [event["occurred_at"] for event in events] == sorted(event["occurred_at"] for event in events)


async def test_it_looks_again_within_an_hour_so_that_a_new_department_is_told_of(
    world: World, clock: Clock, database: Database
) -> None:
    clock.passes(minutes=59)
    assert await turn(database, clock) == 0
    clock.passes(minutes=1)
    assert await turn(database, clock) == 1


async def test_it_costs_the_same_however_many_departments_there_are(
    world: World, clock: Clock, database: Database, statements: Statements
) -> None:
    async def cost() -> int:
        clock.passes(days=1)
        statements.clear()
        await turn(database, clock)
        return len(statements)

    await world.department("FIN")
    one = await cost()
    for key in ("OPS", "IT", "HR"):
        await world.department(key)
    assert await cost() == one
