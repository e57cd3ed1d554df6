"""Measuring what adopting a suggestion changed: with the reports themselves, so that each figure is theirs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from app.kernel.jobs import Job
from app.kernel.work import Work
from app.metrics import reports
from app.metrics.feedback_schemas import FeedbackFigures, FeedbackQuery
from app.metrics.schemas import ApprovalsQuery, HandoffFigures, HandoffsQuery, ServiceLevelsQuery
from app.ripple.reports.report import ripple_report
from app.ripple.reports.ripple_schemas import RippleQuery
from app.suggestions.effects import MetricName, Side, told, verdict
from app.suggestions.schemas import Suggestion
from app.suggestions.suggestions import collection, measured

_Asked: TypeAlias = Mapping[str, Any]
_Figure: TypeAlias = tuple[float | None, int, float | None, float | None]
"""The value, of how many, and its interval."""


async def measure_effect(work: Work, asked: Job) -> None:
    """Does the job: measures the metric before and since the adoption, and tells of it; once."""
    id_ = UUID(asked.payload["suggestion_id"])
    present = await collection.get(work.connection, id_, lock=True)
    if present.metric is None or present.days is None or present.decided_at is None or present.effect is not None:
        return
    at, days = present.decided_at, timedelta(days=present.days)
    before = await _side(work, present.metric, present, at - days, at)
    since = await _side(work, present.metric, present, at, at + days)
    effect = {
        "before": asdict(before),
        "since": asdict(since),
        "verdict": verdict(present.metric, before, since),
        "text": told(present.metric, before, since),
        "measured_at": work.now,
    }
    await measured(work, present, effect)


async def _side(work: Work, metric: MetricName, of: Suggestion, start: datetime, end: datetime) -> Side:
    parties = {"department_id": of.department_id, "customer_id": of.customer_id}
    asked = {"from": start, "to": end} | {name: id_ for name, id_ in parties.items() if id_ is not None}
    value, n, low, high = await _METRICS[metric](work, asked)
    return Side(start, end, value, n, low, high)


async def _attainment(work: Work, asked: _Asked) -> _Figure:
    totals = (await reports.service_levels(work, ServiceLevelsQuery.model_validate(asked))).totals
    return totals.attainment, totals.decided, totals.attainment_low, totals.attainment_high


async def _outward(work: Work, asked: _Asked) -> _Figure:
    totals = (
        await ripple_report(work, RippleQuery.model_validate({**asked, "intervals": True}), all_rows=False)
    ).totals
    return totals.outward_seconds, totals.commitments, totals.outward_seconds_low, totals.outward_seconds_high


async def _feedback(work: Work, asked: _Asked) -> FeedbackFigures:
    return (await reports.feedback(work, FeedbackQuery.model_validate(asked))).totals


async def _csat(work: Work, asked: _Asked) -> _Figure:
    totals = await _feedback(work, asked)
    return totals.csat, totals.responses, totals.csat_low, totals.csat_high


async def _mean_score(work: Work, asked: _Asked) -> _Figure:
    totals = await _feedback(work, asked)
    return totals.mean_score, totals.responses, totals.mean_score_low, totals.mean_score_high


async def _handoffs(work: Work, asked: _Asked) -> HandoffFigures:
    return (await reports.handoffs(work, HandoffsQuery.model_validate(asked))).totals


async def _returns(work: Work, asked: _Asked) -> _Figure:
    totals = await _handoffs(work, asked)
    return totals.returns, totals.tickets, None, None


async def _questions(work: Work, asked: _Asked) -> _Figure:
    totals = await _handoffs(work, asked)
    return totals.questions, totals.tickets, None, None


async def _approval_p50(work: Work, asked: _Asked) -> _Figure:
    totals = (await reports.approvals(work, ApprovalsQuery.model_validate(asked))).totals
    return totals.p50_seconds, totals.decided, None, None


_METRICS: Final[Mapping[MetricName, Callable[[Work, _Asked], Awaitable[_Figure]]]] = {
    "attainment": _attainment,
    "outward_seconds": _outward,
    "csat": _csat,
    "mean_score": _mean_score,
    "returns": _returns,
    "questions": _questions,
    "approval_p50_seconds": _approval_p50,
}
