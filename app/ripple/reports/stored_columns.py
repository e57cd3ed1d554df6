"""The stored analyses of a period, in columns: whole days as they were put together, else row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.kernel.reports import Period, PeriodQuery
from app.ripple.computing import compute
from app.ripple.engine.instants import seconds
from app.ripple.reports import report_queries as queries
from app.ripple.reports.choosing import conditions
from app.ripple.reports.columns import Columns, columns_of, narrowed
from app.ripple.reports.ids import found_in, halves
from app.ripple.reports.known_days import Day, KnownDays, known_days
from app.ripple.reports.pieces import Pieces, joined
from app.ripple.tables import DAY_COLUMNS, ripple_analyses


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was delivered in a period, is analysed and fulfils the conditions; and how many commitments were read."""

    columns: Columns
    read: int


async def delivered(database: Database, connection: AsyncConnection, asked: PeriodQuery, period: Period) -> Delivered:
    """The commitments delivered in the period that fulfil the conditions on commitments: at most three statements."""
    chosen = list(conditions(asked))
    if chosen and not _by_tier_alone(asked, chosen):
        within = (ripple_analyses.c.delivered_at >= period.start, ripple_analyses.c.delivered_at < period.before)
        pieces = await _pieces(connection, queries.PIECES.where(*within, *chosen), {})
        columns = await compute(lambda: columns_of(pieces))
        return Delivered(columns, len(columns))
    columns = await _of_days(database, connection, period)
    if not chosen:
        return Delivered(columns, len(columns))
    ids = (await connection.execute(queries.IN_TIER, {"tier": asked.customer_tier})).scalar_one()
    return Delivered(await compute(_in_tier, columns, ids), len(columns))


async def awaiting(connection: AsyncConnection, asked: PeriodQuery, period: Period, found: Delivered) -> int:
    """How many of those commitments have no analysis, or one to be done again: at most two statements."""
    chosen = list(conditions(asked))
    if not chosen or _by_tier_alone(asked, chosen):
        times = {"start": period.start, "before": period.before}
        there, again = (await connection.execute(queries.THERE, times)).one()
        # What was analysed since the columns were read is not in them.
        missing: int = max(0, there - found.read + again)
        if not missing or not chosen:
            return missing
    return await _number(connection, queries.awaiting(period, chosen), {})


def _by_tier_alone(asked: PeriodQuery, chosen: Sequence[Any]) -> bool:
    """A tier is a large part of all customers: reading its rows would take longer than whole days."""
    return asked.customer_tier is not None and len(chosen) == 1


def _in_tier(columns: Columns, ids: bytes) -> Columns:
    numbers, customers = columns.customers
    return narrowed(columns, (found_in(customers, halves(ids)) >= 0)[numbers])


async def _of_days(database: Database, connection: AsyncConnection, period: Period) -> Columns:
    asked = {"first": _day(period.start), "last": _day(period.before - timedelta(seconds=1))}
    states = (await connection.execute(queries.STATES, asked)).all()
    fresh = {row.day: row.made for row in states if row.stale_since is None}
    known = known_days(database)
    read = await known.read(connection, fresh)
    stale = [row.day for row in states if row.day not in read]
    rows = await _pieces(connection, queries.OF_DAYS, {"days": stale}) if stale else None
    return await compute(_columns, known, read.values(), rows, period)


def _columns(known: KnownDays, days: Iterable[Day], rows: Pieces | None, period: Period) -> Columns:
    columns = known.columns(days) if rows is None else columns_of(joined([*(pieces for _, pieces in days), rows]))
    at = columns.delivered_at
    return narrowed(columns, (at >= seconds(period.start)) & (at < seconds(period.before)))


async def _pieces(connection: AsyncConnection, statement: Executable, asked: dict[str, Any]) -> Pieces:
    row = (await connection.execute(statement, asked)).one()
    return Pieces(*(getattr(row, name) for name in DAY_COLUMNS))


async def _number(connection: AsyncConnection, statement: Executable, asked: dict[str, Any]) -> int:
    return int((await connection.execute(statement, asked)).scalar_one())


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
