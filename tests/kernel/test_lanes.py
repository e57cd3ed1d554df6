"""Lanes: each job is done at least once, by one worker at a time, and no lane holds up another."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text

from app.kernel.background import Worker
from app.kernel.database import Database
from app.kernel.lanes import Lanes, change_lane, remove_lane
from app.kernel.listening import CHANNEL
from tests.conftest import Statements
from tests.kernel.background_work import eventually, left, now, nudges_told, soon, told, working
from tests.kernel.errands import Errands, a_lane, all_done, duty_of, put, waiting


async def next_at(duty: Lanes[str, str], database: Database) -> datetime | None:
    async with database.reading() as connection:
        return await duty.next_at(connection)


async def test_what_is_due_is_done_and_the_rest_stays(database: Database) -> None:
    lane, later = await a_lane(database), soon(600)
    await put(database, lane, "this", "that", at=soon(-5))
    await put(database, lane, "later", at=later)
    errands = Errands()
    duty = duty_of(errands)
    assert await duty.turn(database, now()) == 2
    await duty.finish()
    assert sorted(await told(database)) == ["that", "this"]
    assert list(await waiting(database)) == ["later"]
    assert await next_at(duty, database) == later


async def test_a_job_is_done_at_its_instant_and_not_before(database: Database) -> None:
    instant = soon(-3600)
    await put(database, await a_lane(database), "it", at=instant)
    duty = duty_of(Errands())
    assert await duty.turn(database, instant - timedelta(seconds=1)) == 0
    assert await duty.turn(database, instant) == 1
    await duty.finish()


async def test_a_turn_does_not_wait_for_what_it_begins(database: Database) -> None:
    let_go = asyncio.Event()
    await put(database, await a_lane(database), "it")
    duty = duty_of(Errands(held={"it": let_go}))
    assert await duty.turn(database, now()) == 1
    assert await told(database) == []
    let_go.set()
    await duty.finish()
    assert await told(database) == ["it"]


async def test_a_claimed_job_tells_when_it_fell_due_and_how_often_it_was_tried(database: Database) -> None:
    first, second = soon(-60), soon(-30)
    lane = await a_lane(database)
    await put(database, lane, "it", at=first, position=7)
    errands = Errands(again={"it": second})
    await all_done(duty_of(errands), database)
    assert [(job.lane, job.run_at, job.attempts, job.position) for job in errands.claimed] == [
        (lane, first, 0, 7),
        (lane, second, 1, 7),
    ]


async def test_what_is_to_be_done_again_is_done_at_the_instant_that_settling_it_names(database: Database) -> None:
    await put(database, await a_lane(database), "it")
    again = soon(300)
    duty = duty_of(Errands(again={"it": again}))
    await all_done(duty, database)
    row = (await waiting(database))["it"]
    assert (row["run_at"], row["attempts"], row["leased_by"]) == (again, 1, None)
    assert await duty.turn(database, again) == 1
    await duty.finish()
    assert (await told(database), await left(database)) == (["it", "it"], 0)


async def test_a_job_of_which_nothing_is_loaded_ends(database: Database) -> None:
    await put(database, await a_lane(database), "it", "needless")
    errands = Errands(unneeded=frozenset({"needless"}))
    await all_done(duty_of(errands), database)
    assert (errands.begun, await left(database)) == (["it"], 0)


async def test_a_job_of_a_worker_that_was_killed_is_done_when_its_lease_has_run_out(database: Database) -> None:
    """The killed one is played by one that hangs."""
    at = now()
    await put(database, await a_lane(database), "it", at=at)
    killed, living = duty_of(Errands(held={"it": asyncio.Event()}), lease_seconds=30), duty_of(Errands())
    assert await killed.turn(database, at) == 1
    assert await living.turn(database, at + timedelta(seconds=29)) == 0
    assert await living.turn(database, at + timedelta(seconds=30)) == 1
    await living.finish()
    assert (await told(database), await left(database)) == (["it"], 0)
    await killed.end()


async def test_what_comes_of_a_job_that_another_worker_has_meanwhile_is_void(database: Database) -> None:
    at, one_goes_on, other_goes_on = now(), asyncio.Event(), asyncio.Event()
    await put(database, await a_lane(database), "it", at=at)
    one, other = duty_of(Errands(held={"it": one_goes_on})), duty_of(Errands(held={"it": other_goes_on}))
    await one.turn(database, at)
    await other.turn(database, at + timedelta(seconds=30))
    one_goes_on.set()
    await one.finish()
    assert (await told(database), await left(database)) == ([], 1)
    other_goes_on.set()
    await other.finish()
    assert (await told(database), await left(database)) == (["it"], 0)


async def test_workers_share_jobs_and_no_two_do_the_same(database: Database) -> None:
    names = [f"{number:03}" for number in range(300)]
    for start in range(0, 300, 60):
        await put(database, await a_lane(database), *names[start : start + 60])
    several = [Errands(takes_seconds=0.002) for _ in range(3)]
    workers = [Worker(database, [duty_of(errands, at_once=20)]) for errands in several]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    await eventually(lambda: left(database), 0)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)
    assert sorted(name for errands in several for name in errands.begun) == names
    assert sorted(await told(database)) == names


async def test_an_ordered_lane_does_one_after_the_other_by_position(database: Database) -> None:
    lane = await a_lane(database, ordered=True)
    await put(database, lane, "third", at=soon(-9), position=3)
    await put(database, lane, "first", "second", at=soon(-5), position=1)
    duty = duty_of(Errands())
    for _ in range(3):
        assert await duty.turn(database, now()) == 1
        assert await duty.turn(database, now()) == 0
        await duty.finish()
    assert await told(database) == ["first", "second", "third"]


async def test_an_ordered_lane_waits_for_its_first_job_though_others_are_due(database: Database) -> None:
    again = soon(300)
    await put(database, await a_lane(database, ordered=True), "first", "second")
    duty = duty_of(Errands(again={"first": again}))
    await all_done(duty, database)
    assert list(await waiting(database)) == ["first", "second"]
    assert await next_at(duty, database) == again
    await all_done(duty, database, lambda: again)
    assert await told(database) == ["first", "first", "second"]


async def test_an_ordered_lane_begins_nothing_while_another_worker_is_at_any_of_it(database: Database) -> None:
    lane, let_go = await a_lane(database, ordered=True), asyncio.Event()
    await put(database, lane, "second", position=2)
    one, other = duty_of(Errands(held={"second": let_go})), duty_of(Errands())
    assert await one.turn(database, now()) == 1
    await put(database, lane, "first", position=1)
    assert await other.turn(database, now()) == 0
    let_go.set()
    await one.finish()
    assert await other.turn(database, now()) == 1
    await other.finish()


async def test_places_are_dealt_over_the_lanes_however_much_waits_in_one(database: Database) -> None:
    many, few = await a_lane(database), await a_lane(database)
    await put(database, many, *(f"many {number}" for number in range(200)), at=soon(-600))
    await put(database, few, "few 1", "few 2", "few 3")
    errands = Errands()
    duty = duty_of(errands, at_once=4)
    assert await duty.turn(database, now()) == 4
    assert sorted(job.lane for job in errands.claimed) == sorted([many, many, few, few])
    await duty.finish()


async def test_places_that_do_not_come_out_even_go_to_as_many_lanes_as_there_are(database: Database) -> None:
    lanes = [await a_lane(database) for _ in range(3)]
    for lane, seconds in zip(lanes, (-9, -6, -3), strict=True):
        await put(database, lane, *"abcdef", at=soon(seconds))
    errands = Errands()
    duty = duty_of(errands, at_once=4)
    assert await duty.turn(database, now()) == 4
    assert sorted(job.lane for job in errands.claimed) == sorted([*lanes, lanes[0]])
    await duty.finish()


async def test_when_places_are_few_every_lane_gets_one_in_its_turn(database: Database) -> None:
    lanes = [await a_lane(database) for _ in range(3)]
    for lane, seconds in zip(lanes, (-9, -6, -3), strict=True):
        await put(database, lane, *"abcdef", at=soon(seconds))
    errands = Errands()
    duty = duty_of(errands, at_once=1)
    for _ in range(9):
        await duty.turn(database, now())
        await duty.finish()
    assert [job.lane for job in errands.claimed] == 3 * lanes


async def test_the_lanes_in_which_least_is_done_come_first(database: Database) -> None:
    let_go = asyncio.Event()
    busy, idle = await a_lane(database), await a_lane(database)
    await put(database, busy, "a", "b", at=soon(-9))
    errands = Errands(held={"a": let_go, "b": let_go})
    duty = duty_of(errands, at_once=3)
    assert await duty.turn(database, now()) == 2
    await put(database, busy, "c", at=soon(-9))
    await put(database, idle, "d")
    assert await duty.turn(database, now()) == 1
    let_go.set()
    await duty.finish()
    assert errands.begun[2:] == ["d"]


async def test_a_lane_is_no_wider_than_it_says(database: Database) -> None:
    let_go = asyncio.Event()
    await put(database, await a_lane(database, width=2), "a", "b", "c")
    duty = duty_of(Errands(held=dict.fromkeys("abc", let_go)))
    assert await duty.turn(database, now()) == 2
    assert await duty.turn(database, now()) == 0
    assert await next_at(duty, database) is None
    let_go.set()
    await duty.finish()
    assert await duty.turn(database, now()) == 1
    await duty.finish()


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_full_lane_goes_on_as_soon_as_one_of_its_jobs_is_done(database: Database, ordered: bool) -> None:
    names = [f"{number:02}" for number in range(15)]
    await put(database, await a_lane(database, width=1, ordered=ordered), *names)
    errands = Errands(takes_seconds=0.05)
    async with working(database, [duty_of(errands)]):
        await eventually(lambda: left(database), 0)
    assert sorted(errands.begun) == names


async def test_a_lane_that_hangs_delays_no_other(database: Database) -> None:
    let_go = asyncio.Event()
    hanging, healthy = await a_lane(database), await a_lane(database)
    held = [f"held {number}" for number in range(8)]
    names = [f"{number:02}" for number in range(50)]
    await put(database, hanging, *held, at=soon(-60))
    errands = Errands(held=dict.fromkeys(held, let_go))
    async with working(database, [duty_of(errands, at_once=4)]):
        await eventually(lambda: asyncio.sleep(0, len(errands.under_way)), 8)
        await put(database, healthy, *names)
        await eventually(lambda: told_sorted(database), names)
        let_go.set()


async def told_sorted(database: Database) -> list[str]:
    return sorted(await told(database))


async def test_a_stopped_lane_waits_and_goes_on_at_once_when_it_is_let(database: Database) -> None:
    lane = await a_lane(database)
    await put(database, lane, "it")
    async with database.writing() as connection:
        await change_lane(connection, lane, stopped=True)
    duty = duty_of(Errands())
    assert (await next_at(duty, database), await duty.turn(database, now())) == (None, 0)
    async with working(database, [duty]):
        await asyncio.sleep(0.2)
        async with database.writing() as connection:
            await change_lane(connection, lane, stopped=False)
        await eventually(lambda: told(database), ["it"])


async def test_a_closed_lane_waits_until_it_opens_and_is_then_tried_with_one_job_at_a_time(database: Database) -> None:
    opens_at = soon(300)
    lane = await a_lane(database)
    await put(database, lane, "a", "b", "c")
    async with database.writing() as connection:
        await change_lane(connection, lane, opens_at=opens_at)
    duty = duty_of(Errands())
    assert await next_at(duty, database) == opens_at
    assert await duty.turn(database, opens_at - timedelta(seconds=1)) == 0
    assert await duty.turn(database, opens_at) == 1
    assert await duty.turn(database, opens_at) == 0
    await duty.finish()
    async with database.writing() as connection:
        await change_lane(connection, lane, opens_at=None)
    assert await duty.turn(database, opens_at) == 2
    await duty.finish()


async def test_one_connection_is_enough_for_a_worker(database: Database) -> None:
    names = [f"{number:02}" for number in range(30)]
    await put(database, await a_lane(database), *names)
    narrow = Database(database.url, pool_size=1)
    async with working(narrow, [duty_of(Errands(takes_seconds=0.02), at_once=8)]):
        await eventually(lambda: told_sorted(database), names)
    await narrow.close()


async def test_a_lane_that_is_removed_takes_its_jobs_along(database: Database) -> None:
    lane, let_go = await a_lane(database), asyncio.Event()
    await put(database, lane, "under way", "waiting")
    duty = duty_of(Errands(held={"under way": let_go}))
    await duty.turn(database, now())
    async with database.writing() as connection:
        await remove_lane(connection, lane)
    let_go.set()
    await duty.finish()
    assert (await left(database), await duty.turn(database, now())) == (0, 0)


async def test_a_worker_that_is_stopped_lets_what_is_under_way_end(database: Database) -> None:
    await put(database, await a_lane(database), "it")
    errands = Errands(takes_seconds=0.3)
    async with working(database, [duty_of(errands)]):
        await eventually(lambda: asyncio.sleep(0, errands.begun), ["it"])
        assert not errands.ended
    assert (await told(database), await left(database), errands.ended) == (["it"], 0, True)


async def test_a_worker_that_is_cut_off_gives_back_what_it_has_not_done(database: Database) -> None:
    at = soon(-60)
    await put(database, await a_lane(database), "it", at=at)
    errands = Errands(held={"it": asyncio.Event()})
    running = asyncio.create_task(Worker(database, [duty_of(errands)]).run())
    await eventually(lambda: asyncio.sleep(0, errands.under_way), ["it"])
    assert (await waiting(database))["it"]["leased_by"] is not None
    running.cancel()
    await asyncio.wait([running])
    row = (await waiting(database))["it"]
    assert (row["leased_by"], row["run_at"], row["attempts"], errands.under_way) == (None, at, 0, [])
    await all_done(duty_of(Errands()), database)
    assert await told(database) == ["it"]


async def test_no_worker_is_told_of_a_lease_but_all_are_when_it_is_given_back(database: Database) -> None:
    await put(database, await a_lane(database), "it")
    duty = duty_of(Errands(held={"it": asyncio.Event()}))
    heard: list[str] = []
    await nudges_told()
    listener = await asyncpg.connect(database.url)
    await listener.add_listener(CHANNEL, lambda *said: heard.append(said[-1]))
    await duty.turn(database, now())
    await notify(database, "claimed")
    await eventually(lambda: asyncio.sleep(0, heard), ["claimed"])
    await duty.end()
    await eventually(lambda: asyncio.sleep(0, heard), ["claimed", "jobs"])
    await listener.close()


async def notify(database: Database, what: str) -> None:
    async with database.writing() as connection:
        await connection.execute(text("select pg_notify(:channel, :what)"), {"channel": CHANNEL, "what": what})


async def test_however_many_are_due_they_cost_the_same_number_of_statements(
    database: Database, statements: Statements
) -> None:
    async def cost(count: int) -> int:
        lanes = [await a_lane(database) for _ in range(count // 5)]
        for lane in lanes:
            await put(database, lane, *"abcde")
        duty = duty_of(Errands())
        statements.clear()
        assert await duty.turn(database, now()) == count
        await duty.finish()
        return len(statements)

    few = await cost(5)
    assert await cost(100) == few <= 6


async def test_a_lease_that_would_be_taken_for_none_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 60"):
        duty_of(Errands(), lease_seconds=61)
