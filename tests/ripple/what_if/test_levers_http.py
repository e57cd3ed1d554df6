"""`/v1/metrics/ripple/levers`: which department should be faster to save the most customer value?"""

import csv
import io
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.ripple.reports import choosing
from app.ripple.what_if import lever_report
from tests.conftest import Clock, Statements, client_of
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

PATH = "/v1/metrics/ripple/levers"
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """One commitment, worth 4,800 EUR, two days late: Operations had it for two days and waited for Finance five."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    await world.customer("ACME", tier="gold")
    await primary_and_reactionary(world, value="4800.00", currency="EUR")
    return world


async def report(world: World, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = await world.get(f"{PATH}?{MARCH}&{query}")
    return answer


async def test_a_day_saves_a_day_and_two_save_the_commitment(world: World) -> None:
    one = await report(world)
    for row in one["rows"]:
        assert (row["commitments"], row["commitments_saved"]) == (1, 0)
        assert (row["pace_seconds"], row["lateness_saved_seconds"]) == (DAY, DAY)
        assert (row["value_saved"], row["value_saved_per_hour"]) == ([], [])
    two = await report(world, f"faster_seconds={2 * DAY}")
    assert two["rows"][0] == {
        "group": {
            "department": "Finance",
            "department_id": world.departments["Finance"],
            "department_name": "Finance",
        },
        "commitments": 1,
        "pace_seconds": 2 * DAY,
        "commitments_saved": 1,
        "lateness_saved_seconds": 2 * DAY,
        "value_saved": [{"value": "4800.00", "currency": "EUR"}],
        "value_saved_per_hour": [{"value": "100.00", "currency": "EUR"}],
    }
    assert two["totals"] == {
        "commitments": 1,
        "late": 1,
        "lateness_seconds": 2 * DAY,
        "value_late": [{"value": "4800.00", "currency": "EUR"}],
    }


async def test_nobody_is_faster_than_the_time_it_took(world: World) -> None:
    answer = await report(world, f"faster_seconds={30 * DAY}")
    rows = {row["group"]["department"]: row for row in answer["rows"]}
    assert rows["Finance"]["pace_seconds"] == 5 * DAY
    assert rows["Operations"]["pace_seconds"] == 2 * DAY
    # What saves the same in fewer hours is the better lever.
    assert [row["group"]["department"] for row in answer["rows"]] == ["Operations", "Finance"]


async def test_it_agrees_with_what_if_at_the_same_pace(world: World) -> None:
    finance, operations = (await report(world))["rows"]
    for row, pace in ((finance, 0.8), (operations, 0.5)):
        supposed = {"departments": [{"department": row["group"]["department"], "pace": pace}]}
        march = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
        answer = await world.post("/v1/ripple/what-if", march | supposed, status=200)
        assert answer["lateness_saved_seconds"] == row["lateness_saved_seconds"]


async def test_commitments_in_time_are_counted_but_have_no_lever(world: World) -> None:
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-06T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-06T09:00:00Z"}, status=200)
    answer = await report(world)
    assert (answer["totals"]["commitments"], answer["totals"]["late"]) == (2, 1)
    assert {row["group"]["department"] for row in answer["rows"]} == {"Finance", "Operations"}
    nothing = await world.get(f"{PATH}?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z")
    assert nothing["rows"] == []
    assert nothing["totals"] == {"commitments": 0, "late": 0, "lateness_seconds": 0, "value_late": []}


@pytest.mark.parametrize(
    ("query", "commitments"),
    [
        ("customer_tier=gold", 1),
        ("customer_tier=silver", 0),
        (f"customer_id={NOBODY}", 0),
        ("source=jira", 0),
        ("priority=p3", 1),
        ("priority=p1", 0),
        ("department_id={Finance}", 1),
        ("department_id={Sales}", 0),
        ("requester_department_id={Sales}&provider_department_id={Finance}", 0),
    ],
)
async def test_only_some_commitments_can_be_asked_about(world: World, query: str, commitments: int) -> None:
    answer = await report(world, query.format(**world.departments))
    assert answer["totals"]["commitments"] == commitments
    assert len(answer["rows"]) == 2 * commitments


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("group_by=edge", "?group_by"),
        ("faster_seconds=59", "?faster_seconds"),
        ("faster_seconds=7776001", "?faster_seconds"),
        ("faster_seconds=a", "?faster_seconds"),
        ("status=open", "?status"),
        ("to=2026-01-01T00:00:00Z&from=2026-02-01T00:00:00Z", "?from"),
    ],
)
async def test_what_it_does_not_know_is_refused(client: httpx.AsyncClient, query: str, pointer: str) -> None:
    response = await client.get(f"{PATH}?{query}")
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_it_is_csv_for_those_who_ask_for_csv(world: World) -> None:
    query = f"{MARCH}&faster_seconds={2 * DAY}"
    response = await world.client.get(f"{PATH}?{query}", headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"].startswith("text/csv")
    finance, operations = csv.DictReader(io.StringIO(response.text))
    assert (finance["department"], finance["commitments_saved"]) == ("Finance", "1")
    assert operations["value_saved_per_hour"] == '[{"value":"100.00","currency":"EUR"}]'


async def test_who_may_read_may_ask(world: World, app: FastAPI, anonymous: httpx.AsyncClient) -> None:
    for role, status in (("analyst", 200), ("integration", 403)):
        key = await world.post("/v1/api-keys", {"name": role, "role": role})
        async with client_of(app, key["key"]) as reader:
            assert (await reader.get(PATH)).status_code == status
    assert (await anonymous.get(PATH)).status_code == 401


async def test_batches_of_commitments_come_to_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    at_once = await report(world, f"faster_seconds={2 * DAY}")
    assert at_once["totals"]["late"] == 5
    monkeypatch.setattr(choosing, "COMMITMENTS_AT_ONCE", 2)
    monkeypatch.setattr(lever_report, "_PULLED_AT_ONCE", 1)
    assert await report(world, f"faster_seconds={2 * DAY}") == at_once


async def test_it_costs_the_same_statements_for_one_commitment_and_for_five(
    world: World, statements: Statements
) -> None:
    await report(world)
    statements.clear()
    await report(world)
    for_one = len(statements)
    for day in (3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    statements.clear()
    assert (await report(world))["totals"]["commitments"] == 5
    assert len(statements) == for_one == 8
