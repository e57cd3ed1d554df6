"""How long forecasts take: `python -m bench.forecasts [--commitments N]` fills a database and prints a table.

What is learned from, a forecast over HTTP against reading a ticket, how many open commitments the duty looks at in a
second (first all of them, then again an hour later, with what was learned anew), and the report on exposure.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, select, update

from app.commitments.tables import commitments
from app.kernel.database import Database
from app.ripple.computing import compute
from app.ripple.forecasting.experience import Experience
from app.ripple.forecasting.forecast_duty import LookAhead
from app.ripple.forecasting.forecasts import made_of
from app.ripple.forecasting.lessons import Lessons
from app.ripple.loading import StoredHistories, load
from app.ripple.tables import ripple_forecasts
from app.tickets.tables import tickets
from bench.generating import generated
from bench.within import client_of

COMMITMENTS = 20_000
ASKED = 100


async def _took(what: Callable[[], Awaitable[Any]]) -> float:
    start = time.perf_counter()
    await what()
    return time.perf_counter() - start


async def _looked_at(database: Database, duty: LookAhead, now: datetime) -> float:
    """Seconds until every open commitment was looked at."""
    start = time.perf_counter()
    while await duty.turn(database, now):
        pass
    return time.perf_counter() - start


async def _due(database: Database, at: datetime) -> None:
    async with database.writing() as writer:
        await writer.execute(update(ripple_forecasts).values(look_at=at))


async def _median_ms(client: httpx.AsyncClient, paths: list[str]) -> float:
    times = []
    for path in paths:
        start = time.perf_counter()
        response = await client.get(path)
        times.append(time.perf_counter() - start)
        response.raise_for_status()
    return 1000 * median(times)


def _forecast_all(stored: StoredHistories, now: datetime, experience: Experience) -> int:
    return len([made_of(history, now, experience) for history in stored])


async def measure(url: str, now: datetime) -> list[dict[str, Any]]:
    database = Database(url, pool_size=4)
    rows: list[dict[str, Any]] = []

    def found(what: str, value: float, unit: str) -> None:
        rows.append({"what": what, "value": value, "unit": unit})

    async with client_of(database) as client, database.reading() as connection:
        lessons = Lessons()
        found("learning, once an hour", await _took(lambda: lessons.by(now, connection)), "s")
        learned = await lessons.by(now, connection)
        found("commitments learned from", learned.experience.commitments, "")
        found("tickets learned from", learned.experience.tickets, "")
        ids: list[UUID] = list(
            (await connection.execute(select(commitments.c.id).where(commitments.c.status == "open"))).scalars()
        )
        found("open commitments", len(ids), "")
        stored = await load(connection, commitments.c.id.in_(ids[:1000]))
        for again in ("first", "again"):
            # The time of the processor: it is computed in a thread, and others may be at work on the machine.
            start = time.process_time()
            await compute(_forecast_all, stored, now, learned.experience)
            took = time.process_time() - start
            found(f"a forecast without the database, {again}", 1000 * took / min(len(ids), 1000), "ms")
        duty = LookAhead()
        await duty.turn(database, now)
        async with database.writing() as writer:
            await writer.execute(insert(ripple_forecasts), [{"commitment_id": id_, "look_at": now} for id_ in ids])
        found("looks of the duty, first", len(ids) / await _looked_at(database, duty, now), "a second")
        later = now + timedelta(hours=1)
        await _due(database, later + timedelta(days=1))
        await duty.turn(database, later)
        await _due(database, later)
        found("looks of the duty, an hour later", len(ids) / await _looked_at(database, duty, later), "a second")
        some = [f"/v1/commitments/{id_}/forecast" for id_ in ids[:ASKED]]
        await client.get(some[0])
        read = [f"/v1/tickets/{id_}" for id_ in (await connection.execute(select(tickets.c.id).limit(ASKED))).scalars()]
        found("reading a ticket over HTTP", await _median_ms(client, read), "ms")
        found("a forecast over HTTP", await _median_ms(client, some), "ms")
        for group in ("customer", "department", "week,department"):
            report = f"/v1/metrics/exposure?group_by={group}"
            found(f"exposure by {group} over HTTP", await _median_ms(client, [report] * 7), "ms")
    await database.close()
    return rows


def run(count: int = COMMITMENTS) -> list[dict[str, Any]]:
    """One row for each figure."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with generated(count, until=now) as (url, _):
        return asyncio.run(measure(url, now))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commitments", type=int, default=COMMITMENTS)
    for row in run(parser.parse_args().commitments):
        print(f"{row['what']:<44}{row['value']:>12,.1f} {row['unit']}")


if __name__ == "__main__":
    main()
