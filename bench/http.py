"""Creating, reading and listing tickets over HTTP, against the limit in `bench/limits`, in interleaved rounds."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import orjson

from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from bench.load import Load
from bench.within import KEY, SECRET

OURS, LIMIT = 8471, 8472
ROUNDS, SECONDS = 5, 3.0
HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@contextmanager
def serving(factory: str, port: int, environment: dict[str, str], *flags: str) -> Iterator[None]:
    command = [sys.executable, "-m", "uvicorn", factory, "--port", str(port), "--log-level", "error", *flags]
    process = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def seeded(client: httpx.Client) -> dict[str, str]:
    def make(path: str, **body: Any) -> str:
        response = client.post(path, json=body)
        response.raise_for_status()
        return str(response.json()["id"])

    requester, provider = (make("/v1/departments", key=key, name=key) for key in ("SALES", "FIN"))
    customer = make("/v1/customers", external_ref="ACME", name="Acme", tier="gold")
    calendar = make("/v1/calendars", name="office", timezone="Europe/Berlin", hours=HOURS)
    targets = [{"metric": "acknowledge", "seconds": 3600}, {"metric": "resolve", "seconds": 14400}]
    make("/v1/slas", name="standard", provider_department_id=provider, rank=1, calendar_id=calendar, targets=targets)
    return {"requester_department_id": requester, "provider_department_id": provider, "customer_id": customer}


def measure(load: Load) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.load", orjson.dumps(asdict(load)).decode()]
    result: dict[str, float] = orjson.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def _compare(name: str, ours: Load, limit: Load) -> dict[str, Any]:
    for load in (ours, limit):
        measure(Load(**asdict(load) | {"seconds": 1.0}))
    rounds = [(measure(ours), measure(limit)) for _ in range(ROUNDS)]
    ratios = sorted(mine["per_second"] / theirs["per_second"] for mine, theirs in rounds)
    return {
        "name": name,
        "per_second": statistics.median(mine["per_second"] for mine, _ in rounds),
        "limit_per_second": statistics.median(theirs["per_second"] for _, theirs in rounds),
        "p99_ms": statistics.median(mine["p99_ms"] for mine, _ in rounds),
        "ratio": statistics.median(ratios),
        "ratio_low": ratios[0],
        "ratio_high": ratios[-1],
    }


def run() -> list[dict[str, Any]]:
    """One row per kind of request: ours, the limit, and their ratio (median, lowest and highest of the rounds)."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(EmbeddedPostgres(directory / "data")).url
        asyncio.run(migrated(url))
        environment = {
            "OUTWARD_DATABASE_URL": url,
            "OUTWARD_SECRET_KEY": SECRET,
            "OUTWARD_BOOTSTRAP_KEY": KEY,
            "OUTWARD_LOG_FORMAT": "json",
            "BENCH_DATABASE_URL": url,
        }
        stack.enter_context(serving("app.main:app_from_environment", OURS, environment, "--factory", "--no-access-log"))
        client = httpx.Client(base_url=f"http://127.0.0.1:{OURS}", headers={"Authorization": f"Bearer {KEY}"})
        ids = seeded(client)
        stack.enter_context(serving("bench.limits.app:app", LIMIT, environment, "--no-access-log"))
        draft = orjson.dumps({"title": "Credit check", **ids}).decode()
        made = client.post("/v1/tickets", content=draft, headers={"Content-Type": "application/json"}).json()["id"]
        for _ in range(60):
            client.post("/v1/tickets", content=draft, headers={"Content-Type": "application/json"})
        ours, limit = Load(OURS, "GET", "", SECONDS, key=KEY), Load(LIMIT, "GET", "", SECONDS, key=KEY)

        def both(path: str, **changes: Any) -> tuple[Load, Load]:
            return (
                Load(**asdict(ours) | {"path": f"/v1{path}", **changes}),
                Load(**asdict(limit) | {"path": path, **changes}),
            )

        return [
            _compare("read a ticket", *both(f"/tickets/{made}")),
            _compare("list 50 tickets", *both("/tickets?limit=50")),
            _compare("create a ticket", *both("/tickets", method="POST", body=draft)),
        ]


async def migrated(url: str) -> None:
    database = Database(url, pool_size=1)
    await schema_version.migrate(database)
    await database.close()
