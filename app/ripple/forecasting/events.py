"""What is told of forecasts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from app.commitments.events import LEEDS
from app.commitments.schemas import Commitment
from app.customers.events import ALBION
from app.customers.schemas import Customer
from app.directory.event_examples import FINANCE, SALES
from app.directory.schemas import Department
from app.kernel.event_types import Actor, EventType, SomeOf
from app.ripple.forecasting.forecast_schemas import CommitmentForecast, LastTicket, LearnedFrom


class ForecastData(TypedDict):
    """What is told when it has become likely that a commitment is late, or is not: the forecast that says so, and in
    `previous` what the one before said, where it differs; nothing when this is the first."""

    commitment: Commitment
    customer: Customer
    owner_department: Department
    forecast: CommitmentForecast
    previous: Annotated[dict[str, Any], SomeOf(CommitmentForecast)]
    actor: Actor


_AT: Final = datetime(2026, 3, 12, 15, tzinfo=UTC)
_AT_RISK: Final = CommitmentForecast(
    commitment_id=LEEDS.id,
    customer_id=ALBION.id,
    as_of=_AT,
    due_at=LEEDS.agreed_due_at,
    p50=_AT + timedelta(days=2, hours=3),
    p80=_AT + timedelta(days=3, hours=1),
    p95=_AT + timedelta(days=4, hours=20),
    probability_late=0.62,
    at_risk_since=_AT,
    last_ticket=LastTicket(
        id=UUID("01972fa7-93e8-75ad-9200-5dacb0c9c46e"),
        number=17,
        title="Credit check",
        department_id=FINANCE.id,
        department="FIN",
        department_name="Finance",
        share=0.94,
    ),
    value=LEEDS.value,
    value_at_risk=Decimal("297600.00"),
    currency="EUR",
    value_of="commitment",
    learned_from=LearnedFrom(as_of=_AT, commitments=412, tickets=1893, enough=True),
)
_LATER: Final = _AT + timedelta(hours=4)
_BACK: Final = replace(
    _AT_RISK,
    as_of=_LATER,
    p50=_LATER + timedelta(hours=11),
    p80=_LATER + timedelta(hours=15),
    p95=_LATER + timedelta(days=1, hours=2),
    probability_late=0.12,
    at_risk_since=None,
    value_at_risk=Decimal("57600.00"),
    last_ticket=None,
)


def _told(forecast: CommitmentForecast, **previous: Any) -> dict[str, Any]:
    return {
        "commitment": LEEDS,
        "customer": ALBION,
        "owner_department": SALES,
        "forecast": forecast,
        "previous": previous,
        "actor": {"type": "system"},
    }


TYPES: Final = (
    EventType(
        "commitment.at_risk",
        "An open promise is likely late: the probability has risen to 0.5 or above.",
        ForecastData,
        _told(_AT_RISK, as_of=_AT - timedelta(hours=1), probability_late=0.44, at_risk_since=None),
    ),
    EventType(
        "commitment.back_on_track",
        "A promise that was at risk is likely kept in time: the probability of being late has fallen below 0.3.",
        ForecastData,
        _told(_BACK, as_of=_AT + timedelta(hours=3), probability_late=0.58, at_risk_since=_AT),
    ),
)
