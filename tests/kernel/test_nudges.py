"""Workers and streams are told of events once these are committed, and nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from app.kernel.database import Database
from app.kernel.listening import CHANNEL
from app.kernel.nudges import Nudges
from app.kernel.work import Work
from tests.kernel.background_work import nudges_told

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Heard:
    """What is told on the channel, up to a word that is said last."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.words: list[str] = []

    async def listen(self) -> None:
        await self._connection.add_listener(CHANNEL, lambda _connection, _process, _channel, word: self._note(word))

    def _note(self, word: str) -> None:
        self.words.append(word)

    async def so_far(self) -> list[str]:
        """Told by the same session that listens, so everything that was told before has come with it."""
        await self._connection.execute(f"select pg_notify('{CHANNEL}', 'the last word')")
        heard, self.words = self.words, []
        assert heard.pop() == "the last word"
        return heard

    async def something(self) -> list[str]:
        """The first that is told, within a time that is long enough."""
        async with asyncio.timeout(60):
            while not (words := await self.so_far()):
                await asyncio.sleep(0.01)
        return words


@pytest.fixture
async def heard(database: Database) -> AsyncIterator[Heard]:
    await nudges_told()
    connection = await asyncpg.connect(database.url)
    ears = Heard(connection)
    await ears.listen()
    yield ears
    await connection.close()


async def work_that_tells(database: Database) -> Work:
    work = Work(database, NOW)
    await work.write()
    work.happened("ticket.opened", NOW)
    return work


async def test_events_that_were_committed_are_told_of(heard: Heard, database: Database) -> None:
    own = Database(database.url, pool_size=1)
    work = await work_that_tells(own)
    await work.commit()
    await work.close()
    await own.close()
    assert await heard.so_far() == ["events"]


async def test_events_that_were_written_before_the_end_are_told_of_after_it(heard: Heard, database: Database) -> None:
    own = Database(database.url, pool_size=2)
    work = await work_that_tells(own)
    await work.flush()
    assert await heard.so_far() == []
    await work.commit()
    await work.close()
    await own.close()
    assert await heard.so_far() == ["events"]


async def test_nothing_is_told_of_what_was_undone_nor_of_a_change_without_events(
    heard: Heard, database: Database
) -> None:
    own = Database(database.url, pool_size=1)
    undone = await work_that_tells(own)
    await undone.flush()
    await undone.begin_again()
    await undone.write()
    await undone.connection.execute(text("select 1"))
    await undone.commit()
    await undone.close()
    await own.close()
    assert await heard.so_far() == []


async def test_what_is_committed_at_about_the_same_time_is_told_of_together(heard: Heard, database: Database) -> None:
    nudges = Nudges(database.engine)
    for _ in range(1000):
        nudges.nudge()
    await nudges.close()
    assert await heard.so_far() == ["events"]


async def test_what_is_committed_while_it_is_told_is_told_of_once_more(heard: Heard, database: Database) -> None:
    nudges = Nudges(database.engine)
    nudges.nudge()
    assert await heard.something() == ["events"]
    nudges.nudge()
    await nudges.close()
    assert await heard.so_far() == ["events"]


async def test_a_database_that_went_away_fails_nobody(database: Database) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
    gone.nudge()
    await gone.close()


async def test_a_request_that_changes_something_tells_of_it(heard: Heard, client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/customers", json={"external_ref": "ACME", "name": "Acme"})
    assert made.status_code == 201
    assert "events" in await heard.something()
