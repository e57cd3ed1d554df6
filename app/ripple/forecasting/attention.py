"""Which commitments need somebody's attention because they will likely be late."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, func, select, text

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.directory.tables import departments
from app.kernel.attention import NOBODY, Act, AttentionKind, rank, weight
from app.ripple.tables import ripple_forecasts
from app.tickets.attention import CURRENCY, WORTH, day
from app.tickets.tables import tickets

_forecast = ripple_forecasts.c
_is_asked_for = exists().where(tickets.c.commitment_id == commitments.c.id)


def _why(told: Mapping[str, Any]) -> str:
    promised = f"“{told['title']}” for {told['customer']}, due on {day(told['due_at'])}"
    return f"{promised}, is {round(told['late'] * 100)} % likely late; {told['owner']} promised it."


def _act(id_: UUID, _: Mapping[str, Any]) -> Act:
    # Without their agreement it stays promised for when it was.
    return Act(f"/v1/commitments/{id_}/reschedule", {"customer_agreed": True}, ("due_at", "reason"))


_AT_RISK: Select[Any] = (
    select(
        commitments.c.id,
        _forecast.at_risk_since.label("since"),
        rank(_forecast.at_risk_since, weight(WORTH, CURRENCY)).label("rank"),
        WORTH.label("value"),
        CURRENCY.label("currency"),
        commitments.c.customer_id,
        commitments.c.owner_department_id.label("department_id"),
        NOBODY.label("member_id"),
        func.jsonb_build_object(
            *("title", commitments.c.title, "due_at", commitments.c.agreed_due_at, "late", _forecast.probability_late),
            *("customer", customers.c.name, "owner", departments.c.name),
        ).label("detail"),
    )
    .join(ripple_forecasts, _forecast.commitment_id == commitments.c.id)
    .join(customers, customers.c.id == commitments.c.customer_id)
    .join(departments, departments.c.id == commitments.c.owner_department_id)
    .where(text("commitments.status = 'open'"), _forecast.at_risk_since.is_not(None), _is_asked_for)
)

COMMITMENT_AT_RISK: Final = AttentionKind("commitment_at_risk", "commitment", _AT_RISK, _why, _act)
"""Open commitments that were forecast to be late and not in time since: one without any ticket is there as such."""
