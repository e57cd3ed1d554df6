"""The examples of the events of tickets: two requests of the demo company, told by the rules themselves.

Operations has Finance open a credit line for a customer, so that a site can go live as was promised. Pure.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.commitments.events import LEEDS
from app.customers.events import ALBION
from app.directory.calendar import CalendarTimeline, parse_calendar
from app.directory.event_examples import DEEPA, FINANCE, LEGAL, LUCA, OPERATIONS, SALES
from app.directory.schemas import Department, Member
from app.kernel.event_types import EXAMPLE_ACTOR
from app.kernel.outbox import previous
from app.service_levels.clock import Agreement, Target
from app.service_levels.ticket_clocks import Clocks, Opening, advance, opened
from app.tickets.examples import LATE
from app.tickets.life.lifecycle import Action, Life, Priority, apply, open_ticket
from app.tickets.life.verbs import Verb
from app.tickets.records import hand_off_of, life_columns, ticket_of
from app.tickets.schemas import Ticket
from app.tickets.telling import said
from app.tickets.timekeeping import HAND_OVERS, Selection, step_after

OPENED_AT: Final = LEEDS.promised_at + timedelta(days=1)
_HOUR: Final = 3600
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS: Final = CalendarTimeline(
    ((datetime(2025, 6, 2, tzinfo=UTC), parse_calendar("UTC", {day: [["00:00", "24:00"]] for day in _WEEK})),)
)


def _rota(id_: str, resolve_hours: int) -> Agreement[UUID]:
    targets = (
        Target("acknowledge", 12 * _HOUR),
        Target("resolve", resolve_hours * _HOUR, (("p1", resolve_hours * _HOUR // 2),)),
    )
    return Agreement(UUID(id_), 1, _ALWAYS, targets, frozenset({"customer"}), (0.5, 0.8))


_ROTAS: Final = {
    OPERATIONS.id: _rota("01972fa7-9bb8-71c5-b2fd-ebd5b792fd75", 120),
    FINANCE.id: _rota("01972fa7-c6b0-7c22-b52c-d29eaa758694", 72),
    LEGAL.id: _rota("01972fa7-de20-7172-9483-44fc5e2b49c4", 72),
}
_AWAITED: Final = UUID("01972fa7-9000-7ddf-8a74-31a9b6078b62")
_DEPARTMENTS: Final = {each.id: each for each in (OPERATIONS, FINANCE, LEGAL, SALES)}
_MEMBERS: Final = {each.id: each for each in (LUCA, DEEPA)}
_CONTEXT: Final = {
    "summary": "Credit line of 50,000 EUR; the figures are good.",
    "customer_expects": "The site in Leeds goes live on Saturday.",
    "tried_so_far": "Asked Sales for the signed contract.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket's life so far, and what an event would tell of it."""

    row: dict[str, Any]
    life: Life[UUID]
    clocks: Clocks[UUID]
    at: datetime
    version: int = 1
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def ticket(self) -> Ticket:
        hand_off = hand_off_of(self.life, self.life.leg.from_department_id, self.row["handed_on"])
        row = {**self.row, **life_columns(self.life), "hand_off": hand_off, "version": self.version}
        return ticket_of(row, self.clocks.view(self.at))

    def data(self, **more: Any) -> dict[str, Any]:
        """What an event tells of it now: with what the last verb changed, unless more is said."""
        ticket = self.ticket
        return {
            "ticket": ticket,
            "requester_department": _DEPARTMENTS[ticket.requester_department_id],
            "provider_department": _DEPARTMENTS[ticket.provider_department_id],
            "requester": _member(ticket.requester_id),
            "assignee": _member(ticket.assignee_id),
            "customer": ALBION,
            "commitment": LEEDS,
            **(more or self.told),
            "actor": EXAMPLE_ACTOR,
        }

    def clock(self, metric: str, **more: Any) -> dict[str, Any]:
        """What an event tells of the first clock of a metric."""
        ticket = self.ticket
        return self.data(clock=next(clock for clock in ticket.clocks if clock.metric == metric), **more)

    def later(self, *, hours: float) -> "Story":
        """So many hours after it was opened, if nothing more was done."""
        return replace(self, at=self.life.opened_at + timedelta(hours=hours))

    def does(self, verb: Verb, hours: float, words: dict[str, Any] | None = None, **needed: Any) -> "Story":
        """After a verb, so many hours after it was opened."""
        at, words = self.life.opened_at + timedelta(hours=hours), words or {}
        action = Action(verb, at, **needed)
        life = apply(self.life, action)
        chosen = _ROTAS[life.department_id], _ROTAS[self.life.legs[0].department_id]
        selection = Selection(*chosen) if verb in (*HAND_OVERS, Verb.PRIORITISE) else None
        clocks = advance(self.clocks, step_after(action, life.department_id, selection))
        handed_on = words if verb in HAND_OVERS else self.row["handed_on"]
        resolution = words.get("resolution", self.row["resolution"])
        row = {**self.row, "resolution": resolution, "handed_on": handed_on}
        after = Story(row, life, clocks, at, self.version + 1)
        changed = previous(replace(self, at=at).ticket, after.ticket)
        changed.pop("clocks", None)
        spoken = said(verb, words, visible_to_requester=action.visible_to_requester)
        return replace(after, told={**spoken, "previous": changed})


def _member(id_: UUID | None) -> Member | None:
    return None if id_ is None else _MEMBERS[id_]


def _request(requester: Department, provider: Department, at: datetime, **stated: Any) -> Story:
    row = {
        "description": "Needed for: Go-live of the Leeds site.",
        "requester_department_id": requester.id,
        "requester_id": None,
        "customer_id": ALBION.id,
        "customer_value": ALBION.annual_value,
        "currency": ALBION.currency,
        "commitment_id": LEEDS.id,
        "resolution": None,
        "delegation_id": None,
        "handed_on": {},
        "source": "demo",
        "blocks": [],
        "blocked_by": [],
        **stated,
    }
    clocks = opened(Opening(at, provider.id, "p3", _ROTAS[provider.id]))
    return Story(row, open_ticket(provider.id, at, Priority.P3), clocks, at)


CREDIT_LINE: Final = _request(
    OPERATIONS,
    FINANCE,
    OPENED_AT,
    id=UUID(LATE),
    number=1842,
    title="Credit line for a go-live: Albion Foods",
    requester_id=LUCA.id,
    request_type_id=UUID("01972fa8-37f8-7ed0-bb7b-4492ce16e6d7"),
    external_ref="DEMO-SHOWCASE-2",
    blocks=[_AWAITED],
)
STARTED: Final = CREDIT_LINE.does(Verb.ASSIGN, 1, member_id=DEEPA.id).does(Verb.START, 2)
TRANSFERRED: Final = CREDIT_LINE.does(
    Verb.TRANSFER, 3, {"reason": "The contract is not signed.", "context": _CONTEXT}, department_id=LEGAL.id
)
RESOLVED: Final = STARTED.does(Verb.RESOLVE, 70, {"resolution": "The line is open."}, granted=True)
GO_LIVE: Final = (
    _request(
        SALES,
        OPERATIONS,
        LEEDS.promised_at,
        id=_AWAITED,
        number=1836,
        title="Go-live, around the clock: Albion Foods",
        request_type_id=None,
        external_ref="DEMO-SHOWCASE-1",
        blocked_by=[CREDIT_LINE.ticket.id],
    )
    .does(Verb.START, 6)
    .does(Verb.WAIT, 24, {"reason": "Waiting for the credit line."}, on="dependency")
)
