"""Jobs: each is done once, when it is due, whatever happens to the others."""

import asyncio
from datetime import timedelta

from sqlalchemy import select, text

from app.kernel.database import Database
from app.kernel.jobs import Job, Jobs, enqueue, job, jobs
from app.kernel.work import Work
from tests.kernel.background_work import ask_for, eventually, left, now, soon, tell, told, working


async def test_a_turn_does_what_is_due_and_leaves_the_rest(database: Database) -> None:
    await ask_for(database, "tell", ["second"], soon(-5))
    await ask_for(database, "tell", ["first"], soon(-9))
    await ask_for(database, "tell", ["later"], soon(600))
    assert await Jobs("tell", tell).turn(database, now()) == 2
    assert (await told(database), await left(database)) == (["first", "second"], 1)


async def test_a_job_is_done_at_its_instant_and_not_before(database: Database) -> None:
    instant = soon(-3600)
    await ask_for(database, "tell", ["it"], instant)
    duty = Jobs("tell", tell)
    assert await duty.turn(database, instant - timedelta(seconds=1)) == 0
    assert await duty.turn(database, instant) == 1


async def test_what_a_job_changes_and_its_end_commit_together_or_not_at_all(database: Database) -> None:
    async def fail_at_the_end(work: Work, found: Job) -> None:
        await tell(work, found)
        await work.flush()
        raise RuntimeError("at the very end")

    await ask_for(database, "tell", ["it"])
    assert await Jobs("tell", fail_at_the_end).turn(database, now()) == 1
    assert (await told(database), await left(database)) == ([], 1)


async def test_a_failed_job_says_why_and_is_tried_again_later(database: Database) -> None:
    async def fail(work: Work, found: Job) -> None:
        raise RuntimeError("the printer is on fire")

    await ask_for(database, "tell", ["it"])
    at = now()
    await Jobs("tell", fail).turn(database, at)
    async with database.reading() as connection:
        row = (await connection.execute(select(jobs))).mappings().one()
    assert (row["attempts"], row["last_error"]) == (1, "RuntimeError: the printer is on fire")
    assert at < row["run_at"] <= at + timedelta(seconds=2)
    assert await Jobs("tell", tell).turn(database, row["run_at"]) == 1
    assert await told(database) == ["it"]


async def test_a_job_that_broke_its_transaction_is_put_off_like_any_other(database: Database) -> None:
    async def collide(work: Work, found: Job) -> None:
        for _ in range(2):
            await work.connection.execute(jobs.insert(), {"id": found.id, "kind": "copy", "run_at": found.run_at})

    await ask_for(database, "tell", ["it"])
    await Jobs("tell", collide).turn(database, now())
    async with database.reading() as connection:
        row = (await connection.execute(select(jobs))).mappings().one()
    assert (row["kind"], row["attempts"]) == ("tell", 1)
    assert "UniqueViolation" in row["last_error"]


async def test_a_job_that_fails_stops_no_other(database: Database) -> None:
    async def fail_on_bad(work: Work, found: Job) -> None:
        if found.payload["name"] == "bad":
            raise RuntimeError("bad")
        await tell(work, found)

    async def remaining() -> list[str]:
        async with database.reading() as connection:
            return [row.payload["name"] for row in await connection.execute(select(jobs))]

    await ask_for(database, "tell", ["bad"], soon(-9))
    await ask_for(database, "tell", ["good", "better"])
    async with working(database, [Jobs("tell", fail_on_bad)]):
        await eventually(remaining, ["bad"])
    assert sorted(await told(database)) == ["better", "good"]


async def test_two_jobs_that_stand_in_each_others_way_are_both_done(database: Database) -> None:
    """Each locks what the other has locked: the database ends one of them, which is then simply done later."""
    both = asyncio.Barrier(2)
    waited: set[str] = set()

    async def lock(work: Work, number: int) -> None:
        await work.connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": number})

    async def cross(work: Work, found: Job) -> None:
        name = found.payload["name"]
        first, second = (91, 92) if name == "one" else (92, 91)
        await lock(work, first)
        if name not in waited:
            waited.add(name)
            await both.wait()
        await lock(work, second)
        await tell(work, found)

    await ask_for(database, "cross", ["one", "two"])
    duties = [Jobs("cross", cross)]
    async with working(database, duties, count=2):
        await eventually(lambda: left(database), 0)
    assert sorted(await told(database)) == ["one", "two"]


async def test_thousands_of_one_kind_do_not_make_another_wait(database: Database) -> None:
    async def slow(work: Work, found: Job) -> None:
        await asyncio.sleep(0.01)

    await ask_for(database, "slow", [str(number) for number in range(2000)], soon(-60))
    async with working(database, [Jobs("slow", slow), Jobs("tell", tell)]):
        await ask_for(database, "tell", ["it"])
        await eventually(lambda: told(database), ["it"])
        assert await left(database) > 0


async def test_two_that_ask_under_one_key_are_one_at_the_earlier_instant(database: Database) -> None:
    at = now()
    async with database.writing() as connection:
        for minutes in (5, 1, 15):
            await enqueue(connection, [job("tell", at + timedelta(minutes=minutes), key="K", name="it")])
    async with database.reading() as connection:
        assert (await connection.execute(select(jobs.c.run_at))).scalars().all() == [at + timedelta(minutes=1)]


async def test_what_is_asked_for_again_while_it_is_done_is_done_again(database: Database) -> None:
    """The job may already have read what the second asking was about."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait_and_tell(work: Work, found: Job) -> None:
        begun.set()
        await go_on.wait()
        await tell(work, found)

    duty = Jobs("tell", wait_and_tell)

    async def ask() -> None:
        async with database.writing() as connection:
            await enqueue(connection, [job("tell", now(), key="K", name="it")])

    await ask()
    turn = asyncio.create_task(duty.turn(database, now()))
    await begun.wait()
    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.1)
    go_on.set()
    await asyncio.gather(turn, asking)
    await duty.turn(database, soon(1))
    assert (await told(database), await left(database)) == (["it", "it"], 0)


async def test_what_is_asked_for_again_is_not_done_before_the_second_asking_commits(database: Database) -> None:
    async with database.writing() as connection:
        await enqueue(connection, [job("tell", now(), key="K", name="it")])
    async with database.writing() as connection:
        await enqueue(connection, [job("tell", now(), key="K", name="it")])
        assert await Jobs("tell", tell).turn(database, soon(1)) == 0
    assert await Jobs("tell", tell).turn(database, soon(1)) == 1


async def test_workers_share_jobs_and_none_is_done_twice(database: Database) -> None:
    names = [f"{number:03}" for number in range(300)]
    await ask_for(database, "tell", names)
    async with working(database, [Jobs("tell", tell)], count=3):
        await eventually(lambda: left(database), 0)
    assert sorted(await told(database)) == names


async def test_a_job_that_asks_for_itself_again_comes_back_once_over_all_workers(database: Database) -> None:
    async def tell_and_ask_again(work: Work, found: Job) -> None:
        await tell(work, found)
        again = work.now + timedelta(seconds=1)
        await enqueue(work.connection, [job("tell", again, key="K", name=f"at {again:%S}")])

    async def enough() -> bool:
        return len(await told(database)) >= 3

    async with database.writing() as connection:
        await enqueue(connection, [job("tell", now(), key="K", name="first")])
    async with working(database, [Jobs("tell", tell_and_ask_again)], count=2):
        await eventually(enough, True)
    names = await told(database)
    assert (len(set(names)), await left(database)) == (len(names), 1)
