"""Storing whole lives of tickets at once, copied into the tables: see `whole_lives` for what they say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.ids import new_id
from app.kernel.outbox import events
from app.service_levels.agreements import Offers
from app.tickets.tables import (
    ticket_clocks,
    ticket_dependencies,
    ticket_feedback,
    ticket_history,
    ticket_legs,
    ticket_waits,
    tickets,
)
from app.tickets.whole_lives import Blockers, Chooser, Sheets, Told, WholeLife, Writing

_NUMBERS = text(
    "select nextval(pg_get_serial_sequence('tickets', 'number')) from generate_series(1, cast(:count as bigint))"
)


async def store_lives(
    connection: AsyncConnection, lives: Sequence[WholeLife], offered: Offers, now: datetime
) -> list[Told]:
    """Stores tickets with all that belongs to them, recorded `now`, and gives the events to tell, ticket by ticket.

    `offered` are the SLAs of every department that has one of the tickets. Numbers follow the order of the lives; the
    events of the last one come first, so that in a stable sort by time a blocker's end precedes what it set going.

    Raises:
        Refused: a life does something that is not possible.
    """
    numbers = (await connection.execute(_NUMBERS, {"count": len(lives)})).scalars().all()
    blockers, chooser, sheets = Blockers(lives), Chooser(offered), Sheets()
    told = [
        Writing(life, number, blockers.meanwhile(life.id), chooser).write(sheets, now)
        for life, number in zip(lives, numbers, strict=True)
    ]
    for table, rows in (
        (tickets, sheets.tickets),
        (ticket_legs, sheets.legs),
        (ticket_waits, sheets.waits),
        (ticket_history, sheets.history),
        (ticket_clocks, sheets.clocks),
        (ticket_dependencies, sheets.dependencies),
        (ticket_feedback, sheets.feedback),
    ):
        await copy(connection, table, rows)
    return [event for of_ticket in reversed(told) for event in of_ticket]


async def store_events(connection: AsyncConnection, told: Iterable[Told]) -> None:
    """Writes events into the feed, in their order."""
    columns = ("id", *Told._fields)
    await copy(connection, events, [dict(zip(columns, (new_id(), *event), strict=True)) for event in told])


async def copy(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Copies rows, all with the same columns, into a table. What is JSON in the database is a string of it here."""
    if rows:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        records = (tuple(row.values()) for row in rows)
        await driver.copy_records_to_table(table.name, columns=tuple(rows[0]), records=records)
