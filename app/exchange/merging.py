"""What a file adds to a case that was imported before. Pure.

An event is the same by its case, its time (in whole seconds, as times are kept), its activity and its occurrence among
those that are equal in these.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import datetime

from app.exchange.rows import PromiseTexts, Row, Trace


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
