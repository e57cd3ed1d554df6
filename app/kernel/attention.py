"""What needs somebody's attention: each capability says which of its own things do, and what to do about it.

What is worth more, or has waited longer, is worse. Both count in one figure, an instant, so that an index gives the
worst first: since when it waits, moved back by a day for each time that its value doubles a thousand. Value times age
would order the same things otherwise every day; this order only changes when they do, as with the forward decay of
Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Double, FromClause, Numeric, Select, Text, Uuid, func, null

from app.kernel.database import Timestamp

SubjectType: TypeAlias = Literal["ticket", "member", "customer", "commitment", "webhook_endpoint"]
NO_VALUE: Final = (null().cast(Numeric).label("value"), null().cast(Text).label("currency"))
"""The columns of what has no value that is known."""
NOBODY: Final = null().cast(Uuid)


def weight(value: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[float]:
    """How often a value doubles a thousand euros, at least 0; other currencies count by a power of two."""
    return func.attention_weight(value, currency, type_=Double)


def rank(since: ColumnElement[Any], weight: ColumnElement[Any]) -> ColumnElement[datetime]:
    """What is earlier is worse."""
    return func.attention_rank(since, weight, type_=Timestamp)


@dataclass(frozen=True, slots=True)
class Act:
    """The request that resolves it: what its body holds already, and which fields whoever sends it must add."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttentionKind:
    """One kind of what needs attention.

    `statement` selects `id` (of the subject), `since`, `rank`, and whom it concerns: `customer_id`, `department_id` and
    `member_id` (who could act), which may be null. `value` and `currency`, which may be null too, and `detail` (JSON),
    of which `why` tells it in a sentence and `act` makes the request, are selected likewise, or where there can be
    many by `told`, of the worst alone: an index on rank and id gives those, and they are few.
    One that `is_patient` leaves alone what is younger than a setting says, counted from `quiet_since` (None: `since`).
    """

    name: str
    subject: SubjectType
    statement: Select[Any]
    why: Callable[[Mapping[str, Any]], str]
    act: Callable[[UUID, Mapping[str, Any]], Act]
    is_patient: bool = False
    quiet_since: ColumnElement[datetime] | None = None
    told: Callable[[FromClause], Select[Any]] | None = None
