"""The stored analyses of a period, in columns: whole days as they were put together, else row by row."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.kernel.reports import Period, PeriodQuery
from app.ripple.computing import compute
from app.ripple.engine.instants import seconds
from app.ripple.reports import report_queries as queries
from app.ripple.reports.choosing import conditions
from app.ripple.reports.columns import Columns, Pieces, columns_of, halves, joined, members, narrowed
from app.ripple.reports.known_days import known_days
from app.ripple.tables import DAY_COLUMNS, ripple_analyses


async def delivered_columns(
    database: Database, connection: AsyncConnection, asked: PeriodQuery, period: Period
) -> Columns:
    """The commitments delivered in the period that fulfil the conditions on commitments: at most three statements."""
    chosen = list(conditions(asked))
    # A tier is a large part of all customers: reading its rows would take longer than whole days.
    by_tier_alone = asked.customer_tier is not None and len(chosen) == 1
    if chosen and not by_tier_alone:
        return await compute(_columns, [await _chosen(connection, period, chosen)], period)
    columns = await compute(_columns, await _days(database, connection, period), period)
    if not by_tier_alone:
        return columns
    ids = (await connection.execute(queries.IN_TIER, {"tier": asked.customer_tier})).scalar_one()
    return await compute(lambda: narrowed(columns, members(columns.customer_ids, halves(ids))))


async def awaiting_analysis(connection: AsyncConnection, asked: PeriodQuery, period: Period) -> int:
    """How many of them have no analysis yet, or one that is to be done again."""
    statement = queries.awaiting(period, list(conditions(asked)))
    return int((await connection.execute(statement)).scalar_one())


def _columns(pieces: Sequence[Pieces], period: Period) -> Columns:
    columns = columns_of(joined(pieces))
    at = columns.delivered_at
    return narrowed(columns, (at >= seconds(period.start)) & (at < seconds(period.before)))


async def _chosen(connection: AsyncConnection, period: Period, chosen: Sequence[ColumnElement[bool]]) -> Pieces:
    delivered = (ripple_analyses.c.delivered_at >= period.start, ripple_analyses.c.delivered_at < period.before)
    return await _pieces(connection, queries.PIECES.where(*delivered, *chosen), {})


async def _days(database: Database, connection: AsyncConnection, period: Period) -> list[Pieces]:
    asked = {"first": _day(period.start), "last": _day(period.before - timedelta(seconds=1))}
    states = (await connection.execute(queries.STATES, asked)).all()
    fresh = {row.day: row.made for row in states if row.stale_since is None}
    read = await known_days(database).read(connection, fresh)
    pieces = list(read.values())
    stale = [row.day for row in states if row.day not in read]
    if stale:
        pieces.append(await _pieces(connection, queries.OF_DAYS, {"days": stale}))
    return pieces


async def _pieces(connection: AsyncConnection, statement: Executable, asked: dict[str, Any]) -> Pieces:
    row = (await connection.execute(statement, asked)).one()
    return Pieces(*(getattr(row, name) for name in DAY_COLUMNS))


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
