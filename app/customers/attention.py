"""Which customers need somebody's attention."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select, true

from app.customers.relationship_queries import ACCOUNT_OWNER, owns_at
from app.customers.tables import customer_outcomes, customer_relationships, customers
from app.kernel.attention import NOBODY, Act, AttentionKind, rank, weight
from app.kernel.database import Timestamp

_now = bindparam("now", type_=Timestamp)
_of, _serves = customers.c, customer_relationships.c
_owned_ones = select(_serves.customer_id).where(owns_at(_now))
_stay = (
    select(customer_outcomes.c.kind)
    .where(customer_outcomes.c.customer_id == _of.id, customer_outcomes.c.kind.in_(("churn", "renewal", "expansion")))
    .order_by(customer_outcomes.c.occurred_at.desc())
    .limit(1)
    .scalar_subquery()
)
_is_account_owner = func.replace(func.lower(_serves.role), "_", " ") == ACCOUNT_OWNER
_ended = case(
    (_is_account_owner, _serves.until),
    (_serves.perceived_owner_since.is_not(None), func.least(_serves.perceived_owner_until, _serves.until)),
)
_kept = select(func.min(customer_relationships.c.created_at).label("since")).subquery("kept")
_owned = select(func.max(_ended).label("until")).where(_serves.customer_id == _of.id, _ended <= _now).lateral("owned")
_since = func.coalesce(_owned.c.until, func.greatest(_of.created_at, _kept.c.since), type_=Timestamp)


def _why(told: Mapping[str, Any]) -> str:
    if told["last"] is None:
        return f"Nobody owns {told['name']}: there is no account owner, and the customer perceives nobody as one."
    until = datetime.fromisoformat(told["last"]).strftime("%-d %B %Y")
    return f"Nobody owns {told['name']} since {until}: neither an account owner followed, nor whom it perceives as one."


def _act(id_: UUID, _: Mapping[str, Any]) -> Act:
    return Act(f"/v1/customers/{id_}/relationships", {"role": ACCOUNT_OWNER}, ("member_id",))


_WITHOUT_OWNER: Select[Any] = (
    select(
        _of.id,
        _since.label("since"),
        rank(_since, weight(_of.annual_value, _of.currency)).label("rank"),
        _of.annual_value.label("value"),
        case((_of.annual_value.is_not(None), _of.currency)).label("currency"),
        _of.id.label("customer_id"),
        NOBODY.label("department_id"),
        NOBODY.label("member_id"),
        func.jsonb_build_object("name", _of.name, "last", _owned.c.until).label("detail"),
    )
    .select_from(customers.join(_kept, _kept.c.since.is_not(None)).outerjoin(_owned, true()))
    .where(_of.id.not_in(_owned_ones), _stay.is_distinct_from("churn"))
)

CUSTOMER_WITHOUT_OWNER: Final = AttentionKind(
    "customer_without_owner", "customer", _WITHOUT_OWNER, _why, _act, is_patient=True
)
"""Customers that nobody owns and that have not left: since the last owner, else since they were recorded, but not
before the first relationship was: whoever records none misses none."""
