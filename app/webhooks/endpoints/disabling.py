"""Disabling an endpoint: nothing is delivered to it any more, and the other endpoints are told."""

from uuid import UUID

from sqlalchemy import bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.lanes import change_lane
from app.kernel.work import Work
from app.webhooks.deliveries import MADE_UP_TO
from app.webhooks.endpoints.schemas import Reason
from app.webhooks.endpoints.webhook_endpoints import endpoint
from app.webhooks.tables import webhook_endpoints

_MADE_UP_TO = MADE_UP_TO.with_for_update(read=True)
_DISABLE = (
    update(webhook_endpoints)
    .where(webhook_endpoints.c.id == bindparam("endpoint_id"), webhook_endpoints.c.status != "disabled")
    .values(
        status="disabled",
        disabled_because=bindparam("because"),
        disabled_at=bindparam("now"),
        # Before any worker was there, nothing was made: then it misses what came since it was made itself.
        missed_after=func.greatest(webhook_endpoints.c.begins_after, bindparam("made_up_to")),
        version=webhook_endpoints.c.version + 1,
        updated_at=func.now(),
    )
    .returning(webhook_endpoints.c.id)
)


async def halted(connection: AsyncConnection) -> int:
    """Up to which number of the feed deliveries were made. None are being made until the transaction ends, so exactly
    what comes after it goes by what the transaction does to endpoints."""
    return (await connection.execute(_MADE_UP_TO)).scalar_one_or_none() or 0


async def disable(work: Work, endpoint_id: UUID, because: Reason) -> bool:
    """Disables an endpoint in the work's transaction; False when it was disabled already, or is gone.

    Deliveries that wait stay, and go on when it is enabled; what it is not delivered from now on comes after its
    `missed_after`. The event `webhook.endpoint_disabled` tells the other endpoints.
    """
    made_up_to = await halted(work.connection)
    values = {"endpoint_id": endpoint_id, "because": because, "now": work.now, "made_up_to": made_up_to}
    if (await work.connection.execute(_DISABLE, values)).first() is None:
        return False
    await change_lane(work.connection, endpoint_id, stopped=True)
    disabled = await endpoint(work, endpoint_id)
    work.happened("webhook.endpoint_disabled", work.now, webhook_endpoint=disabled.told(), because=because)
    return True
