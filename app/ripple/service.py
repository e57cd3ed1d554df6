"""Use cases of ripple: a graph that is given, a stored commitment, a customer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import and_, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.customers import customers
from app.directory.calendar import CalendarTimeline
from app.directory.calendars import timelines
from app.directory.tables import departments
from app.kernel.findings import from_validation
from app.kernel.problems import Invalid, NotFound
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple import queries
from app.ripple.analysis import Analysis, analyse
from app.ripple.computing import compute
from app.ripple.documents import to_document
from app.ripple.graph import InvalidGraph
from app.ripple.loading import StoredCommitment, StoredHistories, load
from app.ripple.schemas import (
    CustomerAttribution,
    CustomerCommitment,
    CustomerRipple,
    CustomerTotals,
    GivenGraph,
    OpenCommitments,
)
from app.ripple.walk import Segment


async def analyse_given(given: object) -> dict[str, Any]:
    """The analysis of a graph as it was sent.

    Raises:
        Invalid: it is none, or describes no possible history.
    """
    return await compute(_analyse_given, given)


def _analyse_given(given: object) -> dict[str, Any]:
    try:
        return to_document(analyse(GivenGraph.model_validate(given).graph()))
    except ValidationError as error:
        raise from_validation(error) from error
    except InvalidGraph as error:
        raise Invalid.field(error.pointer, error.detail) from error


async def commitment_ripple(work: Work, commitment_id: UUID) -> dict[str, Any]:
    """The analysis of a stored commitment.

    Raises:
        NotFound: there is none with this id.
    """
    stored = await load(work.connection, commitments.c.id == commitment_id)
    if not stored.commitments:
        raise NotFound(f"There is no commitment with id {commitment_id}.")
    commitment, analysis = (await compute(_analysed, stored, work.now))[0]
    names = {part.department for part in analysis.decomposition if part.department is not None}
    hours = await _business_hours(work.connection, names)
    document = to_document(analysis)
    closed = await compute(_closed_seconds, analysis.segments, hours)
    for part in document["decomposition"]:
        part["closed_seconds"] = closed.get((part["department"], part["cause"]))
    identity = {
        "commitment_id": commitment.id,
        "customer_id": commitment.customer_id,
        "as_of": commitment.as_of(work.now),
        "engine_version": analysis.engine_version,
    }
    return identity | document


def _analysed(stored: StoredHistories, now: datetime) -> list[tuple[StoredCommitment, Analysis]]:
    return [(history.commitment, analyse(history.graph(now))) for history in stored]


async def _business_hours(connection: AsyncConnection, names: Iterable[str]) -> dict[str, CalendarTimeline]:
    """The business hours of those of these departments that keep any."""
    statement = queries.DEPARTMENTS.where(departments.c.key.in_(list(names)), departments.c.calendar_id.is_not(None))
    calendars = {row.key: row.calendar_id for row in await connection.execute(statement)}
    kept = await timelines(connection, set(calendars.values()))
    return {key: kept[calendar_id] for key, calendar_id in calendars.items()}


def _closed_seconds(
    segments: Sequence[Segment], hours: Mapping[str, CalendarTimeline]
) -> dict[tuple[str | None, str], int]:
    """Per (department, cause) of departments that keep business hours, the seconds outside of them."""
    closed: Counter[tuple[str | None, str]] = Counter()
    for segment in segments:
        timeline = None if segment.department is None else hours.get(segment.department)
        if timeline is not None:
            opened = timeline.between(segment.started_at, segment.ended_at)
            closed[segment.department, segment.cause] += segment.seconds - opened
    return closed


async def customer_ripple(work: Work, customer_id: UUID, period: Period) -> CustomerRipple:
    """The analyses of a customer's commitments: those delivered in a period, and the open ones as of now.

    Raises:
        NotFound: there is no such customer.
    """
    await customers.collection.get(work.connection, customer_id)
    delivered = and_(commitments.c.delivered_at >= period.start, commitments.c.delivered_at < period.before)
    stored = await load(
        work.connection,
        commitments.c.customer_id == customer_id,
        or_(delivered, commitments.c.status == "open"),
    )
    return await compute(_customer_ripple, customer_id, period, stored)


def _customer_ripple(customer_id: UUID, period: Period, stored: StoredHistories) -> CustomerRipple:
    analysed = _analysed(stored, period.now)
    still_open = [(commitment, analysis) for commitment, analysis in analysed if commitment.delivered_at is None]
    delivered = [(commitment, analysis) for commitment, analysis in analysed if commitment.delivered_at is not None]
    return CustomerRipple(
        customer_id=customer_id,
        from_=period.start,
        to=period.end,
        commitments=[_customer_commitment(*each) for each in delivered],
        totals=_customer_totals([analysis for _, analysis in delivered]),
        open=OpenCommitments(
            as_of=period.now,
            commitments=[_customer_commitment(*each) for each in still_open],
            totals=_customer_totals([analysis for _, analysis in still_open]),
        ),
    )


def _customer_commitment(commitment: StoredCommitment, analysis: Analysis) -> CustomerCommitment:
    return CustomerCommitment(
        commitment_id=commitment.id,
        title=commitment.title,
        due_at=commitment.agreed_due_at,
        delivered_at=commitment.delivered_at,
        lateness_seconds=analysis.lateness_seconds,
        plan_seconds=analysis.plan_seconds,
        attribution=to_document(analysis)["attribution"],
    )


def _customer_totals(analyses: Sequence[Analysis]) -> CustomerTotals:
    by_party: dict[str, Counter[str]] = defaultdict(Counter)
    for analysis in analyses:
        for share in analysis.attribution:
            by_party[share.party]["commitments"] += 1
            by_party[share.party]["but_for_seconds"] += share.but_for_seconds
            by_party[share.party]["shapley_seconds"] += share.shapley_seconds
    return CustomerTotals(
        commitments=len(analyses),
        late=sum(analysis.lateness_seconds > 0 for analysis in analyses),
        lateness_seconds=sum(analysis.lateness_seconds for analysis in analyses),
        plan_seconds=sum(analysis.plan_seconds for analysis in analyses),
        unpromised_seconds=sum(analysis.unpromised_seconds for analysis in analyses),
        attribution=[CustomerAttribution(party, **by_party[party]) for party in sorted(by_party)],
    )
