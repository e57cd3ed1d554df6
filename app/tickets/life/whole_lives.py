"""Whole lives of tickets, told at once: how each began, all that was done, and what it meant for other tickets. Pure.

The lives name departments and members by whatever whoever tells them knows: ids, keys, names.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from app.service_levels.clock import Agreement
from app.tickets.life.lifecycle import Action, Life
from app.tickets.life.verbs import Verb

Name = TypeVar("Name")

_ENDINGS: Final = (Verb.RESOLVE, Verb.DECLINE, Verb.CANCEL)


class Deed(NamedTuple, Generic[Name]):
    """One thing that was done, by whom, and what was told with it: the history records that as it is.

    `actor` is JSON, as history and events name who did it. `after` is the life that the action led to, if that is
    known already.
    """

    action: Action[Name]
    actor: str
    told: Mapping[str, Any] = {}
    after: Life[Name] | None = None


class Noted(NamedTuple):
    """An entry of the history that tells of nothing that was done to the ticket."""

    verb: str
    at: datetime
    actor: str
    told: Mapping[str, Any]


class Said(NamedTuple):
    """How the requester, where one is known, was served: 1 (badly) to 5 (very well). It is said after the last deed."""

    at: datetime
    actor: str
    score: int
    comment: str | None


class Chosen(NamedTuple):
    """The agreement of a leg, and why that one, as JSON."""

    agreement: Agreement[UUID] | None
    explanation: str


class KeptLeg(NamedTuple):
    """A leg that a ticket has already: it keeps the agreement it started with."""

    department_id: UUID
    started_at: datetime
    chosen: Chosen


class Earlier(NamedTuple):
    """What is there already of a ticket whose life is told anew: its version, and its legs by their numbers."""

    version: int = 0
    legs: Mapping[int, KeptLeg] = {}


NOTHING: Final = Earlier()
"""What is there of a ticket that is new."""


@dataclass(frozen=True, slots=True)
class WholeLife(Generic[Name]):
    """A ticket and all that was done to it, in order, after the opening by `actor`, with which `told` goes.

    `tier`, `customer_value` and `currency` are its customer's. What it `blocks`, the ticket it was asked for first, is
    among the same lives.
    """

    id: UUID
    title: str
    requester_department_id: UUID
    customer_id: UUID
    tier: str | None
    commitment_id: UUID | None
    source: str | None
    external_ref: str | None
    opening: Life[Name]
    actor: str
    deeds: Iterable[Deed[Name] | Noted]
    description: str | None = None
    requester_id: UUID | None = None
    request_type_id: UUID | None = None
    customer_value: Decimal | None = None
    currency: str | None = None
    blocks: tuple[UUID, ...] = ()
    said: Said | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    earlier: Earlier = NOTHING


class Meanwhile(NamedTuple):
    """What another ticket's life meant for this one: it began to block it, or ended as the last that did."""

    at: datetime
    unblocked: bool
    blocker_id: UUID
    actor: str


class Blockers:
    """What the lives of tickets mean for those they block."""

    def __init__(self, lives: Iterable[WholeLife[Any]]) -> None:
        self._of: dict[UUID, list[WholeLife[Any]]] = defaultdict(list)
        for life in lives:
            for blocked in dict.fromkeys(life.blocks):
                self._of[blocked].append(life)

    def meanwhile(self, ticket_id: UUID) -> list[Meanwhile]:
        """What happened to the ticket through its blockers, in order."""
        blockers = self._of.get(ticket_id, ())
        found = [Meanwhile(life.opening.opened_at, False, life.id, life.actor) for life in blockers]
        turns = [
            (deed.action.at, place, deed)
            for place, life in enumerate(blockers)
            for deed in life.deeds
            if isinstance(deed, Deed) and (deed.action.verb in _ENDINGS or deed.action.verb is Verb.REOPEN)
        ]
        undone: set[int] = set()
        to_come = sorted(((life.opening.opened_at, place) for place, life in enumerate(blockers)), reverse=True)
        for at, place, deed in sorted(turns, key=itemgetter(0, 1)):
            while to_come and to_come[-1][0] <= at:
                undone.add(to_come.pop()[1])
            if deed.action.verb is Verb.REOPEN:
                undone.add(place)
            else:
                undone.discard(place)
                if not undone:
                    found.append(Meanwhile(at, True, blockers[place].id, deed.actor))
        return sorted(found, key=itemgetter(0, 1, 2))
