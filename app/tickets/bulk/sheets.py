"""Rows of many tickets at once, table by table, as they are copied into the database, and what is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from app.tickets.tables import (
    ticket_clocks,
    ticket_dependencies,
    ticket_feedback,
    ticket_history,
    ticket_legs,
    ticket_waits,
    tickets,
)


def columns_of(table: Table, *left_to_the_database: str) -> tuple[str, ...]:
    """The names of a table's columns, in their order."""
    return tuple(column.name for column in table.c if column.name not in left_to_the_database)


TICKETS: Final = columns_of(tickets, "created_at", "updated_at", "weight")
LEGS: Final = columns_of(ticket_legs)
CLOCKS: Final = columns_of(ticket_clocks, "warned_share")

TABLES: Final[Sequence[tuple[str, Table, tuple[str, ...]]]] = (
    ("tickets", tickets, TICKETS),
    ("legs", ticket_legs, LEGS),
    ("waits", ticket_waits, columns_of(ticket_waits)),
    ("history", ticket_history, columns_of(ticket_history)),
    ("clocks", ticket_clocks, CLOCKS),
    ("dependencies", ticket_dependencies, columns_of(ticket_dependencies)),
    ("feedback", ticket_feedback, columns_of(ticket_feedback)),
)
"""Each list of `Sheets` with its table and columns, in the order in which they refer to each other."""


class Told(NamedTuple):
    """An event of the feed; `data` is written as JSON."""

    type: str
    occurred_at: datetime
    data: str


@dataclass(slots=True)
class Sheets:
    """Rows in the order of the columns above. What is JSON in the database is a string of it."""

    tickets: list[tuple[Any, ...]] = field(default_factory=list)
    legs: list[tuple[Any, ...]] = field(default_factory=list)
    waits: list[tuple[Any, ...]] = field(default_factory=list)
    history: list[tuple[Any, ...]] = field(default_factory=list)
    clocks: list[tuple[Any, ...]] = field(default_factory=list)
    dependencies: list[tuple[Any, ...]] = field(default_factory=list)
    feedback: list[tuple[Any, ...]] = field(default_factory=list)
