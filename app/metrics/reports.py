"""The reports that count: each is one query, and once more for the period before. Before it two look up what SQL cannot
count."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from itertools import product
from typing import Any, Generic, TypeVar, get_type_hints

from sqlalchemy import Integer, Uuid, text

from app.directory.calendar import WEEKDAYS, elapsed
from app.directory.calendars import timelines_of
from app.kernel.database import Row as Read
from app.kernel.database import Timestamp
from app.kernel.reports import Period, Report, Row, check_size, group_fields
from app.kernel.work import Work
from app.metrics import approval_queries, queries
from app.metrics.charging import waited_for
from app.metrics.comparison import step_back
from app.metrics.feedback_figures import FEEDBACK, RESPONSES, Heard, feedback_figures, heard
from app.metrics.feedback_schemas import FeedbackFigures
from app.metrics.grouping import CYCLES, Subject, completed, in_local_time, instants, selected
from app.metrics.low_marks import felt_low_marks
from app.metrics.schemas import (
    ApprovalFigures,
    BacklogFigures,
    CountingQuery,
    DelegationFigures,
    FlowFigures,
    HandoffFigures,
    MetricFigures,
    SeasonalityFigures,
    ServiceLevelTotals,
)
from app.metrics.zones import ZONES, shifts
from app.service_levels.intervals import wilson

F = TypeVar("F")
T = TypeVar("T")

_COUNTING = text(queries.COUNTING).columns(calendar_id=Uuid, calendar_version=Integer, counting_since=Timestamp)

_ZONES = text(ZONES).columns(earliest=Timestamp)


@dataclass(frozen=True, slots=True)
class _Counting(Generic[F, T]):
    """A report: what it counts, how the figures of a row are read, how those of the totals from all their rows, and
    which groups it has though nothing is counted there."""

    subject: Subject
    figures: type[F]
    row: Callable[[Read], F]
    totals: Callable[[Sequence[Read]], T]
    always: Callable[[Sequence[str]], Iterable[tuple[Mapping[str, Any], F]]] = lambda dimensions: ()


@dataclass(frozen=True, slots=True)
class _Counted(Generic[F, T]):
    """One period's answer: the totals, and groups with their figures by what tells them apart."""

    totals: T
    groups: dict[tuple[Any, ...], Mapping[str, Any]]
    figures: dict[tuple[Any, ...], F]


@dataclass(frozen=True, slots=True)
class Attained:
    """Clocks of one metric that were decided, and those of them that were met."""

    metric: str
    met: int
    decided: int


async def service_levels(work: Work, asked: CountingQuery) -> Report[MetricFigures, ServiceLevelTotals]:
    """Clocks by group and metric, each where it was decided."""
    return await _report(work, asked, _SERVICE_LEVELS, await _still_counted(work, _whole_period(work, asked)))


async def attainment(work: Work, asked: CountingQuery) -> Report[Attained, None]:
    """The same clocks by group and metric, and no more of them than whether they were met."""
    return await _report(work, asked, _ATTAINMENT)


async def flow(work: Work, asked: CountingQuery) -> Report[FlowFigures, FlowFigures]:
    """What passed between requesters and providers."""
    return await _report(work, asked, _FLOW)


async def backlog(work: Work, asked: CountingQuery) -> Report[BacklogFigures, BacklogFigures]:
    """What is open at the end of the period, and for how long."""
    return await _report(work, asked, _BACKLOG)


async def handoffs(work: Work, asked: CountingQuery) -> Report[HandoffFigures, HandoffFigures]:
    """How the tickets opened in the period were passed around."""
    return await _report(work, asked, _HANDOFFS)


async def approvals(work: Work, asked: CountingQuery) -> Report[ApprovalFigures, ApprovalFigures]:
    """Which approvals are nearly always granted, and how long customers waited for them."""
    period, filters = _whole_period(work, asked), asked.filters()
    approved_for = selected(_APPROVALS.subject, approval_queries.APPROVED_FOR, tuple(filters))
    stated = {**instants(period), **filters}
    above = (await work.connection.execute(approved_for, stated)).scalars().all()
    granted = {}
    if above:
        by_somebody = selected(_APPROVALS.subject, approval_queries.GRANTED_BY_SOMEBODY, tuple(filters))
        granted = {row.id: row.request_type_id for row in await work.connection.execute(by_somebody, stated)}
    waited = await waited_for(work.connection, above, granted, period.now)
    return await _report(work, asked, _APPROVALS, waited.columns())


async def delegations(work: Work, asked: CountingQuery) -> Report[DelegationFigures, DelegationFigures]:
    """What was granted by delegation, and what became of it."""
    return await _report(work, asked, _DELEGATIONS)


async def feedback(work: Work, asked: CountingQuery) -> Report[FeedbackFigures, FeedbackFigures]:
    """How requesters were served, and which low marks customers felt."""
    felt = await felt_low_marks(work, _whole_period(work, asked), asked.filters())
    return await _report(work, asked, _FEEDBACK, felt.columns())


async def responses(work: Work, asked: CountingQuery) -> Report[Heard, None]:
    """The same feedback, and no more of it than what was said."""
    felt = await felt_low_marks(work, _whole_period(work, asked), asked.filters())
    return await _report(work, asked, _RESPONSES, felt.columns())


async def seasonality(work: Work, asked: CountingQuery) -> Report[SeasonalityFigures, SeasonalityFigures]:
    """On which weekday and at which hour tickets come and clocks are breached. By these alone every cell has a row."""
    report = await _report(work, asked, _SEASONALITY)
    return replace(report, rows=[replace(row, group=_with_weekday(row.group)) for row in report.rows])


def _every_cell(dimensions: Sequence[str]) -> Iterator[tuple[Mapping[str, Any], SeasonalityFigures]]:
    if CYCLES.keys() >= set(dimensions):
        for cell in product(*(CYCLES[name] for name in dimensions)):
            yield dict(zip(dimensions, cell, strict=True)), SeasonalityFigures(0, 0, 0)


def _with_weekday(group: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**group, "weekday": WEEKDAYS[group["weekday"] - 1]} if "weekday" in group else group


async def _report(
    work: Work, asked: CountingQuery, counting: _Counting[F, T], more: Mapping[str, Any] | None = None
) -> Report[F, T]:
    """The report, compared with the period before when that was asked: in one statement for each period."""
    period = asked.period(work.now)
    back = step_back(period, asked.dimensions) if asked.compare else None
    more = {**(more or {}), **await _local_time(work, asked)}
    counted = await _count(work, asked, period, counting, more)
    if back is None:
        rows = [Row(counted.groups[key], figures) for key, figures in counted.figures.items()]
        return Report(period, asked.dimensions, counting.figures, rows, counted.totals)
    before = await _count(work, asked, period.previous, counting, more)
    rows = []
    for key, figures in counted.figures.items():
        group = counted.groups[key]
        rows.append(Row(group, figures, before.figures.get((*back.group(group), *key[len(group) :]))))
    return Report(period, asked.dimensions, counting.figures, rows, counted.totals, before.totals)


def _whole_period(work: Work, asked: CountingQuery) -> Period:
    """The period, with the one before when it is compared."""
    period = asked.period(work.now)
    return replace(period, start=period.previous.start) if asked.compare else period


async def _count(
    work: Work, asked: CountingQuery, period: Period, counting: _Counting[F, T], more: Mapping[str, Any]
) -> _Counted[F, T]:
    filters, one_zone = asked.filters(), asked.timezone is not None
    statement = completed(counting.subject, asked.dimensions, tuple(filters), one_zone=one_zone)
    stated = {**instants(period), **filters, **more}
    read = (await work.connection.execute(statement, stated)).mappings().all()
    told, told_by = group_fields(asked.dimensions), counting.subject.told_by
    groups: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    figures: dict[tuple[Any, ...], F] = {}
    for group, nothing in counting.always(asked.dimensions):
        key = tuple(group.values())
        groups[key], figures[key] = group, nothing
    for row in read:
        if not row["is_total"]:
            group = {name: row[name] for name in told}
            key = (*group.values(), *(row[name] for name in told_by))
            groups[key], figures[key] = group, counting.row(row)
    check_size(len(figures))
    return _Counted(counting.totals([row for row in read if row["is_total"]]), groups, figures)


async def _local_time(work: Work, asked: CountingQuery) -> dict[str, list[Any]]:
    """What the query must know to tell local time, if it has to: of the zone that was asked for, else of those of the
    departments."""
    if not in_local_time(asked.dimensions):
        return {}
    found = (await work.connection.execute(_ZONES)).all()
    earliest = min((row.earliest for row in found if row.earliest), default=work.now)
    return shifts([asked.timezone] if asked.timezone else [row.name for row in found], earliest, work.now)


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


def _figures(kind: type[F]) -> Callable[[Read], F]:
    """What makes the figures of a row; those that are themselves a dataclass from the columns of its fields."""
    hints = get_type_hints(kind)
    inner = {name: _figures(hint) for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
    return lambda row: kind(**{name: inner[name](row) if name in inner else row[name] for name in hints})


def _counting(subject: Subject, kind: type[F]) -> _Counting[F, F]:
    figures = _figures(kind)
    return _Counting(subject, kind, figures, lambda totals: figures(totals[0]))


def _with_interval(row: Read) -> Read:
    low, high = wilson(row["met"], row["decided"]) or (None, None)
    return {**row, "attainment_low": low, "attainment_high": high}


def _metric_figures(row: Read) -> MetricFigures:
    return _figures(MetricFigures)(_with_interval(row))


def _service_level_totals(totals: Sequence[Read]) -> ServiceLevelTotals:
    (over_all,) = (row for row in totals if row["all_metrics"])
    by_metric = [_metric_figures(row) for row in totals if not row["all_metrics"]]
    return _figures(ServiceLevelTotals)({**_with_interval(over_all), "by_metric": by_metric})


_CLOCKS = Subject(
    queries.SERVICE_LEVELS,
    at="decided.at",
    department="c.department_id",
    provider="c.department_id",
    holder=queries.HELD_BY,
    assignee=queries.ASSIGNEE_OF_CLOCK,
    told_by=("metric",),
)
_ATTAINMENT = _Counting(replace(_CLOCKS, sql=queries.ATTAINMENT), Attained, _figures(Attained), lambda totals: None)
_SERVICE_LEVELS = _Counting(_CLOCKS, MetricFigures, _metric_figures, _service_level_totals)
_FLOW = _counting(Subject(queries.FLOW, "fact.at"), FlowFigures)
_BACKLOG = _counting(Subject(queries.BACKLOG, "t.opened_at"), BacklogFigures)
_STAYS = Subject(
    queries.HANDOFFS,
    at="t.opened_at",
    department="stay.department_id",
    assignee=queries.ASSIGNEE_OF_STAY,
    whole="t.provider_department_id",
)
_HANDOFFS = _counting(_STAYS, HandoffFigures)
_APPROVALS = _counting(Subject(approval_queries.APPROVALS, "t.resolved_at"), ApprovalFigures)
_DELEGATIONS = _counting(Subject(approval_queries.DELEGATIONS, "t.opened_at"), DelegationFigures)
_FEEDBACK = _Counting(FEEDBACK, FeedbackFigures, feedback_figures, lambda totals: feedback_figures(totals[0]))
_RESPONSES = _Counting(RESPONSES, Heard, heard, lambda totals: None)
_SEASONALITY = replace(
    _counting(Subject(queries.SEASONALITY, "fact.at", "fact.department_id", "fact.department_id"), SeasonalityFigures),
    always=_every_cell,
)
