"""What a case's events mean: the ticket's opening, the actions of its life, and what is only history. Pure.

Departments and members go by their exact names. Which lifecycle verbs an activity's word comes to in which state is the
table `_COMES_TO`; that the ticket can take them is the lifecycle's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from app.exchange.mapping import LogMapping, Meaning, Word
from app.exchange.promises import LeftOut, Promise, promise_of
from app.exchange.rows import Row
from app.tickets.life.lifecycle import Action, Life, apply, open_ticket
from app.tickets.life.verbs import Priority, Status, Verb

NOTHING: Final = Meaning(Word.NONE)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an event did to the ticket, and the ticket's life after it; `action` None: it is only history."""

    row: Row
    action: Action[str] | None
    life: Life[str]


@dataclass(frozen=True, slots=True)
class Case:
    """A case as a ticket.

    `rows` are its events in order. `opening` is the life as the first one began it, `life` as the last one left it,
    `steps` all between (an event may give several; one that only opened the ticket gives none). `waits` counts every
    one applied, `ignored` the verbs that came to nothing. `promise` is the commitment, or why there is none, or None
    when the mapping makes none.
    """

    name: str
    title: str
    customer: str
    rows: tuple[Row, ...]
    opening: Life[str]
    life: Life[str]
    steps: tuple[Step, ...]
    transfers: int
    reopens: int
    waits: int
    ignored: int
    promise: Promise | LeftOut | None

    @property
    def is_resolved(self) -> bool:
        """Whether the ticket ends resolved or closed."""
        return self.life.status in _SETTLED


_SETTLED: Final = frozenset({Status.RESOLVED, Status.CLOSED})
_FINAL: Final = frozenset({Status.CANCELLED})
_REOPENING: Final = frozenset({Word.ACKNOWLEDGE, Word.START, Word.WAIT})
_IGNORED: Final[tuple[Verb, ...] | None] = None

_COMES_TO: Final[Mapping[Word, Mapping[Status, tuple[Verb, ...] | None]]] = {
    Word.ACKNOWLEDGE: {
        Status.OPEN: (Verb.ACKNOWLEDGE,),
        Status.ACKNOWLEDGED: _IGNORED,
        Status.IN_PROGRESS: _IGNORED,
        Status.WAITING: (Verb.RESUME,),
        Status.CANCELLED: _IGNORED,
    },
    Word.START: {
        Status.OPEN: (Verb.START,),
        Status.ACKNOWLEDGED: (Verb.START,),
        Status.IN_PROGRESS: (),
        Status.WAITING: (Verb.RESUME,),
        Status.CANCELLED: _IGNORED,
    },
    Word.WAIT: {
        Status.OPEN: (Verb.WAIT,),
        Status.ACKNOWLEDGED: (Verb.WAIT,),
        Status.IN_PROGRESS: (Verb.WAIT,),
        Status.WAITING: (Verb.WAIT,),
        Status.CANCELLED: _IGNORED,
    },
    Word.RESOLVE: {
        Status.OPEN: (Verb.RESOLVE,),
        Status.ACKNOWLEDGED: (Verb.RESOLVE,),
        Status.IN_PROGRESS: (Verb.RESOLVE,),
        Status.WAITING: (Verb.RESOLVE,),
        Status.RESOLVED: _IGNORED,
        Status.CLOSED: _IGNORED,
        Status.CANCELLED: _IGNORED,
    },
    Word.CLOSE: {
        Status.OPEN: (Verb.RESOLVE, Verb.CLOSE),
        Status.ACKNOWLEDGED: (Verb.RESOLVE, Verb.CLOSE),
        Status.IN_PROGRESS: (Verb.RESOLVE, Verb.CLOSE),
        Status.WAITING: (Verb.RESOLVE, Verb.CLOSE),
        Status.RESOLVED: (Verb.CLOSE,),
        Status.CLOSED: _IGNORED,
        Status.CANCELLED: _IGNORED,
    },
    Word.CANCEL: {
        Status.OPEN: (Verb.CANCEL,),
        Status.ACKNOWLEDGED: (Verb.CANCEL,),
        Status.IN_PROGRESS: (Verb.CANCEL,),
        Status.WAITING: (Verb.CANCEL,),
        Status.RESOLVED: _IGNORED,
        Status.CLOSED: _IGNORED,
        Status.CANCELLED: _IGNORED,
    },
}
"""The lifecycle verbs a word comes to in a state: none at all where nothing is to be done, `_IGNORED` where the word
is ignored and counted. A settled ticket has been reopened before a word of `_REOPENING` is looked up."""


class _Telling:
    """A ticket's life as its events tell it, one after the other."""

    __slots__ = ("ignored", "life", "reopens", "steps", "transfers", "waits")

    def __init__(self, opening: Life[str]) -> None:
        self.life = opening
        self.steps: list[Step] = []
        self.transfers = self.reopens = self.waits = self.ignored = 0

    def tell(self, row: Row, at: datetime, meaning: Meaning) -> None:
        """One event: reopen, then transfer, then its member, then its verb."""
        before, word = len(self.steps), meaning.word
        if self.life.status in _SETTLED and word in _REOPENING:
            self._do(row, Action(Verb.REOPEN, at))
            self.reopens += 1
        if self.life.status not in _SETTLED and self.life.status not in _FINAL:
            self._pass_on(row, at)
        if word is not Word.NONE:
            verbs = _COMES_TO[word][self.life.status]
            if verbs is None:
                self.ignored += 1
            else:
                for verb in verbs:
                    self._do(row, Action(verb, at, on=meaning.party))
                self.waits += word is Word.WAIT
        if len(self.steps) == before:
            self.steps.append(Step(row, None, self.life))

    def _pass_on(self, row: Row, at: datetime) -> None:
        if row.department is not None and row.department != self.life.legs[-1].department_id:
            self._do(row, Action(Verb.TRANSFER, at, department_id=row.department))
            self.transfers += 1
        if row.member is not None and row.member != self.life.assignee_id:
            self._do(row, Action(Verb.ASSIGN, at, member_id=row.member))

    def _do(self, row: Row, action: Action[str]) -> None:
        self.life = apply(self.life, action)
        self.steps.append(Step(row, action, self.life))


def interpret(rows: Sequence[Row], mapping: LogMapping, now: datetime) -> Case:
    """What one case's events mean; `rows` are at least one, in the file's order."""
    rows = sorted(rows, key=attrgetter("at"))
    first = rows[0]
    opened_at = first.at.replace(microsecond=0)
    priority = mapping.priority.get(first.priority or "", Priority.P3)
    opening = open_ticket(first.department or mapping.defaults.department, opened_at, priority, first.member)
    telling = _Telling(opening)
    meanings = mapping.activity
    for row in rows:
        telling.tell(row, row.at.replace(microsecond=0), meanings.get(row.activity, NOTHING))
    steps = telling.steps
    if steps[0].action is None:
        del steps[0]
    return Case(
        name=first.case,
        title=first.title or first.case,
        customer=first.customer or mapping.defaults.customer,
        rows=tuple(rows),
        opening=opening,
        life=telling.life,
        steps=tuple(steps),
        transfers=telling.transfers,
        reopens=telling.reopens,
        waits=telling.waits,
        ignored=telling.ignored,
        promise=promise_of(rows, telling.life, mapping, now),
    )
