"""Who does what to a ticket: the side that asked, or the one that has it now. Pure.

`DOES` is the one table of it. It binds whoever acts in a member's name; a tool that speaks for the company does both.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.tickets.life.verbs import Verb


class Side(StrEnum):
    """A side of a ticket: a department may be both."""

    REQUESTER = "requester"
    PROVIDER = "provider"


EITHER: Final = frozenset(Side)
ASKED: Final = frozenset({Side.REQUESTER})
_HAS_IT: Final = frozenset({Side.PROVIDER})

DOES: Final[Mapping[Verb, frozenset[Side]]] = {
    Verb.ACKNOWLEDGE: _HAS_IT,
    Verb.START: _HAS_IT,
    Verb.WAIT: _HAS_IT,
    Verb.RESUME: _HAS_IT,
    Verb.ASK: _HAS_IT,
    Verb.RESOLVE: _HAS_IT,
    Verb.DECLINE: _HAS_IT,
    Verb.TRANSFER: _HAS_IT,
    Verb.ACCEPT: _HAS_IT,
    Verb.RETURN: _HAS_IT,
    Verb.ASSIGN: _HAS_IT,
    # Who has it would loosen their own promise by another priority.
    Verb.PRIORITISE: ASKED,
    Verb.CLOSE: ASKED,
    Verb.CANCEL: ASKED,
    # Whoever sees that it was not done after all.
    Verb.REOPEN: EITHER,
    Verb.COMMENT: EITHER,
}
"""Whose it is to do what."""


def sides_of(
    requester_department_id: UUID, provider_department_id: UUID, department_ids: Collection[UUID]
) -> frozenset[Side]:
    """On which sides of a ticket somebody stands who belongs to these departments."""
    stands = {Side.REQUESTER: requester_department_id, Side.PROVIDER: provider_department_id}
    return frozenset(side for side, department_id in stands.items() if department_id in department_ids)
