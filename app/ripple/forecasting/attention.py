"""Which commitments need somebody's attention because they will likely be late."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, literal_column

from app.commitments.tables import commitment_reschedules, commitments
from app.kernel.attention import Act, AttentionKind
from app.ripple.tables import ripple_forecasts
from app.tickets.attention import day
from app.tickets.unheld import IS_ASKED_FOR, open_commitments

_forecast = ripple_forecasts.c


def _why(told: Mapping[str, Any]) -> str:
    promised = f"“{told['title']}” for {told['customer']}, due on {day(told['due_at'])}"
    return f"{promised}, is {round(told['late'] * 100)} % likely late; {told['owner']} promised it."


def _act(id_: UUID, _: Mapping[str, Any]) -> Act:
    # Without their agreement it stays promised for when it was.
    return Act(f"/v1/commitments/{id_}/reschedule", {"customer_agreed": True}, ("due_at", "reason"))


# What the customer agreed to since, no forecast has seen: it may be in time again.
_MOVED = exists(literal_column("1")).where(
    commitment_reschedules.c.commitment_id == commitments.c.id,
    commitment_reschedules.c.customer_agreed,
    commitment_reschedules.c.at > _forecast.as_of,
)
_AT_RISK = (
    open_commitments(_forecast.at_risk_since, due_at=commitments.c.agreed_due_at, late=_forecast.probability_late)
    .join(ripple_forecasts, _forecast.commitment_id == commitments.c.id)
    .where(_forecast.at_risk_since.is_not(None), IS_ASKED_FOR, ~_MOVED)
)

COMMITMENT_AT_RISK: Final = AttentionKind("commitment_at_risk", "commitment", _AT_RISK, _why, _act)
"""Open commitments that were forecast to be late and not in time since: one without any ticket is there as such. One
whose customer agreed to another time is not, until it is forecast anew."""
