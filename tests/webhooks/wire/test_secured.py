"""Webhooks over TLS: the certificate is verified against the name, whatever address is connected to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from app.webhooks.wire.addresses import Rules
from app.webhooks.wire.transport import Answer, Limits, Transport, trusted
from tests.webhooks.certificates import an_authority
from tests.webhooks.raw import OK, Liar, Line, Raw, always, receiving

AUTHORITY = an_authority()
NAME = "receiver.example"
HERE = Rules(allow_private=(ip_network("127.0.0.0/8"),))


def a_transport(context: ssl.SSLContext, **limits: float) -> Transport:
    there = Liar({NAME: [["127.0.0.1"]]})
    bounds = Limits(**{"connect_seconds": 30, "total_seconds": 60, **limits})  # type: ignore[arg-type]
    return Transport(HERE, resolve=there, limits=bounds, ssl_context=context)


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = a_transport(AUTHORITY.trusting())
    yield transport
    await transport.close()


async def post(transport: Transport, raw: Raw, host: str = NAME) -> Answer:
    return await transport.post(raw.url(host, scheme="https"), {}, b"{}")


async def test_a_certificate_for_the_name_is_accepted(transport: Transport) -> None:
    async with receiving(always(OK), tls=AUTHORITY.serving(NAME)) as raw:
        answers = [await post(transport, raw) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert raw.connections == 1
    assert f"Host: {NAME}:{raw.port}".encode() in raw.requests[0]


async def test_the_receiver_is_told_the_name_and_not_the_address(transport: Transport) -> None:
    told: list[str | None] = []
    context = AUTHORITY.serving(NAME)
    context.sni_callback = lambda _, name, __: told.append(name)
    async with receiving(always(OK), tls=context) as raw:
        await post(transport, raw)
    assert told == [NAME]


async def test_a_certificate_for_the_address_is_accepted_for_the_address(transport: Transport) -> None:
    async with receiving(always(OK), tls=AUTHORITY.serving("127.0.0.1")) as raw:
        answer = await post(transport, raw, "127.0.0.1")
    assert answer.status_code == 200


@pytest.mark.parametrize("other", ["other.example", "127.0.0.1", "*.receiver.example", "example"])
async def test_a_certificate_for_something_else_is_refused(transport: Transport, other: str) -> None:
    async with receiving(always(OK), tls=AUTHORITY.serving(other)) as raw:
        answer = await post(transport, raw)
    assert answer.error == (
        "the certificate is not valid: Hostname mismatch, certificate is not valid for 'receiver.example'"
    )
    assert raw.requests == []


async def test_a_certificate_of_another_authority_is_refused(transport: Transport) -> None:
    async with receiving(always(OK), tls=an_authority().serving(NAME)) as raw:
        answer = await post(transport, raw)
    assert answer.error is not None
    assert answer.error.startswith("the certificate is not valid: ")
    assert raw.requests == []


async def test_a_certificate_that_has_ended_is_refused(transport: Transport) -> None:
    async with receiving(always(OK), tls=AUTHORITY.serving(NAME, ended=True)) as raw:
        answer = await post(transport, raw)
    assert answer.error == "the certificate is not valid: certificate has expired"


async def test_the_authorities_of_the_tests_are_not_trusted_by_default() -> None:
    transport = a_transport(trusted())
    async with receiving(always(OK), tls=AUTHORITY.serving(NAME)) as raw:
        answer = await post(transport, raw)
    await transport.close()
    assert answer.error is not None
    assert answer.error.startswith("the certificate is not valid: ")


def test_by_default_the_well_known_authorities_are_trusted_and_names_verified() -> None:
    context = trusted()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) > 50


async def test_a_receiver_without_tls_is_told_apart(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.reader.read(1)
        await line.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await line.reader.read()

    async with receiving(behave) as raw:
        answer = await post(transport, raw)
    assert answer.error is not None
    assert answer.error.startswith("TLS failed: ")


async def test_a_receiver_that_closes_before_it_is_secured_is_told_apart(transport: Transport) -> None:
    async def behave(line: Line) -> None:
        await line.reader.read(1)

    async with receiving(behave) as raw:
        answer = await post(transport, raw)
    assert answer.error == "closed the connection before it was secured"


async def test_a_receiver_that_never_gets_secured_is_not_waited_for() -> None:
    async def behave(line: Line) -> None:
        await asyncio.sleep(60)

    transport = a_transport(AUTHORITY.trusting(), connect_seconds=0.2)
    async with receiving(behave) as raw:
        answer = await post(transport, raw)
    await transport.close()
    assert answer.error == "could not be connected within 0.2 seconds"


async def test_a_body_that_is_too_long_is_not_read_over_tls_either(transport: Transport) -> None:
    async def floods(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await line.send(b"a" * 65536)

    async with receiving(floods, tls=AUTHORITY.serving(NAME)) as raw:
        answer = await post(transport, raw)
    assert (answer.status_code, answer.body) == (200, "a" * 2048)
