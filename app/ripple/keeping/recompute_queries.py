"""Statements of a recomputation: where it is, and what comes next."""

from typing import Any

from sqlalchemy import Integer, Select, Uuid, and_, bindparam, delete, func, insert, or_, select, tuple_, update

from app.commitments.tables import commitments
from app.kernel.database import Timestamp
from app.ripple.tables import ripple_recomputation

TAKE = select(ripple_recomputation).with_for_update()
BEGIN = insert(ripple_recomputation).returning(*ripple_recomputation.c)
END = delete(ripple_recomputation)

_since = bindparam("since", type_=Timestamp)
_after_delivered_at = bindparam("after_delivered_at", type_=Timestamp)
_place = tuple_(commitments.c.delivered_at, commitments.c.id)
_after = tuple_(_after_delivered_at, bindparam("after_id", type_=Uuid()))


def _ahead(*columns: Any) -> Select[Any]:
    return select(*columns).where(
        and_(commitments.c.status == "delivered", or_(_since.is_(None), commitments.c.delivered_at >= _since)),
        or_(_after_delivered_at.is_(None), _place > _after),
    )


LEFT = _ahead(func.count())
NEXT = (
    _ahead(commitments.c.id)
    .order_by(commitments.c.delivered_at, commitments.c.id)
    .limit(bindparam("batch", type_=Integer()))
)
"""The next commitments, by delivery."""

_last = select(commitments.c.delivered_at).where(commitments.c.id == bindparam("last", type_=Uuid()))
MOVE = update(ripple_recomputation).values(
    after_delivered_at=_last.scalar_subquery(),
    after_id=bindparam("last", type_=Uuid()),
    **{
        name: ripple_recomputation.c[name] + bindparam(f"more_{name}", type_=Integer())
        for name in ("analysed", "added", "outdated", "differing", "failed")
    },
)
"""Says that everything up to `last` was done, and what was found."""
