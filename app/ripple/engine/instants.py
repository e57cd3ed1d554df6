"""Instants as the engine counts them."""

from datetime import UTC, datetime


def seconds(instant: datetime) -> int:
    """Whole seconds since the epoch."""
    return int(instant.timestamp())


def optional_seconds(instant: datetime | None) -> int | None:
    return None if instant is None else seconds(instant)


def instant(seconds_: int) -> datetime:
    """The instant so many whole seconds after the epoch."""
    return datetime.fromtimestamp(seconds_, UTC)
