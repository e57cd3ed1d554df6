"""Replays, recoveries and retries: what was delivered, or was not, is delivered again."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from app.kernel.database import Database
from app.kernel.following import feed_progress
from app.kernel.ids import new_id
from app.kernel.jobs import Job, Jobs, jobs
from app.kernel.lanes import lane_job, remove_lane
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.webhooks.deliveries import FOLLOWER, KIND
from app.webhooks.endpoints.disabling import disable
from app.webhooks.fan_out import replaying
from app.webhooks.fan_out.fanning_out import FanOut
from app.webhooks.fan_out.replaying import (
    FULL_SECONDS,
    RECOVERY,
    REPLAY,
    begin_replay,
    bring_back,
    recover,
    replay,
    retry,
)
from app.webhooks.looking_after.actions import enable
from app.webhooks.tables import webhook_deliveries, webhook_endpoints
from tests.blocked import is_somebody_waiting
from tests.kernel.background_work import eventually
from tests.webhooks.worlds import NOW, an_endpoint, deliveries_to, happened, jobs_in


async def fanned_out(database: Database) -> None:
    while await FanOut().turn(database, NOW):
        pass


async def done(database: Database, now: datetime = NOW) -> int:
    """What was asked for by that instant is done; how many batches it took."""
    turns = [await Jobs(REPLAY, replay).turn(database, now), await Jobs(RECOVERY, bring_back).turn(database, now)]
    return sum(turns)


class Asking:
    """Asks within a transaction of its own, as a request does."""

    def __init__(self, database: Database, now: datetime = NOW) -> None:
        self._work = Work(database, now)

    async def __aenter__(self) -> Work:
        await self._work.write()
        return self._work

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            await self._work.commit()
        await self._work.close()


async def ended(database: Database, endpoint: UUID, status: str = "succeeded", **values: object) -> None:
    """Everything made for an endpoint so far has ended."""
    async with database.writing() as connection:
        mine = update(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint)
        await connection.execute(
            mine.values(status=status, attempts=10, tries=10, ended_at=NOW, next_attempt_at=None, **values)
        )
        await connection.execute(jobs.delete().where(jobs.c.lane == endpoint))


async def replay_of(database: Database, endpoint: UUID) -> tuple[int | None, int | None]:
    columns = select(webhook_endpoints.c.replay_after, webhook_endpoints.c.replay_until)
    async with database.reading() as connection:
        after, until = (await connection.execute(columns.where(webhook_endpoints.c.id == endpoint))).one()
        return after, until


async def asked_for(database: Database, kind: str) -> list[datetime]:
    """When jobs of a kind are to be done."""
    async with database.reading() as connection:
        return list((await connection.execute(select(jobs.c.run_at).where(jobs.c.kind == kind))).scalars())


async def sequences_to(database: Database, endpoint: UUID) -> list[int]:
    return [each["sequence"] for each in await deliveries_to(database, endpoint)]


async def change(database: Database, endpoint: UUID, **values: object) -> None:
    async with database.writing() as connection:
        mine = update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint)
        await connection.execute(mine.values(**values))


async def test_a_replay_delivers_again_what_came_after_a_number_in_the_order_of_the_feed(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, event_types=["ticket.*"])
    first, _, second, third = await happened(database, "ticket.opened", "sla.met", "ticket.started", "ticket.closed")
    await fanned_out(database)
    await ended(database, endpoint)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, first)
    assert await replay_of(database, endpoint) == (first, third)
    assert await done(database) == 1
    again = (await deliveries_to(database, endpoint))[3:]
    assert [(each["sequence"], each["status"]) for each in again] == [(second, "pending"), (third, "pending")]
    assert [each["position"] for each in await jobs_in(database, endpoint)] == [second, third]
    assert await replay_of(database, endpoint) == (None, None)


async def test_enabling_and_replaying_at_once_misses_nothing_of_what_is_being_made_meanwhile(
    database: Database,
) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    await fanned_out(database)
    async with Asking(database) as work:
        await disable(work, endpoint, "by_hand")
    missed = await happened(database, "ticket.opened", "ticket.closed")

    async def enable_and_replay() -> None:
        async with Asking(database) as work:
            enabled = await enable(work, endpoint, None)
        async with Asking(database) as work:
            await begin_replay(work, endpoint, enabled.missed_after or 0)

    async with database.writing() as making:
        # As a turn of the fan-out does, which read its endpoints before this one was enabled.
        await making.execute(update(feed_progress).where(feed_progress.c.name == FOLLOWER).values(sequence=missed[-1]))
        asking = asyncio.create_task(enable_and_replay())
        await eventually(lambda: has_ended_or_waits(database, asking), True)
    await asking
    await done(database)
    await fanned_out(database)
    assert set(missed) <= set(await sequences_to(database, endpoint))


async def has_ended_or_waits(database: Database, asking: asyncio.Task[None]) -> bool:
    return asking.done() or await is_somebody_waiting(database)


async def test_a_replay_reaches_back_before_the_endpoint_was_made_and_over_what_it_missed(database: Database) -> None:
    expected = await happened(database, "ticket.opened", "ticket.started")
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, status="disabled")
    expected += await happened(database, "ticket.closed")
    await fanned_out(database)
    await change(database, endpoint, status="enabled", disabled_because=None)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
    await done(database)
    assert await sequences_to(database, endpoint) == expected


async def test_a_replay_goes_no_further_than_fan_out_has_got(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    (told,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    await ended(database, endpoint)
    (untold,) = await happened(database, "ticket.closed")
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
    await done(database)
    await fanned_out(database)
    assert await sequences_to(database, endpoint) == [told, told, untold]


async def test_a_replay_from_where_fan_out_has_got_is_none(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    (last,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, last)
    assert (await replay_of(database, endpoint), await asked_for(database, REPLAY)) == ((None, None), [])


async def test_what_still_waits_is_not_made_once_more_and_no_test_is_repeated(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    opened, test = await happened(database, "ticket.opened", "webhook.test", webhook_endpoint={"id": str(endpoint)})
    await fanned_out(database)
    await ended(database, endpoint)
    (closed,) = await happened(database, "ticket.closed")
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
    await done(database)
    assert await sequences_to(database, endpoint) == [opened, test, closed, opened]


async def test_a_replay_is_done_in_batches_and_a_batch_that_is_undone_is_done_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 4)
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, begins_after=1000, event_types=["ticket.opened"])
    expected = await happened(database, *["ticket.opened", "sla.met"] * 10)
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)

    async def killed(work: Work, asked: Job) -> None:
        await replay(work, asked)
        raise asyncio.CancelledError

    for _ in range(3):
        turn = asyncio.create_task(Jobs(REPLAY, killed).turn(database, NOW))
        await asyncio.wait([turn])
        assert turn.cancelled()
        assert await deliveries_to(database, endpoint) == []
    assert await done(database) == 3
    assert await sequences_to(database, endpoint) == expected[::2]


async def test_asking_while_a_replay_runs_makes_it_one_from_the_earlier_point(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 2)
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, begins_after=1000)
    first, second, third, fourth = await happened(database, *["ticket.opened"] * 4)
    await fanned_out(database)
    for after in (third, first, second):
        async with Asking(database) as work:
            await begin_replay(work, endpoint, after)
    assert await replay_of(database, endpoint) == (first, fourth)
    assert len(await asked_for(database, REPLAY)) == 1
    await done(database)
    assert await sequences_to(database, endpoint) == [second, third, fourth]


async def test_asking_while_a_batch_is_made_neither_waits_for_ever_nor_is_lost(database: Database) -> None:
    """Who asks holds the endpoint, as an action does; who makes a batch holds the job."""
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, begins_after=1000)
    numbers = await happened(database, *["ticket.opened"] * 4)
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, numbers[2])
    async with Asking(database) as work:
        locked = select(webhook_endpoints.c.id).with_for_update(key_share=True)
        await work.connection.execute(locked)
        assert await done(database) == 1
        await begin_replay(work, endpoint, numbers[0])
    assert await deliveries_to(database, endpoint) == []
    await done(database, NOW + timedelta(seconds=1))
    assert await sequences_to(database, endpoint) == numbers[1:]


async def test_a_replay_of_a_disabled_endpoint_stays_and_goes_on_when_it_is_enabled(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, begins_after=1000)
    numbers = await happened(database, *["ticket.opened"] * 2)
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
    await change(database, endpoint, status="disabled", disabled_because="by_hand")
    assert await done(database) == 1
    assert (await replay_of(database, endpoint))[0] == 0
    (again_at,) = await asked_for(database, REPLAY)
    await change(database, endpoint, status="enabled", disabled_because=None)
    await done(database, again_at)
    assert await sequences_to(database, endpoint) == numbers


async def test_a_replay_waits_while_enough_is_due_and_goes_on_when_it_was_sent(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 3)
    most = replaying.MOST_DUE
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, begins_after=10 * most)
    numbers = await happened(database, *["ticket.opened"] * 9)
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
        waiting = [lane_job(KIND, new_id(), endpoint, 1, NOW) for _ in range(most - 4)]
        await work.connection.execute(insert(jobs), waiting)
    await done(database)
    assert await sequences_to(database, endpoint) == numbers[:6]
    assert await asked_for(database, REPLAY) == [NOW + timedelta(seconds=FULL_SECONDS)]
    await ended(database, endpoint)
    await done(database, NOW + timedelta(seconds=FULL_SECONDS))
    assert await sequences_to(database, endpoint) == numbers


async def test_a_replay_of_an_endpoint_that_was_deleted_ends(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    await happened(database, "ticket.opened")
    await fanned_out(database)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, 0)
        await recover(work, endpoint, NOW)
    async with database.writing() as connection:
        await remove_lane(connection, endpoint)
        await connection.execute(webhook_endpoints.delete().where(webhook_endpoints.c.id == endpoint))
    await done(database)
    assert await asked_for(database, REPLAY) == []


async def test_a_recovery_begins_anew_with_everything_that_died_since(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 2)
    later = NOW + timedelta(hours=1)
    async with database.writing() as connection:
        endpoint, other = await an_endpoint(connection), await an_endpoint(connection)
    (early,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    late = await happened(database, *["ticket.started"] * 5)
    await FanOut().turn(database, later)
    for each in (endpoint, other):
        await ended(database, each, "dead")
    async with database.writing() as connection:
        one = update(webhook_deliveries).where(webhook_deliveries.c.sequence == late[0])
        await connection.execute(one.values(status="succeeded"))
    at = later + timedelta(days=3)
    async with Asking(database, at) as work:
        assert await recover(work, endpoint, later) == 4
    assert await done(database, at) == 3
    made = await deliveries_to(database, endpoint)
    assert [each["status"] for each in made] == ["dead", "succeeded", *["pending"] * 4]
    assert {(each["tries"], each["attempts"], each["next_attempt_at"], each["ended_at"]) for each in made[2:]} == {
        (0, 10, at, None)
    }
    assert made[0]["sequence"] == early
    assert [each["id"] for each in await jobs_in(database, endpoint)] == [each["id"] for each in made[2:]]
    assert await jobs_in(database, other) == []


async def test_a_recovery_is_asked_for_twice_and_done_once(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    await happened(database, *["ticket.opened"] * 3)
    await fanned_out(database)
    await ended(database, endpoint, "dead")
    for _ in range(2):
        async with Asking(database) as work:
            assert await recover(work, endpoint, NOW) == 3
    await done(database)
    assert len(await jobs_in(database, endpoint)) == 3
    async with Asking(database) as work:
        assert await recover(work, endpoint, NOW) == 0
    assert await asked_for(database, RECOVERY) == []


@pytest.mark.parametrize("status", ["dead", "succeeded"])
async def test_a_delivery_that_has_ended_is_tried_anew_from_the_beginning(database: Database, status: str) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    (opened,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    await ended(database, endpoint, status)
    (delivery,) = await deliveries_to(database, endpoint)
    later = NOW + timedelta(days=3)
    for _ in range(2):
        async with Asking(database, later) as work:
            await retry(work, endpoint, delivery["id"])
    (again,) = await deliveries_to(database, endpoint)
    assert (again["status"], again["tries"], again["attempts"]) == ("pending", 0, 10)
    assert (again["next_attempt_at"], again["ended_at"]) == (later, None)
    (job,) = await jobs_in(database, endpoint)
    assert (job["id"], job["position"], job["run_at"]) == (delivery["id"], opened, later)


@pytest.mark.parametrize("under_way", [False, True])
async def test_a_delivery_that_waits_is_tried_at_once_unless_it_is_under_way(
    database: Database, under_way: bool
) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    await happened(database, "ticket.opened")
    await fanned_out(database)
    (delivery,) = await deliveries_to(database, endpoint)
    due, now = NOW + timedelta(hours=5), NOW + timedelta(hours=1)
    async with database.writing() as connection:
        await connection.execute(update(webhook_deliveries).values(tries=5, next_attempt_at=due))
        await connection.execute(update(jobs).values(run_at=due, leased_by=new_id() if under_way else None))
    async with Asking(database, now) as work:
        await retry(work, endpoint, delivery["id"])
    (after,), (job,) = await deliveries_to(database, endpoint), await jobs_in(database, endpoint)
    expected = due if under_way else now
    assert (after["next_attempt_at"], job["run_at"], after["tries"]) == (expected, expected, 5)


async def test_a_delivery_of_another_endpoint_is_not_there(database: Database) -> None:
    async with database.writing() as connection:
        endpoint, other = await an_endpoint(connection), await an_endpoint(connection)
    await happened(database, "ticket.opened")
    await fanned_out(database)
    (delivery,) = await deliveries_to(database, endpoint)
    async with Asking(database) as work:
        with pytest.raises(NotFound):
            await retry(work, other, delivery["id"])
