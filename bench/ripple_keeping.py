"""What it takes to keep analyses: `python -m bench.ripple_keeping [LOG.xes.gz MAPPING.toml]`.

The events of a log, and of the demo company, are followed and what they mark is analysed and stored, each in one
process; then everything once more, as `outward recompute ripple` does. Beside it, what one ticket costs that is read
over HTTP in the same run.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.demo.loading import load_demo
from app.exchange.importing import run_import
from app.exchange.mapping import read_mapping
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from app.ripple.keeping.keeping import Keeping
from app.ripple.keeping.marking import Marking
from app.ripple.keeping.recomputing import recompute
from bench.within import client_of

DATA = Path(__file__).parents[1] / "tests" / "data"
MOST_BYTES = 4 * 1024**3
READS = 200

Fill = Callable[[Database], Awaitable[None]]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def measure(database: Database, name: str, fill: Fill) -> dict[str, Any]:
    """One row of the table: of what it is filled with."""
    begun = time.perf_counter()
    await fill(database)
    filling = time.perf_counter() - begun
    marking, keeping = Marking(), Keeping()
    events, following = await _until_done(database, marking)
    # Looking for what has no analysis belongs to the start of a worker.
    kept, storing = await _until_done(database, keeping)
    begun = time.perf_counter()
    found = await recompute(database, None, now)
    again = time.perf_counter() - begun
    return {
        "of": name,
        "filling, s": filling,
        "events": events,
        "following one, µs": following / events * 1e6,
        "commitments": kept,
        "stored a second": kept / storing,
        "recomputed a second": found.analysed / again,
        "other answers": found.differing + found.outdated,
        "bytes of a row": await _bytes_of_a_row(database),
        "reading a ticket, ms": await _reading_ms(database),
    }


async def _until_done(database: Database, duty: Marking | Keeping) -> tuple[int, float]:
    done, begun = 0, time.perf_counter()
    while turn := await duty.turn(database, now()):
        done += turn
    return done, time.perf_counter() - begun


async def _bytes_of_a_row(database: Database) -> int:
    statement = "select (avg(pg_column_size(a.*)))::int from ripple_analyses a"
    async with database.reading() as connection:
        return int((await connection.execute(text(statement))).scalar_one())


async def _reading_ms(database: Database) -> float:
    async with database.reading() as connection:
        ids = (await connection.execute(text("select id from tickets order by id limit 20"))).scalars().all()
    async with client_of(database) as client:
        await client.get(f"/v1/tickets/{ids[0]}")
        begun = time.perf_counter()
        for number in range(READS):
            (await client.get(f"/v1/tickets/{ids[number % len(ids)]}")).raise_for_status()
        return (time.perf_counter() - begun) / READS * 1e3


def _of_a_log(log: Path, mapping: Path) -> Fill:
    async def fill(database: Database) -> None:
        await run_import(database, log, read_mapping(mapping.read_bytes()), now=now(), max_bytes=MOST_BYTES)

    return fill


async def _demo(database: Database) -> None:
    await load_demo(database, say=lambda _: None)


async def _measured(name: str, fill: Fill) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
        database = Database(address.url)
        try:
            await schema_version.migrate(database)
            return await measure(database, name, fill)
        finally:
            await database.close()


def run(log: Path = DATA / "helpdesk.xes.gz", mapping: Path = DATA / "helpdesk.toml") -> list[dict[str, Any]]:
    """The rows of the table."""
    fills = {log.name.split(".")[0]: _of_a_log(log, mapping), "demo": _demo}
    return [asyncio.run(_measured(name, fill)) for name, fill in fills.items()]


if __name__ == "__main__":
    for row in run(*map(Path, sys.argv[1:])):
        for field, value in row.items():
            print(f"{field:<24}{value:>14.3g}" if isinstance(value, float) else f"{field:<24}{value:>14}")
        print()
