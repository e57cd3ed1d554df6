"""A commitment's analysis is stored by the worker process within seconds, and again when its history is corrected."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.kernel.postgres import EmbeddedPostgres
from tests.acceptance.test_background_work import until_workers
from tests.acceptance.test_running import Installation
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

WITHIN_SECONDS = 5


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.serve()
    until_workers(made, 1)
    yield made
    made.end(signal.SIGTERM)


async def test_what_is_delivered_or_corrected_is_stored_within_seconds(installation: Installation) -> None:
    async with installation.client() as client:
        world = World(client)
        await agree_on_five_days_and_three(world)
        made = await primary_and_reactionary(world)
        path = f"/v1/commitments/{made['id']}/ripple"
        await _is_stored(installation, (await client.get(path)).json())
        blocks = [made["T2"]]
        blocker = (await world.ticket("Finance", "Operations", blocks=blocks, opened_at="2026-03-04T09:00:00Z"))["id"]
        await world.do("resolve", blocker, "2026-03-06T09:00:00Z")
        await _is_stored(installation, (await client.get(path)).json())
        await world.do("reopen", made["T1"], "2026-03-09T10:00:00Z")
        await _is_stored(installation, (await client.get(path)).json())
        assert (await client.delete(f"/v1/tickets/{made['T2']}/dependencies/{blocker}")).status_code == 200
        await _is_stored(installation, (await client.get(path)).json())
    told = installation.outward("recompute", "ripple", "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["analysed"], found["same"]) == (0, 1, 1)


async def _is_stored(installation: Installation, expected: dict[str, Any]) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while (found := await _stored(installation)) != expected:
        assert time.monotonic() < until, f"it stayed {found!r}"
        await asyncio.sleep(0.1)


async def _stored(installation: Installation) -> Any:
    with EmbeddedPostgres(installation.data_dir) as address:
        connection = await asyncpg.connect(address.url)
    try:
        found = await connection.fetchval("select analysis from ripple_analyses")
        return None if found is None else json.loads(found)
    finally:
        await connection.close()
