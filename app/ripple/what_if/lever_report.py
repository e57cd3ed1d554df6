"""The report on levers: which department should be faster, over the late commitments of a period."""

from collections.abc import Sequence
from datetime import datetime

from app.kernel.reports import Report, Row
from app.kernel.work import Work
from app.ripple.computing import compute_in_parts
from app.ripple.engine.graph import ROOT
from app.ripple.loading import History
from app.ripple.naming import identity, names_of
from app.ripple.reports.choosing import by_tickets, chosen, delivered, number_in_time
from app.ripple.what_if.levers import LeverFigures, LeverSums, LeverTotals, levers
from app.ripple.what_if.what_if import stake
from app.ripple.what_if.what_if_schemas import LeverQuery

_PULLED_AT_ONCE = 50


async def lever_report(work: Work, asked: LeverQuery) -> Report[LeverFigures, LeverTotals]:
    """The report that is asked for: six statements by batch of commitments, and four more."""
    period = asked.period(work.now)
    names = await names_of(work.connection)
    sums, among = LeverSums(), chosen(asked, names)
    late_only = not by_tickets(asked)
    if late_only:
        sums.add_in_time(await number_in_time(work.connection, asked, period))
    async for stored in delivered(work.connection, asked, period, late_only=late_only):
        histories = (history for history in stored if among(history))
        await compute_in_parts(_PULLED_AT_ONCE, histories, _add_some, sums, asked.faster_seconds, work.now)
    return Report(
        period=period,
        group_by=asked.dimensions,
        figures=LeverFigures,
        rows=[Row(identity("department", key, names.departments), figures) for key, figures in sums.ranked()],
        totals=sums.totals(),
    )


def _add_some(histories: Sequence[History], sums: LeverSums, faster_seconds: int, now: datetime) -> None:
    for history in histories:
        graph = history.graph(now)
        lateness = graph.ended[ROOT] - graph.commitment.due_at
        if lateness > 0:
            sums.add_late(stake(history.commitment), lateness, list(levers(graph, faster_seconds)))
        else:
            sums.add_in_time(1)
