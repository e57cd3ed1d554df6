"""The clocks of one ticket: what each step of its history does to them. Pure.

Which agreement holds for a leg is decided by `matching` and recorded; a step carries it. `advance` takes the clocks
from one step to the next, `clocks_at` answers for any instant. Steps come in their recorded order and are possible:
which verb from which state is not decided here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from app.directory.calendar import CalendarTimeline
from app.service_levels import clock as one
from app.service_levels.alarms import next_alarm
from app.service_levels.clock import Agreement, Clock, Metric, Scope, State, Terms

Id = TypeVar("Id")

Slot: TypeAlias = tuple[Scope, Metric]
"""A place in which one clock at a time can run."""

_TICKET: Slot = (Scope.TICKET, Metric.RESOLVE)
_ACKNOWLEDGE: Slot = (Scope.LEG, Metric.ACKNOWLEDGE)
_RESOLVE: Slot = (Scope.LEG, Metric.RESOLVE)
_UPDATE: Slot = (Scope.LEG, Metric.UPDATE)
_SLOTS = (_ACKNOWLEDGE, _TICKET, _RESOLVE, _UPDATE)


class Live(NamedTuple):
    """A clock that a step can still change: its position among the ticket's, and the calendar by which it counts."""

    position: int
    calendar: CalendarTimeline


REAPPLY = "reapply"
"""The step that moves a ticket to current versions of its agreements; every other is named by a verb of tickets."""


@dataclass(frozen=True, slots=True)
class Opening(Generic[Id]):
    """How a ticket begins; `agreement` is the one matched for its first leg, None when there is none."""

    at: datetime
    department_id: Id
    priority: str
    agreement: Agreement[Id] | None


@dataclass(frozen=True, slots=True)
class Step(Generic[Id]):
    """One thing done to a ticket, with what its verb needs.

    `on` belongs to wait, `by_provider` and `visible_to_requester` to comment, `department_id` (the new provider) to
    transfer and return, `priority` to prioritise. `agreement` is what was matched: by transfer and return for the new
    leg, by prioritise and reapply for the current leg; by the latter two `ticket_agreement` is what was matched among
    those of the first department, and not looked at in the first leg, where both are the same.
    """

    verb: str
    at: datetime
    on: str | None = None
    department_id: Id | None = None
    priority: str | None = None
    agreement: Agreement[Id] | None = None
    ticket_agreement: Agreement[Id] | None = None
    by_provider: bool = False
    visible_to_requester: bool = False


@dataclass(frozen=True, slots=True)
class Clocks(Generic[Id]):
    """The clocks of a ticket after a step, in the order of their making, and what the next step has to know.

    `live` has the clock of each slot that a step can still change.
    """

    clocks: tuple[Clock[Id], ...]
    live: Mapping[Slot, Live]
    leg: int
    department_id: Id
    first_department_id: Id
    priority: str
    agreement: Agreement[Id] | None
    ticket_agreement: Agreement[Id] | None
    has_ticket_scope: bool
    acknowledged: bool = False
    resolved: bool = False
    ended: bool = False
    waiting_on: str | None = None

    def view(self, as_of: datetime) -> tuple[Clock[Id], ...]:
        """The clocks at an instant not before the last step, by leg, then metric, then start."""
        return in_order(self._viewed(as_of))

    def settled(self, as_of: datetime) -> "Clocks[Id]":
        """The same as of an instant not before the last step: what passed until then is decided."""
        return replace(self, clocks=tuple(self._viewed(as_of)))

    def _viewed(self, as_of: datetime) -> list[Clock[Id]]:
        clocks = list(self.clocks)
        for position, calendar in self.live.values():
            clocks[position] = one.view(clocks[position], calendar, as_of)
        return clocks

    def next_alarms(self) -> dict[int, datetime]:
        """For the positions of running clocks, from when the first alarm since they began to count can be told."""
        found = {}
        for slot, (position, calendar) in self.live.items():
            clock, agreement = self.clocks[position], self.ticket_agreement if slot == _TICKET else self.agreement
            if clock.state is State.RUNNING and agreement is not None:
                alarm = next_alarm(clock, calendar, agreement.alarm_fractions(clock.metric))
                if alarm is not None:
                    found[position] = alarm.told_from
        return found


def opened(opening: Opening[Id]) -> Clocks[Id]:
    """The clocks of a ticket that was just opened."""
    agreement = opening.agreement
    department_id = opening.department_id
    clocks: Clocks[Id] = Clocks(
        (), {}, 1, department_id, department_id, opening.priority, agreement, agreement, agreement is not None
    )
    turn = _Turn(clocks, opening.at)
    turn.start(_ACKNOWLEDGE, _TICKET)
    return turn.after()


def advance(clocks: Clocks[Id], step: Step[Id]) -> Clocks[Id]:
    """The clocks after a step. Raises `ValueError` when the step lacks what its verb needs."""
    effect = _EFFECTS.get(step.verb)
    if effect is None:
        return clocks
    turn = _Turn(clocks, step.at)
    effect(turn, step)
    return turn.after()


def replay(opening: Opening[Id], steps: Iterable[Step[Id]]) -> Clocks[Id]:
    """The clocks after all the steps."""
    clocks = opened(opening)
    for step in steps:
        clocks = advance(clocks, step)
    return clocks


def clocks_at(opening: Opening[Id], steps: Iterable[Step[Id]], as_of: datetime) -> tuple[Clock[Id], ...]:
    """The clocks at any instant: none before the opening, steps at that instant included, later ones not looked at."""
    if as_of < opening.at:
        return ()
    return replay(opening, (step for step in steps if step.at <= as_of)).view(as_of)


def in_order(clocks: Iterable[Clock[Id]]) -> tuple[Clock[Id], ...]:
    """Clocks as they are shown: by leg, then metric, then start."""
    return tuple(sorted(clocks, key=lambda clock: (clock.leg, clock.metric, clock.started_at, clock.number)))


def deciding_clock(clocks: Sequence[Clock[Id]], leg: int) -> Clock[Id] | None:
    """The clock whose `due_at` and breach are the ticket's own: its `resolve` clock of scope ticket, else the leg's."""
    resolving = [clock for clock in clocks if clock.metric is Metric.RESOLVE]
    of_ticket = [clock for clock in resolving if clock.scope is Scope.TICKET]
    candidates = of_ticket or [clock for clock in resolving if clock.leg == leg]
    return max(candidates, key=lambda clock: clock.number, default=None)


class _Turn(Generic[Id]):
    """A ticket's clocks while one step is applied to them."""

    def __init__(self, before: Clocks[Id], at: datetime) -> None:
        self.at = at
        self.clocks = list(before.clocks)
        self.live = dict(before.live)
        self.leg = before.leg
        self.department_id = before.department_id
        self.first_department_id = before.first_department_id
        self.priority = before.priority
        self.agreement = before.agreement
        self.ticket_agreement = before.ticket_agreement
        self.has_ticket_scope = before.has_ticket_scope
        self.acknowledged = before.acknowledged
        self.resolved = before.resolved
        self.ended = before.ended
        self.waiting_on = before.waiting_on

    def after(self) -> Clocks[Id]:
        return Clocks(
            tuple(self.clocks),
            self.live,
            self.leg,
            self.department_id,
            self.first_department_id,
            self.priority,
            self.agreement,
            self.ticket_agreement,
            self.has_ticket_scope,
            self.acknowledged,
            self.resolved,
            self.ended,
            self.waiting_on,
        )

    def terms(self, slot: Slot) -> Terms[Id] | None:
        """What a clock in the slot would run by now; None when it has no target."""
        agreement = self.ticket_agreement if slot is _TICKET else self.agreement
        if agreement is None or (slot is _TICKET and not self.has_ticket_scope) or (slot is _RESOLVE and self.leg == 1):
            return None
        metric = slot[1]
        seconds = agreement.target_seconds(metric, self.priority)
        if seconds is None:
            return None
        on = self.waiting_on
        pauses = metric is not Metric.ACKNOWLEDGE and on in agreement.pause_on and on != "dependency"
        return Terms(agreement, seconds, pauses)

    def start(self, *slots: Slot) -> None:
        for slot in slots:
            terms = self.terms(slot)
            if terms is not None:
                leg, department_id = self.leg, self.department_id
                if slot is _TICKET:
                    leg, department_id = 1, self.first_department_id
                self.live[slot] = Live(len(self.clocks), terms.agreement.calendar)
                number = len(self.clocks) + 1
                self.clocks.append(one.started(number, slot[1], slot[0], leg, department_id, terms, self.at))

    def change(self, slot: Slot, change: Callable[..., Clock[Id]], *arguments: Any) -> None:
        """Applies a change of `clock` to the slot's clock, if there is one."""
        live = self.live.get(slot)
        if live is not None:
            self.clocks[live.position] = change(self.clocks[live.position], live.calendar, self.at, *arguments)

    def meet(self, *slots: Slot) -> None:
        for slot in slots:
            self.change(slot, one.met)

    def end(self, state: State, *slots: Slot) -> None:
        for slot in slots:
            self.change(slot, one.ended, state)
            self.live.pop(slot, None)

    def acknowledge(self) -> None:
        self.meet(_ACKNOWLEDGE)
        self.live.pop(_ACKNOWLEDGE, None)
        self.acknowledged = True

    def reselect(self, slot: Slot) -> None:
        """Brings the slot's clock to what is agreed now."""
        terms, live = self.terms(slot), self.live[slot]
        if terms is None:
            self.end(State.CANCELLED, slot)
        elif one.differs(self.clocks[live.position], terms):
            self.change(slot, one.exchanged, terms)
            self.live[slot] = Live(live.position, terms.agreement.calendar)

    def wait(self, on: str | None) -> None:
        """Waits on a party from now, or on nobody: each clock pauses or goes on as its own agreement says."""
        self.waiting_on = on
        for slot in (_TICKET, _RESOLVE, _UPDATE):
            terms = self.terms(slot)
            self.change(slot, one.paused if terms is not None and terms.pauses else one.resumed)


def _acknowledge(turn: _Turn[Any], _: Step[Any]) -> None:
    if not turn.acknowledged:
        turn.acknowledge()
        turn.start(_UPDATE)


def _wait(turn: _Turn[Any], step: Step[Any]) -> None:
    if step.on is None:
        raise ValueError("`wait` needs `on`: whom the ticket waits for")
    _acknowledge(turn, step)
    turn.wait(step.on)


def _resume(turn: _Turn[Any], _: Step[Any]) -> None:
    turn.wait(None)


def _comment(turn: _Turn[Any], step: Step[Any]) -> None:
    at_work = turn.acknowledged and not turn.resolved and not turn.ended
    if at_work and step.by_provider and step.visible_to_requester:
        turn.meet(_UPDATE)
        turn.live.pop(_UPDATE, None)
        turn.start(_UPDATE)


def _resolve(turn: _Turn[Any], _: Step[Any]) -> None:
    if not turn.acknowledged:
        turn.acknowledge()
    turn.meet(_UPDATE, _TICKET, _RESOLVE)
    turn.live.pop(_UPDATE, None)
    turn.waiting_on = None
    turn.resolved = True


def _reopen(turn: _Turn[Any], _: Step[Any]) -> None:
    turn.resolved = False
    for slot in (_TICKET, _RESOLVE):
        if slot in turn.live:
            turn.change(slot, one.reopened)
            turn.reselect(slot)
        else:
            turn.start(slot)
    turn.start(_UPDATE)


def _decline(turn: _Turn[Any], step: Step[Any]) -> None:
    turn.acknowledge()
    _cancel(turn, step)


def _cancel(turn: _Turn[Any], _: Step[Any]) -> None:
    turn.end(State.CANCELLED, *_SLOTS)
    turn.waiting_on = None
    turn.ended = True


def _hand_over(turn: _Turn[Any], step: Step[Any]) -> None:
    if step.department_id is None:
        raise ValueError(f"`{step.verb}` needs `department_id`: who has the ticket now")
    turn.end(State.HANDED_OVER, _ACKNOWLEDGE, _RESOLVE, _UPDATE)
    turn.wait(None)
    turn.leg += 1
    turn.department_id, turn.agreement = step.department_id, step.agreement
    turn.acknowledged = False
    turn.start(_ACKNOWLEDGE, _RESOLVE)


def _select(turn: _Turn[Any], step: Step[Any]) -> None:
    """Other agreements, or another priority: every clock that is not stopped goes on by what is now agreed."""
    turn.priority = step.priority or turn.priority
    turn.agreement = step.agreement
    turn.ticket_agreement = step.agreement if turn.leg == 1 else step.ticket_agreement
    if turn.resolved or turn.ended:
        return
    could_run = {_ACKNOWLEDGE: not turn.acknowledged, _UPDATE: turn.acknowledged}
    for slot in _SLOTS:
        if slot in turn.live:
            turn.reselect(slot)
        elif could_run.get(slot, True):
            turn.start(slot)


_EFFECTS: Mapping[str, Callable[[_Turn[Any], Step[Any]], None]] = {
    "acknowledge": _acknowledge,
    "start": _acknowledge,
    "ask": _acknowledge,
    "wait": _wait,
    "resume": _resume,
    "comment": _comment,
    "resolve": _resolve,
    "reopen": _reopen,
    "decline": _decline,
    "cancel": _cancel,
    "transfer": _hand_over,
    "return": _hand_over,
    "prioritise": _select,
    REAPPLY: _select,
}
