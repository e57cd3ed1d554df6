"""The events of an imported case as they are kept, and what a file adds to them. Pure.

An event is the same by its case, its time (in whole seconds, as times are kept), its activity and its occurrence among
those that are equal in these.
"""

from collections import defaultdict, deque
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
    found = _promise_of(rows)
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


def merge(stored: Sequence[Row], incoming: Sequence[Row]) -> list[Row] | None:
    """The rows of a case from those stored and those of a file, each in their order; None when nothing is new.

    Where an event is known, what was stored of it stands. A file that has all that is stored gives the order; else what
    is new comes after what is stored, where times are equal.
    """
    known: dict[tuple[datetime, str], deque[Row]] = defaultdict(deque)
    for row in stored:
        known[_key(row)].append(row)
    in_files_order: list[Row] = []
    new: list[Row] = []
    for row in incoming:
        same = known[_key(row)]
        if not same:
            new.append(row)
        in_files_order.append(same.popleft() if same else row)
    trace = _trace(stored, incoming)
    if not new and trace is None:
        return None
    left = any(known.values())
    rows = [*stored, *new] if left else in_files_order
    return [row._replace(trace=trace) for row in rows] if trace is not None else rows


def _key(row: Row) -> tuple[datetime, str]:
    return row.at.replace(microsecond=0), row.activity


def _trace(stored: Sequence[Row], incoming: Sequence[Row]) -> Trace | None:
    """The trace of the file if it says more, or other, of the promise than what is stored."""
    before, after = _promise_of(stored), _promise_of(incoming)
    trace = next((row.trace for row in incoming if row.trace), None)
    if trace is None or after is None or after == before:
        return None
    return trace._replace(promise=after)


def _promise_of(rows: Sequence[Row]) -> PromiseTexts | None:
    return next((row.trace.promise for row in rows if row.trace and row.trace.promise), None)
