"""Statements that mark commitments whose history has changed.

Each waits for whoever is looking at a commitment that it marks, and then marks it anew: `on conflict do nothing` would
rely on a mark that is about to go. They mark in the order of ids, so that no two wait for each other.
"""

from sqlalchemy import ARRAY, BigInteger, Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import insert

from app.kernel.database import Timestamp
from app.ripple.tables import ripple_departments
from app.tickets.above import above

_MARK = """
    insert into ripple_marks (commitment_id, marked_at)
    select id, clock_timestamp() from found order by id
    on conflict (commitment_id) do update set marked_at = excluded.marked_at
"""
_ABOVE = above("touched")

# Other events of the same prefixes tell of nothing that an analysis reads, or of what another event tells.
MARK_FOR_EVENTS = text(f"""
    with recursive told as materialized (
        select sequence, (data #>> '{{ticket,id}}')::uuid as ticket_id,
            (data #>> '{{commitment,id}}')::uuid as commitment_id
        from events
        where sequence > :after and sequence <= :until
            and (type like 'ticket.%' or type like 'commitment.%' or type = 'sla.escalated')
            and type not in (
                'ticket.commented', 'ticket.feedback_given', 'ticket.unblocked',
                'commitment.at_risk', 'commitment.back_on_track'
            )
        order by sequence limit :batch
    ),
    touched (ticket_id) as (select distinct ticket_id from told where ticket_id is not null),
    {_ABOVE},
    found (id) as (
        select commitment_id from promised_above
        union
        select c.id from told join commitments c on c.id = told.commitment_id
    ),
    marked as ({_MARK})
    select count(*) as events, max(sequence) as last from told
""").bindparams(
    bindparam("after", type_=BigInteger()), bindparam("until", type_=BigInteger()), bindparam("batch", type_=Integer())
)
"""Marks for the first events after one number and up to another; how many that were, and the number of the last."""

MARK_ABOVE = text(f"""
    with recursive touched (ticket_id) as (select unnest(:ticket_ids)),
    {_ABOVE},
    found (id) as (select commitment_id from promised_above)
    {_MARK}
""").bindparams(bindparam("ticket_ids", type_=ARRAY(Uuid)))
"""Marks what these tickets serve."""

MARK_FOR_DEPARTMENTS = text(f"""
    with recursive touched (ticket_id) as (
        select id from tickets
        where requester_department_id = any(:department_ids) or provider_department_id = any(:department_ids)
        union
        select ticket_id from ticket_legs where department_id = any(:department_ids)
    ),
    {_ABOVE},
    found (id) as (
        select commitment_id from promised_above
        union
        select id from commitments where owner_department_id = any(:department_ids)
    )
    {_MARK}
""").bindparams(bindparam("department_ids", type_=ARRAY(Uuid)))
"""Marks every commitment in whose history one of these departments is."""

MARK_DELIVERED_AFTER = text(f"""
    with found (id) as (select id from commitments where delivered_at > :instant)
    {_MARK}
""").bindparams(bindparam("instant", type_=Timestamp))
"""Marks what business hours that have held since an instant may count in."""

_OTHERWISE = """
    from departments d
    left join lateral (
        select number, holds_from from calendar_versions
        where calendar_id = d.calendar_id order by number desc limit 1
    ) hours on true
    left join ripple_departments known on known.department_id = d.id
    where (known.key, known.calendar_id, known.calendar_version)
        is distinct from (d.key, d.calendar_id, hours.number)
"""
ANY_DEPARTMENT_OTHERWISE = text(f"select exists (select {_OTHERWISE})")
DEPARTMENTS_OTHERWISE = text(f"""
    select d.id as department_id, d.key, d.calendar_id, hours.number as calendar_version,
        case when hours.number > 1 then hours.holds_from end as hours_from,
        case
            when known.department_id is null then d.version > 1
            else (known.key, known.calendar_id) is distinct from (d.key, d.calendar_id)
        end as is_otherwise
    {_OTHERWISE}
""")
"""Departments that are not known as they are: whether one has had another key or calendar since it was first seen in
histories, and since when the hours of its calendar hold, unless that never had others."""

_known = insert(ripple_departments)
KNOW_DEPARTMENTS = _known.on_conflict_do_update(
    index_elements=["department_id"],
    set_={name: _known.excluded[name] for name in ("key", "calendar_id", "calendar_version")},
)
