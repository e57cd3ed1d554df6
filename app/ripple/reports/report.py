"""The ripple report: how much of what departments overran, or let others wait, did customers feel, by group."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from app.kernel.reports import MOST_ROWS, Report, Row, check_size, parts
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.totals import RippleFigures, Sums
from app.ripple.naming import Names
from app.ripple.reports.grouping import Facts, group_told, in_order
from app.ripple.reports.intervals import Interval, intervals
from app.ripple.reports.reading import Read, facts_about, read_for
from app.ripple.reports.ripple_schemas import (
    MOST_ROWS_WITH_INTERVALS,
    RippleQuery,
    RippleRow,
    RippleTotals,
    UnfitPromises,
)


async def ripple_report(work: Work, asked: RippleQuery) -> Report[RippleRow, RippleTotals]:
    """The report that is asked for, in at most eleven statements, however many commitments there are."""
    period = asked.period(work.now)
    read = await read_for(work, asked, period, still_open=asked.status == "open")
    dimensions = parts(asked.dimensions)
    facts = await facts_about(work.connection, read, dimensions)
    rows, totals = await compute(_added_up, read, dimensions, facts, asked)
    return Report(period, asked.dimensions, RippleRow, rows, totals)


def _added_up(
    read: Read, dimensions: tuple[str, ...], facts: Facts, asked: RippleQuery
) -> tuple[list[Row[RippleRow]], RippleTotals]:
    addition = read.added_up(dimensions, facts)
    check_size(len(addition), MOST_ROWS_WITH_INTERVALS if asked.intervals else MOST_ROWS)
    groups, figures = addition.groups(), [*addition.rows(), addition.totals()]
    sure = intervals(addition.delays(), len(addition)) if asked.intervals else [None] * len(figures)
    *told, over_all = [_figures(each, interval) for each, interval in zip(figures, sure, strict=True)]
    weights = [(each.outward_seconds, each.delay_seconds) for each in figures]
    rows = [
        Row(group_told(dimensions, groups[number], facts), RippleRow(**told[number]))
        for number in in_order(dimensions, groups, weights)
    ]
    return rows, _totals(over_all, addition.sums(delivered=asked.status != "open"), read)


def _figures(figures: RippleFigures, interval: Interval | None) -> dict[str, Any]:
    return _fields(figures) | ({} if interval is None else _fields(interval))


def _fields(told: Any) -> dict[str, Any]:
    return {field.name: getattr(told, field.name) for field in fields(told)}


def _totals(figures: dict[str, Any], sums: Sums, read: Read) -> RippleTotals:
    return RippleTotals(
        **figures,
        commitments=sums.commitments,
        delivered=sums.delivered,
        late=sums.late,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
        unpromised_seconds=sums.unpromised_seconds,
        promises_impossible=sums.promises_impossible,
        promises_that_do_not_fit=_told(sums, read.names),
        delay_multiplier=sums.delay_multiplier,
        awaiting_analysis=read.awaiting,
    )


def _told(sums: Sums, names: Names) -> list[UnfitPromises]:
    """The most first, then by name."""
    told = [
        UnfitPromises(
            sla_id=unfit.sla_id,
            sla_name=_name(names.slas, unfit.sla_id),
            blocker_sla_id=unfit.blocker_sla_id,
            blocker_sla_name=_name(names.slas, unfit.blocker_sla_id),
            promises=unfit.promises,
        )
        for unfit in sums.unfit
    ]
    return sorted(told, key=lambda each: (-each.promises, each.sla_name or "", each.blocker_sla_name or ""))


def _name(names: Mapping[UUID, str], id_: UUID | None) -> str | None:
    return None if id_ is None else names[id_]
