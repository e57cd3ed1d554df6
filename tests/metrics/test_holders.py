"""`group_by=holder`: who held a ticket when a clock was decided, which is not always whose clock it is."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600
STATES = ("met", "breached", "running", "cancelled")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within four hours around the clock, OPS within two; LEGAL promises nothing."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 4 * HOUR}])
    await world.sla(
        "OPS", targets=[{"metric": "resolve", "seconds": 2 * HOUR}, {"metric": "acknowledge", "seconds": HOUR}]
    )
    return world


async def passed(world: World, *stays: tuple[str, str]) -> str:
    """A ticket by SALES that was passed along these departments at these times of Monday."""
    (first, opened), *others = stays
    ticket = str((await world.ticket("SALES", first, opened_at=f"{MONDAY}{opened}Z"))["id"])
    for department, at in others:
        await world.do("transfer", ticket, f"{MONDAY}{at}Z", department=department)
    return ticket


async def held(world: World, *by: str, **query: Any) -> dict[Any, tuple[Any, ...]]:
    answer = await report(world.client, "service-levels", **{"group_by": "holder", **query})
    return figures(answer, *STATES, by=by or ("holder", "metric"))


async def test_a_breach_is_charged_to_the_leg_just_after_it_though_the_clock_stays_with_the_first(world: World) -> None:
    ticket = await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"), ("SALES", "14:00:00"))
    await world.do("resolve", ticket, MONDAY + "15:00:00Z")
    assert await held(world) == {("LEGAL", "resolve"): (0, 1, 0, 0)}
    assert await held(world, "provider", "holder", group_by="provider,holder") == {("FIN", "LEGAL"): (0, 1, 0, 0)}


async def test_passing_a_ticket_on_at_its_due_time_leaves_the_breach_to_the_receiver(world: World) -> None:
    await passed(world, ("FIN", "09:00:00"), ("LEGAL", "13:00:00"))
    assert await held(world) == {("LEGAL", "resolve"): (0, 1, 0, 0)}
    await passed(world, ("FIN", "09:00:00"), ("SALES", "13:00:01"))
    assert await held(world) == {("LEGAL", "resolve"): (0, 1, 0, 0), ("FIN", "resolve"): (0, 1, 0, 0)}


async def test_a_met_clock_is_credited_to_the_leg_in_which_it_was_met(world: World) -> None:
    ticket = await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"))
    await world.do("resolve", ticket, MONDAY + "10:00:00Z")
    assert await held(world) == {("LEGAL", "resolve"): (1, 0, 0, 0)}


async def test_clocks_of_a_leg_are_held_by_their_own_department(world: World) -> None:
    ticket = await passed(world, ("FIN", "09:00:00"), ("OPS", "09:30:00"), ("LEGAL", "12:00:00"))
    await world.do("resolve", ticket, MONDAY + "12:30:00Z")
    assert await held(world) == {
        ("LEGAL", "resolve"): (1, 0, 0, 0),
        ("OPS", "acknowledge"): (0, 1, 0, 0),
        ("OPS", "resolve"): (0, 1, 0, 0),
    }


async def test_what_is_undecided_is_with_whoever_holds_it_at_the_end(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T11:00:00+00:00")
    await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"))
    assert await held(world) == {("LEGAL", "resolve"): (0, 0, 1, 0)}
    assert await held(world, to=MONDAY + "10:00:00Z") == {("FIN", "resolve"): (0, 0, 1, 0)}


async def test_what_was_cancelled_is_with_whoever_held_it_then(world: World) -> None:
    ticket = await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"))
    await world.do("cancel", ticket, MONDAY + "11:00:00Z")
    assert await held(world) == {("LEGAL", "resolve"): (0, 0, 0, 1)}


async def test_it_is_told_as_a_department_and_can_be_filtered_by(world: World) -> None:
    await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"))
    await passed(world, ("FIN", "09:00:00"))
    legal = world.departments["LEGAL"]
    answer = await report(world.client, "service-levels", group_by="holder,priority,week", holder_department_id=legal)
    told = {"holder": "LEGAL", "holder_id": legal, "holder_name": "LEGAL", "priority": "p3", "week": "2026-03-02"}
    assert [row["group"] for row in answer["rows"]] == [told]
    assert totals(answer, *STATES) == (0, 1, 0, 0)


async def test_it_costs_no_more_statements(world: World, statements: Statements) -> None:
    for _ in range(3):
        await passed(world, ("FIN", "09:00:00"), ("LEGAL", "10:00:00"), ("OPS", "11:00:00"))
    await world.client.get("/v1/metrics/service-levels")
    statements.clear()
    await world.client.get("/v1/metrics/service-levels", params={"group_by": "holder,provider,requester"})
    assert len(statements) == 2


@pytest.mark.parametrize("name", ["flow", "backlog", "handoffs", "approvals", "feedback", "seasonality", "ripple"])
async def test_no_other_report_knows_a_holder(client: httpx.AsyncClient, name: str) -> None:
    response = await client.get(f"/v1/metrics/{name}?group_by=holder")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?group_by")
