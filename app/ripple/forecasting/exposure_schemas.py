"""Exposure on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from app.kernel.reports import DIMENSIONS, ReportQuery, grouped_by
from app.kernel.schemas import Currency, Id, Instant, Money
from app.ripple.forecasting.exposure import ExposureFigures
from app.ripple.forecasting.forecast_schemas import LastTicket, Probability

_ALLOWED = ("department", "owner", *(name for name in DIMENSIONS if name != "department"))


class ExposureQuery(ReportQuery):
    """The query of the report on exposure, which is as of now: `from` and `to` play no part."""

    allowed: ClassVar[Any] = _ALLOWED

    group_by: str = grouped_by("customer", _ALLOWED)
    department_id: Id | None = Field(None, description="Only what waits for this department last.")
    owner_department_id: Id | None = Field(None, description="Only what this department answers for.")
    requester_department_id: Id | None = Field(None, description="Only what waits last for a ticket it asked for.")
    provider_department_id: Id | None = Field(None, description="Only what waits last for a ticket it has.")
    request_type_id: Id | None = Field(None, description="Only what waits last for a ticket of this type.")
    at_risk: bool | None = Field(None, description="Only what is at risk, or is not.")
    due_after: Instant | None = Field(None, description="Only what is due at this instant or later.")
    due_before: Instant | None = Field(None, description="Only what is due before this instant.")


@dataclass(frozen=True, slots=True)
class ExposedCommitment:
    """An open commitment with its last forecast, whose figures are null while it was not looked at yet."""

    commitment_id: Id
    title: str
    owner_department_id: Id
    due_at: Instant
    as_of: Instant | None
    p50: Instant | None
    p80: Instant | None
    p95: Instant | None
    probability_late: Probability | None
    at_risk_since: Instant | None
    last_ticket: LastTicket | None
    value_at_risk: Money | None
    currency: Currency | None


@dataclass(frozen=True, slots=True)
class CustomerExposure:
    """What is open for a customer, and how much of it is likely late; the most likely late first."""

    customer_id: Id
    as_of: Annotated[Instant, Field(description="When it was asked; each forecast has its own `as_of`.")]
    totals: ExposureFigures
    commitments: list[ExposedCommitment]
