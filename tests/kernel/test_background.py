"""Workers: every duty at its instant, woken when something new is due, and no duty held up by another."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import schema_version
from app.kernel.background import Worker
from app.kernel.database import Database
from app.kernel.jobs import Job, Jobs
from app.kernel.postgres import EmbeddedPostgres
from app.kernel.work import Work
from tests.kernel.background_work import ask_for, eventually, left, living, soon, tell, told, working

KILL = text(
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and (application_name = 'outward worker' or pid = :pooled)"
)


@dataclass
class Remembered:
    """A duty that remembers its turns; `due` are the instants of what it still has to do."""

    due: list[datetime]
    name: str = "remembered"
    woken_by: frozenset[str] = frozenset()
    turns: list[tuple[datetime, datetime]] = field(default_factory=list)
    looks: int = 0

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        self.looks += 1
        return min(self.due, default=None)

    async def turn(self, database: Database, at: datetime) -> int:
        done = [instant for instant in self.due if instant <= at]
        self.due = [instant for instant in self.due if instant > at]
        self.turns += [(instant, at) for instant in done]
        return len(done)

    async def remaining(self) -> int:
        return len(self.due)

    async def looked(self) -> int:
        """How often it was asked: once by a worker that then sleeps until it is woken."""
        return self.looks


async def test_what_is_due_is_done_at_its_whole_second(database: Database) -> None:
    duty = Remembered([soon(1), soon(2), soon(-60)])
    async with working(database, [duty]):
        await eventually(duty.remaining, 0)
    assert len(duty.turns) == 3
    assert all(instant <= at and at.microsecond == 0 for instant, at in duty.turns)


async def test_a_sleeping_worker_is_woken_by_what_another_connection_commits(database: Database) -> None:
    duty = Remembered([], woken_by=frozenset({"jobs"}))
    async with working(database, [duty, Jobs("tell", tell)]):
        await eventually(duty.looked, 1)
        await asyncio.sleep(0.5)
        assert duty.looks == 1
        await ask_for(database, "tell", ["it"])
        await eventually(lambda: told(database), ["it"])


async def test_only_the_duties_of_a_table_are_woken_by_it(database: Database) -> None:
    duty = Remembered([], woken_by=frozenset({"another_table"}))
    async with working(database, [duty, Jobs("tell", tell)]):
        await eventually(duty.looked, 1)
        duty.due.append(soon(-1))
        await ask_for(database, "tell", ["it"])
        await eventually(lambda: told(database), ["it"])
        assert duty.turns == []


async def test_a_duty_that_fails_rests_and_the_others_go_on(database: Database) -> None:
    class Failing(Remembered):
        attempts = 0

        async def turn(self, database: Database, at: datetime) -> int:
            self.attempts += 1
            if self.attempts == 1:
                raise RuntimeError("the first time it fails")
            return await super().turn(database, at)

    failing = Failing([soon(-1)], name="failing")
    async with working(database, [failing, Jobs("tell", tell)]):
        await ask_for(database, "tell", ["it"])
        await eventually(lambda: told(database), ["it"])
        await eventually(failing.remaining, 0)
    assert failing.attempts == 2


async def test_a_worker_is_seen_to_live_until_it_stops(database: Database) -> None:
    before = await living(database)
    async with working(database, [], count=2):
        assert await living(database) == before + 2
    await eventually(lambda: living(database), before)


async def test_a_worker_that_lost_its_connections_comes_back_and_looks_again(database: Database) -> None:
    own = Database(database.url, pool_size=1)
    async with working(own, [Jobs("tell", tell)]):
        async with own.reading() as connection:
            pooled = (await connection.execute(text("select pg_backend_pid()"))).scalar_one()
        async with database.writing() as connection:
            await connection.execute(KILL, {"pooled": pooled})
        await ask_for(database, "tell", ["it"])
        await eventually(lambda: told(database), ["it"])
        await eventually(lambda: living(database), 1)
    await own.close()


async def test_a_worker_that_is_stopped_ends_the_turn_at_hand(database: Database) -> None:
    begun = asyncio.Event()

    async def slowly(work: Work, found: Job) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        await tell(work, found)

    await ask_for(database, "tell", ["it"])
    async with working(database, [Jobs("tell", slowly)]):
        await begun.wait()
    assert (await told(database), await left(database)) == (["it"], 0)


async def test_a_worker_that_is_cancelled_undoes_the_turn_at_hand(database: Database) -> None:
    begun = asyncio.Event()

    async def for_ever(work: Work, found: Job) -> None:
        await tell(work, found)
        await work.flush()
        begun.set()
        await asyncio.Event().wait()

    await ask_for(database, "tell", ["it"])
    running = asyncio.create_task(Worker(database, [Jobs("tell", for_ever)]).run())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert (await told(database), await left(database)) == ([], 1)


async def test_a_worker_comes_back_when_the_database_was_killed_and_started_again(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data") as address:
        own = Database(address.url, pool_size=2)
        await schema_version.migrate(own)
        async with working(own, [Jobs("tell", tell)]):
            os.kill(int((tmp_path / "data/postgresql/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            with EmbeddedPostgres(tmp_path / "data"):
                other = Database(address.url, pool_size=1)
                await ask_for(other, "tell", ["it"])
                await eventually(lambda: told(other), ["it"], within_seconds=120)
                assert await living(other) == 1
                await other.close()
        await own.close()
