"""A worker as a process, for tests that kill it: `python -m tests.kernel.telling_worker DATABASE_URL`."""

import asyncio
import sys

from app.kernel.background import Worker
from app.kernel.database import Database
from app.kernel.jobs import Jobs
from tests.kernel.background_work import tell


async def work(url: str) -> None:
    await Worker(Database(url, pool_size=2), [Jobs("tell", tell)]).run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
