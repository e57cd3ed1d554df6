"""Statements of relationships: who serves a customer, and who owns it."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from app.customers.relationship_rules import State
from app.customers.tables import customer_relationships, customers
from app.directory.tables import departments, members
from app.kernel.database import Timestamp

ACCOUNT_OWNER: Final = "account owner"
"""The role that owns a customer for the organisation, also when written `account_owner` or in capital letters."""

_of = customer_relationships.c


def serves_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the relationship is in force at an instant: it has begun and has not ended."""
    instant = _instant(at)
    return and_(_of.since <= instant, or_(_of.until.is_(None), _of.until > instant))


def is_in_state(state: State, at: datetime) -> ColumnElement[bool]:
    """Whether the relationship is in a state at an instant; one that ended as it began never was."""
    instant = _instant(at)
    ended = func.coalesce(_of.until <= func.greatest(instant, _of.since), False)
    if state == "ended":
        return ended
    return and_(not_(ended), _of.since > instant if state == "upcoming" else _of.since <= instant)


def is_perceived_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the customer perceives whoever serves it by this relationship as its owner at an instant."""
    instant, ends = _instant(at), _of.perceived_owner_until
    return and_(serves_at(instant), _of.perceived_owner_since <= instant, or_(ends.is_(None), ends > instant))


def owns_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether somebody owns the customer by this relationship at an instant: perceived as its owner, or its account
    owner."""
    is_account_owner = func.replace(func.lower(_of.role), "_", " ") == ACCOUNT_OWNER
    return or_(is_perceived_at(at), and_(serves_at(at), is_account_owner))


def _instant(at: datetime | ColumnElement[datetime]) -> ColumnElement[datetime]:
    return literal(at, Timestamp) if isinstance(at, datetime) else at


LOCK_CUSTOMERS_OF_MEMBER = (
    select(customers)
    .where(
        customers.c.id.in_(
            select(_of.customer_id).where(
                _of.member_id == bindparam("member_id"), or_(_of.until.is_(None), _of.until > bindparam("at"))
            )
        )
    )
    .order_by(customers.c.id)
    .with_for_update(key_share=True)
)
"""Locks the customers that a member serves or is going to serve: whoever changes a relationship holds its customer, so
that no two claim the same. By id, so that no two writers wait in a circle."""

OF_CUSTOMERS = (
    select(*_of)
    .where(_of.customer_id == func.any(cast(bindparam("customer_ids"), ARRAY(Uuid))))
    .order_by(_of.since, _of.id)
)
INSERT_RELATIONSHIPS = insert(customer_relationships)
CHANGE_RELATIONSHIPS = (
    update(customer_relationships)
    .where(_of.id == bindparam("of"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "role",
                "since",
                "until",
                "perceived_owner_since",
                "perceived_owner_until",
                "end_reason",
                "successor_id",
                "version",
                "updated_at",
            )
        }
    )
)

HOLD_MEMBER = (
    select(members.c.left_at).where(members.c.id == bindparam("of")).with_for_update(read=True, key_share=True)
)
"""Holds a member as they are: whoever lets them leave waits until the transaction ends."""
HOLD_WHO_SERVES = (
    select(members.c.left_at)
    .join(customer_relationships, _of.member_id == members.c.id)
    .where(_of.id == bindparam("of"))
    .with_for_update(read=True, key_share=True, of=members)
)
"""Holds likewise the member who serves a customer by a relationship, if it is one; who that is never changes."""
DEPARTMENT = select(departments.c.id).where(departments.c.id == bindparam("department_id"))
