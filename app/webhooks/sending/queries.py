"""Statements of sending: each is one for any number of deliveries.

A delivery is asked for by its id and by the lowest and the highest of those asked for, which tell in which partitions
it can be.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Integer, SmallInteger, Text, TextClause, Uuid, bindparam, select, text
from sqlalchemy.types import TypeEngine

from app.kernel.database import Timestamp
from app.kernel.lanes import job_lanes
from app.webhooks.tables import webhook_endpoints

_BOUNDS = (bindparam("lowest", type_=Uuid()), bindparam("highest", type_=Uuid()))


def _of_columns(statement: str, columns: Mapping[str, TypeEngine[Any]], *others: Any) -> TextClause:
    arrays = (bindparam(name, type_=ARRAY(type_)) for name, type_ in columns.items())
    return text(statement).bindparams(*arrays, *others)


DELIVERIES = _of_columns(
    """
    select d.id, d.endpoint_id, d.tries, d.event_id, d.event_type, e.occurred_at, e.data::text as data
    from webhook_deliveries d join events e on e.sequence = d.sequence
    where d.id = any(:ids) and d.id between :lowest and :highest and d.status = 'pending'
    """,
    {"ids": Uuid()},
    *_BOUNDS,
)
"""What of these deliveries is still to be sent, with its event."""

_ids = bindparam("ids", type_=ARRAY(Uuid))

ENDPOINTS = select(
    webhook_endpoints.c.id,
    webhook_endpoints.c.url,
    webhook_endpoints.c.secret,
    webhook_endpoints.c.previous_secret,
    webhook_endpoints.c.previous_secret_until,
    webhook_endpoints.c.signing_key,
).where(webhook_endpoints.c.id == _ids.any_())

HEALTH = (
    select(
        webhook_endpoints.c.id,
        webhook_endpoints.c.status,
        webhook_endpoints.c.failures_in_a_row,
        webhook_endpoints.c.failing_since,
        webhook_endpoints.c.last_success_at,
        job_lanes.c.opens_at,
    )
    .join(job_lanes, job_lanes.c.id == webhook_endpoints.c.id)
    .where(webhook_endpoints.c.id == _ids.any_())
    .order_by(webhook_endpoints.c.id)
    .with_for_update(of=(webhook_endpoints, job_lanes), key_share=True)
)
"""Locks endpoints with their lanes, always in the same order, so that workers who store what they sent to the same ones
wait, and then see what the one before has stored of both."""

ATTEMPT_COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": Uuid(),
    "status": Text(),
    "tries": SmallInteger(),
    "next_attempt_at": Timestamp,
    "ended_at": Timestamp,
    "at": Timestamp,
    "duration_ms": Integer(),
    "url": Text(),
    "status_code": SmallInteger(),
    "error": Text(),
    "answer_headers": Text(),
    "answer": Text(),
}
STORE_ATTEMPTS = _of_columns(
    f"""
    with made ({", ".join(ATTEMPT_COLUMNS)}) as materialized (
        select * from unnest({", ".join(":" + name for name in ATTEMPT_COLUMNS)})
    ),
    told as (
        update webhook_deliveries d
        set status = made.status, attempts = d.attempts + 1, tries = made.tries, ended_at = made.ended_at,
            next_attempt_at = made.next_attempt_at, last_status_code = made.status_code, last_error = made.error
        from made
        where d.id = made.id and d.id = any(:id) and d.id between :lowest and :highest
        returning d.id, d.attempts
    )
    insert into webhook_attempts
        (delivery_id, number, at, duration_ms, url, status_code, error, answer_headers, answer)
    select made.id, told.attempts, made.at, made.duration_ms, made.url, made.status_code, made.error,
           made.answer_headers::jsonb, made.answer
    from made join told on told.id = made.id
    """,
    ATTEMPT_COLUMNS,
    *_BOUNDS,
)

HEALTH_COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": Uuid(),
    "failures_in_a_row": BigInteger(),
    "failing_since": Timestamp,
    "last_success_at": Timestamp,
    "opens_at": Timestamp,
}
STORE_HEALTH = _of_columns(
    """
    update webhook_endpoints e
    set failures_in_a_row = well.failures_in_a_row, failing_since = well.failing_since,
        last_success_at = well.last_success_at
    from unnest(:id, :failures_in_a_row, :failing_since, :last_success_at)
        as well (id, failures_in_a_row, failing_since, last_success_at)
    where e.id = well.id
    """,
    {name: HEALTH_COLUMNS[name] for name in HEALTH_COLUMNS if name != "opens_at"},
)

STORE_CIRCUITS = _of_columns(
    """
    update job_lanes l set opens_at = circuit.opens_at
    from unnest(:id, :opens_at) as circuit (id, opens_at)
    where l.id = circuit.id
    """,
    {name: HEALTH_COLUMNS[name] for name in ("id", "opens_at")},
)
