"""What work, and a customer, is worth, on the wire."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from app.kernel.reports import SpanQuery
from app.kernel.schemas import Currency, Id, Instant, Value
from app.ripple.engine.totals import Amount
from app.ripple.forecasting.exposure import ExposureFigures


@dataclass(frozen=True, slots=True)
class WorthFigures:
    """Whom work served, and what that is worth. Amounts are by currency, never added up across."""

    tickets: Annotated[int, Field(description="Tickets that were worked on in the period, or waited to be.")]
    open_tickets: Annotated[int, Field(description="Of these, unresolved at its end.")]
    customers: Annotated[int, Field(description="Whom these, and the commitments, served: each once.")]
    customer_value: Annotated[list[Amount], Field(description="What these customers are worth a year.")]
    commitments: Annotated[
        int, Field(description="Promises to be kept in the period: above these tickets, or owned by the department.")
    ]
    commitment_value: list[Amount]
    late_commitments: Annotated[
        int, Field(description="Of these, delivered after they were due, or overdue at the end: whoever caused it.")
    ]
    late_value: list[Amount]
    at_risk: Annotated[int, Field(description="Open promises likely late that now wait for this department last.")]
    value_at_risk: Annotated[
        list[Amount], Field(description="What of the value of open promises is expected to be late: as of now.")
    ]
    lost_customers: Annotated[
        int,
        Field(
            description="Customers who left in the period, after a promise to them was late in the 180 days before, "
            "with a share of the department. That stood beside their leaving; it need not be the reason."
        ),
    ]
    lost_value: Annotated[list[Amount], Field(description="What they were worth, by their churn, else a year.")]


class WorthQuery(SpanQuery):
    """The query of the report on worth, which is by department."""

    department_id: Id | None = Field(None, description="Only what this department worked for.")


@dataclass(frozen=True, slots=True)
class ValueStep:
    """What a customer was worth a year from an instant on, and who said so: nobody is known for the first."""

    since: Instant
    annual_value: Value | None
    currency: Currency | None
    actor: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A customer stayed, bought more, or left: an outcome."""

    id: Id
    kind: Annotated[str, Field(description="`renewal`, `expansion` or `churn`.")]
    occurred_at: Instant
    value: Value | None
    currency: Currency | None
    commitment_id: Id | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised to a customer and not cancelled; late is what was delivered late, or is overdue."""

    commitments: int
    value: list[Amount]
    open: int
    open_value: list[Amount]
    late: int
    late_value: list[Amount]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a customer's decisions were worth, as far as they state it."""

    renewed_value: list[Amount] = field(default_factory=list)
    expanded_value: list[Amount] = field(default_factory=list)
    lost_value: list[Amount] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CustomerWorth:
    """What a customer is worth, and was; what it decided; what was promised; and what of that is at risk."""

    customer_id: Id
    as_of: Instant
    annual_value: Value | None
    currency: Currency | None
    history: Annotated[list[ValueStep], Field(description="The earliest first; the last one holds.")]
    decisions: Annotated[list[Decision], Field(description="The earliest first.")]
    decided: Decided
    promised: Promised
    at_risk: Annotated[ExposureFigures, Field(description="As `/exposure` has it: what is open and likely late.")]
