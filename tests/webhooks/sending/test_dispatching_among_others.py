"""Several workers that send to the same endpoint."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import jobs
from app.kernel.lanes import Claimed, job_lanes
from app.kernel.work import Work
from tests.blocked import somebody_waits
from tests.conftest import Clock
from tests.webhooks.receivers import answers, receiving
from tests.webhooks.senders import a_sender, deliver
from tests.webhooks.worlds import NOW, an_endpoint


async def test_what_one_worker_learns_of_a_circuit_another_that_waits_for_it_does_not_forget(
    database: Database, clock: Clock
) -> None:
    clock.instant = NOW
    async with receiving() as receivers, a_sender(database, clock) as sender:
        hook = receivers.at("/a")
        hook.behaves(answers(429, {"Retry-After": "3600"}), answers(503))
        async with database.writing() as connection:
            endpoint = await an_endpoint(connection, hook.url)
        await deliver(sender, endpoint, times=2)
        async with database.reading() as connection:
            rows = (await connection.execute(select(jobs).order_by(jobs.c.position))).mappings().all()
            claimed = [Claimed(row["id"], row["lane"], row["run_at"], 0, row["position"], {}) for row in rows]
            parcels = await sender.sending.load(connection, claimed, NOW)
        done = [(job, await sender.sending.do(parcels[job.id])) for job in claimed]
        one, other = Work(database, NOW, SYSTEM), Work(database, NOW, SYSTEM)
        await one.write()
        await other.write()
        await sender.sending.settle(one, done[:1])
        waiting = asyncio.create_task(sender.sending.settle(other, done[1:]))
        await somebody_waits(database)
        await one.commit()
        await waiting
        await other.commit()
        await one.close()
        await other.close()
    async with database.reading() as connection:
        opens_at = (await connection.execute(select(job_lanes.c.opens_at))).scalar_one()
    assert opens_at == NOW + timedelta(hours=1)
