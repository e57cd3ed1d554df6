"""Statements of the directory."""

from sqlalchemy import ARRAY, Uuid, bindparam, cast, func, insert, literal, select

from app.directory.tables import calendar_versions, calendars, departments
from app.kernel.database import Timestamp

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

_calendar_ids = cast(bindparam("ids"), ARRAY(Uuid))

PRESENT_CALENDARS = select(calendars.c.id, calendars.c.version).where(calendars.c.id == func.any(_calendar_ids))

CALENDAR_VERSIONS = (
    select(
        *calendar_versions.c,
        calendars.c.version,
        (calendars.c.updated_at == func.now()).label("changed_here"),
    )
    .join_from(calendar_versions, calendars)
    .where(calendar_versions.c.calendar_id == func.any(_calendar_ids))
    .order_by(calendar_versions.c.calendar_id, calendar_versions.c.number)
)
"""Every version of some calendars, in order. `changed_here`: by this very transaction, so it may come to nothing."""

_latest = (
    select(func.max(calendar_versions.c.holds_from))
    .where(calendar_versions.c.calendar_id == bindparam("of_calendar"))
    .scalar_subquery()
)
INSERT_CALENDAR_VERSION = insert(calendar_versions).values(
    holds_from=func.greatest(bindparam("from_instant", type_=Timestamp), _latest)
)
"""A version that holds from an instant, or from that of the one before should the service's clock have gone back."""
