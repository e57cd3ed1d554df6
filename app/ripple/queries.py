"""Statements of ripple: the histories of any number of commitments in four statements, and what reports name."""

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, literal_column, select, text, union_all

from app.catalogue.tables import request_types
from app.commitments.tables import commitments
from app.customers.tables import customers
from app.directory.tables import departments
from app.service_levels.tables import slas
from app.tickets.tables import tickets

COMMITMENTS = (
    select(
        commitments.c.id,
        commitments.c.title,
        commitments.c.status,
        commitments.c.promised_at,
        commitments.c.agreed_due_at,
        commitments.c.delivered_at,
        commitments.c.cancelled_at,
        commitments.c.value,
        commitments.c.currency,
        departments.c.key.label("owner"),
        customers.c.id.label("customer_id"),
        customers.c.external_ref.label("customer"),
        customers.c.name.label("customer_name"),
        customers.c.tier.label("customer_tier"),
        customers.c.annual_value,
        customers.c.currency.label("annual_currency"),
    )
    .join_from(commitments, departments, departments.c.id == commitments.c.owner_department_id)
    .join(customers, customers.c.id == commitments.c.customer_id)
    .order_by(commitments.c.delivered_at, commitments.c.due_at, commitments.c.id)
)
"""Commitments with their customers, by delivery; each reader adds which."""

TICKETS = text("""
    with recursive beneath (commitment_id, ticket_id) as (
        select commitment_id, id from tickets where commitment_id = any(:commitment_ids)
        union
        select b.commitment_id, d.blocker_id
        from beneath b
        cross join lateral (select blocker_id from ticket_dependencies where blocked_id = b.ticket_id offset 0) d
    )
    select b.commitment_id, t.id,
        (select key from departments where id = t.requester_department_id) as requester,
        (select key from departments where id = t.provider_department_id) as provider,
        extract(epoch from t.opened_at)::bigint as opened_at,
        extract(epoch from t.acknowledged_at)::bigint as acknowledged_at,
        extract(epoch from coalesce(t.resolved_at, t.ended_at))::bigint as resolved_at,
        extract(epoch from clock.due_at)::bigint as due_at,
        clock.sla_id, clock.sla_version, clock.target_seconds, t.leg, t.priority, t.request_type_id
    from beneath b
    cross join lateral (select * from tickets where id = b.ticket_id offset 0) t
    left join lateral (
        select c.due_at, c.sla_id, c.sla_version, c.target_seconds from ticket_clocks c
        where c.ticket_id = t.id and c.metric = 'resolve' and c.scope = 'ticket'
        order by c.number desc limit 1
    ) clock on true
    order by b.commitment_id, t.opened_at, t.id
""").bindparams(bindparam("commitment_ids", type_=ARRAY(Uuid)))
"""The tickets of commitments, and those that block them, however far down: once for each commitment they serve.

How many stand beneath PostgreSQL guesses hundreds of times too high. It would read all tickets there are each time, did
`offset 0` not have it look them up one by one.
"""

SIZES = text("""
    select (
        with recursive beneath (ticket_id) as (
            select id from tickets where commitment_id = wanted.id
            union
            select d.blocker_id
            from beneath b
            cross join lateral (select blocker_id from ticket_dependencies where blocked_id = b.ticket_id offset 0) d
        )
        select count(*) from (select from beneath limit :most) as counted
    )
    from unnest(:commitment_ids) with ordinality as wanted (id, place)
    order by wanted.place
""").bindparams(bindparam("commitment_ids", type_=ARRAY(Uuid)), bindparam("most", type_=Integer()))
"""How many tickets stand beneath each of these commitments, in their order; no more are counted than `most`."""

_ticket_ids = bindparam("ticket_ids", type_=ARRAY(Uuid))

LEGS = text("""
    select l.ticket_id, d.key as department,
        extract(epoch from l.started_at)::bigint as started_at,
        extract(epoch from l.acknowledged_at)::bigint as acknowledged_at
    from ticket_legs l join departments d on d.id = l.department_id
    where l.ticket_id = any(:ticket_ids)
    order by l.ticket_id, l.number
""").bindparams(_ticket_ids)

WAITS = text("""
    select ticket_id, party,
        extract(epoch from started_at)::bigint as started_at, extract(epoch from ended_at)::bigint as ended_at
    from ticket_waits
    where ticket_id = any(:ticket_ids) and party <> 'dependency'
    order by ticket_id, number
""").bindparams(_ticket_ids)

BLOCKS = text("""
    select blocker_id as ticket_id, blocked_id from ticket_dependencies
    where blocker_id = any(:ticket_ids)
    order by blocker_id, position
""").bindparams(_ticket_ids)

DEPARTMENTS = select(departments.c.id, departments.c.key, departments.c.name, departments.c.calendar_id)
NAMES = union_all(
    select(literal_column("'department'").label("kind"), departments.c.id, departments.c.key, departments.c.name),
    select(literal_column("'request_type'"), request_types.c.id, request_types.c.key, request_types.c.name),
    select(literal_column("'sla'"), slas.c.id, literal_column("''"), slas.c.name),
)
"""Everything that reports name, by what it is."""
TICKET_NAMES = select(tickets.c.id, tickets.c.number, tickets.c.title)
