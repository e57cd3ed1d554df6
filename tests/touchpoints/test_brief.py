"""What whoever serves a customer gets to know beforehand, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from app.kernel.database import Database
from app.ripple.tables import ripple_forecasts
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """A customer of whom much is known."""
    clock.at("2026-03-20T12:00:00+00:00")
    made = World(client)
    known = {"preferences": {"language": "de"}, "notes": "Call before noon.", "tier": "gold"}
    await made.customer(annual_value="1200.50", currency="EUR", **known)
    return made


async def brief(world: World) -> dict[str, Any]:
    found: dict[str, Any] = await world.get(f"/v1/customers/{world.customer_id}/brief")
    return found


async def test_whoever_opens_a_ticket_gets_what_to_know_of_the_customer(world: World) -> None:
    draft = await world.draft("SALES", "FIN")
    opened = await world.post("/v1/tickets", draft)
    assert opened["customer_brief"] == await brief(world)
    assert opened["customer_brief"] == {
        "customer_id": world.customer_id,
        "name": "ACME",
        "tier": "gold",
        "annual_value": "1200.50",
        "currency": "EUR",
        "preferences": {"language": "de"},
        "notes": "Call before noon.",
        "served_by": [],
        "open_commitments": [],
        "open_commitment_count": 0,
        "at_risk_count": 0,
        "open_ticket_count": 1,
        "last_outcomes": [],
    }


async def test_it_names_who_serves_the_customer_now_its_own_choice_first(world: World) -> None:
    people = {}
    for name in ("ada", "ben"):
        body = {"email": f"{name}@example.com", "name": name.capitalize()}
        people[name] = (await world.post("/v1/members", body))["id"]
    relations = f"/v1/customers/{world.customer_id}/relationships"
    since = "2026-01-01T00:00:00Z"
    await world.post(relations, {"member_id": people["ada"], "role": "account owner", "since": since})
    desk = await world.department("DESK")
    await world.post(relations, {"department_id": desk, "role": "billing", "since": "2025-01-01T00:00:00Z"})
    await world.post(relations, {"member_id": people["ben"], "role": "support", "perceived_owner": True})
    await world.post(relations, {"member_id": people["ben"], "role": "past", "since": since, "until": since})
    await world.post(relations, {"member_id": people["ben"], "role": "planned", "since": "2026-04-01T00:00:00Z"})
    served = (await brief(world))["served_by"]
    assert [(each["name"], each["role"], each["perceived_owner"]) for each in served] == [
        ("Ben", "support", True),
        ("DESK", "billing", False),
        ("Ada", "account owner", False),
    ]


async def test_it_lists_open_promises_those_at_risk_first(world: World, database: Database) -> None:
    start = "2026-03-01T00:00:00Z"
    fine = await world.commitment("OPS", start, "2026-03-25T00:00:00Z", value="10.00", currency="EUR")
    late = await world.commitment("OPS", start, "2026-03-10T00:00:00Z")
    risky = await world.commitment("OPS", start, "2026-04-01T00:00:00Z")
    kept = await world.commitment("OPS", start, "2026-03-02T00:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {}, 200)
    at = datetime(2026, 3, 19, tzinfo=UTC)
    median = datetime(2026, 4, 3, tzinfo=UTC)
    values = {"look_at": at, "as_of": at, "p50": median, "p80": median, "p95": median, "probability_late": 0.75}
    async with database.writing() as connection:
        await connection.execute(ripple_forecasts.delete())
        await connection.execute(
            insert(ripple_forecasts), {"commitment_id": risky["id"], "at_risk_since": at, **values}
        )
    found = await brief(world)
    assert [(each["id"], each["overdue"], each["at_risk"]) for each in found["open_commitments"]] == [
        (late["id"], True, True),
        (risky["id"], False, True),
        (fine["id"], False, False),
    ]
    assert (found["open_commitment_count"], found["at_risk_count"]) == (3, 2)
    forecast = found["open_commitments"][1]
    assert (forecast["probability_late"], forecast["expected_at"]) == (0.75, "2026-04-03T00:00:00Z")
    assert (found["open_commitments"][2]["value"], found["open_commitments"][2]["currency"]) == ("10.00", "EUR")


async def test_a_promise_is_overdue_until_the_customer_agrees_to_wait(world: World) -> None:
    made = await world.commitment("OPS", "2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z")
    later = {"due_at": "2026-04-10T00:00:00Z", "reason": "Parts are late."}
    for agreed in (False, True):
        path = f"/v1/commitments/{made['id']}/reschedule"
        await world.post(path, {**later, "customer_agreed": agreed}, 200)
        (told,) = (await brief(world))["open_commitments"]
        assert (told["due_at"], told["overdue"]) == ("2026-04-10T00:00:00Z", not agreed)


async def test_it_has_the_last_five_outcomes_and_ten_promises(world: World) -> None:
    for day in range(1, 13):
        await world.commitment("OPS", "2026-03-01T00:00:00Z", f"2026-04-{day:02}T00:00:00Z")
        body = {"kind": "csat", "score": 3, "occurred_at": f"2026-03-{day:02}T00:00:00Z", "comment": f"Day {day}"}
        await world.post(f"/v1/customers/{world.customer_id}/outcomes", body)
    found = await brief(world)
    assert [each["comment"] for each in found["last_outcomes"]] == [f"Day {day}" for day in (12, 11, 10, 9, 8)]
    assert (len(found["open_commitments"]), found["open_commitment_count"]) == (10, 12)


async def test_a_customer_that_is_not_there_has_none(world: World) -> None:
    answer = await world.client.get("/v1/customers/00000000-0000-7000-8000-000000000000/brief")
    assert answer.status_code == 404


async def test_it_costs_one_statement_of_its_own_and_of_an_opened_ticket(world: World, statements: Statements) -> None:
    await brief(world)
    statements.clear()
    await brief(world)
    assert len(statements) == 1
    await world.ticket("SALES", "FIN")
    costs = []
    for path in ("/v1/tickets", "/v1/tickets/batch"):
        draft = await world.draft("SALES", "FIN")
        statements.clear()
        await world.client.post(path, json=draft if path == "/v1/tickets" else {"items": [draft]})
        costs.append(len(statements))
    assert costs[0] == costs[1] + 1
