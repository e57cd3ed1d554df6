"""What the work of departments, and of a member, is worth to customers: three statements, however many there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Executable

from app.kernel.database import Row as Read
from app.kernel.reports import Period, Report, Row
from app.kernel.work import Work
from app.ripple.engine.stakes import summed
from app.ripple.engine.totals import Amount
from app.ripple.forecasting.exposure import ExposureFigures
from app.ripple.forecasting.exposure_report import exposure_report, members_exposure
from app.ripple.forecasting.exposure_schemas import ExposureQuery
from app.worth import worth_queries as queries
from app.worth.worth_schemas import WorthFigures, WorthQuery

_GROUP: Final = ("department", "department_id", "department_name")
_COUNTED: Final = ("tickets", "open_tickets", "customers", "commitments", "late_commitments")
_NOTHING: Final[Read] = {**dict.fromkeys(_COUNTED, 0), "amounts": None}


@dataclass(frozen=True, slots=True)
class LostCustomer:
    """A customer who left, and the seconds that a department had made promises to it late just before."""

    customer_id: UUID
    worth: Amount | None
    seconds: int


async def worth_report(work: Work, asked: WorthQuery) -> Report[WorthFigures, WorthFigures]:
    """By department: whom its work served in the period, and what that is worth."""
    period = asked.period(work.now)
    read = await _read(work, queries.WORTH_OF_DEPARTMENTS, period, asked.department_id)
    exposure = await exposure_report(work, ExposureQuery(group_by="department", department_id=asked.department_id))
    exposed = {row.group["department_id"]: row.figures for row in exposure.rows}
    lost = await _lost(work, period, asked.department_id)
    rows = [
        Row(
            dict(zip(_GROUP, (row["worker_key"], row["worker_id"], row["worker_name"]), strict=True)),
            _figures(row, exposed.get(row["worker_id"]), lost.get(row["worker_id"], ())),
        )
        for row in read
        if row["worker_id"] is not None
    ]
    if asked.department_id is not None:
        totals = rows[0].figures if rows else _figures(_NOTHING, exposure.totals, lost.get(asked.department_id, ()))
    else:
        everybody = next((row for row in read if row["worker_id"] is None), _NOTHING)
        totals = _figures(everybody, exposure.totals, [each for those in lost.values() for each in those])
    return Report(period, ("department",), WorthFigures, rows, totals)


async def worth_of_member(work: Work, member_id: UUID, period: Period) -> WorthFigures:
    """Whom the work of a member served: of tickets assigned to them last. Nobody is lost because of one person."""
    read = await _read(work, queries.WORTH_OF_A_MEMBER, period, member_id)
    return _figures(read[0] if read else _NOTHING, await members_exposure(work, member_id), ())


async def _read(work: Work, statement: Executable, period: Period, worker_id: UUID | None) -> Sequence[Read]:
    asked = {"start": period.start, "until": period.until, "before": period.before, "worker_id": worker_id}
    return (await work.connection.execute(statement, asked)).mappings().all()


async def _lost(work: Work, period: Period, department_id: UUID | None) -> Mapping[UUID, list[LostCustomer]]:
    asked = {
        "start": period.start,
        "before": period.before,
        "of_one": department_id is not None,
        "worker_id": department_id,
    }
    lost: dict[UUID, list[LostCustomer]] = {}
    for row in await work.connection.execute(queries.LOST, asked):
        worth = None if row.value is None else Amount(row.value, row.currency)
        lost.setdefault(row.department_id, []).append(LostCustomer(row.customer_id, worth, row.seconds))
    return lost


def _figures(row: Read, exposed: ExposureFigures | None, lost: Iterable[LostCustomer]) -> WorthFigures:
    amounts: Sequence[Any] = row["amounts"] or ()

    def of(name: str) -> list[Amount]:
        return [Amount(Decimal(value), currency) for kind, value, currency in amounts if kind == name]

    gone = {each.customer_id: each.worth for each in lost}
    return WorthFigures(
        tickets=row["tickets"],
        open_tickets=row["open_tickets"],
        customers=row["customers"],
        customer_value=of("customer_value"),
        commitments=row["commitments"],
        commitment_value=of("commitment_value"),
        late_commitments=row["late_commitments"],
        late_value=of("late_value"),
        at_risk=0 if exposed is None else exposed.at_risk,
        value_at_risk=[] if exposed is None else exposed.values_at_risk,
        lost_customers=len(gone),
        lost_value=summed(worth for worth in gone.values() if worth is not None),
    )
