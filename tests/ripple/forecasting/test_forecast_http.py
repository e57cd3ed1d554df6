"""The forecast of a commitment over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.kernel.database import Database
from app.ripple.forecasting.forecast_queries import COMMITMENTS_TO_LEARN_FROM
from tests.conftest import Clock, Statements
from tests.ripple.foreseen import PAST, PROMISED_HOURS, look, mark, past_commitments, promise
from tests.tickets.worlds import World

START = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.instant = START
    return World(client)


async def finance_takes_a_day(world: World, count: int = 40) -> None:
    """Past commitments, each of which asked Finance for something that took a day, and was delivered three hours on."""
    for number in range(count):
        opened = PAST + timedelta(hours=number)
        made = await promise(world, opened)
        ticket = await world.ticket(
            "Sales", "Finance", commitment_id=made["id"], opened_at=opened.isoformat(), source="past"
        )
        await world.do("resolve", ticket["id"], (opened + timedelta(hours=24)).isoformat())
        delivery = {"at": (opened + timedelta(hours=27)).isoformat()}
        await world.post(f"/v1/commitments/{made['id']}/deliver", delivery, status=200)


async def test_it_says_when_and_how_likely_late_and_from_what_it_was_learned(world: World, database: Database) -> None:
    await past_commitments(database, world)
    made = await promise(world, START, value="1000.00", currency="EUR")
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert START.isoformat() < answer["p50"] < answer["p80"] < made["due_at"] < answer["p95"]
    assert answer["probability_late"] == pytest.approx(0.15, abs=0.04)
    assert answer["value_at_risk"] == f"{1000 * answer['probability_late']:.2f}"
    named = ("commitment_id", "as_of", "due_at", "value", "currency", "value_of", "at_risk_since", "last_ticket")
    assert {name: answer[name] for name in named} == {
        "commitment_id": made["id"],
        "as_of": "2026-03-02T09:20:00Z",
        "due_at": made["due_at"],
        "value": "1000.00",
        "currency": "EUR",
        "value_of": "commitment",
        "at_risk_since": None,
        "last_ticket": None,
    }
    assert answer["learned_from"] == {
        "as_of": "2026-03-02T09:00:00Z",
        "commitments": 100,
        "tickets": 0,
        "enough": True,
    }


async def test_it_is_the_same_again(world: World, database: Database) -> None:
    await past_commitments(database, world)
    made = await promise(world, START)
    path = f"/v1/commitments/{made['id']}/forecast"
    assert await world.get(path) == await world.get(path)


async def test_it_names_the_ticket_that_is_most_likely_the_last_and_who_holds_it(world: World) -> None:
    await finance_takes_a_day(world)
    made = await promise(world, START)
    ticket = await world.ticket("Sales", "Finance", commitment_id=made["id"], title="Credit check")
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert answer["last_ticket"] == {
        "id": ticket["id"],
        "number": ticket["number"],
        "title": "Credit check",
        "department_id": world.departments["Finance"],
        "department": "Finance",
        "department_name": "Finance",
        "share": 1.0,
    }
    assert "2026-03-03T12:19:58Z" < answer["p50"] <= "2026-03-03T12:20:00Z"
    assert answer["learned_from"]["tickets"] == 40


async def test_where_a_commitment_states_no_value_its_customers_is_at_risk(world: World, database: Database) -> None:
    await world.customer("ACME", annual_value="50000.00", currency="GBP")
    await past_commitments(database, world)
    made = await promise(world, START)
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert (answer["value"], answer["currency"], answer["value_of"]) == ("50000.00", "GBP", "customer")
    assert answer["value_at_risk"] == f"{50_000 * answer['probability_late']:.2f}"


async def test_with_little_to_learn_from_it_answers_and_says_so(world: World, database: Database) -> None:
    await past_commitments(database, world, count=5)
    made = await promise(world, START)
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert answer["learned_from"] == {"as_of": "2026-03-02T09:00:00Z", "commitments": 5, "tickets": 0, "enough": False}
    assert (answer["value"], answer["value_at_risk"], answer["value_of"]) == (None, None, None)


async def test_one_past_its_due_time_is_late(world: World, database: Database) -> None:
    await past_commitments(database, world)
    made = await promise(world, START - timedelta(hours=PROMISED_HOURS + 1))
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert answer["probability_late"] == 1.0
    assert answer["p50"] > answer["as_of"]


async def test_it_says_since_when_it_is_at_risk(world: World, database: Database, clock: Clock) -> None:
    await past_commitments(database, world)
    made = await promise(world, START - timedelta(hours=160))
    await mark(database, [made["id"]])
    await look(database, START)
    clock.passes(minutes=10)
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert (answer["as_of"], answer["at_risk_since"]) == ("2026-03-02T09:30:00Z", "2026-03-02T09:20:00Z")


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [("deliver", {}, "delivered"), ("cancel", {"reason": "They withdrew."}, "cancelled")],
)
async def test_what_has_ended_has_no_forecast(world: World, verb: str, body: dict[str, str], status: str) -> None:
    made = await promise(world, START)
    await world.post(f"/v1/commitments/{made['id']}/{verb}", body, status=200)
    response = await world.client.get(f"/v1/commitments/{made['id']}/forecast")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/not-possible-in-this-state")
    assert status in response.json()["detail"]


async def test_what_is_not_there_has_none(world: World) -> None:
    assert (await world.client.get(f"/v1/commitments/{NOBODY}/forecast")).status_code == 404


async def test_what_was_learned_is_kept_for_the_hour(
    world: World, database: Database, clock: Clock, statements: Statements
) -> None:
    await past_commitments(database, world)
    made = await promise(world, START)
    path = f"/v1/commitments/{made['id']}/forecast"
    counts, learned = [], []
    for minutes in (0, 39, 1):
        clock.passes(minutes=minutes)
        statements.clear()
        answer = await world.get(path)
        counts.append(len(statements))
        learned.append(answer["learned_from"]["as_of"])
    assert learned == ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"]
    assert counts[1] < counts[0] == counts[2]


async def test_nothing_is_learned_from_what_happened_since_the_full_hour(
    world: World, database: Database, clock: Clock
) -> None:
    await past_commitments(database, world, promised_at=START - timedelta(hours=100))
    made = await promise(world, START)
    answer = await world.get(f"/v1/commitments/{made['id']}/forecast")
    assert answer["learned_from"]["commitments"] == 49


@pytest.mark.parametrize(
    ("count", "among", "most", "places"),
    [
        (100, 100, 25, range(3, 100, 4)),
        (100, 100, 40, [each * 5 // 2 - 1 + each % 2 for each in range(1, 41)]),
        (100, 50, 50, range(50)),
        (40, 100, 50, range(40)),
    ],
)
async def test_of_many_some_are_learned_from_evenly_spread_among_those_promised_last(
    world: World, database: Database, count: int, among: int, most: int, places: Sequence[int]
) -> None:
    await past_commitments(database, world, count=count)
    async with database.reading() as connection:
        asked = {"as_of": START, "among": among, "most": most}
        ids = (await connection.execute(COMMITMENTS_TO_LEARN_FROM, asked)).scalars().all()
        latest = (
            (await connection.execute(text("select id from commitments order by promised_at desc, id"))).scalars().all()
        )
    assert ids == [UUID(str(latest[place])) for place in places]
