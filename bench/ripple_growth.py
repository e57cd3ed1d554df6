"""How the cost of keeping ripple grows with the number of commitments: `python -m bench.ripple_growth [--full]`.

Of generated companies of different sizes everything is loaded, analysed and stored, as `outward recompute ripple` does
it for the first time. In full the largest has 100,000 commitments; small ones are done several times over.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.kernel.database import Database
from app.ripple.keeping.recomputing import recompute
from bench.generating import UNTIL, Sizes, generated
from bench.within import client_of

SMALL: Sequence[int] = (250, 2_500)
FULL: Sequence[int] = (1_000, 10_000, 100_000)
REPEATED_BELOW = 5_000
REPEATS = 3
QUARTER = {"from": "2026-07-01T00:00:00Z", "to": "2026-10-01T00:00:00Z", "group_by": "department"}


@dataclass(frozen=True, slots=True)
class _Run:
    """One recomputation: seconds by the clock, and of this process's own work."""

    analysed: int
    seconds: float
    cpu_seconds: float


async def _recomputed(url: str) -> _Run:
    database = Database(url, pool_size=4)
    try:
        async with database.writing() as connection:
            await connection.execute(text("truncate ripple_analyses"))
        begun, worked = time.perf_counter(), time.process_time()
        done = await recompute(database, None, lambda: UNTIL)
        return _Run(done.analysed, time.perf_counter() - begun, time.process_time() - worked)
    finally:
        await database.close()


async def _reported(url: str) -> float:
    """Seconds until the report of a quarter by department is answered."""
    database = Database(url, pool_size=4)
    try:
        async with client_of(database) as client:
            begun = time.perf_counter()
            response = await client.get("/v1/metrics/ripple", params=QUARTER, timeout=None)
            response.raise_for_status()
            return time.perf_counter() - begun
    finally:
        await database.close()


def _measured(sizes: Sizes, url: str) -> dict[str, Any]:
    repeats = REPEATS if sizes.commitments < REPEATED_BELOW else 1
    runs = [asyncio.run(_recomputed(url)) for _ in range(repeats)]
    analysed = runs[-1].analysed
    return {
        "commitments": sizes.commitments,
        "tickets": sizes.tickets,
        "generated_s": sizes.seconds,
        "analysed": analysed,
        "ms_each": statistics.median(run.seconds for run in runs) / analysed * 1000,
        "cpu_ms_each": statistics.median(run.cpu_seconds for run in runs) / analysed * 1000,
        "quarter_ms": asyncio.run(_reported(url)) * 1000,
    }


def run(counts: Sequence[int] = SMALL) -> list[dict[str, Any]]:
    """One row for each size; ``growth`` is what a commitment costs there, in terms of what it costs in the smallest."""
    rows = []
    for count in counts:
        with generated(count) as (url, sizes):
            rows.append(_measured(sizes, url))
    return [
        row
        | {
            "growth": row["ms_each"] / rows[0]["ms_each"],
            "cpu_growth": row["cpu_ms_each"] / rows[0]["cpu_ms_each"],
        }
        for row in rows
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="up to 100,000 commitments: this takes about ten minutes")
    for row in run(FULL if parser.parse_args().full else SMALL):
        print(row)
