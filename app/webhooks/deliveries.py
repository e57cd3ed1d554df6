"""Deliveries: one for each event and endpoint it goes to, and the job that sends it, made in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Timestamp
from app.kernel.following import feed_progress
from app.kernel.ids import new_id

KIND: Final = "webhook"
"""The kind of the lanes and jobs of deliveries: the lane has the endpoint's id, the job the delivery's."""

FOLLOWER: Final = "webhooks"
"""Under which name the feed is followed that deliveries are made of."""

MADE_UP_TO = select(feed_progress.c.sequence).where(feed_progress.c.name == FOLLOWER)
"""Up to which number of the feed deliveries were made; no row before the first was."""

WIDTH: Final = 10
"""How many deliveries of an endpoint are under way at the same time; of an ordered one it is one."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """An event that goes to an endpoint."""

    endpoint_id: UUID
    sequence: int
    event_id: UUID
    event_type: str


_MAKE = text(
    """
    with there as materialized (
        select id from job_lanes where id = any(:lanes) order by id for key share
    ),
    wanted (id, endpoint_id, sequence, event_id, event_type) as materialized (
        select each.* from unnest(:ids, :endpoint_ids, :sequences, :event_ids, :event_types)
            as each (id, endpoint_id, sequence, event_id, event_type)
        join there on there.id = each.endpoint_id
    ),
    made as (
        insert into webhook_deliveries (id, endpoint_id, sequence, event_id, event_type, created_at, next_attempt_at)
        select id, endpoint_id, sequence, event_id, event_type, :now, :now from wanted
    )
    insert into jobs (id, kind, lane, position, run_at) select id, :kind, endpoint_id, sequence, :now from wanted
    """
).bindparams(
    bindparam("lanes", type_=ARRAY(Uuid)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("endpoint_ids", type_=ARRAY(Uuid)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("event_ids", type_=ARRAY(Uuid)),
    bindparam("event_types", type_=ARRAY(Text)),
    bindparam("now", type_=Timestamp),
    bindparam("kind", KIND, type_=Text()),
)


async def made(connection: AsyncConnection, wanted: Sequence[Addressed], now: datetime) -> int:
    """Makes deliveries that are due at once, with their jobs, in the transaction at hand; how many.

    An endpoint that was deleted meanwhile gets none. None that gets any can be deleted until the transaction ends.
    """
    if not wanted:
        return 0
    values = {
        "lanes": sorted({each.endpoint_id for each in wanted}),
        "ids": [new_id() for _ in wanted],
        "endpoint_ids": [each.endpoint_id for each in wanted],
        "sequences": [each.sequence for each in wanted],
        "event_ids": [each.event_id for each in wanted],
        "event_types": [each.event_type for each in wanted],
        "now": now,
    }
    return (await connection.execute(_MAKE, values)).rowcount
