"""Passing on the tickets of a member who leaves: to whoever takes their place, else to their department's queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.directory.leaving import Departure
from app.kernel.work import Work
from app.tickets.alarms.alarms import tell_due
from app.tickets.leaving import queries
from app.tickets.life.verbs import Verb
from app.tickets.queries import TICKETS_BY_ID
from app.tickets.reading import some_tickets
from app.tickets.telling import happened

PASS_ON: Final = "pass_on"
"""The verb of the entry in a ticket's history that says that somebody else asks for it now."""

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Part:
    """What somebody can be to a ticket: the column that names them, and how it is recorded and told that it passes."""

    column: str
    recorded_as: str
    verb: str
    told_as: str


_ASSIGNEE: Final = _Part("assignee_id", "member_id", Verb.ASSIGN, "ticket.assigned")
_REQUESTER: Final = _Part("requester_id", "requester_id", PASS_ON, "ticket.updated")


async def member_left(work: Work, departure: Departure) -> Mapping[str, int]:
    """Passes on the unresolved tickets that a member had, or had asked for."""
    held = (await work.connection.execute(queries.LOCK_HELD, {"leaving_id": departure.member.id})).all()
    # Whoever was before may have begun later: nothing passes earlier than what happened last.
    work.now = max([work.now, *(row.last_at for row in held)])
    assigned = [row.id for row in held if row.assignee_id == departure.member.id]
    asked = [row.id for row in held if row.requester_id == departure.member.id]
    await _tell_due(work, [row.id for row in held])
    await _pass_on(work, departure, _ASSIGNEE, assigned)
    await _pass_on(work, departure, _REQUESTER, asked)
    return {"tickets": len(assigned), "requests": len(asked)}


async def _tell_due(work: Work, ids: Sequence[UUID]) -> None:
    """Tells what fell due before they pass on, so that the events of each are in their order."""
    for start in range(0, len(ids), AT_ONCE):
        named = {"ids": ids[start : start + AT_ONCE]}
        await tell_due(work, (await work.connection.execute(TICKETS_BY_ID, named)).mappings().all(), work.now)


async def _pass_on(work: Work, departure: Departure, part: _Part, ids: Sequence[UUID]) -> None:
    """So many at once that it does not matter how many."""
    details: dict[str, Any] = {part.recorded_as: departure.successor_id, "reason": departure.reason}
    entry = {"verb": part.verb, "actor": work.actor, "details": {k: v for k, v in details.items() if v is not None}}
    changes = {part.column: departure.successor_id, "last_at": work.now, "updated_at": work.now}
    for start in range(0, len(ids), AT_ONCE):
        some = {"ids": ids[start : start + AT_ONCE]}
        await work.connection.execute(queries.CHANGE.values(**changes), some)
        await work.connection.execute(queries.RECORD, {**some, **entry, "at": work.now})
        for ticket in await some_tickets(work.connection, some["ids"], work.now):
            told = {"reason": departure.reason} if part is _ASSIGNEE else {}
            happened(work, part.told_as, work.now, ticket, **told, previous={part.column: departure.member.id})
        await work.flush()
