"""The ids of the demo company's things: shaped as UUIDv7, the same in every installation where that can be. Pure."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

FOUNDED: Final = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)
"""When the company began, as its ids tell it."""


def identity(kind: str, name: str, at: datetime) -> UUID:
    """The id of a thing: it sorts by the instant, and what tells it from others follows from its kind and name."""
    milliseconds = int(at.timestamp() * 1000)
    chance = int.from_bytes(blake2b(f"{kind}/{name}".encode(), digest_size=10).digest(), "big")
    high, low = chance >> 64 & 0xFFF, chance & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def founding(kind: str, name: str, place: int) -> UUID:
    """The id of a thing that was there from the beginning, the `place`th of its kind: the same in all installations."""
    return identity(kind, name, FOUNDED + timedelta(seconds=place))
