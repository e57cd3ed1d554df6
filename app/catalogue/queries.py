"""Statements of the service catalogue."""

from sqlalchemy import func, literal_column, update
from sqlalchemy.dialects.postgresql import JSON

from app.catalogue.tables import delegations

DELEGATIONS = literal_column(
    """(select coalesce(json_agg(json_build_object(
            'id', d.id, 'department_id', d.department_id, 'up_to_value', d.up_to_value::text, 'currency', d.currency,
            'since', to_char(d.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'until', to_char(d.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by d.since, d.id), '[]')
        from delegations d where d.request_type_id = request_types.id and d.ended_at is null)""",
    JSON,
)
"""Of a request type: the delegations that stand, as they are answered."""

END_DELEGATIONS = (
    update(delegations)
    .where(delegations.c.ended_at.is_(None))
    .values(version=delegations.c.version + 1, updated_at=func.now())
    .returning(*delegations.c)
)
