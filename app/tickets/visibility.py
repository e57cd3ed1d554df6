"""Which tickets a key sees, and what of their history: conditions that lists and single reads share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_

from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.customers.serving import served_by
from app.directory.standing import is_own
from app.kernel.work import Work
from app.tickets.life.verbs import Verb
from app.tickets.tables import ticket_history, ticket_legs, tickets


def seen_by(own: Own | None, at: datetime) -> list[ColumnElement[bool]]:
    """What holds of the tickets that a key sees at an instant: all, or those that a department of its member's asked
    for, has or had, and those that serve a customer whom they serve."""
    if own is None:
        return []
    # Whoever has a ticket stands in its row: only one that was passed on has legs of others. Compared by number it is
    # asked ticket by ticket, for the page that is read; else all legs of the departments would be gathered first.
    had = exists().where(
        ticket_legs.c.ticket_id == tickets.c.id,
        ticket_legs.c.number < tickets.c.leg,
        is_own(own, ticket_legs.c.department_id),
    )
    return [
        or_(
            is_own(own, tickets.c.requester_department_id),
            is_own(own, tickets.c.provider_department_id),
            and_(tickets.c.leg > 1, had.correlate(tickets)),
            tickets.c.customer_id.in_(served_by(own, at)),
        )
    ]


def told_to(own: Own | None) -> list[ColumnElement[bool]]:
    """What holds of the entries of a ticket's history that a key sees: an internal comment is for the departments that
    have the ticket, or had it."""
    if own is None:
        return []
    internal = and_(ticket_history.c.verb == Verb.COMMENT, ticket_history.c.details["visibility"].astext == "internal")
    had = exists().where(
        ticket_legs.c.ticket_id == ticket_history.c.ticket_id, is_own(own, ticket_legs.c.department_id)
    )
    return [or_(~internal, had.correlate(ticket_history))]


async def require_ticket_seen(work: Work, actor: Actor, ticket_id: UUID) -> None:
    """That the key sees the ticket. Raises as `require_seen`."""
    await require_seen(work, "ticket", tickets, ticket_id, seen_by(actor.own, work.now))
