"""Recomputation: every delivered commitment again, held against what was stored, and resumed where it was cut off."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from app.kernel.database import Database
from app.ripple.keeping import keeping, recomputing
from app.ripple.keeping.recomputing import Recomputation, recompute
from app.ripple.tables import ripple_analyses, ripple_recomputation
from tests.conftest import Clock
from tests.kernel.background_work import now
from tests.ripple.kept import keep, marked, stored
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

DAYS = (2, 3, 4, 5, 6)


@pytest.fixture
async def made(client: httpx.AsyncClient, clock: Clock) -> list[dict[str, Any]]:
    """Five delivered commitments, of which nothing is stored."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    return [await primary_and_reactionary(world, day=day) for day in DAYS]


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "BATCH", 2)


def counts(found: Recomputation) -> tuple[int, ...]:
    return found.analysed, found.same, found.added, found.outdated, found.differing, found.failed


async def redone(database: Database, since: datetime | None = None, **told: Any) -> Recomputation:
    return await recompute(database, since, now, **told)


@pytest.mark.usefixtures("made", "two_at_once")
async def test_what_was_never_analysed_is_added_and_the_second_time_all_is_the_same(database: Database) -> None:
    assert counts(await redone(database)) == (5, 0, 5, 0, 0, 0)
    before = await stored(database)
    assert counts(await redone(database)) == (5, 5, 0, 0, 0, 0)
    assert await stored(database) == before
    await keep(database)
    assert await stored(database) == before


async def test_another_answer_of_the_same_history_differs_and_one_of_another_history_is_outdated(
    made: list[dict[str, Any]], database: Database
) -> None:
    await keep(database)
    before = await stored(database)
    changes: list[dict[str, Any]] = [{"outward": b""}, {"graph_hash": b"other"}, {"engine_version": "0"}]
    async with database.writing() as connection:
        for each, values in zip(made, changes, strict=False):
            row = ripple_analyses.c.commitment_id == UUID(each["id"])
            await connection.execute(update(ripple_analyses).where(row).values(values))
    assert counts(await redone(database)) == (5, 2, 0, 2, 1, 0)
    assert await stored(database) == before


@pytest.mark.usefixtures("made")
async def test_only_what_was_delivered_since_an_instant_is_done(database: Database) -> None:
    found = await redone(database, datetime(2026, 3, 11, 9, tzinfo=UTC))
    assert counts(found) == (3, 0, 3, 0, 0, 0)
    assert {row["delivered_at"].day for row in (await stored(database)).values()} == {11, 12, 13}


@pytest.mark.usefixtures("made", "two_at_once")
async def test_one_that_was_cut_off_goes_on_where_it_was(database: Database) -> None:
    def cut_off(_: Recomputation) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await redone(database, progress=cut_off)
    assert len(await stored(database)) == 2
    seen: list[tuple[int, int]] = []
    found = await redone(database, progress=lambda so_far: seen.append((so_far.analysed, so_far.left)))
    assert (found.resumed, counts(found), seen) == (True, (5, 0, 5, 0, 0, 0), [(4, 1), (5, 0)])
    assert not (await redone(database)).resumed


@pytest.mark.usefixtures("made", "two_at_once")
@pytest.mark.parametrize("other", ["since", "engine_version"])
async def test_one_of_another_instant_or_engine_begins_anew(database: Database, other: str) -> None:
    await redone(database)
    begun = {"engine_version": recomputing.ENGINE_VERSION, "started_at": now(), "analysed": 4}
    place = {"after_delivered_at": datetime(2026, 4, 1, tzinfo=UTC), "after_id": UUID(int=0)}
    changed: dict[str, Any] = {"since": now()} if other == "since" else {"engine_version": "0"}
    async with database.writing() as connection:
        await connection.execute(ripple_recomputation.insert(), begun | place | changed)
    found = await redone(database)
    assert (found.resumed, counts(found)) == (False, (5, 5, 0, 0, 0, 0))
    async with database.reading() as connection:
        assert (await connection.execute(select(ripple_recomputation))).all() == []


async def test_what_cannot_be_analysed_is_counted_and_stays_marked(
    made: list[dict[str, Any]], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, analysed = UUID(made[1]["id"]), keeping.analysed

    def failing(history: Any, *others: Any) -> Any:
        if history.commitment.id == bad:
            raise ArithmeticError("no such history")
        return analysed(history, *others)

    await keep(database)
    monkeypatch.setattr(keeping, "analysed", failing)
    assert counts(await redone(database)) == (4, 4, 0, 0, 0, 1)
    assert await marked(database) == {bad}
