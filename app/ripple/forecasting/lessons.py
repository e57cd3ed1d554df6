"""What a process has learned from stored commitments, kept for the forecasts of an hour.

Every process learns the same: from what was known at the last full hour, of commitments promised of late. However many
are stored, so many are read and no more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.ripple.computing import compute
from app.ripple.engine.instants import seconds
from app.ripple.forecasting.experience import Experience
from app.ripple.forecasting.forecast_queries import COMMITMENTS_TO_LEARN_FROM
from app.ripple.forecasting.records import record_of
from app.ripple.loading import StoredHistories
from app.ripple.portions import load_in_portions

MOST: Final = 2_000
"""How many commitments are learned from: more take seconds to read, and say little that these do not."""

AMONG: Final = 20_000
"""Among how many, those promised last: evenly spread, so that older ones, which could take their time, are seen too."""

_AT_ONCE: Final = 250
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from what was known at `as_of`."""

    as_of: datetime
    experience: Experience


class Lessons:
    """What this process has learned; whoever asks first in an hour waits until it is learned anew, and whoever asks
    meanwhile is told what was learned the hour before."""

    def __init__(self) -> None:
        self._learned: Learned | None = None
        self._learning = asyncio.Lock()

    async def by(self, now: datetime, connection: AsyncConnection) -> Learned:
        """What could be learned by the last full hour; read with the connection, if it has to be."""
        as_of = now.replace(minute=0, second=0, microsecond=0)
        kept = self._learned
        if kept is not None and self._learning.locked() and kept.as_of == as_of - _HOUR:
            return kept
        async with self._learning:
            if self._learned is None or self._learned.as_of != as_of:
                self._learned = Learned(as_of, await _learned(connection, as_of))
            return self._learned


async def _learned(connection: AsyncConnection, as_of: datetime) -> Experience:
    asked = {"as_of": as_of, "among": AMONG, "most": MOST}
    ids: Sequence[UUID] = (await connection.execute(COMMITMENTS_TO_LEARN_FROM, asked)).scalars().all()
    experience = Experience()
    async for stored in load_in_portions(connection, ids, _AT_ONCE):
        await compute(_learn_from, experience, stored, seconds(as_of))
    return experience


def _learn_from(experience: Experience, stored: StoredHistories, at: int) -> None:
    for history in stored:
        known = record_of(history).as_of(at)
        if known is not None:
            experience.learn_from(known, at)
