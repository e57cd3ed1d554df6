"""What a process has learned, hour by hour."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.kernel.database import Database
from app.ripple.forecasting.lessons import Lessons
from tests.ripple.foreseen import past_commitments
from tests.tickets.worlds import World

NOW = datetime(2026, 3, 2, 9, 59, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def company(client: httpx.AsyncClient, database: Database) -> Database:
    await past_commitments(database, World(client), count=40)
    return database


async def test_who_asks_while_it_is_learned_anew_is_told_what_was_learned_the_hour_before(company: Database) -> None:
    lessons = Lessons()
    async with company.reading() as connection:
        before = await lessons.by(NOW, connection)
        async with lessons._learning:
            assert await lessons.by(LATER, connection) is before
        after = await lessons.by(LATER, connection)
    assert (before.as_of.hour, after.as_of.hour) == (9, 10)


async def test_who_asks_when_nothing_was_learned_waits(company: Database) -> None:
    lessons = Lessons()
    async with company.reading() as one, company.reading() as other:
        found = await asyncio.gather(lessons.by(NOW, one), lessons.by(NOW, other))
    assert found[0] is found[1]
    assert found[0].experience.commitments == 40


async def test_what_was_learned_long_ago_is_told_to_nobody(company: Database) -> None:
    lessons = Lessons()
    async with company.reading() as one, company.reading() as other:
        await lessons.by(NOW - timedelta(hours=5), one)
        found = await asyncio.gather(lessons.by(NOW, one), lessons.by(NOW, other))
    assert {each.as_of.hour for each in found} == {9}
