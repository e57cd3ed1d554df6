"""Graphs of any size as stored commitments, copied into their tables: through the API they would take minutes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.ids import new_id
from app.ripple.engine.graph import Commitment, Leg, Ticket
from app.tickets.bulk.bulk import copy
from app.tickets.tables import ticket_clocks, ticket_dependencies, ticket_legs, ticket_waits, tickets
from tests.tickets.worlds import World

BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
"""The instant 0 of the graphs."""

_COMMITMENT = ("id", "customer_id", "title", "owner_department_id", "status", "promised_at", "due_at", "agreed_due_at")
_TICKET = ("id", "title", "requester_department_id", "provider_department_id", "customer_id", "commitment_id")
_TICKET_LIFE = ("priority", "status", "opened_at", "acknowledged_at", "resolved_at", "last_at", "due_at", "leg")
_LEG = ("ticket_id", "number", "department_id", "arrived_by", "started_at", "acknowledged_at", "sla_explanation")
_WAIT = ("ticket_id", "number", "party", "leg", "started_at", "ended_at")
_CLOCK = ("ticket_id", "number", "metric", "scope", "leg", "department_id", "sla_id", "sla_version", "calendar_id")
_CLOCK_LIFE = ("state", "target_seconds", "started_at", "due_at", "elapsed_seconds", "met_at", "breached_at")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What must be there: departments by the names that the graph gives them, a customer, an SLA and its calendar."""

    departments: Mapping[str, UUID]
    customer_id: UUID
    sla_id: UUID
    calendar_id: UUID


async def surroundings(world: World, *histories: tuple[Commitment, Sequence[Ticket]]) -> Surroundings:
    """Makes what these graphs need through the API."""
    names: set[str] = set()
    for commitment, asked in histories:
        names.add(commitment.owner)
        for ticket in asked:
            names |= {ticket.requester, ticket.provider, *(leg.department for leg in ticket.legs)}
    departments = {name: UUID(await world.department(name)) for name in sorted(names)}
    sla = await world.sla(min(names), targets=[{"metric": "resolve", "seconds": 86_400}])
    customer_id = world.customer_id or await world.customer()
    return Surroundings(departments, UUID(customer_id), UUID(sla["id"]), UUID(sla["calendar_id"]))


async def store_graph(
    connection: AsyncConnection, around: Surroundings, title: str, commitment: Commitment, asked: Sequence[Ticket]
) -> UUID:
    """Stores a commitment with its tickets; the commitment's id."""
    commitment_id = new_id()
    status = "open" if commitment.delivered_at is None else "delivered"
    due_at, delivered_at = _at(commitment.due_at), _at(commitment.delivered_at)
    promise = (status, _at(commitment.promised_at), due_at, due_at, delivered_at)
    row = (commitment_id, around.customer_id, title, around.departments[commitment.owner], *promise)
    await copy(connection, commitments, (*_COMMITMENT, "delivered_at"), [row])
    ids = {ticket.id: new_id() for ticket in asked}
    rows = [_row(ticket, ids[ticket.id], around, commitment_id) for ticket in asked]
    await copy(connection, tickets, (*_TICKET, *_TICKET_LIFE), rows)
    await copy(
        connection, ticket_legs, _LEG, [row for ticket in asked for row in _legs(ticket, ids[ticket.id], around)]
    )
    waits = [
        (ids[ticket.id], number, wait.on, 1, _at(wait.started_at), _at(wait.ended_at))
        for ticket in asked
        for number, wait in enumerate(ticket.waits, start=1)
    ]
    await copy(connection, ticket_waits, _WAIT, waits)
    clocks = [_clock(ticket, ids[ticket.id], around) for ticket in asked if ticket.due_at is not None]
    await copy(connection, ticket_clocks, (*_CLOCK, *_CLOCK_LIFE), clocks)
    blocks = [
        (ids[ticket.id], ids[blocked], position)
        for ticket in asked
        for position, blocked in enumerate(dict.fromkeys(ticket.blocks))
    ]
    await copy(connection, ticket_dependencies, ("blocker_id", "blocked_id", "position"), blocks)
    return commitment_id


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else BEGUN + timedelta(seconds=seconds)


def _row(ticket: Ticket, id_: UUID, around: Surroundings, commitment_id: UUID) -> tuple[Any, ...]:
    opened, resolved = _at(ticket.opened_at), _at(ticket.resolved_at)
    status = "in_progress" if resolved is None else "resolved"
    asked = (around.departments[ticket.requester], around.departments[ticket.provider])
    life = ("p3", status, opened, _at(ticket.acknowledged_at), resolved, resolved or opened, _at(ticket.due_at))
    return (id_, f"Request {ticket.id}", *asked, around.customer_id, commitment_id, *life, max(1, len(ticket.legs)))


def _legs(ticket: Ticket, id_: UUID, around: Surroundings) -> Iterator[tuple[Any, ...]]:
    legs = ticket.legs or (Leg(ticket.provider, ticket.opened_at, ticket.acknowledged_at),)
    for number, leg in enumerate(legs, start=1):
        how = "opening" if number == 1 else "transfer"
        department = around.departments[leg.department]
        yield id_, number, department, how, _at(leg.started_at), _at(leg.acknowledged_at), "[]"


def _clock(ticket: Ticket, id_: UUID, around: Surroundings) -> tuple[Any, ...]:
    opened, due, resolved = _at(ticket.opened_at), _at(ticket.due_at), _at(ticket.resolved_at)
    met = resolved is not None and due is not None and resolved <= due
    state = "met" if met else "breached"
    undertaken = (around.departments[ticket.provider], around.sla_id, 1, around.calendar_id)
    return (id_, 1, "resolve", "ticket", 1, *undertaken, state, 1, opened, due, 0, resolved if met else None, due)
