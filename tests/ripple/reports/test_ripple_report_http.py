"""`/v1/metrics/ripple`: how much of what departments overran did customers feel."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from app.ripple.reports.reading import Read
from app.ripple.reports.report import _chosen
from tests.conftest import Clock, Statements
from tests.ripple.kept import keep, mark
from tests.ripple.kept_world import KeptWorld, put_days_together
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

PATH = "/v1/metrics/ripple"
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
NOBODY = "00000000-0000-7000-8000-000000000000"
NOTHING: dict[str, Any] = {
    "tickets": 0,
    "overrun_seconds": 0,
    "primary_seconds": 0,
    "reactionary_seconds": 0,
    "kept_waiting_seconds": 0,
    "delay_seconds": 0,
    "passed_on_seconds": 0,
    "outward_seconds": 0,
    "transmission": None,
    "absorbed_seconds": 0,
    "commitments_delayed": 0,
    "customers_reached": 0,
    "value_touched": [],
    "outward_seconds_low": None,
    "outward_seconds_high": None,
    "transmission_low": None,
    "transmission_high": None,
}


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> World:
    """One customer whose commitment, worth 1,000 EUR, Finance made two days late."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = KeptWorld(client, database)
    await agree_on_five_days_and_three(world)
    await world.customer("ACME", tier="gold")
    await primary_and_reactionary(world, value="1000.00", currency="EUR")
    return world


async def report(world: World, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = await world.get(f"{PATH}?{MARCH}&{query}")
    return answer


def groups(answer: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row["group"][name] for name in names) for row in answer["rows"]]


async def test_departments_are_told_by_key_whoever_reached_customers_most_first(world: World) -> None:
    answer = await report(world)
    finance, operations = answer["rows"]
    assert finance == {
        "group": {
            "department": "Finance",
            "department_id": world.departments["Finance"],
            "department_name": "Finance",
        },
        **NOTHING,
        "tickets": 1,
        "overrun_seconds": 2 * DAY,
        "primary_seconds": 2 * DAY,
        "delay_seconds": 2 * DAY,
        "passed_on_seconds": 2 * DAY,
        "outward_seconds": 2 * DAY,
        "transmission": 1.0,
        "commitments_delayed": 1,
        "customers_reached": 1,
        "value_touched": [{"value": "1000.00", "currency": "EUR"}],
    }
    assert operations["group"]["department"] == "Operations"
    assert (operations["overrun_seconds"], operations["reactionary_seconds"]) == (2 * DAY, 2 * DAY)
    assert (operations["delay_seconds"], operations["outward_seconds"]) == (0, 0)


async def test_the_totals_tell_of_the_commitments(world: World) -> None:
    await primary_and_reactionary(world, day=9)
    totals = (await report(world))["totals"]
    assert totals == {
        **NOTHING,
        "tickets": 4,
        "overrun_seconds": 8 * DAY,
        "primary_seconds": 4 * DAY,
        "reactionary_seconds": 4 * DAY,
        "delay_seconds": 4 * DAY,
        "passed_on_seconds": 4 * DAY,
        "outward_seconds": 4 * DAY,
        "transmission": 1.0,
        "commitments_delayed": 2,
        "customers_reached": 1,
        "value_touched": [{"value": "1000.00", "currency": "EUR"}],
        "groups": 2,
        "commitments": 2,
        "delivered": 2,
        "late": 2,
        "lateness_seconds": 4 * DAY,
        "plan_seconds": 0,
        "unpromised_seconds": 0,
        "promises_impossible": 0,
        "pairs_that_do_not_fit": 0,
        "promises_that_do_not_fit": [],
        "delay_multiplier": 1.0,
        "awaiting_analysis": 0,
    }


async def test_an_edge_is_a_requester_with_a_provider(world: World) -> None:
    answer = await report(world, "group_by=edge")
    assert groups(answer, "requester", "provider") == [("Operations", "Finance"), ("Sales", "Operations")]
    assert [row["passed_on_seconds"] for row in answer["rows"]] == [2 * DAY, 0]


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("customer", "ACME"),
        ("customer_tier", "gold"),
        ("day", "2026-03-09"),
        ("week", "2026-03-09"),
        ("month", "2026-03-01"),
        ("priority", "p3"),
        ("request_type", None),
    ],
)
async def test_it_groups_by_whatever_reports_group_by(world: World, dimension: str, expected: str | None) -> None:
    answer = await report(world, f"group_by={dimension}")
    assert groups(answer, dimension) == [(expected,)]
    (row,) = answer["rows"]
    assert (row["tickets"], row["delay_seconds"], row["outward_seconds"]) == (2, 2 * DAY, 2 * DAY)


async def test_the_groups_that_customers_felt_most_are_told_and_how_many_there_are(world: World) -> None:
    everything = await report(world)
    some = await report(world, "limit=1")
    assert groups(everything, "department") == [("Finance",), ("Operations",)]
    assert groups(some, "department") == [("Finance",)]
    assert some["totals"] == everything["totals"]
    assert some["totals"]["groups"] == 2


async def test_of_stretches_of_time_those_are_left_out_that_customers_felt_least(world: World) -> None:
    await primary_and_reactionary(world, day=3)
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-19T09:00:00Z")
    ticket = await world.ticket("Sales", "Legal", commitment_id=kept["id"], opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", ticket["id"], "2026-03-02T10:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-03T09:00:00Z"}, status=200)
    days = [("2026-03-03",), ("2026-03-09",), ("2026-03-10",)]
    assert groups(await report(world, "group_by=day"), "day") == days
    assert groups(await report(world, "group_by=day&limit=2"), "day") == days[1:]


@pytest.mark.parametrize(("query", "json", "lines"), [("", 1, 2), ("&limit=2", 2, 2), ("&limit=1", 1, 1)])
async def test_csv_has_every_group_unless_a_limit_is_stated(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch, query: str, json: int, lines: int
) -> None:
    monkeypatch.setattr("app.ripple.reports.report.ROWS", 1)
    assert len((await report(world, query))["rows"]) == json
    response = await world.client.get(f"{PATH}?{MARCH}{query}", headers={"Accept": "text/csv"})
    assert len(list(csv.DictReader(io.StringIO(response.text)))) == lines


async def test_stretches_of_time_come_in_their_order(world: World) -> None:
    await primary_and_reactionary(world, day=4)
    await primary_and_reactionary(world, day=3)
    answer = await report(world, "group_by=day,department")
    assert groups(answer, "day", "department") == [
        (f"2026-03-{day:02}", department) for day in (9, 10, 11) for department in ("Finance", "Operations")
    ]


@pytest.mark.parametrize("group_by", ["department", "edge", "requester", "provider", "priority", "request_type"])
async def test_plan_and_outward_seconds_are_the_lateness(world: World, group_by: str) -> None:
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z")
    ticket = await world.ticket("Sales", "Finance", commitment_id=kept["id"], opened_at="2026-03-03T09:00:00Z")
    await world.do("wait", ticket["id"], "2026-03-04T09:00:00Z", on="requester")
    await world.do("wait", ticket["id"], "2026-03-05T09:00:00Z", on="customer")
    await world.do("wait", ticket["id"], "2026-03-06T09:00:00Z", on="third_party")
    await world.do("resolve", ticket["id"], "2026-03-07T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-08T09:00:00Z"}, status=200)
    answer = await report(world, f"group_by={group_by}")
    outward = sum(row["outward_seconds"] for row in answer["rows"])
    totals = answer["totals"]
    assert totals["lateness_seconds"] == 6 * DAY
    assert totals["plan_seconds"] + outward == totals["lateness_seconds"]
    assert outward == totals["outward_seconds"]


async def test_what_customers_and_third_parties_did_stands_under_their_own_names(world: World) -> None:
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z")
    ticket = await world.ticket("Sales", "Finance", commitment_id=kept["id"], opened_at="2026-03-02T09:00:00Z")
    await world.do("wait", ticket["id"], "2026-03-03T09:00:00Z", on="customer")
    await world.do("resolve", ticket["id"], "2026-03-05T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-05T09:00:00Z"}, status=200)
    rows = {row["group"]["department"]: row for row in (await report(world))["rows"]}
    assert rows["customer"]["group"] == {"department": "customer", "department_id": None, "department_name": None}
    assert (rows["customer"]["outward_seconds"], rows["customer"]["transmission"]) == (DAY, None)


@pytest.mark.parametrize(
    ("query", "commitments", "tickets"),
    [
        ("customer_tier=gold", 1, 2),
        ("customer_tier=silver", 0, 0),
        (f"customer_id={NOBODY}", 0, 0),
        ("priority=p3", 1, 2),
        ("priority=p1", 0, 0),
        ("source=jira", 0, 0),
        (f"department_id={NOBODY}", 0, 0),
        (f"request_type_id={NOBODY}", 0, 0),
        ("department_id={Finance}", 1, 1),
        ("requester_department_id={Operations}", 1, 1),
        ("provider_department_id={Operations}&requester_department_id={Sales}", 1, 1),
        ("provider_department_id={Operations}&requester_department_id={Operations}", 0, 0),
    ],
)
async def test_filters_leave_only_what_they_name(world: World, query: str, commitments: int, tickets: int) -> None:
    totals = (await report(world, query.format(**world.departments)))["totals"]
    assert (totals["commitments"], totals["tickets"]) == (commitments, tickets)


async def test_a_commitment_counts_in_the_period_of_its_delivery(world: World) -> None:
    async def counted(start: str, end: str) -> int:
        answer = await world.get(f"{PATH}?from=2026-03-{start}Z&to=2026-03-{end}Z")
        return int(answer["totals"]["commitments"])

    assert await counted("09T09:00:00", "09T09:00:01") == 1
    assert await counted("09T09:00:01", "31T00:00:00") == 0
    assert await counted("01T00:00:00", "09T09:00:00") == 0


async def test_open_commitments_are_told_apart_as_of_now(world: World) -> None:
    kept = await world.commitment("Sales", "2026-03-10T09:00:00Z", "2026-03-18T09:00:00Z")
    await world.ticket("Sales", "Finance", commitment_id=kept["id"], opened_at="2026-03-15T09:00:00Z")
    given_up = await world.commitment("Sales", "2026-03-10T09:00:00Z", "2026-03-18T09:00:00Z")
    await world.post(f"/v1/commitments/{given_up['id']}/cancel", {"reason": "No longer wanted."}, status=200)
    answer = await report(world, "status=open&group_by=department,day")
    assert (answer["totals"]["commitments"], answer["totals"]["delivered"], answer["totals"]["late"]) == (1, 0, 1)
    assert answer["totals"]["lateness_seconds"] == 2 * DAY
    assert set(groups(answer, "department", "day")) == {("Finance", "2026-03-20")}
    assert (await report(world))["totals"]["commitments"] == 1


async def test_promises_that_do_not_fit_name_both_agreements(world: World) -> None:
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-07T09:00:00Z")
    first = await world.ticket("Sales", "Operations", commitment_id=kept["id"], opened_at="2026-03-02T09:00:00Z")
    second = await world.ticket("Operations", "Slow", blocks=[first["id"]], opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", second["id"], "2026-03-08T09:00:00Z")
    await world.do("resolve", first["id"], "2026-03-08T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-08T09:00:00Z"}, status=200)
    totals = (await report(world))["totals"]
    assert totals["promises_impossible"] == 2
    named = [
        (unfit["sla_name"], unfit["blocker_sla_name"], unfit["promises"])
        for unfit in totals["promises_that_do_not_fit"]
    ]
    assert sorted(named, key=str) == [("Operations 1", None, 1), (None, "Operations 1", 1)]
    fewer = (await report(world, "pairs=1"))["totals"]
    assert (fewer["pairs_that_do_not_fit"], fewer["promises_impossible"]) == (2, 2)
    assert fewer["promises_that_do_not_fit"] == totals["promises_that_do_not_fit"][:1]
    assert (await report(world, "pairs=0"))["totals"]["promises_that_do_not_fit"] == []


async def test_a_period_without_commitments_has_no_rows(world: World) -> None:
    answer = await world.get(f"{PATH}?from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z")
    assert answer["rows"] == []
    assert (answer["totals"]["lateness_seconds"], answer["totals"]["delay_multiplier"]) == (0, None)


async def test_it_is_csv_for_those_who_ask_for_csv(world: World, database: Database) -> None:
    await keep(database)
    response = await world.client.get(f"{PATH}?{MARCH}&group_by=edge", headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"].startswith("text/csv")
    first, second = csv.DictReader(io.StringIO(response.text))
    assert (first["requester"], first["provider"], first["outward_seconds"]) == (
        "Operations",
        "Finance",
        str(2 * DAY),
    )
    assert first["value_touched"] == '[{"value":"1000.00","currency":"EUR"}]'
    assert second["transmission"] == ""


@pytest.mark.parametrize(
    "query",
    [
        "group_by=colour",
        "status=cancelled",
        "limit=0",
        "limit=50001",
        "pairs=-1",
        "colour=red",
        "from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z",
    ],
)
async def test_what_it_does_not_know_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"{PATH}?{query}")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")


@pytest.mark.parametrize("query", ["group_by=edge", "group_by=customer,customer_tier", "customer_tier=gold"])
async def test_it_costs_the_same_statements_for_two_commitments_and_for_five(
    world: World, statements: Statements, database: Database, query: str
) -> None:
    async def cost() -> int:
        await keep(database)
        await world.client.get(f"{PATH}?{MARCH}&{query}")
        statements.clear()
        response = await world.client.get(f"{PATH}?{MARCH}&{query}")
        assert response.status_code == 200
        return len(statements)

    # One states a value, the other does not.
    await primary_and_reactionary(world, day=3)
    for_two = await cost()
    for day in (4, 5, 6):
        await primary_and_reactionary(world, day=day)
    assert await cost() == for_two <= 10
    assert (await report(world))["totals"]["commitments"] == 5


async def test_what_awaits_its_analysis_is_counted_and_left_out(world: World, database: Database) -> None:
    await keep(database)
    await primary_and_reactionary(world, day=9)
    totals = (await world.client.get(f"{PATH}?{MARCH}")).json()["totals"]
    assert (totals["commitments"], totals["awaiting_analysis"]) == (1, 1)
    totals = (await report(world))["totals"]
    assert (totals["commitments"], totals["awaiting_analysis"]) == (2, 0)


async def test_what_is_to_be_analysed_again_awaits_it_too(world: World, database: Database) -> None:
    await keep(database)
    ticket = (await world.get("/v1/tickets?limit=1"))["items"][0]
    await world.post(f"/v1/tickets/{ticket['id']}/reopen", {"reason": "Not what was asked for."}, status=200)
    await mark(database)
    totals = (await world.client.get(f"{PATH}?{MARCH}&customer_tier=gold")).json()["totals"]
    assert (totals["commitments"], totals["awaiting_analysis"]) == (1, 1)


@pytest.mark.parametrize("group_by", ["department", "customer,department", "day,edge"])
async def test_days_that_were_put_together_answer_what_their_rows_do(
    world: World, database: Database, group_by: str
) -> None:
    await primary_and_reactionary(world, day=3)
    await primary_and_reactionary(world, day=9, value="7", currency="CHF")
    by_row = await report(world, f"group_by={group_by}")
    await put_days_together(database)
    assert await report(world, f"group_by={group_by}") == by_row
    # One day is stale again, the others are not.
    await primary_and_reactionary(world, day=10, value="2.5", currency="CHF")
    mixed = await report(world, f"group_by={group_by}")
    await put_days_together(database)
    assert await report(world, f"group_by={group_by}") == mixed
    assert mixed["totals"]["commitments"] == 4
    assert mixed["totals"]["value_touched"] == [
        {"value": "9.5", "currency": "CHF"},
        {"value": "1000.00", "currency": "EUR"},
    ]


async def test_asked_again_over_the_same_rows_nothing_is_added_up(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    added_up = []

    def chosen(read: Read, question: Any) -> Any:
        added_up.append(question.dimensions)
        return _chosen(read, question)

    monkeypatch.setattr("app.ripple.reports.report._chosen", chosen)
    await put_days_together(database)
    first = await report(world, "group_by=customer,department")
    assert await report(world, "group_by=customer,department") == first
    assert added_up == [("customer", "department")]
    await report(world, "group_by=department,customer")
    assert added_up == [("customer", "department"), ("department", "customer")]


@pytest.mark.parametrize(
    ("what", "change", "told"),
    [
        ("customers", {"annual_value": "90", "currency": "EUR"}, ("gold", "Finance", "1090.00")),
        ("customers", {"tier": "silver"}, ("silver", "Finance", "1000.00")),
        ("departments", {"key": "FIN"}, ("gold", "FIN", "1000.00")),
    ],
)
async def test_asked_again_it_tells_what_has_changed_beside_the_rows(
    world: World, database: Database, what: str, change: dict[str, str], told: tuple[str, str, str]
) -> None:
    async def worst() -> tuple[str, str, str]:
        answer = await report(world, "group_by=customer_tier,department")
        group = answer["rows"][0]["group"]
        return group["customer_tier"], group["department"], answer["totals"]["value_touched"][0]["value"]

    await primary_and_reactionary(world, day=3)
    await put_days_together(database)
    assert [await worst(), await worst()] == [("gold", "Finance", "1000.00")] * 2
    path = {"customers": world.customer_id, "departments": world.departments["Finance"]}[what]
    assert (await world.client.patch(f"/v1/{what}/{path}", json=change)).status_code == 200
    assert await worst() == told


async def test_asked_again_it_tells_what_awaits_its_analysis_by_now(world: World, database: Database) -> None:
    await put_days_together(database)
    assert (await report(world))["totals"]["awaiting_analysis"] == 0
    ticket = (await world.get("/v1/tickets?limit=1"))["items"][0]
    await world.post(f"/v1/tickets/{ticket['id']}/reopen", {"reason": "Not what was asked for."}, status=200)
    await mark(database)
    totals = (await world.client.get(f"{PATH}?{MARCH}&")).json()["totals"]
    assert (totals["commitments"], totals["awaiting_analysis"]) == (1, 1)


async def test_a_value_that_changes_after_delivery_is_the_present_one(world: World, database: Database) -> None:
    await put_days_together(database)
    commitment = (await world.get("/v1/commitments?limit=1"))["items"][0]
    await put_days_together(database)
    response = await world.client.patch(f"/v1/commitments/{commitment['id']}", json={"value": "5.5"})
    assert response.status_code == 200
    assert (await report(world))["totals"]["value_touched"] == [{"value": "5.5", "currency": "EUR"}]


async def test_a_department_keeps_its_past_under_a_new_key(world: World, database: Database) -> None:
    assert ("Finance",) in groups(await report(world), "department")
    response = await world.client.patch(f"/v1/departments/{world.departments['Finance']}", json={"key": "FIN"})
    assert response.status_code == 200
    found = groups(await report(world), "department")
    assert ("FIN",) in found
    assert ("Finance",) not in found


async def test_intervals_come_when_they_are_asked_for(world: World) -> None:
    for day in (3, 4):
        await primary_and_reactionary(world, day=day)
    await primary_and_reactionary(world, day=5)
    answer = await report(world, "intervals=true")
    finance, operations = answer["rows"]
    # All four commitments are alike: another sample would be the same.
    assert (finance["outward_seconds_low"], finance["outward_seconds_high"]) == (8 * DAY, 8 * DAY)
    assert (finance["transmission_low"], finance["transmission_high"]) == (1.0, 1.0)
    assert (operations["outward_seconds_high"], operations["transmission_high"]) == (0, None)
    assert answer["totals"]["outward_seconds_low"] == 8 * DAY
    assert answer == await report(world, "intervals=true")
