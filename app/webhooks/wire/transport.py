"""Sending webhooks: to checked addresses only, within limits, with an answer whatever the other side does."""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

import httpx

from app.webhooks.wire.addresses import Address, Destination, Refused, Rules, destination_of, require_addresses
from app.webhooks.wire.connections import Broken, Connection, Idle, Received, text
from app.webhooks.wire.resolving import Names, Resolve

_ADDRESSES_TRIED = 4
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t -~]*")
_OURS = {"host", "user-agent", "accept", "accept-encoding", "content-length", "connection", "transfer-encoding"}
_COMMON_HEAD = f"User-Agent: Outward/{version('outward')} (webhooks)\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered, or in `error` why there is no answer: either `status_code` or `error` is None.

    `headers` have names in lower case and are bounded to 4 KiB, `body` to its first 2 KiB, as UTF-8 with replacements
    and without NUL. `error` is a short sentence about the receiver without a subject: "reset the connection".
    """

    status_code: int | None
    headers: Mapping[str, str]
    body: str | None
    error: str | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds, and how many connections may wait for their next use."""

    connect_seconds: float = 5
    """Until the connection is there: the name resolved, the address reached, the certificate verified."""
    total_seconds: float = 15
    """From the call to the last byte of the answer that is read."""
    idle_seconds: float = 30
    age_seconds: float = 300
    idle_connections: int = 256


def trusted() -> ssl.SSLContext:
    """Verifies by the well-known authorities and by those of this system (SSL_CERT_FILE, SSL_CERT_DIR)."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Transport:
    """Posts to receivers over connections that are kept. No redirects, no cookies, no proxies, no compression."""

    def __init__(
        self,
        rules: Rules,
        *,
        resolve: Resolve | None = None,
        limits: Limits = Limits(),
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._resolve = resolve or Names()
        self._limits = limits
        self._ssl = ssl_context or trusted()
        self._idle = Idle(limits.idle_seconds, limits.age_seconds, limits.idle_connections)
        self._destination = lru_cache(maxsize=1024)(lambda url: destination_of(url, rules))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Posts once, on a new connection if the one that was kept turns out to be closed. Raises nothing."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        received, error = Received(), None
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                received = await self._send(url, headers, body)
        except TimeoutError:
            error = f"did not answer within {_seconds(self._limits.total_seconds)}"
        except (Refused, Broken) as reason:
            error = reason.detail
        took = round((loop.time() - began) * 1000)
        if error is not None:
            return Answer(None, {}, None, error, took)
        return Answer(received.status_code, received.headers, text(received.body, cut=received.cut), None, took)

    async def close(self) -> None:
        """Ends the connections that are not in use; those in use end with their post."""
        self._idle.close()

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> Received:
        destination = self._destination(url)
        request = _request(destination, headers, body)
        key = (destination.tls, destination.host, destination.port)
        kept = self._idle.take(key)
        if kept is not None:
            try:
                return await self._exchange(key, kept, request)
            except Broken as broken:
                # The usual end of a kept connection. The receiver may have got the request all the same: deliveries
                # are at least once, and their id does not change.
                if not broken.untouched:
                    raise
        return await self._exchange(key, await self._connect(destination), request)

    async def _exchange(self, key: tuple[bool, str, int], connection: Connection, request: bytes) -> Received:
        received = None
        try:
            received = await connection.exchange(request)
            return received
        finally:
            if received is not None and received.reusable:
                self._idle.keep(key, connection)
            else:
                connection.abort()

    async def _connect(self, destination: Destination) -> Connection:
        """A new connection to an address that was resolved and checked now. Raises Refused or Broken."""
        loop = asyncio.get_running_loop()
        limit = self._limits.connect_seconds
        deadline = loop.time() + limit
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await addresses_of(destination, self._rules, self._resolve)
        except TimeoutError as error:
            raise Broken(f"the name could not be resolved within {_seconds(limit)}") from error
        except OSError as error:
            raise Broken("the name could not be resolved") from error
        tried = addresses[:_ADDRESSES_TRIED]
        reason = Broken("the name has no address")
        for number, address in enumerate(tried):
            share = (deadline - loop.time()) / (len(tried) - number)
            try:
                async with asyncio.timeout(share):
                    return await self._open(destination, address)
            except OSError as error:
                reason = Broken(_reason(error, limit))
        raise reason

    async def _open(self, destination: Destination, address: Address) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection,
            str(address),
            destination.port,
            ssl=self._ssl if destination.tls else None,
            server_hostname=destination.host if destination.tls else None,
        )
        return connection


async def require_reachable(url: str, rules: Rules, resolve: Resolve) -> None:
    """Raises Refused unless webhooks may be sent there as far as can be told now: a name need not exist yet."""
    destination = destination_of(url, rules)
    try:
        async with asyncio.timeout(Limits().connect_seconds):
            await addresses_of(destination, rules, resolve)
    except OSError:
        return


async def addresses_of(destination: Destination, rules: Rules, resolve: Resolve) -> Sequence[Address]:
    """The addresses of its host, all of them checked. Raises Refused, or OSError when the name has none."""
    if destination.address is not None:
        return [destination.address]
    addresses = await resolve(destination.host)
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "no addresses")
    require_addresses(destination, addresses, rules)
    return addresses


def _request(destination: Destination, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = []
    for name, value in headers.items():
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)) or name.lower() in _OURS:
            raise Refused(f"the header {name!r} cannot be sent")
        lines.append(f"{name}: {value}\r\n")
    head = (
        f"POST {destination.target} HTTP/1.1\r\nHost: {destination.authority}\r\n{_COMMON_HEAD}{''.join(lines)}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def _seconds(seconds: float) -> str:
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def _reason(error: OSError, limit: float) -> str:
    match error:
        case TimeoutError():
            return f"could not be connected within {_seconds(limit)}"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not valid: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"TLS failed: {(error.reason or 'unknown').replace('_', ' ').lower()}"
        case ConnectionRefusedError():
            return "the connection was refused"
        case ConnectionError():
            return "closed the connection before it was secured"
    if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "its address cannot be reached"
    return f"could not be connected: {error.strerror or error}"
