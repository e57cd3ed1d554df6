"""The analysis of a delivered commitment is stored, and made again when its history has changed."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, func, select, text, update

from app.kernel.database import Database
from app.ripple import service
from app.ripple.engine.analysis import ENGINE_VERSION
from app.ripple.keeping import keeping
from app.ripple.keeping.keeping import LEFT_FOR, SEARCHED_EVERY, Keeping
from app.ripple.keeping.marking import Marking
from app.ripple.tables import ripple_analyses, ripple_marks, ripple_places
from app.worker import duties
from tests.blocked import somebody_waits
from tests.conftest import Clock, Statements
from tests.kernel.background_work import eventually, now, working
from tests.ripple.kept import keep, mark, marked, stored, stored_from_nothing
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    return world


def an_id(made: dict[str, Any]) -> UUID:
    return UUID(made["id"])


async def ripple(world: World, made: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await world.get(f"/v1/commitments/{made['id']}/ripple")
    return answer


async def test_what_is_stored_is_what_is_answered(world: World, database: Database) -> None:
    made = await primary_and_reactionary(world)
    computed = (await world.client.get(f"/v1/commitments/{made['id']}/ripple")).content
    await keep(database)
    row = (await stored(database))[an_id(made)]
    assert row["analysis"].encode() == computed
    assert (row["lateness_seconds"], row["plan_seconds"], row["delay_seconds"]) == (2 * DAY, 0, 2 * DAY)
    assert (row["engine_version"], len(row["graph_hash"])) == (ENGINE_VERSION, 16)
    assert await marked(database) == set()


async def test_a_commitment_is_answered_from_what_is_stored(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await primary_and_reactionary(world)
    computed = await ripple(world, made)
    await keep(database)
    monkeypatch.delattr(service, "analyse")
    assert await ripple(world, made) == computed


@pytest.mark.parametrize("outdated", ["graph_hash", "engine_version"])
async def test_a_stored_answer_of_another_history_or_engine_is_not_given(
    world: World, database: Database, outdated: str
) -> None:
    made = await primary_and_reactionary(world)
    computed = await ripple(world, made)
    await keep(database)
    other = {"graph_hash": b"other", "engine_version": "0"}[outdated]
    async with database.writing() as connection:
        await connection.execute(update(ripple_analyses).values({outdated: other, "analysis": {}}))
    assert await ripple(world, made) == computed


async def test_a_change_that_is_yet_to_be_marked_is_answered_already(world: World, database: Database) -> None:
    made = await primary_and_reactionary(world)
    await keep(database)
    before = await ripple(world, made)
    await world.do("reopen", made["T2"], "2026-03-08T15:00:00Z")
    await world.do("resolve", made["T2"], "2026-03-08T20:00:00Z")
    changed = await ripple(world, made)
    assert changed["segments"] != before["segments"]
    await keep(database)
    assert await ripple(world, made) == changed


async def test_an_answer_from_what_is_stored_costs_the_same_statements_whatever_is_beneath(
    world: World, database: Database, statements: Statements
) -> None:
    made = await primary_and_reactionary(world)
    costs = []
    for _ in range(2):
        await keep(database)
        statements.clear()
        await ripple(world, made)
        costs.append(len(statements))
        for _ in range(3):
            await world.ticket("Operations", "Finance", blocks=[made["T1"]], opened_at="2026-03-04T09:00:00Z")
    assert costs == [7, 7]


async def test_a_commitment_that_is_open_has_none_and_keeps_its_mark(world: World, database: Database) -> None:
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    await keep(database)
    assert (await stored(database), await marked(database)) == ({}, {an_id(commitment)})


@pytest.mark.parametrize("status", ["open", "cancelled"])
async def test_a_commitment_that_is_no_longer_delivered_loses_its_analysis(
    world: World, database: Database, status: str
) -> None:
    made = await primary_and_reactionary(world)
    await keep(database)
    ended = ", cancelled_at = now()" if status == "cancelled" else ""
    async with database.writing() as connection:
        await connection.execute(text(f"update commitments set status = '{status}', delivered_at = null{ended}"))
    await world.do("reopen", made["T2"])
    await keep(database)
    assert await stored(database) == {}
    assert await marked(database) == ({an_id(made)} if status == "open" else set())


async def test_places_are_kept_by_what_keeps_its_name(world: World, database: Database) -> None:
    await primary_and_reactionary(world)
    await keep(database)
    before = await stored(database)
    async with database.reading() as connection:
        places = (await connection.execute(select(ripple_places))).all()
    finance = await world.department("Finance")
    assert {place.party for place in places} <= set(world.departments.values())
    path = f"/v1/departments/{finance}"
    assert (await world.client.patch(path, json={"key": "FIN"})).status_code == 200
    await keep(database)
    (after,), (once,) = (await stored(database)).values(), before.values()
    assert (after["places"], after["outward"]) == (once["places"], once["outward"])
    assert json.loads(after["analysis"])["attribution"][0]["party"] == "FIN"


async def test_a_place_is_stored_once_also_where_it_has_nothing(world: World, database: Database) -> None:
    async def kept_places() -> list[Any]:
        await keep(database)
        async with database.reading() as connection:
            return list((await connection.execute(select(ripple_places).order_by(ripple_places.c.id))).all())

    await primary_and_reactionary(world, day=2)
    first = await kept_places()
    await primary_and_reactionary(world, day=3)
    assert await kept_places() == first
    assert None in {place.request_type_id for place in first}


async def test_whose_analysis_is_missing_or_by_another_engine_is_found(world: World, database: Database) -> None:
    missing, older = [await primary_and_reactionary(world, day=day) for day in (2, 3)]
    await keep(database)
    before = await stored(database)
    async with database.writing() as connection:
        await connection.execute(delete(ripple_analyses).where(ripple_analyses.c.commitment_id == an_id(missing)))
        outdated = update(ripple_analyses).where(ripple_analyses.c.commitment_id == an_id(older))
        await connection.execute(outdated.values(engine_version="0", analysis={}))
    await keep(database)
    assert await stored(database) == before


async def test_it_looks_for_those_at_first_and_every_hour(world: World, database: Database) -> None:
    await primary_and_reactionary(world)
    await keep(database)
    duty = Keeping()
    await duty.turn(database, now())
    async with database.writing() as connection:
        await connection.execute(delete(ripple_analyses))
    assert await duty.turn(database, now()) == 0
    async with database.reading() as connection:
        at = await duty.next_at(connection)
    assert at is not None
    assert abs(at - now() - SEARCHED_EVERY) < timedelta(seconds=30)
    assert await duty.turn(database, at) == 1


async def test_what_was_marked_last_is_looked_at_first(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 1)
    first, last = [await primary_and_reactionary(world, day=day) for day in (2, 3)]
    await keep(database)
    async with database.writing() as connection:
        await connection.execute(delete(ripple_analyses))
        for made, seconds in ((first, 0), (last, 1)):
            marks = {"commitment_id": an_id(made), "marked_at": now() + timedelta(seconds=seconds)}
            await connection.execute(ripple_marks.insert(), marks)
    duty = Keeping()
    assert await duty.turn(database, now()) == 1
    assert set(await stored(database)) == {an_id(last)}


async def test_one_that_cannot_be_analysed_keeps_no_other_from_being_stored(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = [await primary_and_reactionary(world, day=day) for day in (2, 3)]
    await mark(database)
    analysed = keeping.analysed

    def failing(history: Any, *others: Any) -> Any:
        if history.commitment.id == an_id(bad):
            raise ArithmeticError("no such history")
        return analysed(history, *others)

    monkeypatch.setattr(keeping, "analysed", failing)
    duty, at = Keeping(), now()
    assert [await duty.turn(database, at), await duty.turn(database, at)] == [1, 0]
    assert (set(await stored(database)), await marked(database)) == ({an_id(good)}, {an_id(bad)})
    async with database.reading() as connection:
        assert await duty.next_at(connection) == at + LEFT_FOR
    monkeypatch.undo()
    assert await duty.turn(database, at + LEFT_FOR) == 1
    assert set(await stored(database)) == {an_id(good), an_id(bad)}


async def test_a_change_that_is_told_while_the_analysis_is_made_is_not_lost(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await primary_and_reactionary(world)
    await mark(database)
    loaded, goes_on, load = asyncio.Event(), asyncio.Event(), keeping.load_some

    async def slowly(*arguments: Any) -> Any:
        histories = await load(*arguments)
        loaded.set()
        await goes_on.wait()
        return histories

    monkeypatch.setattr(keeping, "load_some", slowly)
    making = asyncio.create_task(Keeping().turn(database, now()))
    await loaded.wait()
    await world.do("reopen", made["T2"], "2026-03-08T15:00:00Z")
    await world.do("resolve", made["T2"], "2026-03-08T20:00:00Z")
    marking = asyncio.create_task(Marking().turn(database, now()))
    await somebody_waits(database)
    goes_on.set()
    await asyncio.gather(making, marking)
    outdated = await stored(database)
    assert await marked(database) == {an_id(made)}
    monkeypatch.undo()
    await keep(database)
    redone = await stored(database)
    assert redone != outdated
    assert redone == await stored_from_nothing(database)


async def test_several_workers_share_the_marks_and_store_each_once(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 2)
    workers = [Keeping() for _ in range(3)]
    for each in workers:
        await each.turn(database, now())
    for day in range(2, 8):
        await primary_and_reactionary(world, day=day)
    await mark(database)
    done = await asyncio.gather(*[each.turn(database, now()) for each in workers])
    assert sorted(done) == [2, 2, 2]
    assert len(await stored(database)) == 6


async def test_a_batch_costs_the_same_statements_for_one_commitment_and_for_five(
    world: World, database: Database, statements: Statements
) -> None:
    await primary_and_reactionary(world)
    duty, costs = Keeping(), []
    await keep(database)
    await duty.turn(database, now())
    for days in ((3,), (4, 5, 6, 7, 8)):
        for day in days:
            await primary_and_reactionary(world, day=day)
        await mark(database)
        statements.clear()
        assert await duty.turn(database, now()) == len(days)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 14


async def test_a_worker_stores_the_analysis_within_seconds_of_delivery(
    world: World, database: Database, settings: Any
) -> None:
    async def count() -> int:
        async with database.reading() as connection:
            analyses = select(func.count()).select_from(ripple_analyses)
            return int((await connection.execute(analyses)).scalar_one())

    wanted = [duty for duty in duties(settings) if duty.name.startswith("ripple")]
    async with working(database, wanted):
        await primary_and_reactionary(world)
        await eventually(count, 1)
