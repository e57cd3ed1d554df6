"""Webhooks while the API, the worker and the database are killed again and again.

`python -m tests.acceptance.under_fire --kills 30 --rate 200` prints what was lost, invented and repeated.
"""

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.kernel.postgres import EmbeddedPostgres
from tests.acceptance.test_running import SOURCE, Installation, free_port

SECRET = "whsec_" + "c2VjcmV0" * 6
WRITERS = 32
ENDPOINTS = 10
TYPES = "ticket.*"


@dataclass(frozen=True)
class Plan:
    """How much happens: kills of the API or the worker, tickets a second meanwhile, restarts of the database."""

    kills: int
    rate: float
    database_restarts: int = 2
    seconds_between_kills: tuple[float, float] = (2.0, 5.0)


@dataclass
class Outcome:
    """What became of it: by endpoint and event, what each endpoint was to get and what it got."""

    expected: set[tuple[str, str]]
    received: Counter[tuple[str, str]]
    refused: int
    acknowledged: int
    kills: Counter[str]

    @property
    def lost(self) -> set[tuple[str, str]]:
        return self.expected - self.received.keys()

    @property
    def invented(self) -> set[tuple[str, str]]:
        return self.received.keys() - self.expected

    @property
    def repeated(self) -> int:
        return self.received.total() - len(self.received)


class Fire:
    """An installation whose API and worker are processes of their own, with receivers in a third."""

    def __init__(self, directory: Path, plan: Plan) -> None:
        self._plan = plan
        self._installation = Installation(directory / "data", webhook_allow_private="127.0.0.0/8")
        self._receiver_port = free_port()
        self._worker: subprocess.Popen[bytes] | None = None
        self._kills: Counter[str] = Counter()
        self._acknowledged = 0
        self._departments: list[str] = []
        self._customer = ""

    async def run(self) -> Outcome:
        receiving = [sys.executable, "-m", "tests.acceptance.counting_receiver", str(self._receiver_port), SECRET]
        receiver = subprocess.Popen(receiving, cwd=SOURCE)
        try:
            self._serve()
            await self._seed()
            burning = asyncio.Event()
            writers = [asyncio.create_task(self._write(number, burning)) for number in range(WRITERS)]
            await self._kill_again_and_again()
            burning.set()
            await asyncio.gather(*writers)
            await self._until_delivered()
            return await self._outcome()
        finally:
            for process in (receiver, self._worker, self._installation.process):
                if process is not None:
                    process.kill()
                    process.wait(30)

    def _serve(self) -> None:
        self._installation.serve("--no-background")
        self._start_worker()

    def _start_worker(self) -> None:
        command, environment = [sys.executable, "-m", "app.cli", "worker"], self._installation.environment()
        quiet = subprocess.DEVNULL
        self._worker = subprocess.Popen(command, cwd=SOURCE, env=environment, stdout=quiet, stderr=quiet)

    async def _seed(self) -> None:
        async with self._installation.client() as client:

            async def make(path: str, **body: Any) -> str:
                response = await client.post(path, json=body)
                response.raise_for_status()
                return str(response.json()["id"])

            keys = [f"D{number}" for number in range(ENDPOINTS)]
            self._departments = [await make("/v1/departments", key=key, name=key) for key in keys]
            self._customer = await make("/v1/customers", external_ref="ACME", name="Acme", tier="gold")
            for department in self._departments:
                url = f"http://127.0.0.1:{self._receiver_port}/{department}"
                asked = {"url": url, "event_types": [TYPES], "department_ids": [department], "secret": SECRET}
                await make("/v1/webhook-endpoints", **asked)

    async def _write(self, writer: int, until: asyncio.Event) -> None:
        """Opens tickets at its share of the rate, whatever happens to the service."""
        chance, pause = random.Random(writer), WRITERS / self._plan.rate
        due = time.monotonic() + chance.random() * pause
        async with self._installation.client() as client:
            while not until.is_set():
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                due = max(due + pause, time.monotonic() - 5 * pause)
                requester, provider = chance.sample(self._departments, 2)
                asked = {"title": "Credit check", "customer_id": self._customer}
                asked |= {"requester_department_id": requester, "provider_department_id": provider}
                try:
                    response = await client.post("/v1/tickets", json=asked)
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
                    continue
                self._acknowledged += response.status_code == 201

    async def _kill_again_and_again(self) -> None:
        plan, chance = self._plan, random.Random()
        restarts = set(chance.sample(range(plan.kills), plan.database_restarts))
        for number in range(plan.kills):
            await asyncio.sleep(chance.uniform(*plan.seconds_between_kills))
            if number in restarts:
                await asyncio.to_thread(self._restart_database)
            await asyncio.to_thread(self._kill, chance.choice(("api", "worker")))

    def _kill(self, victim: str) -> None:
        self._kills[victim] += 1
        if victim == "api":
            self._installation.end(signal.SIGKILL)
            self._installation.serve("--no-background")
        elif self._worker is not None:
            self._worker.kill()
            self._worker.wait(30)
            self._start_worker()

    def _restart_database(self) -> None:
        """It is shut down, and whoever is started next starts it again."""
        self._kills["database"] += 1
        postmaster = self._installation.postmaster()
        subprocess.run(["kill", "-INT", str(postmaster)], check=True)
        while Path(f"/proc/{postmaster}").exists():
            time.sleep(0.05)
        self._kill("api")

    async def _until_delivered(self, within_seconds: float = 900) -> None:
        until = time.monotonic() + within_seconds
        while await self._waiting():
            if time.monotonic() > until:
                raise TimeoutError(f"{await self._waiting()} deliveries still wait")
            await asyncio.sleep(0.5)

    async def _waiting(self) -> int:
        """Events that fan-out has yet to reach, and deliveries that are pending."""
        connection = await asyncpg.connect(self._database_url())
        waiting = await connection.fetchval(
            "select (select count(*) from webhook_deliveries where status = 'pending')"
            " + (select count(*) from events"
            " where sequence > (select sequence from feed_progress where name = 'webhooks'))"
        )
        await connection.close()
        return int(waiting)

    def _database_url(self) -> str:
        with EmbeddedPostgres(self._installation.data_dir) as address:
            return address.url

    async def _outcome(self) -> Outcome:
        expected: set[tuple[str, str]] = set()
        async with self._installation.client() as client:
            after = 0
            while True:
                page = (await client.get("/v1/events", params={"after": after, "types": TYPES, "limit": 200})).json()
                for event in page["items"]:
                    ticket = event["data"]["ticket"]
                    for side in ("requester_department_id", "provider_department_id"):
                        expected.add((ticket[side], event["id"]))
                if page["next"] == after:
                    break
                after = page["next"]
            told = (await client.get(f"http://127.0.0.1:{self._receiver_port}/counts")).json()
        received = Counter({(endpoint, event): count for endpoint, event, count in told["counts"]})
        return Outcome(expected, received, told["refused"], self._acknowledged, self._kills)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--rate", type=float, default=200, help="tickets a second")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = asyncio.run(Fire(Path(directory), Plan(asked.kills, asked.rate)).run())
    deliveries = len(outcome.received)
    print(f"killed: {dict(outcome.kills)}; tickets acknowledged: {outcome.acknowledged}")
    print(f"deliveries expected: {len(outcome.expected)}, received: {deliveries}, refused: {outcome.refused}")
    print(f"lost: {len(outcome.lost)}, invented: {len(outcome.invented)}")
    print(f"repeated: {outcome.repeated} ({outcome.repeated / max(1, deliveries):.2%})")


if __name__ == "__main__":
    main()
