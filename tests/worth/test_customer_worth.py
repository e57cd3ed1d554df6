"""`/v1/customers/{id}/worth`: what a customer is worth, and was."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def worth(world: World, customer: str) -> dict[str, Any]:
    told: dict[str, Any] = await world.get(f"/v1/customers/{customer}/worth")
    return told


async def change(world: World, customer: str, **fields: Any) -> None:
    response = await world.client.patch(f"/v1/customers/{customer}", json=fields)
    assert response.status_code == 200, response.text


async def test_every_change_of_its_annual_value_is_told(world: World, clock: Clock) -> None:
    customer = await world.customer(annual_value="100.00", currency="EUR")
    clock.passes(days=1)
    await change(world, customer, annual_value="150.00")
    await change(world, customer, notes="Likes it.")
    clock.passes(days=1)
    await change(world, customer, annual_value=None)
    clock.passes(days=1)
    await change(world, customer, annual_value="90.00", currency="USD")
    told = await worth(world, customer)
    assert (told["annual_value"], told["currency"]) == ("90.00", "USD")
    steps = [(step["annual_value"], step["currency"]) for step in told["history"]]
    assert steps == [("100.00", "EUR"), ("150.00", "EUR"), (None, "EUR"), ("90.00", "USD")]
    assert [step["since"] for step in told["history"][1:]] == [
        "2026-03-21T12:00:00Z",
        "2026-03-22T12:00:00Z",
        "2026-03-23T12:00:00Z",
    ]
    assert told["history"][0]["actor"] is None
    assert told["history"][1]["actor"]["name"] == "bootstrap"


async def test_what_it_decided_is_told_and_added_up_by_currency(world: World) -> None:
    customer = await world.customer(annual_value="100.00", currency="EUR")
    for kind, value, currency, day in (
        ("renewal", "100.00", "EUR", "01"),
        ("renewal", "20.00", "EUR", "02"),
        ("expansion", "7.00", "USD", "03"),
        ("churn", None, None, "05"),
    ):
        body = {"kind": kind, "value": value, "currency": currency, "occurred_at": f"2026-03-{day}T00:00:00Z"}
        await world.post(f"/v1/customers/{customer}/outcomes", body)
    await world.post(
        f"/v1/customers/{customer}/outcomes", {"kind": "nps", "score": 3, "occurred_at": "2026-03-04T00:00:00Z"}
    )
    told = await worth(world, customer)
    assert [decision["kind"] for decision in told["decisions"]] == ["renewal", "renewal", "expansion", "churn"]
    assert told["decided"] == {
        "renewed_value": [{"value": "120.00", "currency": "EUR"}],
        "expanded_value": [{"value": "7.00", "currency": "USD"}],
        "lost_value": [],
    }


async def test_what_was_promised_to_it_and_is_late(world: World) -> None:
    customer = await world.customer(annual_value="100.00", currency="EUR")
    promised_at = "2026-03-01T00:00:00Z"
    for value, currency, due_at in (("5.00", "EUR", "2026-03-10"), ("6.00", "EUR", "2026-04-10"), (None, None, None)):
        due = f"{due_at or '2026-04-10'}T00:00:00Z"
        await world.commitment("OPS", promised_at, due, customer_id=customer, value=value, currency=currency)
    told = (await worth(world, customer))["promised"]
    assert told == {
        "commitments": 3,
        "value": [{"value": "11.00", "currency": "EUR"}],
        "open": 3,
        "open_value": [{"value": "11.00", "currency": "EUR"}],
        "late": 1,
        "late_value": [{"value": "5.00", "currency": "EUR"}],
    }


async def test_it_costs_the_same_however_long_it_has_been_one(world: World, statements: Statements) -> None:
    async def cost() -> int:
        statements.clear()
        await worth(world, customer)
        return len(statements)

    customer = await world.customer(annual_value="1.00", currency="EUR")
    one = await cost()
    for value in range(3):
        await change(world, customer, annual_value=f"{value}.00")
        await world.commitment("OPS", "2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z", customer_id=customer)
    assert await cost() == one <= 6


async def test_a_customer_that_is_not_there_has_none(world: World) -> None:
    response = await world.client.get("/v1/customers/0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b/worth")
    assert response.status_code == 404
