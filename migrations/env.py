"""Alembic's environment: the connection is handed in by `app.kernel.schema_version`."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from app.kernel.database import Database
from app.schema import metadata
from app.settings import Settings


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


async def by_hand() -> None:
    url = Settings().database_url
    if url is None:
        raise SystemExit("alembic by hand needs OUTWARD_DATABASE_URL; `outward migrate` needs nothing.")
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(run)
    await database.close()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(by_hand())
