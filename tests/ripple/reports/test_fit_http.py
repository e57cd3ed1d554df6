"""`/v1/slas/fit`: which service levels do not fit those that stand beneath them."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from app.ripple.reports import choosing
from tests.conftest import Clock, Statements, client_of
from tests.ripple.kept import keep
from tests.ripple.kept_world import KeptWorld, put_days_together
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

PATH = "/v1/slas/fit"
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
HOUR = 3600
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    return KeptWorld(client, database)


async def in_office_hours(world: World, *, target: int, blocker_target: int = 24 * HOUR) -> None:
    """Operations and Finance undertake so many business seconds; the customer's waits pause them."""
    await world.calendar("office", hours=OFFICE)
    for provider, seconds in (("Operations", target), ("Finance", blocker_target)):
        targets = [{"metric": "resolve", "seconds": seconds}]
        await world.sla(provider, calendar="office", targets=targets, pause_on=["customer"])


async def three_office_days(world: World, *, deliver: bool = True, **ticket: Any) -> dict[str, str]:
    """From Monday at nine Operations waits for Finance, which takes three days of the office, and for the customer from
    Monday to Tuesday at one, which is one."""
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
    blocked = await world.ticket(
        "Sales", "Operations", commitment_id=commitment["id"], opened_at="2026-03-02T09:00:00Z", **ticket
    )
    blocker = await world.ticket("Operations", "Finance", blocks=[blocked["id"]], opened_at="2026-03-02T09:00:00Z")
    await world.do("wait", blocked["id"], "2026-03-02T13:00:00Z", on="customer")
    await world.do("resume", blocked["id"], "2026-03-03T13:00:00Z")
    await world.do("resolve", blocker["id"], "2026-03-04T17:00:00Z")
    await world.do("resolve", blocked["id"], "2026-03-06T09:00:00Z")
    if deliver:
        path = f"/v1/commitments/{commitment['id']}/deliver"
        await world.post(path, {"at": "2026-03-06T09:00:00Z"}, status=200)
    return {"commitment": commitment["id"], "blocked": blocked["id"], "blocker": blocker["id"]}


async def report(world: World, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = await world.get(f"{PATH}?{MARCH}&{query}")
    return answer


async def test_a_pair_tells_how_many_promises_were_impossible_and_what_would_have_fitted(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world)
    answer = await report(world)
    figures = {
        "tickets": 1,
        "unpromised": 0,
        "promises_impossible": 1,
        "share_impossible": 1.0,
        "waited_last": 1,
        "target_seconds": 8 * HOUR,
        "fitting_target_seconds": 16 * HOUR,
    }
    group = {
        "requester": "Operations",
        "requester_id": world.departments["Operations"],
        "requester_name": "Operations",
        "provider": "Finance",
        "provider_id": world.departments["Finance"],
        "provider_name": "Finance",
    }
    assert answer["rows"] == [{"group": group, **figures}]
    assert answer["totals"] == {**figures, "groups": 1, "awaiting_analysis": 0}
    assert answer["group_by"] == ["edge"]


@pytest.mark.parametrize(("target", "impossible"), [(16 * HOUR, 0), (16 * HOUR - 1, 1)])
async def test_the_fitting_target_is_the_least_that_fits(world: World, target: int, impossible: int) -> None:
    await in_office_hours(world, target=target)
    await three_office_days(world)
    (row,) = (await report(world))["rows"]
    assert (row["promises_impossible"], row["fitting_target_seconds"]) == (impossible, 16 * HOUR)


async def test_a_blocker_counts_with_its_own_promise_however_late_it_was(world: World) -> None:
    await in_office_hours(world, target=12 * HOUR, blocker_target=20 * HOUR)
    await three_office_days(world)
    (row,) = (await report(world))["rows"]
    assert (row["promises_impossible"], row["fitting_target_seconds"]) == (0, 12 * HOUR)


async def test_promises_that_fit_are_told_too(world: World) -> None:
    await agree_on_five_days_and_three(world)
    await primary_and_reactionary(world)
    (row,) = (await report(world))["rows"]
    assert (row["promises_impossible"], row["share_impossible"], row["waited_last"]) == (0, 0.0, 0)
    assert (row["target_seconds"], row["fitting_target_seconds"]) == (5 * DAY, 3 * DAY)


async def test_a_ticket_that_was_promised_nothing_is_counted_apart(world: World) -> None:
    await three_office_days(world)
    (row,) = (await report(world))["rows"]
    assert (row["tickets"], row["unpromised"], row["share_impossible"]) == (0, 1, None)
    assert (row["target_seconds"], row["fitting_target_seconds"]) == (None, None)


async def test_a_paused_promise_is_not_judged_until_it_goes_on(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-29T09:00:00Z")
    blocked = await world.ticket(
        "Sales", "Operations", commitment_id=commitment["id"], opened_at="2026-03-02T09:00:00Z"
    )
    await world.ticket("Operations", "Finance", blocks=[blocked["id"]], opened_at="2026-03-02T09:00:00Z")
    assert (await report(world, "status=open"))["totals"]["tickets"] == 1
    await world.do("wait", blocked["id"], "2026-03-02T10:00:00Z", on="customer")
    assert (await report(world, "status=open"))["rows"] == []


async def test_what_blocks_nothing_makes_no_pair(world: World) -> None:
    await agree_on_five_days_and_three(world)
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-29T09:00:00Z")
    await world.ticket("Sales", "Operations", commitment_id=commitment["id"], opened_at="2026-03-02T09:00:00Z")
    answer = await report(world, "status=open")
    assert (answer["rows"], answer["totals"]["tickets"]) == ([], 0)


async def test_open_commitments_are_told_apart_and_cancelled_ones_never(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    made = await three_office_days(world, deliver=False)
    assert (await report(world))["rows"] == []
    still_open = await report(world, "status=open")
    assert (still_open["totals"]["tickets"], still_open["totals"]["awaiting_analysis"]) == (1, 0)
    await world.post(f"/v1/commitments/{made['commitment']}/cancel", {"reason": "No longer wanted."}, status=200)
    assert (await report(world, "status=open"))["rows"] == []
    assert (await report(world))["rows"] == []


async def test_what_is_open_comes_to_the_same_once_it_is_delivered(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    made = await three_office_days(world, deliver=False)
    still_open = await report(world, "status=open&group_by=edge,priority")
    path = f"/v1/commitments/{made['commitment']}/deliver"
    await world.post(path, {"at": "2026-03-06T09:00:00Z"}, status=200)
    assert await report(world, "group_by=edge,priority") == still_open


async def test_what_awaits_its_analysis_is_counted_and_left_out(world: World, database: Database) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world)
    assert (await report(world))["totals"]["awaiting_analysis"] == 0
    await three_office_days(world)
    totals = (await world.client.get(f"{PATH}?{MARCH}")).json()["totals"]
    assert (totals["tickets"], totals["awaiting_analysis"]) == (1, 1)


async def test_days_that_were_put_together_answer_what_their_rows_do(world: World, database: Database) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world)
    by_row = await report(world, f"customer_id={world.customer_id}")
    await put_days_together(database)
    assert await report(world) == by_row
    assert by_row["totals"]["tickets"] == 1


async def test_the_groups_that_fit_least_are_told_and_how_many_there_are(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    made = await three_office_days(world, deliver=False)
    quick = await world.ticket("Operations", "Legal", blocks=[made["blocked"]], opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", quick["id"], "2026-03-02T10:00:00Z")
    everything = await report(world, "status=open")
    some = await report(world, "status=open&limit=1")
    assert (some["rows"], some["totals"]) == (everything["rows"][:1], everything["totals"])
    assert some["totals"]["groups"] == 2


async def test_a_commitment_counts_in_the_period_of_its_delivery(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world)
    until_then = await world.get(f"{PATH}?from=2026-03-01T00:00:00Z&to=2026-03-06T09:00:00Z")
    from_then = await world.get(f"{PATH}?from=2026-03-06T09:00:00Z")
    assert (until_then["totals"]["tickets"], from_then["totals"]["tickets"]) == (0, 1)


async def test_a_ticket_counts_in_every_pair_and_once_over_all(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    made = await three_office_days(world, deliver=False)
    quick = await world.ticket("Operations", "Legal", blocks=[made["blocked"]], opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", quick["id"], "2026-03-02T10:00:00Z")
    answer = await report(world, "status=open")
    told = {row["group"]["provider"]: (row["promises_impossible"], row["waited_last"]) for row in answer["rows"]}
    assert told == {"Finance": (1, 1), "Legal": (1, 0)}
    assert (answer["totals"]["tickets"], answer["totals"]["promises_impossible"]) == (1, 1)


@pytest.mark.parametrize(
    ("group_by", "group"),
    [
        ("requester", {"requester": "Operations"}),
        ("provider", {"provider": "Finance"}),
        ("priority", {"priority": "p2"}),
        ("request_type", {"request_type": None}),
        ("edge,priority", {"requester": "Operations", "provider": "Finance", "priority": "p2"}),
    ],
)
async def test_it_groups_by_the_pair_and_by_what_tells_the_blocked_ticket(
    world: World, group_by: str, group: dict[str, Any]
) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world, priority="p2")
    (row,) = (await report(world, f"group_by={group_by}"))["rows"]
    assert {name: row["group"][name] for name in group} == group


async def test_filters_leave_only_what_they_name(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world, priority="p2")
    ids = world.departments
    for query, tickets in (
        (f"department_id={ids['Operations']}", 1),
        (f"department_id={ids['Finance']}", 1),
        (f"department_id={ids['Sales']}", 0),
        (f"requester_department_id={ids['Operations']}", 1),
        (f"requester_department_id={ids['Finance']}", 0),
        (f"provider_department_id={ids['Finance']}", 1),
        (f"provider_department_id={NOBODY}", 0),
        (f"customer_id={world.customer_id}", 1),
        (f"customer_id={NOBODY}", 0),
        (f"request_type_id={NOBODY}", 0),
        ("customer_tier=gold", 0),
        ("source=crm", 0),
        ("priority=p2", 1),
        ("priority=p1", 0),
    ):
        assert (await report(world, query))["totals"]["tickets"] == tickets, query


async def test_what_fits_least_comes_first(world: World) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await world.sla("Support", targets=[{"metric": "resolve", "seconds": 20 * DAY}])
    made = await three_office_days(world, deliver=False)
    other = await world.ticket("Sales", "Support", commitment_id=made["commitment"], opened_at="2026-03-02T09:00:00Z")
    await world.ticket("Support", "Finance", blocks=[other["id"]], opened_at="2026-03-02T09:00:00Z")
    rows = (await report(world, "status=open"))["rows"]
    assert [row["group"]["requester"] for row in rows] == ["Operations", "Support"]
    assert [row["share_impossible"] for row in rows] == [1.0, 0.0]


async def test_it_is_csv_for_those_who_ask_for_csv(world: World, database: Database) -> None:
    await in_office_hours(world, target=8 * HOUR)
    await three_office_days(world)
    await keep(database)
    response = await world.client.get(f"{PATH}?{MARCH}", headers={"Accept": "text/csv"})
    header, row = csv.reader(io.StringIO(response.text))
    told = dict(zip(header, row, strict=True))
    assert (told["requester"], told["provider"], told["fitting_target_seconds"]) == (
        "Operations",
        "Finance",
        str(16 * HOUR),
    )


async def test_batches_of_commitments_come_to_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await in_office_hours(world, target=8 * HOUR)
    for _ in range(5):
        await three_office_days(world, deliver=False)
    at_once = await report(world, "status=open")
    assert at_once["totals"]["tickets"] == 5
    monkeypatch.setattr(choosing, "COMMITMENTS_AT_ONCE", 2)
    assert await report(world, "status=open") == at_once


async def test_it_costs_the_same_statements_for_one_commitment_and_for_five(
    world: World, statements: Statements, database: Database
) -> None:
    async def cost() -> int:
        await keep(database)
        await world.client.get(f"{PATH}?{MARCH}")
        statements.clear()
        assert (await world.client.get(f"{PATH}?{MARCH}")).status_code == 200
        return len(statements)

    await agree_on_five_days_and_three(world)
    await primary_and_reactionary(world)
    for_one = await cost()
    for day in (3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    assert await cost() == for_one <= 8
    assert (await report(world))["totals"]["tickets"] == 5


@pytest.mark.parametrize(
    "query", ["group_by=customer", "group_by=colour", "colour=red", "from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z"]
)
async def test_what_it_does_not_know_is_refused(world: World, query: str) -> None:
    response = await world.client.get(f"{PATH}?{query}")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")


async def test_it_is_no_agreement_to_be_changed(world: World) -> None:
    response = await world.client.delete(PATH)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")


async def test_who_may_not_read_is_refused(world: World, app: Any, anonymous: httpx.AsyncClient) -> None:
    key = await world.post("/v1/api-keys", {"name": "tool", "role": "integration", "permissions": ["write"]})
    async with client_of(app, key["key"]) as tool:
        assert (await tool.get(PATH)).status_code == 403
    assert (await anonymous.get(PATH)).status_code == 401
