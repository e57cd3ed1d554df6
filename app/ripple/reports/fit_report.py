"""Which service levels do not fit: the engine's verdict on every promise that others' work stands beneath."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from app.commitments.tables import commitments
from app.kernel.reports import MOST_ROWS, Report, Row, check_size, fields_of, parts
from app.kernel.work import Work
from app.ripple.computing import compute, meanwhile
from app.ripple.engine.fitting import Terms
from app.ripple.engine.totals import Place
from app.ripple.keeping.packed_fits import FIT_BYTES, pack_fits
from app.ripple.keeping.stored import placed_fits
from app.ripple.keeping.terms import terms_of
from app.ripple.loading import StoredHistories
from app.ripple.naming import Names, names_of
from app.ripple.reports.axes import Group
from app.ripple.reports.choosing import conditions, in_batches
from app.ripple.reports.columns import Fits, fits_of
from app.ripple.reports.fit import FitAddition, FitFigures
from app.ripple.reports.grouping import Facts, axes_of_places, groups_told, ranks
from app.ripple.reports.ids import Ints, Mask
from app.ripple.reports.known_places import places_of
from app.ripple.reports.placing import PlaceTable, table_of
from app.ripple.reports.reading import awaiting_analysis
from app.ripple.reports.ripple_schemas import ROWS, FitQuery, FitTotals
from app.ripple.reports.stored_columns import Delivered, delivered


@dataclass(frozen=True, slots=True)
class _Read:
    """What the report is made of."""

    fits: Fits
    table: PlaceTable
    names: Names
    delivered: Delivered | None
    """Where the fits are from, unless they are of what is open."""


async def fit_report(work: Work, asked: FitQuery, *, all_rows: bool) -> Report[FitFigures, FitTotals]:
    """The report that is asked for, in at most eight statements; of what is open, in as many for each batch.

    With `all_rows` a limit that is left out is none.

    Raises:
        Invalid: there are more rows than a report may have.
    """
    period, dimensions = asked.period(work.now), parts(asked.dimensions)
    if asked.status == "open":
        read = await _open(work, asked)
    else:
        database = work.replica or work.database
        found = await delivered(database, work.connection, asked, period)
        names, fits = await names_of(work.connection), found.columns.fits
        table = await places_of(database, work.connection, names, fits.used_places)
        read = _Read(fits, table, names, found)
    limit = asked.limit or (None if all_rows else ROWS)
    (groups, figures, totals), awaiting = await meanwhile(
        compute(_added_up, read, asked, dimensions, limit), awaiting_analysis(work, asked, period, read.delivered)
    )
    told = groups_told(dimensions, groups, Facts(read.names))
    rows = [Row(group, each) for group, each in zip(told, figures, strict=True)]
    return Report(period, asked.dimensions, FitFigures, rows, totals(awaiting_analysis=awaiting))


async def _open(work: Work, asked: FitQuery) -> _Read:
    """What is not delivered yet, as of now."""
    ids: dict[Place, int] = {}
    packed = bytearray()
    async for stored in in_batches(work.connection, commitments.c.status == "open", *conditions(asked)):
        packed += await compute(_packed, stored, await terms_of(work.connection, stored), work.now, ids)
    fits = fits_of(packed, np.zeros(len(packed) // FIT_BYTES, np.int64))
    return _Read(fits, table_of(ids), await names_of(work.connection), None)


def _packed(stored: StoredHistories, terms: Mapping[str, Terms], now: datetime, ids: dict[Place, int]) -> bytes:
    """Costs time by the ticket: not for the event loop. Places not yet in `ids` get one there."""
    fits = [fit for history in stored for fit in placed_fits(history, now, terms)]
    for fit in fits:
        for place in fit.places:
            ids.setdefault(place, len(ids) + 1)
    return pack_fits(fits, ids)


def _added_up(
    read: _Read, asked: FitQuery, dimensions: Sequence[str], limit: int | None
) -> tuple[list[Group], list[FitFigures], Callable[..., FitTotals]]:
    """The groups that are told with their figures, and totals but for what awaits its analysis."""
    addition = FitAddition(read.fits, axes_of_places(dimensions, read.table), _counted(read, asked))
    check_size(min(len(addition), limit or len(addition)), MOST_ROWS)
    figures = addition.rows()
    chosen = _in_order(addition, figures)[:limit]
    totals = partial(FitTotals, **fields_of(addition.totals()), groups=len(addition))
    return addition.groups(chosen), [figures[number] for number in chosen.tolist()], totals


def _counted(read: _Read, asked: FitQuery) -> Mask | None:
    """Which places count; None when all do. A place's requester is the blocked ticket's provider."""
    keys = read.names.department_keys
    departments = {"requester": asked.requester_department_id, "provider": asked.provider_department_id}
    # Nobody has an empty key.
    wanted: dict[str, Any] = {side: keys.get(id_, "") for side, id_ in departments.items() if id_ is not None}
    kinds = {"request_type_id": asked.request_type_id, "priority": asked.priority}
    wanted |= {side: value for side, value in kinds.items() if value is not None}
    if asked.department_id is None and not wanted:
        return None
    counted = read.table.where(wanted)
    if asked.department_id is None:
        return counted
    key = keys.get(asked.department_id, "")
    return counted & (read.table.where({"requester": key}) | read.table.where({"provider": key}))


def _in_order(addition: FitAddition, figures: Sequence[FitFigures]) -> Ints:
    """What fits least first, then what there is most of, then by name."""
    named = [ranks(axis.values)[number] for axis, number in zip(addition.axes, addition.numbers(), strict=True)]
    shares = np.array([figure.share_impossible or 0.0 for figure in figures])
    tickets = np.array([figure.tickets for figure in figures])
    return np.lexsort((*named[::-1], -tickets, -shares))
