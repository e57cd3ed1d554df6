"""Statements of webhook endpoints."""

from sqlalchemy import (
    ARRAY,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from app.customers.tables import customers
from app.directory.tables import departments
from app.kernel.lanes import job_lanes
from app.webhooks.endpoints.schemas import MOST_PENDING
from app.webhooks.tables import webhook_endpoints

# What an endpoint has as its own columns and its answer does not.
_UNTOLD = ("secret", "previous_secret", "signing_key", "begins_after")

_waiting = f"(select 1 from jobs where jobs.lane = webhook_endpoints.id limit {MOST_PENDING})"
ENDPOINTS = select(
    *(column for column in webhook_endpoints.c if column.name not in _UNTOLD),
    job_lanes.c.opens_at.label("closed_until"),
    literal_column(f"(select count(*) from {_waiting} as waiting)").label("pending"),
).select_from(webhook_endpoints.outerjoin(job_lanes, job_lanes.c.id == webhook_endpoints.c.id))
"""Endpoints with how many deliveries wait for each: no more of them are looked at than are counted."""

ENDPOINT = ENDPOINTS.where(webhook_endpoints.c.id == bindparam("endpoint_id"))

LOCK_ENDPOINT = (
    select(webhook_endpoints.c.status, webhook_endpoints.c.version)
    .where(webhook_endpoints.c.id == bindparam("endpoint_id"))
    .with_for_update(key_share=True)
)

KNOWN_ENDPOINT = select(literal(True)).where(webhook_endpoints.c.id == bindparam("endpoint_id"))

INSERT_ENDPOINT = insert(webhook_endpoints)

UPDATE_ENDPOINT = (
    update(webhook_endpoints)
    .where(webhook_endpoints.c.id == bindparam("endpoint_id"))
    .values(version=webhook_endpoints.c.version + 1, updated_at=func.now())
)

DELETE_ENDPOINT = delete(webhook_endpoints).where(webhook_endpoints.c.id == bindparam("endpoint_id"))

SECRETS = select(webhook_endpoints.c.secret, webhook_endpoints.c.signing_key).where(
    webhook_endpoints.c.id == bindparam("endpoint_id")
)

CONCERNED = (
    select(literal("department"), departments.c.id)
    .where(departments.c.id == func.any(cast(bindparam("department_ids"), ARRAY(Uuid))))
    .union_all(
        select(literal("customer"), customers.c.id).where(
            customers.c.id == func.any(cast(bindparam("customer_ids"), ARRAY(Uuid)))
        )
    )
)
"""Those of these departments and customers that exist."""
