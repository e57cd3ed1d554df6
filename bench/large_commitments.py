"""Commitments far larger than anybody's, through the API: `python -m bench.large_commitments`.

Each is sent to be analysed, then stored and asked for in every way, delivered and still open. Times are of one request
each, from the client's side, the service being in the same process.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from bench.within import client_of
from tests.ripple.large_graphs import History, as_document, chain, nested, side_drivers, staged
from tests.ripple.stored_graphs import Surroundings, store_graph, surroundings
from tests.tickets.worlds import World

CASES: dict[str, Callable[[], History]] = {
    "5,000 tickets, 12 parties": lambda: nested(5_000, 10),
    "chain of 2,000": lambda: chain(2_000, 12),
    "500 tickets, 40 parties": lambda: nested(500, 38),
    "5,000 tickets, 12 parties, in stages of 20": lambda: staged(5_000, 12, 20),
    "500 tickets, 40 parties, in stages of 2": lambda: staged(500, 40, 2),
    "chain of 1,000 with side drivers, 16 parties": lambda: side_drivers(1_000, 16),
    "20,000 tickets, 12 parties": lambda: nested(20_000, 10),
    "chain of 20,000": lambda: chain(20_000, 12),
}


def still_open(history: History) -> History:
    """The same while it is not delivered: a tenth of its tickets, those that ended last, are open still."""
    commitment, tickets = history
    ends = sorted(ticket.resolved_at for ticket in tickets if ticket.resolved_at is not None)
    last = ends[len(ends) * 9 // 10]
    opened = [
        replace(ticket, resolved_at=None) if ticket.resolved_at is None or ticket.resolved_at > last else ticket
        for ticket in tickets
    ]
    return replace(commitment, delivered_at=None), opened


async def _asked(client: httpx.AsyncClient, method: str, path: str, **sent: Any) -> tuple[float, float]:
    """Milliseconds until it was answered, and KiB of the answer."""
    begun = time.perf_counter()
    response = await client.request(method, path, timeout=None, **sent)
    took = time.perf_counter() - begun
    response.raise_for_status()
    return took * 1000, len(response.content) / 1024


async def _measured(
    client: httpx.AsyncClient, database: Database, around: Surroundings, name: str, history: History
) -> list[dict[str, Any]]:
    paths = []
    for each in (history, still_open(history)):
        async with database.writing() as connection:
            paths.append(f"/v1/commitments/{await store_graph(connection, around, name, *each)}")
    async with database.reading() as connection:
        await connection.execute(text("vacuum analyze"))
    delivered, unfinished = paths
    kept = {"json": {"promises_kept": True}}
    asked = {
        "analyse": ("POST", "/v1/ripple/analyse", {"json": as_document(*history)}),
        "ripple": ("GET", f"{delivered}/ripple", {}),
        "explain": ("GET", f"{delivered}/ripple/explain", {}),
        "svg": ("GET", f"{delivered}/ripple.svg", {}),
        "what_if": ("POST", f"{delivered}/what-if", kept),
        "open_ripple": ("GET", f"{unfinished}/ripple", {}),
        "open_explain": ("GET", f"{unfinished}/ripple/explain", {}),
        "open_what_if": ("POST", f"{unfinished}/what-if", kept),
        "open_forecast": ("GET", f"{unfinished}/forecast", {}),
    }
    rows = []
    for what, (method, path, sent) in asked.items():
        took, size = await _asked(client, method, path, **sent)
        rows.append({"commitment": name, "asked": what, "ms": took, "kib": size})
    return rows


async def _all(url: str) -> list[dict[str, Any]]:
    database = Database(url, pool_size=4)
    try:
        await schema_version.migrate(database)
        async with client_of(database) as client:
            histories = {name: make() for name, make in CASES.items()}
            around = await surroundings(World(client), *histories.values())
            return [row for each in histories.items() for row in await _measured(client, database, around, *each)]
    finally:
        await database.close()


def run() -> list[dict[str, Any]]:
    """One row for each commitment and request."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
        return asyncio.run(_all(address.url))


if __name__ == "__main__":
    for row in run():
        print(f"{row['commitment']:<48}{row['asked']:<14}{row['ms']:>10.0f} ms{row['kib']:>10.0f} KiB")
