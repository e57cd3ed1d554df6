"""Statements by which the tickets of a member who leaves pass on."""

from sqlalchemy import ARRAY, Text, Uuid, bindparam, cast, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSON, JSONB

from app.kernel.database import Timestamp
from app.tickets.life.verbs import UNRESOLVED
from app.tickets.queries import CALENDARS_HELD
from app.tickets.tables import tickets

_leaving = bindparam("leaving_id", type_=Uuid)
LOCK_HELD = (
    select(tickets.c.id, tickets.c.assignee_id, tickets.c.requester_id, tickets.c.last_at)
    .where(
        or_(tickets.c.assignee_id == _leaving, tickets.c.requester_id == _leaving),
        tickets.c.status.in_(sorted(UNRESOLVED)),
        CALENDARS_HELD,
    )
    .order_by(tickets.c.id)
    .with_for_update(key_share=True)
)
"""Locks the unresolved tickets that a member has or has asked for, as `queries.WORK` does."""

CHANGE = (
    update(tickets)
    .where(tickets.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))
    .values(version=tickets.c.version + 1)
)

RECORD = text("""
    insert into ticket_history (ticket_id, number, verb, at, recorded_at, leg, actor, details)
    select t.id, last.number + 1, :verb, :at, :at, t.leg, :actor, :details
    from tickets t
    cross join lateral (select max(h.number) as number from ticket_history h where h.ticket_id = t.id) last
    where t.id = any(:ids)
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("verb", type_=Text),
    bindparam("at", type_=Timestamp),
    bindparam("actor", type_=JSON),
    bindparam("details", type_=JSONB),
)
"""The same entry in the histories of tickets, each at its place."""
