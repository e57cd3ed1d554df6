"""Whether somebody waits for a lock that a test, or somebody for it, holds."""

import asyncio

from sqlalchemy import text

from app.kernel.database import Database

_BLOCKED = text("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")


async def is_somebody_waiting(database: Database) -> bool:
    """Whether a connection to this database waits for what another has locked."""
    async with database.reading() as connection:
        return bool((await connection.execute(_BLOCKED)).scalar_one())


async def somebody_waits(database: Database) -> None:
    """Waits until one does."""
    async with asyncio.timeout(120):
        while not await is_somebody_waiting(database):
            await asyncio.sleep(0.01)
