"""What it takes to keep analyses: `python -m bench.ripple_keeping [LOG.xes.gz MAPPING.toml]`.

The events of the demo company, and of a log, are followed and what they mark is analysed and stored, each in one
process; then everything once more, as `outward recompute ripple` does. Beside it, what one ticket costs that is read
over HTTP in the same run; and how long a worker process takes until what is stored, which reports read, is that of a
history that was just corrected.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from app.demo.loading import load_demo
from app.exchange.importing import run_import
from app.exchange.mapping import read_mapping
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.listening import living_workers
from app.kernel.postgres import EmbeddedPostgres
from app.ripple.keeping.keeping import Keeping
from app.ripple.keeping.marking import Marking
from app.ripple.keeping.recomputing import recompute
from bench.within import SECRET, client_of

SOURCE = Path(__file__).parents[1]
DATA = SOURCE / "tests" / "data"
MOST_BYTES = 4 * 1024**3
READS = 200
CORRECTIONS = 10
CORRECTABLE = text("""
    select t.id as ticket_id, t.commitment_id
    from tickets t join commitments c on c.id = t.commitment_id
    where c.status = 'delivered' and t.status in ('resolved', 'closed')
    order by t.id limit :most
""")
KEPT = text("select analysis::text from ripple_analyses where commitment_id = :commitment_id")

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
        "corrected within, s": await _corrected_within(database),
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


async def _corrected_within(database: Database) -> float:
    """Seconds until the analysis is kept of the history as it is now: the longest of several corrections."""
    async with database.reading() as connection:
        found = (await connection.execute(CORRECTABLE, {"most": CORRECTIONS})).all()
    with _worker(database):
        while not await _lives(database):
            await asyncio.sleep(0.1)
        async with client_of(database) as client:
            return max([await _correct(client, database, row.ticket_id, row.commitment_id) for row in found])


async def _lives(database: Database) -> bool:
    async with database.reading() as connection:
        return await living_workers(connection) > 0


async def _correct(client: httpx.AsyncClient, database: Database, ticket_id: Any, commitment_id: Any) -> float:
    for verb, needed in (("reopen", {"reason": "Not done."}), ("resolve", {"resolution": "Done."})):
        (await client.post(f"/v1/tickets/{ticket_id}/{verb}", json=needed)).raise_for_status()
    begun = time.perf_counter()
    expected = (await client.get(f"/v1/commitments/{commitment_id}/ripple")).raise_for_status().text
    while await _kept(database, commitment_id) != expected:
        await asyncio.sleep(0.02)
    return time.perf_counter() - begun


async def _kept(database: Database, commitment_id: Any) -> str | None:
    async with database.reading() as connection:
        kept: str | None = (await connection.execute(KEPT, {"commitment_id": commitment_id})).scalar_one_or_none()
        return kept


@contextmanager
def _worker(database: Database) -> Iterator[None]:
    """The background work as a process of its own."""
    environment = os.environ | {"OUTWARD_DATABASE_URL": database.url, "OUTWARD_SECRET_KEY": SECRET}
    command, quiet = [sys.executable, "-m", "app.cli", "worker"], subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=SOURCE, env=environment, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


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


def run(*logs: tuple[Path, Path]) -> list[dict[str, Any]]:
    """The rows of the table: of the demo company, and of logs with their mappings."""
    fills = {"demo": _demo} | {log.name.split(".")[0]: _of_a_log(log, mapping) for log, mapping in logs}
    return [asyncio.run(_measured(name, fill)) for name, fill in fills.items()]


if __name__ == "__main__":
    given = [Path(each) for each in sys.argv[1:]] or [DATA / "helpdesk.xes.gz", DATA / "helpdesk.toml"]
    for row in run((given[0], given[1])):
        for field, value in row.items():
            print(f"{field:<24}{value:>14.3g}" if isinstance(value, float) else f"{field:<24}{value:>14}")
        print()
