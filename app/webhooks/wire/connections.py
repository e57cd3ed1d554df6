"""HTTP/1.1 connections to receivers of webhooks: one exchange at a time, and kept for the next."""

import asyncio
import codecs
from dataclasses import dataclass, field
from typing import cast

import httptools

HEADER_BYTES = 64 * 1024
KEPT_HEADER_BYTES = 4 * 1024
KEPT_BODY_BYTES = 2 * 1024


class Broken(Exception):
    """No answer came over a connection; `untouched` when not a byte of one did, `detail` says what happened."""

    def __init__(self, detail: str, *, untouched: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.untouched = untouched


@dataclass(slots=True)
class Received:
    """An answer: at most KEPT_BODY_BYTES of its body, `cut` when there was more; header names in lower case."""

    status_code: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    reusable: bool = False


class Connection(asyncio.Protocol):
    """One connection, from when it is made until it is lost. What it reads is bounded, whatever is sent."""

    def __init__(self) -> None:
        self.lost = False
        self.made_at = asyncio.get_running_loop().time()
        self._lost_because = "closed the connection without an answer"
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Received] | None = None

    async def exchange(self, request: bytes) -> Received:
        """Sends a request and receives its answer. Raises Broken when there is none; the caller limits the time."""
        if self.lost or self._transport is None:
            raise Broken(self._lost_because, untouched=True)
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._received = Received()
        self._bytes = 0
        self._header_bytes = 0
        self._headers_complete = False
        self._transport.write(request)
        return await self._answer

    def abort(self) -> None:
        """Ends it at once, unread."""
        self.lost = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self._lost_because = "did not answer in HTTP/1.1"
            self.abort()
            return
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end(reusable=False)
        except httptools.HttpParserError:
            self._fail("did not answer in HTTP/1.1")
        if self._bytes > HEADER_BYTES and not self._answer.done():
            self._too_much()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._answer is None or self._answer.done():
            return
        if self._headers_complete and self._ends_with_the_connection() and exc is None:
            self._end(reusable=False)
        elif self._bytes:
            self._fail("closed the connection in the middle of its answer")
        else:
            detail = "closed the connection without an answer" if exc is None else "reset the connection"
            self._answer.set_exception(Broken(detail, untouched=True))

    def on_message_begin(self) -> None:
        if self._answer is not None and self._answer.done():
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._headers_complete:
            return
        key = text(name).lower()
        self._header_bytes += len(name) + len(value)
        headers = self._received.headers
        if self._header_bytes > KEPT_HEADER_BYTES and (key != "retry-after" or key in headers):
            return
        shown = text(value[:KEPT_HEADER_BYTES])
        headers[key] = f"{headers[key]}, {shown}" if key in headers else shown

    def on_headers_complete(self) -> None:
        self._headers_complete = True
        self._received.status_code = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        received = self._received
        if received.cut:
            return
        received.body += body
        if len(received.body) > KEPT_BODY_BYTES:
            received.body = received.body[:KEPT_BODY_BYTES]
            received.cut = True
            self._end(reusable=False)

    def on_message_complete(self) -> None:
        if 100 <= self._received.status_code < 200 and not self._parser.should_upgrade():
            self._received = Received()
            self._headers_complete = False
            return
        sent = self._transport is not None and self._transport.get_write_buffer_size() == 0
        self._end(reusable=sent and self._parser.should_keep_alive())

    def _ends_with_the_connection(self) -> bool:
        headers = self._received.headers
        return "content-length" not in headers and "transfer-encoding" not in headers

    def _too_much(self) -> None:
        if self._headers_complete:
            self._received.cut = True
            self._end(reusable=False)
        else:
            self._fail(f"sent more than {HEADER_BYTES // 1024} KiB of headers")

    def _end(self, *, reusable: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._received.reusable = reusable
            self._answer.set_result(self._received)
        if not reusable:
            self.abort()

    def _fail(self, detail: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(detail))
        self.abort()


def text(value: bytes, *, cut: bool = False) -> str:
    """Readable and storable: what is not UTF-8 replaced, NUL (which PostgreSQL refuses in text) left out."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(value, final=not cut).replace("\0", "")


Key = tuple[bool, str, int]


class Idle:
    """The connections that wait for their next exchange, by whether TLS, host and port."""

    def __init__(self, idle_seconds: float, age_seconds: float, at_most: int) -> None:
        self._idle_seconds = idle_seconds
        self._age_seconds = age_seconds
        self._at_most = at_most
        self._kept: dict[Key, list[tuple[float, Connection]]] = {}
        self._count = 0
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, key: Key) -> Connection | None:
        """The one that was used last, so that those too many grow old."""
        kept = self._kept.get(key, [])
        now = asyncio.get_running_loop().time()
        while kept:
            since, connection = kept.pop()
            self._count -= 1
            if self._good(now, since, connection):
                return connection
            connection.abort()
        return None

    def keep(self, key: Key, connection: Connection) -> None:
        """For the next exchange, or ended when there are too many or it is too old."""
        loop = asyncio.get_running_loop()
        if self._closed or self._count >= self._at_most or not self._good(loop.time(), loop.time(), connection):
            connection.abort()
            return
        self._kept.setdefault(key, []).append((loop.time(), connection))
        self._count += 1
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle_seconds, self._end_old)

    def close(self) -> None:
        """Ends those that wait, and each that comes later."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for kept in self._kept.values():
            for _, connection in kept:
                connection.abort()
        self._kept.clear()

    def _good(self, now: float, since: float, connection: Connection) -> bool:
        return not connection.lost and now - since < self._idle_seconds and now - connection.made_at < self._age_seconds

    def _end_old(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._sweep = None
        for key in list(self._kept):
            good = []
            for since, connection in self._kept.pop(key):
                if self._good(now, since, connection):
                    good.append((since, connection))
                else:
                    connection.abort()
                    self._count -= 1
            if good:
                self._kept[key] = good
        if self._kept:
            self._sweep = loop.call_later(self._idle_seconds / 2, self._end_old)
