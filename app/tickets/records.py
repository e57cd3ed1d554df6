"""From stored rows to what they stand for: a ticket's life, its clocks, and its answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from app.directory.calendar import CalendarTimeline
from app.kernel.database import Row
from app.service_levels.agreements import Version, calendar_of
from app.service_levels.clock import Clock, Metric, Scope, State, view
from app.service_levels.ticket_clocks import Clocks, deciding_clock, in_order
from app.tickets.life.lifecycle import Arrival, Leg, Life, Party, Priority, Status, Wait
from app.tickets.life.verbs import UNRESOLVED
from app.tickets.schemas import ClockAnswer, Ticket, TicketHandOff
from app.tickets.tables import ticket_clocks

Timelines = Mapping[UUID, CalendarTimeline]

_TICKET_FIELDS = tuple(Ticket.__dataclass_fields__)
_STORED_CLOCK_FIELDS = tuple(
    str(column.name)  # a column's name is no plain string, as which JSON wants it
    for column in ticket_clocks.c
    if column.name not in ("ticket_id", "calendar_id", "next_alarm_at", "warned_share")
)


def clock_of(stored: Row) -> Clock[UUID]:
    """A clock from its row in JSON."""
    return Clock(
        number=stored["number"],
        metric=Metric(stored["metric"]),
        scope=Scope(stored["scope"]),
        leg=stored["leg"],
        department_id=UUID(stored["department_id"]),
        sla_id=UUID(stored["sla_id"]),
        sla_version=stored["sla_version"],
        state=State(stored["state"]),
        target_seconds=stored["target_seconds"],
        started_at=datetime.fromisoformat(stored["started_at"]),
        due_at=instant_of(stored["due_at"]),
        elapsed_seconds=stored["elapsed_seconds"],
        counting_since=instant_of(stored["counting_since"]),
        met_at=instant_of(stored["met_at"]),
        breached_at=instant_of(stored["breached_at"]),
        paused_at=instant_of(stored["paused_at"]),
        stopped_at=instant_of(stored["stopped_at"]),
    )


def version_of(stored: Row) -> Version:
    """The version of an SLA by which a clock runs, from its row in JSON."""
    return UUID(stored["sla_id"]), stored["sla_version"]


def instant_of(text: str | None) -> datetime | None:
    """An instant of a row in JSON."""
    return None if text is None else datetime.fromisoformat(text)


def clock_rows(ticket_id: UUID, clocks: Clocks[UUID], before: Clocks[UUID] | None = None) -> list[dict[str, Any]]:
    """A ticket's clocks as they are stored, each with when its next alarm can be told; of those `before` only what
    changed."""
    alarms = clocks.next_alarms()
    known = before.clocks if before else ()
    return [
        _clock_row(ticket_id, clock, alarms.get(position))
        for position, clock in enumerate(clocks.clocks)
        if position >= len(known) or clock != known[position]
    ]


def _clock_row(ticket_id: UUID, clock: Clock[UUID], next_alarm_at: datetime | None) -> dict[str, Any]:
    row = {name: getattr(clock, name) for name in _STORED_CLOCK_FIELDS}
    row["calendar_id"] = calendar_of((clock.sla_id, clock.sla_version))
    row["ticket_id"], row["next_alarm_at"] = ticket_id, next_alarm_at
    return row


def counting_calendars(rows: Iterable[Row]) -> dict[UUID, int]:
    """The calendars of the clocks of these tickets that still count, with their newest versions: what reading needs."""
    return {
        UUID(clock["calendar_id"]): clock["calendar_version"]
        for row in rows
        for clock in row["clocks"] or ()
        if clock["counting_since"] is not None
    }


Kept: TypeAlias = Sequence[tuple[Clock[UUID], CalendarTimeline | None]]
"""The clocks of a ticket as they are stored, each that still counts with its calendar."""


def kept_clocks(stored: Sequence[Row] | None, timelines: Timelines) -> Kept:
    """The clocks of a ticket from their rows in JSON."""
    clocks = [(clock_of(row), UUID(row["calendar_id"])) for row in stored or ()]
    return [(clock, None if clock.counting_since is None else timelines[calendar_id]) for clock, calendar_id in clocks]


def viewed(kept: Kept, as_of: datetime) -> list[Clock[UUID]]:
    """The clocks as of an instant not before the ticket's last action."""
    clocks = [clock if calendar is None else view(clock, calendar, as_of) for clock, calendar in kept]
    return list(in_order(clocks))


def clocks_at(stored: Sequence[Row] | None, timelines: Timelines, as_of: datetime) -> list[Clock[UUID]]:
    """The stored clocks as of an instant not before the ticket's last action."""
    return viewed(kept_clocks(stored, timelines), as_of)


def clock_answer(clock: Clock[UUID]) -> ClockAnswer:
    return ClockAnswer(
        clock.metric,
        clock.scope,
        clock.leg,
        clock.department_id,
        clock.sla_id,
        clock.sla_version,
        clock.state,
        clock.target_seconds,
        clock.started_at,
        clock.due_at,
        clock.elapsed_seconds,
        clock.remaining_seconds,
        clock.met_at,
        clock.breached_at,
        clock.paused_at,
    )


def ticket_of(row: Row, clocks: Sequence[Clock[UUID]]) -> Ticket:
    """A ticket's answer from its row and its clocks as of the same instant."""
    deciding = deciding_clock(clocks, row["leg"])
    derived: dict[str, Any] = {
        "blocks": row["blocks"] or [],
        "blocked_by": row["blocked_by"] or [],
        "clocks": [clock_answer(clock) for clock in clocks],
        "due_at": deciding.due_at if deciding else None,
        "breached": deciding is not None and deciding.state is State.BREACHED,
        "hand_off": stored_hand_off(row),
    }
    return Ticket(**{name: derived[name] if name in derived else row[name] for name in _TICKET_FIELDS})


def stored_hand_off(row: Row) -> TicketHandOff | None:
    """The last hand-off from a ticket's row: made already, or in JSON."""
    stored = row["hand_off"]
    if stored is None or isinstance(stored, TicketHandOff):
        return stored
    at, accepted_at = datetime.fromisoformat(stored["at"]), instant_of(stored["accepted_at"])
    return TicketHandOff(
        UUID(stored["from_department_id"]),
        stored["arrived_by"],
        at,
        stored["reason"],
        stored["context"],
        accepted_at,
        at if accepted_at is None and row["status"] in UNRESOLVED else None,
    )


def hand_off_of(life: Life[Any], from_department_id: UUID | None, told: Mapping[str, Any]) -> TicketHandOff | None:
    """The last hand-off of a life, with what was told at it."""
    leg = life.leg
    if leg.arrived_by is Arrival.OPENING or from_department_id is None:
        return None
    accepted_at = leg.accepted_at or leg.acknowledged_at
    return TicketHandOff(
        from_department_id,
        "return" if leg.arrived_by is Arrival.RETURN else "transfer",
        leg.started_at,
        told.get("reason"),
        told.get("context"),
        accepted_at,
        leg.started_at if accepted_at is None and life.status in UNRESOLVED else None,
    )


def life_of(row: Row, legs: Sequence[Row], wait: Row | None) -> Life[UUID]:
    """A ticket's life from its row, its legs and the wait that lasts."""
    return Life(
        status=Status(row["status"]),
        waiting_on=Party(row["waiting_on"]) if row["waiting_on"] else None,
        priority=Priority(row["priority"]),
        assignee_id=row["assignee_id"],
        opened_at=row["opened_at"],
        acknowledged_at=row["acknowledged_at"],
        resolved_at=row["resolved_at"],
        closed_at=row["closed_at"],
        ended_at=row["ended_at"],
        granted=row["granted"],
        return_count=row["return_count"],
        reopen_count=row["reopen_count"],
        question_count=row["question_count"],
        asked_at=row["asked_at"],
        last_at=row["last_at"],
        legs=tuple(
            Leg(
                leg["number"],
                leg["department_id"],
                leg["started_at"],
                leg["ended_at"],
                leg["acknowledged_at"],
                leg["accepted_at"],
                Arrival(leg["arrived_by"]),
                legs[index - 1]["department_id"] if index else None,
            )
            for index, leg in enumerate(legs)
        ),
        waits=(Wait(Party(wait["party"]), wait["leg"], wait["started_at"]),) if wait else (),
    )


def life_columns(life: Life[Any]) -> dict[str, Any]:
    """What a ticket's row holds of its life; its department and assignee as the life names them."""
    return {
        "status": life.status,
        "waiting_on": life.waiting_on,
        "priority": life.priority,
        "provider_department_id": life.department_id,
        "assignee_id": life.assignee_id,
        "opened_at": life.opened_at,
        "acknowledged_at": life.acknowledged_at,
        "resolved_at": life.resolved_at,
        "closed_at": life.closed_at,
        "ended_at": life.ended_at,
        "granted": life.granted,
        "last_at": life.last_at,
        "leg": life.leg.number,
        "hop_count": life.hop_count,
        "return_count": life.return_count,
        "reopen_count": life.reopen_count,
        "question_count": life.question_count,
        "asked_at": life.asked_at,
        "pending_since": life.pending_since,
        "is_handed_over": life.is_handed_over,
    }


def leg_columns(leg: Leg[Any]) -> dict[str, Any]:
    """What a leg's row holds of it; its department as the leg names it."""
    return {
        "number": leg.number,
        "department_id": leg.department_id,
        "arrived_by": leg.arrived_by,
        "started_at": leg.started_at,
        "ended_at": leg.ended_at,
        "acknowledged_at": leg.acknowledged_at,
        "accepted_at": leg.accepted_at,
    }
