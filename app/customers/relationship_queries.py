"""Statements of relationships: who serves a customer, and who owns it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal, or_

from app.customers.tables import customer_relationships
from app.kernel.database import Timestamp

ACCOUNT_OWNER = "account owner"
"""The role that owns a customer for the organisation, written `account_owner` and in capital letters, too."""

_of = customer_relationships.c


def serves_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the relationship is in force at an instant: it has begun and has not ended."""
    instant = literal(at, Timestamp) if isinstance(at, datetime) else at
    return and_(
        _of.since <= instant,
        or_(_of.until.is_(None), _of.until > instant),
    )


def is_perceived_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the customer perceives whoever serves it by this relationship as its owner at an instant."""
    instant = literal(at, Timestamp) if isinstance(at, datetime) else at
    ends = _of.perceived_owner_until
    return and_(serves_at(instant), _of.perceived_owner_since <= instant, or_(ends.is_(None), ends > instant))


def owns_at(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether somebody owns the customer by this relationship at an instant: perceived as its owner, or its account
    owner."""
    is_account_owner = func.replace(func.lower(_of.role), "_", " ") == ACCOUNT_OWNER
    return or_(is_perceived_at(at), and_(serves_at(at), is_account_owner))
