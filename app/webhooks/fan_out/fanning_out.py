"""Fan-out: follows the feed and makes a delivery for each event and each endpoint it goes to, exactly once.

Whoever does it holds the one row of `webhook_progress`, and moves it in the transaction that makes the deliveries: what
undoes one undoes both. Nothing is added to the transaction of a change.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, literal, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.following import AT_ONCE, LOOK_AGAIN_SECONDS
from app.kernel.outbox import events, settled
from app.webhooks.deliveries import Addressed, made
from app.webhooks.fan_out.matching import EndpointFilter, Index
from app.webhooks.tables import webhook_endpoints, webhook_progress

BATCH: Final = 500
"""How many events are read at a time."""

MOST_DELIVERIES: Final = 5000
"""With the event that reaches this many, a batch ends."""

REST_SECONDS: Final = 1
"""After how long it looks again while nothing can be done, because a transaction is open that may still add events; and
after how long it moves on again where no endpoint wants anything, so that a service without any does not pay for each
event."""

_ACTIVE = webhook_endpoints.c.status.in_(("enabled", "paused"))
_STANDS = select(
    select(webhook_progress.c.sequence).scalar_subquery().label("done"),
    literal_column("last_value - (not is_called)::int", BigInteger).label("last"),
    select(literal(1)).where(_ACTIVE).exists().label("wanted"),
    func.now().label("now"),
).select_from(text("events_sequence_seq"))
_BEGIN = insert(webhook_progress).values(sequence=0).on_conflict_do_nothing()
_TAKE = select(webhook_progress.c.sequence).with_for_update(skip_locked=True)
_MOVE = update(webhook_progress).values(sequence=bindparam("to"))
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
    """The duty to make deliveries of what was recorded."""

    name = "webhook fan-out"
    woken_by = frozenset({"events"})

    def __init__(self) -> None:
        self._rests_until = AT_ONCE

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        stands = (await connection.execute(_STANDS)).one()
        done = stands.done or 0
        if stands.last <= done:
            return _after(stands.now, LOOK_AGAIN_SECONDS)
        if not stands.wanted and stands.now < self._rests_until:
            return self._rests_until
        if await settled(connection) <= done:
            return _after(stands.now, REST_SECONDS)
        self._rests_until = _after(stands.now, REST_SECONDS)
        return AT_ONCE

    async def turn(self, database: Database, now: datetime) -> int:
        """Makes the deliveries of one batch of events; how many were looked at. One worker at a time does it."""
        async with database.writing() as connection:
            done = await _taken(connection)
            # Read before the endpoints: an endpoint that was there when one of these events was committed is seen.
            horizon = await settled(connection)
            if done is None or horizon <= done:
                return 0
            looked_at, done = await _fan_out(connection, done, horizon, now)
            await connection.execute(_MOVE, {"to": done})
        return looked_at


def _after(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)


async def _taken(connection: AsyncConnection) -> int | None:
    """Up to which number deliveries were made; None while another worker is at it."""
    done: int | None = (await connection.execute(_TAKE)).scalar_one_or_none()
    if done is None:
        await connection.execute(_BEGIN)
        done = (await connection.execute(_TAKE)).scalar_one_or_none()
    return done


async def _fan_out(connection: AsyncConnection, done: int, horizon: int, now: datetime) -> tuple[int, int]:
    """How many events were looked at, at least one, and up to which number deliveries are made now."""
    endpoints = (await connection.execute(_WANTING)).mappings().all()
    if not endpoints:
        return 1, horizon
    # What is older than every endpoint is not even read.
    after = max(done, min(endpoint["begins_after"] for endpoint in endpoints))
    index = Index(filter_of(endpoint) for endpoint in endpoints)
    found = await events_between(connection, after, horizon, BATCH, index.patterns)
    addressed: list[Addressed] = []
    looked_at = 0
    for looked_at, event in enumerate(found, 1):
        for place in index.endpoints_of(event.type, event.data):
            endpoint = endpoints[place]
            if event.sequence > endpoint["begins_after"]:
                addressed.append(Addressed(endpoint["id"], event.sequence, event.id, event.type))
        if len(addressed) >= MOST_DELIVERIES or looked_at == BATCH:
            horizon = event.sequence
            break
    await made(connection, addressed, now)
    return max(1, looked_at), horizon


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
