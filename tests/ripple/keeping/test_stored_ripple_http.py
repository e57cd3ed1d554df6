"""The ripple of stored commitments and of customers, lived through the API."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from app.ripple.engine.analysis import ENGINE_VERSION
from tests.conftest import Clock, Statements
from tests.ripple.kept import keep
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())
EXPECTED = next(vector["expected"] for vector in VECTORS if vector["name"] == "primary and reactionary")
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    return world


def renamed(value: Any, names: dict[str, str]) -> Any:
    """A document with its ticket ids replaced."""
    if isinstance(value, dict):
        return {key: renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


async def test_a_chain_of_tickets_shows_the_figures_of_the_agreed_scenario(world: World) -> None:
    made = await primary_and_reactionary(world)
    answer = await world.get(f"/v1/commitments/{made['id']}/ripple")
    for part in answer["decomposition"]:
        assert part.pop("closed_seconds") is None
    assert answer == {
        "commitment_id": made["id"],
        "customer_id": world.customer_id,
        "as_of": "2026-03-09T09:00:00Z",
        "engine_version": ENGINE_VERSION,
        **renamed(EXPECTED, {"T1": made["T1"], "T2": made["T2"]}),
    }


async def test_what_lies_outside_a_departments_business_hours_is_told(world: World) -> None:
    made = await primary_and_reactionary(world)
    hours = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = await world.calendar("Office", hours=hours)
    response = await world.client.patch(
        f"/v1/departments/{world.departments['Finance']}", json={"calendar_id": calendar}
    )
    assert response.status_code == 200
    answer = await world.get(f"/v1/commitments/{made['id']}/ripple")
    # Finance queued from Tuesday to Saturday and worked from Saturday to Sunday, at nine.
    assert [(part["department"], part["cause"], part["closed_seconds"]) for part in answer["decomposition"]] == [
        ("Finance", "queue", 4 * DAY - 4 * 8 * 3600),
        ("Finance", "work", DAY),
        ("Operations", "queue", None),
        ("Operations", "work", None),
    ]


async def test_legs_and_waits_count_but_waits_on_a_dependency_do_not(world: World) -> None:
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-07T09:00:00Z")
    ticket = await world.ticket("Sales", "Operations", commitment_id=commitment["id"], opened_at="2026-03-02T09:00:00Z")
    path = ticket["id"]
    await world.do("acknowledge", path, "2026-03-03T09:00:00Z")
    await world.do("wait", path, "2026-03-04T09:00:00Z", on="dependency")
    await world.do("wait", path, "2026-03-05T09:00:00Z", on="requester")
    await world.do("wait", path, "2026-03-06T09:00:00Z", on="third_party")
    await world.do("transfer", path, "2026-03-07T09:00:00Z", department="Finance")
    await world.do("wait", path, "2026-03-08T09:00:00Z", on="customer")
    await world.do("resolve", path, "2026-03-09T09:00:00Z")
    await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": "2026-03-09T09:00:00Z"}, status=200)
    answer = await world.get(f"/v1/commitments/{commitment['id']}/ripple")
    assert [(segment["department"], segment["cause"]) for segment in answer["segments"]] == [
        ("Operations", "queue"),
        ("Operations", "work"),
        ("Sales", "requester"),
        ("Operations", "third_party"),
        ("Finance", "queue"),
        (None, "customer"),
    ]
    assert [part["seconds"] for part in answer["decomposition"]] == [DAY, DAY, DAY, 2 * DAY, DAY, DAY]


async def test_a_commitment_without_tickets_is_its_owners_own_time(world: World) -> None:
    commitment = await world.commitment("Sales", "2026-03-18T09:00:00Z", "2026-03-19T09:00:00Z")
    answer = await world.get(f"/v1/commitments/{commitment['id']}/ripple")
    assert answer["as_of"] == "2026-03-20T09:00:00Z"
    assert [(part["department"], part["cause"], part["seconds"]) for part in answer["decomposition"]] == [
        ("Sales", "unticketed", 2 * DAY)
    ]
    assert answer["lateness_seconds"] == DAY


async def test_an_open_commitment_is_seen_as_of_now(world: World, clock: Clock) -> None:
    commitment = await world.commitment("Sales", "2026-03-18T09:00:00Z", "2026-03-19T09:00:00Z")
    await world.ticket("Sales", "Finance", commitment_id=commitment["id"], opened_at="2026-03-18T09:00:00Z")
    before = await world.get(f"/v1/commitments/{commitment['id']}/ripple")
    clock.passes(days=1)
    after = await world.get(f"/v1/commitments/{commitment['id']}/ripple")
    assert (before["lateness_seconds"], after["lateness_seconds"]) == (DAY, 2 * DAY)
    assert after["decomposition"][0]["department"] == "Finance"


async def test_a_cancelled_commitment_is_seen_as_of_its_cancellation(world: World) -> None:
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    body = {"at": "2026-03-05T09:00:00Z", "reason": "They changed their mind."}
    await world.post(f"/v1/commitments/{commitment['id']}/cancel", body, status=200)
    answer = await world.get(f"/v1/commitments/{commitment['id']}/ripple")
    assert (answer["as_of"], answer["lateness_seconds"]) == ("2026-03-05T09:00:00Z", 2 * DAY)


async def test_lateness_is_measured_against_what_the_customer_agreed_to(world: World) -> None:
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    path = f"/v1/commitments/{commitment['id']}"
    moved = {"due_at": "2026-03-05T09:00:00Z", "reason": "The site is not ready."}
    await world.post(f"{path}/reschedule", moved, status=200)
    refused = await world.get(f"{path}/ripple")
    await world.post(f"{path}/reschedule", moved | {"customer_agreed": True}, status=200)
    agreed = await world.get(f"{path}/ripple")
    assert refused["lateness_seconds"] - agreed["lateness_seconds"] == 2 * DAY


async def test_a_blocker_counts_for_every_commitment_it_serves(world: World) -> None:
    one, other = [await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z") for _ in range(2)]
    blocked = [
        await world.ticket("Sales", "Operations", commitment_id=each["id"], opened_at="2026-03-02T09:00:00Z")
        for each in (one, other)
    ]
    shared = await world.ticket(
        "Operations", "Finance", blocks=[ticket["id"] for ticket in blocked], opened_at="2026-03-02T09:00:00Z"
    )
    await world.do("resolve", shared["id"], "2026-03-08T09:00:00Z")
    for ticket, each in zip(blocked, (one, other), strict=True):
        await world.do("resolve", ticket["id"], "2026-03-08T09:00:00Z")
        await world.post(f"/v1/commitments/{each['id']}/deliver", {"at": "2026-03-08T09:00:00Z"}, status=200)
    for each in (one, other):
        answer = await world.get(f"/v1/commitments/{each['id']}/ripple")
        assert [part["department"] for part in answer["decomposition"]] == ["Finance"]


@pytest.mark.parametrize("path", ["commitments", "customers"])
async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/v1/{path}/{NOBODY}/ripple")).status_code == 404


async def test_a_customer_sees_who_made_its_commitments_late(world: World) -> None:
    customer = await world.customer("ACME")
    await world.customer("OTHER")
    first = await primary_and_reactionary(world, title="Go-live")
    second = await primary_and_reactionary(world, day=9, title="Second site")
    open_one = await world.commitment("Sales", "2026-03-18T09:00:00Z", "2026-03-19T09:00:00Z", title="Third site")
    await primary_and_reactionary(world, day=3, customer_id=await world.customer("ELSEWHERE"))
    share = {"party": "Finance", "but_for_seconds": 2 * DAY, "shapley_seconds": 2 * DAY}
    answer = await world.get(f"/v1/customers/{customer}/ripple?{MARCH}")
    assert answer["commitments"] == [
        {
            "commitment_id": made["id"],
            "title": title,
            "due_at": due_at,
            "delivered_at": delivered_at,
            "lateness_seconds": 2 * DAY,
            "plan_seconds": 0,
            "attribution": [share],
        }
        for made, title, due_at, delivered_at in (
            (first, "Go-live", "2026-03-07T09:00:00Z", "2026-03-09T09:00:00Z"),
            (second, "Second site", "2026-03-14T09:00:00Z", "2026-03-16T09:00:00Z"),
        )
    ]
    assert answer["totals"] == {
        "commitments": 2,
        "late": 2,
        "lateness_seconds": 4 * DAY,
        "plan_seconds": 0,
        "unpromised_seconds": 0,
        "attribution": [{"party": "Finance", "commitments": 2, "but_for_seconds": 4 * DAY, "shapley_seconds": 4 * DAY}],
    }
    assert (answer["customer_id"], answer["from"], answer["to"]) == (
        customer,
        "2026-03-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )
    assert [each["commitment_id"] for each in answer["open"]["commitments"]] == [open_one["id"]]
    assert answer["open"]["totals"]["lateness_seconds"] == DAY


async def test_a_customers_period_is_by_delivery_and_the_last_thirty_days_when_left_out(
    world: World, clock: Clock
) -> None:
    made = await primary_and_reactionary(world)
    path = f"/v1/customers/{world.customer_id}/ripple"

    async def found(query: str = "") -> list[str]:
        return [each["commitment_id"] for each in (await world.get(path + query))["commitments"]]

    assert await found() == [made["id"]]
    assert await found("?from=2026-03-09T09:00:00Z&to=2026-03-09T09:00:01Z") == [made["id"]]
    assert await found("?from=2026-03-02T09:00:00Z&to=2026-03-09T09:00:00Z") == []
    clock.passes(days=30)
    assert await found() == []


async def test_a_period_that_ends_before_it_begins_is_refused(world: World) -> None:
    path = f"/v1/customers/{await world.customer()}/ripple"
    response = await world.client.get(f"{path}?from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?from")


async def test_a_customers_ripple_costs_the_same_statements_for_one_commitment_and_for_five(
    world: World, database: Database, statements: Statements
) -> None:
    await primary_and_reactionary(world)
    path = f"/v1/customers/{world.customer_id}/ripple?{MARCH}"
    statements.clear()
    await world.get(path)
    for_one = len(statements)
    for day in (3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    statements.clear()
    answer = await world.get(path)
    assert len(answer["commitments"]) == 5
    assert len(statements) == for_one == 7
    await keep(database)
    statements.clear()
    assert await world.get(path) == answer
    assert len(statements) == 3
