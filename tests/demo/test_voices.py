"""What the members of the demo company say of each other, and what came of their suggestions."""

from collections import Counter
from datetime import datetime

import httpx
import pytest
from sqlalchemy import select

from app.demo.company import company
from app.demo.records import Company
from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import Job, jobs
from app.kernel.work import Work
from app.suggestions.measuring import measure_effect
from app.suggestions.schemas import Suggestion
from app.suggestions.suggestions import EFFECT, collection
from tests.conftest import Clock
from tests.demo.test_loading import all_of


@pytest.fixture(autouse=True)
def now(clock: Clock, loaded_at: datetime) -> None:
    """The service's clock stands where the demo was loaded."""
    clock.instant = loaded_at


@pytest.fixture(scope="module")
def told(loaded_at: datetime) -> Company:
    return company(loaded_at.replace(hour=0, minute=0))


def test_nobody_thanks_themselves_nor_their_own_department(told: Company) -> None:
    departments = {member.email: member.departments for member in told.members}
    for each in told.recognitions:
        assert each.by != each.member
        assert each.department not in departments[each.by]


def test_everything_was_said_in_order(told: Company) -> None:
    opened = {ticket.ref: ticket.opening.opened_at for ticket in told.tickets}
    assert all(opened[each.ticket] <= each.at <= told.as_of for each in told.recognitions)
    for idea in told.suggestions:
        end = idea.decision.at if idea.decision else told.as_of
        assert all(idea.at <= vote.at <= end <= told.as_of for vote in idea.votes)
        assert len({vote.by for vote in idea.votes} - {idea.by}) == len(idea.votes)


async def test_it_is_there(client: httpx.AsyncClient, told: Company) -> None:
    thanks = await all_of(client, "/v1/recognitions")
    assert len(thanks) == len(told.recognitions) > 40
    assert all(each["ticket_id"] and each["customer_id"] and each["from_member_id"] for each in thanks)
    ideas = {each["text"]: each for each in await all_of(client, "/v1/suggestions")}
    votes = {text: each["votes"] for text, each in ideas.items()}
    assert votes == {each.text: len(each.votes) for each in told.suggestions}
    assert Counter(each["status"] for each in ideas.values()) == {"open": 4, "adopted": 3, "declined": 1}


async def test_a_worker_finds_out_what_came_of_what_was_adopted(database: Database, loaded_at: datetime) -> None:
    async with database.reading() as connection:
        due = select(jobs).where(jobs.c.kind == EFFECT, jobs.c.run_at <= loaded_at).order_by(jobs.c.run_at)
        first, second = (await connection.execute(due)).mappings().all()
    credit = await _measured(database, loaded_at, first)
    assert (credit.metric, credit.effect and credit.effect["verdict"]) == ("attainment", "better")
    spares = await _measured(database, loaded_at, second)
    assert spares.effect is not None
    assert min(spares.effect[side]["n"] for side in ("before", "since")) >= 20  # type: ignore[literal-required]


async def _measured(database: Database, now: datetime, row: object) -> Suggestion:
    """The suggestion as a worker would leave it; the demo company stays as it is."""
    asked = Job(**{name: row[name] for name in Job.__dataclass_fields__})  # type: ignore[index]
    work = Work(database, now, SYSTEM)
    try:
        await work.write()
        await measure_effect(work, asked)
        return await collection.get(work.connection, asked.payload["suggestion_id"])
    finally:
        await work.close()
