"""The demo company, loaded once for all workers of a run: the tests here read it and leave it as it is."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from app.demo.loading import load_demo
from app.kernel import schema_version
from app.kernel.database import Database
from tests.conftest import in_database

COPIES = ("loading", "tutorial", "examples")
"""Copies of the database: each for the one test that changes it."""


async def _make(server_url: str, name: str, now: datetime) -> None:
    server = await asyncpg.connect(server_url)
    await server.execute(f"create database {name}")
    database = Database(in_database(server_url, name), pool_size=1)
    await schema_version.migrate(database)
    await load_demo(database, print, now)
    await database.close()
    for copy in COPIES:
        await server.execute(f"create database {name}_{copy} template {name}")
    await server.close()


@pytest.fixture(scope="session")
def loaded_at() -> datetime:
    """When the demo company was loaded: on a Tuesday, in the afternoon."""
    return datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo_name(server_url: str, run_directory: Path, testrun_uid: str, loaded_at: datetime) -> str:
    """The name of the database that has it."""
    name = f"demo_{testrun_uid[:12]}"
    with (run_directory / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = run_directory / name
        if not made.exists():
            asyncio.run(_make(server_url, name, loaded_at))
            made.touch()
    return name


@pytest.fixture
async def copied(server_url: str, demo_name: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The copy that the test's module names as its `COPY`."""
    database = Database(in_database(server_url, f"{demo_name}_{request.module.COPY}"), pool_size=4)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def pool(server_url: str, demo_name: str) -> AsyncIterator[Database]:
    database = Database(in_database(server_url, demo_name))
    yield database
    await database.close()


@pytest.fixture
async def database(pool: Database) -> Database:
    """The demo company's database."""
    return pool
