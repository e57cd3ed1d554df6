"""The events of an imported case as they are kept, so that more of them can be merged. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.exchange.rows import PromiseTexts, Row, Trace


def events_of(rows: Sequence[Row]) -> list[list[Any]]:
    """The rows as lists that JSON can hold: the time first, then what the row says, without its case and place."""
    return [
        [
            row.at.isoformat(),
            row.activity,
            row.department,
            row.member,
            row.customer,
            row.priority,
            row.title,
            list(row.promise) if row.promise else None,
        ]
        for row in rows
    ]


def promise_of(rows: Sequence[Row]) -> Mapping[str, Any] | None:
    """What the case's trace says of its promise."""
    found = next((row.trace.promise for row in rows if row.trace and row.trace.promise), None)
    return found._asdict() if found else None


def rows_of(case: str, events: Sequence[Sequence[Any]], promise: Mapping[str, Any] | None) -> list[Row]:
    """The rows that were kept."""
    trace = Trace(0, PromiseTexts(**promise)) if promise else None
    rows = []
    for at, activity, *described, texts in events:
        own = PromiseTexts(*texts) if texts else None
        instant = datetime.fromisoformat(at).astimezone(UTC)
        rows.append(Row(case, 0, instant, activity, *described, promise=own, trace=trace))  # type: ignore[misc]
    return rows
