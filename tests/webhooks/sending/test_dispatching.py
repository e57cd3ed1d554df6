"""What a receiver is sent, when, and in which order: on real sockets, at instants travelled to."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import jobs
from app.kernel.lanes import Claimed
from app.kernel.sealing import Seal
from app.kernel.work import Work
from app.webhooks.sending import dispatching
from app.webhooks.sending.retrying import SCHEDULE
from app.webhooks.tables import webhook_deliveries, webhook_endpoints
from tests.conftest import Clock, Statements
from tests.kernel.background_work import eventually
from tests.webhooks import raw
from tests.webhooks.receivers import Receivers, answers, never
from tests.webhooks.senders import Sender, a_sender, attempts, deliver, deliveries, received_at, stored
from tests.webhooks.worlds import NOW, SECRET, an_endpoint

ANOTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhro="


async def cost_of_a_batch(sender: Sender, statements: Statements) -> int:
    """Does all that waits as one batch, as the duty would; how many statements loading and settling it took."""
    async with sender.database.reading() as connection:
        rows = (await connection.execute(select(jobs).where(jobs.c.run_at <= sender.clock()))).mappings().all()
        claimed = [Claimed(row["id"], row["lane"], row["run_at"], 0, row["position"], {}) for row in rows]
        statements.clear()
        parcels = await sender.sending.load(connection, claimed, sender.clock())
    done = [(job, await sender.sending.do(parcels[job.id])) for job in claimed]
    work = Work(sender.database, sender.clock(), SYSTEM)
    await work.write()
    await sender.sending.settle(work, done)
    cost = len(statements)
    await work.connection.execute(delete(jobs))
    await work.commit()
    await work.close()
    return cost


async def test_a_delivery_is_posted_signed_under_the_events_id(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a", SECRET)
    endpoint = await received_at(sender, hook)
    [event] = await deliver(sender, endpoint, kind="ticket.opened", ticket={"id": "x"})
    await sender.turn()
    [got] = hook.received
    assert got.verified
    assert (got.id, got.at) == (str(event), NOW)
    assert got.headers["content-type"] == "application/json"
    assert got.json == {
        "id": str(event),
        "type": "ticket.opened",
        "timestamp": "2026-03-02T09:00:00Z",
        "data": {"ticket": {"id": "x"}, "actor": {"type": "system"}},
    }


async def test_a_delivery_that_succeeded_is_stored_with_its_attempt_and_never_sent_again(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(201, {"X-Told": "yes"}, b"thanks"))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.passes(days=10)
    [delivery] = await deliveries(sender.database, endpoint)
    [attempt] = await attempts(sender.database)
    assert (delivery["status"], delivery["attempts"], delivery["tries"]) == ("succeeded", 1, 1)
    assert (delivery["ended_at"], delivery["next_attempt_at"], delivery["last_status_code"]) == (NOW, None, 201)
    assert (attempt["delivery_id"], attempt["number"], attempt["at"]) == (delivery["id"], 1, NOW)
    assert (attempt["status_code"], attempt["answer"], attempt["error"]) == (201, "thanks", None)
    assert attempt["answer_headers"]["x-told"] == "yes"
    assert attempt["url"] == hook.url
    assert len(hook.received) == 1
    assert (await stored(sender.database, endpoint))["last_success_at"] == NOW


async def test_while_secrets_are_exchanged_both_verify_and_then_the_new_one_alone(
    sender: Sender, receivers: Receivers
) -> None:
    old, new = receivers.at("/old", ANOTHER_SECRET), receivers.at("/new", SECRET)
    rotated = {"previous_secret": ANOTHER_SECRET, "previous_secret_until": NOW + timedelta(hours=24)}
    endpoints = [await received_at(sender, hook, **rotated) for hook in (old, new)]
    for endpoint in endpoints:
        await deliver(sender, endpoint)
    await sender.turn()
    await sender.passes(hours=24)
    for endpoint in endpoints:
        await deliver(sender, endpoint)
    await sender.turn()
    assert [got.verified for got in old.received] == [True, False]
    assert [got.verified for got in new.received] == [True, True]


async def test_nothing_is_sent_unsigned_when_a_secret_cannot_be_read(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    endpoint = await received_at(sender, hook)
    async with sender.database.writing() as connection:
        await connection.execute(update(webhook_endpoints).values(secret=b"of another key"))
    await deliver(sender, endpoint)
    await sender.turn()
    [delivery] = await deliveries(sender.database, endpoint)
    assert hook.received == []
    assert delivery["status"] == "pending"
    assert "OUTWARD_SECRET_KEY" in delivery["last_error"]


async def test_an_endpoint_that_hangs_keeps_no_other_from_its_deliveries(sender: Sender, receivers: Receivers) -> None:
    hanging, well = receivers.at("/hanging"), receivers.at("/well")
    hanging.behaves(never())
    stuck, other = await received_at(sender, hanging), await received_at(sender, well)
    await deliver(sender, stuck, times=100)
    await deliver(sender, other, times=8)
    await sender.begin()
    await well.got(8)
    assert hanging.under_way > 0
    await receivers.close()
    await sender.turn()


async def test_an_ordered_endpoint_gets_the_next_only_after_the_one_before_succeeded(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(200), answers(500), answers(500), answers(200))
    endpoint = await received_at(sender, hook, ordered=True)
    first, second, third = map(str, await deliver(sender, endpoint, times=3))
    await sender.passes(hours=1)
    assert hook.ids == [first, second, second, second, third]
    assert [got.at - NOW for got in hook.received] == [timedelta(seconds=each) for each in (0, 0, 5, 305, 305)]


async def test_an_ordered_endpoint_gets_the_next_when_the_one_before_is_dead(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(*[answers(500)] * len(SCHEDULE), answers(200))
    endpoint = await received_at(sender, hook, ordered=True)
    first, second = map(str, await deliver(sender, endpoint, times=2))
    await sender.passes(days=10)
    assert hook.ids == [first] * 10 + [second]
    assert [each["status"] for each in await deliveries(sender.database, endpoint)] == ["dead", "succeeded"]


async def test_a_delivery_that_waits_no_longer_is_not_sent(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint, times=2)
    async with sender.database.writing() as connection:
        await connection.execute(update(webhook_deliveries).values(status="succeeded"))
    await sender.passes(days=1)
    assert hook.received == []


async def test_an_endpoint_that_is_deleted_while_it_is_sent_to_keeps_no_other_waiting(
    sender: Sender, receivers: Receivers
) -> None:
    hook, other = receivers.at("/a"), receivers.at("/b")
    hook.behaves(answers(200, after=0.2))
    doomed, well = await received_at(sender, hook), await received_at(sender, other)
    await deliver(sender, doomed)
    await deliver(sender, well)
    await sender.begin()
    await hook.got(1)
    async with sender.database.writing() as connection:
        await connection.execute(delete(webhook_endpoints).where(webhook_endpoints.c.id == doomed))
    await sender.turn()
    assert [each["status"] for each in await deliveries(sender.database, well)] == ["succeeded"]


async def test_loading_and_settling_cost_the_same_statements_for_one_delivery_and_for_many(
    sender: Sender, receivers: Receivers, statements: Statements
) -> None:
    costs = []
    for number, times in enumerate((1, 10)):
        hooks = [receivers.at(f"/{number}/{each}") for each in range(times)]
        for hook in hooks:
            hook.behaves(answers(503))
            await deliver(sender, await received_at(sender, hook), times=times)
        costs.append(await cost_of_a_batch(sender, statements))
        assert sum(len(hook.received) for hook in hooks) == times**2
    assert costs[0] == costs[1]


async def test_two_workers_send_each_delivery_once(
    sender: Sender, receivers: Receivers, database: Database, clock: Clock
) -> None:
    hook = receivers.at("/a")
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint, times=60)
    async with a_sender(database, clock) as another:
        await sender.begin()
        await another.begin()
        await another.turn()
        await sender.turn()
    assert len(hook.ids) == len(set(hook.ids)) == 60


async def test_connections_are_closed_when_the_duty_ends(sender: Sender) -> None:
    async with raw.receiving(raw.always(raw.OK)) as receiver:
        async with sender.database.writing() as connection:
            endpoint = await an_endpoint(connection, receiver.url())
        await deliver(sender, endpoint)
        await sender.turn()
        assert receiver.open == 1
        await sender.duty.end()
        await eventually(lambda: asyncio.sleep(0, receiver.open), 0)


@pytest.mark.parametrize(("kept", "opened"), [(2, 2), (1, 4)])
async def test_the_secrets_of_the_endpoints_that_were_sent_to_last_are_kept_unsealed(
    kept: int, opened: int, database: Database, clock: Clock, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings, unseal = [], Seal.open

    def opening(seal: Seal, *sealed: Any) -> bytes:
        openings.append(sealed)
        return unseal(seal, *sealed)

    monkeypatch.setattr(dispatching, "MOST_KEYS", kept)
    monkeypatch.setattr(Seal, "open", opening)
    async with a_sender(database, clock) as sender:
        endpoints = [await received_at(sender, receivers.at(path, SECRET)) for path in ("/a", "/b")]
        for endpoint in endpoints * 2:
            await deliver(sender, endpoint)
            await sender.turn()
    assert [got.verified for path in ("/a", "/b") for got in receivers.at(path).received] == [True] * 4
    assert len(openings) == opened
