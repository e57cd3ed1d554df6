"""The schema goes up, down and up again, and is what the tables say."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from app.kernel import schema_version
from app.kernel.database import Database
from app.schema import metadata
from tests.conftest import in_database


@pytest.fixture
def empty_url(server_url: str, worker_id: str, testrun_uid: str) -> Iterator[str]:
    """A database of this test's own, without any table."""
    name = f"empty_{worker_id}_{testrun_uid[:12]}"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(execute(f"create database {name}"))
    yield in_database(server_url, name)
    asyncio.run(execute(f"drop database {name} with (force)"))


async def _objects(database: Database) -> set[str]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                "select 'table ' || relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
                " union select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace"
                " union select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace"
                " and typtype = 'e'"
            )
        )
        return set(rows.scalars()) - {"table alembic_version"}


async def test_up_down_and_up_again(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "head")
    first = await _objects(database)
    await schema_version.migrate(database, "base")
    assert await _objects(database) == set()
    await schema_version.migrate(database, "head")
    assert await _objects(database) == first
    await database.close()


async def test_tables_and_migrations_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_at_the_same_time_is_done_once(empty_url: str) -> None:
    databases = [Database(empty_url, pool_size=1) for _ in range(4)]
    await asyncio.gather(*[schema_version.migrate(database) for database in databases])
    async with databases[0].reading() as connection:
        assert await schema_version.present(connection) == schema_version.newest()
    for database in databases:
        await database.close()


async def test_an_unknown_revision_is_refused(database: Database) -> None:
    with pytest.raises(LookupError, match="no revision 'nonsense'"):
        await schema_version.migrate(database, "nonsense")
