"""The receivers of the consumer kit, as processes: they accept what Outward sends, once, and nothing else."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.kernel.database import Database
from app.webhooks.wire.signing import new_key_pair, new_secret, signed_headers
from app.webhooks.wire.transport import Limits
from tests.conftest import Clock
from tests.webhooks.consumers import (
    KIT,
    KitReceiver,
    changed,
    kit_receiver,
    node_receiver,
    python_receiver,
    with_cryptography,
    with_pypi_standardwebhooks,
    with_pypi_svix,
)
from tests.webhooks.receivers import receiving
from tests.webhooks.senders import a_sender, deliver, deliveries
from tests.webhooks.worlds import an_endpoint

SECRET = new_secret()
BODY = b'{"id":"e1","type":"ticket.opened","timestamp":"2026-03-02T09:00:00Z","data":{}}'


@pytest.fixture(params=["Python", "JavaScript"])
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KitReceiver]:
    in_python = request.param == "Python"
    command = python_receiver() if in_python else node_receiver(request.getfixturevalue("node_kit"))
    with kit_receiver(command, tmp_path, SECRET) as started:
        yield started


def signed(id_: str = "e1", *secrets: str, at: datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return signed_headers(id_, at or datetime.now(UTC), body, secrets or [SECRET])


def post(receiver: KitReceiver, headers: dict[str, str], body: bytes = BODY) -> int:
    return httpx.post(receiver.url, headers=headers, content=body, timeout=30).status_code


def kept(directory: Path) -> set[str]:
    """The ids of what a receiver has kept."""
    if (directory / "received.db").exists():
        return {row[0] for row in sqlite3.connect(directory / "received.db").execute("select webhook_id from received")}
    return {file.stem for file in (directory / "inbox").glob("*.json")}


def test_a_good_delivery_is_accepted_and_a_repeated_one_is_done_once(receiver: KitReceiver, tmp_path: Path) -> None:
    answers = [post(receiver, signed("e1")) for _ in range(3)] + [post(receiver, signed("e2"))]
    assert answers == [204, 204, 204, 204]
    assert [receiver.next_done(), receiver.next_done()] == [("e1", "ticket.opened"), ("e2", "ticket.opened")]
    assert kept(tmp_path) == {"e1", "e2"}


async def test_the_same_one_many_times_at_once_is_done_once(receiver: KitReceiver, tmp_path: Path) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        sent = [client.post(receiver.url, headers=signed("e1"), content=BODY) for _ in range(20)]
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {204}
        await client.post(receiver.url, headers=signed("e2"), content=BODY)
    assert [receiver.next_done()[0], receiver.next_done()[0]] == ["e1", "e2"]


def test_what_was_tampered_with_is_refused_and_not_done(receiver: KitReceiver, tmp_path: Path) -> None:
    good = signed("e1")
    refused = [
        post(receiver, good, BODY + b" "),
        post(receiver, changed(good, webhook_id="e2")),
        post(receiver, changed(good, webhook_timestamp=int(good["webhook-timestamp"]) + 1)),
        post(receiver, signed("e1", at=datetime.now(UTC) - timedelta(minutes=6))),
        post(receiver, signed("e1", new_secret())),
        post(receiver, changed(good, webhook_signature="v1")),
        post(receiver, changed(good, webhook_signature="v1,?")),
        post(receiver, changed(good, webhook_timestamp="yesterday")),
        post(receiver, {name: value for name, value in good.items() if name != "webhook-signature"}),
        post(receiver, {}),
        post(receiver, good, b""),
        post(receiver, good, b"\xff\xfe"),
    ]
    assert refused == [401] * len(refused)
    assert kept(tmp_path) == set()
    assert post(receiver, good) == 204


def test_during_a_rotation_a_receiver_with_either_secret_accepts(receiver: KitReceiver) -> None:
    another = new_secret()
    assert post(receiver, signed("e1", SECRET, another)) == 204
    assert post(receiver, signed("e2", another, SECRET)) == 204


async def test_it_accepts_what_the_service_sends(
    receiver: KitReceiver, database: Database, clock: Clock, tmp_path: Path
) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, receiver.url, secret=SECRET)
    async with a_sender(database, clock, limits=Limits()) as sender:
        ids = await deliver(sender, endpoint, times=5)
        await sender.turn()
    assert {row["status"] for row in await deliveries(database, endpoint)} == {"succeeded"}
    assert kept(tmp_path) == {str(id_) for id_ in ids}


async def test_every_library_verifies_what_the_service_sends(
    request: pytest.FixtureRequest, database: Database, clock: Clock
) -> None:
    new, old, (signing_key, public_key) = new_secret(), new_secret(), new_key_pair()
    rotating = {"secret": new, "previous_secret": old, "previous_secret_until": clock() + timedelta(hours=24)}
    async with receiving() as receivers, a_sender(database, clock, limits=Limits()) as sender:
        hook = receivers.at("/hook")
        async with database.writing() as connection:
            endpoint = await an_endpoint(
                connection, hook.url, **rotating, signing_key=signing_key, public_key=public_key
            )
        await deliver(sender, endpoint, times=3, title="Größe 🙂")
        await sender.turn()
        assert len(hook.received) == 3
        in_node = request.getfixturevalue("in_node")
        for each in hook.received:
            for secret in (new, old):
                for verify in (with_pypi_standardwebhooks, with_pypi_svix, in_node):
                    verify(each.body, each.headers, secret)
            with_cryptography(each.body, each.headers, public_key)
            in_node(each.body, each.headers, public_key)


def test_the_kit_s_lock_names_no_registry_and_knows_what_it_installs() -> None:
    lock = json.loads((KIT / "package-lock.json").read_text())
    installed = {path: package for path, package in lock["packages"].items() if path}
    assert len(installed) == 3
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert "://" not in (KIT / "package-lock.json").read_text()
