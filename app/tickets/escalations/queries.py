"""Statements of escalations."""

from typing import Final

from sqlalchemy import Uuid, bindparam, select, text

from app.directory.tables import departments
from app.tickets.tables import IS_UNRESOLVED

SOURCE: Final = "escalation"

PARENT = select(departments.c.parent_id).where(departments.c.id == bindparam("department_id"))

ASKED = text(f"""
    with recursive beyond (id) as (
        select :ticket_id
        union
        select d.blocked_id from beyond join ticket_dependencies d on d.blocker_id = beyond.id
    ), asked as (
        select b.id from ticket_dependencies d join tickets b on b.id = d.blocker_id
        where d.blocked_id = :ticket_id and b.{IS_UNRESOLVED}
        union all select id from beyond
    )
    select t.number from asked join tickets t on t.id = asked.id
    where t.source = '{SOURCE}' and exists (
        select from ticket_legs l where l.ticket_id = t.id and l.department_id = :parent_id)
    order by t.number limit 1
""").bindparams(bindparam("ticket_id", type_=Uuid), bindparam("parent_id", type_=Uuid))
"""The number of a ticket that an escalation opened and a department had: one that blocks this one and is not done, this
one, or one that waits for it. So tickets that escalations open above each other come to an end."""
