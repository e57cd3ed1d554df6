"""Events: what changed, written in the transaction of the change.

`sequence` is the order of the feed. A reader that follows it must never pass a number whose transaction has yet to
commit, so every writer holds an advisory lock on the sequence's value of before its first event, until it ends (a
statement trigger takes it, whatever inserts the row), and a reader stops below the lowest such lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Timestamp, metadata, one_or_many
from app.kernel.ids import new_id

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("occurred_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False, server_default=func.now()),
    Column("data", JSON, nullable=False),
    Index("ix_events_type_sequence", "type", "sequence"),
)

WRITERS_LOCK_CLASS = 0x4F57
"""The class of the advisory locks that writers of events hold; the object is the sequence's value, modulo 2³¹."""


@dataclass(frozen=True, slots=True)
class Event:
    """One state change: `data` holds what is concerned under its singular name, `previous` and `actor`.

    `as_of` is the instant as of which that is told; None: when it is recorded.
    """

    type: str
    occurred_at: datetime
    data: Mapping[str, Any]
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    id: UUID
    sequence: int
    type: str
    occurred_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Up to `settled` the feed can be read; `last` is the last number given. While that is higher, a transaction that
    began earlier holds back what has come after, and nothing is told when it is undone."""

    settled: int
    last: int


_INSERT = insert(events)
_LAST = text("select last_value - (not is_called)::int from events_sequence_seq")
_HELD = text(
    "select (objid::bigint) from pg_locks where locktype = 'advisory' and objsubid = 2 and classid = :class"
    " and database = (select oid from pg_database where datname = current_database())"
).bindparams(bindparam("class", WRITERS_LOCK_CLASS))
_COLUMNS = (events.c.id, events.c.sequence, events.c.type, events.c.occurred_at, events.c.data)


def previous(before: Any, after: Any) -> dict[str, Any]:
    """The old values of the fields in which two answers of a resource differ, its version and `updated_at` aside."""
    return {
        field.name: getattr(before, field.name)
        for field in fields(before)
        if field.name not in ("version", "updated_at") and getattr(before, field.name) != getattr(after, field.name)
    }


def rows(recorded: Sequence[Event]) -> list[dict[str, Any]]:
    """The rows of these events, in their order."""
    return [
        {"id": new_id(), "type": event.type, "occurred_at": event.occurred_at, "data": event.data} for event in recorded
    ]


async def record(connection: AsyncConnection, recorded: Sequence[Event]) -> None:
    """Writes events into the transaction of the change they tell of."""
    if recorded:
        await connection.execute(_INSERT, one_or_many(rows(recorded)))


async def settled(connection: AsyncConnection) -> int:
    """The highest sequence up to which no transaction can still add an event."""
    return (await outlook(connection)).settled


async def outlook(connection: AsyncConnection) -> Outlook:
    """How far the feed can be read, and how far it has been written to.

    The sequence's value is read before the locks: whoever holds a number up to it took its lock earlier, so is either
    still seen among the locks or has ended, and then its rows are seen by any later statement.
    """
    last: int = (await connection.execute(_LAST)).scalar_one()
    held = (await connection.execute(_HELD)).scalars()
    return Outlook(min([last, *(last - (last - value) % 2**31 for value in held)]), last)


async def read(
    connection: AsyncConnection, after: int, limit: int, types: Sequence[str] = ()
) -> tuple[list[RecordedEvent], int]:
    """The events after a sequence number, in order, and the number to go on from.

    `types` are exact types, or prefixes that end in `.*`. The number to go on from passes over settled events that the
    types leave out.
    """
    horizon = await settled(connection)
    if horizon <= after:
        return [], after
    found = await between(connection, after, horizon, limit, types)
    return found, found[-1].sequence if len(found) == limit else horizon


async def between(
    connection: AsyncConnection, after: int, until: int, limit: int, types: Sequence[str] = ()
) -> list[RecordedEvent]:
    """The first events after one number and up to another, which must be settled; `types` as in `read`."""
    statement = select(*_COLUMNS).where(events.c.sequence > after, events.c.sequence <= until)
    if types:
        exact = events.c.type.in_([kind for kind in types if not kind.endswith("*")])
        prefixes = [events.c.type.startswith(kind[:-1], autoescape=True) for kind in types if kind.endswith("*")]
        statement = statement.where(or_(exact, *prefixes))
    rows = await connection.execute(statement.order_by(events.c.sequence).limit(limit))
    return [RecordedEvent(**row) for row in rows.mappings()]
