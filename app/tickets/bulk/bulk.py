"""Storing whole lives of tickets at once, copied into the tables: see `whole_lives` for what they say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.ids import new_id
from app.kernel.outbox import events
from app.service_levels.agreements import Offers
from app.tickets.bulk.sheets import TABLES, Sheets, Told
from app.tickets.bulk.writing import Chooser, Writer
from app.tickets.life.whole_lives import Blockers, Name, WholeLife

_NUMBERS = text(
    "select nextval(pg_get_serial_sequence('tickets', 'number')) from generate_series(1, cast(:count as bigint))"
)


async def store_lives(
    connection: AsyncConnection,
    lives: Sequence[WholeLife[Name]],
    departments: Mapping[Name, UUID],
    members: Mapping[Name, UUID],
    offered: Offers,
    now: datetime,
) -> list[Told]:
    """Stores tickets with all that belongs to them, recorded `now`, and gives the events to tell, ticket by ticket.

    `offered` are the SLAs of every department that has one of the tickets. Numbers follow the order of the lives; the
    events of the last one come first, so that in a stable sort by time a blocker's end precedes what it set going.

    Raises:
        Refused: a life does something that is not possible.
    """
    numbers = await new_numbers(connection, len(lives))
    blockers, sheets = Blockers(lives), Sheets()
    writer = Writer(Chooser(offered), departments, members, now)
    told = [
        writer.write(sheets, life, number, blockers.meanwhile(life.id))
        for life, number in zip(lives, numbers, strict=True)
    ]
    await copy_sheets(connection, sheets)
    return [event for of_ticket in reversed(told) for event in of_ticket]


async def new_numbers(connection: AsyncConnection, count: int) -> list[int]:
    """So many numbers for new tickets."""
    return list((await connection.execute(_NUMBERS, {"count": count})).scalars()) if count else []


async def copy_sheets(connection: AsyncConnection, sheets: Sheets, *left_out: str) -> None:
    """Stores the rows of all sheets but those left out."""
    for name, table, columns in TABLES:
        if name not in left_out:
            await copy(connection, table, columns, getattr(sheets, name))


async def store_events(connection: AsyncConnection, told: Iterable[Told]) -> None:
    """Writes events into the feed, in their order."""
    await copy(connection, events, ("id", *Told._fields), ((new_id(), *event) for event in told))


async def copy(
    connection: AsyncConnection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Copies rows of these columns into a table. What is JSON in the database is a string of it here."""
    if isinstance(rows, list) and not rows:
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(table.name, columns=columns, records=rows)
