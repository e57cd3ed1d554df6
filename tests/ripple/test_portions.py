"""However large commitments are, no more are loaded at once than fit."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.kernel.database import Database
from app.ripple import portions
from app.ripple.keeping.keeping import Keeping
from app.ripple.keeping.recomputing import Recomputation, recompute
from app.ripple.portions import Portions, load_in_portions
from tests.conftest import Clock
from tests.kernel.background_work import now
from tests.ripple.foreseen import look, promise
from tests.ripple.foreseen import stored as forecasts
from tests.ripple.kept import mark, stored
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    return world


@pytest.fixture
async def made(world: World) -> list[UUID]:
    """Five commitments of two tickets each, one of which blocks the other."""
    return [UUID((await primary_and_reactionary(world, day=day))["id"]) for day in range(2, 7)]


@pytest.mark.parametrize(
    ("tickets", "fitting", "next_size"), [(10, 5, 100), (9, 4, 8), (4, 2, 4), (3, 1, 2), (1, 1, 2)]
)
async def test_so_many_are_taken_as_have_few_enough_tickets_beneath_them_but_at_least_one(
    made: list[UUID], database: Database, monkeypatch: pytest.MonkeyPatch, tickets: int, fitting: int, next_size: int
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", tickets)
    asked = Portions(100)
    async with database.reading() as connection:
        assert await asked.first_of(connection, made) == made[:fitting]
    assert asked.size == next_size


async def test_no_more_are_asked_for_than_may_be(
    made: list[UUID], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", 9)
    asked = Portions(5)
    async with database.reading() as connection:
        await asked.first_of(connection, made)
    assert asked.size == 5


async def test_all_are_loaded_in_their_order_one_portion_after_another(
    made: list[UUID], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", 4)
    async with database.reading() as connection:
        loaded = [histories async for histories in load_in_portions(connection, made)]
        nothing = [histories async for histories in load_in_portions(connection, [])]
    assert [len(histories.commitments) for histories in loaded] == [2, 2, 1]
    assert [each.id for histories in loaded for each in histories.commitments] == made
    assert [len(list(histories)) for histories in loaded] == [2, 2, 1]
    assert nothing == []


async def test_what_does_not_fit_is_analysed_in_the_next_turn(
    made: list[UUID], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", 4)
    await mark(database)
    duty = Keeping()
    assert [await duty.turn(database, now()) for _ in range(4)] == [2, 2, 1, 0]
    assert (await stored(database)).keys() == set(made)


async def test_what_does_not_fit_is_recomputed_in_the_next_batch(
    made: list[UUID], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", 4)
    told: list[Recomputation] = []
    found = await recompute(database, None, now, told.append)
    assert [each.analysed for each in told] == [2, 4, 5]
    assert (found.analysed, (await stored(database)).keys()) == (5, set(made))


async def test_what_does_not_fit_is_looked_ahead_for_in_the_next_turn(
    world: World, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "TICKETS_AT_ONCE", 1)
    still_open: list[dict[str, Any]] = [await promise(world, clock()) for _ in range(3)]
    for each in still_open:
        await world.ticket("Sales", "Finance", commitment_id=each["id"])
    await mark(database)
    await look(database, clock())
    rows = await forecasts(database)
    assert rows.keys() == {each["id"] for each in still_open}
    assert all(row.as_of == clock() for row in rows.values())
