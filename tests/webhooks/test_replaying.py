"""Replays, recoveries and retries: what was delivered, or was not, is delivered again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.kernel.database import Database
from app.kernel.jobs import Jobs, jobs
from app.kernel.work import Work
from app.webhooks.fanning_out import FanOut
from app.webhooks.replaying import RECOVERY, REPLAY, begin_replay, bring_back, replay
from app.webhooks.tables import webhook_deliveries
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


async def test_a_replay_delivers_again_what_came_after_a_number_in_the_order_of_the_feed(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection, event_types=["ticket.*"])
    first, _, second, third = await happened(database, "ticket.opened", "sla.met", "ticket.started", "ticket.closed")
    await fanned_out(database)
    await ended(database, endpoint)
    async with Asking(database) as work:
        await begin_replay(work, endpoint, first)
    assert await done(database) == 1
    again = (await deliveries_to(database, endpoint))[3:]
    assert [each["sequence"] for each in again] == [second, third]
    assert {each["status"] for each in again} == {"pending"}
    assert [each["position"] for each in await jobs_in(database, endpoint)] == [second, third]
