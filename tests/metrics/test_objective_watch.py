"""`error_budget.burning`: told once when an objective's budget begins to burn."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import Job, Jobs, jobs
from app.kernel.work import Work
from app.metrics.objective_watch import look_at_objective, objective_checked
from app.service_levels import objectives
from app.tickets.alarms.alarms import Alarms
from tests.conftest import Clock
from tests.tickets.worlds import World

NOW = datetime.fromisoformat("2026-03-31T12:00:00+00:00")
NOBODY = UUID("00000000-0000-7000-8000-000000000000")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within an hour, around the clock."""
    clock.instant = NOW
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    return world


async def objective(world: World, **fields: Any) -> dict[str, Any]:
    (sla,) = (await world.get("/v1/slas"))["items"]
    body = {"name": "In time", "sla_id": sla["id"], "metric": "resolve", "goal": 0.95, "window_days": 30}
    made: dict[str, Any] = await world.post("/v1/objectives", body | fields)
    return made


async def met(world: World, number: int) -> None:
    for minute in range(number):
        at = NOW - timedelta(days=10, minutes=minute)
        ticket = await world.ticket("SALES", "FIN", opened_at=at.isoformat())
        await world.do("resolve", ticket["id"], at.isoformat())


async def breached(world: World, at: datetime = NOW) -> None:
    ticket = await world.ticket("SALES", "FIN", opened_at=(at - timedelta(hours=1, minutes=5)).isoformat())
    await world.do("resolve", ticket["id"], at.isoformat())


async def checked(database: Database, objective_id: str, now: datetime = NOW) -> str | None:
    work = Work(database, now, SYSTEM)
    await work.write()
    found = await objective_checked(work, UUID(objective_id))
    await work.commit()
    await work.close()
    return None if found is None else found.state


async def burning(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get("/v1/events?types=error_budget.burning"))["items"]
    return found


async def test_a_budget_that_begins_to_burn_is_told_with_how_it_stands(world: World, database: Database) -> None:
    made = await objective(world)
    await met(world, 50)
    assert await checked(database, made["id"]) == "ok"
    assert (await world.get(f"/v1/objectives/{made['id']}")) == made
    await breached(world)
    assert await checked(database, made["id"]) == "burning"
    (event,) = await burning(world)
    now = await world.get(f"/v1/objectives/{made['id']}")
    assert (now["state"], now["state_since"], now["version"]) == ("burning", "2026-03-31T12:00:00Z", 2)
    assert event["occurred_at"] == "2026-03-31T12:00:00Z"
    assert event["data"]["objective"] == now
    assert event["data"]["previous"] == {"state": "ok", "state_since": None}
    assert event["data"]["sla"] == await world.get(f"/v1/slas/{made['sla_id']}")
    figures = event["data"]["error_budget"]
    (row,) = (await world.get("/v1/metrics/error-budget"))["rows"]
    assert figures == {name: value for name, value in row.items() if name != "group"}
    assert (figures["breached"], figures["burn_rate_1h"], figures["state"]) == (1, 20.0, "burning")


async def test_it_is_told_once_while_it_burns_and_again_when_it_had_stopped(world: World, database: Database) -> None:
    made = await objective(world)
    await met(world, 100)
    await breached(world)
    assert await checked(database, made["id"]) == "burning"
    await breached(world)
    assert await checked(database, made["id"]) == "burning"
    assert len(await burning(world)) == 1
    later = NOW + timedelta(days=4)
    assert await checked(database, made["id"], later) == "ok"
    assert len(await burning(world)) == 1
    assert (await world.get(f"/v1/objectives/{made['id']}"))["state_since"] == "2026-04-04T12:00:00Z"


async def test_a_budget_used_up_at_once_is_told_and_one_used_up_while_burning_is_not_told_again(
    world: World, database: Database
) -> None:
    at_once, slowly = await objective(world, name="at once", goal=0.99), await objective(world, name="slowly")
    await met(world, 30)
    await breached(world)
    assert await checked(database, at_once["id"]) == "exhausted"
    assert await checked(database, slowly["id"]) == "burning"
    await breached(world)
    assert await checked(database, slowly["id"]) == "exhausted"
    told = [event["data"]["objective"]["name"] for event in await burning(world)]
    assert told == ["at once", "slowly"]


async def test_however_many_look_at_the_same_time_it_is_told_once(world: World, database: Database) -> None:
    made = await objective(world)
    await met(world, 30)
    await breached(world)
    found = await asyncio.gather(*(checked(database, made["id"]) for _ in range(8)))
    assert found == ["burning"] * 8
    assert len(await burning(world)) == 1
    assert (await world.get(f"/v1/objectives/{made['id']}"))["version"] == 2


async def test_one_that_is_not_active_or_not_there_is_not_watched(world: World, database: Database) -> None:
    made = await objective(world, active=False)
    await breached(world)
    assert await checked(database, made["id"]) is None
    assert await checked(database, str(NOBODY)) is None
    assert await burning(world) == []


async def pending(database: Database) -> list[tuple[str, datetime]]:
    """The looks that are to come: at which objective, and when."""
    what = jobs.c.payload["objective_id"].astext
    statement = select(what, jobs.c.run_at).where(jobs.c.kind == objectives.LOOK).order_by(jobs.c.run_at)
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


async def test_it_is_looked_at_soon_after_a_breach_and_more_often_while_it_burns(
    world: World, database: Database
) -> None:
    made = await objective(world)
    duty = Jobs(objectives.LOOK, look_at_objective)
    assert await pending(database) == [(made["id"], NOW)]
    assert await duty.turn(database, NOW) == 1
    assert await pending(database) == [(made["id"], NOW + timedelta(hours=1))]
    await met(world, 30)
    await breached(world)
    sla_id = UUID(made["sla_id"])
    async with database.writing() as connection:
        await objectives.clocks_breached(connection, [(sla_id, "resolve"), (sla_id, "resolve")], NOW)
        await objectives.clocks_breached(connection, [(sla_id, "acknowledge"), (NOBODY, "resolve")], NOW)
    soon = NOW + timedelta(seconds=objectives.LOOK_AFTER_SECONDS)
    assert await pending(database) == [(made["id"], soon), (made["id"], NOW + timedelta(hours=1))]
    assert await duty.turn(database, NOW) == 0
    assert await duty.turn(database, soon) == 1
    assert await pending(database) == [(made["id"], soon + timedelta(minutes=5))]
    assert len(await burning(world)) == 1


async def test_it_is_looked_at_again_when_other_decisions_are_left_out(world: World, database: Database) -> None:
    made, duty = await objective(world), Jobs(objectives.LOOK, look_at_objective)
    await objective(world, name="not watched", active=False)
    await breached(world)
    assert await duty.turn(database, NOW) == 2
    assert (await world.get(f"/v1/objectives/{made['id']}"))["state"] == "exhausted"
    strike = {"reason": "Strike", "starts_at": "2026-03-31T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}
    window = await world.post("/v1/exclusion-windows", strike)
    path = f"/v1/exclusion-windows/{window['id']}"
    assert await duty.turn(database, NOW) == 1
    assert (await world.get(f"/v1/objectives/{made['id']}"))["state"] == "ok"
    await world.client.patch(path, json={"ends_at": "2026-03-31T06:00:00Z"})
    assert await duty.turn(database, NOW) == 1
    assert (await world.get(f"/v1/objectives/{made['id']}"))["state"] == "exhausted"
    await world.client.patch(path, json={"ends_at": "2026-04-01T00:00:00Z"})
    assert await duty.turn(database, NOW) == 1
    await world.client.delete(path)
    assert await duty.turn(database, NOW) == 1
    assert (await world.get(f"/v1/objectives/{made['id']}"))["state"] == "exhausted"
    assert len(await burning(world)) == 3


async def test_a_clock_that_runs_past_its_due_time_spends_the_budget_without_anybody_touching_it(
    world: World, database: Database
) -> None:
    made, duty = await objective(world), Jobs(objectives.LOOK, look_at_objective)
    await world.ticket("SALES", "FIN", opened_at=(NOW - timedelta(minutes=30)).isoformat())
    assert await duty.turn(database, NOW) == 1
    late = NOW + timedelta(minutes=30, seconds=1)
    soon = late + timedelta(seconds=objectives.LOOK_AFTER_SECONDS)
    assert await Alarms().turn(database, late) == 1
    assert await pending(database) == [(made["id"], soon), (made["id"], NOW + timedelta(hours=1))]
    assert await duty.turn(database, soon) == 1
    (event,) = await burning(world)
    assert (event["data"]["error_budget"]["breached"], event["data"]["objective"]["state"]) == (1, "exhausted")
    assert event["data"]["actor"] == {"type": "system"}


async def test_whoever_tells_a_breach_waits_for_no_look_that_is_being_done(world: World, database: Database) -> None:
    made = await objective(world)
    for minutes in (30, 29):
        await world.ticket("SALES", "FIN", opened_at=(NOW - timedelta(minutes=minutes)).isoformat())
    first, begun, go_on = NOW + timedelta(minutes=30, seconds=1), asyncio.Event(), asyncio.Event()

    async def slowly(work: Work, asked: Job) -> None:
        begun.set()
        await go_on.wait()
        await look_at_objective(work, asked)

    assert await Jobs(objectives.LOOK, look_at_objective).turn(database, NOW) == 1
    assert await Alarms().turn(database, first) == 1
    looks = asyncio.create_task(Jobs(objectives.LOOK, slowly).turn(database, first + timedelta(seconds=2)))
    await begun.wait()
    async with asyncio.timeout(60):
        assert await Alarms().turn(database, first + timedelta(minutes=1)) == 1
    go_on.set()
    assert await looks == 1
    assert [id_ for id_, _ in await pending(database)] == [made["id"]] * 2


async def test_the_job_of_one_that_is_no_longer_active_is_the_last(world: World, database: Database) -> None:
    made = await objective(world)
    await world.client.patch(f"/v1/objectives/{made['id']}", json={"active": False})
    assert await Jobs(objectives.LOOK, look_at_objective).turn(database, NOW) == 1
    assert await pending(database) == []
    await world.client.patch(f"/v1/objectives/{made['id']}", json={"active": True})
    assert await pending(database) == [(made["id"], NOW)]
