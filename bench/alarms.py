"""A thousand alarms in one second among 100,000 running clocks: how long after its instant each can be read.

Real workers, in processes of their own; what they tell is seen by asking the event feed's table every 10 ms. A breach
is told the second after its clock was due, since a clock that is met at its due time is met.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from bench.within import SECRET, client_of, make

CLOCKS, STORM = 100_000, 1_000
DAY = 86_400
TARGET_DAYS = 30
SHARES = {"warnings": 0.5, "breaches": 1.0}
IDLE_SECONDS = 10.0
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

# As many tickets as asked for like the one there is, each with its two running clocks. Its acknowledge clock goes on
# for the whole of its target; its resolve clock began so long ago that its alarm comes at `at`, plus `spread` seconds
# by chance.
MULTIPLY = """
    with made as (
        select gen_random_uuid() as id, $1::timestamptz + random() * $2::int * interval '1 second' as alarm_at
        from generate_series(1, $3::int)
    ), ticket as (
        insert into tickets (id, title, requester_department_id, provider_department_id, customer_id, priority, status,
            opened_at, last_at, due_at)
        select made.id, t.title, t.requester_department_id, t.provider_department_id, t.customer_id, t.priority,
            t.status, date_trunc('second', alarm_at) - $4::float * $5::int * interval '1 day',
            date_trunc('second', alarm_at) - $4::float * $5::int * interval '1 day',
            date_trunc('second', alarm_at) + (1 - $4::float) * $5::int * interval '1 day'
        from made, (select * from tickets order by number limit 1) t
        returning id, opened_at, due_at
    ), leg as (
        insert into ticket_legs (ticket_id, number, department_id, arrived_by, started_at, sla_id, sla_version,
            sla_explanation)
        select ticket.id, 1, l.department_id, l.arrived_by, ticket.opened_at, l.sla_id, l.sla_version, l.sla_explanation
        from ticket, (select * from ticket_legs where ticket_id = (select id from tickets order by number limit 1)) l
    )
    insert into ticket_clocks (ticket_id, number, metric, scope, leg, department_id, sla_id, sla_version, calendar_id,
        state, target_seconds, started_at, due_at, elapsed_seconds, counting_since, next_alarm_at)
    select ticket.id, c.number, c.metric, c.scope, 1, c.department_id, c.sla_id, c.sla_version, c.calendar_id, c.state,
        c.target_seconds, ticket.opened_at,
        ticket.opened_at + c.target_seconds * interval '1 second', 0, ticket.opened_at,
        case when c.metric = 'acknowledge' then ticket.opened_at + c.target_seconds * interval '1 second'
            when $4::float = 1 then ticket.due_at + interval '1 second'
            else ticket.opened_at + $4::float * $5::int * interval '1 day' end
    from ticket, (select * from ticket_clocks where ticket_id = (select id from tickets order by number limit 1)) c
"""


@contextmanager
def _workers(count: int, url: str) -> Iterator[list[int]]:
    environment = os.environ | {"OUTWARD_DATABASE_URL": url, "OUTWARD_SECRET_KEY": SECRET, "OUTWARD_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "app.cli", "worker"]
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


@asynccontextmanager
async def _world(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A database with one ticket, whose clocks are the pattern of the others."""
    database = Database(url, pool_size=4)
    await schema_version.migrate(database)
    async with client_of(database) as client:
        await _seed(client)
    await database.close()
    driver = await asyncpg.connect(url)
    try:
        yield driver
    finally:
        await driver.close()


async def _seed(client: httpx.AsyncClient) -> None:
    requester, provider = [await make(client, "/v1/departments", key=key, name=key) for key in ("SALES", "FIN")]
    customer = await make(client, "/v1/customers", external_ref="ACME", name="Acme")
    calendar = await make(client, "/v1/calendars", name="always", timezone="UTC", hours=ALWAYS)
    # Acknowledging may take a hundred days: those clocks are there, and far from their alarms.
    targets = [
        {"metric": "acknowledge", "seconds": 100 * DAY},
        {"metric": "resolve", "seconds": TARGET_DAYS * DAY},
    ]
    sla = {"name": "standard", "provider_department_id": provider, "rank": 1, "calendar_id": calendar}
    await make(client, "/v1/slas", **sla, targets=targets, warn_at=[SHARES["warnings"]])
    asked = {"requester_department_id": requester, "provider_department_id": provider, "customer_id": customer}
    await make(client, "/v1/tickets", title="Credit check", **asked)


def _cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def _idle(pids: list[int]) -> float:
    """Of workers with nothing to do: CPU milliseconds a second."""
    cpu, began = _cpu_seconds(pids), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return (_cpu_seconds(pids) - cpu) / (time.monotonic() - began) * 1000


async def _until_idle(driver: asyncpg.Connection, pids: list[int]) -> None:
    """Until all listen, and have looked for what there is to do."""
    while await driver.fetchval(
        "select count(*) from pg_stat_activity where application_name = 'outward worker'"
    ) < len(pids):
        await asyncio.sleep(0.1)
    await asyncio.sleep(5)


async def _storm(driver: asyncpg.Connection, share: float) -> list[float]:
    """The seconds from each alarm's instant until it could be read, in order."""
    before = await driver.fetchval("select coalesce(max(sequence), 0) from events")
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)
    await driver.execute(MULTIPLY, at, 0, STORM, share, TARGET_DAYS)
    lags: dict[int, float] = {}
    until = time.monotonic() + 60
    while len(lags) < STORM:
        # To ask costs little, or the asking would be measured. Of two workers one may commit later what comes earlier
        # in the feed, so all are read again when there are more.
        if await driver.fetchval("select count(*) from events where sequence > $1", before) > len(lags):
            found = await driver.fetch("select sequence, occurred_at from events where sequence > $1", before)
            seen = datetime.now(UTC)
            for row in found:
                lags.setdefault(row["sequence"], (seen - row["occurred_at"]).total_seconds())
        if time.monotonic() > until:
            raise RuntimeError(f"{len(lags)} of {STORM} alarms were told within a minute")
        await asyncio.sleep(0.01)
    return sorted(lags.values())


async def _measure(url: str) -> list[dict[str, Any]]:
    rows = []
    async with _world(url) as driver:
        far = datetime.now(UTC) + timedelta(days=1)
        await driver.execute(MULTIPLY, far, 10 * DAY, CLOCKS // 2, 0.5, TARGET_DAYS)
        await driver.execute("vacuum analyze")
        for count in (1, 2):
            with _workers(count, url) as pids:
                await _until_idle(driver, pids)
                cpu_ms = await _idle(pids)
                for name, share in SHARES.items():
                    lags = await _storm(driver, share)
                    rows.append(
                        {
                            "alarms": f"{STORM:,} {name}",
                            "workers": count,
                            "p50_s": lags[STORM // 2],
                            "p90_s": lags[STORM * 9 // 10],
                            "p99_s": lags[STORM * 99 // 100],
                            "max_s": lags[-1],
                            "idle_cpu_ms_per_s": cpu_ms,
                        }
                    )
    return rows


def run() -> list[dict[str, Any]]:
    """One row for each kind of alarm and number of workers; what workers cost that have nothing to do is beside."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "postgresql") as address:
        return asyncio.run(_measure(address.url))


if __name__ == "__main__":
    for row in run():
        print(row)
