"""`/v1/metrics/service-levels`: a clock counts in the period in which it was decided."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

OFFICE = {"hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
MONDAY = "2026-03-02T"
HOUR = 3600
DECISIONS = ("decided", "met", "breached", "attainment")


def targets(**seconds: int) -> list[dict[str, Any]]:
    return [{"metric": metric, "seconds": allowed} for metric, allowed in seconds.items()]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within four hours and acknowledges within one, OPS resolves within two, in office hours, in UTC."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.calendar("office", **OFFICE)
    await world.sla(
        "FIN", calendar="office", targets=targets(acknowledge=HOUR, resolve=4 * HOUR), pause_on=["customer"]
    )
    await world.sla("OPS", calendar="office", targets=targets(resolve=2 * HOUR))
    return world


async def asked(world: World, provider: str, opened: str, resolved: str | None = None, **fields: Any) -> str:
    """A ticket by SALES, acknowledged as it is resolved."""
    ticket = await world.ticket("SALES", provider, opened_at=f"{opened}Z", **fields)
    if resolved is not None:
        await world.do("resolve", ticket["id"], f"{resolved}Z")
    return str(ticket["id"])


async def test_each_group_and_metric_has_its_decisions_and_percentiles(world: World) -> None:
    await asked(world, "FIN", MONDAY + "09:00:00", MONDAY + "09:30:00")
    await asked(world, "FIN", MONDAY + "09:00:00", MONDAY + "10:30:00")
    await asked(world, "FIN", MONDAY + "16:00:00", "2026-03-03T10:00:00")
    await asked(world, "FIN", MONDAY + "09:00:00", MONDAY + "14:00:00")
    await asked(world, "OPS", MONDAY + "09:00:00", MONDAY + "11:00:00")
    answer = await report(world.client, "service-levels")
    assert answer["group_by"] == ["department"]
    assert figures(answer, *DECISIONS, by=("department", "metric")) == {
        ("FIN", "acknowledge"): (4, 1, 3, 0.25),
        ("FIN", "resolve"): (4, 3, 1, 0.75),
        ("OPS", "resolve"): (1, 1, 0, 1.0),
    }
    # FIN resolved after 1800, 5400, 7200 and 18000 seconds of office hours: between the ranks it is interpolated.
    percentiles = ("p50_seconds", "p90_seconds", "p95_seconds")
    resolve = figures(answer, *percentiles, by=("department", "metric"))["FIN", "resolve"]
    assert resolve == (6300, 14760, 16380)
    assert totals(answer, *DECISIONS) == (9, 5, 4, 5 / 9)
    assert [(each["metric"], each["decided"], each["met"]) for each in answer["totals"]["by_metric"]] == [
        ("acknowledge", 4, 1),
        ("resolve", 5, 4),
    ]


async def test_attainment_tells_how_sure_it_is_in_rows_and_totals(world: World) -> None:
    for minutes in (30, 45, 70):
        await asked(world, "FIN", MONDAY + "09:00:00", f"{MONDAY}{9 + minutes // 60:02}:{minutes % 60:02}:00")
    interval = ("attainment", "attainment_low", "attainment_high")
    answer = await report(world.client, "service-levels")
    found = figures(answer, *interval, by="metric")
    assert found["acknowledge"] == pytest.approx((2 / 3, 0.207660, 0.938508), abs=1e-6)
    assert found["resolve"] == pytest.approx((1.0, 0.438503, 1.0), abs=1e-6)
    assert totals(answer, *interval) == pytest.approx((5 / 6, 0.436497, 0.969947), abs=1e-6)
    by_metric = {each["metric"]: tuple(each[name] for name in interval) for each in answer["totals"]["by_metric"]}
    assert by_metric == found


async def test_a_clock_counts_in_the_period_in_which_it_was_decided_not_in_which_it_started(world: World) -> None:
    await asked(world, "OPS", "2026-02-27T16:30:00", MONDAY + "10:00:00")
    february = {"from_": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    assert figures(await report(world.client, "service-levels", **february), "decided", "running") == {"OPS": (0, 1)}
    assert figures(await report(world.client, "service-levels"), "decided", "running") == {"OPS": (1, 0)}


async def test_the_period_has_its_first_instant_and_not_its_last(world: World) -> None:
    await asked(world, "OPS", MONDAY + "09:00:00", MONDAY + "10:00:00")
    noted = MONDAY + "10:00:00Z"
    starting = await report(world.client, "service-levels", from_=noted, to=MONDAY + "11:00:00Z")
    ending = await report(world.client, "service-levels", from_=MONDAY + "00:00:00Z", to=noted)
    assert (totals(starting, "decided"), totals(ending, "decided")) == ((1,), (0,))


async def test_what_happens_this_very_second_counts_in_the_period_left_out(world: World) -> None:
    await world.do("resolve", (await world.ticket("SALES", "OPS"))["id"])
    answer = (await world.client.get("/v1/metrics/service-levels")).json()
    assert (answer["from"], answer["to"]) == ("2026-02-18T12:00:01Z", "2026-03-20T12:00:01Z")
    assert totals(answer, "met") == (1,)


async def test_a_clock_past_its_due_time_is_breached_though_nobody_touched_it(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    await world.ticket("SALES", "OPS")
    clock.at("2026-03-02T11:00:00+00:00")
    assert figures(await report(world.client, "service-levels"), "breached", "running") == {"OPS": (0, 1)}
    clock.at("2026-03-02T11:00:01+00:00")
    answer = await report(world.client, "service-levels")
    assert figures(answer, "breached", "running", "p50_seconds") == {"OPS": (1, 0, 2 * HOUR + 1)}


async def test_a_breached_clock_counts_on_in_business_time_until_it_stops(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T15:00:00+00:00")
    ticket = await world.ticket("SALES", "OPS")
    clock.at("2026-03-03T10:00:00+00:00")
    await world.do("prioritise", ticket["id"])
    clock.at("2026-03-04T09:30:00+00:00")
    assert figures(await report(world.client, "service-levels"), "breached", "p50_seconds") == {
        "OPS": (1, 2 * HOUR + 8 * HOUR + HOUR // 2)
    }
    await world.do("resolve", ticket["id"])
    clock.at("2026-03-09T09:30:00+00:00")
    assert figures(await report(world.client, "service-levels"), "breached", "p50_seconds") == {
        "OPS": (1, 2 * HOUR + 8 * HOUR + HOUR // 2)
    }


async def test_a_breach_stays_in_the_period_of_the_due_time_whenever_it_is_resolved(world: World) -> None:
    await asked(world, "OPS", MONDAY + "09:00:00", "2026-03-10T09:00:00")
    answer = await report(world.client, "service-levels", group_by="day")
    assert figures(answer, "breached", "met") == {"2026-03-02": (1, 0)}


async def test_a_decision_withdrawn_by_a_reopening_no_longer_counts(world: World) -> None:
    ticket = await asked(world, "OPS", MONDAY + "09:00:00", MONDAY + "09:30:00")
    await world.do("reopen", ticket, "2026-03-20T11:00:00Z")
    assert figures(await report(world.client, "service-levels"), "decided", "running") == {"OPS": (0, 1)}


async def test_paused_clocks_are_running_and_their_pause_counts_in_no_percentile(world: World) -> None:
    ticket = await asked(world, "FIN", MONDAY + "09:00:00")
    await world.do("wait", ticket, MONDAY + "10:00:00Z", on="customer")
    answer = await report(world.client, "service-levels", department_id=world.departments["FIN"])
    assert figures(answer, "decided", "running", by="metric") == {"acknowledge": (1, 0), "resolve": (0, 1)}
    await world.do("resume", ticket, "2026-03-06T10:00:00Z")
    await world.do("resolve", ticket, "2026-03-06T11:00:00Z")
    answer = await report(world.client, "service-levels")
    assert figures(answer, "met", "running", "p50_seconds", by="metric")["resolve"] == (1, 0, 2 * HOUR)


async def test_cancelled_and_handed_over_clocks_stand_beside_the_attainment(world: World) -> None:
    cancelled = await asked(world, "FIN", MONDAY + "09:00:00")
    await world.do("cancel", cancelled, MONDAY + "09:10:00Z")
    passed_on = await asked(world, "FIN", MONDAY + "09:00:00")
    await world.do("transfer", passed_on, MONDAY + "09:20:00Z", department="OPS")
    await world.do("resolve", passed_on, MONDAY + "10:00:00Z")
    answer = await report(world.client, "service-levels")
    beside = figures(answer, *DECISIONS, "cancelled", "handed_over", by=("department", "metric"))
    assert beside == {
        ("FIN", "acknowledge"): (0, 0, 0, None, 1, 1),
        ("FIN", "resolve"): (1, 1, 0, 1.0, 1, 0),
        ("OPS", "resolve"): (1, 1, 0, 1.0, 0, 0),
    }


async def test_a_clock_counts_at_the_department_whose_clock_it_is_also_by_edge(world: World) -> None:
    ticket = await asked(world, "FIN", MONDAY + "09:00:00")
    await world.do("transfer", ticket, MONDAY + "09:20:00Z", department="OPS")
    await world.do("resolve", ticket, MONDAY + "10:00:00Z")
    answer = await report(world.client, "service-levels", group_by="edge")
    assert answer["rows"][0]["group"] == {
        "requester": "SALES",
        "requester_id": world.departments["SALES"],
        "requester_name": "SALES",
        "provider": "FIN",
        "provider_id": world.departments["FIN"],
        "provider_name": "FIN",
    }
    met = figures(answer, "met", by=("requester", "provider", "metric"))
    assert met == {
        ("SALES", "FIN", "acknowledge"): (0,),
        ("SALES", "FIN", "resolve"): (1,),
        ("SALES", "OPS", "resolve"): (1,),
    }


async def test_grouped_by_time_decisions_stand_at_their_day_and_what_runs_at_the_end(world: World) -> None:
    await asked(world, "OPS", MONDAY + "09:00:00", MONDAY + "10:00:00")
    await asked(world, "OPS", "2026-03-08T09:00:00", "2026-03-08T10:00:00")
    await asked(world, "OPS", "2026-03-20T10:30:00")
    by_day = await report(world.client, "service-levels", group_by="day")
    by_week = await report(world.client, "service-levels", group_by="week")
    by_month = await report(world.client, "service-levels", group_by="month")
    assert figures(by_day, "met", "running") == {"2026-03-02": (1, 0), "2026-03-08": (1, 0), "2026-03-20": (0, 1)}
    assert figures(by_week, "met", "running") == {"2026-03-02": (2, 0), "2026-03-16": (0, 1)}
    assert figures(by_month, "met", "running") == {"2026-03-01": (2, 1)}


async def test_filters_and_groups_by_what_the_ticket_is(world: World) -> None:
    gold = await world.customer("GOLD", tier="gold")
    plain = await world.customer("PLAIN")
    body = {"provider_department_id": world.departments["OPS"], "key": "credit", "name": "Credit", "kind": "task"}
    credit = (await world.post("/v1/request-types", body))["id"]
    done = (MONDAY + "09:00:00", MONDAY + "10:00:00")
    late = (MONDAY + "09:00:00", MONDAY + "12:00:00")
    await asked(world, "OPS", *done, customer_id=gold, request_type_id=credit, priority="p1")
    await asked(world, "OPS", *late, customer_id=plain, source="crm", external_ref="1")
    expected = {
        "customer_tier": {"gold": (1, 0), None: (0, 1)},
        "customer": {"GOLD": (1, 0), "PLAIN": (0, 1)},
        "request_type": {"credit": (1, 0), None: (0, 1)},
        "priority": {"p1": (1, 0), "p3": (0, 1)},
    }
    for dimension, rows in expected.items():
        assert figures(await report(world.client, "service-levels", group_by=dimension), "met", "breached") == rows
    for first_only in (
        {"customer_tier": "gold"},
        {"customer_id": gold},
        {"request_type_id": credit},
        {"priority": "p1"},
    ):
        assert totals(await report(world.client, "service-levels", **first_only), "met", "breached") == (1, 0)
    assert totals(await report(world.client, "service-levels", source="crm"), "met", "breached") == (0, 1)
    nobody = await report(world.client, "service-levels", requester_department_id=world.departments["OPS"])
    assert (nobody["rows"], totals(nobody, "decided", "attainment")) == ([], (0, None))


async def test_an_empty_service_gives_no_rows_and_totals_of_nothing(client: httpx.AsyncClient) -> None:
    answer = await report(client, "service-levels")
    assert answer["rows"] == []
    assert totals(answer, *DECISIONS, "p50_seconds", "by_metric") == (0, 0, 0, None, None, [])
    assert totals(answer, "attainment_low", "attainment_high", "excluded") == (None, None, 0)


async def test_it_costs_the_same_few_statements_whatever_there_is(world: World, statements: Statements) -> None:
    async def cost() -> int:
        statements.clear()
        await world.client.get("/v1/metrics/service-levels", params={"group_by": "customer,day"})
        return len(statements)

    await asked(world, "OPS", MONDAY + "09:00:00")
    await cost()
    few = await cost()
    for number in range(8):
        customer = await world.customer(f"C{number}")
        await asked(world, "OPS", f"2026-03-{number + 3:02}T09:00:00", customer_id=customer)
    assert (few, await cost()) == (3, 3)


async def test_only_who_may_read_may_ask(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/v1/metrics/service-levels")).status_code == 401


@pytest.mark.parametrize(
    "query",
    ["from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z", "group_by=colour", "group_by=", "priority=p9", "colour=red",
     "from=2026-03-01", "department_id=FIN", "source=%00"],
)  # fmt: skip
async def test_a_query_that_breaks_a_rule_is_a_problem(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/v1/metrics/service-levels?{query}")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")
