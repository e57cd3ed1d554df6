"""The statement of the report on outcomes: what every customer lived through in a period."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from sqlalchemy import TextClause, Uuid, bindparam, text

from app.kernel.database import Timestamp

_OF_TICKETS: Final = {
    "department_id": "t.provider_department_id",
    "provider_department_id": "t.provider_department_id",
    "requester_department_id": "t.requester_department_id",
    "request_type_id": "t.request_type_id",
    "priority": "t.priority",
}
_OF_CUSTOMERS: Final = {"customer_id": "u.id", "customer_tier": "u.tier"}
_INSTANTS: Final = ("start", "until", "before")

_EXPERIENCES: Final = """
    select u.id, u.external_ref, u.name, u.tier,
        coalesce(promised.promises, 0) as promises,
        coalesce(promised.late, 0) as late,
        coalesce(promised.lateness_seconds, 0) as lateness_seconds,
        coalesce(asked.tickets, 0) as tickets,
        coalesce(asked.waits, 0) as waits,
        coalesce(asked.hops, 0) as hops,
        coalesce(asked.questions, 0) as questions,
        coalesce(became.csat_responses, 0) as csat_responses,
        coalesce(became.csat_sum, 0) as csat_sum,
        coalesce(became.nps_responses, 0) as nps_responses,
        coalesce(became.nps_sum, 0) as nps_sum,
        coalesce(became.complaints, 0) as complaints,
        coalesce(became.churns, 0) as churns,
        coalesce(became.renewals, 0) as renewals,
        coalesce(became.expansions, 0) as expansions
    from customers u
    left join (
        select customer_id, count(*) as promises, count(*) filter (where seconds > 0) as late,
            sum(seconds)::bigint as lateness_seconds
        from (
            select c.customer_id, greatest(0, extract(epoch from
                    case when c.delivered_at < :before then c.delivered_at else :until end - c.agreed_due_at
                ))::bigint as seconds
            from commitments c
            where (c.delivered_at >= :start or c.delivered_at is null) and c.status <> 'cancelled'
                and (c.delivered_at < :before or c.agreed_due_at < :until) {promises}
        ) kept
        group by customer_id
    ) promised on promised.customer_id = u.id
    left join (
        select t.customer_id, count(*) as tickets,
            coalesce(sum(stopped.waits), 0)::bigint as waits,
            sum(t.hop_count)::bigint as hops,
            sum(t.question_count)::bigint as questions
        from tickets t
        left join (
            select ticket_id, count(*) as waits
            from ticket_waits
            where party in ('requester', 'dependency') and started_at >= :start
            group by ticket_id
        ) stopped on stopped.ticket_id = t.id
        where t.opened_at >= :start and t.opened_at < :before {tickets}
        group by t.customer_id
    ) asked on asked.customer_id = u.id
    left join (
        select o.customer_id,
            count(*) filter (where o.kind = 'csat') as csat_responses,
            sum(o.score) filter (where o.kind = 'csat') as csat_sum,
            count(*) filter (where o.kind = 'nps') as nps_responses,
            sum(o.score) filter (where o.kind = 'nps') as nps_sum,
            count(*) filter (where o.kind = 'complaint') as complaints,
            count(*) filter (where o.kind = 'churn') as churns,
            count(*) filter (where o.kind = 'renewal') as renewals,
            count(*) filter (where o.kind = 'expansion') as expansions
        from customer_outcomes o
        where o.occurred_at >= :start and o.occurred_at < :before
        group by o.customer_id
    ) became on became.customer_id = u.id
    where (promised.promises > 0 or asked.tickets > 0 {or_became}) {customers}
    order by u.external_ref, u.id
"""
"""A promise that was not delivered by the end of the period, and was due by then, is as late as it was at that end. By
conditions on tickets a customer counts only if some such ticket, or promise above one, was theirs."""


@lru_cache(maxsize=64)
def experiences(filters: tuple[str, ...]) -> TextClause:
    """The statement with conditions on these filters."""
    of_tickets = _conditions(_OF_TICKETS, filters)
    above = f"and exists (select from tickets t where t.commitment_id = c.id{of_tickets})" if of_tickets else ""
    source = "source" in filters
    statement = _EXPERIENCES.format(
        promises=above + (" and c.source = :source" if source else ""),
        tickets=of_tickets + (" and t.source = :source" if source else ""),
        or_became="" if of_tickets or source else "or became.customer_id is not null",
        customers=_conditions(_OF_CUSTOMERS, filters),
    )
    return text(statement).bindparams(
        *(bindparam(name, type_=Timestamp) for name in _INSTANTS),
        *(bindparam(name, type_=Uuid()) for name in filters if name.endswith("_id")),
    )


def _conditions(columns: dict[str, str], filters: Iterable[str]) -> str:
    return "".join(f" and {columns[name]} = :{name}" for name in filters if name in columns)
