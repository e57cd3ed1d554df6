"""A world whose delivered commitments are analysed before anybody asks for a report on them."""

from datetime import UTC, datetime
from typing import Any

import httpx

from app.kernel.database import Database
from app.ripple.reports.days import AFTER, PuttingDaysTogether
from tests.ripple.kept import keep
from tests.tickets.worlds import World


class KeptWorld(World):
    """Workers have had their turn whenever something is read."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        super().__init__(client)
        self._database = database

    async def get(self, path: str) -> Any:
        await keep(self._database)
        return await super().get(path)


async def put_days_together(database: Database) -> None:
    """Every day is put together, as a worker does by and by."""
    await keep(database)
    duty = PuttingDaysTogether()
    while await duty.turn(database, datetime.now(UTC) + AFTER):
        pass
