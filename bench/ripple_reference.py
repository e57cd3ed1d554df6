"""The engine against the definition taken literally, on the demo's commitments: `python -m bench.ripple_reference`.

The literal reference in tests/ripple goes through every second of every node. So that it ends within minutes, both get
the demo's late commitments with the clock set to quarters of an hour for seconds: the engine takes no less time for
that, the reference 900 times less. Those of more than ten parties, for which it would go through thousands of worlds,
are left out.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commitments.tables import commitments
from app.demo.loading import load_demo
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from app.ripple.engine.analysis import analyse
from app.ripple.engine.documents import to_document
from app.ripple.engine.graph import Commitment, Leg, Ticket, Wait
from app.ripple.engine.instants import optional_seconds, seconds
from app.ripple.loading import History, StoredHistories, load
from tests.ripple.documents import from_document
from tests.ripple.large_graphs import as_document
from tests.ripple.literal_reference import Reference

UNIT = 900
MOST_PARTIES = 10
SAMPLE = 24
REPEATS = 5


async def _demo(url: str) -> StoredHistories:
    database = Database(url, pool_size=2)
    try:
        await schema_version.migrate(database)
        await load_demo(database, say=lambda _: None)
        async with database.reading() as connection:
            return await load(connection, commitments.c.delivered_at > commitments.c.agreed_due_at)
    finally:
        await database.close()


def _documents() -> Iterator[dict[str, Any]]:
    """Some of the late commitments, evenly over time."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
        histories = list(asyncio.run(_demo(address.url)))
    documents = [as_document(*_coarse(history)) for history in histories]
    few = [document for document in documents if len(Reference(document).parties()) <= MOST_PARTIES]
    yield from few[:: max(1, len(few) // SAMPLE)]


def _coarse(history: History) -> tuple[Commitment, list[Ticket]]:
    stored = history.commitment
    start = seconds(stored.promised_at)

    def at(instant: int) -> int:
        return (instant - start) // UNIT

    def at_all(instant: int | None) -> int | None:
        return None if instant is None else at(instant)

    due, delivered = at(seconds(stored.agreed_due_at)), at_all(optional_seconds(stored.delivered_at))
    return Commitment(stored.owner, 0, due, delivered), [
        replace(
            ticket,
            opened_at=at(ticket.opened_at),
            resolved_at=at_all(ticket.resolved_at),
            acknowledged_at=at_all(ticket.acknowledged_at),
            due_at=at_all(ticket.due_at),
            legs=tuple(Leg(leg.department, at(leg.started_at), at_all(leg.acknowledged_at)) for leg in ticket.legs),
            waits=tuple(Wait(wait.on, at(wait.started_at), at_all(wait.ended_at)) for wait in ticket.waits),
        )
        for ticket in history.tickets
    ]


def run() -> list[dict[str, Any]]:
    """One row: how long both take for a commitment, and how many times faster the engine is."""
    rows = []
    for document in _documents():
        begun = time.perf_counter()
        expected = Reference(document).analysis()
        literally = time.perf_counter() - begun
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            answer = to_document(analyse(from_document(document)))
            times.append(time.perf_counter() - begun)
        if answer["attribution"] != expected["attribution"]:
            raise RuntimeError(f"The engine and its reference differ: {document}")
        rows.append((len(document["tickets"]), literally, min(times)))
    ratios = [literally / engine for _, literally, engine in rows]
    return [
        {
            "commitments": len(rows),
            "tickets": sum(tickets for tickets, _, _ in rows),
            "engine_ms": statistics.median(engine for _, _, engine in rows) * 1000,
            "reference_ms": statistics.median(literally for _, literally, _ in rows) * 1000,
            "times_faster": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        }
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
