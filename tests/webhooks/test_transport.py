"""Sending webhooks to receivers that answer well, badly, or not at all, on real sockets."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network

import pytest
import uvloop

from app.webhooks.addresses import Rules
from app.webhooks.transport import Answer, Limits, Transport
from tests.webhooks.raw import OK, Behaviour, Line, always, receiving

HERE = Rules(allow_private=(ip_network("127.0.0.0/8"),))
QUICK = Limits(connect_seconds=0.2, total_seconds=0.4)
PATIENT = Limits(connect_seconds=30, total_seconds=60)
BODY = b'{"id": "1"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "1"}


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(HERE, limits=PATIENT)
    yield transport
    await transport.close()


@pytest.fixture
async def impatient() -> AsyncIterator[Transport]:
    transport = Transport(HERE, limits=QUICK)
    yield transport
    await transport.close()


async def posted(transport: Transport, behaviour: Behaviour) -> Answer:
    async with receiving(behaviour) as raw:
        return await transport.post(raw.url(), HEADERS, BODY)


def sends(*parts: bytes) -> Behaviour:
    """Reads one request, sends the parts, and closes."""

    async def behave(line: Line) -> None:
        await line.request()
        for part in parts:
            await line.send(part)

    return behave


def failed(answer: Answer) -> str | None:
    assert answer.status_code is None
    assert answer.body is None
    return answer.error


async def test_an_answer_is_its_status_headers_and_body(transport: Transport) -> None:
    answer = await posted(
        transport, always(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Trace: a\r\nx-trace: b\r\n\r\nok")
    )
    assert answer == Answer(200, {"content-length": "2", "x-trace": "a, b"}, "ok", None, answer.duration_ms)
    assert answer.duration_ms >= 0


@pytest.mark.parametrize("status", [200, 201, 204, 304, 301, 400, 401, 404, 410, 429, 500, 503])
async def test_every_status_is_an_answer(transport: Transport, status: int) -> None:
    answer = await posted(transport, always(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status))
    assert (answer.status_code, answer.body, answer.error) == (status, "", None)


async def test_the_request_is_a_plain_post(transport: Transport) -> None:
    async with receiving(always(OK)) as raw:
        await transport.post(raw.url(path="/hook?key=1"), HEADERS, BODY)
        head, _, body = raw.requests[0].partition(b"\r\n\r\n")
    version = re.search(rb"Outward/(\S+)", head)
    assert version is not None
    assert head.decode().split("\r\n") == [
        "POST /hook?key=1 HTTP/1.1",
        f"Host: 127.0.0.1:{raw.port}",
        f"User-Agent: Outward/{version[1].decode()} (webhooks)",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "webhook-id: 1",
        "Content-Length: 11",
    ]
    assert body == BODY


async def test_a_redirect_is_an_answer_and_is_not_followed(transport: Transport) -> None:
    async with receiving(always(OK)) as elsewhere:
        location = f"Location: {elsewhere.url()}\r\n".encode()
        answer = await posted(transport, always(b"HTTP/1.1 301 Moved\r\n" + location + b"Content-Length: 0\r\n\r\n"))
    assert answer.status_code == 301
    assert answer.headers["location"] == elsewhere.url()
    assert elsewhere.connections == 0


async def test_cookies_are_not_kept(transport: Transport) -> None:
    async with receiving(always(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")) as raw:
        await transport.post(raw.url(), HEADERS, BODY)
        await transport.post(raw.url(), HEADERS, BODY)
    assert b"cookie" not in raw.requests[1].lower()


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving(always(OK)) as proxy, receiving(always(OK)) as raw:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(path=""))
        transport = Transport(HERE, limits=PATIENT)
        answer = await transport.post(raw.url(), HEADERS, BODY)
        await transport.close()
    assert (answer.status_code, raw.connections, proxy.connections) == (200, 1, 0)


@pytest.mark.parametrize(
    "header",
    [
        {"X-Name": "a\r\nHost: other.example"},
        {"X-Name": "a\nb"},
        {"X-Name": "é"},
        {"X Name": "a"},
        {"X-Name:": "a"},
        {"": "a"},
        {"Host": "other.example"},
        {"content-length": "3"},
        {"Transfer-Encoding": "chunked"},
    ],
)
async def test_a_header_that_would_change_the_request_is_not_sent(transport: Transport, header: dict[str, str]) -> None:
    async with receiving(always(OK)) as raw:
        answer = await transport.post(raw.url(), header, BODY)
    assert failed(answer) == f"the header {next(iter(header))!r} cannot be sent"
    assert raw.connections == 0


async def test_a_chunked_answer_is_put_together(transport: Transport) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await posted(transport, sends(head, b"3\r\none\r\n", b"4;x=y\r\n two\r\n", b"0\r\nX-Trailer: a\r\n\r\n"))
    assert (answer.status_code, answer.body) == (200, "one two")
    assert "x-trailer" not in answer.headers


async def test_an_answer_may_end_with_the_connection(transport: Transport) -> None:
    answer = await posted(transport, sends(b"HTTP/1.0 200 OK\r\n\r\n", b"until ", b"the end"))
    assert (answer.status_code, answer.body) == (200, "until the end")


async def test_an_interim_answer_is_passed_over(transport: Transport) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    answer = await posted(transport, sends(b"HTTP/1.1 100 Continue\r\n\r\n", interim, OK))
    assert (answer.status_code, answer.headers, answer.body) == (200, {"content-length": "2"}, "ok")


async def test_an_upgrade_is_an_answer_and_the_end_of_the_connection(transport: Transport) -> None:
    async with receiving(
        always(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nGARBAGE")
    ) as raw:
        first = await transport.post(raw.url(), HEADERS, BODY)
        second = await transport.post(raw.url(), HEADERS, BODY)
    assert (first.status_code, second.status_code, raw.connections) == (101, 101, 2)


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


async def test_what_is_not_text_is_replaced_and_nul_left_out(transport: Transport) -> None:
    answer = await posted(transport, always(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: \xff\r\n\r\na\0\xffb\xc3"))
    assert (answer.body, answer.headers["x-a"]) == ("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}", "\ufffd")


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


async def test_who_answers_without_reading_is_heard(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.send(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(60)

    async with receiving(behave) as raw:
        answer = await transport.post(raw.url(), HEADERS, b"a" * 20_000_000)
        again = await transport.post(raw.url(), HEADERS, BODY)
    assert (answer.status_code, again.status_code, raw.connections) == (413, 413, 2)


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


async def test_a_url_that_is_not_allowed_is_told_and_not_visited(transport: Transport) -> None:
    assert failed(await transport.post("ftp://receiver.example", HEADERS, BODY)) == "it does not begin with https://"
    answer = await transport.post("https://10.0.0.1/", HEADERS, BODY)
    assert failed(answer) == "its address 10.0.0.1 is private (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"


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


def test_it_is_the_same_on_the_loop_that_workers_run() -> None:
    async def never(line: Line) -> None:
        await line.request()
        await asyncio.sleep(60)

    async def floods(line: Line) -> None:
        await line.request()
        while True:
            await line.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 65536)

    behaviours = [always(OK), sends(), sends(b"HTTP/1.1 2"), sends(b"garbage"), never, floods]

    async def answers() -> list[tuple[int | None, str | None]]:
        transport = Transport(HERE, limits=QUICK)
        found = [await posted(transport, behaviour) for behaviour in behaviours]
        found.append(await transport.post("http://127.0.0.1:1/", HEADERS, BODY))
        await transport.close()
        return [(answer.status_code, answer.error) for answer in found]

    with ThreadPoolExecutor(1) as thread:
        on_uvloop = thread.submit(uvloop.run, answers()).result()
    assert on_uvloop == [
        (200, None),
        (None, "closed the connection without an answer"),
        (None, "closed the connection in the middle of its answer"),
        (None, "did not answer in HTTP/1.1"),
        (None, "did not answer within 0.4 seconds"),
        (200, None),
        (None, "the connection was refused"),
    ]
