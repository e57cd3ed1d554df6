"""Statements of worth: whom a department's, or a member's, work served in a period, and what that is worth."""

from typing import Final

from sqlalchemy import Boolean, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp
from app.tickets.above import above

DAYS_BEFORE_LEAVING: Final = 180
"""How long before a customer left a promise to it must have been late to stand beside that."""

_LIVE: Final = """t.opened_at < :before
            and (t.resolved_at >= :start or t.resolved_at is null and coalesce(t.ended_at, 'infinity') >= :start)"""
_OPEN: Final = "coalesce(t.resolved_at, t.ended_at, 'infinity') >= :before"
_WORK_OF_DEPARTMENTS: Final = f"""
        select l.department_id, t.id, t.customer_id, {_OPEN}
        from ticket_legs l
        join tickets t on t.id = l.ticket_id
        where {_LIVE} and l.started_at < :before and coalesce(l.ended_at, 'infinity') >= :start
            and (cast(:worker_id as uuid) is null or l.department_id = :worker_id)
"""
_WORK_OF_A_MEMBER: Final = f"""
        select t.assignee_id, t.id, t.customer_id, {_OPEN}
        from tickets t
        where t.assignee_id = :worker_id and {_LIVE}
"""
_OWNED_BY_DEPARTMENTS: Final = """
            union all
            select owner_department_id, id
            from commitments
            where promised_at < :before and coalesce(delivered_at, cancelled_at, 'infinity') >= :start
                and (cast(:worker_id as uuid) is null or owner_department_id = :worker_id)
"""
# Once for each worker, and once for all of them together, unless only one is asked for.
_FOR_EACH_AND_ALL: Final = """cross join lateral (values (one.worker_id), (null)) as who (id)
        where cast(:worker_id as uuid) is null or who.id = :worker_id"""

_WORTH: Final = """
    with recursive work (worker_id, ticket_id, customer_id, is_open) as ({work}
    ), {above}, done as (
        select distinct who.id as worker_id, one.ticket_id, one.is_open from work one {for_each_and_all}
    ), promised as (
        select distinct who.id as worker_id, one.commitment_id
        from (
            select worker_id, commitment_id from promised_above{owned}
        ) one {for_each_and_all}
    ), kept as (
        select p.worker_id, m.customer_id, m.value, m.currency, {late} as is_late
        from promised p
        cross join lateral (select * from commitments where id = p.commitment_id offset 0) m
    ), served as (
        select who.id as worker_id, one.customer_id from work one {for_each_and_all}
        union
        select worker_id, customer_id from kept
    ), figures as (
        select worker_id, count(*) as tickets, count(*) filter (where is_open) as open_tickets, 0 as customers,
            0 as commitments, 0 as late_commitments from done group by 1
        union all
        select worker_id, 0, 0, count(*), 0, 0 from served group by 1
        union all
        select worker_id, 0, 0, 0, count(*), count(*) filter (where is_late) from kept group by 1
    ), amounts as materialized (
        select s.worker_id, 'customer_value' as of, c.currency, sum(c.annual_value) as value
            from served s join customers c on c.id = s.customer_id where c.annual_value is not null group by 1, 3
        union all
        select worker_id, 'commitment_value', currency, sum(value) from kept where value is not null group by 1, 3
        union all
        select worker_id, 'late_value', currency, sum(value) from kept where value is not null and is_late group by 1, 3
    )
    select f.worker_id, d.key as worker_key, d.name as worker_name, sum(tickets)::bigint as tickets,
        sum(open_tickets)::bigint as open_tickets, sum(customers)::bigint as customers,
        sum(commitments)::bigint as commitments, sum(late_commitments)::bigint as late_commitments,
        (select json_agg(json_build_array(a.of, a.value::text, a.currency) order by a.of, a.currency)
            from amounts a where a.worker_id is not distinct from f.worker_id) as amounts
    from figures f
    left join departments d on d.id = f.worker_id
    group by f.worker_id, d.key, d.name
    order by f.worker_id is not null, d.key
"""
_LATE: Final = """m.status <> 'cancelled' and coalesce(m.delivered_at, :until) >= :start
                and least(m.delivered_at, :until) > m.agreed_due_at"""


def _worth(work: str, *, owned: str) -> str:
    reached, each_and_all = above("work", of="worker_id"), _FOR_EACH_AND_ALL
    return _WORTH.format(work=work, above=reached, for_each_and_all=each_and_all, owned=owned, late=_LATE)


def _typed(sql: str) -> TextClause:
    return text(sql).bindparams(
        bindparam("start", type_=Timestamp),
        bindparam("before", type_=Timestamp),
        bindparam("until", type_=Timestamp),
        bindparam("worker_id", type_=Uuid),
    )


WORTH_OF_DEPARTMENTS: Final = _typed(_worth(_WORK_OF_DEPARTMENTS, owned=_OWNED_BY_DEPARTMENTS)).columns(amounts=JSON)
"""By department, and over all where `worker_id` is null: a leg counts that was in the department's hands in the period,
and so does every promise above it, or that the department owns, that was to be kept then."""

WORTH_OF_A_MEMBER: Final = _typed(_worth(_WORK_OF_A_MEMBER, owned="")).columns(amounts=JSON)
"""The same of one member: tickets assigned to them last, and the promises above these."""

LOST: Final = (
    text(f"""
    with gone as (
        select distinct on (o.customer_id) o.customer_id, o.occurred_at,
            case when o.value is null then c.annual_value else o.value end as value,
            case when o.value is null then c.currency else o.currency end as currency
        from customer_outcomes o
        join customers c on c.id = o.customer_id
        where o.kind = 'churn' and o.occurred_at >= :start and o.occurred_at < :before
        order by o.customer_id, o.occurred_at desc, o.id desc
    )
    select d.id as department_id, gone.customer_id, gone.value,
        case when gone.value is not null then gone.currency end as currency,
        sum(share.shapley_seconds)::bigint as seconds
    from gone
    join ripple_analyses a on a.customer_id = gone.customer_id and a.lateness_seconds > 0
        and a.delivered_at < gone.occurred_at
        and a.delivered_at >= gone.occurred_at - interval '{DAYS_BEFORE_LEAVING} days'
    cross join lateral json_to_recordset(a.analysis -> 'attribution') as share (party text, shapley_seconds bigint)
    join departments d on d.key = share.party
    where share.shapley_seconds > 0 and (not :of_one or d.id = :worker_id)
    group by d.id, gone.customer_id, gone.value, gone.currency
    order by d.id, gone.value desc nulls last, gone.customer_id
""")
    .bindparams(
        bindparam("start", type_=Timestamp),
        bindparam("before", type_=Timestamp),
        bindparam("of_one", type_=Boolean),
        bindparam("worker_id", type_=Uuid),
    )
    .columns(department_id=Uuid, customer_id=Uuid)
)
"""The customers who left in the period, with each department that had a share in the lateness of promises to them just
before: a department and a customer once."""

VALUE_CHANGES: Final = (
    text("""
    select occurred_at, data -> 'customer' ->> 'annual_value' as annual_value,
        data -> 'customer' ->> 'currency' as currency, data -> 'actor' as actor,
        data -> 'previous' -> 'annual_value' is not null as value_changed,
        data -> 'previous' ->> 'annual_value' as previous_value,
        data -> 'previous' -> 'currency' is not null as currency_changed,
        data -> 'previous' ->> 'currency' as previous_currency
    from events
    where type = 'customer.updated' and (data #>> '{customer,id}') = :customer_id
        and (data -> 'previous' -> 'annual_value' is not null or data -> 'previous' -> 'currency' is not null)
    order by sequence
""")
    .bindparams(bindparam("customer_id", type_=Text))
    .columns(occurred_at=Timestamp, actor=JSON)
)
"""How the annual value of a customer changed: its events stay."""

DECIDED: Final = (
    text("""
    select id, kind, occurred_at, value, currency, commitment_id, comment
    from customer_outcomes
    where customer_id = :customer_id and kind in ('churn', 'renewal', 'expansion')
    order by occurred_at, id
""")
    .bindparams(bindparam("customer_id", type_=Uuid))
    .columns(id=Uuid, occurred_at=Timestamp, commitment_id=Uuid)
)

PROMISED_TO: Final = text("""
    select currency, count(*) as commitments, count(*) filter (where status = 'open') as open,
        count(*) filter (where coalesce(delivered_at, :now) > agreed_due_at) as late,
        sum(value) as value, sum(value) filter (where status = 'open') as open_value,
        sum(value) filter (where coalesce(delivered_at, :now) > agreed_due_at) as late_value
    from commitments
    where customer_id = :customer_id and status <> 'cancelled'
    group by currency
    order by currency
""").bindparams(bindparam("now", type_=Timestamp), bindparam("customer_id", type_=Uuid))
"""What was promised to a customer, by currency; nothing that was cancelled."""
