"""What is no HTTP is answered as a problem, too."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import uvicorn


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("it was no request")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        _nothing, port=0, http="app.kernel.protocol:ProblemProtocol", log_level="critical", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Note: a\x00b\r\n\r\n",
        b"GET /v1/me?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    ],
    ids=["no request line", "a NUL in a header", "an address of 70,000 bytes", "a negative length"],
)
async def test_what_is_no_http_is_answered_as_a_problem(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answered = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answered.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n")
    assert orjson.loads(body)["type"] == "/problems/malformed-request"
