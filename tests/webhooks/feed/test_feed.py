"""`/v1/events`: who follows `next` gets every event once, in order, however many write at the same time."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.outbox import Event, events

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WRITERS, TURNS = 20, 50
SLOW_WRITERS, SLOW_TURNS = 4, 25


@pytest.fixture
async def made_up(client: httpx.AsyncClient, database: Database) -> AsyncIterator[None]:
    """Lets a test record events that the service itself would never tell."""
    yield
    async with database.writing() as connection:
        await connection.execute(delete(events))


async def write(client: httpx.AsyncClient, writer: int) -> list[str]:
    """Makes customers one after the other, and tries each a second time, which is undone; what was made."""
    made = []
    for turn in range(TURNS):
        name = f"{writer}-{turn}"
        body = {"external_ref": name, "name": name}
        assert (await client.post("/v1/customers", json=body)).status_code == 201
        made.append(name)
        if turn % 10 == 0:
            assert (await client.post("/v1/customers", json=body)).status_code == 409
    return made


async def write_slowly(database: Database, writer: int, chance: random.Random) -> list[str]:
    """Keeps transactions open after they have written their events, and undoes each third; what was committed."""
    committed = []
    for turn in range(SLOW_TURNS):
        names = [f"slow {writer}-{turn}-{part}" for part in range(2)]
        async with database.writing() as connection:
            recorded = [Event("customer.updated", NOW, {"customer": {"external_ref": name}}) for name in names]
            await outbox.record(connection, recorded)
            await asyncio.sleep(chance.random() * 0.2)
            if turn % 3 == 2:
                await connection.rollback()
            else:
                committed += names
    return committed


async def follow(client: httpx.AsyncClient, done: asyncio.Event, **query: Any) -> list[dict[str, Any]]:
    """Reads on from `next` until nothing comes although nobody writes any more."""
    seen: list[dict[str, Any]] = []
    after = 0
    while True:
        ended = done.is_set()
        piece = (await client.get("/v1/events", params={"after": after, **query})).json()
        assert len(piece["items"]) <= query["limit"]
        assert piece["next"] >= after
        seen += piece["items"]
        if ended and piece["next"] == after:
            return seen
        after = piece["next"]
        await asyncio.sleep(0.005)


def names(told: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["customer"]["external_ref"] for event in told]


async def test_readers_with_small_limits_and_filters_see_everything_once_while_many_write(
    client: httpx.AsyncClient, database: Database, made_up: None
) -> None:
    chance, done = random.Random(3), asyncio.Event()
    following = [
        asyncio.create_task(follow(client, done, **query))
        for query in (
            {"limit": 7},
            {"limit": 200, "types": "*"},
            {"limit": 3, "types": "customer.updated"},
            {"limit": 50, "types": "customer.created,ticket.*"},
        )
    ]
    slowly = [asyncio.create_task(write_slowly(database, writer, chance)) for writer in range(SLOW_WRITERS)]
    made = await asyncio.gather(*[write(client, writer) for writer in range(WRITERS)])
    slow = [name for names in await asyncio.gather(*slowly) for name in names]
    done.set()
    created = [name for names in made for name in names]
    assert len(created) == WRITERS * TURNS
    for reader, expected in zip(following, (created + slow, created + slow, slow, created), strict=True):
        seen = await reader
        assert sorted(names(seen)) == sorted(expected)
        sequences = [event["sequence"] for event in seen]
        assert sequences == sorted(set(sequences))
        for writer in made:
            of_writer = set(writer)
            assert [name for name in names(seen) if name in of_writer] in (writer, [])


async def test_it_goes_on_from_beyond_its_end_as_soon_as_there_is_more(client: httpx.AsyncClient) -> None:
    await client.post("/v1/customers", json={"external_ref": "A", "name": "A"})
    piece = (await client.get("/v1/events")).json()
    assert (await client.get("/v1/events", params={"after": piece["next"]})).json() == {
        "items": [],
        "next": piece["next"],
    }
    await client.post("/v1/customers", json={"external_ref": "B", "name": "B"})
    more = (await client.get("/v1/events", params={"after": piece["next"]})).json()
    assert names(more["items"]) == ["B"]


async def test_a_piece_of_the_feed_costs_three_statements_whatever_its_length(
    client: httpx.AsyncClient, statements: Any
) -> None:
    for number in range(12):
        await client.post("/v1/customers", json={"external_ref": str(number), "name": "A"})
    for limit in (1, 10):
        statements.clear()
        await client.get("/v1/events", params={"limit": limit})
        assert len(statements) == 3
