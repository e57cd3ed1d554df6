"""Reports read from the replica, where there is one."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from app.kernel.database import Database
from app.main import use
from tests.conftest import Statements


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[tuple[Database, Statements]]:
    """A second pool to the same data, whose statements are counted apart."""
    other, seen = Database(database_url, pool_size=1), Statements()
    event.listen(other.engine.sync_engine, "before_cursor_execute", lambda *args: seen.seen.append(args[2]))
    yield other, seen
    await other.close()


async def test_reports_ask_the_replica_and_nothing_else_does(
    app: FastAPI, client: httpx.AsyncClient, database: Database, replica: tuple[Database, Statements]
) -> None:
    other, seen = replica
    use(app, database, other)
    assert (await client.get("/v1/tickets")).status_code == 200
    assert len(seen) == 0
    for report in ("service-levels", "flow", "backlog", "handoffs", "approvals", "feedback", "ripple", "outcomes"):
        assert (await client.get(f"/v1/metrics/{report}")).status_code == 200
        assert len(seen) > 0
        seen.clear()
