"""A worker that sends, in a test: at the instants of the test's clock, on real sockets of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from app.kernel.database import Database, Row
from app.kernel.lanes import Lanes, change_lane
from app.kernel.outbox import Event, events, record
from app.webhooks.deliveries import KIND, Addressed, made
from app.webhooks.sending.dispatching import Attempt, Parcel, Sending
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_endpoints
from app.webhooks.wire.addresses import Rules
from app.webhooks.wire.transport import Limits, Transport
from tests.conftest import Clock
from tests.webhooks.receivers import Receiver
from tests.webhooks.worlds import SEAL, an_endpoint

HERE: Final = Rules(allow_private=(ip_network("127.0.0.0/8"),))
PATIENT: Final = Limits(connect_seconds=30, total_seconds=60)
IMPATIENT: Final = Limits(connect_seconds=30, total_seconds=1)


@dataclass
class Sender:
    """The duty to send, and the instants at which it has its turns."""

    database: Database
    clock: Clock
    sending: Sending
    duty: Lanes[Parcel, Attempt]

    async def begin(self) -> None:
        """Begins what is due by the clock."""
        await self.duty.turn(self.database, self.clock())

    async def turn(self) -> None:
        """Does all that is due by the clock, and waits until it is done."""
        while await self.duty.turn(self.database, self.clock()):
            await self.duty.finish()
        await self.duty.finish()

    async def until(self, instant: datetime) -> None:
        """Lets time pass up to an instant: whatever falls due by then is done at its own."""
        while True:
            async with self.database.reading() as connection:
                at = await self.duty.next_at(connection)
            if at is None or at > instant:
                break
            self.clock.instant = max(at, self.clock())
            await self.turn()
        self.clock.instant = instant

    async def passes(self, **duration: int) -> None:
        await self.until(self.clock() + timedelta(**duration))

    async def enable(self, endpoint: UUID) -> None:
        """As the action does it."""
        anew = {"status": "enabled", "disabled_because": None, "disabled_at": None}
        async with self.database.writing() as connection:
            await connection.execute(update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint).values(**anew))
            await change_lane(connection, endpoint, stopped=False, opens_at=None)


@asynccontextmanager
async def a_sender(database: Database, clock: Clock, *, limits: Limits = PATIENT) -> AsyncIterator[Sender]:
    transport = Transport(HERE, limits=limits)
    sending = Sending(transport, SEAL, now=clock, jitter=lambda: 0.0)
    sender = Sender(database, clock, sending, Lanes(KIND, sending, now=clock))
    yield sender
    await sender.duty.finish()
    await sender.duty.end()


async def received_at(sender: Sender, receiver: Receiver, **fields: object) -> UUID:
    """An endpoint whose deliveries a receiver gets."""
    async with sender.database.writing() as connection:
        return await an_endpoint(connection, receiver.url, **fields)


async def deliver(
    sender: Sender, endpoint: UUID, *, times: int = 1, kind: str = "ticket.opened", **data: Any
) -> list[UUID]:
    """Records events at the clock's instant, with their deliveries to an endpoint; the events' ids, in their order."""
    now = sender.clock()
    async with sender.database.writing() as connection:
        await record(connection, [Event(kind, now, {**data, "actor": {"type": "system"}}) for _ in range(times)])
        latest = select(events.c.sequence, events.c.id, events.c.type).order_by(events.c.sequence.desc()).limit(times)
        rows = sorted((await connection.execute(latest)).all(), key=lambda row: row.sequence)
        await made(connection, [Addressed(endpoint, row.sequence, row.id, row.type) for row in rows], now)
        return [row.id for row in rows]


async def deliveries(database: Database, endpoint: UUID) -> list[Row]:
    """Those of an endpoint, in their order."""
    table = webhook_deliveries
    mine = select(table).where(table.c.endpoint_id == endpoint).order_by(table.c.sequence, table.c.id)
    async with database.reading() as connection:
        return list((await connection.execute(mine)).mappings())


async def attempts(database: Database) -> list[Row]:
    """All there were, in the order of the deliveries and then in their own."""
    ordered = select(webhook_attempts).order_by(webhook_attempts.c.delivery_id, webhook_attempts.c.number)
    async with database.reading() as connection:
        return list((await connection.execute(ordered)).mappings())


async def stored(database: Database, endpoint: UUID) -> Row:
    """An endpoint as it is stored."""
    mine = webhook_endpoints.c.id == endpoint
    async with database.reading() as connection:
        return (await connection.execute(select(webhook_endpoints).where(mine))).mappings().one()


async def told(database: Database, kind: str) -> list[dict[str, Any]]:
    """The data of the events of a type."""
    mine = select(events.c.data).where(events.c.type == kind).order_by(events.c.sequence)
    async with database.reading() as connection:
        return list((await connection.execute(mine)).scalars())
