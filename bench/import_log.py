"""How long importing a log takes beside only parsing it: `python -m bench.import_log [LOG.xes.gz MAPPING.toml]`.

Both are measured in turn, in one run, each import into a database that was just emptied; the medians are compared.
"""

import asyncio
import gzip
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import text

from app.exchange.importing import run_import
from app.exchange.mapping import read_mapping
from app.kernel import schema_version
from app.kernel.database import Database, metadata
from app.kernel.garbage import seek_circles_seldom
from app.kernel.postgres import EmbeddedPostgres

DATA = Path(__file__).parents[1] / "tests" / "data"
ROUNDS = 5
MOST_BYTES = 4 * 1024**3


def parse_seconds(log: Path) -> float:
    """Only parsing: every element is seen and forgotten."""
    begun = time.perf_counter()
    with gzip.open(log) as stream:
        for _, element in etree.iterparse(stream, tag="{*}trace"):
            element.clear()
    return time.perf_counter() - begun


async def import_seconds(database: Database, log: Path, mapping: Path, *, anew: bool = True) -> float:
    """Importing it: into an empty database, or once more into the one that has it."""
    if anew:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        async with database.writing() as connection:
            await connection.execute(text(f"truncate {tables} restart identity cascade"))
    now = datetime.now(UTC).replace(microsecond=0)
    begun = time.perf_counter()
    await run_import(database, log, read_mapping(mapping.read_bytes()), now=now, max_bytes=MOST_BYTES)
    return time.perf_counter() - begun


async def measure(database: Database, log: Path, mapping: Path) -> dict[str, float]:
    """The medians of some rounds, in seconds."""
    seek_circles_seldom()
    parsing, importing, again = [], [], []
    for _ in range(ROUNDS):
        parsing.append(parse_seconds(log))
        importing.append(await import_seconds(database, log, mapping))
        again.append(await import_seconds(database, log, mapping, anew=False))
    return {
        "parse": statistics.median(parsing),
        "import": statistics.median(importing),
        "import again": statistics.median(again),
    }


async def _measured(log: Path, mapping: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
        database = Database(address.url)
        try:
            await schema_version.migrate(database)
            return await measure(database, log, mapping)
        finally:
            await database.close()


def run(log: Path = DATA / "helpdesk.xes.gz", mapping: Path = DATA / "helpdesk.toml") -> list[dict[str, Any]]:
    """One row per kind of work: its median in seconds, and how many times parsing that is."""
    seconds = asyncio.run(_measured(log, mapping))
    return [
        {"name": name, "seconds": value, "times_parsing": value / seconds["parse"]} for name, value in seconds.items()
    ]


if __name__ == "__main__":
    for row in run(*[Path(argument) for argument in sys.argv[1:]]):
        print(f"{row['name']:<14}{row['seconds']:8.3f} s{row['times_parsing']:8.1f} x parsing")
