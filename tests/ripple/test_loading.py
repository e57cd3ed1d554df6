"""From stored tickets to the histories that the engine reads."""

from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from app.commitments.tables import commitments
from app.kernel.database import Database
from app.ripple.engine.graph import Leg, Wait
from app.ripple.loading import History, load
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

HOUR = 3600
NINE = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp())


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    return World(client)


def at(hour: int) -> str:
    """The hour of Monday, 2 March 2026."""
    return f"2026-03-02T{hour:02}:00:00Z"


async def histories(database: Database) -> list[History]:
    async with database.reading() as connection:
        return list(await load(connection))


async def the_history(database: Database) -> History:
    (history,) = await histories(database)
    return history


async def a_ticket(world: World, hour: int, **fields: object) -> str:
    return str((await world.ticket("Sales", "Finance", opened_at=at(hour), **fields))["id"])


async def test_blockers_are_found_however_far_down_and_all_come_by_opening(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    top = await a_ticket(world, 12, commitment_id=kept["id"])
    middle = await a_ticket(world, 11, blocks=[top], customer_id=world.customer_id)
    bottom = await a_ticket(world, 10, blocks=[middle], customer_id=world.customer_id)
    await a_ticket(world, 9, customer_id=world.customer_id)
    history = await the_history(database)
    assert [ticket.id for ticket in history.tickets] == [bottom, middle, top]
    assert [ticket.blocks for ticket in history.tickets] == [(middle,), (top,), ()]
    assert [ticket.opened_at for ticket in history.tickets] == [NINE + HOUR, NINE + 2 * HOUR, NINE + 3 * HOUR]


async def test_what_a_ticket_blocks_comes_in_the_order_it_was_said(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    blocked = [await a_ticket(world, hour, commitment_id=kept["id"]) for hour in (9, 10, 11)]
    said = [blocked[2], blocked[0], blocked[1]]
    await a_ticket(world, 12, blocks=said)
    assert (await the_history(database)).tickets[-1].blocks == tuple(said)


async def test_a_ticket_that_was_passed_on_has_its_legs_and_another_none(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    ticket = await a_ticket(world, 9, commitment_id=kept["id"])
    await world.do("acknowledge", ticket, at(10))
    await world.do("transfer", ticket, at(11), department="Legal")
    other = await a_ticket(world, 10, commitment_id=kept["id"])
    await world.do("acknowledge", other, at(12))
    first, second = (await the_history(database)).tickets
    assert first.legs == (Leg("Finance", NINE, NINE + HOUR), Leg("Legal", NINE + 2 * HOUR))
    assert (first.requester, first.provider) == ("Sales", "Legal")
    assert (second.legs, second.acknowledged_at) == ((), NINE + 3 * HOUR)


async def test_waits_on_a_dependency_are_none(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    ticket = await a_ticket(world, 9, commitment_id=kept["id"])
    for hour, party in ((10, "dependency"), (11, "customer"), (12, "third_party"), (13, "requester")):
        await world.do("wait", ticket, at(hour), on=party)
    (found,) = (await the_history(database)).tickets
    assert found.waits == (
        Wait("customer", NINE + 2 * HOUR, NINE + 3 * HOUR),
        Wait("third_party", NINE + 3 * HOUR, NINE + 4 * HOUR),
        Wait("requester", NINE + 4 * HOUR),
    )


async def test_a_ticket_ends_when_it_was_last_resolved_declined_or_cancelled(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    resolved, declined, cancelled, reopened = [
        await a_ticket(world, hour, commitment_id=kept["id"]) for hour in (9, 10, 11, 12)
    ]
    await world.do("resolve", resolved, at(13))
    await world.do("reopen", resolved, at(14))
    await world.do("resolve", resolved, at(15))
    await world.do("close", resolved, at(16))
    await world.do("decline", declined, at(14))
    await world.do("cancel", cancelled, at(15))
    await world.do("resolve", reopened, at(13))
    await world.do("reopen", reopened, at(16))
    ends = [ticket.resolved_at for ticket in (await the_history(database)).tickets]
    assert ends == [NINE + 6 * HOUR, NINE + 5 * HOUR, NINE + 6 * HOUR, None]


async def test_a_ticket_is_due_when_its_resolve_clock_is_pauses_included(world: World, database: Database) -> None:
    agreed = await world.sla("Finance", targets=[{"metric": "resolve", "seconds": 4 * HOUR}], pause_on=["customer"])
    kept = await world.commitment("Sales", at(9), at(17))
    ticket = await a_ticket(world, 9, commitment_id=kept["id"])
    await world.do("wait", ticket, at(10), on="customer")
    (paused,) = (await the_history(database)).tickets
    await world.do("resume", ticket, at(12))
    history = await the_history(database)
    assert (paused.due_at, history.tickets[0].due_at) == (None, NINE + 6 * HOUR)
    assert history.kinds[ticket].sla_id == UUID(agreed["id"])


async def test_what_was_promised_without_an_agreement_is_not_due(world: World, database: Database) -> None:
    kept = await world.commitment("Sales", at(9), at(17))
    ticket = await a_ticket(world, 9, commitment_id=kept["id"], priority="p1")
    history = await the_history(database)
    assert history.tickets[0].due_at is None
    kind = history.kinds[ticket]
    assert (kind.priority, kind.sla_id) == ("p1", None)


async def test_any_number_of_commitments_costs_five_statements(
    world: World, database: Database, statements: Statements
) -> None:
    for _ in range(7):
        kept = await world.commitment("Sales", at(9), at(17))
        await a_ticket(world, 9, commitment_id=kept["id"])
    statements.clear()
    assert [len(history.tickets) for history in await histories(database)] == [1] * 7
    assert len(statements) == 5


async def test_nothing_more_is_asked_when_there_is_no_commitment(database: Database, statements: Statements) -> None:
    statements.clear()
    async with database.reading() as connection:
        assert list(await load(connection, commitments.c.status == "open")) == []
    assert len(statements) == 1
