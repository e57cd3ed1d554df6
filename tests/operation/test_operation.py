"""What the service tells of itself: whether it is ready, whether any worker lives, and how far behind that is."""

import asyncio
from datetime import timedelta

import httpx
from sqlalchemy import update

from app.kernel.database import Database
from app.kernel.jobs import Job, Jobs
from app.kernel.lanes import change_lane
from app.kernel.work import Work
from app.operation.background import why_a_job_failed
from app.tickets.tables import ticket_clocks
from tests.conftest import Clock, Statements
from tests.kernel.background_work import ask_for, now, working
from tests.kernel.errands import Errands, a_lane, duty_of, put, waiting
from tests.tickets.worlds import World

NOW = "2026-03-02T09:00:00+00:00"


async def background_work(client: httpx.AsyncClient) -> dict[str, object]:
    answered = await client.get("/readyz")
    assert answered.status_code == 200
    told: dict[str, object] = answered.json()["background_work"]
    return told


async def test_without_a_worker_it_is_ready_and_says_that_none_lives(client: httpx.AsyncClient) -> None:
    assert await background_work(client) == {
        "alive": False,
        "workers": 0,
        "alarms_behind_seconds": 0,
        "jobs_behind_seconds": 0,
        "jobs_failing": 0,
    }


async def test_it_tells_how_many_workers_live(client: httpx.AsyncClient, database: Database) -> None:
    async with working(database, [], count=2):
        told = await background_work(client)
    assert (told["alive"], told["workers"]) == (True, 2)


async def test_it_tells_since_when_the_oldest_job_of_any_kind_has_waited(
    client: httpx.AsyncClient, database: Database, clock: Clock, statements: Statements
) -> None:
    clock.at(NOW)
    for kind, minutes in (("a", 5), ("b", -3), ("b", -1), ("c", -2)):
        await ask_for(database, kind, ["it"], clock() + timedelta(minutes=minutes))
    statements.clear()
    assert (await background_work(client))["jobs_behind_seconds"] == 180
    assert len(statements) <= 8


async def test_what_is_yet_to_come_is_not_behind(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    clock.at(NOW)
    await ask_for(database, "a", ["it"], clock() + timedelta(seconds=1))
    assert (await background_work(client))["jobs_behind_seconds"] == 0


async def test_what_waits_in_a_lane_that_nobody_minds_is_behind(
    client: httpx.AsyncClient, database: Database, clock: Clock, statements: Statements
) -> None:
    clock.at(NOW)
    for minutes, ordered in ((-3, False), (-4, True)):
        await put(database, await a_lane(database, ordered=ordered), "it", at=clock() + timedelta(minutes=minutes))
    statements.clear()
    assert (await background_work(client))["jobs_behind_seconds"] == 240
    assert len(statements) <= 8


async def test_what_waits_for_what_lies_outside_is_not_behind_and_has_not_failed(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    """One lane is stopped, one closed, one busy, and the first of the ordered one is to be tried again later."""
    clock.at(NOW)
    due, later = clock() - timedelta(minutes=9), clock() + timedelta(minutes=9)
    busy, ordered = await a_lane(database, width=1), await a_lane(database, ordered=True)
    await put(database, busy, "held", "waits", at=due)
    await put(database, ordered, "again", "waits", at=due)
    errands = Errands(held={"held": asyncio.Event()}, again={"again": later}, tells=False)
    duty = duty_of(errands, now=clock)
    await duty.turn(database, clock())
    while len(await waiting(database)) == 3 and (await waiting(database))["again"]["run_at"] != later:
        await asyncio.sleep(0.01)
    for changes in ({"stopped": True}, {"opens_at": clock() - timedelta(seconds=1)}, {"opens_at": later}):
        lane = await a_lane(database)
        await put(database, lane, "it", at=due)
        async with database.writing() as connection:
            await change_lane(connection, lane, **changes)
    found = await background_work(client)
    await duty.end()
    assert (found["jobs_behind_seconds"], found["jobs_failing"]) == (0, 0)


async def test_it_tells_since_when_the_oldest_alarm_has_waited(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    clock.at(NOW)
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    await world.ticket("SAL", "FIN")
    async with database.writing() as connection:
        await connection.execute(update(ticket_clocks).values(next_alarm_at=clock() - timedelta(seconds=7)))
    assert (await background_work(client))["alarms_behind_seconds"] == 7


async def test_a_job_that_failed_is_told_although_its_next_attempt_is_to_come(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def fail(work: Work, found: Job) -> None:
        raise RuntimeError("the printer is on fire")

    await ask_for(database, "print", ["it"])
    await Jobs("print", fail).turn(database, now())
    told = await background_work(client)
    assert (told["jobs_failing"], told["jobs_behind_seconds"]) == (1, 0)
    async with database.reading() as connection:
        assert await why_a_job_failed(connection) == "print: RuntimeError: the printer is on fire"


async def test_prometheus_gets_the_same_figures(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    clock.at(NOW)
    await ask_for(database, "a", ["it"], clock() - timedelta(seconds=90))
    async with working(database, []):
        figures = (await client.get("/metrics")).text.splitlines()
    assert "outward_background_workers 1.0" in figures
    assert "outward_jobs_behind_seconds 90.0" in figures
    assert "outward_alarms_behind_seconds 0.0" in figures
    assert "outward_jobs_failing 0.0" in figures
