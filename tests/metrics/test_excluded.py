"""Decisions in an exclusion window are left out of attainments and told beside, in every report that has one."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600
COUNTED = ("decided", "met", "breached", "excluded")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN and OPS resolve within four hours around the clock. OPS met one and missed one, at ten and at one o'clock."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    for provider in ("FIN", "OPS"):
        await world.sla(provider, targets=[{"metric": "resolve", "seconds": 4 * HOUR}])
    for resolved in ("10:00:00", "15:00:00"):
        ticket = await world.ticket("SALES", "OPS", opened_at=MONDAY + "09:00:00Z")
        await world.do("resolve", ticket["id"], f"{MONDAY}{resolved}Z")
    return world


async def outage(world: World, starts: str, ends: str, **scope: Any) -> None:
    body = {"reason": "Outage", "starts_at": f"{MONDAY}{starts}Z", "ends_at": f"{MONDAY}{ends}Z", **scope}
    await world.post("/v1/exclusion-windows", body)


async def test_what_was_decided_in_a_window_is_in_no_attainment_and_no_percentile(world: World) -> None:
    before = await report(world.client, "service-levels")
    assert figures(before, *COUNTED, "attainment", "p50_seconds") == {"OPS": (2, 1, 1, 0, 0.5, 12600)}
    await outage(world, "12:00:00", "14:00:00")
    answer = await report(world.client, "service-levels")
    assert figures(answer, *COUNTED, "attainment", "p50_seconds") == {"OPS": (1, 1, 0, 1, 1.0, HOUR)}
    assert totals(answer, *COUNTED, "attainment") == (1, 1, 0, 1, 1.0)
    assert [each["excluded"] for each in answer["totals"]["by_metric"]] == [1]


async def test_a_row_stays_though_all_its_decisions_are_left_out(world: World) -> None:
    await outage(world, "00:00:00", "23:00:00")
    answer = await report(world.client, "service-levels")
    shares = ("attainment", "attainment_low", "attainment_high", "p95_seconds")
    assert figures(answer, *COUNTED, *shares) == {"OPS": (0, 0, 0, 2, None, None, None, None)}


async def test_a_window_has_its_first_instant_and_not_its_last(world: World) -> None:
    await outage(world, "10:00:00", "13:00:00")
    assert totals(await report(world.client, "service-levels"), *COUNTED) == (1, 0, 1, 1)


async def test_a_window_leaves_out_only_what_it_states(world: World) -> None:
    await outage(world, "00:00:00", "23:00:00", provider_department_id=world.departments["FIN"])
    assert totals(await report(world.client, "service-levels"), "decided", "excluded") == (2, 0)
    await outage(world, "12:00:00", "23:00:00", provider_department_id=world.departments["OPS"])
    assert totals(await report(world.client, "service-levels"), "decided", "excluded") == (1, 1)


async def test_a_breach_nobody_has_noticed_yet_is_left_out_as_well(world: World) -> None:
    await world.ticket("SALES", "FIN", opened_at=MONDAY + "18:00:00Z")
    await outage(world, "21:00:00", "23:00:00")
    answer = await report(world.client, "service-levels", group_by="provider")
    assert figures(answer, "decided", "running", "excluded")["FIN"] == (0, 0, 1)


async def test_flow_and_seasonality_leave_out_and_tell_the_same(world: World) -> None:
    await outage(world, "12:00:00", "14:00:00")
    flow = await report(world.client, "flow")
    assert figures(flow, "resolved", "attainment", "excluded") == {("SALES", "OPS"): (2, 1.0, 1)}
    seasonality = await report(world.client, "seasonality", group_by="weekday")
    assert figures(seasonality, "arrivals", "breaches", "excluded")["mon"] == (2, 0, 1)


async def test_windows_that_overlap_leave_out_a_decision_once(world: World) -> None:
    await outage(world, "12:00:00", "14:00:00")
    await outage(world, "12:30:00", "16:00:00")
    assert totals(await report(world.client, "service-levels"), *COUNTED) == (1, 1, 0, 1)


async def test_it_is_told_beside_the_present_figures_too(world: World) -> None:
    await outage(world, "12:00:00", "14:00:00")
    week = {"from_": "2026-03-08T00:00:00Z", "to": "2026-03-15T00:00:00Z"}
    answer = await report(world.client, "service-levels", compare="previous", **week)
    assert answer["totals"]["previous"]["excluded"] == 1
