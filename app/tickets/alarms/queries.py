"""Statements of alarms: each is one for any number of them."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, Double, Integer, Text, Uuid, bindparam, cast, func, select, text
from sqlalchemy.types import TypeEngine

from app.kernel.database import Timestamp
from app.tickets.tables import ticket_clocks, tickets

NEXT_ALARM_AT = select(func.min(ticket_clocks.c.next_alarm_at))

CLAIM = (
    select(tickets.c.id)
    .join_from(ticket_clocks, tickets, tickets.c.id == ticket_clocks.c.ticket_id)
    .where(
        ticket_clocks.c.next_alarm_at <= bindparam("now"),
        tickets.c.id != func.all(cast(bindparam("left"), ARRAY(Uuid))),
    )
    .order_by(ticket_clocks.c.next_alarm_at)
    .limit(bindparam("batch"))
    .with_for_update(of=tickets, skip_locked=True, key_share=True)
)
"""Locks the tickets of the oldest alarms but those to be left; a ticket of several comes several times. Whoever changes
a ticket's clocks has its lock, so the clocks need none of their own."""

CLOCK_COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {
    "ticket_ids": Uuid(),
    "numbers": Integer(),
    "states": Text(),
    "due": Timestamp,
    "breached": Timestamp,
    "alarms": Timestamp,
    "warned": Double(),
}
STORE_CLOCKS = text("""
    update ticket_clocks c
    set state = n.state, due_at = n.due_at, breached_at = n.breached_at, next_alarm_at = n.next_alarm_at,
        warned_share = greatest(c.warned_share, n.warned_share)
    from unnest(:ticket_ids, :numbers, :states, :due, :breached, :alarms, :warned)
        as n (ticket_id, number, state, due_at, breached_at, next_alarm_at, warned_share)
    where c.ticket_id = n.ticket_id and c.number = n.number
""").bindparams(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in CLOCK_COLUMNS.items()))

TICKET_COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {"ids": Uuid(), "due": Timestamp, "breached": Timestamp}
STORE_TICKETS = text("""
    update tickets t set due_at = n.due_at, breached_at = n.breached_at
    from unnest(:ids, :due, :breached) as n (id, due_at, breached_at)
    where t.id = n.id
""").bindparams(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in TICKET_COLUMNS.items()))
