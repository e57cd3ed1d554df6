"""`/v1/metrics/worth`: what a department's work is worth to customers."""

from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock, Statements
from tests.metrics.reading import MARCH, figures, totals
from tests.ripple.kept import keep
from tests.tickets.worlds import World

PROMISED, DUE = "2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def worth(world: World, **query: Any) -> dict[str, Any]:
    """The report on March 2026, unless the query says otherwise."""
    asked = {**MARCH, **{field.rstrip("_"): value for field, value in query.items()}}
    response = await world.client.get("/v1/metrics/worth", params=asked)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def promise(world: World, customer: str, owner: str = "SALES", **fields: Any) -> str:
    made = await world.commitment(owner, PROMISED, DUE, customer_id=customer, **fields)
    return str(made["id"])


async def deliver(world: World, commitment: str, at: str) -> None:
    await world.post(f"/v1/commitments/{commitment}/deliver", {"at": at}, 200)


async def late_by(world: World, provider: str, customer: str, **fields: Any) -> str:
    """A promise to the customer that was delivered a day late, for one ticket of the provider."""
    commitment = await promise(world, customer, **fields)
    ticket = await world.ticket("SALES", provider, commitment_id=commitment, opened_at=PROMISED)
    await world.do("resolve", ticket["id"], "2026-03-06T00:00:00Z")
    await deliver(world, commitment, "2026-03-06T00:00:00Z")
    return commitment


async def test_a_department_sees_whom_its_work_served_and_what_that_is_worth(world: World) -> None:
    acme = await world.customer("ACME", annual_value="1000.00", currency="EUR")
    dollars = await world.customer("DOLLARS", annual_value="500.00", currency="USD")
    commitment = await promise(world, acme, value="70.00", currency="EUR")
    task = await world.ticket("SALES", "OPS", commitment_id=commitment, opened_at=PROMISED)
    await world.ticket("OPS", "FIN", blocks=[task["id"]], opened_at=PROMISED)
    done = await world.ticket("SALES", "FIN", customer_id=dollars, opened_at=PROMISED)
    await world.do("resolve", done["id"], "2026-03-04T00:00:00Z")
    answer = await worth(world)
    told = ("tickets", "open_tickets", "customers", "commitments", "late_commitments")
    # The promise is overdue on 20 March.
    assert figures(answer, *told) == {"FIN": (2, 1, 2, 1, 1), "OPS": (1, 1, 1, 1, 1), "SALES": (0, 0, 1, 1, 1)}
    assert totals(answer, *told) == (3, 2, 2, 1, 1)
    both = [{"value": "1000.00", "currency": "EUR"}, {"value": "500.00", "currency": "USD"}]
    values = figures(answer, "customer_value", "commitment_value", "late_value")
    seventy = [{"value": "70.00", "currency": "EUR"}]
    assert values["FIN"] == (both, seventy, seventy)
    assert values["OPS"] == values["SALES"] == (both[:1], seventy, seventy)
    assert totals(answer, "customer_value", "commitment_value") == (both, seventy)


async def test_a_ticket_counts_where_it_was_in_the_period(world: World) -> None:
    before = await world.ticket("SALES", "FIN", opened_at="2026-02-02T00:00:00Z")
    await world.do("resolve", before["id"], "2026-02-04T00:00:00Z")
    passed_on = await world.ticket("SALES", "FIN", opened_at="2026-02-02T00:00:00Z")
    await world.do("transfer", passed_on["id"], "2026-02-10T00:00:00Z", department="OPS")
    answer = await worth(world)
    assert figures(answer, "tickets", "open_tickets") == {"OPS": (1, 1)}
    answer = await worth(world, from_="2026-02-01T00:00:00Z", to="2026-03-01T00:00:00Z")
    assert figures(answer, "tickets", "open_tickets") == {"FIN": (2, 1), "OPS": (1, 1)}
    assert totals(answer, "tickets", "open_tickets") == (2, 1)


async def test_what_was_delivered_in_time_or_cancelled_is_not_late(world: World) -> None:
    acme = await world.customer()
    kept, withdrawn = await promise(world, acme, value="1", currency="EUR"), await promise(world, acme)
    await deliver(world, kept, "2026-03-04T00:00:00Z")
    await world.post(f"/v1/commitments/{withdrawn}/cancel", {"at": "2026-03-10T00:00:00Z", "reason": "No need."}, 200)
    answer = await worth(world)
    assert totals(answer, "commitments", "late_commitments", "late_value") == (2, 0, [])


async def test_who_left_after_a_late_promise_is_lost_beside_whoever_had_a_share_in_that(
    world: World, database: Database
) -> None:
    acme = await world.customer("ACME", annual_value="1000.00", currency="EUR")
    stayed = await world.customer("STAYED", annual_value="900.00", currency="EUR")
    for provider in ("FIN", "OPS"):
        await world.sla(provider, targets=[{"metric": "resolve", "seconds": 3600}])
    content = await world.customer("CONTENT", annual_value="800.00", currency="EUR")
    await late_by(world, "FIN", acme)
    await late_by(world, "OPS", stayed)
    in_time = await promise(world, content)
    await deliver(world, in_time, "2026-03-04T00:00:00Z")
    for customer, value in ((acme, None), (content, "5.00")):
        left = {"kind": "churn", "occurred_at": "2026-03-10T00:00:00Z", "value": value}
        await world.post(f"/v1/customers/{customer}/outcomes", left)
    await keep(database)
    answer = await worth(world)
    lost = {name: row for name, row in figures(answer, "lost_customers", "lost_value").items() if row[0]}
    assert lost == {"FIN": (1, [{"value": "1000.00", "currency": "EUR"}])}
    assert totals(answer, "lost_customers", "lost_value") == (1, [{"value": "1000.00", "currency": "EUR"}])


async def test_one_department_alone_has_the_same_row(world: World, database: Database) -> None:
    acme = await world.customer("ACME", annual_value="1000.00", currency="EUR")
    await late_by(world, "FIN", acme, value="3.00", currency="EUR")
    await late_by(world, "OPS", acme)
    await keep(database)
    (finance,) = [row for row in (await worth(world))["rows"] if row["group"]["department"] == "FIN"]
    alone = await worth(world, department_id=world.departments["FIN"])
    assert alone["rows"] == [finance]
    assert alone["totals"] == {name: value for name, value in finance.items() if name != "group"}


async def test_it_costs_the_same_however_much_there_is(world: World, statements: Statements) -> None:
    async def cost() -> int:
        statements.clear()
        await world.get("/v1/metrics/worth")
        return len(statements)

    acme = await world.customer()
    await late_by(world, "FIN", acme)
    one = await cost()
    for provider in ("FIN", "OPS", "IT"):
        await late_by(world, provider, await world.customer(provider))
    assert await cost() == one <= 4
