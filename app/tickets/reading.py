"""Reading tickets: one, a list, the history, the clocks at any instant, and why an agreement holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.roles import Own
from app.directory.calendars import timelines_of
from app.kernel import paging
from app.kernel.paging import Page
from app.kernel.problems import NotFound
from app.service_levels.ticket_clocks import clocks_at as replayed_at
from app.tickets import queries
from app.tickets.records import clock_answer, clocks_at, counting_calendars, ticket_of
from app.tickets.schemas import (
    Clocks,
    HistoryEntry,
    HistoryListing,
    LegExplanation,
    SlaExplanation,
    Ticket,
    TicketListing,
)
from app.tickets.tables import ticket_history, tickets
from app.tickets.timekeeping import recorded_agreements, recorded_history, told
from app.tickets.visibility import seen_by, told_to

_SORTS = ("id", "number", "opened_at", "created_at", "updated_at", "priority")
_HISTORY_FIELDS = tuple(HistoryEntry.__dataclass_fields__)


async def answers(connection: AsyncConnection, rows: Sequence[Any], as_of: datetime) -> list[Ticket]:
    """The answers of these rows of `queries.TICKETS` as of an instant: no statement more, once calendars are kept."""
    kept = await timelines_of(connection, counting_calendars(rows))
    return [ticket_of(row, clocks_at(row["clocks"], kept, as_of)) for row in rows]


async def ticket(connection: AsyncConnection, ticket_id: UUID, as_of: datetime) -> Ticket:
    """One ticket.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await connection.execute(queries.TICKET, {"ticket_id": ticket_id})).mappings().first()
    if row is None:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    (answer,) = await answers(connection, [row], as_of)
    return answer


async def some_tickets(connection: AsyncConnection, ids: Sequence[UUID], as_of: datetime) -> list[Ticket]:
    """The tickets with these ids, those that exist."""
    rows = (await connection.execute(queries.TICKETS_BY_ID, {"ids": list(ids)})).mappings().all()
    return await answers(connection, rows, as_of)


async def page(
    connection: AsyncConnection, asked: TicketListing, as_of: datetime, own: Own | None = None
) -> Page[Ticket]:
    """A page of the tickets that a key sees."""
    filters = asked.filters()
    paging.require_in_order(filters, "opened_from", "opened_to")
    conditions: list[ColumnElement[bool]] = seen_by(own, as_of)
    if "opened_from" in filters:
        conditions.append(tickets.c.opened_at >= filters.pop("opened_from"))
    if "opened_to" in filters:
        conditions.append(tickets.c.opened_at < filters.pop("opened_to"))
    conditions += [tickets.c[name] == value for name, value in filters.items()]
    ordered = paging.order(asked.sort, {name: tickets.c[name] for name in _SORTS}, "id")
    rows, cursor = await paging.fetch(connection, queries.TICKETS.where(*conditions), asked, ordered)
    return Page(await answers(connection, rows, as_of), cursor)


async def history(
    connection: AsyncConnection, ticket_id: UUID, asked: HistoryListing, own: Own | None = None
) -> Page[HistoryEntry]:
    """What was done to a ticket, as far as a key sees it, in the order it was recorded.

    Raises:
        NotFound: there is no such ticket.
    """
    await _require(connection, ticket_id)
    statement = queries.HISTORY_ENTRIES.where(ticket_history.c.ticket_id == ticket_id, *told_to(own))
    ordered = paging.order(asked.sort, {"number": ticket_history.c.number}, "number", ticket_history.c.ticket_id)
    rows, cursor = await paging.fetch(connection, statement, asked, ordered)
    return Page([HistoryEntry(**{name: row[name] for name in _HISTORY_FIELDS}) for row in rows], cursor)


async def clocks(connection: AsyncConnection, ticket_id: UUID, as_of: datetime) -> Clocks:
    """The clocks of a ticket at any instant, told from its history.

    Raises:
        NotFound: there is no such ticket.
    """
    history = await recorded_history(connection, ticket_id)
    known = await recorded_agreements(connection, [history])
    found = replayed_at(*told(history, known), as_of)
    return Clocks(as_of, [clock_answer(clock) for clock in found])


async def sla_explanation(connection: AsyncConnection, ticket_id: UUID) -> SlaExplanation:
    """Which agreement each leg has, and why.

    Raises:
        NotFound: there is no such ticket.
    """
    legs = (await connection.execute(queries.LEGS, {"ticket_id": ticket_id})).mappings().all()
    if not legs:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    return SlaExplanation(
        ticket_id,
        [
            LegExplanation(
                leg["number"],
                leg["department_id"],
                leg["started_at"],
                leg["sla_id"],
                leg["sla_version"],
                leg["sla_explanation"],
            )
            for leg in legs
        ],
    )


async def _require(connection: AsyncConnection, ticket_id: UUID) -> None:
    if (await connection.execute(queries.EXISTS, {"ticket_id": ticket_id})).first() is None:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
