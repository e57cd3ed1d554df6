"""Whatever a receiver sends, and however slowly: what is read of it, and waited for, has bounds."""

import asyncio
import socket
from contextlib import suppress

import pytest

from app.webhooks.wire.transport import Transport
from tests.webhooks.posting import BODY, HEADERS, failed, posted
from tests.webhooks.raw import Line, always, receiving


async def test_two_kibibytes_of_the_body_are_kept(transport: Transport) -> None:
    answer = await posted(transport, always(b"HTTP/1.1 200 OK\r\nContent-Length: 2048\r\n\r\n" + b"a" * 2048))
    assert answer.body == "a" * 2048


async def test_a_hundred_megabytes_are_not_read(transport: Transport) -> None:
    sent = 0
    ended = asyncio.Event()

    async def floods(line: Line) -> None:
        nonlocal sent
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
        try:
            for _ in range(1600):
                await line.send(b"a" * 65536)
                sent += 65536
        finally:
            ended.set()

    async with receiving(floods) as raw:
        answer = await transport.post(raw.url(), HEADERS, BODY)
        await asyncio.wait_for(ended.wait(), 30)
    assert (answer.status_code, answer.body, answer.error) == (200, "a" * 2048, None)
    assert sent < 50_000_000


async def test_a_body_that_is_cut_within_a_character_ends_before_it(transport: Transport) -> None:
    answer = await posted(
        transport, always(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + "€".encode() * 1333 + b"a")
    )
    assert answer.body == "€" * (2048 // 3)


async def test_a_few_kibibytes_of_the_headers_are_kept_and_retry_after_always(transport: Transport) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 100) for number in range(500))
    answer = await posted(
        transport, always(b"HTTP/1.1 429 X\r\n" + many + b"Retry-After: 60\r\nContent-Length: 0\r\n\r\n")
    )
    kept = sum(len(name) + len(value) for name, value in answer.headers.items())
    assert 3000 < kept < 5000
    assert answer.headers["retry-after"] == "60"


@pytest.mark.parametrize("part", [b"X-A: b\r\n", b"a" * 8192, b"X-A: b\r\n c\r\n"])
async def test_endless_headers_are_not_read(transport: Transport, part: bytes) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            await line.send(part)

    answer = await posted(transport, behave)
    assert failed(answer) in ("sent more than 64 KiB of headers", "did not answer in HTTP/1.1")


async def test_endless_interim_answers_are_not_read(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        while True:
            await line.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    assert failed(await posted(transport, behave)) == "sent more than 64 KiB of headers"


async def test_an_endless_trailer_is_not_read(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")
        while True:
            await line.send(b"X-A: b\r\n")

    answer = await posted(transport, behave)
    assert (answer.status_code, answer.body) == (200, "ok")


async def test_who_never_answers_is_not_waited_for(impatient: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        await asyncio.sleep(60)

    assert failed(await posted(impatient, behave)) == "did not answer within 0.4 seconds"


@pytest.mark.parametrize("began", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
async def test_who_answers_drip_by_drip_is_not_waited_for(impatient: Transport, began: bytes) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        await line.send(began)
        for byte in b"HTTP/1.1 200 OK drip drip drip drip":
            await line.send(bytes([byte]))
            await asyncio.sleep(0.02)

    assert failed(await posted(impatient, behave)) == "did not answer within 0.4 seconds"


async def test_who_does_not_read_is_not_waited_for(impatient: Transport) -> None:
    async def behave(line: Line) -> None:
        await asyncio.sleep(60)

    async with receiving(behave) as raw:
        answer = await impatient.post(raw.url(), HEADERS, b"a" * 20_000_000)
    assert failed(answer) == "did not answer within 0.4 seconds"


async def test_an_address_that_swallows_connections_is_not_waited_for(impatient: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(("127.0.0.1", port))
        answer = await impatient.post(f"http://127.0.0.1:{port}/", HEADERS, BODY)
        for filler in fillers:
            filler.close()
    assert failed(answer) == "could not be connected within 0.2 seconds"


async def test_who_gives_up_waiting_ends_the_connection(transport: Transport) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def behave(line: Line) -> None:
        await line.request()
        asked.set()
        await line.reader.read()
        ended.set()

    async with receiving(behave) as raw:
        posting = asyncio.ensure_future(transport.post(raw.url(), HEADERS, BODY))
        await asyncio.wait_for(asked.wait(), 30)
        posting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await posting
        await asyncio.wait_for(ended.wait(), 30)
