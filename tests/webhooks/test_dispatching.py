"""What a receiver is sent, when, and what its answers bring about: on real sockets, at instants travelled to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import accumulate
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import jobs
from app.kernel.lanes import Claimed
from app.kernel.work import Work
from app.webhooks.fanning_out import FanOut
from app.webhooks.retrying import SCHEDULE
from app.webhooks.tables import webhook_deliveries, webhook_endpoints
from tests.conftest import Clock, Statements
from tests.webhooks.receivers import (
    Behaviour,
    Receiver,
    Receivers,
    answers,
    drips,
    drips_a_body,
    floods,
    hangs_up,
    never,
    receiving,
    resets,
    talks_nonsense,
)
from tests.webhooks.sending import Sender, a_sender, attempts, deliver, deliveries, stored, told
from tests.webhooks.worlds import NOW, SECRET, an_endpoint, happened

ANOTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhro="


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with receiving() as receivers:
        yield receivers


@pytest.fixture
async def sender(database: Database, clock: Clock) -> AsyncIterator[Sender]:
    clock.instant = NOW
    async with a_sender(database, clock) as sender:
        yield sender


async def received_at(sender: Sender, receiver: Receiver, **fields: object) -> UUID:
    async with sender.database.writing() as connection:
        return await an_endpoint(connection, receiver.url, **fields)


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


async def fan_out(sender: Sender) -> None:
    while await FanOut().turn(sender.database, sender.clock()):
        pass


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


async def test_what_fails_is_tried_ten_times_by_the_schedule_with_the_same_id_and_body_and_is_dead_then(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a", SECRET)
    hook.behaves(answers(500, body=b"no"))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.passes(days=10)
    assert [got.at - NOW for got in hook.received] == [timedelta(seconds=each) for each in accumulate(SCHEDULE)]
    assert len({(got.id, got.body) for got in hook.received}) == 1
    assert all(got.verified for got in hook.received)
    [delivery] = await deliveries(sender.database, endpoint)
    assert (delivery["status"], delivery["attempts"], delivery["tries"]) == ("dead", 10, 10)
    assert (delivery["next_attempt_at"], delivery["ended_at"]) == (None, NOW + timedelta(seconds=sum(SCHEDULE)))
    assert [attempt["number"] for attempt in await attempts(sender.database)] == list(range(1, 11))


async def test_what_succeeds_at_a_later_try_is_tried_no_more(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(500), answers(404), answers(200))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.passes(days=10)
    [delivery] = await deliveries(sender.database, endpoint)
    assert (delivery["status"], delivery["attempts"]) == ("succeeded", 3)
    health = await stored(sender.database, endpoint)
    assert (health["failures_in_a_row"], health["failing_since"]) == (0, None)
    assert health["version"] == 1


UNANSWERED: dict[str, Behaviour] = {
    "never answers": never(),
    "answers drip by drip": drips(),
    "answers 200 and then a body drip by drip": drips_a_body(200),
    "resets the connection": resets(),
    "hangs up": hangs_up(),
    "talks nonsense": talks_nonsense(),
}


@pytest.mark.parametrize("behaviour", UNANSWERED.values(), ids=UNANSWERED.keys())
async def test_a_receiver_that_gives_no_answer_has_failed_and_is_tried_again(
    behaviour: Behaviour, sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(behaviour, answers(200))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.turn()
    [failed] = await deliveries(sender.database, endpoint)
    assert (failed["status"], failed["last_status_code"]) == ("pending", None)
    assert failed["last_error"]
    await sender.passes(seconds=5)
    [delivery] = await deliveries(sender.database, endpoint)
    assert (delivery["status"], delivery["attempts"]) == ("succeeded", 2)


async def test_of_a_hundred_megabytes_two_kib_are_kept_and_the_rest_is_not_read(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(floods(200))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.turn()
    [delivery] = await deliveries(sender.database, endpoint)
    [attempt] = await attempts(sender.database)
    assert delivery["status"] == "succeeded"
    assert len(attempt["answer"]) == 2048
    await hook.at_rest()
    assert hook.abandoned == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int, sender: Sender, receivers: Receivers) -> None:
    hook, elsewhere = receivers.at("/a"), receivers.at("/elsewhere")
    hook.behaves(answers(status, {"Location": elsewhere.url}))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.turn()
    [delivery] = await deliveries(sender.database, endpoint)
    assert (delivery["status"], delivery["last_status_code"]) == ("pending", status)
    assert elsewhere.received == []


async def test_410_disables_the_endpoint_once_and_tells_the_others(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(410))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint, times=5)
    await sender.passes(days=2)
    disabled = await stored(sender.database, endpoint)
    assert (disabled["status"], disabled["disabled_because"], disabled["disabled_at"]) == ("disabled", "gone", NOW)
    assert disabled["version"] == 2
    [event] = await told(sender.database, "webhook.endpoint_disabled")
    assert event["because"] == "gone"
    assert event["webhook_endpoint"]["id"] == str(endpoint)
    assert event["webhook_endpoint"]["status"] == "disabled"
    assert "secret" not in event["webhook_endpoint"]
    assert event["actor"] == {"type": "system"}
    assert len(hook.received) == 5


async def test_the_other_endpoints_get_the_event_of_one_that_is_gone(sender: Sender, receivers: Receivers) -> None:
    hook, other = receivers.at("/a"), receivers.at("/b", SECRET)
    hook.behaves(answers(410))
    await fan_out(sender)
    endpoint = await received_at(sender, hook)
    await received_at(sender, other, event_types=["webhook.*"])
    await happened(sender.database, "ticket.opened")
    for _ in range(2):
        await fan_out(sender)
        await sender.turn()
    [got] = other.received
    assert got.verified
    assert got.json["type"] == "webhook.endpoint_disabled"
    assert got.json["data"]["webhook_endpoint"]["id"] == str(endpoint)
    assert len(hook.received) == 1


async def test_what_waits_for_an_endpoint_that_was_gone_goes_on_when_it_is_enabled(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(410), answers(200))
    endpoint = await received_at(sender, hook, ordered=True)
    await deliver(sender, endpoint, times=3)
    await sender.passes(days=2)
    assert [each["status"] for each in await deliveries(sender.database, endpoint)] == ["pending"] * 3
    await sender.enable(endpoint)
    await sender.turn()
    assert [each["status"] for each in await deliveries(sender.database, endpoint)] == ["succeeded"] * 3
    assert len(hook.received) == 4


async def test_retry_after_closes_the_whole_endpoint_until_then(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(429, {"Retry-After": "3600"}), answers(200))
    endpoint = await received_at(sender, hook)
    [first] = await deliver(sender, endpoint)
    await sender.turn()
    others = await deliver(sender, endpoint, times=3)
    await sender.passes(seconds=3599)
    assert hook.ids == [str(first)]
    await sender.passes(seconds=1)
    assert sorted(hook.ids[1:]) == sorted(map(str, [first, *others]))
    assert {got.at for got in hook.received[1:]} == {NOW + timedelta(hours=1)}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_an_overloaded_endpoint_gets_a_pause_of_ten_seconds(
    status: int, sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(status), answers(200))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.turn()
    await deliver(sender, endpoint)
    await sender.passes(hours=1)
    assert [got.at - NOW for got in hook.received] == [timedelta(), timedelta(seconds=10), timedelta(seconds=10)]


async def test_a_hundred_deliveries_to_a_dead_endpoint_cost_a_handful_of_attempts_and_come_when_it_is_well(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a", SECRET)
    hook.behaves(answers(500))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint, times=100)
    await sender.passes(minutes=10)
    assert len(hook.received) < 20
    hook.behaves(answers(200))
    await sender.passes(minutes=10)
    assert {each["status"] for each in await deliveries(sender.database, endpoint)} == {"succeeded"}
    assert len(set(hook.ids)) == 100


async def test_an_endpoint_that_is_tried_again_gets_one_delivery_at_a_time_until_one_succeeds(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(503))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.turn()
    await deliver(sender, endpoint, times=20)
    hook.most_at_once = 0
    hook.behaves(answers(500, after=0.05))
    await sender.passes(seconds=60)
    assert hook.most_at_once == 1
    hook.behaves(answers(200, after=0.05))
    await sender.passes(minutes=6)
    assert hook.most_at_once > 1


async def test_an_endpoint_that_hangs_keeps_no_other_from_its_deliveries(sender: Sender, receivers: Receivers) -> None:
    hanging, well = receivers.at("/hanging"), receivers.at("/well")
    hanging.behaves(never())
    stuck, other = await received_at(sender, hanging), await received_at(sender, well)
    await deliver(sender, stuck, times=100)
    await deliver(sender, other, times=8)
    await sender.begin()
    await well.got(8)
    assert hanging.under_way > 0
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


async def test_an_endpoint_that_failed_for_five_days_without_a_success_is_disabled(
    sender: Sender, receivers: Receivers
) -> None:
    hook = receivers.at("/a")
    hook.behaves(answers(500))
    endpoint = await received_at(sender, hook)
    await deliver(sender, endpoint)
    await sender.passes(days=2)
    await deliver(sender, endpoint)
    await sender.passes(days=5)
    disabled = await stored(sender.database, endpoint)
    assert (disabled["status"], disabled["disabled_because"]) == ("disabled", "failing")
    assert disabled["failing_since"] == NOW
    assert timedelta(days=5) <= disabled["disabled_at"] - NOW < timedelta(days=6)
    [event] = await told(sender.database, "webhook.endpoint_disabled")
    assert event["because"] == "failing"


async def test_an_endpoint_with_a_success_now_and_then_is_not_disabled(sender: Sender, receivers: Receivers) -> None:
    hook = receivers.at("/a")
    endpoint = await received_at(sender, hook)
    for _ in range(4):
        hook.behaves(answers(500))
        await deliver(sender, endpoint)
        await sender.passes(days=2)
        hook.behaves(answers(200))
        await sender.passes(days=2)
    assert (await stored(sender.database, endpoint))["status"] == "enabled"


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
