"""The stored analyses of a period, in columns: whole days as they were put together, else row by row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.reports import Period, ReportQuery
from app.ripple import report_queries as queries
from app.ripple.choosing import conditions
from app.ripple.columns import Columns, Pieces, columns_of, joined, narrowed
from app.ripple.computing import compute
from app.ripple.instants import seconds
from app.ripple.tables import DAY_COLUMNS, ripple_analyses


async def delivered_columns(connection: AsyncConnection, asked: ReportQuery, period: Period) -> Columns:
    """The commitments delivered in the period that fulfil the conditions on commitments: in at most two statements."""
    chosen = list(conditions(asked))
    rows = await _chosen_rows(connection, period, chosen) if chosen else await _days(connection, period)
    return await compute(_columns, rows, period)


async def awaiting_analysis(connection: AsyncConnection, asked: ReportQuery, period: Period) -> int:
    """How many of them have no analysis yet, or one that is to be done again."""
    statement = queries.awaiting(period, list(conditions(asked)))
    number: int = (await connection.execute(statement)).scalar_one()
    return number


def _columns(rows: Sequence[Row[Any]], period: Period) -> Columns:
    pieces = [Pieces(*(getattr(row, name) for name in DAY_COLUMNS)) for row in rows]
    columns = columns_of(joined(pieces))
    at = columns.delivered_at
    return narrowed(columns, (at >= seconds(period.start)) & (at < seconds(period.before)))


async def _chosen_rows(
    connection: AsyncConnection, period: Period, chosen: Sequence[ColumnElement[bool]]
) -> list[Row[Any]]:
    delivered = (ripple_analyses.c.delivered_at >= period.start, ripple_analyses.c.delivered_at < period.before)
    statement = queries.PIECES.where(*delivered, *chosen)
    return [*await connection.execute(statement)]


async def _days(connection: AsyncConnection, period: Period) -> list[Row[Any]]:
    first, last = _day(period.start), _day(period.before - timedelta(seconds=1))
    days = (await connection.execute(queries.DAYS, {"first": first, "last": last})).all()
    rows = [row for row in days if row.stale_since is None]
    stale = [row.day for row in days if row.stale_since is not None]
    if stale:
        rows += (await connection.execute(queries.OF_DAYS, {"days": stale})).all()
    return rows


def _day(at: datetime) -> Any:
    return at.astimezone(UTC).date()
