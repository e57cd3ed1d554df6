"""Moving what runs by an older version of an SLA to its current one, without matching anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kernel.database import Row
from app.kernel.preconditions import require_version
from app.kernel.problems import Conflict
from app.kernel.work import Work
from app.service_levels import slas
from app.service_levels.agreements import agreements
from app.service_levels.clock import Agreement, Clock, State
from app.service_levels.ticket_clocks import REAPPLY, Clocks, Step, advance, deciding_clock, in_order, replay
from app.tickets import queries
from app.tickets.alarms.alarms import tell_due
from app.tickets.doing.deciding import decided_by, tell_each_decided
from app.tickets.life.verbs import UNRESOLVED
from app.tickets.records import clock_rows, ticket_of
from app.tickets.schemas import Ticket
from app.tickets.telling import happened
from app.tickets.terms.reapply_schemas import ClockChange, Reapplied
from app.tickets.timekeeping import Selection, recorded_agreements, recorded_histories, told

MOST: Final = 1000
"""How many tickets one call moves."""


@dataclass(frozen=True, slots=True)
class _Moved:
    """A ticket, its clocks before and after the move, and what it goes by now."""

    row: Row
    entries: Sequence[Row]
    before: Clocks[UUID]
    after: Clocks[UUID]
    selection: Selection


async def reapply(work: Work, sla_id: UUID, expected: frozenset[int] | None, *, dry_run: bool) -> Reapplied:
    """Moves up to 1,000 tickets to the current version of an SLA, or says what that would change.

    Raises:
        NotFound: there is no such SLA.
        Stale: its version is none of those expected.
        Conflict: it is not active.
    """
    sla = await slas.collection.get(work.connection, sla_id)
    require_version(expected, sla.version)
    if not sla.active:
        raise Conflict("The SLA is not active; make it active before anything is moved to its current version.")
    named = {"sla_id": str(sla_id), "version": sla.version, "most": MOST}
    found = (await work.connection.execute(queries.BEHIND, named)).all()
    if not dry_run:
        await work.connection.execute(queries.WORK, {"ids": [row.id for row in found]})
    current = (await agreements(work.connection, [(sla_id, sla.version)]))[sla_id, sla.version]
    moved = await _moved(work, [row.id for row in found], current)
    if not dry_run:
        await tell_due(work, [each.row for each in moved], work.now)
        await _store(work, moved, current)
    changes = [change for each in moved for change in _changes(each, work.now)]
    remaining = (found[0].behind if found else 0) - len(found)
    return Reapplied(sla_id, sla.version, dry_run, len(moved), changes, remaining)


async def _moved(work: Work, ids: Sequence[UUID], current: Agreement[UUID]) -> list[_Moved]:
    """Those of the tickets that still run by another version, at the instant to which the work's `now` is set."""
    if not ids:
        return []
    rows = (await work.connection.execute(queries.TICKETS_BY_ID, {"ids": ids})).mappings().all()
    histories = await recorded_histories(work.connection, ids)
    known = await recorded_agreements(work.connection, histories.values())
    # Whoever was before may have begun later: nothing is done earlier than what happened last.
    work.now = max(work.now, *(row["last_at"] for row in rows))
    found = []
    for row in rows:
        before = replay(*told(histories[row["id"]], known))
        selection = _selection(before, current)
        if row["status"] in UNRESOLVED and selection is not None:
            step = Step(REAPPLY, work.now, agreement=selection.leg, ticket_agreement=selection.ticket)
            found.append(_Moved(row, histories[row["id"]], before, advance(before, step), selection))
    return found


def _selection(clocks: Clocks[UUID], current: Agreement[UUID]) -> Selection | None:
    """What the ticket goes by once it is moved; None when nothing of it runs by another version."""

    def is_behind(agreement: Agreement[UUID] | None) -> bool:
        return agreement is not None and agreement.sla_id == current.sla_id and agreement.version != current.version

    leg, ticket = clocks.agreement, clocks.ticket_agreement if clocks.has_ticket_scope else None
    if not is_behind(leg) and not is_behind(ticket):
        return None
    return Selection(current if is_behind(leg) else leg, current if is_behind(ticket) else ticket)


def _changes(moved: _Moved, at: datetime) -> Iterator[ClockChange]:
    """What the move changes, clock by clock, as of its instant."""
    before = {clock.number: clock for clock in moved.before.settled(at).clocks}
    stored = {clock.number: clock for clock in moved.before.clocks}
    changed = {clock.number for clock in moved.after.clocks if clock != stored.get(clock.number)}
    for clock in in_order(moved.after.settled(at).clocks):
        if clock.number in changed:
            yield _change(moved.row, before.get(clock.number), clock)


def _change(row: Row, before: Clock[UUID] | None, after: Clock[UUID]) -> ClockChange:
    return ClockChange(
        row["id"],
        row["number"],
        after.metric,
        after.scope,
        after.leg,
        before.sla_version if before else None,
        None if after.state is State.CANCELLED else after.sla_version,
        after.target_seconds,
        before.target_seconds if before else None,
        after.due_at,
        before.due_at if before else None,
        after.state,
        before.state if before else None,
    )


async def _store(work: Work, moved: Sequence[_Moved], current: Agreement[UUID]) -> None:
    """Stores the tickets as they are now, one statement for each table, and tells of them."""
    if not moved:
        return
    run, decided = work.connection.execute, []
    tickets, legs, clocks = [], [], []
    for each in moved:
        before, after = each.before.view(work.now), each.after.view(work.now)
        columns = _columns(each.row, after, work.now)
        tickets.append({"of_ticket": each.row["id"], **columns})
        sides = _sides(each, current)
        legs.append({"of_ticket": each.row["id"], "legs": sides, "of_sla": current.sla_id, "to": current.version})
        clocks += clock_rows(each.row["id"], each.after, each.before)
        ticket = ticket_of({**each.row, **columns}, after)
        previous = _previous(ticket_of(each.row, before), ticket)
        happened(work, "ticket.updated", work.now, ticket, previous=previous)
        decided += [(ticket, one) for one in decided_by(each.before, each.after, work.now)]
    await run(queries.MOVE_TICKETS, tickets)
    await run(queries.MOVE_LEGS, legs)
    if clocks:
        await run(queries.UPSERT_CLOCKS, clocks)
    await run(queries.INSERT_HISTORY, [_entry(work, each) for each in moved])
    await tell_each_decided(work, decided)


def _columns(row: Row, clocks: Sequence[Clock[UUID]], at: datetime) -> dict[str, Any]:
    deciding = deciding_clock(clocks, row["leg"])
    return {
        "due_at": deciding.due_at if deciding else None,
        "breached_at": deciding.breached_at if deciding else None,
        "last_at": at,
        "version": row["version"] + 1,
        "updated_at": at,
    }


def _previous(before: Ticket, after: Ticket) -> dict[str, Any]:
    """The clocks as they were just before, and the ticket's due time, if that is another now."""
    previous: dict[str, Any] = {"clocks": before.clocks}
    return previous if before.due_at == after.due_at else {"due_at": before.due_at, **previous}


def _sides(moved: _Moved, current: Agreement[UUID]) -> list[int]:
    """The legs whose agreement moved: the current one, the first one by which the ticket's own clock runs, or both."""
    legs: Iterable[tuple[int, Agreement[UUID] | None, Agreement[UUID] | None]] = (
        (moved.before.leg, moved.before.agreement, moved.selection.leg),
        (1, moved.before.ticket_agreement, moved.selection.ticket),
    )
    return sorted({leg for leg, before, after in legs if after is current and before is not current})


def _entry(work: Work, moved: _Moved) -> dict[str, Any]:
    return {
        "ticket_id": moved.row["id"],
        "number": moved.entries[-1]["number"] + 1,
        "verb": REAPPLY,
        "at": work.now,
        "recorded_at": work.now,
        "leg": moved.before.leg,
        "actor": work.actor,
        "details": moved.selection.details(),
    }
