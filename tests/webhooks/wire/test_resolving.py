"""From a name to the address that is connected to, with resolvers that lie, hang, and change their mind."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address, ip_network

import pytest

from app.webhooks.wire.addresses import Address, Refused, Rules
from app.webhooks.wire.resolving import Names
from app.webhooks.wire.transport import Limits, Transport, require_reachable
from tests.kernel.background_work import eventually
from tests.webhooks.raw import OK, Liar, always, receiving

NAME = "receiver.example"
PUBLIC = Rules()
HERE = Rules(allow_private=(ip_network("127.0.0.0/8"),))
PATIENT = Limits(connect_seconds=30, total_seconds=60)
QUICK = Limits(connect_seconds=0.2, total_seconds=10)
A_PUBLIC_ADDRESS = "93.184.215.14"

ODD_FORMS = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "fd00::1",
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1%lo",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "168.63.129.16",
    "fd00:ec2::254",
]


@pytest.fixture
async def transports() -> AsyncIterator[list[Transport]]:
    made: list[Transport] = []
    yield made
    for transport in made:
        await transport.close()


def lying(*answers: Sequence[str]) -> Liar:
    return Liar({NAME: list(answers)})


async def test_the_address_that_is_resolved_is_connected_to_and_the_name_is_sent(transports: list[Transport]) -> None:
    transports.append(Transport(HERE, resolve=lying(["127.0.0.7"]), limits=PATIENT))
    async with receiving(always(OK), host="127.0.0.7") as raw:
        answer = await transports[0].post(raw.url(NAME), {}, b"{}")
    assert answer.status_code == 200
    assert f"Host: {NAME}:{raw.port}\r\n".encode() in raw.requests[0]


async def test_a_name_is_resolved_once_for_a_connection_and_not_again_while_it_lasts(
    transports: list[Transport],
) -> None:
    liar = lying(["127.0.0.1"], ["10.0.0.1"])
    transports.append(Transport(HERE, resolve=liar, limits=PATIENT))
    async with receiving(always(OK)) as raw:
        answers = [await transports[0].post(raw.url(NAME), {}, b"{}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (liar.asked, raw.connections) == ([NAME], 1)


async def test_a_name_that_moves_to_a_private_address_is_refused_at_its_next_connection(
    transports: list[Transport],
) -> None:
    limits = Limits(connect_seconds=30, total_seconds=60, age_seconds=0)
    transports.append(Transport(HERE, resolve=lying(["127.0.0.1"], ["10.0.0.1"]), limits=limits))
    async with receiving(always(OK)) as raw:
        answers = [await transports[0].post(raw.url(NAME), {}, b"{}") for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[1].error == "its address 10.0.0.1 is private (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"


@pytest.mark.parametrize("odd", ODD_FORMS)
async def test_a_name_that_was_public_when_saved_is_refused_when_it_is_not_when_connecting(
    transports: list[Transport], odd: str
) -> None:
    liar = lying([A_PUBLIC_ADDRESS], [odd])
    await require_reachable(f"https://{NAME}/", PUBLIC, liar)
    transports.append(Transport(PUBLIC, resolve=liar, limits=PATIENT))
    answer = await transports[0].post(f"https://{NAME}/", {}, b"{}")
    assert answer.error is not None
    assert answer.error.startswith("its address ")
    assert liar.asked == [NAME, NAME]


@pytest.mark.parametrize("odd", ODD_FORMS)
async def test_one_address_that_is_not_public_among_others_refuses_the_name(
    transports: list[Transport], odd: str
) -> None:
    transports.append(Transport(PUBLIC, resolve=lying([A_PUBLIC_ADDRESS, odd], [odd, A_PUBLIC_ADDRESS])))
    for _ in range(2):
        answer = await transports[0].post(f"https://{NAME}/", {}, b"{}")
        assert answer.error is not None
        assert answer.error.startswith("its address ")


async def test_a_receiver_on_an_address_that_is_not_allowed_sees_no_connection(transports: list[Transport]) -> None:
    rules = Rules(allow_private=(ip_network("127.0.0.2/32"),))
    transports.append(Transport(rules, resolve=lying(["127.0.0.1"], ["127.0.0.2", "127.0.0.1"]), limits=PATIENT))
    async with receiving(always(OK)) as raw:
        answers = [await transports[0].post(raw.url(NAME), {}, b"{}") for _ in range(2)]
        literal = await transports[0].post(raw.url(), {}, b"{}")
    refused = "its address 127.0.0.1 is loopback (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"
    assert [answer.error for answer in (*answers, literal)] == [refused] * 3
    assert raw.connections == 0


async def test_http_to_a_name_is_refused_when_one_of_its_addresses_is_public(transports: list[Transport]) -> None:
    transports.append(Transport(HERE, resolve=lying(["127.0.0.1", A_PUBLIC_ADDRESS]), limits=PATIENT))
    answer = await transports[0].post(f"http://{NAME}/", {}, b"{}")
    assert answer.error == (
        "its scheme is http, which only addresses within OUTWARD_WEBHOOK_ALLOW_PRIVATE may have; use https"
    )


async def test_the_next_address_is_tried_when_one_does_not_answer(transports: list[Transport]) -> None:
    transports.append(Transport(HERE, resolve=lying(["127.0.0.8", "127.0.0.7"]), limits=PATIENT))
    async with receiving(always(OK), host="127.0.0.7") as raw:
        answer = await transports[0].post(raw.url(NAME), {}, b"{}")
    assert answer.status_code == 200


async def test_no_more_than_four_addresses_are_tried(transports: list[Transport]) -> None:
    many = [f"127.0.0.{number}" for number in range(8, 12)]
    transports.append(Transport(HERE, resolve=lying([*many, "127.0.0.7"]), limits=PATIENT))
    async with receiving(always(OK), host="127.0.0.7") as raw:
        answer = await transports[0].post(raw.url(NAME), {}, b"{}")
    assert answer.error == "the connection was refused"


async def test_a_name_that_does_not_resolve_is_told(transports: list[Transport]) -> None:
    transports.append(Transport(PUBLIC, resolve=Liar({NAME: [[]]}), limits=PATIENT))
    for name in ("unknown.example", NAME):
        answer = await transports[0].post(f"https://{name}/", {}, b"{}")
        assert answer.error == "the name could not be resolved"


async def test_a_name_that_takes_too_long_to_resolve_is_told(transports: list[Transport]) -> None:
    async def hangs(host: str) -> Sequence[Address]:
        await asyncio.sleep(60)
        return [ip_address("127.0.0.1")]

    transports.append(Transport(HERE, resolve=hangs, limits=QUICK))
    answer = await transports[0].post(f"https://{NAME}/", {}, b"{}")
    assert answer.error == "the name could not be resolved within 0.2 seconds"


async def test_a_url_is_saved_when_its_name_does_not_resolve_yet() -> None:
    await require_reachable("https://not-yet.example/", PUBLIC, lying())


@pytest.mark.parametrize("odd", ODD_FORMS)
async def test_a_url_is_not_saved_when_its_name_leads_elsewhere(odd: str) -> None:
    for answer in ([odd], [A_PUBLIC_ADDRESS, odd]):
        with pytest.raises(Refused):
            await require_reachable(f"https://{NAME}/", PUBLIC, lying(answer))


async def test_a_url_that_is_wrong_in_itself_is_not_resolved() -> None:
    liar = lying([A_PUBLIC_ADDRESS])
    with pytest.raises(Refused):
        await require_reachable(f"http://{NAME}/", PUBLIC, liar)
    assert liar.asked == []


async def test_the_system_resolves_names() -> None:
    assert ip_address("127.0.0.1") in await Names()("localhost")


async def test_the_system_says_when_a_name_is_unknown() -> None:
    with pytest.raises(socket.gaierror):
        await Names()("a" * 64 + ".example")


class Hanging:
    """The system's look-up, which hangs until it is let go."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.asked: list[str] = []
        self.threads: set[str] = set()

    async def looked_up(self) -> set[str]:
        return set(self.asked)

    def __call__(self, host: bytes, *_: object, **__: object) -> list[tuple[object, ...]]:
        self.asked.append(host.decode())
        self.threads.add(threading.current_thread().name)
        self.free.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Hanging:
    hanging = Hanging()
    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    return hanging


async def test_a_look_up_that_hangs_holds_one_thread_and_neither_the_loop_nor_its_executor(hanging: Hanging) -> None:
    names = Names(threads=2)
    waiting = [asyncio.ensure_future(names("slow.example")) for _ in range(10)]
    await eventually(hanging.looked_up, {"slow.example"})
    other = asyncio.ensure_future(names("other.example"))
    await eventually(hanging.looked_up, {"slow.example", "other.example"})
    assert await asyncio.to_thread(lambda: "the executor is free") == "the executor is free"
    assert sorted(hanging.asked) == ["other.example", "slow.example"]
    assert hanging.threads == {"webhook-names"}
    hanging.free.set()
    assert set(await asyncio.gather(*map(tuple_of, waiting), tuple_of(other))) == {(ip_address("127.0.0.1"),)}


async def tuple_of(asked: asyncio.Future[Sequence[Address]]) -> tuple[Address, ...]:
    return tuple(await asked)


async def test_no_more_names_are_looked_up_at_a_time_than_there_are_threads(hanging: Hanging) -> None:
    names = Names(threads=2)
    waiting = [asyncio.ensure_future(names(f"{number}.example")) for number in range(5)]
    await eventually(hanging.looked_up, {"0.example", "1.example"})
    await asyncio.sleep(0.05)
    assert len(hanging.asked) == 2
    hanging.free.set()
    await asyncio.gather(*waiting)
    assert len(hanging.asked) == 5


async def test_who_gives_up_a_look_up_does_not_end_it_for_others(hanging: Hanging) -> None:
    names = Names()
    impatient, patient = asyncio.ensure_future(names(NAME)), asyncio.ensure_future(names(NAME))
    await eventually(hanging.looked_up, {NAME})
    impatient.cancel()
    hanging.free.set()
    assert await patient == [ip_address("127.0.0.1")]
