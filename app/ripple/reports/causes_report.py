"""The causes that made commitments late, or were absorbed, with names; and a department's line of a scorecard."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from app.kernel.reports import Report, Row
from app.kernel.work import Work
from app.ripple.computing import compute, meanwhile
from app.ripple.reports import report_queries as queries
from app.ripple.reports.grouping import Facts, groups_told
from app.ripple.reports.reading import Read, awaiting_analysis, read_for
from app.ripple.reports.report_schemas import (
    CauseExample,
    CauseFigures,
    CausesQuery,
    CauseTotals,
    ScorecardQuery,
    ScorecardTotals,
)
from app.ripple.reports.scorecard import ScorecardLine, scorecard_line
from app.ripple.reports.top_causes import Cause, Causes, axes_of_causes, top_causes

TOLD_BY = ("department", "kind", "requester", "provider", "request_type")
"""What tells a cause."""


async def causes_report(work: Work, asked: CausesQuery) -> Report[CauseFigures, CauseTotals]:
    """The causes that cost most, in at most ten statements."""
    period = asked.period(work.now)
    read = await read_for(work, asked, period)
    (found, totals), awaiting = await meanwhile(
        compute(_causes, read, asked), awaiting_analysis(work, asked, period, read.delivered)
    )
    ids = [example.commitment_id for cause in found.causes for example in cause.examples]
    titles = {row.id: row.title for row in await work.connection.execute(queries.TITLES, {"ids": ids})}
    groups = groups_told(TOLD_BY, [cause.group for cause in found.causes], Facts(read.names))
    rows = [
        Row(group, _figures(cause, found.seconds, titles)) for group, cause in zip(groups, found.causes, strict=True)
    ]
    return Report(period, TOLD_BY, CauseFigures, rows, totals(awaiting_analysis=awaiting))


def _causes(read: Read, asked: CausesQuery) -> tuple[Causes, Callable[..., CauseTotals]]:
    """The causes, and their totals but for what awaits its analysis."""
    addition = read.by(axes_of_causes(read.table))
    found = top_causes(addition, read.table, read.columns, asked.of, asked.limit)
    figures, sums = addition.totals(), addition.sums(delivered=True, most_unfit=0)
    return found, partial(
        CauseTotals,
        seconds=found.seconds,
        delay_seconds=figures.delay_seconds,
        outward_seconds=figures.outward_seconds,
        absorbed_seconds=figures.absorbed_seconds,
        commitments=sums.commitments,
        late=sums.late,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
    )


def _figures(cause: Cause, over_all: int, titles: Mapping[UUID, str]) -> CauseFigures:
    return CauseFigures(
        seconds=cause.seconds,
        share=cause.seconds / over_all,
        delay_seconds=cause.figures.delay_seconds,
        outward_seconds=cause.figures.outward_seconds,
        absorbed_seconds=cause.figures.absorbed_seconds,
        tickets=cause.tickets,
        commitments_delayed=cause.figures.commitments_delayed,
        customers_reached=cause.figures.customers_reached,
        examples=[
            CauseExample(each.commitment_id, titles[each.commitment_id], each.seconds) for each in cause.examples
        ],
    )


async def scorecard(work: Work, asked: ScorecardQuery) -> Report[ScorecardLine, ScorecardTotals]:
    """Each department's line, whoever's delays customers felt most first: in at most nine statements."""
    period = asked.period(work.now)
    read = await read_for(work, asked, period)
    facts = Facts(read.names)
    addition, awaiting = await meanwhile(
        compute(read.added_up, ("department",), facts), awaiting_analysis(work, asked, period, read.delivered)
    )
    told = [
        (group, figures)
        for group, figures in zip(addition.groups(), addition.rows(), strict=True)
        if group[0] in read.names.departments
    ]
    told.sort(key=lambda each: (-each[1].outward_seconds, -each[1].delay_seconds, each[0]))
    groups = groups_told(("department",), [group for group, _ in told], facts)
    rows = [
        Row(named, scorecard_line(_name(read, group), figures))
        for named, (group, figures) in zip(groups, told, strict=True)
    ]
    over_all = addition.totals()
    totals = ScorecardTotals(
        over_all.delay_seconds,
        over_all.outward_seconds,
        over_all.transmission,
        over_all.absorbed_seconds,
        awaiting,
    )
    return Report(period, ("department",), ScorecardLine, rows, totals)


def _name(read: Read, group: Sequence[str]) -> str:
    return read.names.departments[group[0]].name or group[0]
