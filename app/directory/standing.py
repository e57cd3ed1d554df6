"""What the directory tells of a member for whom an API key stands, and what statements ask of their departments."""

from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.access.roles import Own
from app.access.standing import Standing
from app.directory.tables import member_departments, members


def standing_of(member_id: ColumnElement[UUID]) -> Standing:
    """Whether the member is here, and the departments they belong to: two subqueries of a statement of one's own."""
    is_here = select(members.c.left_at.is_(None)).where(members.c.id == member_id)
    belongs = member_departments.c.department_id
    department_ids = select(
        func.coalesce(
            func.array_agg(aggregate_order_by(belongs, member_departments.c.position)), literal([], ARRAY(Uuid))
        )
    ).where(member_departments.c.member_id == member_id)
    return Standing(is_here.scalar_subquery(), department_ids.scalar_subquery())


def is_own(own: Own, department_id: ColumnElement[UUID | None]) -> ColumnElement[bool]:
    """Whether a department is one of the member's."""
    return department_id == func.any(literal(sorted(own.department_ids), ARRAY(Uuid)))
