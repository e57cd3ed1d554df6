"""What customers waited for: the seconds that the decompositions of commitments charge to single tickets."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, func, literal
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.ripple.computing import compute
from app.ripple.loading import History, load
from app.ripple.walk import walk

_AT_ONCE = 200


async def charged_seconds(
    connection: AsyncConnection, commitment_ids: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """The seconds charged to each ticket beneath these commitments, in however many of them it is: as many statements
    as one commitment takes. Undelivered commitments are taken as of now."""
    if not commitment_ids:
        return {}
    chosen = commitments.c.id == func.any(literal(list(commitment_ids), ARRAY(Uuid)))
    histories = iter(await load(connection, chosen))
    charged: Counter[str] = Counter()
    # In small parts, so that other analyses get their turn.
    while await compute(_add_some, charged, histories, now):
        pass
    return {UUID(ticket_id): seconds for ticket_id, seconds in charged.items()}


def _add_some(charged: Counter[str], histories: Iterator[History], now: datetime) -> bool:
    some = list(islice(histories, _AT_ONCE))
    for history in some:
        for segment in walk(history.graph(now)):
            if segment.ticket_id is not None:
                charged[segment.ticket_id] += segment.ended_at - segment.started_at
    return bool(some)
