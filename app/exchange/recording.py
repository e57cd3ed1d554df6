"""A case as the rows of every table that tells of its ticket, and as the events of its life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from app.commitments.commitments import answer_of as commitment_answer
from app.exchange.interpret import Case, Step
from app.exchange.names import Names
from app.exchange.promises import Promise
from app.exchange.rows import Row
from app.exchange.sheets import CLOCKS, COMMITMENTS, LEGS, TICKETS, Sheets, Told
from app.exchange.stored_rows import events_of, promise_of
from app.exchange.timing import Timing
from app.kernel.answers import to_json
from app.kernel.outbox import previous
from app.service_levels.clock import Clock, State
from app.service_levels.ticket_clocks import deciding_clock
from app.tickets.acting import EVENTS
from app.tickets.lifecycle import Life
from app.tickets.records import clock_answer, clock_row, leg_columns, life_columns
from app.tickets.schemas import Ticket
from app.tickets.timekeeping import OPEN
from app.tickets.verbs import Verb

NOTED: Final = "noted"
"""The verb in a ticket's history of an event of the log that did nothing to the ticket."""

_STORED: Final = tuple(name for name in Ticket.__dataclass_fields__ if name not in ("due_at", "breached", "clocks"))
_CHANGING: Final = (
    "provider_department_id",
    "assignee_id",
    "status",
    "waiting_on",
    "acknowledged_at",
    "resolved_at",
    "closed_at",
    "due_at",
    "hop_count",
    "reopen_count",
)
"""What of a ticket's answer the verbs of a log can change."""

_occurred_at = attrgetter("occurred_at")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case goes: the ids of its ticket and commitment, and the versions they had before.

    `commitment_id` is that of the commitment to write, if the case makes one. Without it none is written, and the
    ticket keeps `kept_commitment_id`.
    """

    ticket_id: UUID
    number: int
    commitment_id: UUID | None
    kept_commitment_id: UUID | None = None
    ticket_version: int = 0
    commitment_version: int = 0


class Recorder:
    """Writes cases into sheets; every name in them is known by now.

    `requester` and `owner` are names of departments; `actor` is who does it, as history and events name the actor.
    """

    def __init__(
        self,
        names: Names,
        actor: Mapping[str, Any],
        now: datetime,
        *,
        requester: str,
        owner: str | None,
        source: str | None,
    ) -> None:
        self.names, self.actor, self.now = names, actor, now
        self.requester, self.owner, self.source = requester, owner or requester, source
        self._actor_json = _json(actor)

    def record(self, sheets: Sheets, case: Case, place: Place, timing: Timing) -> None:
        """Writes a case: its ticket and all that belongs to it, its commitment, and what they tell."""
        told: list[Told] = []
        commitment_id, commitment_version = place.kept_commitment_id, None
        if place.commitment_id is not None and isinstance(case.promise, Promise):
            commitment_id = place.commitment_id
            commitment_version = self._commitment(sheets, told, case, case.promise, place)
        told[1:1] = self._life(sheets, case, self._fixed(case, place, commitment_id), place, timing)
        sheets.told += [*told[:1], *sorted(told[1:], key=_occurred_at)]
        self._legs_and_waits(sheets, case, place.ticket_id, timing)
        clocks = timing.stored(self.now)
        sheets.clocks += [tuple(map(clock_row(place.ticket_id, clock).__getitem__, CLOCKS)) for clock in clocks]
        kept = _json(promise_of(case.rows)), _json(events_of(case.rows))
        version = sheets.tickets[-1][TICKETS.index("version")]
        sheets.cases.append((place.ticket_id, version, commitment_version, *kept))

    def _fixed(self, case: Case, place: Place, commitment_id: UUID | None) -> dict[str, Any]:
        return {
            "id": place.ticket_id,
            "number": place.number,
            "title": case.title,
            "description": None,
            "requester_department_id": self.names.departments.ids[self.requester],
            "requester_id": None,
            "request_type_id": None,
            "customer_id": self.names.customers.ids[case.customer],
            "commitment_id": commitment_id,
            "resolution": None,
            "source": self.source,
            "external_ref": case.name,
            "blocks": (),
            "blocked_by": (),
        }

    def _life(self, sheets: Sheets, case: Case, fixed: dict[str, Any], place: Place, timing: Timing) -> list[Told]:
        """Writes the ticket and its history; gives the events of its life."""
        opening, version = case.opening, place.ticket_version + 1
        row = fixed | self._columns(opening, version, timing)
        told = [self._told("ticket.opened", opening.opened_at, row, timing, {})]
        details = self._opening_details(opening, timing)
        history = [self._entry(fixed["id"], 1, OPEN, 1, details, case.rows[0])]
        self._saw(case.rows[0], opening)
        leg = 1
        for number, step in enumerate(case.steps, 2):
            action, verb, details = step.action, NOTED, self._details(step)
            if action is not None:
                verb, version = action.verb, version + 1
                timing.advance(action, details.get("department_id"))
                if verb is Verb.TRANSFER:
                    details |= timing.selected()
                else:
                    leg = timing.leg
                before, row = row, fixed | self._columns(step.life, version, timing)
                was = {name: before[name] for name in _CHANGING if before[name] != row[name]}
                told.append(self._told(EVENTS[action.verb], action.at, row, timing, {"previous": was}))
            history.append(self._entry(fixed["id"], number, verb, leg, details, step.row))
            leg = timing.leg
            self._saw(step.row, step.life)
        sheets.history += history
        row |= _deadline(timing.stored(self.now), timing.leg)
        sheets.tickets.append(tuple(map(row.__getitem__, TICKETS)))
        return told

    def _columns(self, life: Life[str], version: int, timing: Timing) -> dict[str, Any]:
        """What the ticket's row holds of its life."""
        columns = life_columns(life)  # type: ignore[arg-type]
        columns["provider_department_id"] = self.names.departments.ids[life.department_id]
        if life.assignee_id is not None:
            columns["assignee_id"] = self.names.members.ids[life.assignee_id]
        columns |= _deadline(timing.clocks, timing.leg)
        columns["version"] = version
        return columns

    def _told(self, kind: str, at: datetime, row: Mapping[str, Any], timing: Timing, more: Mapping[str, Any]) -> Told:
        """An event of the ticket, as its `GET` would have answered then: `records.ticket_of`, without the detour."""
        clocks = timing.view(at)
        deciding = deciding_clock(clocks, timing.leg) if clocks else None
        ticket = {name: row[name] for name in _STORED}
        ticket["due_at"] = deciding.due_at if deciding else None
        ticket["breached"] = deciding is not None and deciding.state is State.BREACHED
        ticket["clocks"] = [clock_answer(clock) for clock in clocks]
        return Told(kind, at, _json({"ticket": ticket, **more, "actor": self.actor}))

    def _opening_details(self, opening: Life[str], timing: Timing) -> dict[str, Any]:
        department_id = self.names.departments.ids[opening.department_id]
        return {"department_id": department_id, "priority": opening.priority, **timing.selected()}

    def _details(self, step: Step) -> dict[str, Any]:
        action, names = step.action, self.names
        department, member = step.row.department, step.row.member
        if action is not None:
            if action.on is not None:
                return {"on": action.on}
            department = action.department_id
            member = action.member_id
        details: dict[str, Any] = {}
        if department is not None:
            details["department_id"] = names.departments.ids[department]
        if member is not None:
            details["member_id"] = names.members.ids[member]
        return details

    def _entry(
        self, ticket_id: UUID, number: int, verb: str, leg: int, details: Mapping[str, Any], row: Row
    ) -> tuple[Any, ...]:
        """An entry of the history, which names the activity of the log that it comes from."""
        at, told = row.at.replace(microsecond=0), _json({**details, "activity": row.activity})
        return (ticket_id, number, verb, at, self.now, leg, self._actor_json, told)

    def _saw(self, row: Row, life: Life[str]) -> None:
        if row.member is not None:
            names = self.names
            names.saw(names.members.ids[row.member], names.departments.ids[row.department or life.department_id])

    def _legs_and_waits(self, sheets: Sheets, case: Case, ticket_id: UUID, timing: Timing) -> None:
        for leg in case.life.legs:
            chosen = timing.chosen(leg.number)
            columns = leg_columns(leg) | {  # type: ignore[arg-type]
                "department_id": self.names.departments.ids[leg.department_id],
                "sla_id": chosen.agreement.sla_id if chosen.agreement else None,
                "sla_version": chosen.agreement.version if chosen.agreement else None,
                "sla_explanation": chosen.explanation,
            }
            sheets.legs.append((ticket_id, *map(columns.__getitem__, LEGS[1:])))
        for number, wait in enumerate(case.life.waits, 1):
            sheets.waits.append((ticket_id, number, wait.on, wait.leg, wait.started_at, wait.ended_at))

    def _commitment(self, sheets: Sheets, told: list[Told], case: Case, promise: Promise, place: Place) -> int:
        """Writes the commitment and tells of it, first that it was made; gives its version."""
        row: dict[str, Any] = dict.fromkeys((*COMMITMENTS, "reschedules"))
        row |= {
            "id": place.commitment_id,
            "version": place.commitment_version + 1,
            "customer_id": self.names.customers.ids[case.customer],
            "title": case.title,
            "owner_department_id": self.names.departments.ids[self.owner],
            "status": "open",
            "promised_at": promise.promised_at,
            "due_at": promise.due_at,
            "agreed_due_at": promise.due_at,
            "source": self.source,
            "external_ref": case.name,
            "created_at": self.now,
            "updated_at": self.now,
        }
        made = commitment_answer(row, promise.promised_at)
        data = {"commitment": made, "customer": self.names.customer(case.customer), "actor": self.actor}
        told.append(Told("commitment.created", promise.promised_at, _json(data)))
        if promise.delivered_at is not None:
            row |= {"version": row["version"] + 1, "status": "delivered", "delivered_at": promise.delivered_at}
            delivered = commitment_answer(row, promise.delivered_at)
            kind = "commitment.delivered_late" if delivered.lateness_seconds else "commitment.delivered"
            data |= {"commitment": delivered, "previous": previous(made, delivered)}
            told.append(Told(kind, promise.delivered_at, _json(data)))
        sheets.commitments.append(tuple(map(row.__getitem__, COMMITMENTS)))
        version: int = row["version"]
        return version


def _deadline(clocks: Sequence[Clock[UUID]], leg: int) -> dict[str, Any]:
    """What a ticket's row holds of its clocks."""
    deciding = deciding_clock(clocks, leg) if clocks else None
    if deciding is None:
        return {"due_at": None, "breached_at": None}
    return {"due_at": deciding.due_at, "breached_at": deciding.breached_at}


def _json(value: Any) -> str:
    return to_json(value).decode()
