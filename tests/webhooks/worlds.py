"""Endpoints, events and deliveries in one line."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.ids import new_id
from app.kernel.jobs import jobs
from app.kernel.lanes import add_lane, change_lane
from app.kernel.outbox import Event, events, record, settled
from app.kernel.sealing import Seal, seal_of
from app.settings import Settings
from app.webhooks.deliveries import KIND, WIDTH
from app.webhooks.endpoints.keeping_secrets import kept
from app.webhooks.tables import webhook_deliveries, webhook_endpoints

URL: Final = "https://hooks.example.com/outward"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)


def the_seal() -> Seal:
    """That of the tests' service."""
    key = "a secret of the tests, long enough to be one"
    return seal_of(Settings(_env_file=None, database_url="postgresql://", secret_key=key))  # type: ignore[arg-type]


SEAL: Final = the_seal()


async def an_endpoint(connection: AsyncConnection, url: str = URL, **fields: Any) -> UUID:
    """An enabled endpoint with its lane, to which every event from now on goes unless `fields` say otherwise; its id.

    `secret`, `previous_secret` and `signing_key` are given plain.
    """
    id_: UUID = fields.setdefault("id", new_id())
    fields = {"secret": SECRET, "begins_after": await settled(connection), **fields, "url": url}
    for name in ("secret", "previous_secret", "signing_key"):
        if fields.get(name) is not None:
            fields[name] = kept(SEAL, id_, fields[name])
    if fields.get("status") == "disabled":
        fields = {"disabled_because": "by_hand", "disabled_at": NOW, **fields}
    await connection.execute(insert(webhook_endpoints).values(**fields))
    await add_lane(connection, KIND, id_, ordered=fields.get("ordered", False), width=WIDTH)
    if fields.get("status", "enabled") != "enabled":
        await change_lane(connection, id_, stopped=True)
    return id_


async def happened(database: Database, *kinds: str, **data: Any) -> list[int]:
    """Events of these types with this data, committed; their numbers in the feed."""
    told = {"actor": {"type": "system"}, **data}
    async with database.writing() as connection:
        await record(connection, [Event(kind, NOW, told) for kind in kinds])
        latest = select(events.c.sequence).order_by(events.c.sequence.desc()).limit(len(kinds))
        return sorted((await connection.execute(latest)).scalars())


async def deliveries_to(database: Database, endpoint: UUID) -> list[Row]:
    """What was made for an endpoint, in the order in which it was made."""
    mine = select(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint)
    async with database.reading() as connection:
        return list((await connection.execute(mine.order_by(webhook_deliveries.c.id))).mappings())


async def jobs_in(database: Database, lane: UUID) -> list[Row]:
    """What is still to be done in a lane, in the order of its positions."""
    mine = select(jobs).where(jobs.c.lane == lane).order_by(jobs.c.position, jobs.c.id)
    async with database.reading() as connection:
        return list((await connection.execute(mine)).mappings())
