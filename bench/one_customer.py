"""What is told of the busiest customer, of the imported helpdesk log and of the demo: `python -m bench.one_customer`.

Latencies are beside that of reading one ticket, in the same run; each statement is counted.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event, text

from app.demo.loading import load_demo
from app.exchange.importing import run_import
from app.exchange.mapping import read_mapping
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from bench.import_log import DATA, MOST_BYTES
from bench.within import client_of

ROUNDS = 40
PARTS = ("touchpoints", "timeline", "timeline?sort=-at&limit=200", "brief")

_BUSIEST = text("""
    select customer_id, (array_agg(id))[1] as ticket_id, count(*) as tickets,
        sum((select count(*) from ticket_history h where h.ticket_id = t.id)) as entries
    from tickets t group by customer_id order by tickets desc limit 1
""")


async def _helpdesk(database: Database) -> None:
    mapping = read_mapping((DATA / "helpdesk.toml").read_bytes())
    now = datetime.now(UTC).replace(microsecond=0)
    await run_import(database, DATA / "helpdesk.xes.gz", mapping, now=now, max_bytes=MOST_BYTES)


async def _demo(database: Database) -> None:
    await load_demo(database, lambda _: None)


async def measure(name: str, fill: Callable[[Database], Awaitable[None]], database: Database) -> list[dict[str, Any]]:
    """One row for reading a ticket and for each thing that is told of the busiest customer, milliseconds each."""
    await schema_version.migrate(database)
    await fill(database)
    async with database.writing() as connection:
        await connection.execute(text("analyze"))
        busiest = (await connection.execute(_BUSIEST)).mappings().one()
    customer = f"/v1/customers/{busiest['customer_id']}"
    paths = {"one ticket": f"/v1/tickets/{busiest['ticket_id']}"} | {part: f"{customer}/{part}" for part in PARTS}
    paths["key people"] = "/v1/metrics/key-people"
    seen: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    rows: list[dict[str, Any]] = []
    async with client_of(database) as client:
        for part, path in paths.items():
            milliseconds, statements = await _asked(client, path, seen)
            rows.append(
                {
                    "data": name,
                    "tickets": busiest["tickets"],
                    "history": int(busiest["entries"]),
                    "asked": part,
                    "statements": statements,
                    "milliseconds": milliseconds,
                    "times_one_ticket": milliseconds / rows[0]["milliseconds"] if rows else 1.0,
                }
            )
    return rows


async def _asked(client: httpx.AsyncClient, path: str, seen: list[str]) -> tuple[float, int]:
    """The median latency of some requests, in milliseconds, and the statements of the last."""
    took = []
    for _ in range(ROUNDS):
        seen.clear()
        begun = time.perf_counter()
        (await client.get(path)).raise_for_status()
        took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1000, len([each for each in seen if "pg_notify" not in each])


async def _measured() -> list[dict[str, Any]]:
    rows = []
    for name, fill in (("helpdesk", _helpdesk), ("demo", _demo)):
        with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
            database = Database(address.url)
            try:
                rows += await measure(name, fill, database)
            finally:
                await database.close()
    return rows


def run() -> list[dict[str, Any]]:
    """The rows of both."""
    return asyncio.run(_measured())


if __name__ == "__main__":
    for row in run():
        print(
            f"{row['data']:<10}{row['tickets']:>6} tickets{row['history']:>7} entries  {row['asked']:<30}"
            f"{row['statements']:>3} statements{row['milliseconds']:9.2f} ms{row['times_one_ticket']:7.1f} x"
        )
