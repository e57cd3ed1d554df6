"""What is told of digests."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.digests.spans import SpanName
from app.directory.event_examples import FINANCE
from app.directory.schemas import Department
from app.kernel.background import SYSTEM
from app.kernel.event_types import Actor, EventType
from app.kernel.schemas import Day, Instant

DigestNotice = TypedDict(
    "DigestNotice",
    {
        "period": SpanName,
        "first_day": Day,
        "from": Instant,
        "to": Instant,
        "path": Annotated[str, Field(description="Where it is read; `Accept: text/plain` has it as text.")],
    },
)
"""A digest that can be read."""


class DigestData(TypedDict):
    """What is told of a department's digest."""

    department: Department
    digest: DigestNotice
    actor: Actor


TYPES: Final = (
    EventType(
        "digest.ready",
        "It is six in the morning where a department is that was open on the day before, or on Mondays in the week "
        "before: the digest of that can be read.",
        DigestData,
        {
            "department": FINANCE,
            "digest": {
                "period": "day",
                "first_day": date(2026, 3, 16),
                "from": datetime(2026, 3, 15, 23, tzinfo=UTC),
                "to": datetime(2026, 3, 16, 23, tzinfo=UTC),
                "path": f"/v1/digests/departments/{FINANCE.id}?period=day&at=2026-03-15T23:00:00Z",
            },
            "actor": SYSTEM,
        },
    ),
)
