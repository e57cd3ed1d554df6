"""What the ripple reports are made of: stored analyses of a period, or live ones of what is open."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.reports import Period, PeriodQuery
from app.kernel.work import Work
from app.ripple.computing import compute_in_parts
from app.ripple.engine.instants import seconds
from app.ripple.engine.totals import Place
from app.ripple.keeping.assessing import assess
from app.ripple.loading import History, load
from app.ripple.naming import Named, Names, names_of
from app.ripple.reports import report_queries as queries
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.axes import Axis
from app.ripple.reports.choosing import conditions
from app.ripple.reports.columns import Columns, columns_of
from app.ripple.reports.grouping import Facts, axes_of
from app.ripple.reports.ids import ID_BYTES, Mask
from app.ripple.reports.known_places import places_of
from app.ripple.reports.money import NO_PACKED_VALUES
from app.ripple.reports.pieces import Pieces, joined, piece_of
from app.ripple.reports.placing import PlaceTable, table_of
from app.ripple.reports.stored_columns import Delivered, awaiting, delivered

_ANALYSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Read:
    """What a report is made of: columns, the places they speak of, and which of these count (None: all)."""

    columns: Columns
    table: PlaceTable
    counted: Mask | None
    names: Names
    delivered: Delivered | None
    """Where the columns are from, unless they are of what is open."""

    def added_up(self, dimensions: Sequence[str], facts: Facts) -> Addition:
        """By these dimensions; `edge` must have been taken apart."""
        return self.by(axes_of(dimensions, self.columns, self.table, facts))

    def by(self, axes: Sequence[Axis]) -> Addition:
        return Addition(self.columns, axes, self.counted)


async def read_for(work: Work, asked: PeriodQuery, period: Period, *, still_open: bool = False) -> Read:
    """What was delivered in a period, or is still open as of now, and fulfils the conditions."""
    connection = work.connection
    if still_open:
        pieces, ids = await _analysed_now(work, asked)
        found, names = None, await names_of(connection)
        columns, table = columns_of(pieces), table_of(ids)
    else:
        database = work.replica or work.database
        found = await delivered(database, connection, asked, period)
        columns, names = found.columns, await names_of(connection)
        table = await places_of(database, connection, names, columns.places)
    return Read(columns, table, _counted(asked, table, names), names, found)


async def awaiting_analysis(work: Work, asked: PeriodQuery, period: Period, found: Delivered | None) -> int:
    """How many commitments a report lacks, or has as they were: of what is open, none."""
    return 0 if found is None else await awaiting(work.connection, asked, period, found)


async def _analysed_now(work: Work, asked: PeriodQuery) -> tuple[Pieces, dict[Place, int]]:
    histories = await load(work.connection, commitments.c.status == "open", *conditions(asked))
    ids: dict[Place, int] = {}
    return joined(await compute_in_parts(_ANALYSED_AT_ONCE, histories, _analyse_some, work.now, ids)), ids


def _analyse_some(histories: Sequence[History], now: datetime, ids: dict[Place, int]) -> Pieces:
    return joined([piece_of(assess(each, now), seconds(now), ids) for each in histories])


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


async def annual_values(connection: AsyncConnection, columns: Columns) -> Sequence[bytes]:
    """Of the customers who felt something with a commitment that states no value: packed."""
    ids = columns.customers_to_value
    if not ids:
        return NO_PACKED_VALUES
    asked = {"ids": ids, "last": len(ids) // ID_BYTES - 1}
    return tuple((await connection.execute(queries.ANNUAL_VALUES, asked)).one())


async def facts_about(connection: AsyncConnection, read: Read, dimensions: Sequence[str]) -> Facts:
    """What else must be known for grouping by these dimensions: for tiers, one statement."""
    if "customer_tier" not in dimensions:
        return Facts(read.names)
    rows = await connection.execute(queries.TIERS)
    return Facts(read.names, tiers={row.tier: row.ids for row in rows})


async def customers_named(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Named]:
    """These customers, by their ids: in one statement."""
    rows = await connection.execute(queries.CUSTOMER_NAMES, {"customer_ids": list(ids)})
    return {id_: Named(id_, key, name) for id_, key, name in rows}
