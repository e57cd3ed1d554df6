"""Receivers that give no answer, and how that is told."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

from app.webhooks.wire.transport import Transport
from tests.webhooks.posting import BODY, HEADERS, HERE, PATIENT, QUICK, failed, posted, sends
from tests.webhooks.raw import OK, Line, always, receiving


async def test_a_connection_that_is_closed_at_once_is_told(transport: Transport) -> None:
    assert failed(await posted(transport, sends())) == "closed the connection without an answer"


async def test_a_connection_that_is_reset_is_told(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.reader.read(1)
        sock = line.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.reset()

    assert failed(await posted(transport, behave)) == "reset the connection"


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    ],
)
async def test_an_answer_that_ends_halfway_is_none(transport: Transport, part: bytes) -> None:
    assert failed(await posted(transport, sends(part))) == "closed the connection in the middle of its answer"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"220 smtp.example ESMTP\r\n",
        b"<html></html>\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n",
        b"\r\n\0\0\0\0",
    ],
)
async def test_garbage_is_no_answer(transport: Transport, garbage: bytes) -> None:
    assert failed(await posted(transport, sends(garbage))) == "did not answer in HTTP/1.1"


async def test_who_speaks_first_does_not_speak_http(transport: Transport) -> None:
    async def greets(line: Line) -> None:
        await line.send(b"SSH-2.0-OpenSSH_9.9\r\n")
        await line.reader.read()

    assert failed(await posted(transport, greets)) == "did not answer in HTTP/1.1"


async def test_a_refused_connection_is_told(transport: Transport) -> None:
    async with receiving(always(OK)) as raw:
        pass
    assert failed(await transport.post(raw.url(), HEADERS, BODY)) == "the connection was refused"


async def test_a_url_that_is_not_allowed_is_told_and_not_visited(transport: Transport) -> None:
    assert failed(await transport.post("ftp://receiver.example", HEADERS, BODY)) == "it does not begin with https://"
    answer = await transport.post("https://10.0.0.1/", HEADERS, BODY)
    assert failed(answer) == "its address 10.0.0.1 is private (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"


def test_it_is_the_same_on_the_loop_that_workers_run() -> None:
    async def never(line: Line) -> None:
        await line.request()
        await asyncio.sleep(60)

    async def floods(line: Line) -> None:
        await line.request()
        while True:
            await line.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 65536)

    behaviours = [always(OK), sends(), sends(b"HTTP/1.1 2"), sends(b"garbage"), floods]

    async def answers() -> list[tuple[int | None, str | None]]:
        transport, impatient = Transport(HERE, limits=PATIENT), Transport(HERE, limits=QUICK)
        found = [await posted(transport, behaviour) for behaviour in behaviours]
        found.append(await posted(impatient, never))
        found.append(await transport.post("http://127.0.0.1:1/", HEADERS, BODY))
        await transport.close()
        await impatient.close()
        return [(answer.status_code, answer.error) for answer in found]

    with ThreadPoolExecutor(1) as thread:
        on_uvloop = thread.submit(uvloop.run, answers()).result()
    assert on_uvloop == [
        (200, None),
        (None, "closed the connection without an answer"),
        (None, "closed the connection in the middle of its answer"),
        (None, "did not answer in HTTP/1.1"),
        (200, None),
        (None, "did not answer within 0.4 seconds"),
        (None, "the connection was refused"),
    ]
