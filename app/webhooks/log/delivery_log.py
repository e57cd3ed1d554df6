"""The log of deliveries: what was and is to be sent to an endpoint, and what came of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, literal

from app.kernel import paging
from app.kernel.database import Row
from app.kernel.paging import Page
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.webhooks.endpoints.webhook_endpoints import require_known
from app.webhooks.log import queries
from app.webhooks.log.partitions import lowest_id
from app.webhooks.log.schemas import (
    DeliveryAttempt,
    DeliveryListing,
    DeliveryRequest,
    LoggedWebhookDelivery,
    WebhookDelivery,
)
from app.webhooks.sending.dispatching import HEADERS
from app.webhooks.tables import webhook_deliveries
from app.webhooks.wire.bodies import body

SLACK = timedelta(minutes=5)
"""How far the instant in a delivery's id may lie from `created_at`: the one is by the clock of the process that made
it, the other may be by the database's."""

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""Before it no UUIDv7 was made."""


async def page_of_deliveries(work: Work, endpoint_id: UUID, asked: DeliveryListing) -> Page[WebhookDelivery]:
    """One page of an endpoint's deliveries, the latest first unless asked otherwise: two statements.

    Raises:
        NotFound: there is no such endpoint.
        Invalid: `since` lies after `until`.
    """
    filters = asked.filters()
    paging.require_in_order(filters, "since", "until")
    await require_known(work.connection, endpoint_id)
    of_endpoint = webhook_deliveries.c.endpoint_id == endpoint_id
    statement = queries.DELIVERIES.where(of_endpoint, *conditions(filters))
    ordered = paging.order(asked.sort, {"id": webhook_deliveries.c.id}, "-id")
    rows, cursor = await paging.fetch(work.connection, statement, asked, ordered)
    return Page([_shaped(row) for row in rows], cursor)


async def delivery(work: Work, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """One delivery.

    Raises:
        NotFound: the endpoint has none with this id.
    """
    asked = {"endpoint_id": endpoint_id, "delivery_id": delivery_id}
    row = (await work.connection.execute(queries.DELIVERY, asked)).mappings().first()
    if row is None:
        raise _unknown(delivery_id)
    return _shaped(row)


async def logged_delivery(work: Work, endpoint_id: UUID, delivery_id: UUID) -> LoggedWebhookDelivery:
    """One delivery with its attempts and with what is sent: two statements.

    Raises:
        NotFound: the endpoint has none with this id, or there is no such endpoint.
    """
    asked = {"endpoint_id": endpoint_id, "delivery_id": delivery_id}
    row = (await work.connection.execute(queries.LOGGED_DELIVERY, asked)).mappings().first()
    if row is None:
        raise _unknown(delivery_id)
    attempts = (await work.connection.execute(queries.ATTEMPTS, {"delivery_id": delivery_id})).mappings().all()
    return LoggedWebhookDelivery(
        **{name: row[name] for name in WebhookDelivery.__dataclass_fields__},
        attempts=[DeliveryAttempt(**attempt) for attempt in reversed(attempts)],
        request=_request(row),
    )


def conditions(filters: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """What must hold of a delivery."""
    table = webhook_deliveries.c
    columns = {"status": table.status, "event_type": table.event_type, "status_code": table.last_status_code}
    for name, value in filters.items():
        if name in columns:
            yield columns[name] == value
    if "event_id" in filters:
        yield table.event_id == filters["event_id"]
        yield table.sequence == queries.sequence_of(filters["event_id"])
    # The id's bounds tell which partitions there are to look in, and the place in the index; the instant decides.
    if "since" in filters:
        yield table.id >= literal(lowest_id(max(filters["since"] - SLACK, _FIRST)))
        yield table.created_at >= filters["since"]
    if "until" in filters:
        yield table.id < literal(lowest_id(max(filters["until"] + SLACK, _FIRST)))
        yield table.created_at < filters["until"]


def _shaped(row: Row) -> WebhookDelivery:
    return WebhookDelivery(**{name: row[name] for name in WebhookDelivery.__dataclass_fields__})


def _request(row: Row) -> DeliveryRequest | None:
    if row["data"] is None:
        return None
    sent = body(row["event_id"], row["event_type"], row["occurred_at"], row["data"])
    return DeliveryRequest(row["url"], HEADERS | {"webhook-id": str(row["event_id"])}, orjson.loads(sent))


def _unknown(delivery_id: UUID) -> NotFound:
    return NotFound(f"The endpoint has no delivery with id {delivery_id}.")
