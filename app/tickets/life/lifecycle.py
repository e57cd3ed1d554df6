"""The life of a ticket: what each verb does to its state, its legs and its waits. Pure.

Which verb is possible when is the table `RULES`. Instants are timezone-aware UTC datetimes of whole seconds. Ids are
opaque: any hashable type, the same throughout.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from app.frozen import changer
from app.tickets.life.verbs import RULES, UNRESOLVED, Party, Priority, Rule, Status, Verb

__all__ = [
    "RULES",
    "Action",
    "Arrival",
    "Leg",
    "Life",
    "Party",
    "Priority",
    "Refusal",
    "Refused",
    "Rule",
    "Status",
    "Verb",
    "Wait",
    "apply",
    "open_ticket",
    "possible_verbs",
    "replay",
]

Id = TypeVar("Id")


class Arrival(StrEnum):
    """How a leg began."""

    OPENING = "opening"
    TRANSFER = "transfer"
    RETURN = "return"


class Refusal(StrEnum):
    """Why an action is refused."""

    STATE = "state"
    BACKWARDS = "backwards"
    NOT_TRANSFERRED = "not_transferred"
    ACCEPTED = "accepted"
    SAME_DEPARTMENT = "same_department"


@dataclass(frozen=True, slots=True)
class Action(Generic[Id]):
    """One thing done to a ticket at an instant, with what its verb needs.

    `on` belongs to wait, `department_id` to transfer, `priority` to prioritise, `member_id` to assign (None: back to
    the queue), `granted` to resolve, `by_provider` and `visible_to_requester` to comment.
    """

    verb: Verb
    at: datetime
    on: Party | None = None
    department_id: Id | None = None
    priority: Priority | None = None
    member_id: Id | None = None
    granted: bool | None = None
    by_provider: bool = False
    visible_to_requester: bool = False


@dataclass(frozen=True, slots=True)
class Leg(Generic[Id]):
    """A ticket's stretch with one provider. `ended_at` is that of the hand-off which ended it, else None."""

    number: int
    department_id: Id
    started_at: datetime
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_by: Arrival = Arrival.OPENING
    from_department_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch of waiting; `leg` is the number of the leg that waits, `ended_at` None while it lasts."""

    on: Party
    leg: int
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Life(Generic[Id]):
    """A ticket's state, legs and waits. `legs` has at least the current leg, last; `waits` at least one that lasts.

    A shell that stores legs and waits itself may leave the ended ones out: nothing here looks at them.
    `acknowledged_at` is the first acknowledgement in any leg; `ended_at` that of declining or cancelling; `asked_at`
    the first question since the requester last answered, None while nothing is asked.
    """

    status: Status
    waiting_on: Party | None
    priority: Priority
    assignee_id: Id | None
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    ended_at: datetime | None
    granted: bool | None
    return_count: int
    reopen_count: int
    question_count: int
    asked_at: datetime | None
    last_at: datetime
    legs: tuple[Leg[Id], ...]
    waits: tuple[Wait, ...]

    @property
    def leg(self) -> Leg[Id]:
        """The current leg."""
        return self.legs[-1]

    @property
    def department_id(self) -> Id:
        """The department that holds it now."""
        return self.legs[-1].department_id

    @property
    def hop_count(self) -> int:
        """How often it was passed on: transfers and returns."""
        return self.legs[-1].number - 1

    @property
    def is_handed_over(self) -> bool:
        """Whether it lies with the receiver of a transfer who has neither accepted nor acknowledged it."""
        leg = self.legs[-1]
        return self.status is Status.OPEN and leg.arrived_by is Arrival.TRANSFER and leg.accepted_at is None

    @property
    def pending_since(self) -> datetime | None:
        """Since when it is to be accepted, to be acknowledged, or waits for somebody; None when it is none of these."""
        if self.status is Status.WAITING:
            return self.waits[-1].started_at
        leg = self.legs[-1]
        return (leg.accepted_at or leg.started_at) if self.status is Status.OPEN else None


class Refused(Exception):
    """An action that may not happen now: why, in words and as a `Refusal`, and which verbs are possible instead."""

    def __init__(self, refusal: Refusal, reason: str, possible: tuple[Verb, ...]) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.reason = reason
        self.possible = possible


def open_ticket(
    department_id: Id, at: datetime, priority: Priority = Priority.P3, assignee_id: Id | None = None
) -> Life[Id]:
    """A life that begins: open, in the first leg of its provider."""
    return Life(
        status=Status.OPEN,
        waiting_on=None,
        priority=priority,
        assignee_id=assignee_id,
        opened_at=at,
        acknowledged_at=None,
        resolved_at=None,
        closed_at=None,
        ended_at=None,
        granted=None,
        return_count=0,
        reopen_count=0,
        question_count=0,
        asked_at=None,
        last_at=at,
        legs=(Leg(1, department_id, at),),
        waits=(),
    )


def possible_verbs(life: Life[Any]) -> tuple[Verb, ...]:
    """The verbs that are possible now, in the order of the table."""
    return tuple(verb for verb in RULES if _refusal(life, verb) is None)


def apply(life: Life[Id], action: Action[Id]) -> Life[Id]:
    """The life after the action. Raises `Refused`, or `ValueError` when the action lacks what its verb needs."""
    verb, at = action.verb, action.at
    refusal = _refusal(life, verb)
    if refusal is not None:
        raise Refused(refusal, _reason(life, verb, refusal), possible_verbs(life))
    if at < life.last_at:
        reason = f"It cannot happen at {_text(at)}: the ticket's last action was at {_text(life.last_at)}."
        raise Refused(Refusal.BACKWARDS, reason, possible_verbs(life))
    rule = RULES[verb]
    changes: dict[str, Any] = {"last_at": at}
    if rule.to is not None:
        changes["status"] = rule.to
    if rule.ends_wait and life.status is Status.WAITING:
        changes["waiting_on"] = None
        changes["waits"] = (*life.waits[:-1], _changed_wait(life.waits[-1], ended_at=at))
    if rule.acknowledges and life.legs[-1].acknowledged_at is None:
        _acknowledge(life, at, changes)
    if verb in _SETTLING:
        changes["asked_at"] = None
    effect = _EFFECTS.get(verb)
    if effect is not None:
        effect(life, action, changes)
    return _changed_life(life, **changes)


def replay(life: Life[Id], actions: Iterable[Action[Id]]) -> Life[Id]:
    """The life after all the actions, in their order. Raises as `apply`."""
    for action in actions:
        life = apply(life, action)
    return life


def _refusal(life: Life[Any], verb: Verb) -> Refusal | None:
    rule = RULES[verb]
    if rule.unaccepted_transfer_only and life.status in UNRESOLVED:
        leg = life.legs[-1]
        if leg.arrived_by is not Arrival.TRANSFER:
            return Refusal.NOT_TRANSFERRED
        if leg.accepted_at is not None:
            return Refusal.ACCEPTED
    return None if life.status in rule.from_states else Refusal.STATE


def _reason(life: Life[Any], verb: Verb, refusal: Refusal) -> str:
    if refusal is Refusal.NOT_TRANSFERRED:
        return f"`{verb}` is not possible: the ticket did not come to its department by a transfer."
    if refusal is Refusal.ACCEPTED:
        return f"`{verb}` is not possible: the hand-off was accepted already."
    return f"`{verb}` is not possible while the ticket is {life.status}."


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _acknowledge(life: Life[Any], at: datetime, changes: dict[str, Any]) -> None:
    leg = life.legs[-1]
    acknowledged = {"acknowledged_at": at, "accepted_at": at if leg.accepted_at is None else leg.accepted_at}
    if leg.arrived_by is not Arrival.TRANSFER:
        del acknowledged["accepted_at"]
    changes["legs"] = (*life.legs[:-1], _changed_leg(leg, **acknowledged))
    if life.acknowledged_at is None:
        changes["acknowledged_at"] = at
    if life.status is Status.OPEN:
        changes.setdefault("status", Status.ACKNOWLEDGED)


def _wait(life: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    if action.on is None:
        raise ValueError("`wait` needs `on`: whom the ticket waits for")
    changes["waiting_on"] = action.on
    changes["waits"] = (*changes.get("waits", life.waits), Wait(action.on, life.legs[-1].number, action.at))


def _ask(life: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["question_count"] = life.question_count + 1
    changes["asked_at"] = life.asked_at or action.at


def _comment(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    if not action.by_provider:
        changes["asked_at"] = None


def _resolve(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["resolved_at"] = action.at
    changes["granted"] = action.granted


def _reopen(life: Life[Id], _: Action[Id], changes: dict[str, Any]) -> None:
    changes["resolved_at"] = changes["closed_at"] = changes["granted"] = None
    changes["reopen_count"] = life.reopen_count + 1


def _close(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["closed_at"] = action.at


def _end(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["ended_at"] = action.at


def _transfer(life: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    if action.department_id is None:
        raise ValueError("`transfer` needs `department_id`: who is to have the ticket")
    if action.department_id == life.department_id:
        reason = "`transfer` is not possible: the ticket is with that department already."
        raise Refused(Refusal.SAME_DEPARTMENT, reason, possible_verbs(life))
    _hand_over(life, action.department_id, Arrival.TRANSFER, action.at, changes)


def _return(life: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    sender = life.legs[-1].from_department_id
    if sender is None:
        raise ValueError("a leg that came by transfer needs `from_department_id`")
    _hand_over(life, sender, Arrival.RETURN, action.at, changes)
    changes["return_count"] = life.return_count + 1


def _hand_over(life: Life[Id], department_id: Id, how: Arrival, at: datetime, changes: dict[str, Any]) -> None:
    leg = life.legs[-1]
    arrival = Leg(leg.number + 1, department_id, at, None, None, None, how, leg.department_id)
    changes["legs"] = (*life.legs[:-1], _changed_leg(leg, ended_at=at), arrival)
    changes["assignee_id"] = None


def _accept(life: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["legs"] = (*life.legs[:-1], _changed_leg(life.legs[-1], accepted_at=action.at))


def _assign(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    changes["assignee_id"] = action.member_id


def _prioritise(_: Life[Id], action: Action[Id], changes: dict[str, Any]) -> None:
    if action.priority is None:
        raise ValueError("`prioritise` needs `priority`")
    changes["priority"] = action.priority


_EFFECTS: Mapping[Verb, Callable[[Life[Any], Action[Any], dict[str, Any]], None]] = {
    Verb.WAIT: _wait,
    Verb.ASK: _ask,
    Verb.COMMENT: _comment,
    Verb.RESOLVE: _resolve,
    Verb.REOPEN: _reopen,
    Verb.CLOSE: _close,
    Verb.DECLINE: _end,
    Verb.CANCEL: _end,
    Verb.TRANSFER: _transfer,
    Verb.RETURN: _return,
    Verb.ACCEPT: _accept,
    Verb.ASSIGN: _assign,
    Verb.PRIORITISE: _prioritise,
}

_SETTLING = frozenset({Verb.RESUME, Verb.RESOLVE, Verb.DECLINE, Verb.CANCEL, Verb.TRANSFER, Verb.RETURN})
"""After these no answer is owed any more: it came in another way, came to nothing, or went to whoever asked before."""

_changed_life = changer(Life)
_changed_leg = changer(Leg)
_changed_wait = changer(Wait)
