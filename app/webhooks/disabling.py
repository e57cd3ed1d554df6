"""Disabling an endpoint: nothing is delivered to it any more, and the other endpoints are told."""

from uuid import UUID

from sqlalchemy import bindparam, func, literal, select, update

from app.kernel.lanes import job_lanes
from app.kernel.work import Work
from app.webhooks.endpoint_schemas import MOST_PENDING, Reason, Replay, WebhookEndpoint
from app.webhooks.tables import webhook_deliveries, webhook_endpoints, webhook_progress

# Held until the transaction ends, so that no deliveries are being made meanwhile: exactly the events after this number
# are missed.
_PROGRESS = select(webhook_progress.c.sequence).with_for_update(read=True)
_DISABLE = (
    update(webhook_endpoints)
    .where(webhook_endpoints.c.id == bindparam("endpoint"), webhook_endpoints.c.status != "disabled")
    .values(
        status="disabled",
        disabled_because=bindparam("because"),
        disabled_at=bindparam("now"),
        missed_after=bindparam("made_up_to"),
        version=webhook_endpoints.c.version + 1,
        updated_at=bindparam("now"),
    )
    .returning(webhook_endpoints.c.id)
)
_STOP = update(job_lanes).where(job_lanes.c.id == bindparam("endpoint")).values(stopped=True)
_waiting = (
    select(literal(1))
    .where(webhook_deliveries.c.endpoint_id == webhook_endpoints.c.id, webhook_deliveries.c.status == "pending")
    .limit(MOST_PENDING)
    .subquery()
    .lateral()
)
_READ = (
    select(
        webhook_endpoints,
        job_lanes.c.opens_at.label("closed_until"),
        select(func.count()).select_from(_waiting).scalar_subquery().label("pending"),
    )
    .select_from(webhook_endpoints.outerjoin(job_lanes, job_lanes.c.id == webhook_endpoints.c.id))
    .where(webhook_endpoints.c.id == bindparam("endpoint"))
)
_SECRET = frozenset({"secret", "previous_secret", "signing_key", "begins_after", "replay_after", "replay_until"})


async def disable(work: Work, endpoint: UUID, because: Reason) -> bool:
    """Disables an endpoint in the work's transaction; False when it was disabled already, or is gone.

    Deliveries that wait stay, and go on when it is enabled; what it is not delivered from now on comes after its
    `missed_after`. The event `webhook.endpoint_disabled` tells the other endpoints.
    """
    run = work.connection.execute
    made_up_to = (await run(_PROGRESS)).scalar_one_or_none() or 0
    values = {"endpoint": endpoint, "because": because, "now": work.now, "made_up_to": made_up_to}
    if (await run(_DISABLE, values)).first() is None:
        return False
    await run(_STOP, {"endpoint": endpoint})
    row = (await run(_READ, {"endpoint": endpoint})).mappings().one()
    replay = None if row["replay_after"] is None else Replay(row["replay_after"], row["replay_until"])
    shown = {name: value for name, value in row.items() if name not in _SECRET}
    disabled = WebhookEndpoint(**shown, replay=replay)
    work.happened("webhook.endpoint_disabled", work.now, webhook_endpoint=disabled.told(), because=because)
    return True
