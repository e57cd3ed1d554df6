"""Whole lives of tickets as the rows and events that opening and acting would have left, one after the other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.kernel.answers import to_json
from app.service_levels.agreements import Offers
from app.service_levels.clock import Agreement
from app.service_levels.matching import Request
from app.service_levels.ticket_clocks import Opening, advance, deciding_clock, opened
from app.tickets.acting import EVENTS
from app.tickets.lifecycle import Action, Life, apply
from app.tickets.records import clock_row, leg_columns, life_columns, ticket_of
from app.tickets.schemas import Ticket
from app.tickets.timekeeping import OPEN, Selection, details_of, explanation, step_after
from app.tickets.verbs import Status, Verb

_ENDINGS: Final = (Verb.RESOLVE, Verb.DECLINE, Verb.CANCEL)
_HAND_OVERS: Final = (Verb.TRANSFER, Verb.RETURN)
_UNRESOLVED: Final = frozenset({Status.OPEN, Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.WAITING})
_ANSWERED: Final = frozenset(Ticket.__dataclass_fields__) - {"version"}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done, by whom (as history and events name the actor), and what was told with it."""

    action: Action[UUID]
    actor: Mapping[str, Any]
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """How the requester was served: 1 (badly) to 5 (very well). It is said after the last deed."""

    at: datetime
    actor: Mapping[str, Any]
    score: int
    comment: str | None


@dataclass(frozen=True, slots=True)
class WholeLife:
    """A ticket and all that was done to it, in order.

    `tier` is its customer's. What it `blocks`, the ticket it was asked for first, is among the same lives.
    """

    id: UUID
    title: str
    description: str | None
    requester_department_id: UUID
    requester_id: UUID | None
    request_type_id: UUID | None
    customer_id: UUID
    tier: str | None
    commitment_id: UUID | None
    blocks: tuple[UUID, ...]
    source: str | None
    external_ref: str | None
    opening: Life[UUID]
    actor: Mapping[str, Any]
    deeds: Sequence[Deed]
    said: Said | None = None


class Told(NamedTuple):
    """An event; `data` is JSON."""

    type: str
    occurred_at: datetime
    data: str


@dataclass(slots=True)
class Sheets:
    """Rows by the names of their columns, table by table. What is JSON in the database is a string of it."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    legs: list[dict[str, Any]] = field(default_factory=list)
    waits: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    clocks: list[dict[str, Any]] = field(default_factory=list)
    dependencies: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)


class Meanwhile(NamedTuple):
    """What another ticket's life meant for this one: it began to block it, or ended as the last that did."""

    at: datetime
    unblocked: bool
    blocker_id: UUID
    actor: Mapping[str, Any]


class Blockers:
    """What the lives of tickets mean for those they block."""

    def __init__(self, lives: Iterable[WholeLife]) -> None:
        self._of: dict[UUID, list[WholeLife]] = defaultdict(list)
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
            if deed.action.verb in _ENDINGS or deed.action.verb is Verb.REOPEN
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


class Choice(NamedTuple):
    """The agreement that holds, and why that one, as JSON."""

    agreement: Agreement[UUID] | None
    explanation: str


class Chooser:
    """Chooses among what is offered; each question is asked once."""

    def __init__(self, offered: Offers) -> None:
        self._offered = offered
        self._known: dict[tuple[UUID, Request[UUID]], Choice] = {}

    def choose(self, provider_id: UUID, request: Request[UUID]) -> Choice:
        known = self._known.get((provider_id, request))
        if known is None:
            match, agreement = self._offered.choose(provider_id, request)
            known = self._known[provider_id, request] = Choice(agreement, to_json(explanation(match)).decode())
        return known


class Writing:
    """One ticket as it is written: its row, life and clocks as of the last thing that was done, and what was told."""

    def __init__(self, story: WholeLife, number: int, meanwhile: Iterable[Meanwhile], chooser: Chooser) -> None:
        self._story, self._chooser, self._meanwhile = story, chooser, list(meanwhile)[::-1]
        self._life = story.opening
        first = self._choose(story.opening.department_id)
        self._legs: list[tuple[Choice, Mapping[str, Any]]] = [(first, {})]
        self._clocks = opened(
            Opening(story.opening.opened_at, story.opening.department_id, story.opening.priority, first.agreement)
        )
        self._row = {
            "id": story.id,
            "version": 1,
            "number": number,
            "title": story.title,
            "description": story.description,
            "requester_department_id": story.requester_department_id,
            "requester_id": story.requester_id,
            "request_type_id": story.request_type_id,
            "customer_id": story.customer_id,
            "commitment_id": story.commitment_id,
            "resolution": None,
            "source": story.source,
            "external_ref": story.external_ref,
            **self._columns(),
        }
        self._blocked_by: list[UUID] = []
        self._history: list[dict[str, Any]] = []
        self._told: list[Told] = []

    def write(self, sheets: Sheets, now: datetime) -> list[Told]:
        """Writes the ticket, recorded `now`; what is to be told of it, in order."""
        self._open()
        for deed in self._story.deeds:
            self._until(deed.action.at)
            self._do(deed)
        said = self._story.said
        if said is not None:
            self._until(said.at)
            self._say(said)
            given = {"ticket_id": self._story.id, "score": said.score, "comment": said.comment, "at": said.at}
            sheets.feedback.append(given | {"actor": _json(said.actor)})
        self._until(None)
        sheets.tickets.append(self._row)
        sheets.history += [entry | {"recorded_at": now} for entry in self._history]
        sheets.clocks += [clock_row(self._story.id, clock) for clock in self._clocks.clocks]
        sheets.dependencies += [
            {"blocker_id": self._story.id, "blocked_id": blocked, "position": position}
            for position, blocked in enumerate(dict.fromkeys(self._story.blocks))
        ]
        self._write_legs_and_waits(sheets)
        return self._told

    def _open(self) -> None:
        opening, agreement = self._story.opening, self._legs[0][0].agreement
        details = {"department_id": str(opening.department_id), "priority": opening.priority}
        details |= Selection(agreement, agreement).details()
        self._record(OPEN, opening.opened_at, 1, self._story.actor, details)
        self._tell("ticket.opened", opening.opened_at, self._story.actor)

    def _do(self, deed: Deed) -> None:
        action, before = deed.action, self._life
        self._life = apply(before, action)
        selection = self._select(deed)
        self._clocks = advance(self._clocks, step_after(action, self._life, selection))
        changes = self._columns() | {"version": self._row["version"] + 1}
        if action.verb is Verb.RESOLVE:
            changes["resolution"] = deed.told.get("resolution")
        previous = {
            name: self._row[name] for name, value in changes.items() if self._row[name] != value and name in _ANSWERED
        }
        self._row |= changes
        leg = before.leg.number if action.verb in _HAND_OVERS else self._life.leg.number
        details = details_of(action, self._life, deed.told, selection)
        self._record(action.verb, action.at, leg, deed.actor, details)
        self._tell(EVENTS[action.verb], action.at, deed.actor, previous=previous)

    def _select(self, deed: Deed) -> Selection | None:
        verb, first = deed.action.verb, self._story.opening.department_id
        if verb not in _HAND_OVERS and verb is not Verb.PRIORITISE:
            return None
        choice = self._choose(self._life.department_id)
        if verb is Verb.PRIORITISE:
            of_ticket = self._choose(first).agreement if self._clocks.has_ticket_scope else None
            return Selection(choice.agreement, of_ticket)
        self._legs.append((choice, deed.told))
        return Selection(choice.agreement)

    def _choose(self, provider_id: UUID) -> Choice:
        story = self._story
        request = Request(story.requester_department_id, story.request_type_id, self._life.priority, story.tier)
        return self._chooser.choose(provider_id, request)

    def _columns(self) -> dict[str, Any]:
        deciding = deciding_clock(self._clocks.clocks, self._life.leg.number)
        return {
            **life_columns(self._life),
            "due_at": deciding.due_at if deciding else None,
            "breached_at": deciding.breached_at if deciding else None,
        }

    def _say(self, said: Said) -> None:
        self._row["version"] += 1
        told = {"score": said.score, "comment": said.comment}
        self._tell("ticket.feedback_given", said.at, said.actor, feedback=told)

    def _until(self, at: datetime | None) -> None:
        """What happened through others up to an instant, None: for good."""
        while self._meanwhile and (at is None or self._meanwhile[-1].at <= at):
            event = self._meanwhile.pop()
            if not event.unblocked:
                self._blocked_by = sorted([*self._blocked_by, event.blocker_id])
                self._row["version"] += 1
            elif self._life.status in _UNRESOLVED:
                self._tell("ticket.unblocked", event.at, event.actor, blocker={"id": event.blocker_id})

    def _record(self, verb: str, at: datetime, leg: int, actor: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        entry = {"ticket_id": self._story.id, "number": len(self._history) + 1, "verb": verb, "at": at, "leg": leg}
        self._history.append(entry | {"actor": _json(actor), "details": _json(details)})

    def _tell(self, kind: str, at: datetime, actor: Mapping[str, Any], **more: Any) -> None:
        row = {**self._row, "blocks": list(dict.fromkeys(self._story.blocks)), "blocked_by": self._blocked_by}
        ticket = ticket_of(row, self._clocks.view(at))
        self._told.append(Told(kind, at, _json({"ticket": ticket, **more, "actor": actor})))

    def _write_legs_and_waits(self, sheets: Sheets) -> None:
        ticket_id = self._story.id
        for leg, (choice, told) in zip(self._life.legs, self._legs, strict=True):
            agreement, context = choice.agreement, told.get("context")
            row = {
                "ticket_id": ticket_id,
                **leg_columns(leg),
                "sla_id": agreement.sla_id if agreement else None,
                "sla_version": agreement.version if agreement else None,
                "sla_explanation": choice.explanation,
                "reason": told.get("reason"),
                "context": _json(context) if context is not None else None,
            }
            sheets.legs.append(row)
        for number, wait in enumerate(self._life.waits, 1):
            row = {"ticket_id": ticket_id, "number": number, "party": wait.on, "leg": wait.leg}
            sheets.waits.append(row | {"started_at": wait.started_at, "ended_at": wait.ended_at})


def _json(value: Any) -> str:
    return to_json(value).decode()
