"""The service behind a real server, and readers of its event streams."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from app.kernel.protocol import ProblemProtocol
from tests.conftest import BOOTSTRAP_KEY

ENOUGH_SECONDS = 60


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test run's own."""
        yield


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which the service answers."""
    settings: dict[str, Any] = {"http": ProblemProtocol, "lifespan": "off", "log_level": "critical", "port": 0}
    server = _Server(uvicorn.Config(app, **settings))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    app.state.streams.end()
    server.should_exit = True
    await serving


@dataclass(frozen=True)
class Message:
    """What stands between two empty lines: `data` is None when nothing is dispatched."""

    id: int | None
    event: str | None
    data: Any

    @property
    def name(self) -> Any:
        return self.data["data"]["name"]


async def messages(response: httpx.Response) -> AsyncIterator[Message]:
    """The messages of a stream, read as the specification of event streams says."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            field, _, value = line.partition(":")
            if field:
                fields[field] = value.removeprefix(" ")
            continue
        number, data = fields.get("id"), fields.get("data")
        yield Message(
            int(number) if number is not None else None, fields.get("event"), None if data is None else json.loads(data)
        )
        fields = {}


class Reader:
    """One connection to `/v1/events/stream`."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._messages = messages(response)
        self.last_id: int | None = None

    async def message(self) -> Message | None:
        """The next one; None when the stream has ended."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            found = await anext(self._messages, None)
        if found is not None and found.id is not None:
            self.last_id = found.id
        return found

    async def event(self) -> Message:
        """The next one that tells of an event."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            while (found := await self.message()) is not None:
                if found.data is not None:
                    return found
        raise AssertionError("the stream has ended")

    async def events(self, count: int) -> list[Message]:
        return [await self.event() for _ in range(count)]

    async def ended(self) -> bool:
        """Whether it ends in time, after whatever else comes."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            while await self.message() is not None:
                pass
        return True


@asynccontextmanager
async def reading(
    address: str, *, key: str = BOOTSTRAP_KEY, last_event_id: int | None = None, **query: Any
) -> AsyncIterator[Reader]:
    """A reader whose stream has begun."""
    headers = {"Authorization": f"Bearer {key}"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = str(last_event_id)
    async with (
        httpx.AsyncClient(base_url=address, headers=headers, timeout=ENOUGH_SECONDS) as client,
        client.stream("GET", "/v1/events/stream", params=query) as response,
    ):
        assert response.status_code == 200
        reader = Reader(response)
        beginning = await reader.message()
        assert beginning is not None
        assert beginning.data is None
        yield reader
