"""The reports that count: each is one query. Before it two look up what SQL cannot count."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, TypeVar, get_type_hints

from sqlalchemy import Integer, Uuid, text

from app.directory.calendar import elapsed
from app.directory.calendars import timelines_of
from app.kernel.database import Row as Read
from app.kernel.database import Timestamp
from app.kernel.reports import Period, Report, ReportQuery, Row, group_fields
from app.kernel.work import Work
from app.metrics import queries
from app.metrics.charging import charged_seconds
from app.metrics.grouping import Subject, completed, instants
from app.metrics.schemas import (
    ApprovalFigures,
    BacklogFigures,
    FeedbackFigures,
    FlowFigures,
    HandoffFigures,
    MetricFigures,
    ServiceLevelTotals,
)

F = TypeVar("F")

_CLOCKS_DEPARTMENT = "c.department_id"
_SERVICE_LEVELS = Subject(queries.SERVICE_LEVELS, "fact.at", _CLOCKS_DEPARTMENT, _CLOCKS_DEPARTMENT, ("metric",))
_FLOW = Subject(queries.FLOW, "fact.at")
_BACKLOG = Subject(queries.BACKLOG, "t.opened_at")
_HANDOFFS = Subject(queries.HANDOFFS, "t.opened_at", "stay.department_id")
_APPROVALS = Subject(queries.APPROVALS, "t.resolved_at")
_FEEDBACK = Subject(queries.FEEDBACK, "f.at")

_COUNTING = text(queries.COUNTING).columns(calendar_id=Uuid, calendar_version=Integer, counting_since=Timestamp)

_APPROVED_FOR = text(queries.APPROVED_FOR).columns(commitment_id=Uuid)


async def service_levels(work: Work, asked: ReportQuery) -> Report[MetricFigures, ServiceLevelTotals]:
    """Clocks by group and metric, each where it was decided."""
    period = asked.period(work.now)
    rows = await _read(work, asked, period, _SERVICE_LEVELS, await _still_counted(work, period))
    totals = [row for row in rows if row["is_total"]]
    (over_all,) = (row for row in totals if row["all_metrics"])
    by_metric = [_figures(MetricFigures)(row) for row in totals if not row["all_metrics"]]
    answered = _rows(MetricFigures, asked, (row for row in rows if not row["is_total"]))
    answered_totals = _figures(ServiceLevelTotals)({**over_all, "by_metric": by_metric})
    return Report(period, asked.dimensions, MetricFigures, answered, answered_totals)


async def flow(work: Work, asked: ReportQuery) -> Report[FlowFigures, FlowFigures]:
    """What passed between requesters and providers."""
    return await _counted(work, asked, _FLOW, FlowFigures)


async def backlog(work: Work, asked: ReportQuery) -> Report[BacklogFigures, BacklogFigures]:
    """What is open at the end of the period, and for how long."""
    return await _counted(work, asked, _BACKLOG, BacklogFigures)


async def handoffs(work: Work, asked: ReportQuery) -> Report[HandoffFigures, HandoffFigures]:
    """How the tickets opened in the period were passed around."""
    return await _counted(work, asked, _HANDOFFS, HandoffFigures)


async def approvals(work: Work, asked: ReportQuery) -> Report[ApprovalFigures, ApprovalFigures]:
    """Which approvals are nearly always granted, and how long customers waited for them."""
    period = asked.period(work.now)
    above = (await work.connection.execute(_APPROVED_FOR, instants(period))).scalars().all()
    charged = await charged_seconds(work.connection, above, period.now)
    columns = {"ticket_ids": list(charged), "seconds": list(charged.values())}
    return await _counted(work, asked, _APPROVALS, ApprovalFigures, columns)


async def feedback(work: Work, asked: ReportQuery) -> Report[FeedbackFigures, FeedbackFigures]:
    """How requesters were served."""
    return await _counted(work, asked, _FEEDBACK, FeedbackFigures)


async def _counted(
    work: Work, asked: ReportQuery, subject: Subject, figures: type[F], more: Mapping[str, Any] | None = None
) -> Report[F, F]:
    period = asked.period(work.now)
    totals, *rows = await _read(work, asked, period, subject, more or {})
    return Report(period, asked.dimensions, figures, _rows(figures, asked, rows), _figures(figures)(totals))


async def _read(
    work: Work, asked: ReportQuery, period: Period, subject: Subject, more: Mapping[str, Any]
) -> Sequence[Read]:
    filters = asked.filters()
    statement = completed(subject, asked.dimensions, tuple(filters))
    return (await work.connection.execute(statement, {**instants(period), **filters, **more})).mappings().all()


async def _still_counted(work: Work, period: Period) -> dict[str, list[Any]]:
    """What the clocks that were breached in the period and still count have counted since it was stored, up to now: by
    calendar and since when, as columns."""
    found = (await work.connection.execute(_COUNTING, instants(period))).all()
    timelines = await timelines_of(work.connection, {row.calendar_id: row.calendar_version for row in found})
    known = {id_: timeline.known_at(period.now) for id_, timeline in timelines.items()}
    return {
        "calendar_ids": [row.calendar_id for row in found],
        "counting_since": [row.counting_since for row in found],
        "seconds": [elapsed(known[row.calendar_id], row.counting_since, period.now) for row in found],
    }


def _rows(kind: type[F], asked: ReportQuery, read: Iterable[Read]) -> list[Row[F]]:
    told, figures = group_fields(asked.dimensions), _figures(kind)
    return [Row({name: row[name] for name in told}, figures(row)) for row in read]


def _figures(kind: type[F]) -> Callable[[Read], F]:
    """What makes the figures of a row; those that are themselves a dataclass from the columns of its fields."""
    hints = get_type_hints(kind)
    inner = {name: _figures(hint) for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
    return lambda row: kind(**{name: inner[name](row) if name in inner else row[name] for name in hints})
