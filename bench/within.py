"""The service within the benchmark's own process, on a database that is there: what makes ready is no load."""

import logging
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import structlog

from app.access.peppers import peppers_of
from app.access.service import bootstrap
from app.kernel.database import Database
from app.main import create_app, use
from app.settings import Settings

KEY = "bench-key-of-at-least-32-characters-long"
SECRET = "bench secret of at least 32 characters"


@asynccontextmanager
async def client_of(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client, by `KEY`; the database is migrated. Only what goes wrong is logged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = Settings(
        _env_file=None, database_url=database.url, secret_key=SECRET, bootstrap_key=KEY, log_format="json"
    )
    async with database.writing() as connection:
        await bootstrap(connection, KEY, peppers_of(settings))
    service = create_app(settings)
    use(service, database)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service), base_url="http://bench", headers={"Authorization": f"Bearer {KEY}"}
    ) as client:
        yield client


async def make(client: httpx.AsyncClient, path: str, **body: Any) -> str:
    """Creates a resource; its id."""
    response = await client.post(path, json=body)
    response.raise_for_status()
    return str(response.json()["id"])


async def against_a_ticket(
    client: httpx.AsyncClient, ticket: str, paths: Mapping[str, str], *, rounds: int, unmeasured: int, **told: Any
) -> list[dict[str, Any]]:
    """A row for reading a ticket, and for each of some paths: the median in milliseconds, and how many times a ticket's
    that is. All are asked in turns, and the first rounds are not measured; what is `told` stands in each row."""
    taken: dict[str, list[float]] = {}
    for round_ in range(rounds):
        for name, path in {"a ticket": f"/v1/tickets/{ticket}", **paths}.items():
            milliseconds = await _milliseconds(client, path)
            if round_ >= unmeasured:
                taken.setdefault(name, []).append(milliseconds)
    medians = {name: statistics.median(each) for name, each in taken.items()}
    return [
        {"read": name, **told, "p50_ms": median, "times_a_ticket": median / medians["a ticket"]}
        for name, median in medians.items()
    ]


async def _milliseconds(client: httpx.AsyncClient, path: str) -> float:
    begun = time.perf_counter()
    (await client.get(path)).raise_for_status()
    return (time.perf_counter() - begun) * 1000
