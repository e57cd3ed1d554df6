"""The statement of the timeline: everything that happened to a customer, from where each thing is kept.

Each part selects `at`; `kind` and `event`; `rank` and `number`, which order what happened in the same second; the
`subject_type` and its `id`; whose doing it was; and `detail` for the sentence that tells it. An internal comment is for
`own`, departments that have the ticket or had it; null: for everybody.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from sqlalchemy import BigInteger, Integer, Subquery, Text, Uuid, column, text
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp

_PROMISES: Final = """
    select e.at, 'commitment' as kind, e.event, e.rank, 0::bigint as number, 'commitment' as subject_type, m.id,
        m.owner_department_id as department_id, null::uuid as member_id,
        json_build_object('title', m.title, 'department', d.name, 'due_at', m.due_at, 'agreed_due_at', m.agreed_due_at,
            'reason', m.cancel_reason) as detail
    from commitments m
    join departments d on d.id = m.owner_department_id
    cross join lateral (values
        (m.promised_at, 'made', 20),
        (m.delivered_at, case when m.delivered_at > m.agreed_due_at then 'delivered_late' else 'delivered' end, 41),
        (m.cancelled_at, 'cancelled', 42)) as e (at, event, rank)
    where m.customer_id = :customer_id and e.at is not null
    union all
    select r.at, 'commitment', 'rescheduled', 40, r.number, 'commitment', m.id, m.owner_department_id,
        w.id, json_build_object('title', m.title, 'department', d.name, 'from_due_at', r.from_due_at,
            'due_at', r.to_due_at, 'reason', r.reason, 'customer_agreed', r.customer_agreed)
    from commitments m
    join departments d on d.id = m.owner_department_id
    join commitment_reschedules r on r.commitment_id = m.id
    left join members w on w.id = cast(coalesce(r.actor ->> 'member_id', r.actor ->> 'id') as uuid)
    where m.customer_id = :customer_id
"""
_TICKETS: Final = """
    select h.at, v.kind, v.event, 30, h.number, 'ticket', t.id,
        case when h.verb in ('open', 'reopen', 'close', 'cancel') then t.requester_department_id
            else l.department_id end,
        coalesce(named.id, actor.id),
        json_build_object('ticket', t.number, 'title', t.title, 'requester', q.name, 'department', p.name,
            'to', gets.name, 'member', named.name, 'on', h.details ->> 'on', 'reason', h.details ->> 'reason',
            'priority', h.details ->> 'priority', 'resolution', h.details ->> 'resolution',
            'granted', h.details -> 'granted', 'said', coalesce(h.details ->> 'question', h.details ->> 'body'),
            'summary', h.details #>> '{context,summary}')
    from tickets t
    join ticket_history h on h.ticket_id = t.id
    join (values
        ('open', 'ticket', 'opened'), ('acknowledge', 'ticket', 'acknowledged'), ('start', 'ticket', 'started'),
        ('assign', 'ticket', 'assigned'), ('prioritise', 'ticket', 'prioritised'), ('escalate', 'ticket', 'escalated'),
        ('resolve', 'ticket', 'resolved'), ('reopen', 'ticket', 'reopened'), ('close', 'ticket', 'closed'),
        ('decline', 'ticket', 'declined'), ('cancel', 'ticket', 'cancelled'), ('transfer', 'hand_off', 'transferred'),
        ('accept', 'hand_off', 'accepted'), ('return', 'hand_off', 'returned'), ('wait', 'wait', 'waiting'),
        ('resume', 'wait', 'resumed'), ('ask', 'question', 'asked'), ('comment', 'comment', 'commented')
    ) as v (verb, kind, event) on v.verb = h.verb
    join ticket_legs l on l.ticket_id = t.id and l.number = h.leg
    join departments p on p.id = l.department_id
    join departments q on q.id = t.requester_department_id
    left join departments gets on h.verb in ('transfer', 'return')
        and gets.id = cast(h.details ->> 'department_id' as uuid)
    left join members named on h.verb = 'assign' and named.id = cast(h.details ->> 'member_id' as uuid)
    left join members actor on actor.id = cast(coalesce(h.actor ->> 'member_id', h.actor ->> 'id') as uuid)
    where t.customer_id = :customer_id
        and (h.verb <> 'comment' or h.details ->> 'visibility' is distinct from 'internal'
            or cast(:own as uuid[]) is null
            or exists (select from ticket_legs had
                where had.ticket_id = t.id and had.department_id = any(cast(:own as uuid[]))))
"""
_OUTCOMES: Final = """
    select o.occurred_at, 'outcome', o.kind, 50, 0, 'outcome', o.id, null, null,
        json_build_object('score', o.score, 'value', o.value::text, 'currency', o.currency, 'comment', o.comment)
    from customer_outcomes o where o.customer_id = :customer_id
"""
_RELATIONSHIPS: Final = """
    select e.at, 'relationship', e.event, e.rank, 0, 'relationship', r.id, r.department_id, r.member_id,
        json_build_object('who', coalesce(m.name, d.name), 'role', r.role, 'reason', r.end_reason,
            'successor', coalesce(sm.name, sd.name))
    from customer_relationships r
    left join members m on m.id = r.member_id
    left join departments d on d.id = r.department_id
    left join customer_relationships s on s.id = r.successor_id
    left join members sm on sm.id = s.member_id
    left join departments sd on sd.id = s.department_id
    cross join lateral (values
        (r.since, 'started', 11),
        (r."until", case when r.successor_id is null then 'ended' else 'handed_over' end, 10),
        (r.perceived_owner_since, 'perceived_as_owner', 13),
        (r.perceived_owner_until, 'no_longer_perceived_as_owner', 12)) as e (at, event, rank)
    where r.customer_id = :customer_id and e.at is not null and r."until" is distinct from r.since
"""
_RECOGNITIONS: Final = """
    select r.given_at, 'recognition', 'given', 55, 0, 'recognition', r.id, r.department_id, r.member_id,
        json_build_object('whom', coalesce(m.name, d.name), 'by', f.name, 'message', r.message)
    from recognitions r
    left join members m on m.id = r.member_id
    left join departments d on d.id = r.department_id
    left join members f on f.id = r.from_member_id
    where r.customer_id = :customer_id
"""
_SUGGESTIONS: Final = """
    select e.at, 'suggestion', e.event, e.rank, 0, 'suggestion', s.id, s.department_id, s.member_id,
        json_build_object('by', m.name, 'department', d.name, 'text', s.text, 'answer', s.answer,
            'effect', s.effect ->> 'text')
    from suggestions s
    left join departments d on d.id = s.department_id
    left join members m on m.id = s.member_id
    cross join lateral (values
        (s.suggested_at, 'made', 56),
        (s.decided_at, s.status, 57),
        (cast(s.effect ->> 'measured_at' as timestamptz), 'measured', 58)) as e (at, event, rank)
    where s.customer_id = :customer_id and e.at is not null
"""
_NOTES: Final = """
    select e.occurred_at, 'note', case when jsonb_exists(e.data::jsonb -> 'previous', 'notes') then 'noted'
            when jsonb_exists(e.data::jsonb -> 'previous', 'preferences') then 'preferences_changed'
            else 'changed' end,
        60, e.sequence, 'customer', c.id, null, m.id,
        json_build_object('notes', e.data #>> '{customer,notes}', 'preferences', e.data #> '{customer,preferences}',
            'fields', (select array_agg(name order by name) from json_object_keys(e.data -> 'previous') as name))
    from customers c
    join events e on e.type = 'customer.updated' and e.data #>> '{customer,id}' = c.id::text
    left join members m on m.id = cast(coalesce(e.data #>> '{actor,member_id}', e.data #>> '{actor,id}') as uuid)
    where c.id = :customer_id
"""
_PARTS: Final[Mapping[str, str]] = {
    "commitment": _PROMISES,
    "ticket": _TICKETS,
    "hand_off": _TICKETS,
    "wait": _TICKETS,
    "question": _TICKETS,
    "comment": _TICKETS,
    "outcome": _OUTCOMES,
    "relationship": _RELATIONSHIPS,
    "recognition": _RECOGNITIONS,
    "suggestion": _SUGGESTIONS,
    "note": _NOTES,
}
KINDS: Final = tuple(_PARTS)
_NAMED: Final = (
    "at, kind, event, rank, number, subject_type, id, department_id, member_id, detail"  # as the first part names them
)
_POSITION: Final = (
    "(to_char(at at time zone 'UTC', 'YYYYMMDDHH24MISS') || lpad(rank::text, 2, '0') || lpad(number::text, 12, '0'))"
    ' collate "C"'
)


def timeline(kinds: Collection[str] = KINDS) -> Subquery:
    """What happened of these kinds: as above, and `position`, by which it is in order."""
    return _timeline(tuple(dict.fromkeys(_PARTS[kind] for kind in KINDS if kind in kinds)))


@cache
def _timeline(parts: tuple[str, ...]) -> Subquery:
    rows = " union all ".join(f"({part})" for part in parts)
    statement = text(
        f"select {_NAMED}, {_POSITION} as position from ({rows}) as happened ({_NAMED}) where at <= :now"
    ).columns(
        column("at", Timestamp),
        column("kind", Text),
        column("event", Text),
        column("rank", Integer),
        column("number", BigInteger),
        column("subject_type", Text),
        column("id", Uuid),
        column("department_id", Uuid),
        column("member_id", Uuid),
        column("detail", JSON),
        column("position", Text),
    )
    return statement.subquery("timeline")
