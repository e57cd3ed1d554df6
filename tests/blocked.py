"""Waiting until a request waits for a lock that a test holds."""

import asyncio

from sqlalchemy import text

from app.kernel.database import Database

_BLOCKED = text("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")


async def somebody_waits(database: Database) -> None:
    async with asyncio.timeout(60), database.reading() as connection:
        while not (await connection.execute(_BLOCKED)).scalar_one():
            await asyncio.sleep(0.01)
