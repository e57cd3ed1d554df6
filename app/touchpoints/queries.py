"""Statements of touchpoints: each is one, however many tickets, commitments and relationships a customer has."""

from sqlalchemy import ARRAY, Uuid, text

from app.kernel.database import Timestamp

ENTRIES = text("""
    with told as (
        select h.ticket_id, h.number, h.leg, h.verb, h.at, l.department_id as leg_department_id,
            t.requester_department_id, t.requester_id, h.actor ->> 'type' as actor_type,
            cast(h.actor ->> 'id' as uuid) as actor_id,
            cast(h.details ->> 'member_id' as uuid) as member_id,
            case when h.verb in ('noted', 'transfer', 'return')
                then cast(h.details ->> 'department_id' as uuid) end as named_department_id,
            count(*) filter (where h.verb in ('open', 'assign'))
                over (partition by h.ticket_id, h.leg order by h.number) as stretch
        from tickets t
        join ticket_history h on h.ticket_id = t.id
        join ticket_legs l on l.ticket_id = h.ticket_id and l.number = h.leg
        where t.customer_id = :customer_id
    ), held as (
        select told.*, first_value(case when verb in ('open', 'assign') then member_id end)
            over (partition by ticket_id, leg, stretch order by number) as assignee_id
        from told
    ), actors as (
        select a.actor_id, m.id as member_id,
            coalesce(
                (select array_agg(d.department_id order by d.position) from member_departments d
                    where d.member_id = m.id),
                k.department_ids, '{}') as department_ids
        from (select distinct actor_id from told where actor_id is not null) a
        left join api_keys k on k.id = a.actor_id
        left join members m on m.id = coalesce(k.member_id, a.actor_id)
    )
    select h.ticket_id, h.leg, h.verb, h.at, h.leg_department_id, h.requester_department_id, h.requester_id,
        h.assignee_id, a.member_id as actor_member_id, coalesce(a.department_ids, '{}') as actor_department_ids,
        case h.verb when 'noted' then h.member_id end as named_member_id, h.named_department_id
    from held h
    left join actors a on a.actor_id = h.actor_id
    order by h.ticket_id, h.number
""").columns(at=Timestamp, actor_department_ids=ARRAY(Uuid))
"""What was done to a customer's tickets, and who had each then: as it was opened or assigned in that leg."""

PROMISED = text("""
    select id as commitment_id, owner_department_id as department_id, unnest(
        array_remove(array[promised_at, delivered_at], null)) as at
    from commitments where customer_id = :customer_id
""").columns(at=Timestamp)
"""When promises were made to a customer, and delivered."""

TIES = text("""
    select r.id, r.member_id, r.department_id, r.role, r.since, r."until",
        coalesce((select array_agg(d.department_id) from member_departments d where d.member_id = r.member_id), '{}')
            as department_ids
    from customer_relationships r where r.customer_id = :customer_id order by r.since, r.id
""").columns(since=Timestamp, until=Timestamp, department_ids=ARRAY(Uuid))
