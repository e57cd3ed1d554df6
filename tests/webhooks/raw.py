"""Receivers that do to a connection what a test says, byte by byte, and a resolver that answers what a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from socket import gaierror

from app.webhooks.wire.addresses import Address

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Raw:
    """A receiver on this machine: which connections came, and which requests on them."""

    port: int = 0
    connections: int = 0
    open: int = 0
    requests: list[bytes] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", *, scheme: str = "http", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@dataclass(frozen=True)
class Line:
    """One connection as the receiver sees it; `number` counts from 1."""

    raw: Raw
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """Head and body of the next request. Raises IncompleteReadError when none comes any more."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        request = head + await self.reader.readexactly(length)
        self.raw.requests.append(request)
        return request

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Ends the connection with RST, if there is something unread or unsent."""
        self.writer.transport.abort()


Behaviour = Callable[[Line], Awaitable[None]]


@asynccontextmanager
async def receiving(
    behaviour: Behaviour, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Raw]:
    """Runs a behaviour for each connection, and closes the connection after it."""
    raw = Raw()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw.connections += 1
        raw.open += 1
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await behaviour(Line(raw, raw.connections, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has gone, as some are meant to
        finally:
            raw.open -= 1
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def always(answer: bytes) -> Behaviour:
    """The same answer to every request."""

    async def behave(line: Line) -> None:
        while True:
            await line.request()
            await line.send(answer)

    return behave


@dataclass
class Liar:
    """A resolver: a name's answers in turn, the last again and again. A name that is not there does not resolve."""

    names: dict[str, list[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            raise gaierror(-2, "Name or service not known")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(each) for each in answer]
