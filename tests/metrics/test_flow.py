"""`/v1/metrics/flow`: what departments ask of each other, everything counted when it happened."""

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600
DAY = 86400
COUNTS = ("tickets", "open", "resolved")
WAITS = (
    "waiting_requester_seconds",
    "waiting_customer_seconds",
    "waiting_third_party_seconds",
    "waiting_dependency_seconds",
)


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within four hours around the clock; OPS promises nothing."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 4 * HOUR}])
    return world


async def asked(world: World, requester: str, provider: str, opened: str, resolved: str | None = None) -> str:
    ticket = await world.ticket(requester, provider, opened_at=f"{opened}Z")
    if resolved is not None:
        await world.do("resolve", ticket["id"], f"{resolved}Z")
    return str(ticket["id"])


async def test_each_pair_of_departments_has_its_tickets_and_how_long_they_took(world: World) -> None:
    await asked(world, "SALES", "FIN", MONDAY + "09:00:00", MONDAY + "10:00:00")
    await asked(world, "SALES", "FIN", MONDAY + "09:00:00", MONDAY + "14:00:00")
    await asked(world, "SALES", "FIN", "2026-03-20T10:00:00")
    await asked(world, "HR", "FIN", MONDAY + "09:00:00", MONDAY + "09:30:00")
    await asked(world, "SALES", "OPS", MONDAY + "09:00:00", "2026-03-06T09:00:00")
    answer = await report(world.client, "flow")
    assert answer["group_by"] == ["requester", "provider"]
    assert figures(answer, *COUNTS, "attainment", "p50_seconds", "p90_seconds") == {
        ("HR", "FIN"): (1, 0, 1, 1.0, HOUR // 2, HOUR // 2),
        ("SALES", "FIN"): (3, 1, 2, 0.5, 3 * HOUR, 16560),
        ("SALES", "OPS"): (1, 0, 1, None, 4 * DAY, 4 * DAY),
    }
    assert totals(answer, *COUNTS, "attainment", "p50_seconds") == (5, 1, 4, 2 / 3, 3 * HOUR)
    by_edge = await report(world.client, "flow", group_by="edge")
    assert (by_edge["rows"], by_edge["totals"]) == (answer["rows"], answer["totals"])


async def test_openings_resolutions_and_decisions_each_count_when_they_happened(world: World) -> None:
    await asked(world, "SALES", "FIN", "2026-02-28T23:00:00", "2026-03-01T01:00:00")
    february = await report(world.client, "flow", from_="2026-02-01T00:00:00Z", to="2026-03-01T00:00:00Z")
    assert figures(february, *COUNTS, "attainment") == {("SALES", "FIN"): (1, 1, 0, None)}
    assert figures(await report(world.client, "flow"), *COUNTS, "attainment") == {("SALES", "FIN"): (0, 0, 1, 1.0)}


async def test_an_untouched_ticket_past_its_due_time_counts_as_breached(world: World) -> None:
    await asked(world, "SALES", "FIN", MONDAY + "09:00:00")
    assert totals(await report(world.client, "flow"), "attainment") == (0.0,)


async def test_the_attainment_is_of_the_requesters_own_clock_also_after_a_hand_off(world: World) -> None:
    own = await asked(world, "SALES", "FIN", MONDAY + "09:00:00")
    await world.do("transfer", own, MONDAY + "10:00:00Z", department="OPS")
    await world.do("resolve", own, MONDAY + "18:00:00Z")
    unpromised = await asked(world, "HR", "OPS", MONDAY + "09:00:00")
    await world.do("transfer", unpromised, MONDAY + "10:00:00Z", department="FIN")
    await world.do("resolve", unpromised, MONDAY + "12:00:00Z")
    answer = figures(await report(world.client, "flow"), "tickets", "attainment")
    assert answer == {("HR", "FIN"): (1, 1.0), ("SALES", "OPS"): (1, 0.0)}


async def test_a_reopened_ticket_is_open_until_its_last_resolution(world: World) -> None:
    ticket = await asked(world, "SALES", "FIN", MONDAY + "09:00:00", MONDAY + "10:00:00")
    await world.do("reopen", ticket, MONDAY + "12:00:00Z")
    answer = figures(await report(world.client, "flow"), *COUNTS)
    assert answer == {("SALES", "FIN"): (1, 1, 0)}
    await world.do("resolve", ticket, MONDAY + "15:00:00Z")
    answer = figures(await report(world.client, "flow"), *COUNTS, "p50_seconds")
    assert answer == {("SALES", "FIN"): (1, 0, 1, 6 * HOUR)}
    expected = {"10:00:00Z": 1, "10:00:01Z": 0, "12:00:00Z": 0, "12:00:01Z": 1, "15:00:00Z": 1, "15:00:01Z": 0}
    for instant, open_then in expected.items():
        assert totals(await report(world.client, "flow", to=MONDAY + instant), "open") == (open_then,), instant


async def test_declined_and_cancelled_tickets_are_neither_open_nor_resolved(world: World) -> None:
    await world.do("decline", await asked(world, "SALES", "FIN", MONDAY + "09:00:00"), MONDAY + "09:10:00Z")
    await world.do("cancel", await asked(world, "SALES", "FIN", MONDAY + "09:00:00"), MONDAY + "09:10:00Z")
    assert totals(await report(world.client, "flow"), *COUNTS, "attainment") == (2, 0, 0, None)


async def test_waits_are_told_by_party_and_last_until_they_end_or_now(world: World) -> None:
    ticket = await asked(world, "SALES", "OPS", MONDAY + "09:00:00")
    await world.do("wait", ticket, MONDAY + "10:00:00Z", on="requester")
    await world.do("wait", ticket, MONDAY + "11:00:00Z", on="customer")
    await world.do("resume", ticket, MONDAY + "13:00:00Z")
    await world.do("wait", ticket, MONDAY + "14:00:00Z", on="third_party")
    await world.do("wait", ticket, MONDAY + "17:00:00Z", on="dependency")
    await world.do("wait", ticket, "2026-03-20T08:00:00Z", on="customer")
    assert totals(await report(world.client, "flow"), *WAITS) == (HOUR, 6 * HOUR, 3 * HOUR, 17 * DAY + 15 * HOUR)


async def test_waits_are_cut_to_the_period_and_to_the_groups_of_time(world: World) -> None:
    ticket = await asked(world, "SALES", "OPS", "2026-02-27T09:00:00")
    await world.do("wait", ticket, "2026-02-27T18:00:00Z", on="customer")
    await world.do("resume", ticket, "2026-03-03T06:00:00Z")
    waited = "waiting_customer_seconds"
    assert totals(await report(world.client, "flow"), waited) == (2 * DAY + 6 * HOUR,)
    from_noon = {"from_": "2026-02-27T20:00:00Z", "to": "2026-03-03T03:00:00Z"}
    by_day = await report(world.client, "flow", group_by="day", **from_noon)
    assert figures(by_day, waited) == {
        "2026-02-27": (4 * HOUR,),
        "2026-02-28": (DAY,),
        "2026-03-01": (DAY,),
        "2026-03-02": (DAY,),
        "2026-03-03": (3 * HOUR,),
    }
    by_week = await report(world.client, "flow", group_by="week", **from_noon)
    assert figures(by_week, waited) == {"2026-02-23": (4 * HOUR + 2 * DAY,), "2026-03-02": (DAY + 3 * HOUR,)}
    by_month = await report(world.client, "flow", group_by="month,provider", **from_noon)
    assert figures(by_month, waited, by="month") == {
        "2026-02-01": (4 * HOUR + DAY,),
        "2026-03-01": (2 * DAY + 3 * HOUR,),
    }
    by_week_and_month = await report(world.client, "flow", group_by="week,month", **from_noon)
    assert figures(by_week_and_month, waited) == {
        ("2026-02-23", "2026-02-01"): (4 * HOUR + DAY,),
        ("2026-02-23", "2026-03-01"): (DAY,),
        ("2026-03-02", "2026-03-01"): (DAY + 3 * HOUR,),
    }


async def test_filters_choose_tickets_by_their_two_departments(world: World) -> None:
    await asked(world, "SALES", "FIN", MONDAY + "09:00:00")
    await asked(world, "HR", "FIN", MONDAY + "09:00:00")
    await asked(world, "SALES", "OPS", MONDAY + "09:00:00")
    ids = world.departments
    one = {"requester_department_id": ids["SALES"], "provider_department_id": ids["FIN"]}
    assert figures(await report(world.client, "flow", **one), "tickets") == {("SALES", "FIN"): (1,)}
    assert totals(await report(world.client, "flow", department_id=ids["FIN"]), "tickets") == (2,)


async def test_it_costs_one_statement_and_by_time_two(world: World, statements: Statements) -> None:
    for number in range(6):
        await asked(world, f"D{number}", "FIN", f"2026-03-{number + 3:02}T09:00:00")
    for group_by, cost in (("edge,priority", 1), ("edge,day", 2)):
        statements.clear()
        await world.client.get("/v1/metrics/flow", params={"group_by": group_by})
        assert len(statements) == cost
