"""What customers waited for: the seconds that the decompositions of commitments charge to single tickets, and those
that would have been saved had approvals been granted at once."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.ripple.computing import compute_in_parts
from app.ripple.engine.graph import Graph
from app.ripple.engine.walk import walk
from app.ripple.loading import History
from app.ripple.portions import load_in_portions
from app.ripple.what_if.supposing import Supposing, Supposition

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Waited:
    """Seconds by ticket id: those charged to it, and its part of those saved."""

    charged: Counter[str] = field(default_factory=Counter)
    saved: Counter[str] = field(default_factory=Counter)

    def columns(self) -> dict[str, list[UUID] | list[int]]:
        """The tickets that have either, as columns."""
        ids = sorted(self.charged.keys() | self.saved.keys())
        return {
            "ticket_ids": [UUID(id_) for id_ in ids],
            "seconds": [self.charged[id_] for id_ in ids],
            "saved_seconds": [self.saved[id_] for id_ in ids],
        }


async def waited_for(
    connection: AsyncConnection, commitment_ids: Sequence[UUID], granted: Mapping[UUID, UUID], now: datetime
) -> Waited:
    """What customers waited for of the tickets beneath these commitments, in however many of them each is: six
    statements for each portion of them. Undelivered commitments are taken as of now.

    `granted` names the request type of each approval that might have been granted at once. What is saved is how much
    earlier the commitment would have ended had all of one type beneath it been, shared equally by these.
    """
    waited = Waited()
    types = {str(ticket_id): request_type_id for ticket_id, request_type_id in granted.items()}
    async for histories in load_in_portions(connection, commitment_ids):
        await compute_in_parts(_AT_ONCE, histories, _add_some, waited, types, now)
    return waited


def _add_some(histories: Sequence[History], waited: Waited, types: Mapping[str, UUID], now: datetime) -> None:
    for history in histories:
        graph = history.graph(now)
        for segment in walk(graph):
            if segment.ticket_id is not None:
                waited.charged[segment.ticket_id] += segment.ended_at - segment.started_at
        _add_saved(waited.saved, graph, types)


def _add_saved(saved: Counter[str], graph: Graph, types: Mapping[str, UUID]) -> None:
    at_once: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for ticket in graph.tickets:
        if ticket.id in types:
            at_once[types[ticket.id]][ticket.id] = ticket.opened_at
    if not at_once:
        return
    supposing = Supposing(graph)
    for resolved in at_once.values():
        outcome = supposing.outcome(Supposition(resolved=resolved))
        each, left = divmod(outcome.ended_before - outcome.ended_after, len(resolved))
        for place, ticket_id in enumerate(sorted(resolved)):
            saved[ticket_id] += each + (place < left)
