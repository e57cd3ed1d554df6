"""Statements of configurations."""

from sqlalchemy import bindparam, exists, func, or_, select

from app.catalogue.tables import request_types
from app.directory.tables import calendars, departments, members
from app.service_levels.tables import objectives, slas

ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(0x4F574346))
"""Two that apply at once could each make what the other one makes, too."""

LOCK_SLAS = (
    select(slas.c.id)
    .join(departments, departments.c.id == slas.c.provider_department_id)
    .where(departments.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(slas.c.id)
    .with_for_update(key_share=True, of=slas)
)
"""Before their providers, as whoever replaces one locks them."""
LOCK_PROVIDERS = (
    select(departments.c.id)
    .where(departments.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(departments.c.id)
    .with_for_update(key_share=True)
)
"""Nobody else saves an SLA of these providers meanwhile, so that none is overlooked that ties."""

CALENDARS = select(calendars).order_by(calendars.c.id)
DEPARTMENTS = select(departments).order_by(departments.c.id)
REQUEST_TYPES = select(request_types).order_by(request_types.c.id)
SLAS = select(slas).order_by(slas.c.active, slas.c.updated_at, slas.c.id)
"""The active ones last, and of the others those that were changed last."""
OBJECTIVES = select(objectives).order_by(objectives.c.id)
MEMBERS = select(members.c.id, members.c.email).where(
    or_(
        members.c.id.in_(bindparam("ids", expanding=True)),
        func.lower(members.c.email).in_(bindparam("addresses", expanding=True)),
    )
)
ANY_MEMBERS = select(exists().where(members.c.id.is_not(None)))
