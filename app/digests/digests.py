"""Use cases of digests: what a department, or a member, should know of a day or a week, in a constant number of
statements."""

from typing import Any, ClassVar, Final

from app.attention.attention import Patience, page_of_attention
from app.attention.schemas import AttentionListing
from app.commitments.tables import commitments
from app.digests import digest_queries as queries
from app.digests.digest_schemas import (
    MOST,
    Digest,
    DigestFigures,
    DigestQuery,
    GoodMark,
    LatePromise,
    PromiseAtRisk,
    Thanks,
)
from app.digests.spans import last_span, span_of
from app.kernel.problems import Invalid
from app.kernel.reports import Period
from app.kernel.schemas import Id
from app.kernel.work import Work
from app.metrics import reports
from app.metrics.schemas import FlowQuery, ServiceLevelsQuery
from app.ripple.forecasting.exposure_queries import CONDITIONS, EXPOSED
from app.ripple.reports.report_queries import awaiting
from app.ripple.tables import ripple_forecasts
from app.scorecards.member_delay import own_delays
from app.scorecards.scorecard_schemas import Scored
from app.suggestions.schemas import SuggestionListing
from app.suggestions.suggestions import page as page_of_suggestions

_UTC: Final = "UTC"


class _FlowOfMember(FlowQuery):
    """Of tickets assigned to a member last."""

    assignee_id: Id | None = None


class _ServiceLevelsOfMember(ServiceLevelsQuery):
    """Of clocks whose leg a member had last."""

    allowed: ClassVar[Any] = ServiceLevelsQuery.allowed
    assignee_id: Id | None = None


async def digest(work: Work, of: Scored, asked: DigestQuery, patience: Patience) -> Digest:
    """The digest of a department, or of a member.

    Raises:
        Invalid: it is asked for a day or week to come.
    """
    if asked.at is not None and asked.at > work.now:
        raise Invalid.field("?at", "must not lie in the future.")
    timezone = await _timezone(work, of)
    span = (
        last_span(asked.period, work.now, timezone) if asked.at is None else span_of(asked.period, asked.at, timezone)
    )
    period = Period(span.start, span.end, work.now)
    whom: dict[str, Any] = {f"{of.type}_id": of.id}
    attention = AttentionListing.model_validate({"limit": MOST, **whom})
    suggestions = SuggestionListing.model_validate({"limit": MOST, "status": "open", **whom})
    happened = {"id": of.id, "start": period.start, "before": period.before, "most": MOST}
    thanks = await work.connection.execute(queries.THANKS[of.type], happened)
    good_marks = await work.connection.execute(queries.GOOD_MARKS[of.type], happened)
    is_department = of.type == "department"
    return Digest(
        of=of,
        period=asked.period,
        first_day=span.first_day,
        timezone=timezone,
        from_=span.start,
        to=span.end,
        as_of=work.now,
        figures=await _figures(work, of, period),
        needs_you=(await page_of_attention(work, attention, patience)).items,
        thanks=[Thanks(**row) for row in thanks.mappings()],
        good_marks=[GoodMark(**row) for row in good_marks.mappings()],
        late=await (_late_by_department if is_department else _late_by_member)(work, of, period),
        awaiting_analysis=(await work.connection.execute(awaiting(period, ()))).scalar_one() if is_department else 0,
        at_risk=await _at_risk(work, of),
        suggestions=(await page_of_suggestions(work.connection, suggestions)).items,
    )


async def _timezone(work: Work, of: Scored) -> str:
    """Where the department is, or the member's first."""
    if not of.department_ids:
        return _UTC
    asked = {"department_id": of.department_ids[0]}
    return str((await work.connection.execute(queries.TIMEZONE, asked)).scalar_one())


async def _figures(work: Work, of: Scored, period: Period) -> DigestFigures:
    """As the reports have them: tickets at their present provider, clocks where they were decided."""
    span = {"from": period.start, "to": period.end}
    if of.type == "department":
        came: FlowQuery = FlowQuery.model_validate({**span, "provider_department_id": of.id})
        kept: ServiceLevelsQuery = ServiceLevelsQuery.model_validate({**span, "department_id": of.id})
    else:
        came = _FlowOfMember.model_validate({**span, "assignee_id": of.id})
        kept = _ServiceLevelsOfMember.model_validate({**span, "assignee_id": of.id})
    flow = (await reports.flow(work, came)).totals
    levels = (await reports.service_levels(work, kept)).totals
    return DigestFigures(flow.tickets, flow.resolved, flow.open, levels.decided, levels.met)


async def _late_by_department(work: Work, of: Scored, period: Period) -> list[LatePromise]:
    asked = {"key": of.key, "start": period.start, "before": period.before, "most": MOST}
    return [LatePromise(**row) for row in (await work.connection.execute(queries.LATE, asked)).mappings()]


async def _late_by_member(work: Work, of: Scored, period: Period) -> list[LatePromise]:
    felt = [own for own in await own_delays(work, of.id, period) if own.outward_seconds]
    felt.sort(key=lambda own: (-own.outward_seconds, own.delivered_at, own.commitment.id))
    return [
        LatePromise(
            commitment_id=own.commitment.id,
            title=own.commitment.title,
            customer_id=own.commitment.customer_id,
            customer_name=own.commitment.customer_name,
            due_at=own.commitment.agreed_due_at,
            delivered_at=own.delivered_at,
            lateness_seconds=own.lateness_seconds,
            own_seconds=own.outward_seconds,
        )
        for own in felt[:MOST]
    ]


async def _at_risk(work: Work, of: Scored) -> list[PromiseAtRisk]:
    """What waits last for the department, or for a ticket assigned to the member."""
    whose = CONDITIONS["department_id" if of.type == "department" else "assignee_id"](of.id)
    likeliest = (ripple_forecasts.c.probability_late.desc(), commitments.c.agreed_due_at, commitments.c.id)
    statement = EXPOSED.where(whose, CONDITIONS["at_risk"](True)).order_by(*likeliest).limit(MOST)
    return [
        PromiseAtRisk(
            commitment_id=row["id"],
            title=row["title"],
            customer_id=row["customer_id"],
            customer_name=row["customer_name"],
            due_at=row["due_at"],
            probability_late=row["probability_late"],
            value=row["annual_value"] if row["value"] is None else row["value"],
            currency=row["annual_currency"] if row["value"] is None else row["currency"],
        )
        for row in (await work.connection.execute(statement)).mappings()
    ]
