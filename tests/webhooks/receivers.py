"""Receivers of webhooks on real sockets of this machine, which behave as they are told, path by path.

    async with receiving() as receivers:
        hook = receivers.at("/a", secret)
        hook.behaves(answers(503, {"Retry-After": "60"}), answers(200))
        … hook.url, hook.received …

The last behaviour stays.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from standardwebhooks import Webhook

Behaviour: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]
"""Answers a request; whether the connection can be used for another."""

HUNDRED_MEGABYTES = 100 * 1024 * 1024
DRIP_SECONDS = 0.02
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: headers by their names in lower case, and whether the secret made its signature."""

    headers: Mapping[str, str]
    body: bytes
    verified: bool

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)
        return told

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def at(self) -> datetime:
        """The instant of the attempt, by the sender's clock."""
        return datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)


@dataclass
class Receiver:
    """What one path has received, and what it does next. `abandoned` counts what the sender did not read to the end."""

    url: str
    secret: str | None = None
    received: list[Received] = field(default_factory=list)
    abandoned: int = 0
    under_way: int = 0
    most_at_once: int = 0
    _script: list[Behaviour] = field(default_factory=lambda: [answers(204)])
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    def behaves(self, *script: Behaviour) -> None:
        """From the next request on, one of these for each; the last stays."""
        self._script = list(script)

    @property
    def ids(self) -> list[str]:
        """The ids of the events that came, in their order, as often as they came."""
        return [each.id for each in self.received]

    async def take(
        self, headers: Mapping[str, str], body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        self.received.append(Received(headers, body, self._verified(headers, body)))
        behave = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        await self._is_under_way(+1)
        try:
            return await behave(reader, writer)
        except ConnectionError:
            self.abandoned += 1
            return False
        finally:
            await self._is_under_way(-1)

    async def _is_under_way(self, more: int) -> None:
        async with self._moved:
            self.under_way += more
            self.most_at_once = max(self.most_at_once, self.under_way)
            self._moved.notify_all()

    async def got(self, times: int) -> None:
        """Waits until so many requests have come."""
        async with self._moved:
            await asyncio.wait_for(self._moved.wait_for(lambda: len(self.received) >= times), PATIENCE_SECONDS)

    async def at_rest(self) -> None:
        """Waits until every request has been answered or given up."""
        async with self._moved:
            await asyncio.wait_for(self._moved.wait_for(lambda: self.under_way == 0), PATIENCE_SECONDS)

    def _verified(self, headers: Mapping[str, str], body: bytes) -> bool:
        # Not `verify`, which goes by the real clock: these may be sent at any instant.
        if self.secret is None:
            return False
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = Webhook(self.secret).sign(headers["webhook-id"], at, body.decode())
        return signature in headers["webhook-signature"].split()


def answers(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"", *, after: float = 0) -> Behaviour:
    """Answers, after so many seconds."""
    told = {"Content-Length": str(len(body)), **(headers or {})}

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if after:
            await asyncio.sleep(after)
        await _head(writer, status, told)
        writer.write(body)
        await writer.drain()
        return True

    return behave


def never() -> Behaviour:
    """Reads the request and says nothing until the sender goes away."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.read()
        return False

    return behave


def drips(status: int = 200) -> Behaviour:
    """Answers byte by byte, without an end."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        for byte in b"HTTP/1.1 %d OK\r\n" % status:
            await _drip(writer, bytes([byte]))
        while True:
            await _drip(writer, b"X-Drip: 1\r\n")

    return behave


def drips_a_body(status: int = 200) -> Behaviour:
    """Answers a head at once and its body byte by byte, without an end."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await _head(writer, status, {"Content-Length": "1000000"})
        while True:
            await _drip(writer, b".")

    return behave


def floods(status: int = 200, size: int = HUNDRED_MEGABYTES) -> Behaviour:
    """Answers with so many bytes."""
    piece = b"." * 65536

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await _head(writer, status, {"Content-Length": str(size)})
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()
        return True

    return behave


def resets() -> Behaviour:
    """Resets the connection."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False

    return behave


def hangs_up() -> Behaviour:
    """Closes the connection without a word."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        return False

    return behave


def talks_nonsense() -> Behaviour:
    """Answers what is no HTTP."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        return False

    return behave


class Receivers:
    """One server on 127.0.0.1 with a receiver for each path."""

    def __init__(self) -> None:
        self._receivers: dict[str, Receiver] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self.base = ""

    def at(self, path: str, secret: str | None = None) -> Receiver:
        """The receiver at a path."""
        receiver = self._receivers.setdefault(path, Receiver(self.base + path))
        receiver.secret = secret or receiver.secret
        return receiver

    async def open(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        request, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return await self.at(request.split()[1]).take(headers, body, reader, writer)


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receivers]:
    """Receivers for as long as the block."""
    receivers = Receivers()
    await receivers.open(port)
    try:
        yield receivers
    finally:
        await receivers.close()


async def _head(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(piece)
    await writer.drain()
    await asyncio.sleep(DRIP_SECONDS)
