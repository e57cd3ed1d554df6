"""How many of many commitments are loaded at once: so many that what is loaded stays within bounds."""

from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.ripple.loading import StoredHistories, load_some
from app.ripple.queries import SIZES

TICKETS_AT_ONCE: Final = 20_000
"""How many tickets of several commitments are loaded at once; of a single one however many it has."""


COMMITMENTS_AT_ONCE: Final = 2_000
"""How many commitments are loaded at once, where whoever loads them does not say."""


class Portions:
    """One portion after another, each of `most` commitments at most.

    `size` is how many to ask for next: hardly more than fitted the last time, where not all did.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = most

    async def first_of(self, connection: AsyncConnection, commitment_ids: Sequence[UUID]) -> Sequence[UUID]:
        """The first of these, as many as have `TICKETS_AT_ONCE` beneath them together, but at least one."""
        asked = {"commitment_ids": list(commitment_ids), "most": TICKETS_AT_ONCE}
        fitting, tickets = 0, 0
        for size in (await connection.execute(SIZES, asked)).scalars():
            tickets += size
            if fitting and tickets > TICKETS_AT_ONCE:
                break
            fitting += 1
        self.size = self._most if fitting == len(commitment_ids) else min(self._most, 2 * fitting)
        return commitment_ids[:fitting]


async def load_in_portions(
    connection: AsyncConnection, commitment_ids: Sequence[UUID], most: int = COMMITMENTS_AT_ONCE
) -> AsyncIterator[StoredHistories]:
    """The histories of these commitments, one portion after another, each in at most six statements."""
    portions, begun = Portions(most), 0
    while ahead := commitment_ids[begun : begun + portions.size]:
        portion = await portions.first_of(connection, ahead)
        yield await load_some(connection, portion)
        begun += len(portion)
