"""How long a ripple report on a quarter takes over HTTP, against reading one ticket: `python -m bench.ripple_reports`.

By every grouping, and every pair of them, on a generated company whose delivered commitments are analysed and stored.
One request at a time over one connection, the report and the ticket in turn, so that whatever else the machine does
slows down both. The first answer to each question is not measured: it reads days that the process has not read before.
Answers are remembered: each time a question is timed that was not asked before about these days, and then (`again`) the
one that was.
`--commitments` says how many there are in the year, `--database-url` where such a company is already.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, Final

import httpx

from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.reports import DIMENSIONS
from app.ripple.keeping.keeping import Keeping
from app.ripple.reports.days import AFTER, PuttingDaysTogether
from bench.generating import generated
from bench.http import serving
from bench.showing import show
from bench.within import KEY, SECRET

COMMITMENTS: Final = 4_000
ROUNDS: Final = 11
PORT: Final = 8473
QUARTER: Final = "from=2026-07-01T00:00:00Z&to=2026-10-01T00:00:00Z"
FIGURES: Final = ("ms", "ticket_ms", "times_a_ticket", "again")
OTHERS: Final = ("causes", "causes?of=absorbed", "flow", "scorecard")


def paths() -> Iterator[tuple[str, str]]:
    """Every report by what it is called."""
    singles = [(name,) for name in DIMENSIONS]
    for names in (*singles, *combinations(DIMENSIONS, 2)):
        yield f"by {' and '.join(names)}", f"/v1/metrics/ripple?{QUARTER}&group_by={','.join(names)}"
    for name in OTHERS:
        yield name, f"/v1/metrics/ripple/{name}{'&' if '?' in name else '?'}{QUARTER}"
    yield "by department, priority p2 only", f"/v1/metrics/ripple?{QUARTER}&priority=p2"
    yield "by department, gold customers only", f"/v1/metrics/ripple?{QUARTER}&customer_tier=gold"
    yield "by department, with intervals", f"/v1/metrics/ripple?{QUARTER}&intervals=true"
    for names in ("edge", "edge,request_type"):
        yield f"fit, by {names.replace(',', ' and ')}", f"/v1/slas/fit?{QUARTER}&group_by={names}"


async def kept(url: str) -> None:
    """Analyses what is delivered, as a worker would, and puts the days together."""
    database = Database(url, pool_size=4)
    await schema_version.migrate(database)
    now = datetime.now(UTC).replace(microsecond=0)
    keeping, days = Keeping(), PuttingDaysTogether()
    while await keeping.turn(database, now):
        pass
    while await days.turn(database, datetime.now(UTC) + AFTER):
        pass
    await database.close()


def measured(url: str, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """One row for each report: how many rows it has, the medians, and how many times a ticket it took; and `again`."""
    environment = {
        "OUTWARD_DATABASE_URL": url,
        "OUTWARD_SECRET_KEY": SECRET,
        "OUTWARD_BOOTSTRAP_KEY": KEY,
        "OUTWARD_LOG_FORMAT": "json",
    }
    with (
        serving("app.main:app_from_environment", PORT, environment, "--factory", "--no-access-log"),
        httpx.Client(
            base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {KEY}"}, timeout=60
        ) as client,
    ):
        ticket = f"/v1/tickets/{client.get('/v1/tickets?limit=1').raise_for_status().json()['items'][0]['id']}"
        return [_compared(client, ticket, name, path, rounds) for name, path in paths()]


def _compared(client: httpx.Client, ticket: str, name: str, path: str, rounds: int) -> dict[str, Any]:
    first = client.get(path)
    if first.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return {"report": name, "rows": "too many", "kB": 0} | dict.fromkeys(FIGURES, 0.0)
    answer = first.raise_for_status().json()
    rows = len(answer["rows"] if "rows" in answer else answer["links"])
    _seconds(client, ticket)
    taken = [
        (_seconds(client, ticket), _seconds(client, f"{path}{_another(path, round_)}"), _seconds(client, path))
        for round_ in range(rounds)
    ]
    one, anew, again = (statistics.median(column) for column in zip(*taken, strict=True))
    return {
        "report": name,
        "rows": rows,
        "kB": len(first.content) // 1000,
        **dict(zip(FIGURES, (anew * 1e3, one * 1e3, anew / one, again / one), strict=True)),
    }


def _another(path: str, round_: int) -> str:
    """What makes a question another one, where answers are remembered, and hardly changes the answer."""
    return f"&pairs={round_}" if path.startswith("/v1/metrics/ripple?") else ""


def _seconds(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path)
    return time.perf_counter() - begun


def run(commitments: int = COMMITMENTS) -> list[dict[str, Any]]:
    """The same on a company of its own."""
    with generated(commitments) as (url, _):
        asyncio.run(kept(url))
        return measured(url)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commitments", type=int, default=COMMITMENTS)
    parser.add_argument("--database-url", help="a database with a generated company")
    chosen = parser.parse_args()
    if chosen.database_url is None:
        rows = run(chosen.commitments)
    else:
        asyncio.run(kept(chosen.database_url))
        rows = measured(chosen.database_url)
    show("ripple reports on a quarter over HTTP, against reading one ticket", rows)


if __name__ == "__main__":
    main()
