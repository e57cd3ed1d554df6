"""Looking ahead: forecasts of open commitments are kept, and crossings told once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update

from app.kernel.background import FAILED
from app.kernel.database import Database
from app.ripple.forecasting.forecast_duty import LookAhead
from app.ripple.tables import ripple_forecasts
from tests.conftest import Clock, Statements
from tests.ripple.foreseen import look, mark, marked, past_commitments, promise, stored, told
from tests.ripple.kept import keep
from tests.tickets.worlds import World

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> World:
    clock.instant = START
    world = World(client)
    await past_commitments(database, world)
    return world


async def foreseen(world: World, database: Database, hours: float, **fields: object) -> str:
    """A commitment that is looked at when it is made, and again after some hours."""
    made: str = (await promise(world, START, **fields))["id"]
    await mark(database, [made])
    await look(database, START)
    await look(database, after(hours))
    return made


async def execute(database: Database, statement: str) -> None:
    async with database.writing() as connection:
        await connection.execute(text(statement))


async def test_a_marked_commitment_is_forecast_as_it_is_answered(world: World, database: Database) -> None:
    made = (await promise(world, START))["id"]
    await mark(database, [made])
    assert await LookAhead().turn(database, START) == 1
    row, answer = (await stored(database))[made], await world.get(f"/v1/commitments/{made}/forecast")
    assert await marked(database) == set()
    assert {name: answer[name] for name in ("as_of", "p50", "p80", "p95")} == {
        name: getattr(row, name).isoformat().replace("+00:00", "Z") for name in ("as_of", "p50", "p80", "p95")
    }
    assert row.probability_late == answer["probability_late"] == pytest.approx(0.15, abs=0.04)
    assert (row.at_risk_since, row.last_ticket_id) == (None, None)
    assert row.look_at == after(2)


async def test_what_becomes_likely_late_as_time_passes_is_told_once(world: World, database: Database) -> None:
    made = await foreseen(world, database, 80)
    assert await told(world) == []
    await look(database, after(150))
    await look(database, after(160))
    ((kind, data),) = await told(world)
    assert (kind, data["commitment"]["id"], data["actor"]) == ("at_risk", made, {"type": "system"})
    assert data["forecast"]["probability_late"] == pytest.approx(15 / 25, abs=0.06)
    assert data["forecast"]["at_risk_since"] == data["forecast"]["as_of"] == "2026-03-08T15:00:00Z"
    assert data["previous"]["probability_late"] < 0.5
    assert data["previous"]["at_risk_since"] is None
    assert (await stored(database))[made].at_risk_since == after(150)


async def test_one_that_gets_more_time_is_back_on_track(world: World, database: Database, clock: Clock) -> None:
    made = await foreseen(world, database, 150)
    clock.instant = after(151)
    body = {"due_at": after(400).isoformat(), "reason": "They agreed.", "customer_agreed": True}
    await world.post(f"/v1/commitments/{made}/reschedule", body, status=200)
    await mark(database, [made])
    await look(database, after(151))
    (_, at_risk), (kind, data) = await told(world)
    assert kind == "back_on_track"
    assert data["forecast"]["probability_late"] == pytest.approx(15 / (100 - 85 * 151 / 400), abs=0.05)
    assert data["forecast"]["at_risk_since"] is None
    assert data["previous"]["at_risk_since"] == at_risk["forecast"]["at_risk_since"]
    assert data["commitment"]["due_at"] == "2026-03-19T01:00:00Z"


async def test_one_past_its_due_time_is_told_the_second_after(world: World, database: Database) -> None:
    made = (await promise(world, START, hours=1))["id"]
    await mark(database, [made])
    now, duty = START, LookAhead()
    while not await told(world):
        await look(database, now, duty)
        now = (await stored(database))[made].look_at
    row = (await stored(database))[made]
    assert row.as_of <= after(1) + timedelta(seconds=1)


async def test_a_new_promise_that_can_hardly_be_kept_is_told_at_once(world: World, database: Database) -> None:
    made = (await promise(world, START - timedelta(hours=160)))["id"]
    await mark(database, [made])
    await look(database, START)
    ((kind, data),) = await told(world)
    assert (kind, data["previous"]) == ("at_risk", {})


async def test_how_history_stands_when_it_is_recorded_is_no_news(world: World, database: Database) -> None:
    made = (await promise(world, START - timedelta(hours=160)))["id"]
    await world.ticket("Sales", "Finance", commitment_id=made)
    await execute(database, """update ticket_history set actor = '{"type": "import"}' where number = 1""")
    await mark(database, [made])
    await look(database, START)
    assert await told(world) == []
    assert (await stored(database))[made].at_risk_since == START


async def test_how_things_stand_when_forecasts_are_introduced_is_no_news(world: World, database: Database) -> None:
    made = (await promise(world, START - timedelta(hours=160)))["id"]
    await execute(database, f"insert into ripple_forecasts values ('{made}', '{START.isoformat()}', true)")
    await look(database, START)
    row = (await stored(database))[made]
    assert (await told(world), row.at_risk_since, row.is_baseline) == ([], START, False)


async def test_workers_at_the_same_time_tell_each_crossing_once(world: World, database: Database) -> None:
    ids = [(await promise(world, START - timedelta(hours=160)))["id"] for _ in range(12)]
    await mark(database, ids)
    await asyncio.gather(*(look(database, START) for _ in range(4)))
    await execute(database, f"update ripple_forecasts set look_at = '{START.isoformat()}'")
    await asyncio.gather(*(look(database, START) for _ in range(4)))
    assert sorted(data["commitment"]["id"] for _, data in await told(world)) == sorted(ids)
    assert (await stored(database)).keys() == set(ids)


async def test_what_a_worker_was_about_to_tell_when_it_died_is_told_by_another(
    world: World, database: Database
) -> None:
    made = (await promise(world, START - timedelta(hours=160)))["id"]
    await mark(database, [made])
    await execute(
        database,
        "create function dies() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$",
    )
    await execute(database, "create trigger dies before insert on events execute function dies()")
    try:
        with pytest.raises(Exception, match="killed"):
            await LookAhead().turn(database, START)
    finally:
        await execute(database, "drop function dies cascade")
    assert (await stored(database))[made].as_of is None
    await look(database, START)
    assert [kind for kind, _ in await told(world)] == ["at_risk"]


async def test_nothing_is_told_of_one_that_is_just_being_delivered(world: World, database: Database) -> None:
    made = (await promise(world, START - timedelta(hours=160)))["id"]
    await mark(database, [made])
    async with database.writing() as delivering:
        await delivering.execute(
            text("update commitments set status = 'delivered', delivered_at = :at where id = :id"),
            {"at": START, "id": UUID(made)},
        )
        assert await LookAhead().turn(database, START) == 1
    row = (await stored(database))[made]
    assert (row.as_of, row.look_at) == (None, START + timedelta(seconds=1))
    await look(database, START + timedelta(seconds=1))
    assert (await told(world), await stored(database)) == ([], {})


async def test_the_mark_of_a_delivered_one_is_left_to_whoever_analyses_it(world: World, database: Database) -> None:
    made = (await promise(world, START))["id"]
    await world.post(f"/v1/commitments/{made}/deliver", {}, status=200)
    await mark(database, [made])
    assert await LookAhead().turn(database, START) == 0
    assert (await marked(database), await stored(database)) == ({made}, {})


@pytest.mark.parametrize(("verb", "body"), [("deliver", {}), ("cancel", {"reason": "They withdrew."})])
async def test_one_that_has_ended_is_forecast_no_more(
    world: World, database: Database, verb: str, body: dict[str, str]
) -> None:
    made = await foreseen(world, database, 1)
    await world.post(f"/v1/commitments/{made}/{verb}", body, status=200)
    await look(database, after(24))
    assert await stored(database) == {}


async def test_one_that_cannot_be_forecast_keeps_no_other_from_it(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [(await promise(world, START))["id"] for _ in range(3)]
    await mark(database, ids)
    forecast = LookAhead.turn.__globals__["made_of"]

    def fails(history, now, experience):
        if str(history.commitment.id) == ids[1]:
            raise ValueError("no possible history")
        return forecast(history, now, experience)

    monkeypatch.setitem(LookAhead.turn.__globals__, "made_of", fails)
    before = FAILED.labels("forecasts")._value.get()
    await look(database, START)
    rows = await stored(database)
    assert [rows[id_].as_of is None for id_ in ids] == [False, True, False]
    assert rows[ids[1]].look_at == after(1)
    assert FAILED.labels("forecasts")._value.get() == before + 1


async def test_many_are_looked_at_in_as_many_statements_as_one(
    world: World, database: Database, statements: Statements
) -> None:
    counts, duty = [], LookAhead()
    for number in (1, 30):
        ids = [(await promise(world, START - timedelta(hours=160)))["id"] for _ in range(number)]
        await mark(database, ids)
        await duty.turn(database, START - timedelta(days=1))
        async with database.writing() as connection:
            await connection.execute(update(ripple_forecasts).values(at_risk_since=None, look_at=START))
        statements.clear()
        assert await duty.turn(database, START) >= number
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_what_is_done_to_a_commitment_leads_to_a_look_and_its_delivery_ends_them(
    world: World, database: Database
) -> None:
    made = await promise(world, START)
    await keep(database)
    await look(database, START)
    assert (await stored(database))[made["id"]].last_ticket_id is None
    ticket = await world.ticket("Sales", "Finance", commitment_id=made["id"])
    await keep(database)
    await look(database, START)
    assert str((await stored(database))[made["id"]].last_ticket_id) == ticket["id"]
    await world.post(f"/v1/commitments/{made['id']}/deliver", {}, status=200)
    await keep(database)
    assert (await stored(database), await marked(database)) == ({}, set())


async def test_the_mark_of_one_that_is_open_again_is_left_until_its_analysis_is_gone(
    world: World, database: Database
) -> None:
    made = (await promise(world, START))["id"]
    await world.post(f"/v1/commitments/{made}/deliver", {}, status=200)
    await keep(database)
    await execute(database, f"update commitments set status = 'open', delivered_at = null where id = '{made}'")
    await mark(database, [made])
    assert await LookAhead().turn(database, START) == 0
    await keep(database)
    assert await LookAhead().turn(database, START) == 1


async def test_it_next_has_work_when_something_is_marked_or_time_has_passed(world: World, database: Database) -> None:
    duty = LookAhead()

    async def next_at() -> datetime | None:
        async with database.reading() as connection:
            return await duty.next_at(connection)

    assert await next_at() is None
    made = (await promise(world, START))["id"]
    await mark(database, [made])
    assert await next_at() < START
    await look(database, START, duty)
    assert await next_at() == after(2)
