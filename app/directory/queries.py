"""Statements of the directory."""

from sqlalchemy import ARRAY, Uuid, bindparam, cast, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert

from app.directory.tables import calendar_versions, calendars, departments, member_departments, members
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

TREE_LOCK = select(func.pg_advisory_xact_lock(0x4F574454))
"""Only one transaction at a time moves departments: two that cross could each miss the circle they close together."""

BY_KEYS = select(departments.c.id, departments.c.key).where(departments.c.key.in_(bindparam("keys", expanding=True)))

KNOWN_DEPARTMENTS = select(departments.c.id).where(departments.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))

_department_ids = (
    select(func.array_agg(aggregate_order_by(member_departments.c.department_id, member_departments.c.position)))
    .where(member_departments.c.member_id == members.c.id)
    .scalar_subquery()
)
MEMBERS = select(*members.c, func.coalesce(_department_ids, literal([], ARRAY(Uuid))).label("department_ids"))
"""Members with their departments: one row each."""

MEMBER = MEMBERS.where(members.c.id == bindparam("member_id"))
MEMBER_BY_EMAIL = MEMBERS.where(func.lower(members.c.email) == func.lower(bindparam("address")))
# Read only once locked: a statement that waits for a lock goes on with the departments of before.
LOCK_MEMBER = select(members.c.id).where(members.c.id == bindparam("member_id")).with_for_update(key_share=True)
LOCK_MEMBER_BY_EMAIL = (
    select(members.c.id)
    .where(func.lower(members.c.email) == func.lower(bindparam("address")))
    .with_for_update(key_share=True)
)
_some_members = select(members.c.id, members.c.left_at).where(
    members.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid)))
)
HOLD_MEMBERS = _some_members.order_by(members.c.id).with_for_update(read=True, key_share=True)
"""Keeps members from leaving until the transaction ends, as whatever refers to them does once it is written."""
HOLD_TO_LEAVE = _some_members.order_by(members.c.id).with_for_update()
"""Waits for whoever gives these members something to hold, and keeps others from it."""
PASS_ON_DEPARTMENTS = text("""
    with recursive above (led_id, parent_id, height) as (
        select id, parent_id, 1 from departments where manager_id = :leaving_id
        union all
        select a.led_id, d.parent_id, a.height + 1 from above a join departments d on d.id = a.parent_id
    ), nearest as (
        select distinct on (a.led_id) a.led_id, m.id as manager_id
        from above a
        join departments d on d.id = a.parent_id
        join members m on m.id = d.manager_id and m.id <> :leaving_id and m.left_at is null
        order by a.led_id, a.height
    )
    update departments d
    set manager_id = coalesce(:successor_id, nearest.manager_id), version = d.version + 1, updated_at = now()
    from departments led left join nearest on nearest.led_id = led.id
    where led.manager_id = :leaving_id and d.id = led.id
""").bindparams(bindparam("leaving_id", type_=Uuid), bindparam("successor_id", type_=Uuid))
"""Departments whose manager leaves get the successor, else whoever leads the nearest department above."""
INSERT_MEMBER_UNLESS_THERE = (
    upsert(members).on_conflict_do_nothing(index_elements=[func.lower(members.c.email)]).returning(*members.c)
)
UPDATE_MEMBER = (
    update(members)
    .where(members.c.id == bindparam("member_id"))
    .values(version=members.c.version + 1, updated_at=func.now())
    .returning(*members.c)
)
JOIN_DEPARTMENTS = insert(member_departments)
LEAVE_DEPARTMENTS = delete(member_departments).where(member_departments.c.member_id == bindparam("of_member"))

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

_of_calendar = calendar_versions.c.calendar_id == bindparam("of_calendar")
KEPT_PUBLIC_HOLIDAYS = (
    select(calendar_versions.c.public_holidays).where(_of_calendar).order_by(calendar_versions.c.number.desc()).limit(1)
)
NEW_CALENDAR_VERSION = (
    update(calendars)
    .where(calendars.c.id == bindparam("of_calendar"))
    .values(version=calendars.c.version + 1, updated_at=func.now())
    .returning(*calendars.c)
)
"""A new version of a calendar whose own fields stay: its country's public holidays are others."""

LISTED_VERSIONS = select(*calendar_versions.c, calendar_versions.c.calendar_id.label("id"))
