"""A log's commitments as they were known at any instant, read without storing anything."""

from datetime import datetime
from pathlib import Path

from app.exchange.known_then import LoggedCommitment, logged_commitment
from app.exchange.mapping import LogMapping
from app.exchange.reading import LogReading
from app.ripple.engine.instants import seconds
from app.ripple.forecasting.backtest import BackTest, back_test


def logged_commitments(
    file: Path, mapping: LogMapping, *, now: datetime, max_bytes: int
) -> tuple[list[LoggedCommitment], int]:
    """The commitments that the cases of a log make, and the log's last event, in seconds since the epoch.

    `now` is the instant after which times lie in the future, `max_bytes` the most that the file may have, unpacked.

    Raises:
        UnreadableLog: the file is broken somewhere.
        OSError: the file cannot be opened.
    """
    found: list[LoggedCommitment] = []
    last = 0
    for case in LogReading(file, mapping, now=now, max_bytes=max_bytes).cases():
        last = max(last, seconds(case.rows[-1].at.replace(microsecond=0)))
        commitment = logged_commitment(case, mapping)
        if commitment is not None:
            found.append(commitment)
    return found, last


def back_test_log(file: Path, mapping: LogMapping, *, now: datetime, max_bytes: int) -> BackTest:
    """The back-test of a log, as of its last event. Raises as `logged_commitments`."""
    commitments, last = logged_commitments(file, mapping, now=now, max_bytes=max_bytes)
    return back_test(commitments, last)
