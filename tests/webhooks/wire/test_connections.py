"""Connections to receivers: used again while they are good, and not a moment longer."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.wire.addresses import Rules
from app.webhooks.wire.connections import KEPT_BODY_BYTES, Broken, Connection, Received
from app.webhooks.wire.transport import Answer, Limits, Transport
from tests.webhooks.raw import OK, Behaviour, Line, Raw, always, receiving

HERE = Rules(allow_private=(ip_network("127.0.0.0/8"),))
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


def a_transport(**limits: float) -> Transport:
    return Transport(HERE, limits=Limits(connect_seconds=30, total_seconds=60, **limits))  # type: ignore[arg-type]


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = a_transport()
    yield transport
    await transport.close()


async def post(transport: Transport, raw: Raw, times: int = 1) -> list[Answer]:
    return [await transport.post(raw.url(), {}, b"{}") for _ in range(times)]


async def eventually_open(raw: Raw, connections: int) -> None:
    async with asyncio.timeout(30):
        while raw.open != connections:
            await asyncio.sleep(0.01)


def once_each(*turns: Behaviour) -> Behaviour:
    """The first connection behaves as the first turn, and so on; the last stays."""

    async def behave(line: Line) -> None:
        await turns[min(line.number, len(turns)) - 1](line)

    return behave


async def test_a_connection_is_used_again(transport: Transport) -> None:
    async with receiving(always(OK)) as raw:
        answers = await post(transport, raw, times=20)
    assert {answer.status_code for answer in answers} == {200}
    assert (raw.connections, len(raw.requests)) == (1, 20)


async def test_posts_at_the_same_time_have_a_connection_each_and_those_are_used_again(transport: Transport) -> None:
    async with receiving(always(OK)) as raw:
        for _ in range(3):
            await asyncio.gather(*[post(transport, raw) for _ in range(20)])
    assert (raw.connections, len(raw.requests)) == (20, 60)


async def test_receivers_do_not_share_connections(transport: Transport) -> None:
    async with receiving(always(OK)) as one, receiving(always(OK)) as other:
        for _ in range(3):
            await post(transport, one)
            await post(transport, other)
    assert (one.connections, len(one.requests), other.connections, len(other.requests)) == (1, 3, 1, 3)


@pytest.mark.parametrize(
    "answer",
    [
        CLOSING,
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"a" * 3000,
        OK + OK,
        OK + b"GARBAGE",
    ],
    ids=["that says so", "of HTTP/1.0", "that is too long", "followed by another", "followed by garbage"],
)
async def test_a_connection_is_not_used_again_after_an_answer(transport: Transport, answer: bytes) -> None:
    async with receiving(always(answer)) as raw:
        answers = await post(transport, raw, times=2)
        await eventually_open(raw, 0)
    assert [each.status_code for each in answers] == [200, 200]
    assert raw.connections == 2


async def test_what_comes_unasked_ends_a_connection(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.request()
        await line.send(OK)
        await asyncio.sleep(0.05)
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse")
        await line.reader.read()

    async with receiving(behave) as raw:
        await post(transport, raw)
        await eventually_open(raw, 0)
        [answer] = await post(transport, raw)
    assert (answer.body, raw.connections) == ("ok", 2)


async def test_a_connection_that_the_receiver_closed_meanwhile_is_replaced(transport: Transport) -> None:
    async def one_and_close(line: Line) -> None:
        await line.request()
        await line.send(OK)

    async with receiving(one_and_close) as raw:
        answers = []
        for _ in range(3):
            answers += await post(transport, raw)
            await eventually_open(raw, 0)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (raw.connections, len(raw.requests)) == (3, 3)


async def test_a_kept_connection_that_is_closed_instead_of_answered_is_tried_once_more(transport: Transport) -> None:
    async def answers_once(line: Line) -> None:
        await line.request()
        await line.send(OK)
        await line.request()

    async with receiving(once_each(answers_once, always(OK))) as raw:
        answers = await post(transport, raw, times=2)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (raw.connections, len(raw.requests)) == (2, 3)


async def test_it_is_tried_once_more_only(transport: Transport) -> None:
    async def answers_once(line: Line) -> None:
        await line.request()
        await line.send(OK)
        await line.request()

    async def never_answers(line: Line) -> None:
        await line.request()

    async with receiving(once_each(answers_once, never_answers)) as raw:
        answers = await post(transport, raw, times=2)
    assert answers[1].error == "closed the connection without an answer"
    assert (raw.connections, len(raw.requests)) == (2, 3)


async def test_a_new_connection_that_is_closed_is_not_tried_again(transport: Transport) -> None:
    async def never_answers(line: Line) -> None:
        await line.request()

    async with receiving(never_answers) as raw:
        [answer] = await post(transport, raw)
    assert answer.error == "closed the connection without an answer"
    assert raw.connections == 1


async def test_a_kept_connection_that_breaks_within_an_answer_is_not_tried_again(transport: Transport) -> None:
    async def half(line: Line) -> None:
        await line.request()
        await line.send(OK)
        await line.request()
        await line.send(b"HTTP/1.1 2")

    async with receiving(half) as raw:
        answers = await post(transport, raw, times=2)
    assert answers[1].error == "closed the connection in the middle of its answer"
    assert (raw.connections, len(raw.requests)) == (1, 2)


async def test_a_connection_that_nobody_uses_is_ended() -> None:
    transport = a_transport(idle_seconds=0.05)
    async with receiving(always(OK)) as raw:
        await post(transport, raw)
        await eventually_open(raw, 0)
    await transport.close()


async def test_an_old_connection_is_not_used_again() -> None:
    transport = a_transport(age_seconds=0)
    async with receiving(always(OK)) as raw:
        await post(transport, raw, times=2)
    assert raw.connections == 2
    await transport.close()


async def test_no_more_connections_than_allowed_wait() -> None:
    transport = a_transport(idle_connections=2)
    async with receiving(always(OK)) as raw:
        await asyncio.gather(*[post(transport, raw) for _ in range(5)])
        await eventually_open(raw, 2)
    assert raw.connections == 5
    await transport.close()


async def test_closing_ends_what_waits_and_what_comes_later() -> None:
    transport = a_transport()
    async with receiving(always(OK)) as raw:
        await post(transport, raw)
        await transport.close()
        await eventually_open(raw, 0)
        await post(transport, raw)
        await eventually_open(raw, 0)
    assert raw.connections == 2


class Wire(asyncio.Transport):
    """The far end of a connection, which takes whatever is written."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None: ...


async def made_of(chunks: list[bytes]) -> Received | str:
    """What a connection makes of bytes that come in these chunks, the last followed by the end."""
    connection = Connection()
    connection.connection_made(Wire())
    answer = asyncio.ensure_future(connection.exchange(b""))
    await asyncio.sleep(0)
    for chunk in chunks:
        if not connection.lost:
            connection.data_received(chunk)
    connection.connection_lost(None)
    try:
        return await answer
    except Broken as broken:
        return broken.detail


PIECES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 103 Early Hints\r\n",
    b"HTTP/1.0 500\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"X-A: b\r\n",
    b"\r\n",
    b"hello",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"a" * (KEPT_BODY_BYTES + 10),
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=12), st.data())
async def test_an_answer_is_the_same_however_it_is_cut_into_packets(pieces: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=20)) | {0, len(sent)})
    chunks = [sent[begin:end] for begin, end in itertools.pairwise(cuts)]
    assert await made_of(chunks) == await made_of([sent])


@given(st.binary(max_size=400))
async def test_whatever_is_sent_there_is_an_answer_or_a_reason(sent: bytes) -> None:
    made = await made_of([b"HTTP/1.1 200 OK\r\n", sent])
    assert isinstance(made, str) or made.status_code >= 200
