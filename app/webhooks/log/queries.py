"""Statements of the log of deliveries. Both tables are partitioned by the delivery's id, so each names bounds of it."""

from uuid import UUID

from sqlalchemy import ScalarSelect, Text, bindparam, cast, select

from app.kernel.outbox import events
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_endpoints

MOST_ATTEMPTS = 200

_deliveries = webhook_deliveries.c

DELIVERIES = select(
    _deliveries.id,
    _deliveries.endpoint_id.label("webhook_endpoint_id"),
    _deliveries.event_id,
    _deliveries.event_type,
    _deliveries.sequence,
    _deliveries.status,
    _deliveries.attempts.label("attempt_count"),
    _deliveries.last_status_code.label("status_code"),
    _deliveries.last_error.label("error"),
    _deliveries.created_at,
    _deliveries.next_attempt_at,
    _deliveries.ended_at,
)

_one = (_deliveries.id == bindparam("delivery_id"), _deliveries.endpoint_id == bindparam("endpoint_id"))

DELIVERY = DELIVERIES.where(*_one)

LOGGED_DELIVERY = (
    DELIVERIES.add_columns(webhook_endpoints.c.url, events.c.occurred_at, cast(events.c.data, Text).label("data"))
    .join(webhook_endpoints, webhook_endpoints.c.id == _deliveries.endpoint_id)
    .outerjoin(events, events.c.sequence == _deliveries.sequence)
    .where(*_one)
)
"""One delivery with where it goes and its event, if the feed still has that."""

ATTEMPTS = (
    select(*(column for column in webhook_attempts.c if column.name != "delivery_id"))
    .where(webhook_attempts.c.delivery_id == bindparam("delivery_id"))
    .order_by(webhook_attempts.c.number.desc())
    .limit(MOST_ATTEMPTS)
)


def sequence_of(event_id: UUID) -> ScalarSelect[int]:
    """The number of an event in the feed: by it an endpoint's deliveries of the event are found in an index."""
    return select(events.c.sequence).where(events.c.id == event_id).scalar_subquery()
