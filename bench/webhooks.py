"""Webhooks: how many go out a second against a bare `httpx.AsyncClient`, what an endpoint that hangs costs the others,
and what endpoints cost whoever opens a ticket.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import uvloop

from app.kernel.postgres import EmbeddedPostgres
from bench.http import KEY, measure, migrated, seeded, serving
from bench.load import Load

OURS, RECEIVER = 8473, 8474
ENDPOINTS, CONCURRENCY = 10, 100
EVENTS, ROUNDS = 1_000, 3
RATE, STEADY_SECONDS = 15, 20.0
"""Events a second, each to every endpoint, while the delays are measured, and for how long."""
ENQUEUE_ROUNDS, ENQUEUE_SECONDS = 5, 3.0


class Bench:
    """The service and a receiver, each a process of its own; workers are there when asked for."""

    def __init__(self, stack: ExitStack) -> None:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.url = stack.enter_context(EmbeddedPostgres(directory / "data")).url
        asyncio.run(migrated(self.url))
        self._environment = {
            "OUTWARD_DATABASE_URL": self.url,
            "OUTWARD_SECRET_KEY": "bench secret of at least 32 characters",
            "OUTWARD_BOOTSTRAP_KEY": KEY,
            "OUTWARD_LOG_FORMAT": "json",
            "OUTWARD_WEBHOOK_ALLOW_PRIVATE": "127.0.0.0/8",
        }
        factory = "app.main:app_from_environment"
        stack.enter_context(serving(factory, OURS, self._environment, "--factory", "--no-access-log"))
        stack.enter_context(_process("bench.receiver", str(RECEIVER)))
        headers = {"Authorization": f"Bearer {KEY}"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{OURS}", headers=headers, timeout=60)
        self.draft = {"title": "Credit check", **seeded(self.client)}

    @contextmanager
    def worker(self) -> Iterator[None]:
        """One, from when it lives on."""
        with _process("app.cli", "worker", environment=self._environment):
            while not self.client.get("/readyz").json()["background_work"]["alive"]:
                time.sleep(0.05)
            yield

    @contextmanager
    def endpoints(self, *paths: str) -> Iterator[None]:
        """Endpoints at these paths of the receiver, which get whatever happens to tickets."""
        made = []
        for path in paths:
            asked = {"url": f"http://127.0.0.1:{RECEIVER}{path}", "event_types": ["ticket.*"]}
            response = self.client.post("/v1/webhook-endpoints", json=asked)
            response.raise_for_status()
            made.append(response.json()["id"])
        yield
        for endpoint in made:
            self.client.delete(f"/v1/webhook-endpoints/{endpoint}").raise_for_status()

    def open_tickets(self, count: int) -> None:
        self.client.post("/v1/tickets/batch", json={"items": [self.draft] * count}).raise_for_status()

    def received(self) -> dict[str, list[tuple[str, float]]]:
        told: dict[str, list[tuple[str, float]]] = httpx.get(f"http://127.0.0.1:{RECEIVER}/received").json()
        return told


def count_received() -> int:
    return int(httpx.get(f"http://127.0.0.1:{RECEIVER}/count").text)


@contextmanager
def _process(module: str, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    quiet, command = subprocess.DEVNULL, [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, env=os.environ | (environment or {}), stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _bare(bodies: list[bytes], headers: list[dict[str, str]]) -> float:
    """Posts them all with one `httpx.AsyncClient`; how many a second."""
    left = iter(zip(bodies, headers, strict=True))
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    async with httpx.AsyncClient(limits=limits, timeout=15) as client:

        async def post() -> None:
            for body, sent in left:
                response = await client.post(f"http://127.0.0.1:{RECEIVER}/bare", content=body, headers=sent)
                response.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*[post() for _ in range(CONCURRENCY)])
        return len(bodies) / (time.perf_counter() - began)


def _sample(bench: Bench) -> tuple[bytes, dict[str, str]]:
    """A body and headers as the service sends them."""
    with bench.endpoints("/sample"):
        bench.open_tickets(1)
        with bench.worker():
            while not (received := bench.received().get("/sample")):
                time.sleep(0.05)
        event = bench.client.get("/v1/events", params={"types": "ticket.opened", "limit": 1}).json()["items"][0]
    body = {"id": event["id"], "type": event["type"], "timestamp": event["occurred_at"], "data": event["data"]}
    headers = {
        "content-type": "application/json",
        "webhook-id": received[0][0],
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1," + "A" * 44,
    }
    return orjson.dumps(body), headers


def _ours(bench: Bench) -> float:
    """Delivers events that wait to all endpoints; how many a second from the first that arrives to the last."""
    with bench.endpoints(*[f"/{number}" for number in range(ENDPOINTS)]):
        bench.open_tickets(EVENTS)
        before, wanted = count_received(), EVENTS * ENDPOINTS
        with bench.worker():
            while (first := count_received()) == before:
                time.sleep(0.005)
            began = time.perf_counter()
            while (last := count_received()) < before + wanted:
                time.sleep(0.02)
            return (last - first) / (time.perf_counter() - began)


def throughput(bench: Bench) -> list[dict[str, Any]]:
    """Ours against the bare client, in interleaved rounds."""
    body, headers = _sample(bench)
    bodies, sent = [body] * EVENTS * ENDPOINTS, [headers] * EVENTS * ENDPOINTS
    rounds = [(_ours(bench), uvloop.run(_bare(bodies, sent))) for _ in range(ROUNDS)]
    ratios = sorted(ours / bare for ours, bare in rounds)
    return [
        {
            "name": f"{ENDPOINTS} endpoints, {CONCURRENCY} at a time, {len(body)} bytes",
            "per_second": statistics.median(ours for ours, _ in rounds),
            "bare_per_second": statistics.median(bare for _, bare in rounds),
            "ratio": statistics.median(ratios),
            "ratio_low": ratios[0],
            "ratio_high": ratios[-1],
        }
    ]


async def _delays(bench: Bench, paths: set[str]) -> list[float]:
    """Opens tickets at a steady rate; the seconds from each one's event until each endpoint had it, in order."""
    before = {path: len(got) for path, got in bench.received().items()}
    async with httpx.AsyncClient(base_url=bench.client.base_url, headers=bench.client.headers) as client:
        began = time.perf_counter()
        for number in range(int(RATE * STEADY_SECONDS)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            (await client.post("/v1/tickets", json=bench.draft)).raise_for_status()
    await asyncio.sleep(2)
    driver = await asyncpg.connect(bench.url)
    recorded = {str(row["id"]): row["recorded_at"].timestamp() for row in await driver.fetch("select * from events")}
    await driver.close()
    arrived = [each for path, got in bench.received().items() if path in paths for each in got[before.get(path, 0) :]]
    return sorted(at - recorded[event] for event, at in arrived)


def hanging(bench: Bench) -> list[dict[str, Any]]:
    """The delays of nine endpoints with a tenth that answers, and with a tenth that never does."""
    rows = []
    nine = [f"/{number}" for number in range(ENDPOINTS - 1)]
    with bench.worker():
        for name, tenth in (("all ten answer", "/tenth"), ("one of ten hangs", "/hang")):
            with bench.endpoints(*nine, tenth):
                delays = asyncio.run(_delays(bench, set(nine)))
            row = {"name": name, "deliveries": len(delays), "p50_ms": statistics.median(delays) * 1000}
            rows.append(row | {"p95_ms": delays[int(len(delays) * 0.95)] * 1000})
    return [row | {"p95_ratio": row["p95_ms"] / rows[0]["p95_ms"]} for row in rows]


def enqueue(bench: Bench) -> list[dict[str, Any]]:
    """Opening tickets without an endpoint and with three that match, in interleaved rounds; first while no worker
    delivers, so that only what is enqueued is paid, then on the cores that deliver as well."""
    body = orjson.dumps(bench.draft).decode()
    load = Load(OURS, "POST", "/v1/tickets", ENQUEUE_SECONDS, body=body, key=KEY)

    def compared(name: str) -> dict[str, Any]:
        ratios = []
        for _ in range(ENQUEUE_ROUNDS):
            without = measure(load)["per_second"]
            with bench.endpoints("/a", "/b", "/c"):
                ratios.append(without / measure(load)["per_second"])
        return {"name": name, "time_with_three": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}

    measure(load)
    rows = [compared("no worker")]
    with bench.worker():
        rows.append(compared("the worker delivers on the same cores"))
    return rows


def _with_bench(measured: Callable[[Bench], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        return measured(Bench(stack))


SUITES = {
    "webhooks delivered, against a bare httpx.AsyncClient posting the same": partial(_with_bench, throughput),
    "the delays of nine endpoints beside one that hangs": partial(_with_bench, hanging),
    "what three endpoints cost whoever opens a ticket": partial(_with_bench, enqueue),
}

if __name__ == "__main__":
    for title, run in SUITES.items():
        if not sys.argv[1:] or any(word in title for word in sys.argv[1:]):
            for row in run():
                print(row)
