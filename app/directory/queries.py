"""Statements of the directory."""

from sqlalchemy import bindparam, literal, select

from app.directory.tables import departments

_ancestors = (
    select(departments.c.id, departments.c.parent_id)
    .where(departments.c.id == bindparam("parent_id"))
    .cte("ancestors", recursive=True)
)
_ancestors = _ancestors.union(
    select(departments.c.id, departments.c.parent_id).where(departments.c.id == _ancestors.c.parent_id)
)

IS_BENEATH = select(literal(True)).where(_ancestors.c.id == bindparam("department_id"))
"""Whether the department `department_id` is `parent_id` or stands above it."""

BY_KEYS = select(departments.c.id, departments.c.key).where(departments.c.key.in_(bindparam("keys", expanding=True)))
