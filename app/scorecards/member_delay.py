"""What a member's own tickets overran, and what of that customers felt.

Stored analyses tell delays by department and kind of ticket, not by ticket. So the commitments above the member's
tickets are analysed again, a portion of them at a time, and taken apart by ticket.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from app.kernel.database import Timestamp
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.computing import compute_in_parts
from app.ripple.engine.stakes import Stakes, stake_of
from app.ripple.engine.totals import entries_by_ticket
from app.ripple.keeping.assessing import assess
from app.ripple.loading import History, StoredCommitment
from app.ripple.portions import load_in_portions
from app.scorecards.measures import Delay
from app.tickets.above import above

_AT_ONCE: Final = 200

_ABOVE: Final = text(f"""
    with recursive own as (
        select id as own_id, id as ticket_id from tickets where assignee_id = :member_id and opened_at < :before
    ), {above("own", of="own_id")}
    select p.own_id, p.commitment_id
    from promised_above p
    cross join lateral (select delivered_at from commitments where id = p.commitment_id offset 0) m
    where m.delivered_at >= :start and m.delivered_at < :before
    order by m.delivered_at, p.commitment_id
""").bindparams(
    bindparam("member_id", type_=Uuid), bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp)
)


@dataclass(frozen=True, slots=True)
class OwnDelay:
    """What a member's tickets beneath a delivered commitment overran by themselves, and what customers felt of it."""

    commitment: StoredCommitment
    delivered_at: datetime
    lateness_seconds: int
    delay_seconds: int
    outward_seconds: int


async def delay_of_member(work: Work, member_id: UUID, period: Period) -> tuple[Delay, Delay]:
    """Of the commitments delivered in the period, and of those in the period before: as `own_delays`."""
    own = await own_delays(work, member_id, replace(period, start=period.previous.start))
    return (
        _sum(each for each in own if each.delivered_at >= period.start),
        _sum(each for each in own if each.delivered_at < period.start),
    )


async def own_delays(work: Work, member_id: UUID, period: Period) -> list[OwnDelay]:
    """By commitment delivered in the period, the earliest first: in a statement, and six for each portion of them.

    A ticket is whose it was assigned to last, and theirs is what the department that has it spent of its overrun:
    nothing of what was spent before it was passed on to them, and no waiting that others caused.
    """
    asked = {"member_id": member_id, "start": period.start, "before": period.before}
    rows = (await work.connection.execute(_ABOVE, asked)).all()
    own = frozenset(row.own_id for row in rows)
    found: list[OwnDelay] = []
    async for histories in load_in_portions(work.connection, list(dict.fromkeys(row.commitment_id for row in rows))):
        found += chain.from_iterable(await compute_in_parts(_AT_ONCE, histories, _own, own, period))
    return found


def _own(histories: Iterable[History], own: frozenset[UUID], period: Period) -> list[OwnDelay]:
    return [each for history in histories if (each := _of_commitment(history, own, period)) is not None]


def _of_commitment(history: History, own: frozenset[UUID], period: Period) -> OwnDelay | None:
    delivered_at = history.commitment.delivered_at
    if delivered_at is None:  # It was opened again meanwhile.
        return None
    assessed = assess(history, period.now)
    providers = {UUID(ticket.id): ticket.provider for ticket in history.tickets}
    delay = outward = 0
    for ticket_id, entry in entries_by_ticket(assessed):
        if ticket_id in own and entry.place.provider == providers[ticket_id]:
            delay += entry.primary
            outward += entry.outward
    return OwnDelay(history.commitment, delivered_at, assessed.analysis.lateness_seconds, delay, outward)


def _sum(own: Iterable[OwnDelay]) -> Delay:
    delay = outward = delayed = 0
    stakes = Stakes()
    for each in own:
        delay += each.delay_seconds
        outward += each.outward_seconds
        if each.outward_seconds:
            delayed += 1
            promise = each.commitment
            stakes.add(stake_of(promise.id, promise.own_value, promise.customer_id, promise.customer_value))
    return Delay(
        delay_seconds=delay,
        outward_seconds=outward,
        absorbed_seconds=max(0, delay - outward),
        transmission=outward / delay if delay else None,
        commitments=delayed,
        value=stakes.amounts(),
    )
