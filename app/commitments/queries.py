"""Statements of commitments: reading any number of them is one statement."""

from sqlalchemy import ARRAY, Select, Uuid, bindparam, cast, func, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from app.commitments.tables import commitment_reschedules, commitments

_reschedule = (
    select(commitment_reschedules)
    .where(commitment_reschedules.c.commitment_id == commitments.c.id)
    .correlate(commitments)
    .subquery("reschedule")
)
_reschedules = (
    select(func.json_agg(aggregate_order_by(literal_column("reschedule"), literal_column("reschedule.number"))))
    .select_from(_reschedule)
    .scalar_subquery()
)

COMMITMENTS: Select[tuple[object, ...]] = select(*commitments.c, cast(_reschedules, JSON).label("reschedules"))
"""Commitments with how they moved: one row each."""

COMMITMENT = COMMITMENTS.where(commitments.c.id == bindparam("commitment_id"))
COMMITMENTS_BY_ID = COMMITMENTS.where(commitments.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))

# Read only once locked: a statement that waits for a lock goes on with the history of before.
LOCK = select(commitments.c.id).where(commitments.c.id == bindparam("commitment_id")).with_for_update(key_share=True)

INSERT_COMMITMENT = insert(commitments).returning(*commitments.c)
UPDATE_COMMITMENT = (
    update(commitments)
    .where(commitments.c.id == bindparam("commitment_id"))
    .values(version=commitments.c.version + 1, updated_at=func.now())
    .returning(*commitments.c)
)
INSERT_RESCHEDULE = insert(commitment_reschedules)
