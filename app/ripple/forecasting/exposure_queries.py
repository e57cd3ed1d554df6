"""The statement of exposure: open commitments with their last forecasts, and what they wait for last."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from app.catalogue.tables import request_types
from app.commitments.tables import commitments
from app.customers.tables import customers
from app.directory.tables import departments
from app.ripple.tables import ripple_forecasts
from app.tickets.tables import tickets

_owner = departments.alias("owner")
_requester = departments.alias("requester")
_provider = departments.alias("provider")
# What waits for no ticket waits for whoever answers for it.
_holder_id = func.coalesce(_provider.c.id, _owner.c.id)

EXPOSED: Final = (
    select(
        commitments.c.id,
        commitments.c.title,
        commitments.c.agreed_due_at.label("due_at"),
        commitments.c.value,
        commitments.c.currency,
        customers.c.id.label("customer_id"),
        customers.c.external_ref.label("customer"),
        customers.c.name.label("customer_name"),
        customers.c.tier.label("customer_tier"),
        customers.c.annual_value,
        customers.c.currency.label("annual_currency"),
        _owner.c.id.label("owner_id"),
        _owner.c.key.label("owner"),
        _owner.c.name.label("owner_name"),
        ripple_forecasts.c.as_of,
        ripple_forecasts.c.p50,
        ripple_forecasts.c.p80,
        ripple_forecasts.c.p95,
        ripple_forecasts.c.probability_late,
        ripple_forecasts.c.at_risk_since,
        ripple_forecasts.c.last_share,
        tickets.c.id.label("ticket_id"),
        tickets.c.number,
        tickets.c.title.label("ticket_title"),
        tickets.c.priority,
        _requester.c.id.label("requester_id"),
        _requester.c.key.label("requester"),
        _requester.c.name.label("requester_name"),
        _provider.c.id.label("provider_id"),
        _provider.c.key.label("provider"),
        _provider.c.name.label("provider_name"),
        _holder_id.label("department_id"),
        func.coalesce(_provider.c.key, _owner.c.key).label("department"),
        func.coalesce(_provider.c.name, _owner.c.name).label("department_name"),
        request_types.c.id.label("request_type_id"),
        request_types.c.key.label("request_type"),
        request_types.c.name.label("request_type_name"),
    )
    .join_from(commitments, customers, customers.c.id == commitments.c.customer_id)
    .join(_owner, _owner.c.id == commitments.c.owner_department_id)
    .outerjoin(ripple_forecasts, ripple_forecasts.c.commitment_id == commitments.c.id)
    .outerjoin(tickets, tickets.c.id == ripple_forecasts.c.last_ticket_id)
    .outerjoin(_requester, _requester.c.id == tickets.c.requester_department_id)
    .outerjoin(_provider, _provider.c.id == tickets.c.provider_department_id)
    .outerjoin(request_types, request_types.c.id == tickets.c.request_type_id)
    .where(commitments.c.status == "open")
)

CONDITIONS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "department_id": lambda id_: _holder_id == id_,
    "owner_department_id": lambda id_: _owner.c.id == id_,
    "requester_department_id": lambda id_: _requester.c.id == id_,
    "provider_department_id": lambda id_: _provider.c.id == id_,
    "assignee_id": lambda id_: tickets.c.assignee_id == id_,
    "request_type_id": lambda id_: request_types.c.id == id_,
    "priority": lambda priority: tickets.c.priority == priority,
    "customer_id": lambda id_: customers.c.id == id_,
    "customer_tier": lambda tier: customers.c.tier == tier,
    "source": lambda source: commitments.c.source == source,
    "at_risk": lambda at_risk: ripple_forecasts.c.at_risk_since.is_not(None) == at_risk,
    "due_after": lambda instant: commitments.c.agreed_due_at >= instant,
    "due_before": lambda instant: commitments.c.agreed_due_at < instant,
}
"""What each filter of the report asks of a commitment."""
