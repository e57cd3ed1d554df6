"""What the ripple reports are made of: stored analyses of a period, or live ones of what is open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.reports import Period, PeriodQuery
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.instants import seconds
from app.ripple.engine.totals import Place
from app.ripple.keeping.assessing import assess
from app.ripple.loading import History, load
from app.ripple.naming import Named, Names, names_of
from app.ripple.reports import report_queries as queries
from app.ripple.reports.adding_up import Addition, Axis
from app.ripple.reports.choosing import conditions
from app.ripple.reports.columns import (
    NO_VALUES,
    AnnualValues,
    Columns,
    Mask,
    Pieces,
    columns_of,
    joined,
    numbered,
    packed_annual_values,
    piece_of,
    uuids,
)
from app.ripple.reports.grouping import Facts, axes_of
from app.ripple.reports.known_places import places_of
from app.ripple.reports.placing import PlaceTable, table_of
from app.ripple.reports.stored_columns import awaiting_analysis, delivered_columns

_ANALYSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Read:
    """What a report is made of: columns, the places they speak of, and which of these count (None: all)."""

    columns: Columns
    table: PlaceTable
    counted: Mask | None
    names: Names
    annual_values: AnnualValues
    awaiting: int

    def added_up(self, dimensions: Sequence[str], facts: Facts) -> Addition:
        """By these dimensions; `edge` must have been taken apart."""
        return self.by(axes_of(dimensions, self.columns, self.table, facts))

    def by(self, axes: Sequence[Axis]) -> Addition:
        return Addition(self.columns, axes, self.counted, self.annual_values)


async def read_for(work: Work, asked: PeriodQuery, period: Period, *, still_open: bool = False) -> Read:
    """What was delivered in a period, or is still open as of now, and fulfils the conditions."""
    connection = work.connection
    if still_open:
        pieces, ids = await _analysed_now(work, asked)
        names, awaiting = await names_of(connection), 0
        columns, table = columns_of(pieces), table_of(ids)
    else:
        database = work.replica or work.database
        columns = await delivered_columns(database, connection, asked, period)
        names, awaiting = await names_of(connection), await awaiting_analysis(connection, asked, period)
        table = await places_of(database, connection, names, columns.places)
    annual_values = await _annual_values(connection, columns)
    return Read(columns, table, _counted(asked, table, names), names, annual_values, awaiting)


async def _analysed_now(work: Work, asked: PeriodQuery) -> tuple[Pieces, dict[Place, int]]:
    """What is open, analysed in small parts, so that other analyses get their turn."""
    histories = iter(await load(work.connection, commitments.c.status == "open", *conditions(asked)))
    ids: dict[Place, int] = {}
    pieces: list[Pieces] = []
    while some := await compute(_analyse_some, histories, work.now, ids):
        pieces.append(some)
    return joined(pieces), ids


def _analyse_some(histories: Iterator[History], now: datetime, ids: dict[Place, int]) -> Pieces | None:
    some = [piece_of(assess(each, now), seconds(now), ids) for each in islice(histories, _ANALYSED_AT_ONCE)]
    return joined(some) if some else None


def _counted(asked: PeriodQuery, table: PlaceTable, names: Names) -> Mask | None:
    """Which places count by the filters that tell tickets apart; None when none is stated."""
    departments = {
        "party": asked.department_id,
        "requester": asked.requester_department_id,
        "provider": asked.provider_department_id,
    }
    kinds = {"request_type_id": asked.request_type_id, "priority": asked.priority}
    # Nobody has an empty key.
    wanted: dict[str, Any] = {
        side: names.department_keys.get(id_, "") for side, id_ in departments.items() if id_ is not None
    }
    wanted |= {side: value for side, value in kinds.items() if value is not None}
    return table.where(wanted) if wanted else None


async def _annual_values(connection: AsyncConnection, columns: Columns) -> AnnualValues:
    """Of the customers who felt something with a commitment that states no value."""
    _, asked = numbered(columns.customer_ids[(columns.lateness > columns.plan) & (columns.worth.digits < 0)])
    if len(asked) == 0:
        return NO_VALUES
    packed = {"ids": asked.astype(">u8").tobytes(), "last": len(asked) - 1}
    return packed_annual_values(*(await connection.execute(queries.ANNUAL_VALUES, packed)).one())


async def facts_about(connection: AsyncConnection, read: Read, dimensions: Sequence[str]) -> Facts:
    """What else must be known for grouping by these dimensions: a statement for customers, and one for tiers."""
    named: dict[UUID, Named] = {}
    tiers: dict[UUID, str | None] = {}
    if "customer" in dimensions:
        ids = uuids(numbered(read.columns.customer_ids)[1])
        for row in await connection.execute(queries.CUSTOMER_NAMES, {"customer_ids": ids}):
            named[row.id] = Named(row.id, row.external_ref, row.name)
    if "customer_tier" in dimensions:
        for row in await connection.execute(queries.TIERS):
            tiers |= dict.fromkeys(row.ids, row.tier)
    return Facts(read.names, named, tiers)
