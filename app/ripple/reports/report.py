"""The ripple report: how much of what departments overran, or let others wait, did customers feel, by group."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.kernel.reports import MOST_ROWS, Report, Row, check_size, fields_of, parts
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.totals import Sums
from app.ripple.naming import Names
from app.ripple.reports.axes import Group
from app.ripple.reports.grouping import Facts, groups_told, in_order
from app.ripple.reports.intervals import intervals
from app.ripple.reports.reading import Read, customers_named, facts_about, read_for
from app.ripple.reports.ripple_schemas import (
    MOST_ROWS_WITH_INTERVALS,
    ROWS,
    RippleQuery,
    RippleRow,
    RippleTotals,
    UnfitPromises,
)


@dataclass(frozen=True, slots=True)
class _Found:
    """The groups that are told, in order, with their figures; and those of all."""

    groups: list[Group]
    figures: list[RippleRow]
    totals: RippleTotals


async def ripple_report(work: Work, asked: RippleQuery, *, all_rows: bool) -> Report[RippleRow, RippleTotals]:
    """The report that is asked for, in at most ten statements, however many commitments there are.

    With `all_rows` a limit that is left out is none.

    Raises:
        Invalid: there are more rows than a report may have.
    """
    period = asked.period(work.now)
    read = await read_for(work, asked, period, still_open=asked.status == "open")
    dimensions = parts(asked.dimensions)
    facts = await facts_about(work.connection, read, dimensions)
    found = await compute(_added_up, read, dimensions, facts, asked, asked.limit or (None if all_rows else ROWS))
    if "customer" in dimensions:
        place = dimensions.index("customer")
        named = await customers_named(work.connection, {group[place] for group in found.groups})
        facts = Facts(facts.names, named)
    groups = groups_told(dimensions, found.groups, facts)
    rows = [Row(group, figures) for group, figures in zip(groups, found.figures, strict=True)]
    return Report(period, asked.dimensions, RippleRow, rows, found.totals)


def _added_up(read: Read, dimensions: tuple[str, ...], facts: Facts, asked: RippleQuery, limit: int | None) -> _Found:
    addition = read.added_up(dimensions, facts)
    told = min(len(addition), limit or len(addition))
    check_size(told, MOST_ROWS_WITH_INTERVALS if asked.intervals else MOST_ROWS)
    chosen = in_order(dimensions, addition, limit)
    rows, over_all = addition.rows_as(RippleRow, chosen), fields_of(addition.totals())
    if asked.intervals:
        *sure, sure_over_all = intervals(addition.delays(), addition.by_chance(), chosen)
        rows = [replace(row, **fields_of(interval)) for row, interval in zip(rows, sure, strict=True)]
        over_all |= fields_of(sure_over_all)
    totals = _totals(over_all, addition.sums(asked.status != "open", asked.pairs), read, len(addition), asked.pairs)
    return _Found(addition.groups(chosen), rows, totals)


def _totals(figures: dict[str, Any], sums: Sums, read: Read, groups: int, pairs: int) -> RippleTotals:
    return RippleTotals(
        **figures,
        groups=groups,
        commitments=sums.commitments,
        delivered=sums.delivered,
        late=sums.late,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
        unpromised_seconds=sums.unpromised_seconds,
        promises_impossible=sums.promises_impossible,
        pairs_that_do_not_fit=sums.unfit_pairs,
        promises_that_do_not_fit=_told(sums, read.names)[:pairs],
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
