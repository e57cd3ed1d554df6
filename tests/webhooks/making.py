"""What tests of webhooks make."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from app.kernel.database import Database
from app.webhooks.deliveries import Addressed, made

URL = "https://93.184.215.14/hooks/outward"
"""An address that is public, so no name has to be looked up."""

SECRET = "whsec_" + "QUJD" * 10


async def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    """What the database holds."""
    async with database.reading() as connection:
        return [dict(row) for row in (await connection.execute(text(statement))).mappings()]


async def lane_of(database: Database) -> dict[str, Any]:
    """The one lane there is."""
    (lane,) = await rows(database, "select ordered, width, stopped, opens_at from job_lanes")
    return lane


async def an_endpoint(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A webhook endpoint, as it was answered."""
    response = await client.post("/v1/webhook-endpoints", json={"url": URL, **fields})
    assert response.status_code == 201, response.text
    answered: dict[str, Any] = response.json()
    return answered


def path_of(endpoint: dict[str, Any], *more: str) -> str:
    return "/".join(("/v1/webhook-endpoints", endpoint["id"], *more))


async def feed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The events so far."""
    items: list[dict[str, Any]] = (await client.get("/v1/events", params={"limit": 200})).json()["items"]
    return items


async def delivered(client: httpx.AsyncClient, database: Database, endpoint: dict[str, Any], now: Any) -> list[UUID]:
    """A delivery to the endpoint of every event so far; their ids, the oldest first."""
    addressed = [
        Addressed(UUID(endpoint["id"]), event["sequence"], UUID(event["id"]), event["type"])
        for event in await feed(client)
    ]
    async with database.writing() as connection:
        await made(connection, addressed, now)
    listed = await client.get(path_of(endpoint, "deliveries"), params={"sort": "id", "limit": 200})
    return [UUID(item["id"]) for item in listed.json()["items"]][-len(addressed) :]
