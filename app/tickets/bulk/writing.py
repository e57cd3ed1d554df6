"""Whole lives of tickets as the rows and events that opening and acting would have left, one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic
from uuid import UUID

from orjson import Fragment

from app.kernel.answers import to_json
from app.service_levels.agreements import Offers
from app.service_levels.clock import Clock, State
from app.service_levels.matching import Request
from app.service_levels.ticket_clocks import Opening, advance, deciding_clock, opened
from app.tickets.bulk.sheets import CLOCKS, LEGS, TICKETS, Sheets, Told
from app.tickets.doing.acting import EVENTS
from app.tickets.life.lifecycle import apply
from app.tickets.life.verbs import UNRESOLVED, Verb
from app.tickets.life.whole_lives import Chosen, Deed, Meanwhile, Name, Noted, Said, WholeLife
from app.tickets.records import clock_answer, clock_rows, hand_off_of, leg_columns, life_columns
from app.tickets.schemas import Ticket
from app.tickets.telling import said
from app.tickets.timekeeping import HAND_OVERS, OPEN, Selection, details_of, explanation, step_after

_ANSWERED: Final = tuple(Ticket.__dataclass_fields__)


@dataclass(slots=True)
class Chooser:
    """Chooses among what is offered; each question is asked once."""

    offered: Offers
    _known: dict[tuple[Any, ...], Chosen] = field(default_factory=dict)

    def choose(self, provider_id: UUID, life: WholeLife[Any], priority: str) -> Chosen:
        """What the provider undertakes towards such a request of this priority."""
        asked = (provider_id, life.requester_department_id, life.request_type_id, priority, life.tier)
        chosen = self._known.get(asked)
        if chosen is None:
            match, agreement = self.offered.choose(provider_id, Request(*asked[1:]))
            chosen = self._known[asked] = Chosen(agreement, json_text(explanation(match)))
        return chosen


@dataclass(frozen=True, slots=True)
class Writer(Generic[Name]):
    """Writes lives as of `now`, which is when they are recorded; their departments and members are known.

    Clocks are kept as of now, so that no alarm is raised of what passed before.
    """

    chooser: Chooser
    departments: Mapping[Name, UUID]
    members: Mapping[Name, UUID]
    now: datetime

    def write(
        self, sheets: Sheets, life: WholeLife[Name], number: int, meanwhile: Iterable[Meanwhile] = ()
    ) -> list[Told]:
        """Writes the ticket into the sheets; what is to be told of it, in order.

        Raises:
            Refused: the life does something that is not possible.
        """
        return _Writing(self, sheets, life, number, meanwhile).write()


class _Writing(Generic[Name]):
    """One ticket as it is written: its answer, life and clocks as of the last thing that was done, and what was told.

    Thousands are written at once, so nothing is made anew for an event that the last one had already.
    """

    def __init__(
        self, writer: Writer[Name], sheets: Sheets, story: WholeLife[Name], number: int, meanwhile: Iterable[Meanwhile]
    ) -> None:
        self._writer, self._sheets, self._story = writer, sheets, story
        self._meanwhile = list(meanwhile)[::-1]
        self._life = opening = story.opening
        self._department_id = writer.departments[opening.department_id]
        first = self._choose(self._department_id)
        self._legs: list[tuple[Chosen, Mapping[str, Any]]] = [(first, {})]
        self._clocks = opened(Opening(opening.opened_at, self._department_id, opening.priority, first.agreement))
        self._due_at, _ = _deadline(self._clocks.clocks, 1)
        self._ticket: dict[str, Any] = dict.fromkeys(_ANSWERED)
        self._ticket |= {
            "id": story.id,
            "number": number,
            "version": story.earlier.version + 1,
            "title": story.title,
            "description": story.description,
            "requester_department_id": story.requester_department_id,
            "requester_id": story.requester_id,
            "request_type_id": story.request_type_id,
            "customer_id": story.customer_id,
            "customer_value": story.customer_value,
            "currency": None if story.customer_value is None else story.currency,
            "commitment_id": story.commitment_id,
            "opened_at": opening.opened_at,
            "blocks": list(dict.fromkeys(story.blocks)),
            "blocked_by": [],
            "source": story.source,
            "external_ref": story.external_ref,
        }
        self._change(self._columns())
        self._entries = 0
        self._told: list[Told] = []

    def write(self) -> list[Told]:
        self._open()
        for deed in self._story.deeds:
            if isinstance(deed, Noted):
                self._until(deed.at)
                self._record(deed.verb, deed.at, self._life.leg.number, deed.actor, deed.told)
            else:
                self._until(deed.action.at)
                self._do(deed)
        said = self._story.said
        if said is not None:
            self._until(said.at)
            self._say(said)
        self._until(None)
        self._write_rows()
        self._write_legs_and_waits()
        return self._told

    def _open(self) -> None:
        story, agreement = self._story, self._legs[0][0].agreement
        details = {"department_id": self._department_id, "priority": story.opening.priority, **story.told}
        if self._ticket["assignee_id"] is not None:
            details["member_id"] = self._ticket["assignee_id"]
        details |= Selection(agreement, agreement).details()
        self._record(OPEN, story.opening.opened_at, 1, story.actor, details)
        self._tell("ticket.opened", story.opening.opened_at, story.actor, {})

    def _do(self, deed: Deed[Name]) -> None:
        action, before, told = deed.action, self._life, deed.told
        verb = action.verb
        self._life = life = apply(before, action) if deed.after is None else deed.after
        handed_over = verb in HAND_OVERS
        if handed_over:
            self._department_id = self._writer.departments[life.department_id]
        selection = self._select(verb, told)
        if selection is not None or self._clocks.agreement is not None or self._clocks.clocks:
            # Without an agreement so far only what selects one can start a clock.
            self._clocks = advance(self._clocks, step_after(action, self._department_id, selection))
        columns = self._columns()
        if verb is Verb.RESOLVE:
            columns["resolution"] = told.get("resolution")
            columns["delegation_id"] = told.get("delegation_id", self._ticket["delegation_id"])
        previous = self._change(columns)
        due_at, _ = _deadline(self._clocks.clocks, life.leg.number)
        if due_at != self._due_at:
            previous["due_at"], self._due_at = self._due_at, due_at
        self._ticket["version"] += 1
        member_id = None if action.member_id is None else self._writer.members[action.member_id]
        details = details_of(action, self._department_id, member_id, told, selection)
        self._record(verb, action.at, before.leg.number if handed_over else life.leg.number, deed.actor, details)
        words = said(verb, told, visible_to_requester=action.visible_to_requester)
        self._tell(EVENTS[verb], action.at, deed.actor, {**words, "previous": previous})

    def _select(self, verb: Verb, told: Mapping[str, Any]) -> Selection | None:
        if verb in HAND_OVERS:
            chosen = self._choose(self._department_id)
            self._legs.append((chosen, told))
            return Selection(chosen.agreement)
        if verb is not Verb.PRIORITISE:
            return None
        chosen, of_ticket = self._choose(self._department_id), None
        self._legs[-1] = (chosen, self._legs[-1][1])
        if self._clocks.has_ticket_scope:
            of_ticket = self._choose(self._clocks.first_department_id).agreement
        return Selection(chosen.agreement, of_ticket)

    def _choose(self, provider_id: UUID) -> Chosen:
        leg = self._life.leg
        kept = self._story.earlier.legs.get(leg.number)
        if kept is not None and (kept.department_id, kept.started_at) == (provider_id, leg.started_at):
            return kept.chosen
        return self._writer.chooser.choose(provider_id, self._story, self._life.priority)

    def _columns(self) -> dict[str, Any]:
        """What the ticket's row holds of its life."""
        columns = life_columns(self._life)
        columns["provider_department_id"] = self._department_id
        if self._life.assignee_id is not None:
            columns["assignee_id"] = self._writer.members[self._life.assignee_id]
        sender = self._life.leg.from_department_id
        if sender is not None:
            columns["hand_off"] = hand_off_of(self._life, self._writer.departments[sender], self._legs[-1][1])
        return columns

    def _change(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Brings the ticket's answer to these columns; the old values of those that changed."""
        ticket = self._ticket
        changed = [
            name
            for name, value in columns.items()
            if name in ticket and ticket[name] is not value and ticket[name] != value
        ]
        previous = {name: ticket[name] for name in changed}
        for name in changed:
            ticket[name] = columns[name]
        return previous

    def _say(self, said: Said) -> None:
        self._ticket["version"] += 1
        by = self._story.requester_id
        told = {"score": said.score, "comment": said.comment, "member_id": by}
        self._tell("ticket.feedback_given", said.at, said.actor, {"feedback": told, "previous": {}})
        number = self._life.reopen_count + 1
        self._sheets.feedback.append((self._story.id, number, said.score, said.comment, by, said.at, None, said.actor))

    def _until(self, at: datetime | None) -> None:
        """What happened through others up to an instant, None: for good."""
        while self._meanwhile and (at is None or self._meanwhile[-1].at <= at):
            event = self._meanwhile.pop()
            if not event.unblocked:
                before = self._ticket["blocked_by"]
                self._ticket["blocked_by"] = sorted([*before, event.blocker_id])
                self._ticket["version"] += 1
                self._tell("ticket.updated", event.at, event.actor, {"previous": {"blocked_by": before}})
            elif self._life.status in UNRESOLVED:
                self._tell("ticket.unblocked", event.at, event.actor, {"blocker": {"id": event.blocker_id}})

    def _record(self, verb: str, at: datetime, leg: int, actor: str, details: Mapping[str, Any]) -> None:
        self._entries += 1
        entry = (self._story.id, self._entries, verb, at, self._writer.now, leg, actor, json_text(details))
        self._sheets.history.append(entry)

    def _tell(self, kind: str, at: datetime, actor: str, more: Mapping[str, Any]) -> None:
        """An event with the ticket as its `GET` would have answered then.

        Whom it concerns does not go with it, as it does with what happens now: nobody acts on history, and it would be
        twice as long.
        """
        ticket = self._ticket
        if self._clocks.clocks:
            clocks = self._clocks.view(at)
            deciding = deciding_clock(clocks, self._life.leg.number)
            ticket["due_at"] = deciding.due_at if deciding else None
            ticket["breached"] = deciding is not None and deciding.state is State.BREACHED
            ticket["clocks"] = [clock_answer(clock) for clock in clocks]
        else:
            ticket["due_at"], ticket["breached"], ticket["clocks"] = None, False, ()
        self._told.append(Told(kind, at, json_text({"ticket": ticket, **more, "actor": Fragment(actor)})))

    def _write_rows(self) -> None:
        story, sheets, clocks = self._story, self._sheets, self._clocks.settled(self._writer.now)
        due_at, breached_at = _deadline(clocks.clocks, self._life.leg.number)
        row = {**self._ticket, **self._columns(), "due_at": due_at, "breached_at": breached_at}
        sheets.tickets.append(tuple(map(row.__getitem__, TICKETS)))
        sheets.clocks += [tuple(map(row.__getitem__, CLOCKS)) for row in clock_rows(story.id, clocks)]
        sheets.dependencies += [
            (story.id, blocked, position) for position, blocked in enumerate(self._ticket["blocks"])
        ]

    def _write_legs_and_waits(self) -> None:
        ticket_id, sheets = self._story.id, self._sheets
        for leg, (chosen, told) in zip(self._life.legs, self._legs, strict=True):
            agreement, context = chosen.agreement, told.get("context")
            row = leg_columns(leg) | {
                "ticket_id": ticket_id,
                "department_id": self._writer.departments[leg.department_id],
                "sla_id": agreement.sla_id if agreement else None,
                "sla_version": agreement.version if agreement else None,
                "sla_explanation": chosen.explanation,
                "reason": told.get("reason"),
                "context": json_text(context) if context is not None else None,
            }
            sheets.legs.append(tuple(map(row.__getitem__, LEGS)))
        sheets.waits += [
            (ticket_id, number, wait.on, wait.leg, wait.started_at, wait.ended_at)
            for number, wait in enumerate(self._life.waits, 1)
        ]


def _deadline(clocks: Sequence[Clock[UUID]], leg: int) -> tuple[datetime | None, datetime | None]:
    """What a ticket's row holds of its clocks: `due_at` and `breached_at`."""
    deciding = deciding_clock(clocks, leg) if clocks else None
    return (None, None) if deciding is None else (deciding.due_at, deciding.breached_at)


def json_text(value: Any) -> str:
    """JSON as it is copied into the database."""
    return to_json(value).decode()
