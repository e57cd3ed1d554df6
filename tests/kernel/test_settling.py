"""Settling: nothing that was done is forgotten, and what cannot be stored keeps nothing else from being stored."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy.exc import DBAPIError

from app.kernel.database import Database
from tests.kernel.background_work import eventually, left, now, soon, told
from tests.kernel.errands import Errands, a_lane, all_done, duty_of, put, waiting

FOR_EVER = 1_000_000


async def test_what_was_done_while_the_database_was_away_is_settled_when_it_is_back(database: Database) -> None:
    await put(database, await a_lane(database), "it")
    errands = Errands(lost_at_settle=2)
    await all_done(duty_of(errands), database)
    assert (errands.begun, await told(database), await left(database)) == (["it"], ["it"], 0)


async def test_nothing_is_claimed_while_what_was_done_cannot_be_settled(database: Database) -> None:
    lane = await a_lane(database)
    await put(database, lane, "done")
    errands = Errands(lost_at_settle=FOR_EVER)
    duty = duty_of(errands)
    await duty.turn(database, now())
    await put(database, lane, "next")

    async def next_at() -> datetime | None:
        async with database.reading() as connection:
            return await duty.next_at(connection)

    await eventually(next_at, None)
    assert await duty.turn(database, now()) == 0
    errands.lost_at_settle = 0
    await duty.finish()
    assert await duty.turn(database, now()) == 1
    await duty.finish()


async def test_what_another_worker_takes_while_it_is_settled_is_settled_by_that_one_alone(database: Database) -> None:
    long_ago, let_go = soon(-100), asyncio.Event()
    await put(database, await a_lane(database), "a", "b", at=long_ago)
    errands = Errands(held={"a": let_go, "b": let_go})
    another = duty_of(errands, at_once=1)
    duty = duty_of(Errands(meanwhile=lambda: another.turn(database, now())))
    # Its leases have run out by the time it settles.
    assert await duty.turn(database, long_ago) == 2
    await duty.finish()
    [taken] = errands.begun
    assert {*await told(database), taken} == {"a", "b"}
    let_go.set()
    await another.finish()
    assert (sorted(await told(database)), await left(database)) == (["a", "b"], 0)


async def test_of_a_batch_all_is_settled_but_what_cannot_be(database: Database) -> None:
    at = now()
    await put(database, await a_lane(database), "a", "bad", "c", at=at)
    duty = duty_of(Errands(bad_to_settle=frozenset({"bad"})))
    await duty.turn(database, at)
    await duty.finish()
    assert sorted(await told(database)) == ["a", "c"]
    remaining = await waiting(database)
    assert list(remaining) == ["bad"]
    bad = remaining["bad"]
    assert (bad["attempts"], bad["leased_by"]) == (1, None)
    assert bad["run_at"] > at
    assert "division by zero" in bad["last_error"]


async def test_what_is_settled_after_it_could_not_be_is_no_longer_said_to_fail(database: Database) -> None:
    at, later, again = now(), soon(10), soon(600)
    await put(database, await a_lane(database), "it", at=at)
    await all_done(duty_of(Errands(bad_to_settle=frozenset({"it"}))), database, lambda: at)
    assert (await waiting(database))["it"]["last_error"] is not None
    await all_done(duty_of(Errands(again={"it": again})), database, lambda: later)
    row = (await waiting(database))["it"]
    assert (row["last_error"], row["attempts"], row["run_at"]) == (None, 2, again)


async def test_a_job_that_cannot_be_done_says_why_and_is_tried_again_later(database: Database) -> None:
    at = now()
    await put(database, await a_lane(database), "bad", "good", at=at)
    duty = duty_of(Errands(bad_to_do=frozenset({"bad"})))
    await duty.turn(database, at)
    await duty.finish()
    assert await told(database) == ["good"]
    row = (await waiting(database))["bad"]
    assert (row["last_error"], row["attempts"]) == ("RuntimeError: bad cannot be done", 1)
    assert row["run_at"] > at


async def test_a_job_that_takes_nearly_as_long_as_its_lease_is_cut_off_and_put_off(database: Database) -> None:
    await put(database, await a_lane(database), "it")
    errands = Errands(held={"it": asyncio.Event()})
    duty = duty_of(errands, lease_seconds=1)
    await duty.turn(database, now())
    await duty.finish()
    row = (await waiting(database))["it"]
    assert (errands.under_way, row["leased_by"], row["attempts"]) == ([], None, 1)
    assert row["last_error"].startswith("TimeoutError")


async def test_a_job_that_cannot_be_loaded_keeps_no_other_from_being_done(database: Database) -> None:
    await put(database, await a_lane(database), "a", "bad", "c")
    duty = duty_of(Errands(bad_to_load=frozenset({"bad"})))
    assert await duty.turn(database, now()) == 3
    await duty.finish()
    assert sorted(await told(database)) == ["a", "c"]
    row = (await waiting(database))["bad"]
    assert (row["attempts"], row["leased_by"]) == (1, None)
    assert "division by zero" in row["last_error"]


async def test_what_could_not_be_loaded_because_the_database_went_away_is_given_back(database: Database) -> None:
    at = soon(-5)
    await put(database, await a_lane(database), "it", at=at)
    errands = Errands(lost_at_load=1)
    duty = duty_of(errands)
    with pytest.raises(DBAPIError):
        await duty.turn(database, now())
    await duty.finish()
    row = (await waiting(database))["it"]
    assert (row["leased_by"], row["run_at"], row["attempts"], errands.begun) == (None, at, 0, [])
    await all_done(duty, database)
    assert await told(database) == ["it"]


async def test_what_ends_while_others_are_under_way_is_settled_together(database: Database) -> None:
    await put(database, await a_lane(database, width=100), "held", *(f"{number}" for number in range(50)))
    let_go = asyncio.Event()
    errands = Errands(held={"held": let_go})
    duty = duty_of(errands)
    await duty.turn(database, now())
    while sum(errands.batches) < 50:
        await asyncio.sleep(0.01)
    let_go.set()
    await duty.finish()
    assert errands.batches == [50, 1]
