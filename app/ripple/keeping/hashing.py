"""What an analysis was made of, as a few bytes: two histories with the same hash have the same analysis."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final
from uuid import UUID

import orjson

from app.ripple.loading import History

BYTES: Final = 16


def departments_of(history: History) -> set[str]:
    """The keys of all departments that its analysis may name."""
    named = {history.commitment.owner}
    for ticket in history.tickets:
        named.add(ticket.requester)
        named.add(ticket.provider)
        named.update(leg.department for leg in ticket.legs)
    return named


def graph_hash(history: History, calendars: Mapping[str, UUID]) -> bytes:
    """The hash of a delivered commitment's history, and of which calendars its departments keep (by their keys).

    The past of a calendar never changes, so which one it is says all.
    """
    stored = history.commitment
    kinds = [history.kinds[ticket.id] for ticket in history.tickets]
    kept = sorted((name, calendars[name]) for name in departments_of(history) if name in calendars)
    told = orjson.dumps((stored.id, stored.customer_id, history.promise, history.tickets, kinds, kept), default=str)
    return blake2b(told, digest_size=BYTES).digest()
