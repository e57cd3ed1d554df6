"""Forecasts on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import Currency, Id, Instant, Money

Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class LastTicket:
    """The ticket beneath a commitment that is most likely the last one it waits for, with the department that holds
    it; `share` is in which share of the simulated futures it was the last."""

    id: Id
    number: int
    title: str
    department_id: Id
    department: str
    department_name: str
    share: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True)
class LearnedFrom:
    """What a forecast is told by: how many commitments and tickets had ended by `as_of`, of those that were looked at.

    With fewer than 30 commitments it is hardly more than a guess: `enough` is false.
    """

    as_of: Instant
    commitments: int
    tickets: int
    enough: bool


@dataclass(frozen=True, slots=True)
class CommitmentForecast:
    """When an open commitment will be delivered, as it looks `as_of` then.

    By `p50` it is delivered with a probability of one half, by `p80` and `p95` with one of 80 and 95 %. It is late
    after `due_at`, the due time that was agreed with the customer. `value_at_risk` is the probability of that, times
    the commitment's value, or where it states none its customer's annual value: `value_of` says which.
    """

    commitment_id: Id
    customer_id: Id
    as_of: Instant
    due_at: Instant
    p50: Instant
    p80: Instant
    p95: Instant
    probability_late: Probability
    at_risk_since: Annotated[
        Instant | None,
        Field(description="From when on it was told to be at risk, and not back on track since; else null."),
    ]
    last_ticket: Annotated[LastTicket | None, Field(description="Null when no ticket beneath it is open.")]
    value: Money | None
    value_at_risk: Money | None
    currency: Currency | None
    value_of: Annotated[Literal["commitment", "customer"] | None, Field(description="Whose value counts.")]
    learned_from: LearnedFrom
