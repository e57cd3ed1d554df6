"""Telling of tickets: what a consumer needs to act without asking again goes with every event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.commitments import commitments
from app.commitments.queries import COMMITMENTS
from app.customers import customers
from app.directory import departments, members
from app.directory.queries import MEMBERS
from app.kernel.database import Row
from app.kernel.lookup import Lookup
from app.kernel.outbox import Event
from app.kernel.work import Work
from app.tickets.life.verbs import Verb
from app.tickets.schemas import Ticket

_CONCERNED: Final = Lookup(
    department=departments.collection.select(),
    member=MEMBERS,
    customer=customers.collection.select(),
    commitment=COMMITMENTS,
)
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "requester_department": ("department", "requester_department_id"),
    "provider_department": ("department", "provider_department_id"),
    "requester": ("member", "requester_id"),
    "assignee": ("member", "assignee_id"),
    "customer": ("customer", "customer_id"),
    "commitment": ("commitment", "commitment_id"),
}
"""What goes with a ticket: which kind it is, and where the ticket names it."""

_ANSWERS: Final[Mapping[str, Callable[[Row, datetime], Any]]] = {
    "department": lambda row, _: departments.collection.shape(**row),
    "member": lambda row, _: members.answer_of(row),
    "customer": lambda row, _: customers.collection.shape(**row),
    "commitment": commitments.answer_of,
}


def happened(work: Work, kind: str, at: datetime, ticket: Ticket, **data: Any) -> None:
    """Says that something happened to a ticket: as `Work.happened`, and whom it concerns goes with it."""
    tell(work, Event(kind, at, {"ticket": ticket, **data, "actor": work.actor}))


def tell(work: Work, event: Event) -> None:
    """Tells an event whose data has a `ticket`; whom that concerns goes with it."""
    work.recorded.append(event)
    work.completed_by(_complete)


def said(verb: Verb, told: Mapping[str, Any], *, visible_to_requester: bool) -> dict[str, Any]:
    """What an event has of the words that went with a verb."""
    if verb is Verb.COMMENT:
        visibility = "requester" if visible_to_requester else "internal"
        if "body" not in told:
            return {}
        again = {"told_in": told["told_in"]} if "told_in" in told else {}
        return {"comment": {"body": told["body"], "visibility": visibility, **again}}
    return {name: told[name] for name in ("reason", "context", "question") if told.get(name) is not None}


async def _complete(work: Work, recorded: Sequence[Event]) -> list[Event]:
    """Adds whom the tickets of these events concern: one statement, however many they are."""
    told: list[Ticket] = [event.data["ticket"] for event in recorded if "ticket" in event.data]
    wanted: dict[str, set[UUID]] = {kind: set() for kind in _ANSWERS}
    for kind, name in _KINDS.values():
        wanted[kind].update(id_ for ticket in told if (id_ := getattr(ticket, name)) is not None)
    concerned = _Concerned(await _CONCERNED.rows(work.connection, **wanted))
    return [concerned.completed(event, work.now) if "ticket" in event.data else event for event in recorded]


class _Concerned:
    """What was found, as it is answered: each once."""

    def __init__(self, rows: Mapping[str, Mapping[UUID, Row]]) -> None:
        self._rows = rows
        self._answers: dict[tuple[Any, ...], Any] = {}

    def completed(self, event: Event, now: datetime) -> Event:
        ticket, as_of = event.data["ticket"], event.as_of or now
        ids = {name: (kind, getattr(ticket, reference)) for name, (kind, reference) in _KINDS.items()}
        concerned = {name: id_ and self._answer(kind, id_, as_of) for name, (kind, id_) in ids.items()}
        return replace(event, data={**event.data, **concerned})

    def _answer(self, kind: str, id_: UUID, as_of: datetime) -> Any:
        known = (kind, id_, as_of)
        if known not in self._answers:
            self._answers[known] = _ANSWERS[kind](self._rows[kind][id_], as_of)
        return self._answers[known]
