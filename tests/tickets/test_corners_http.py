"""Corners that others got wrong, as whoever uses the API meets them; the pure ones are with the service levels."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock
from tests.tickets.worlds import World

HOUR = 3600
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY, TUESDAY, FRIDAY = "2026-03-02", "2026-03-03", "2026-03-06"


def targets(**hours: float) -> list[dict[str, Any]]:
    return [{"metric": metric, "seconds": int(allowed * HOUR)} for metric, allowed in hours.items()]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    world = World(client)
    await world.calendar("office", hours=OFFICE)
    clock.at(f"{MONDAY}T09:00:00Z")
    return world


async def clock_of(world: World, ticket: dict[str, Any], metric: str, as_of: str, leg: int = 1) -> dict[str, Any]:
    found = (await world.get(f"/v1/tickets/{ticket['id']}/clocks?as_of={as_of}"))["clocks"]
    (clock,) = (clock for clock in found if (clock["metric"], clock["leg"]) == (metric, leg))
    return dict(clock)


async def test_editing_an_sla_changes_no_ticket_that_began_before(world: World, clock: Clock) -> None:
    """frappe/helpdesk 2214: edited SLAs silently changed old tickets."""
    sla = await world.sla("FIN", calendar="office", targets=targets(resolve=8), pause_on=["customer"])
    ticket = await world.ticket("SALES", "FIN")
    clock.at(f"{MONDAY}T10:00:00Z")
    kept = {name: sla[name] for name in ("name", "provider_department_id", "rank", "calendar_id", "pause_on")}
    response = await world.client.put(f"/v1/slas/{sla['id']}", json={**kept, "targets": targets(resolve=1)})
    assert response.status_code == 200, response.text
    assert response.json()["version"] == 2
    for verb, at in (("start", "11:00"), ("wait", "12:00"), ("resume", "13:00")):
        clock.at(f"{MONDAY}T{at}:00Z")
        ticket = await world.do(verb, ticket["id"])
    assert (ticket["due_at"], ticket["breached"]) == (f"{TUESDAY}T10:00:00Z", False)
    (resolve,) = ticket["clocks"]
    assert (resolve["sla_version"], resolve["target_seconds"]) == (1, 8 * HOUR)
    other = await world.ticket("SALES", "FIN")
    assert other["due_at"] == f"{MONDAY}T14:00:00Z"


async def test_a_ticket_acknowledged_late_is_not_late_itself(world: World, clock: Clock) -> None:
    """glpi 3576: acknowledged, but the bar still red."""
    await world.sla("FIN", calendar="office", targets=targets(acknowledge=1, resolve=8))
    ticket = await world.ticket("SALES", "FIN")
    clock.at(f"{MONDAY}T10:30:00Z")
    acknowledged = await world.do("acknowledge", ticket["id"])
    assert (acknowledged["breached"], acknowledged["due_at"]) == (False, f"{MONDAY}T17:00:00Z")
    late = await clock_of(world, ticket, "acknowledge", f"{FRIDAY}T09:00:00Z")
    assert (late["state"], late["elapsed_seconds"]) == ("breached", 1.5 * HOUR)


async def test_the_time_spent_closed_does_not_count_after_a_reopening(world: World, clock: Clock) -> None:
    """glpi 9267, 23359."""
    await world.sla("FIN", calendar="office", targets=targets(resolve=8))
    ticket = await world.ticket("SALES", "FIN")
    for verb, at in (
        ("resolve", f"{MONDAY}T11:00:00Z"),
        ("close", f"{TUESDAY}T09:00:00Z"),
        ("reopen", f"{FRIDAY}T10:00:00Z"),
    ):
        clock.at(at)
        ticket = await world.do(verb, ticket["id"])
    (resolve,) = ticket["clocks"]
    assert (resolve["state"], resolve["elapsed_seconds"], resolve["met_at"]) == ("running", 2 * HOUR, None)
    assert ticket["due_at"] == f"{FRIDAY}T16:00:00Z"


async def test_a_ticket_is_not_late_while_it_waits_for_the_customer(world: World, clock: Clock) -> None:
    """glpi 24481: tickets were late while pending."""
    await world.sla("FIN", calendar="office", targets=targets(resolve=8), pause_on=["customer"])
    ticket = await world.ticket("SALES", "FIN")
    clock.at(f"{MONDAY}T16:00:00Z")
    await world.do("wait", ticket["id"])
    clock.at(f"{FRIDAY}T12:00:00Z")
    seen = await world.get(f"/v1/tickets/{ticket['id']}")
    assert (seen["breached"], seen["due_at"]) == (False, None)
    resumed = await world.do("resume", ticket["id"])
    assert (resumed["breached"], resumed["due_at"]) == (False, f"{FRIDAY}T13:00:00Z")


async def test_waiting_time_is_still_left_out_after_another_sla_is_selected(world: World, clock: Clock) -> None:
    """glpi 6902, 15605: the waiting time was forgotten when the SLA changed."""
    await world.sla("FIN", calendar="office", targets=targets(resolve=16), pause_on=["customer"], rank=2)
    urgent = await world.sla("FIN", calendar="office", targets=targets(resolve=8), priorities=["p1"])
    ticket = await world.ticket("SALES", "FIN", priority="p3")
    for verb, at in (("wait", f"{MONDAY}T11:00:00Z"), ("resume", f"{TUESDAY}T11:00:00Z")):
        clock.at(at)
        await world.do(verb, ticket["id"])
    clock.at(f"{TUESDAY}T12:00:00Z")
    ticket = await world.do("prioritise", ticket["id"], priority="p1")
    (resolve,) = ticket["clocks"]
    assert (resolve["sla_id"], resolve["elapsed_seconds"]) == (urgent["id"], 3 * HOUR)
    assert ticket["due_at"] == f"{TUESDAY}T17:00:00Z"


async def test_a_hand_over_gives_the_next_department_its_time_and_leaves_the_requesters_clock(
    world: World, clock: Clock
) -> None:
    """glpi 1911, zammad 5624, frappe/helpdesk 1895."""
    await world.sla("FIN", calendar="office", targets=targets(acknowledge=1, resolve=8))
    await world.sla("IT", calendar="office", targets=targets(acknowledge=2, resolve=6))
    ticket = await world.ticket("SALES", "FIN")
    clock.at(f"{MONDAY}T16:00:00Z")
    ticket = await world.do("transfer", ticket["id"], department="IT")
    assert ticket["due_at"] == f"{MONDAY}T17:00:00Z"
    requesters = await clock_of(world, ticket, "resolve", f"{MONDAY}T16:30:00Z")
    own = await clock_of(world, ticket, "resolve", f"{MONDAY}T16:30:00Z", leg=2)
    acknowledge = await clock_of(world, ticket, "acknowledge", f"{MONDAY}T16:30:00Z", leg=2)
    assert (requesters["scope"], requesters["elapsed_seconds"]) == ("ticket", 7.5 * HOUR)
    assert (own["scope"], own["elapsed_seconds"], own["due_at"]) == ("leg", 1800, f"{TUESDAY}T14:00:00Z")
    assert (acknowledge["elapsed_seconds"], acknowledge["due_at"]) == (1800, f"{TUESDAY}T10:00:00Z")


async def test_a_comment_that_only_the_provider_sees_does_not_keep_the_requester_informed(
    world: World, clock: Clock
) -> None:
    """zammad 3140, 5177: an answer ends an interval of updates, a note does not, and neither acknowledges."""
    await world.sla("FIN", calendar="office", targets=targets(acknowledge=4, update=1, resolve=8))
    ticket = await world.ticket("SALES", "FIN")
    await world.do("comment", ticket["id"], visibility="requester")
    assert (await clock_of(world, ticket, "acknowledge", f"{MONDAY}T09:10:00Z"))["state"] == "running"
    clock.at(f"{MONDAY}T10:00:00Z")
    await world.do("start", ticket["id"])
    clock.at(f"{MONDAY}T10:30:00Z")
    await world.do("comment", ticket["id"], visibility="internal")
    assert (await clock_of(world, ticket, "update", f"{MONDAY}T10:45:00Z"))["due_at"] == f"{MONDAY}T11:00:00Z"
    clock.at(f"{MONDAY}T10:50:00Z")
    ticket = await world.do("comment", ticket["id"], visibility="requester")
    updates = [each for each in ticket["clocks"] if each["metric"] == "update"]
    assert [(each["state"], each["due_at"]) for each in updates] == [
        ("met", f"{MONDAY}T11:00:00Z"),
        ("running", f"{MONDAY}T11:50:00Z"),
    ]


async def test_round_the_clock_is_written_with_24_and_loses_no_minute(world: World, clock: Clock) -> None:
    """zammad 3180: round the clock was written 00:00-23:59, which lost a minute a day."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    await world.calendar("short", hours={day: [["00:00", "23:59"]] for day in days})
    await world.sla("FIN", targets=targets(resolve=7 * 24))
    await world.sla("IT", calendar="short", targets=targets(resolve=7 * 24))
    whole, short = await world.ticket("SALES", "FIN"), await world.ticket("SALES", "IT")
    assert (whole["due_at"], short["due_at"]) == ("2026-03-09T09:00:00Z", "2026-03-09T09:07:00Z")
