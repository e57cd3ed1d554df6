"""Alarms told by real workers: after all were dead, and with one killed half way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.outbox import events
from app.tickets.tables import tickets
from tests.acceptance.test_running import SOURCE
from tests.conftest import Clock
from tests.tickets.worlds import World

TICKETS = 1500
MINUTE = timedelta(minutes=1)


@contextmanager
def worker(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "OUTWARD_DATABASE_URL": database.url,
        "OUTWARD_SECRET_KEY": "a secret of the tests, long enough to be one",
    }
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], cwd=SOURCE, env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


async def told(database: Database) -> list[tuple[str, str, datetime]]:
    """The alarms so far: of which ticket, of which kind, and when."""
    statement = select(events.c.type, events.c.occurred_at, events.c.data["ticket"]["id"].as_string())
    async with database.reading() as connection:
        rows = await connection.execute(statement.where(events.c.type.startswith("sla.")))
        return [(ticket_id, kind, occurred_at) for kind, occurred_at, ticket_id in rows]


async def until_told(database: Database, count: int) -> None:
    async with asyncio.timeout(180):
        while len(await told(database)) < count:
            await asyncio.sleep(0.02)


async def test_alarms_of_a_minute_without_workers_are_told_once_with_their_instants_although_one_is_killed(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    due_at = datetime.now(UTC).replace(microsecond=0) - MINUTE
    world = World(client)
    clock.instant = due_at - 60 * MINUTE
    await world.sla("FIN", targets=[{"metric": "acknowledge", "seconds": 30 * 60}], warn_at=[0.5])
    clock.instant = due_at - 30 * MINUTE
    draft = await world.draft("SALES", "FIN")
    for _ in range(0, TICKETS, 500):
        await world.post("/v1/tickets/batch", {"items": [draft] * 500}, status=200)

    with worker(database) as killed, worker(database) as other:
        async with database.writing() as connection:
            # However quick they are, some are left to be told when one is killed.
            await connection.execute(select(tickets.c.id).limit(TICKETS // 10).with_for_update())
            await until_told(database, 1)
            os.kill(killed.pid, signal.SIGKILL)
            assert killed.wait(60) == -signal.SIGKILL
        await until_told(database, 2 * TICKETS)
        other.terminate()
        assert other.wait(60) == 0

    alarms = await told(database)
    assert Counter((kind, occurred_at) for _, kind, occurred_at in alarms) == {
        ("sla.warning", due_at - 15 * MINUTE): TICKETS,
        ("sla.breached", due_at): TICKETS,
    }
    assert len({(ticket_id, kind) for ticket_id, kind, _ in alarms}) == 2 * TICKETS
