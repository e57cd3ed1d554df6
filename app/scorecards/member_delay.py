"""What a member's own tickets overran, and what of that customers felt: in six statements, however many there are.

Stored analyses tell delays by department and kind of ticket, not by ticket. So the commitments above the member's
tickets are analysed again, all at once, and taken apart by ticket.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal, text

from app.commitments.tables import commitments
from app.kernel.database import Timestamp
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.totals import Entry, entries_by_ticket
from app.ripple.keeping.assessing import assess
from app.ripple.loading import History, load
from app.scorecards.measures import Delay

_AT_ONCE: Final = 200

_ABOVE: Final = text("""
    with recursive above (own_id, ticket_id) as (
        select t.id, t.id from tickets t where t.assignee_id = :member_id and t.opened_at < :before
        union
        select above.own_id, d.blocked_id
        from above join ticket_dependencies d on d.blocker_id = above.ticket_id
    )
    select distinct above.own_id, m.id as commitment_id
    from above
    join tickets t on t.id = above.ticket_id
    join commitments m on m.id = t.commitment_id
    where m.delivered_at >= :start and m.delivered_at < :before
""").bindparams(
    bindparam("member_id", type_=Uuid), bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp)
)


@dataclass(slots=True)
class _Sums:
    delay: int = 0
    outward: int = 0

    def add(self, entry: Entry) -> None:
        self.delay += entry.primary
        self.outward += entry.outward

    def told(self) -> Delay:
        return Delay(
            self.delay,
            self.outward,
            max(0, self.delay - self.outward),
            self.outward / self.delay if self.delay else None,
        )


async def delay_of_member(work: Work, member_id: UUID, period: Period) -> tuple[Delay, Delay]:
    """Of the commitments delivered in the period, and of those in the period before.

    A ticket is whose it was assigned to last, and theirs is what the department that has it spent of its overrun:
    nothing of what was spent before it was passed on to them, and no waiting that others caused.
    """
    asked = {"member_id": member_id, "start": period.previous.start, "before": period.before}
    rows = (await work.connection.execute(_ABOVE, asked)).all()
    if not rows:
        return Delay(), Delay()
    own = frozenset(row.own_id for row in rows)
    chosen = commitments.c.id == func.any(literal(list({row.commitment_id for row in rows}), ARRAY(Uuid)))
    histories = iter(await load(work.connection, chosen))
    sums = {False: _Sums(), True: _Sums()}
    # In small parts, so that other analyses get their turn.
    while await compute(_add_some, sums, histories, own, period):
        pass
    return sums[True].told(), sums[False].told()


def _add_some(sums: Mapping[bool, _Sums], histories: Iterator[History], own: frozenset[UUID], period: Period) -> bool:
    some = list(islice(histories, _AT_ONCE))
    for history in some:
        delivered_at = history.commitment.delivered_at
        if delivered_at is None:
            continue  # It was opened again meanwhile.
        providers = {UUID(ticket.id): ticket.provider for ticket in history.tickets}
        for ticket_id, entry in entries_by_ticket(assess(history, period.now)):
            if ticket_id in own and entry.place.provider == providers[ticket_id]:
                sums[delivered_at >= period.start].add(entry)
    return bool(some)
