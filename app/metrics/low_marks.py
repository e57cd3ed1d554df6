"""Low marks that customers felt: what the analyses of late commitments charge to the tickets that got them.

A department's share in a commitment's lateness is spread over its delays there, as the ripple report spreads it over
places; here every ticket is a place of its own. Only what its providers did is a ticket's: what its requester let
others wait is no reason to give a low mark.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Numeric, SmallInteger, Text, Uuid, column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import paging
from app.kernel.answers import to_json
from app.kernel.database import Row, Timestamp
from app.kernel.paging import Listing, Page
from app.kernel.reports import Period
from app.kernel.work import Work
from app.metrics import feedback_queries as queries
from app.metrics.feedback_schemas import LowMark, LowMarksQuery
from app.metrics.grouping import Subject, instants, selected
from app.ripple.computing import compute_in_parts
from app.ripple.engine.stakes import Stake, Stakes, stake_of
from app.ripple.engine.totals import Amount, Assessed, entries_by_ticket
from app.ripple.keeping.assessing import assess
from app.ripple.keeping.packing import felt_at
from app.ripple.loading import History
from app.ripple.portions import load_in_portions

_AT_ONCE: Final = 200
_LOW_MARKS: Final = Subject(queries.LOW_MARKS, "f.at")
_COLUMNS: Final = (
    column("id", Uuid),
    column("ticket_number", BigInteger),
    column("title", Text),
    column("requester_department_id", Uuid),
    column("provider_department_id", Uuid),
    column("member_id", Uuid),
    column("score", SmallInteger),
    column("comment", Text),
    column("given_at", Timestamp),
    column("customer_id", Uuid),
    column("customer_name", Text),
    column("customer_tier", Text),
    column("annual_value", Numeric),
    column("currency", Text),
    column("outward_seconds", BigInteger),
    column("outward_position", Text),
)
_TOLD: Final = tuple(each.name for each in _COLUMNS[1:-1])


@dataclass(frozen=True, slots=True)
class Felt:
    """By ticket: the outward seconds that are its own, and what depended on the commitments that it made late."""

    seconds: Counter[UUID] = field(default_factory=Counter)
    stakes: defaultdict[UUID, list[Stake]] = field(default_factory=lambda: defaultdict(list))

    def columns(self) -> dict[str, list[Any]]:
        """The tickets that have any, as columns; the stakes of each as JSON."""
        ids = sorted(self.seconds)
        return {
            "ticket_ids": ids,
            "seconds": [self.seconds[id_] for id_ in ids],
            "stakes": [to_json(self.stakes[id_]).decode() for id_ in ids],
        }

    def value_of(self, ticket_id: UUID) -> list[Amount]:
        """What the commitments that a ticket made late were worth."""
        return _worth(self.stakes.get(ticket_id, ()))


def felt_together(felt: Mapping[str, Any] | None) -> tuple[int, list[Amount]]:
    """The seconds and the worth of some tickets, by their ids as a row of the report has them: each once."""
    each = (felt or {}).values()
    return sum(ticket["seconds"] for ticket in each), _worth(
        _stake(stake) for ticket in each for stake in ticket["stakes"]
    )


async def felt_low_marks(work: Work, period: Period, filters: Mapping[str, Any]) -> Felt:
    """What customers felt through the tickets that got low marks in a period: seven statements, or six more for each
    further portion of the commitments above these."""
    served = selected(_LOW_MARKS, queries.LOW_MARKS_SERVED, tuple(filters))
    above = await work.connection.execute(served, {**instants(period), **filters})
    return await felt_through(work.connection, [row.commitment_id for row in above if _may_be_felt(row)])


def _may_be_felt(row: Any) -> bool:
    """Whether customers felt anything where the tickets with low marks are: it may be theirs, or another's there.

    Most did not, and need not be taken apart by ticket.
    """
    return row.is_outdated or not felt_at(row.places, row.outward).isdisjoint(row.own_places or ())


async def page_of_low_marks(work: Work, asked: LowMarksQuery) -> Page[LowMark]:
    """A page of the low marks of a period, the latest first unless asked otherwise: a statement more than
    `felt_low_marks`."""
    period, filters = asked.period(work.now), asked.filters()
    felt = await felt_low_marks(work, period, filters)
    found = selected(_LOW_MARKS, queries.LOW_MARKS, tuple(filters)).columns(*_COLUMNS).subquery("low_marks")
    sorts = {"given_at": found.c.given_at, "outward_seconds": found.c.outward_position}
    ordered = paging.order(asked.sort, sorts, "-given_at", tie=found.c.id)
    statement = select(found)
    if asked.felt is not None:
        statement = statement.where((found.c.outward_seconds > 0) == asked.felt)
    columns = felt.columns()
    stated = {**instants(period), **filters, "ticket_ids": columns["ticket_ids"], "seconds": columns["seconds"]}
    listing = Listing(limit=asked.limit, cursor=asked.cursor)
    rows, cursor = await paging.fetch(work.connection, statement, listing, ordered, stated)
    return Page([_low_mark(row, felt) for row in rows], cursor)


def _low_mark(row: Row, felt: Felt) -> LowMark:
    told = {name: row[name] for name in _TOLD}
    return LowMark(ticket_id=row["id"], **told, felt_value=felt.value_of(row["id"]))


async def felt_through(connection: AsyncConnection, commitment_ids: Sequence[UUID]) -> Felt:
    """What of the lateness of these commitments is whose ticket's: six statements for each portion of them."""
    felt = Felt()
    async for histories in load_in_portions(connection, commitment_ids):
        await compute_in_parts(_AT_ONCE, histories, _add_some, felt)
    return felt


def _add_some(histories: Sequence[History], felt: Felt) -> None:
    for history in histories:
        delivered_at = history.commitment.delivered_at
        if delivered_at is not None:
            _add(felt, assess(history, delivered_at))


def _add(felt: Felt, assessed: Assessed) -> None:
    seconds: Counter[UUID] = Counter()
    for ticket_id, entry in entries_by_ticket(assessed):
        seconds[ticket_id] += entry.outward
    stake = stake_of(assessed.commitment_id, assessed.value, assessed.customer_id, assessed.annual_value)
    for ticket_id in +seconds:
        felt.seconds[ticket_id] += seconds[ticket_id]
        felt.stakes[ticket_id].append(stake)


def _stake(stored: Mapping[str, Any]) -> Stake:
    amount = stored["amount"]
    return Stake(UUID(stored["id"]), None if amount is None else Amount(Decimal(amount["value"]), amount["currency"]))


def _worth(stakes: Any) -> list[Amount]:
    found = Stakes()
    for stake in stakes:
        found.add(stake)
    return found.amounts()
