"""What can be exported, read through server-side cursors: never more than a block of rows at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments import queries as commitment_queries
from app.commitments.commitments import answer_of
from app.commitments.schemas import Commitment
from app.commitments.tables import commitments
from app.exchange.formats import Column, Kind, columns_of
from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.schemas import Id, Instant
from app.ripple.computing import compute
from app.ripple.engine.analysis import Analysis, analyse
from app.ripple.loading import StoredCommitment, StoredHistories, load_some
from app.tickets import queries as ticket_queries
from app.tickets.reading import answers
from app.tickets.schemas import ClockAnswer, Ticket
from app.tickets.tables import ticket_clocks, tickets

BLOCK_ROWS: Final = 500

Rows = Sequence[Sequence[Any]]
Read = Callable[[AsyncConnection, Sequence[Any], datetime], Awaitable[Rows]]


class Dataset(StrEnum):
    """What can be exported."""

    TICKETS = "tickets"
    CLOCKS = "clocks"
    COMMITMENTS = "commitments"
    RIPPLE = "ripple"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class RippleLine:
    """A line of a commitment's analysis.

    `line` is `decomposition` (`seconds` of the customer's waiting, by `party` and `cause`) or `attribution` (`seconds`
    of the lateness that are `party`'s share, and what mending it alone would have saved). A party is a department's
    key, `customer` or `third_party`; in a decomposition it is null where nobody is charged.
    """

    commitment_id: Id
    title: str
    status: str
    customer_id: Id
    customer: str
    owner: str
    promised_at: Instant
    due_at: Instant
    delivered_at: Instant | None
    as_of: Instant
    elapsed_seconds: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promise_impossible: bool
    line: str
    party: str | None
    cause: str | None
    seconds: int
    but_for_seconds: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset's rows come from: a statement, and what its rows are read into, a block at a time."""

    columns: tuple[Column, ...]
    statement: Select[Any]
    read: Read


async def _tickets(connection: AsyncConnection, block: Sequence[Any], now: datetime) -> Rows:
    return [_TICKET(ticket) for ticket in await answers(connection, block, now)]


async def _clocks(connection: AsyncConnection, block: Sequence[Any], now: datetime) -> Rows:
    return [
        (ticket.id, ticket.number, *_CLOCK(clock))
        for ticket in await answers(connection, block, now)
        for clock in ticket.clocks
    ]


async def _commitments(_: AsyncConnection, block: Sequence[Any], now: datetime) -> Rows:
    return [_COMMITMENT(answer_of(row, now)) for row in block]


async def _events(_: AsyncConnection, block: Sequence[Any], __: datetime) -> Rows:
    return [tuple(row.values()) for row in block]


async def _ripple(connection: AsyncConnection, block: Sequence[Any], now: datetime) -> Rows:
    ids: list[UUID] = [row["id"] for row in block]
    stored = await load_some(connection, ids)
    return await compute(_ripple_lines, stored, now)


def _ripple_lines(stored: StoredHistories, now: datetime) -> Rows:
    return [
        _RIPPLE(line)
        for history in stored
        for line in _lines(history.commitment, analyse(history.graph(now)), history.commitment.as_of(now))
    ]


def _lines(commitment: StoredCommitment, analysis: Analysis, as_of: datetime) -> list[RippleLine]:
    def line(kind: str, party: str | None, cause: str | None, seconds: int, but_for: int | None) -> RippleLine:
        return RippleLine(
            commitment.id,
            commitment.title,
            commitment.status,
            commitment.customer_id,
            commitment.customer,
            commitment.owner,
            commitment.promised_at,
            commitment.agreed_due_at,
            commitment.delivered_at,
            as_of,
            analysis.elapsed_seconds,
            analysis.lateness_seconds,
            analysis.plan_seconds,
            analysis.unpromised_seconds,
            analysis.promise_impossible,
            kind,
            party,
            cause,
            seconds,
            but_for,
        )

    parts = [line("decomposition", part.department, part.cause, part.seconds, None) for part in analysis.decomposition]
    shares = [
        line("attribution", share.party, None, share.shapley_seconds, share.but_for_seconds)
        for share in analysis.attribution
    ]
    return parts + shares


def _values(columns: Sequence[Column]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(column.name for column in columns))


_TICKET_COLUMNS: Final = columns_of(Ticket, "clocks", "hand_off")
_CLOCK_COLUMNS: Final = columns_of(ClockAnswer)
_COMMITMENT_COLUMNS: Final = columns_of(Commitment)
_RIPPLE_COLUMNS: Final = columns_of(RippleLine)
_EVENT_COLUMNS: Final = (
    Column("id", Kind.TEXT),
    Column("sequence", Kind.INTEGER),
    Column("type", Kind.TEXT),
    Column("occurred_at", Kind.INSTANT),
    Column("data", Kind.JSON),
)
_TICKET, _CLOCK = _values(_TICKET_COLUMNS), _values(_CLOCK_COLUMNS)
_COMMITMENT, _RIPPLE = _values(_COMMITMENT_COLUMNS), _values(_RIPPLE_COLUMNS)
_OF_CLOCKS: Final = (Column("ticket_id", Kind.TEXT), Column("ticket_number", Kind.INTEGER), *_CLOCK_COLUMNS)
_HAS_CLOCKS: Final = select(ticket_clocks.c.ticket_id).where(ticket_clocks.c.ticket_id == tickets.c.id).exists()

SOURCES: Final = {
    Dataset.TICKETS: Source(_TICKET_COLUMNS, ticket_queries.TICKETS.order_by(tickets.c.id), _tickets),
    Dataset.CLOCKS: Source(_OF_CLOCKS, ticket_queries.TICKETS.where(_HAS_CLOCKS).order_by(tickets.c.id), _clocks),
    Dataset.COMMITMENTS: Source(
        _COMMITMENT_COLUMNS, commitment_queries.COMMITMENTS.order_by(commitments.c.id), _commitments
    ),
    Dataset.RIPPLE: Source(_RIPPLE_COLUMNS, select(commitments.c.id).order_by(commitments.c.id), _ripple),
    Dataset.EVENTS: Source(
        _EVENT_COLUMNS,
        select(*(outbox.events.c[column.name] for column in _EVENT_COLUMNS)).order_by(outbox.events.c.sequence),
        _events,
    ),
}


async def blocks(database: Database, dataset: Dataset, now: datetime) -> AsyncIterator[Rows]:
    """The rows of a dataset, block by block: all of one instant, what counts with time as of `now`.

    Cancelled commitments have no ripple. Events are those that no transaction can still come before.
    """
    source = SOURCES[dataset]
    statement = source.statement
    if dataset is Dataset.RIPPLE:
        statement = statement.where(commitments.c.status != "cancelled")
    async with database.engine.connect() as connection, database.reading() as reader:
        if dataset is Dataset.EVENTS:
            statement = statement.where(outbox.events.c.sequence <= await outbox.settled(reader))
        async with connection.stream(statement) as result:
            async for block in result.mappings().partitions(BLOCK_ROWS):
                yield await source.read(reader, block, now)
