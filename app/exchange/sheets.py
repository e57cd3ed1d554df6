"""Rows of many tickets at once, table by table, as they are copied into the database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from app.commitments.tables import commitments
from app.exchange.tables import imported_cases
from app.tickets.tables import ticket_clocks, ticket_history, ticket_legs, ticket_waits, tickets


def _columns(table: Table, *left_to_the_database: str) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column.name not in left_to_the_database)


TICKETS: Final = _columns(tickets, "created_at", "updated_at")
LEGS: Final = _columns(ticket_legs, "reason", "context")
WAITS: Final = _columns(ticket_waits)
HISTORY: Final = _columns(ticket_history)
CLOCKS: Final = _columns(ticket_clocks)
COMMITMENTS: Final = _columns(commitments)
CASES: Final = _columns(imported_cases)

TABLES: Final[Sequence[tuple[str, Table, tuple[str, ...]]]] = (
    ("commitments", commitments, COMMITMENTS),
    ("tickets", tickets, TICKETS),
    ("legs", ticket_legs, LEGS),
    ("waits", ticket_waits, WAITS),
    ("history", ticket_history, HISTORY),
    ("clocks", ticket_clocks, CLOCKS),
    ("cases", imported_cases, CASES),
)
"""Each list of `Sheets` with its table and columns, in the order in which they refer to each other."""


class Told(NamedTuple):
    """An event of the feed; `data` is written as JSON."""

    type: str
    occurred_at: datetime
    data: str


@dataclass(slots=True)
class Sheets:
    """Rows in the order of the columns above; what is JSON in them is written as such. `told` are the events."""

    commitments: list[tuple[Any, ...]] = field(default_factory=list)
    tickets: list[tuple[Any, ...]] = field(default_factory=list)
    legs: list[tuple[Any, ...]] = field(default_factory=list)
    waits: list[tuple[Any, ...]] = field(default_factory=list)
    history: list[tuple[Any, ...]] = field(default_factory=list)
    clocks: list[tuple[Any, ...]] = field(default_factory=list)
    cases: list[tuple[Any, ...]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def fresh_events(before: Sequence[Told], after: Sequence[Told]) -> list[Told]:
    """Of the events of a life as it is told now, those that were not told of before: of that type at that instant."""
    told = Counter((event.type, event.occurred_at) for event in before)
    fresh = []
    for event in after:
        same = event.type, event.occurred_at
        if told[same]:
            told[same] -= 1
        else:
            fresh.append(event)
    return fresh
