"""The feed of events under concurrent writers."""

import asyncio
import random
from datetime import UTC, datetime

from sqlalchemy import text

from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.outbox import Event

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def event(name: str) -> Event:
    return Event("ticket.opened", NOW, {"name": name})


async def test_a_reader_that_follows_next_sees_every_event_of_many_writers_once(database: Database) -> None:
    """The writers hold their transactions open for different times, so numbers commit out of order."""
    chance = random.Random(7)
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(12):
            async with database.writing() as connection:
                await outbox.record(connection, [event(f"{writer}.{turn}.{part}") for part in range(2)])
                await asyncio.sleep(chance.random() * 0.02)
                if turn % 5 == 4:
                    await connection.rollback()

    async def read() -> list[str]:
        seen: list[str] = []
        after = 0
        async with database.reading() as connection:
            while True:
                ended = done.is_set()
                found, after = await outbox.read(connection, after, 7)
                seen += [each.data["name"] for each in found]
                if ended and not found:
                    return seen
                await asyncio.sleep(0.001)

    reader = asyncio.create_task(read())
    await asyncio.gather(*[write(writer) for writer in range(8)])
    done.set()
    expected = [f"{w}.{t}.{p}" for w in range(8) for t in range(12) if t % 5 != 4 for p in range(2)]
    seen = await reader
    assert sorted(seen) == sorted(expected)


async def test_the_feed_stops_before_what_is_not_yet_committed(database: Database) -> None:
    async with database.reading() as reader:
        slow = await database.engine.connect()
        await slow.begin()
        await outbox.record(slow, [event("slow")])
        async with database.writing() as quick:
            await outbox.record(quick, [event("quick")])
        assert await outbox.read(reader, 0, 10) == ([], 0)
        await slow.commit()
        await slow.close()
        found, following = await outbox.read(reader, 0, 10)
    assert [each.data["name"] for each in found] == ["slow", "quick"]
    assert following == found[-1].sequence


async def test_types_left_out_are_passed_over_by_next(database: Database) -> None:
    async with database.writing() as connection:
        await outbox.record(
            connection, [Event(kind, NOW, {}) for kind in ("ticket.opened", "sla.met", "ticket.closed")]
        )
    async with database.reading() as connection:
        exact, following = await outbox.read(connection, 0, 10, ["sla.met"])
        prefixed, _ = await outbox.read(connection, 0, 10, ["ticket.*"])
        last = (await connection.execute(text("select max(sequence) from events"))).scalar_one()
    assert [each.type for each in exact] == ["sla.met"]
    assert [each.type for each in prefixed] == ["ticket.opened", "ticket.closed"]
    assert following == last


async def test_events_are_given_with_the_transaction_of_their_change_or_not_at_all(database: Database) -> None:
    connection = await database.engine.connect()
    await connection.begin()
    await outbox.record(connection, [event("undone")])
    await connection.rollback()
    await connection.close()
    async with database.reading() as reader:
        found, _ = await outbox.read(reader, 0, 10)
    assert found == []
