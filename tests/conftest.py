"""The real database for every test: one server per run, one database per worker, emptied before each test."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import TextClause, event, text

from app.access.peppers import peppers_of
from app.access.service import Authenticator, bootstrap
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from app.kernel.telemetry import configure_logging
from app.main import CALENDAR_CHANGED, create_app, use
from app.schema import metadata
from app.settings import Settings
from tests.told_events import undeclared

configure_logging("json")

# A test passes or fails whatever the machine has to do beside it: the same examples each time, however long they take.
hypothesis_settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "searching", deadline=None, max_examples=1_000, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("steady")

BOOTSTRAP_KEY = "test-bootstrap-key-of-more-than-32-characters"


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def server_url(run_directory: Path) -> Iterator[str]:
    """A PostgreSQL server: OUTWARD_TEST_DATABASE_URL, else the embedded one, shared by the workers."""
    given = os.environ.get("OUTWARD_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(run_directory / "postgresql") as address:
        yield address.url


def in_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _migrated(url: str) -> None:
    database = Database(url, pool_size=1)
    await schema_version.migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def database_url(server_url: str, run_directory: Path, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """This worker's own database, migrated."""
    template = f"template_{testrun_uid[:12]}"
    with (run_directory / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = run_directory / template
        if not made.exists():
            asyncio.run(_execute(server_url, f"create database {template}"))
            asyncio.run(_migrated(in_database(server_url, template)))
            made.touch()
        name = f"{worker_id}_{testrun_uid[:12]}"
        asyncio.run(_execute(server_url, f"create database {name} template {template}"))
    yield in_database(server_url, name)
    asyncio.run(_execute(server_url, f"drop database {name} with (force)"))


@pytest.fixture(scope="session")
async def pool(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


_TABLES = [table.name for table in metadata.sorted_tables]
_TRUNCATED = text(f"truncate {', '.join(_TABLES)} restart identity cascade")
_DELETED = text(
    f"""
    do $$ begin
        {" ".join(f"delete from {name};" for name in reversed(_TABLES))}
        perform setval(format('%I.%I', schemaname, sequencename), start_value, false)
        from pg_sequences where last_value is not null;
    end $$
""".replace(":", r"\:")
)
# Truncating makes hundreds of files, which takes twenty times as long; but what is deleted stays there for a while.
_TRUNCATED_EVERY = 25


@pytest.fixture(scope="session")
def emptyings() -> Iterator[TextClause]:
    """How the database is emptied, one time after the other."""
    return cycle([_TRUNCATED, *[_DELETED] * (_TRUNCATED_EVERY - 1)])


@pytest.fixture
async def database(pool: Database, emptyings: Iterator[TextClause]) -> Database:
    """The worker's database, empty."""
    async with pool.writing() as connection:
        await connection.execute(next(emptyings))
    return pool


@dataclass
class Clock:
    """The service's clock in a test: real, until it is set."""

    instant: datetime | None = None

    def __call__(self) -> datetime:
        return self.instant or datetime.now(UTC).replace(microsecond=0)

    def at(self, instant: str) -> None:
        self.instant = datetime.fromisoformat(instant)

    def passes(self, **duration: int) -> None:
        self.instant = self() + timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        secret_key="a secret of the tests, long enough to be one",
        bootstrap_key=BOOTSTRAP_KEY,
        log_format="json",
    )


@pytest.fixture(scope="session")
def service(settings: Settings) -> FastAPI:
    """The service, made once: the routers keep for good what they worked out for each that answered a request."""
    return create_app(settings)


@pytest.fixture
async def app(
    service: FastAPI, settings: Settings, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    """The service on an empty database with the bootstrap key; what it told was told as the catalogue says."""
    # What a request costs does not depend on how long ago its key was recognised.
    monkeypatch.setattr(Authenticator, "REMEMBERED_SECONDS", 3600)
    async with database.writing() as connection:
        await bootstrap(connection, BOOTSTRAP_KEY, peppers_of(settings))
    service.state.settings, service.state.now = settings, clock
    service.state.calendar_changed = CALENDAR_CHANGED
    use(service, database)
    yield service
    assert await undeclared(database) == []


def client_of(app: FastAPI, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://outward.test",
        headers={"Authorization": f"Bearer {key}"},
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's HTTP client."""
    async with client_of(app, BOOTSTRAP_KEY) as admin:
        yield admin


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://outward.test") as nobody:
        yield nobody


@dataclass
class Statements:
    """The statements sent to the database since `clear`."""

    seen: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.seen.clear()

    def __len__(self) -> int:
        return len(self.seen)


@pytest.fixture
def statements(pool: Database) -> Iterator[Statements]:
    """Counts what a request costs."""
    counted = Statements()

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        # Nudges are told by and by, outside of any request.
        if "pg_notify" not in statement:
            counted.seen.append(statement)

    event.listen(pool.engine.sync_engine, "before_cursor_execute", note)
    yield counted
    event.remove(pool.engine.sync_engine, "before_cursor_execute", note)
