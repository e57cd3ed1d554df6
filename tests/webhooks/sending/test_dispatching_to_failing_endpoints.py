"""How an endpoint that fails is left alone for a while, and given up."""

from datetime import timedelta

import pytest

from app.webhooks.fan_out.fanning_out import FanOut
from tests.webhooks.receivers import (
    Receivers,
    answers,
)
from tests.webhooks.senders import Sender, deliver, deliveries, received_at, stored, told
from tests.webhooks.worlds import NOW, SECRET, happened


async def fan_out(sender: Sender) -> None:
    while await FanOut().turn(sender.database, sender.clock()):
        pass


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
