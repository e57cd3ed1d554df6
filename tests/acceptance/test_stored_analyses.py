"""A commitment's analysis is stored by the worker process, and again when its history is corrected; reports read it.

How soon that is `bench/ripple_keeping.py` measures.
"""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.kernel.postgres import EmbeddedPostgres
from tests.acceptance.test_background_work import until_workers
from tests.acceptance.test_running import Installation
from tests.kernel.background_work import eventually
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
REPORTS = tuple(
    f"/v1/metrics/ripple{of}{MARCH}"
    for of in ("?group_by=department,day&", "?group_by=edge&", "/causes?", "/flow?", "/scorecard?", "/levers?")
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.serve()
    until_workers(made, 1)
    yield made
    made.end(signal.SIGTERM)


async def test_what_is_delivered_or_corrected_is_stored_and_reported_as_if_it_had_always_been_so(
    installation: Installation,
) -> None:
    async with installation.client() as client:
        world = World(client)
        await agree_on_five_days_and_three(world)
        made = await primary_and_reactionary(world)
        path = f"/v1/commitments/{made['id']}/ripple"
        await _is_stored(installation, await client.get(path))
        served = {"blocks": [made["T2"]], "opened_at": "2026-03-04T09:00:00Z"}
        blocker = (await world.ticket("Finance", "Operations", **served))["id"]
        await world.do("resolve", blocker, "2026-03-06T09:00:00Z")
        await _is_stored(installation, await client.get(path))
        await world.do("reopen", made["T1"], "2026-03-09T10:00:00Z")
        await _is_stored(installation, await client.get(path))
        assert (await client.delete(f"/v1/tickets/{made['T2']}/dependencies/{blocker}")).status_code == 200
        await _is_stored(installation, await client.get(path))
        kept = await _answers(client)
        assert _recomputed(installation)["same"] == 1
        assert await _in_the_database(installation, "delete from ripple_analyses returning 1") == 1
        assert _recomputed(installation)["analysed"] == 1
        assert await _answers(client) == kept


async def _is_stored(installation: Installation, expected: httpx.Response) -> None:
    statement = "select analysis::text from ripple_analyses"
    await eventually(lambda: _in_the_database(installation, statement), expected.text, within_seconds=180)


async def _answers(client: httpx.AsyncClient) -> list[bytes]:
    return [(await client.get(report)).raise_for_status().content for report in REPORTS]


def _recomputed(installation: Installation) -> dict[str, Any]:
    told = installation.outward("recompute", "ripple", "--json")
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


async def _in_the_database(installation: Installation, statement: str) -> Any:
    with EmbeddedPostgres(installation.data_dir) as address:
        connection = await asyncpg.connect(address.url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
