"""What changes a ticket and is no verb of its life: its words, its dependencies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select

from app.access.roles import Actor
from app.kernel.database import Row
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, Cycle, Invalid, NotFound
from app.kernel.work import Work
from app.tickets import queries, reading
from app.tickets.life.circles import way
from app.tickets.life.sides import EITHER
from app.tickets.permitting import require_side
from app.tickets.schemas import Ticket, TicketChange
from app.tickets.telling import happened
from app.tickets.visibility import require_ticket_seen

_DEPENDING: Final = "To say what a ticket waits for"


async def change(
    work: Work, actor: Actor, ticket_id: UUID, wanted: TicketChange, expected: frozenset[int] | None
) -> Ticket:
    """Changes a ticket's words."""
    row = await locked(work, ticket_id)
    require_side(
        actor, row["requester_department_id"], row["provider_department_id"], EITHER, "To change a ticket's words"
    )
    require_version(expected, row["version"])
    changes = {name: value for name, value in wanted.stated().items() if row[name] != value}
    if changes:
        values = {**changes, "version": row["version"] + 1, "updated_at": work.now}
        await work.connection.execute(queries.UPDATE_TICKET.values(**values), {"ticket_id": ticket_id})
    ticket = await reading.ticket(work.connection, ticket_id, work.now)
    if changes:
        happened(work, "ticket.updated", work.now, ticket, previous={name: row[name] for name in changes})
    return ticket


async def add_dependency(
    work: Work, actor: Actor, blocked_id: UUID, blocker_id: UUID, expected: frozenset[int] | None
) -> Ticket:
    """Says that one ticket blocks another; saying it twice changes nothing.

    Raises:
        NotFound: the blocked ticket does not exist.
        Forbidden: the blocked ticket is neither asked for nor had by a department of the key's member.
        Invalid: the blocker does not exist, or the key does not see it.
        Cycle: the blocked ticket already blocks the blocker, directly or through others.
    """
    run = work.connection.execute
    await run(queries.DEPENDENCY_LOCK)
    await run(queries.LOCK, {"ids": [blocked_id, blocker_id]})
    before = await reading.ticket(work.connection, blocked_id, work.now)
    require_side(actor, before.requester_department_id, before.provider_department_id, EITHER, _DEPENDING)
    require_version(expected, before.version)
    if blocker_id in before.blocked_by:
        return before
    await _require_blocker_seen(work, actor, blocker_id)
    await _refuse_circle(work, blocked_id, blocker_id, before.number)
    position = (await run(queries.NEXT_POSITION, {"blocker_id": blocker_id})).scalar_one()
    row = {"blocker_id": blocker_id, "blocked_id": blocked_id, "position": position}
    blocker = await reading.ticket(work.connection, blocker_id, work.now)
    await run(queries.INSERT_DEPENDENCIES, row)
    return await _tell_of_dependency(work, before, blocker)


async def remove_dependency(
    work: Work, actor: Actor, blocked_id: UUID, blocker_id: UUID, expected: frozenset[int] | None
) -> Ticket:
    """Says that one ticket no longer blocks another.

    Raises:
        NotFound: the ticket does not exist or the other does not block it.
        Forbidden: the blocked ticket is neither asked for nor had by a department of the key's member.
    """
    await work.connection.execute(queries.DEPENDENCY_LOCK)
    await work.connection.execute(queries.LOCK, {"ids": [blocked_id, blocker_id]})
    before = await reading.ticket(work.connection, blocked_id, work.now)
    require_side(actor, before.requester_department_id, before.provider_department_id, EITHER, _DEPENDING)
    require_version(expected, before.version)
    if blocker_id not in before.blocked_by:
        raise NotFound(f"The ticket {blocker_id} does not block this one.")
    blocker = await reading.ticket(work.connection, blocker_id, work.now)
    named = {"blocker_id": blocker_id, "blocked_id": blocked_id}
    await work.connection.execute(queries.REMOVE_DEPENDENCY, named)
    return await _tell_of_dependency(work, before, blocker)


async def unblocked(work: Work, ended: Sequence[tuple[Ticket, datetime]]) -> None:
    """Tells of the tickets for which one of those that just ended, each at its instant, was the last open blocker."""
    blockers = {blocker.id: (blocker, at) for blocker, at in ended}
    if not blockers:
        return
    rows = (await work.connection.execute(queries.UNBLOCKED, {"ids": list(blockers)})).all()
    last = {row.blocked_id: blockers[row.blocker_id] for row in rows}
    if last:
        for ticket in await reading.some_tickets(work.connection, list(last), work.now):
            blocker, at = last[ticket.id]
            happened(work, "ticket.unblocked", at, ticket, blocker=blocker)


async def locked(work: Work, ticket_id: UUID, lock: Select[tuple[UUID]] = queries.LOCK) -> Row:
    """A ticket's row, which nobody else changes until the transaction ends.

    Whoever was before it may have begun later: it is not earlier now than what happened last.

    Raises:
        NotFound: there is none with this id.
    """
    if (await work.connection.execute(lock, {"ids": [ticket_id]})).first() is None:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    row: Row = (await work.connection.execute(queries.TICKET, {"ticket_id": ticket_id})).mappings().one()
    work.now = max(work.now, row["last_at"])
    return row


async def _require_blocker_seen(work: Work, actor: Actor, blocker_id: UUID) -> None:
    try:
        await require_ticket_seen(work, actor, blocker_id)
    except NotFound as error:
        raise Invalid.field("/blocker_id", NOT_THERE) from error


async def _refuse_circle(work: Work, blocked_id: UUID, blocker_id: UUID, blocked_number: int) -> None:
    if blocked_id == blocker_id:
        raise Cycle("A ticket cannot block itself.", cycle=[str(blocked_id), str(blocked_id)])
    blocker = (await work.connection.execute(queries.EXISTS, {"ticket_id": blocker_id})).first()
    if blocker is None:
        raise Invalid.field("/blocker_id", NOT_THERE)
    edges = (await work.connection.execute(queries.BLOCKED_BEYOND, {"blocked_id": blocked_id})).all()
    path = way(((edge.blocker_id, edge.blocked_id) for edge in edges), blocked_id, blocker_id)
    if path is not None:
        numbers = {blocked_id: blocked_number, blocker_id: blocker.number}
        numbers |= {edge.blocked_id: edge.blocked for edge in edges}
        circle = [*path, blocked_id]
        told = " blocks ".join(f"T-{numbers[id_]}" for id_ in circle)
        raise Cycle(f"It would close a circle: {told}.", cycle=[str(id_) for id_ in circle])


async def _tell_of_dependency(work: Work, before: Ticket, blocker: Ticket) -> Ticket:
    ids = [before.id, blocker.id]
    await work.connection.execute(queries.TOUCH, {"ids": ids})
    after = {ticket.id: ticket for ticket in await reading.some_tickets(work.connection, ids, work.now)}
    ticket = after[before.id]
    happened(work, "ticket.updated", work.now, ticket, previous={"blocked_by": before.blocked_by})
    happened(work, "ticket.updated", work.now, after[blocker.id], previous={"blocks": blocker.blocks})
    return ticket
