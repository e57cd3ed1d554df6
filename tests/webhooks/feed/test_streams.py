"""`/v1/events/stream`: the feed as it grows, to many readers, none of whom misses anything or holds up another."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, text
from starlette.types import Message

from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.outbox import Event, events
from app.webhooks.feed.streams import EventStream, Streams
from app.webhooks.feed.tail import MOST_EVENTS
from tests.conftest import BOOTSTRAP_KEY
from tests.kernel.background_work import eventually
from tests.webhooks.following import ENOUGH_SECONDS, reading, served

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LISTENING = text(
    "select count(*) from pg_stat_activity where application_name = 'outward streams' and datname = current_database()"
)
KILL = text(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
    " and application_name like 'outward%' and pid <> pg_backend_pid()"
)


@pytest.fixture
async def address(app: FastAPI, database: Database) -> AsyncIterator[str]:
    """Of a service that keeps three streams open, with short heartbeats."""
    app.state.streams = Streams(database, 3, heartbeat_seconds=0.2, still_allowed_seconds=0.2)
    async with served(app) as at:
        yield at
    # The events here are made up; what the service itself tells is held to its catalogue.
    async with database.writing() as connection:
        await connection.execute(delete(events))


async def tell(database: Database, *names: str, type_: str = "ticket.opened") -> None:
    async with database.writing() as connection:
        await outbox.record(connection, [Event(type_, NOW, {"name": name}) for name in names])
    database.nudge()


def asking(address: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {BOOTSTRAP_KEY}"}
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=ENOUGH_SECONDS)


async def feed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = (await client.get("/v1/events", params=query | {"limit": 200})).json()
    items: list[dict[str, Any]] = answer["items"]
    return items


async def test_each_event_comes_when_it_is_committed_as_the_feed_gives_it(
    address: str, client: httpx.AsyncClient
) -> None:
    async with reading(address) as reader:
        await client.post("/v1/customers", json={"external_ref": "ACME", "name": "Acme\r\nand\u2028sons"})
        told = await reader.event()
        assert [told.data] == await feed(client)
        assert (told.id, told.event) == (told.data["sequence"], "customer.created")
        assert told.data["data"]["customer"]["name"] == "Acme\r\nand\u2028sons"


async def test_it_is_an_event_stream_that_nobody_on_the_way_keeps(address: str) -> None:
    async with reading(address) as reader:
        headers = reader.response.headers
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-cache", "no")
    assert "ETag" not in headers


async def test_without_a_place_to_begin_it_begins_now_and_says_where_that_is(address: str, database: Database) -> None:
    await tell(database, "before")
    async with reading(address) as reader:
        began_at = reader.last_id
        await tell(database, "after")
        assert (await reader.event()).name == "after"
    async with reading(address, last_event_id=began_at) as again:
        assert (await again.event()).name == "after"


async def test_it_goes_on_after_a_number_or_the_last_event_that_came(address: str, database: Database) -> None:
    await tell(database, "first", "second", "third")
    async with reading(address, after=0) as reader:
        first, second, third = await reader.events(3)
    assert (first.name, second.name, third.name) == ("first", "second", "third")
    async with reading(address, after=first.id) as reader:
        assert (await reader.event()).name == "second"
    async with reading(address, after=0, last_event_id=second.id) as reader:
        assert (await reader.event()).name == "third"


async def test_it_leaves_out_what_the_feed_leaves_out(
    address: str, database: Database, client: httpx.AsyncClient
) -> None:
    kinds = (
        "ticket.opened",
        "ticket.closed",
        "sla.met",
        "sla.warning",
        "slack",
        "tickets.opened",
        "commitment.created",
    )
    for types in ("ticket.*", "sla.met,commitment.*", "sla.met", "ticket.closed", "sla.*,ticket.opened"):
        async with reading(address, types=types) as live:
            for kind in kinds:
                await tell(database, kind, type_=kind)
            await tell(database, *types.split(","), type_=types.split(",")[0].replace("*", "last"))
            expected = [event["data"]["name"] for event in await feed(client, types=types, after=live.last_id)]
            assert [event.name for event in await live.events(len(expected))] == expected
        async with reading(address, types=types, after=0) as late:
            expected = [event["data"]["name"] for event in await feed(client, types=types)]
            assert [event.name for event in await late.events(len(expected))] == expected


async def test_a_heartbeat_moves_past_what_the_types_leave_out(address: str, database: Database) -> None:
    async with reading(address, types="sla.met") as reader:
        await tell(database, *[f"event {number}" for number in range(250)])
        async with database.reading() as connection:
            end = await outbox.settled(connection)
        while reader.last_id != end:
            heartbeat = await reader.message()
            assert heartbeat is not None
            assert heartbeat.data is None


async def test_readers_that_lose_the_connection_see_every_event_of_many_writers_once(
    address: str, database: Database
) -> None:
    """Some writers are slow and some undo what they did; each reader goes away after a few events, and comes back."""
    chance = random.Random(11)
    writers, turns = 8, 20
    expected = [f"{writer}.{turn}" for writer in range(writers) for turn in range(turns) if turn % 5 != 4]

    async def write(writer: int) -> None:
        for turn in range(turns):
            async with database.writing() as connection:
                await outbox.record(connection, [Event("ticket.opened", NOW, {"name": f"{writer}.{turn}"})])
                await asyncio.sleep(chance.random() * 0.02)
                if turn % 5 == 4:
                    await connection.rollback()
            database.nudge()

    async def read(most: int) -> list[str]:
        seen: list[str] = []
        last_id = 0
        while len(seen) < len(expected):
            async with reading(address, last_event_id=last_id) as reader:
                for _ in range(min(most, len(expected) - len(seen))):
                    event = await reader.event()
                    seen.append(event.name)
                last_id = reader.last_id or 0
        return seen

    readers = [asyncio.create_task(read(most)) for most in (7, 40, 1000)]
    await asyncio.gather(*[write(writer) for writer in range(writers)])
    for reader in readers:
        seen = await reader
        assert sorted(seen) == sorted(expected)


async def test_what_was_held_back_comes_although_nobody_tells_of_what_was_undone(
    address: str, database: Database
) -> None:
    async with reading(address) as reader:
        slow = await database.engine.connect()
        await slow.begin()
        await outbox.record(slow, [Event("ticket.opened", NOW, {"name": "undone"})])
        await tell(database, "quick")
        await slow.rollback()
        await slow.close()
        assert (await reader.event()).name == "quick"


async def test_streams_hold_no_connection_but_one_that_listens_for_all(address: str, database: Database) -> None:
    async def listening() -> int:
        async with database.reading() as connection:
            count: int = (await connection.execute(LISTENING)).scalar_one()
        return count

    async def checked_out() -> int:
        return int(database.engine.pool.status().split("Current Checked out connections: ")[1])

    await eventually(listening, 0)
    async with reading(address), reading(address, types="sla.*"), reading(address, after=0) as last:
        await tell(database, "it")
        assert (await last.event()).name == "it"
        await eventually(listening, 1)
        await eventually(checked_out, 0)
    await eventually(listening, 0)


async def test_streams_go_on_when_the_database_cuts_every_connection(address: str, database: Database) -> None:
    writer = Database(database.url, pool_size=1)
    async with reading(address) as reader:
        await tell(writer, "before")
        assert (await reader.event()).name == "before"
        async with writer.reading() as connection:
            await connection.execute(KILL)
        await tell(writer, "after")
        assert (await reader.event()).name == "after"
    await writer.close()


async def test_no_more_streams_are_open_than_may_be(address: str, database: Database) -> None:
    async with asking(address) as client:
        async with reading(address), reading(address), reading(address):
            refused = await client.get("/v1/events/stream")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert refused.json()["type"] == "/problems/too-many-streams"
            assert (await client.get("/v1/events")).status_code == 200
        while (await client.head("/v1/events/stream")).status_code == 503:
            await asyncio.sleep(0.05)
    async with reading(address) as reader:
        await tell(database, "it")
        assert (await reader.event()).name == "it"


async def test_no_more_get_a_place_than_there_are_however_many_ask_at_once(address: str) -> None:
    async with asking(address) as client:
        asked = [client.build_request("GET", "/v1/events/stream") for _ in range(12)]
        answers = await asyncio.gather(*[client.send(request, stream=True) for request in asked])
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [503] * 9
        await asyncio.gather(*[answer.aclose() for answer in answers])


async def test_a_stream_ends_when_its_key_is_revoked(address: str, client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/api-keys", json={"name": "reader", "role": "analyst"})).json()
    async with reading(address) as other, reading(address, key=made["key"]) as reader:
        assert await reader.message() is not None
        assert (await client.post(f"/v1/api-keys/{made['id']}/revoke")).status_code == 200
        assert await reader.ended()
        assert await other.message() is not None


async def test_streams_end_when_the_process_is_about_to_and_no_new_one_begins(address: str, app: FastAPI) -> None:
    async with reading(address) as reader:
        app.state.streams.end()
        assert await reader.ended()
    async with asking(address) as client:
        assert (await client.get("/v1/events/stream")).status_code == 503


async def test_a_head_is_answered_without_a_stream(address: str) -> None:
    async with asking(address) as client:
        for _ in range(5):
            answer = await client.head("/v1/events/stream")
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["Content-Type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("headers", "query", "pointer"),
    [
        ({"Last-Event-ID": "x"}, {}, "header:Last-Event-ID"),
        ({"Last-Event-ID": "-1"}, {}, "header:Last-Event-ID"),
        ({"Last-Event-ID": str(2**63)}, {}, "header:Last-Event-ID"),
        ({}, {"after": "x"}, "?after"),
        ({}, {"types": "Ticket"}, "?types"),
        ({}, {"limit": "3"}, "?limit"),
    ],
)
async def test_where_it_cannot_begin_it_says_why(
    client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, str], pointer: str
) -> None:
    refused = await client.get("/v1/events/stream", headers=headers, params=query)
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, [pointer])


async def test_it_needs_a_key(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/v1/events/stream")).status_code == 401


SCOPE = {"type": "http", "method": "GET"}


class SlowClient:
    """Takes nothing of what comes until it is told to; stays until it is told to go."""

    def __init__(self) -> None:
        self._takes = asyncio.Event()
        self.gone = asyncio.Event()
        self.sent: list[bytes] = []

    def take_everything(self) -> None:
        self._takes.set()

    async def numbers(self) -> list[int]:
        """Those of the events that were sent."""
        return [int(number) for number in re.findall(rb'"name":"(\d+) ', b"".join(self.sent))]

    async def pieces(self) -> int:
        return len(self.sent)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.sent.append(message["body"])
            await self._takes.wait()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def always() -> bool:
    return True


async def test_what_a_slow_reader_does_not_take_is_not_read_for_it_either(database: Database) -> None:
    """It is given one piece at a time, however much there is; meanwhile others get theirs."""
    streams = Streams(database, 2)
    slow, quick = SlowClient(), SlowClient()
    quick.take_everything()
    reading_streams = [
        asyncio.create_task(EventStream(streams, 0, (), always)(SCOPE, client.receive, client.send))
        for client in (slow, quick)
    ]
    padding, count = "x" * 500, 3 * MOST_EVENTS
    for begin in range(0, count, 500):
        await tell(database, *[f"{number} {padding}" for number in range(begin, begin + 500)])
    await eventually(quick.numbers, list(range(count)))
    assert len(slow.sent) == 1
    slow.take_everything()
    await eventually(slow.numbers, list(range(count)))
    for client in (slow, quick):
        client.gone.set()
    await asyncio.gather(*reading_streams)


async def test_who_takes_nothing_any_more_is_not_waited_for_at_the_end(database: Database) -> None:
    streams, stuck = Streams(database, 1), SlowClient()
    stream = asyncio.create_task(EventStream(streams, 0, (), always)(SCOPE, stuck.receive, stuck.send))
    await eventually(stuck.pieces, 1)
    streams.end()
    async with asyncio.timeout(ENOUGH_SECONDS):
        await stream
