"""`outward recompute ripple` as a process: cut off by signals, taken up again beside a worker, and what comes of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from app.commitments.tables import commitments
from app.kernel.database import Database
from app.ripple.keeping.keeping import BATCH
from app.ripple.tables import ripple_marks, ripple_recomputation
from tests.acceptance.test_alarms import worker
from tests.acceptance.test_running import SOURCE
from tests.conftest import Clock
from tests.kernel.background_work import eventually, now
from tests.ripple.foreseen import past_commitments
from tests.ripple.kept import marked, stored, stored_from_nothing
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

PAST = 4 * BATCH


def begun(database: Database) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "OUTWARD_DATABASE_URL": database.url,
        "OUTWARD_SECRET_KEY": "a secret of the tests, long enough to be one",
    }
    command = [sys.executable, "-m", "app.cli", "recompute", "ripple", "--json"]
    return subprocess.Popen(command, cwd=SOURCE, env=environment, stdout=subprocess.PIPE, text=True)


@asynccontextmanager
async def held_at(database: Database, number: int) -> AsyncIterator[None]:
    """Whoever recomputes waits before the batch in which the commitment is that was delivered as this one."""
    nth = select(commitments.c.id).order_by(commitments.c.delivered_at, commitments.c.id).offset(number).limit(1)
    async with database.writing() as connection:
        marks = {"commitment_id": nth.scalar_subquery(), "marked_at": now()}
        await connection.execute(ripple_marks.insert().values(marks))
        yield
        await connection.rollback()


async def analysed(database: Database) -> int | None:
    """How many the recomputation that is under way has done."""
    async with database.reading() as connection:
        found: int | None = (await connection.execute(select(ripple_recomputation.c.analysed))).scalar_one_or_none()
        return found


async def test_cut_off_again_and_again_it_ends_beside_a_worker_as_if_nobody_had_disturbed_it(
    client: httpx.AsyncClient, clock: Clock, database: Database
) -> None:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    corrected, _ = [await primary_and_reactionary(world, day=day) for day in (2, 3)]
    await past_commitments(database, world, count=PAST)
    for how, done in ((signal.SIGTERM, BATCH), (signal.SIGKILL, 3 * BATCH)):
        async with held_at(database, done):
            cut_off = begun(database)
            await eventually(lambda: analysed(database), done, within_seconds=180)
            cut_off.send_signal(how)
            cut_off.communicate(timeout=180)
        assert cut_off.returncode != 0
        assert len(await stored(database)) == done
    with worker(database):
        last = begun(database)
        for verb, hour in (("reopen", 15), ("resolve", 20)):
            await world.do(verb, corrected["T2"], f"2026-03-08T{hour}:00:00Z")
        told, _ = await asyncio.to_thread(last.communicate, timeout=180)
        await eventually(lambda: corrected_and_unmarked(database, world, corrected), True, within_seconds=180)
    found = json.loads(told)
    assert (found["resumed"], found["analysed"], found["failed"], found["differing"]) == (True, PAST + 2, 0, 0)
    kept = await stored(database)
    assert kept == await stored_from_nothing(database)


async def corrected_and_unmarked(database: Database, world: World, made: dict[str, Any]) -> bool:
    answer = (await world.client.get(f"/v1/commitments/{made['id']}/ripple")).text
    row = (await stored(database)).get(UUID(made["id"]))
    return row is not None and row["analysis"] == answer and not await marked(database)
