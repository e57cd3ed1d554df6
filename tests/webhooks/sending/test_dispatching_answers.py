"""What an answer, or none, means for a delivery, and when that is tried again."""

from datetime import timedelta
from itertools import accumulate

import pytest

from app.kernel.database import Database
from app.webhooks.sending.retrying import SCHEDULE
from tests.conftest import Clock
from tests.webhooks.receivers import (
    Behaviour,
    Receivers,
    answers,
    drips,
    drips_a_body,
    floods,
    hangs_up,
    never,
    resets,
    talks_nonsense,
)
from tests.webhooks.senders import IMPATIENT, Sender, a_sender, attempts, deliver, deliveries, received_at, stored
from tests.webhooks.worlds import NOW, SECRET


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


@pytest.mark.parametrize("behaviour", [never(), drips(), drips_a_body(200)], ids=["never", "drips", "drips a body"])
async def test_a_receiver_that_takes_too_long_has_failed(
    behaviour: Behaviour, receivers: Receivers, database: Database, clock: Clock
) -> None:
    clock.instant = NOW
    hook = receivers.at("/a")
    hook.behaves(behaviour)
    async with a_sender(database, clock, limits=IMPATIENT) as sender:
        endpoint = await received_at(sender, hook)
        await deliver(sender, endpoint)
        await sender.turn()
        [failed] = await deliveries(database, endpoint)
    assert (failed["status"], failed["last_status_code"]) == ("pending", None)
    assert "within 1 second" in failed["last_error"]


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
