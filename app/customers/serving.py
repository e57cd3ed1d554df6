"""Whom somebody serves: what a key that stands for a member sees of customers hangs on it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.access.roles import Own
from app.customers.relationship_queries import serves_at
from app.customers.tables import customer_relationships
from app.directory.standing import is_own


def served_by(own: Own, at: datetime) -> Select[tuple[UUID]]:
    """The customers whom a member, or one of their departments, serves at an instant by a relationship."""
    of = customer_relationships.c
    return select(of.customer_id).where(
        serves_at(at), or_(of.member_id == own.member_id, is_own(own, of.department_id))
    )
