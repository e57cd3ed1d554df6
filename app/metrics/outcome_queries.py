"""The statement of the report on outcomes: what every customer lived through in a period, by group where asked."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import TextClause, Uuid, bindparam, text

from app.kernel.database import Timestamp
from app.kernel.reports import TIMES

_OF_TICKETS: Final = {
    "department_id": "t.provider_department_id",
    "provider_department_id": "t.provider_department_id",
    "requester_department_id": "t.requester_department_id",
    "request_type_id": "t.request_type_id",
    "priority": "t.priority",
}
_TOLD_BY: Final = {
    "department": "t.provider_department_id",
    "provider": "t.provider_department_id",
    "requester": "t.requester_department_id",
    "request_type": "t.request_type_id",
    "priority": "t.priority",
}
"""What tells tickets apart, and with them those whom they serve."""

GROUPED_BY: Final = (*_TOLD_BY, *TIMES)
"""The dimensions that a customer may have several groups of."""

_OF_CUSTOMERS: Final = {"customer_id": "u.id", "customer_tier": "u.tier"}
_INSTANTS: Final = ("start", "until", "before")

_EXPERIENCES: Final = """
    with recursive kept as (
        select c.id, c.customer_id,
            case when c.delivered_at < :before then c.delivered_at else :until - interval '1 second' end as at,
            greatest(0, extract(epoch from
                case when c.delivered_at < :before then c.delivered_at else :until end - c.agreed_due_at
            ))::bigint as seconds
        from commitments c
        where (c.delivered_at >= :start or c.delivered_at is null) and c.status <> 'cancelled'
            and (c.delivered_at < :before or c.agreed_due_at < :until) {promises}
    ), {under}
    promised as (
        select kept.customer_id {of_promises}, count(*) as promises, count(*) filter (where seconds > 0) as late,
            sum(seconds)::bigint as lateness_seconds
        from kept {beneath}
        group by kept.customer_id {groups}
    ),
    asked as (
        select t.customer_id {of_tickets}, count(*) as tickets,
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
        group by t.customer_id {groups}
    ),
    became as (
        select o.customer_id {of_outcomes},
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
        group by o.customer_id {times}
    ),
    found as (
        select customer_id {groups} from promised union select customer_id {groups} from asked {or_became}
    )
    select u.id, u.external_ref, u.name, u.tier {groups},
        coalesce(promises, 0) as promises,
        coalesce(late, 0) as late,
        coalesce(lateness_seconds, 0) as lateness_seconds,
        coalesce(tickets, 0) as tickets,
        coalesce(waits, 0) as waits,
        coalesce(hops, 0) as hops,
        coalesce(questions, 0) as questions,
        coalesce(csat_responses, 0) as csat_responses,
        coalesce(csat_sum, 0) as csat_sum,
        coalesce(nps_responses, 0) as nps_responses,
        coalesce(nps_sum, 0) as nps_sum,
        coalesce(complaints, 0) as complaints,
        coalesce(churns, 0) as churns,
        coalesce(renewals, 0) as renewals,
        coalesce(expansions, 0) as expansions
    from found
    join customers u on u.id = found.customer_id
    left join promised using (customer_id {groups})
    left join asked using (customer_id {groups})
    left join became using (customer_id {times})
    where true {customers}
    order by u.external_ref, u.id {groups}
"""
"""A promise that was not delivered by the end of the period, and was due by then, is as late as it was at that end, and
is dated just before. By conditions on tickets a customer counts only if some such ticket, or promise above one, was
theirs; so by what tells tickets apart, and then with all that became of it."""

_UNDER: Final = """
    under (commitment_id, ticket_id) as (
        select kept.id, t.id from kept join tickets t on t.commitment_id = kept.id
        union
        select u.commitment_id, d.blocker_id
        from under u
        cross join lateral (select blocker_id from ticket_dependencies where blocked_id = u.ticket_id offset 0) d
    ),"""
_BENEATH: Final = """
        join (
            select distinct under.commitment_id {told_by}
            from under join tickets t on t.id = under.ticket_id
            where true {tickets}
        ) beneath on beneath.commitment_id = kept.id"""


@lru_cache(maxsize=256)
def experiences(filters: tuple[str, ...], dimensions: tuple[str, ...] = ()) -> TextClause:
    """The statement with conditions on these filters: a row for each customer, and for each group it has by these
    dimensions (of `GROUPED_BY`), whose value is text, empty where it has none."""
    of_tickets = _conditions(_OF_TICKETS, filters)
    told_by = [name for name in dimensions if name in _TOLD_BY]
    times = [name for name in dimensions if name in TIMES]
    of_what_was_asked = _grouped(told_by) + _dated(times, "t.opened_at")
    by_tickets, by_source = bool(of_tickets or told_by), "source" in filters
    statement = _EXPERIENCES.format(
        promises=" and c.source = :source" if by_source else "",
        under=_UNDER if by_tickets else "",
        beneath=_BENEATH.format(told_by=_grouped(told_by), tickets=of_tickets) if by_tickets else "",
        tickets=of_tickets + (" and t.source = :source" if by_source else ""),
        of_promises=_named(told_by) + _dated(times, "kept.at"),
        of_tickets=of_what_was_asked,
        of_outcomes=_dated(times, "o.occurred_at"),
        groups=_named((*told_by, *times)),
        times=_named(times),
        or_became="" if by_tickets or by_source else f"union select customer_id {_named(times)} from became",
        customers=_conditions(_OF_CUSTOMERS, filters),
    )
    return text(statement).bindparams(
        *(bindparam(name, type_=Timestamp) for name in _INSTANTS),
        *(bindparam(name, type_=Uuid()) for name in filters if name.endswith("_id")),
    )


def _named(dimensions: Iterable[str]) -> str:
    return "".join(f", by_{name}" for name in dimensions)


def _grouped(dimensions: Iterable[str]) -> str:
    return "".join(f", coalesce({_TOLD_BY[name]}::text, '') as by_{name}" for name in dimensions)


def _dated(units: Sequence[str], at: str) -> str:
    return "".join(f", date_trunc('{unit}', {at} at time zone 'UTC')::date::text as by_{unit}" for unit in units)


def _conditions(columns: dict[str, str], filters: Iterable[str]) -> str:
    return "".join(f" and {columns[name]} = :{name}" for name in filters if name in columns)
