"""Sending webhooks to receivers that answer, on real sockets."""

import asyncio
import re

import pytest

from app.webhooks.wire.transport import Answer, Transport
from tests.webhooks.posting import BODY, HEADERS, HERE, PATIENT, failed, posted, sends
from tests.webhooks.raw import OK, Line, always, receiving


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


async def test_what_is_not_text_is_replaced_and_nul_left_out(transport: Transport) -> None:
    answer = await posted(transport, always(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: \xff\r\n\r\na\0\xffb\xc3"))
    assert (answer.body, answer.headers["x-a"]) == ("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}", "\ufffd")


async def test_who_answers_without_reading_is_heard(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.send(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(60)

    async with receiving(behave) as raw:
        answer = await transport.post(raw.url(), HEADERS, b"a" * 20_000_000)
        again = await transport.post(raw.url(), HEADERS, BODY)
    assert (answer.status_code, again.status_code, raw.connections) == (413, 413, 2)
