"""Exposure, from the forecasts that are stored: over all that is open, and of one customer."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.customers import customers
from app.kernel.database import Row as Read
from app.kernel.paging import require_in_order
from app.kernel.reports import TIMES, Report, Row, group_fields, parts
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.stakes import Stake, stake_of
from app.ripple.engine.totals import Amount
from app.ripple.forecasting import exposure_queries as queries
from app.ripple.forecasting.exposure import Exposed, ExposureFigures, ExposureSums, value_at_risk
from app.ripple.forecasting.exposure_schemas import CustomerExposure, ExposedCommitment, ExposureQuery
from app.ripple.forecasting.forecast_schemas import LastTicket


async def exposure_report(work: Work, asked: ExposureQuery) -> Report[ExposureFigures, ExposureFigures]:
    """What is open now, by group: in one statement."""
    period, filters = asked.period(work.now), asked.filters()
    require_in_order(filters, "due_after", "due_before")
    conditions = [queries.CONDITIONS[name](value) for name, value in filters.items()]
    read = (await work.connection.execute(queries.EXPOSED.where(*conditions))).mappings().all()
    rows, totals = await compute(_added_up, read, asked.dimensions)
    return Report(period, asked.dimensions, ExposureFigures, rows, totals)


async def customer_exposure(work: Work, customer_id: UUID) -> CustomerExposure:
    """What is open for a customer: in two statements.

    Raises:
        NotFound: there is no such customer.
    """
    await customers.collection.get(work.connection, customer_id)
    statement = queries.EXPOSED.where(queries.CONDITIONS["customer_id"](customer_id))
    read = (await work.connection.execute(statement)).mappings().all()
    sums = ExposureSums()
    for row in read:
        sums.add(_exposed(row))
    likeliest_first = sorted(read, key=lambda row: (-(row["probability_late"] or 0), row["due_at"], row["id"]))
    return CustomerExposure(customer_id, work.now, sums.figures(), [_commitment(row) for row in likeliest_first])


async def members_exposure(work: Work, member_id: UUID) -> ExposureFigures:
    """What is open and waits last for a ticket assigned to a member: in one statement."""
    statement = queries.EXPOSED.where(queries.CONDITIONS["assignee_id"](member_id))
    sums = ExposureSums()
    for row in (await work.connection.execute(statement)).mappings():
        sums.add(_exposed(row))
    return sums.figures()


def _added_up(read: Sequence[Read], dimensions: Sequence[str]) -> tuple[list[Row[ExposureFigures]], ExposureFigures]:
    named, told = parts(dimensions), group_fields(dimensions)
    sums, totals = defaultdict[tuple[Any, ...], ExposureSums](ExposureSums), ExposureSums()
    for row in read:
        exposed = _exposed(row)
        totals.add(exposed)
        sums[tuple(_value(row, field) for field in told)].add(exposed)
    rows = [Row(dict(zip(told, group, strict=True)), each.figures()) for group, each in sums.items()]
    return sorted(rows, key=lambda row: _order(row, named)), totals.figures()


def _value(row: Read, field: str) -> Any:
    return _first_day(field, row["due_at"].date()) if field in TIMES else row[field]


def _first_day(stretch: str, day: date) -> date:
    if stretch == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if stretch == "week" else day


def _order(row: Row[ExposureFigures], named: Sequence[str]) -> tuple[Any, ...]:
    """By time, then where most is expected to be late, then by name."""
    times = tuple(row.group[name] for name in named if name in TIMES)
    others = tuple((row.group[name] is None, str(row.group[name])) for name in named if name not in TIMES)
    return (times, -row.figures.expected_late, -row.figures.open_commitments, others)


def _exposed(row: Read) -> Exposed:
    return Exposed(row["id"], _stake(row), row["probability_late"], row["at_risk_since"] is not None)


def _stake(row: Read) -> Stake:
    own, annual = _amount(row["value"], row["currency"]), _amount(row["annual_value"], row["annual_currency"])
    return stake_of(row["id"], own, row["customer_id"], annual)


def _amount(value: Any, currency: Any) -> Amount | None:
    return None if value is None or currency is None else Amount(value, currency)


def _commitment(row: Read) -> ExposedCommitment:
    amount, probability = _stake(row).amount, row["probability_late"]
    names = ("title", "due_at", "as_of", "p50", "p80", "p95", "probability_late", "at_risk_since")
    return ExposedCommitment(
        commitment_id=row["id"],
        owner_department_id=row["owner_id"],
        last_ticket=_last_ticket(row),
        value_at_risk=None if amount is None or probability is None else value_at_risk(amount.value, probability),
        currency=None if amount is None else amount.currency,
        **{name: row[name] for name in names},
    )


def _last_ticket(row: Read) -> LastTicket | None:
    if row["ticket_id"] is None:
        return None
    return LastTicket(
        id=row["ticket_id"],
        number=row["number"],
        title=row["ticket_title"],
        department_id=row["provider_id"],
        department=row["provider"],
        department_name=row["provider_name"],
        share=row["last_share"],
    )
