"""Fan-out: follows the feed and makes a delivery for each event and each endpoint it goes to, exactly once.

How far it has come moves in the transaction that makes the deliveries: what undoes one undoes both. Nothing is added to
the transaction of a change.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Text, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.following import Follower, Stretch
from app.kernel.outbox import events
from app.webhooks.deliveries import FOLLOWER, Addressed, made
from app.webhooks.fan_out.matching import EndpointFilter, Index
from app.webhooks.tables import webhook_endpoints

BATCH: Final = 500
"""How many events are read at a time."""

MOST_DELIVERIES: Final = 5000
"""With the event that reaches this many, a batch ends."""

_ACTIVE = webhook_endpoints.c.status.in_(("enabled", "paused"))
_ANY_ACTIVE = select(literal(1)).where(_ACTIVE).exists()
ENDPOINTS: Final = select(
    webhook_endpoints.c.id,
    webhook_endpoints.c.event_types,
    webhook_endpoints.c.department_ids,
    webhook_endpoints.c.customer_ids,
    webhook_endpoints.c.begins_after,
)
_WANTING = ENDPOINTS.where(_ACTIVE).order_by(webhook_endpoints.c.id)
_EVENTS = (
    select(events.c.sequence, events.c.id, events.c.type, events.c.data)
    .where(events.c.sequence > bindparam("after"), events.c.sequence <= bindparam("until"))
    .order_by(events.c.sequence)
    .limit(bindparam("limit"))
)
_SOME_EVENTS = _EVENTS.where(events.c.type.like(bindparam("patterns", type_=ARRAY(Text)).any_()))


class FanOut:
    """The duty to make deliveries of what was recorded: at once while any endpoint may want it."""

    name = "webhook fan-out"
    woken_by = frozenset({"events"})

    def __init__(self) -> None:
        self._follower = Follower(FOLLOWER, hastens=_ANY_ACTIVE)

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        return await self._follower.next_at(connection)

    async def turn(self, database: Database, now: datetime) -> int:
        """Makes the deliveries of one batch of events; how many were looked at. One worker at a time does it."""
        async with database.writing() as connection:
            # Read before the endpoints: an endpoint that was there when one of these events was committed is seen.
            stretch = await self._follower.take(connection)
            if stretch is None or stretch.until == stretch.after:
                return 0
            looked_at, done = await _fan_out(connection, stretch, now)
            await self._follower.move(connection, done, more=done < stretch.until)
        return looked_at


async def _fan_out(connection: AsyncConnection, stretch: Stretch, now: datetime) -> tuple[int, int]:
    """How many events were looked at, at least one, and up to which number deliveries are made now."""
    done = stretch.until
    endpoints = (await connection.execute(_WANTING)).mappings().all()
    if not endpoints:
        return 1, done
    # What is older than every endpoint is not even read.
    after = max(stretch.after, min(endpoint["begins_after"] for endpoint in endpoints))
    index = Index(filter_of(endpoint) for endpoint in endpoints)
    found = await events_between(connection, after, done, BATCH, index.patterns)
    addressed: list[Addressed] = []
    looked_at = 0
    for looked_at, event in enumerate(found, 1):
        for place in index.endpoints_of(event.type, event.data):
            endpoint = endpoints[place]
            if event.sequence > endpoint["begins_after"]:
                addressed.append(Addressed(endpoint["id"], event.sequence, event.id, event.type))
        if len(addressed) >= MOST_DELIVERIES or looked_at == BATCH:
            done = event.sequence
            break
    await made(connection, addressed, now)
    return max(1, looked_at), done


def filter_of(endpoint: Row) -> EndpointFilter:
    """What the endpoint of a row of `ENDPOINTS` wants."""
    return EndpointFilter(
        str(endpoint["id"]),
        frozenset(endpoint["event_types"]),
        frozenset(map(str, endpoint["department_ids"])),
        frozenset(map(str, endpoint["customer_ids"])),
    )


async def events_between(
    connection: AsyncConnection, after: int, until: int, limit: int, patterns: frozenset[str] | None
) -> list[Any]:
    """Events with numbers between two, the latter included, in order, with `sequence`, `id`, `type` and `data`.

    Those of types that are among no `patterns` may be left out; None: every type is wanted.
    """
    values: dict[str, Any] = {"after": after, "until": until, "limit": limit}
    if patterns is None:
        return list(await connection.execute(_EVENTS, values))
    likes = sorted(f"{pattern[:-1]}%" if pattern.endswith("*") else pattern for pattern in patterns)
    return list(await connection.execute(_SOME_EVENTS, values | {"patterns": likes}))
