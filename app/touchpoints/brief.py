"""What whoever serves a customer should know beforehand: one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import column, text
from sqlalchemy.dialects.postgresql import JSON, JSONB

from app.customers.brief_schemas import (
    MOST_COMMITMENTS,
    MOST_OUTCOMES,
    MOST_SERVING,
    MOST_TICKETS,
    CustomerBrief,
    LastOutcome,
    OpenCommitment,
    ServedBy,
)
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.tickets.tables import IS_UNRESOLVED

_BRIEF = text(f"""
    with promised as (
        select m.id, m.title, m.owner_department_id, m.due_at, m.value::text as value, m.currency,
            m.agreed_due_at < :now as overdue, m.agreed_due_at < :now or f.at_risk_since is not null as at_risk,
            f.probability_late, f.p50 as expected_at
        from commitments m
        left join ripple_forecasts f on f.commitment_id = m.id
        where m.customer_id = :customer_id and m.status = 'open'
    ), served as (
        select r.id as relationship_id, r.member_id, r.department_id, coalesce(m.name, d.name) as name, r.role,
            coalesce(r.perceived_owner_since <= :now
                and (r.perceived_owner_until is null or r.perceived_owner_until > :now), false) as perceived_owner,
            r.since
        from customer_relationships r
        left join members m on m.id = r.member_id
        left join departments d on d.id = r.department_id
        where r.customer_id = :customer_id and r.since <= :now and (r."until" is null or r."until" > :now)
        order by perceived_owner desc, r.since, r.id
        limit {MOST_SERVING}
    ), outcomes as (
        select id, kind, score, value::text as value, currency, occurred_at, commitment_id, comment
        from customer_outcomes where customer_id = :customer_id and occurred_at <= :now
        order by occurred_at desc, id desc
        limit {MOST_OUTCOMES}
    )
    select c.id as customer_id, c.name, c.tier, c.annual_value, c.currency, c.preferences, c.notes,
        (select json_agg(served) from served) as served_by,
        (select json_agg(worst) from (
            select * from promised order by at_risk desc, due_at, id limit {MOST_COMMITMENTS}) as worst
        ) as open_commitments,
        (select count(*) from promised) as open_commitment_count,
        (select count(*) from promised where at_risk) as at_risk_count,
        (select count(*) from (
            select from tickets t where t.customer_id = c.id
                and t.{IS_UNRESOLVED} limit {MOST_TICKETS}) as unresolved
        ) as open_ticket_count,
        (select json_agg(outcomes) from outcomes) as last_outcomes
    from customers c where c.id = :customer_id
""").columns(
    *map(column, ("customer_id", "name", "tier", "annual_value", "currency")),
    column("preferences", JSONB),
    column("notes"),
    *(column(name, JSON) for name in ("served_by", "open_commitments")),
    *map(column, ("open_commitment_count", "at_risk_count", "open_ticket_count")),
    column("last_outcomes", JSON),
)

_IDS: Final = frozenset({"id", "relationship_id", "member_id", "department_id", "owner_department_id", "commitment_id"})
_INSTANTS: Final = frozenset({"since", "due_at", "expected_at", "occurred_at"})

T = TypeVar("T")


async def brief_of(work: Work, customer_id: UUID) -> CustomerBrief:
    """What to know of a customer, as of now.

    Raises:
        NotFound: there is no such customer.
    """
    named = {"customer_id": customer_id, "now": work.now}
    row = (await work.connection.execute(_BRIEF, named)).mappings().first()
    if row is None:
        raise NotFound(f"There is no customer with id {customer_id}.")
    return CustomerBrief(
        **{
            **row,
            "served_by": _listed(ServedBy, row["served_by"]),
            "open_commitments": _listed(OpenCommitment, row["open_commitments"]),
            "last_outcomes": _listed(LastOutcome, row["last_outcomes"]),
        }
    )


def _listed(shape: type[T], told: Sequence[Mapping[str, Any]] | None) -> list[T]:
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]
    return [shape(**{name: _value(name, each[name]) for name in names}) for each in told or ()]


def _value(name: str, told: Any) -> Any:
    if told is None:
        return None
    if name in _IDS:
        return UUID(told)
    if name in _INSTANTS:
        return datetime.fromisoformat(told)
    return Decimal(told) if name == "value" else told
