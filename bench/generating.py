"""A company of any size in a fresh database: `python -m bench.generating [--commitments N] [DATABASE_URL]`.

By default it has 100,000 commitments and about 1,000,000 tickets of the year before `UNTIL`, and goes into an embedded
cluster that is removed again, to see how long it takes. The same every time, but for the ids of the organisation.
The organisation is set up through the API; commitments and tickets are copied into their tables, with legs, waits,
dependencies and the clock by which a ticket is to be resolved, but without history and events.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.kernel import schema_version
from app.kernel.database import Database
from app.kernel.postgres import EmbeddedPostgres
from app.tickets.bulk.bulk import copy
from app.tickets.tables import ticket_clocks, ticket_dependencies, ticket_legs, ticket_waits, tickets
from bench.generated_work import (
    CUSTOMERS,
    DEPARTMENTS,
    PAUSING,
    PRIORITIES,
    TARGET_HOURS,
    TYPES_EACH,
    Commitment,
    Ticket,
    work,
)
from bench.within import client_of, make

UNTIL: Final = datetime(2026, 10, 1, tzinfo=UTC)
YEAR: Final = timedelta(days=365)
COMMITMENTS: Final = 100_000
AT_ONCE: Final = 2_000
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OFFICE = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
KINDS = ("task", "approval", "information", "incident")
TIERS = (("gold", 250_000), ("silver", 60_000), ("bronze", 15_000))

_COLUMNS: Final[dict[Table, tuple[str, ...]]] = {
    customers: ("id", "external_ref", "name", "tier", "annual_value", "currency"),
    commitments: (
        "id", "customer_id", "title", "owner_department_id", "status", "promised_at", "due_at", "agreed_due_at",
        "delivered_at", "cancelled_at", "cancel_reason", "value", "currency",
    ),
    tickets: (
        "id", "number", "title", "requester_department_id", "provider_department_id", "request_type_id", "customer_id",
        "commitment_id", "priority", "status", "waiting_on", "opened_at", "acknowledged_at", "resolved_at", "ended_at",
        "last_at", "due_at", "breached_at", "leg", "hop_count", "reopen_count",
    ),
    ticket_legs: (
        "ticket_id", "number", "department_id", "arrived_by", "started_at", "ended_at", "acknowledged_at", "sla_id",
        "sla_version", "sla_explanation",
    ),
    ticket_waits: ("ticket_id", "number", "party", "leg", "started_at", "ended_at"),
    ticket_clocks: (
        "ticket_id", "number", "metric", "scope", "leg", "department_id", "sla_id", "sla_version", "calendar_id",
        "state", "target_seconds", "started_at", "due_at", "elapsed_seconds", "counting_since", "met_at", "breached_at",
        "paused_at", "stopped_at",
    ),
    ticket_dependencies: ("blocker_id", "blocked_id", "position"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is."""

    commitments: int
    tickets: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Organisation:
    """Ids, by the numbers that the work goes by."""

    departments: list[UUID]
    slas: list[UUID]
    calendar: UUID
    request_types: list[UUID]


@dataclass(slots=True)
class _Rows:
    """Rows of every table, and how many tickets there were before them."""

    organisation: _Organisation
    until: int
    written: int = 0
    of: dict[Table, list[tuple[Any, ...]]] = field(default_factory=dict)

    def begin(self) -> None:
        self.of = {table: [] for table in _COLUMNS}


async def generate(url: str, count: int, *, until: datetime = UNTIL, seed: int = 1) -> Sizes:
    """Fills a database that has nothing in it yet, migrating it first."""
    begun = time.perf_counter()
    database = Database(url, pool_size=2)
    try:
        await schema_version.migrate(database)
        async with client_of(database) as client:
            organisation = await _set_up(client)
        async with database.writing() as connection:
            # What is made here refers to what is there: looking it up again, row by row, would take most of the time.
            await connection.execute(text("set local session_replication_role = replica"))
            await copy(connection, customers, _COLUMNS[customers], _customers(seed))
            made = await _store_work(connection, organisation, count, until, seed)
        async with database.reading() as connection:
            await connection.execute(text("vacuum analyze"))
        return Sizes(count, made, time.perf_counter() - begun)
    finally:
        await database.close()


@contextmanager
def generated(count: int, *, until: datetime = UNTIL, seed: int = 1) -> Iterator[tuple[str, Sizes]]:
    """The URL of a database with such a company in a cluster of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory) / "data") as address:
        yield address.url, asyncio.run(generate(address.url, count, until=until, seed=seed))


async def _set_up(client: httpx.AsyncClient) -> _Organisation:
    always = await make(client, "/v1/calendars", name="Always", timezone="UTC", hours=ALWAYS)
    office = await make(client, "/v1/calendars", name="Office", timezone="Europe/Berlin", hours=OFFICE)
    by_priority = {name: hours * 3600 for name, hours in zip(PRIORITIES, TARGET_HOURS, strict=True)}
    target = {"metric": "resolve", "seconds": by_priority.pop("p3"), "by_priority": by_priority}
    departments, slas, request_types = [], [], []
    for key in DEPARTMENTS:
        provider = await make(client, "/v1/departments", key=key, name=key.title(), calendar_id=office)
        for number in range(TYPES_EACH):
            entry = {"key": f"request-{number}", "name": f"Request {number}", "kind": KINDS[number % len(KINDS)]}
            request_types.append(await make(client, "/v1/request-types", provider_department_id=provider, **entry))
        undertaken = {"provider_department_id": provider, "rank": 1, "calendar_id": always, "targets": [target]}
        slas.append(await make(client, "/v1/slas", name=key.title(), pause_on=sorted(PAUSING), **undertaken))
        departments.append(provider)
    named: list[list[UUID]] = [list(map(UUID, ids)) for ids in (departments, slas, request_types)]
    return _Organisation(named[0], named[1], UUID(always), named[2])


def _customers(seed: int) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(seed)
    for number in range(CUSTOMERS):
        tier, worth = rng.choices(TIERS, (1, 3, 6))[0]
        value = Decimal(int(worth * rng.lognormvariate(0, 0.6))) if rng.random() < 0.95 else None
        yield _id(0, 1, number), f"C-{number:05}", f"Customer {number}", tier, value, _currency(number)


def _currency(customer: int) -> str:
    return "USD" if customer % 5 == 0 else "EUR"


async def _store_work(
    connection: AsyncConnection, organisation: _Organisation, count: int, until: datetime, seed: int
) -> int:
    """Copies the work by some thousand commitments at once; how many tickets there were."""
    rows = _Rows(organisation, int(until.timestamp()))
    rows.begin()
    for number, told in enumerate(work(count, rows.until - int(YEAR.total_seconds()), rows.until, seed), start=1):
        _write(rows, told)
        if number % AT_ONCE == 0 or number == count:
            for table, found in rows.of.items():
                await copy(connection, table, _COLUMNS[table], found)
            rows.begin()
    await connection.execute(
        text("select setval(pg_get_serial_sequence('tickets', 'number'), max(number)) from tickets")
    )
    return rows.written


def _id(at: int, kind: int, number: int) -> UUID:
    """A UUIDv7 of that instant, unique by its kind and number."""
    return UUID(int=at * 1000 << 80 | 7 << 76 | kind << 64 | 2 << 62 | number)


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _write(rows: _Rows, told: Commitment) -> None:
    number, owner = told.number, rows.organisation.departments[told.owner]
    commitment_id, customer_id = _id(told.promised_at, 2, number), _id(0, 1, told.customer)
    status = "delivered" if told.delivered_at is not None else "cancelled" if told.cancelled_at is not None else "open"
    due_at, cancelled = _at(told.due_at), _at(told.cancelled_at)
    title, reason = f"Commitment {number}", "No longer wanted." if cancelled is not None else None
    value = None if told.value is None else Decimal(told.value)
    instants = (_at(told.promised_at), due_at, due_at, _at(told.delivered_at), cancelled)
    row = (commitment_id, customer_id, title, owner, status, *instants, reason, value, _currency(told.customer))
    rows.of[commitments].append(row)
    ids = [_id(ticket.opened_at, 3, rows.written + place) for place, ticket in enumerate(told.tickets)]
    for ticket_id, ticket in zip(ids, told.tickets, strict=True):
        rows.written += 1
        _write_ticket(rows, ticket, ticket_id, customer_id, commitment_id)
        blocked = [(ticket_id, ids[other], position) for position, other in enumerate(ticket.blocks)]
        rows.of[ticket_dependencies] += blocked


def _write_ticket(rows: _Rows, ticket: Ticket, ticket_id: UUID, customer_id: UUID, commitment_id: UUID) -> None:
    ids, holder = rows.organisation.departments, ticket.legs[-1]
    waiting_on = next((wait.party for wait in ticket.waits if wait.ended_at is None), None)
    status = _status(ticket, waiting_on)
    opened, ended, acknowledged = _at(ticket.opened_at), _at(ticket.ended_at), _at(holder.acknowledged_at)
    resolved = ended if status == "closed" else None
    last = ended or acknowledged or _at(holder.started_at)
    due_at = _at(ticket.due_at)
    late = due_at is not None and due_at < (ended or _at(rows.until))
    breached = due_at if late else None
    rows.of[tickets].append(
        (
            ticket_id, rows.written, f"Request {rows.written}", ids[ticket.requester], ids[holder.department],
            rows.organisation.request_types[ticket.request_type], customer_id, commitment_id,
            PRIORITIES[ticket.priority], status, waiting_on, opened, acknowledged, resolved, ended, last, due_at,
            breached, len(ticket.legs), len(ticket.legs) - 1, int(ticket.reopened),
        )
    )  # fmt: skip
    _write_legs_and_waits(rows, ticket, ticket_id, ended)
    _write_clock(rows, ticket, ticket_id, status, waiting_on, due_at, breached)


def _status(ticket: Ticket, waiting_on: str | None) -> str:
    if ticket.cancelled:
        return "cancelled"
    if ticket.declined:
        return "declined"
    if ticket.ended_at is not None:
        return "closed"
    if waiting_on is not None:
        return "waiting"
    return "open" if ticket.legs[-1].acknowledged_at is None else "in_progress"


def _write_legs_and_waits(rows: _Rows, ticket: Ticket, ticket_id: UUID, ended: datetime | None) -> None:
    organisation = rows.organisation
    ends = [*(_at(leg.started_at) for leg in ticket.legs[1:]), ended]
    for number, (leg, end) in enumerate(zip(ticket.legs, ends, strict=True), start=1):
        how = "opening" if number == 1 else "transfer"
        department, sla = organisation.departments[leg.department], organisation.slas[leg.department]
        instants = (_at(leg.started_at), end, _at(leg.acknowledged_at))
        rows.of[ticket_legs].append((ticket_id, number, department, how, *instants, sla, 1, "[]"))
    for number, wait in enumerate(ticket.waits, start=1):
        instants = (_at(wait.started_at), _at(wait.ended_at))
        rows.of[ticket_waits].append((ticket_id, number, wait.party, wait.leg, *instants))


def _write_clock(
    rows: _Rows,
    ticket: Ticket,
    ticket_id: UUID,
    status: str,
    waiting_on: str | None,
    due_at: datetime | None,
    breached: datetime | None,
) -> None:
    """The clock of its first provider, which undertook it, however often it was passed on."""
    organisation, first = rows.organisation, ticket.legs[0]
    ended = _at(ticket.ended_at)
    paused_since = [wait.started_at for wait in ticket.waits if wait.ended_at is None and wait.party in PAUSING]
    counts = ended is None and not paused_since and breached is None
    until = paused_since[0] if paused_since else rows.until if ticket.ended_at is None else ticket.ended_at
    waited = sum(
        wait.ended_at - wait.started_at for wait in ticket.waits if wait.party in PAUSING and wait.ended_at is not None
    )
    elapsed = until - ticket.opened_at - waited
    state = "running" if counts else "breached" if breached is not None else "paused" if ended is None else "met"
    met = None
    if state == "met":
        state, met = ("cancelled", None) if status in ("cancelled", "declined") else ("met", ended)
    department, sla = organisation.departments[first.department], organisation.slas[first.department]
    opened = _at(ticket.opened_at)
    rows.of[ticket_clocks].append(
        (
            ticket_id, 1, "resolve", "ticket", 1, department, sla, 1, organisation.calendar, state,
            ticket.target_seconds, opened, due_at, 0 if counts else elapsed, opened if counts else None, met,
            breached, _at(paused_since[0]) if state == "paused" else None, ended,
        )
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", metavar="DATABASE_URL", help="an empty database")
    parser.add_argument("--commitments", type=int, default=COMMITMENTS)
    chosen = parser.parse_args(arguments)
    if chosen.url is not None:
        sizes = asyncio.run(generate(chosen.url, chosen.commitments))
    else:
        with generated(chosen.commitments) as (_, sizes):
            pass
    print(f"{sizes.commitments:,} commitments, {sizes.tickets:,} tickets in {sizes.seconds:.1f} s")


if __name__ == "__main__":
    main()
