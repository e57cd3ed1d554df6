"""Who used the time of a ticket's clocks, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

TARGETS = [{"metric": "acknowledge", "seconds": 3600}, {"metric": "resolve", "seconds": 36_000}]
NOBODY = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    made = World(client)
    for provider in ("FIN", "OPS"):
        await made.sla(provider, targets=TARGETS, pause_on=["customer"])
    return made


async def member_of(world: World, department: str, name: str) -> str:
    body = {"email": f"{name}@example.com", "name": name, "department_ids": [await world.department(department)]}
    made: dict[str, Any] = await world.post("/v1/members", body)
    return str(made["id"])


async def passed_on(world: World) -> str:
    """Eight hours with Finance, two of them paused, then late with Operations."""
    ticket: str = (await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z"))["id"]
    await world.do("wait", ticket, "2026-03-02T12:00:00Z", on="customer")
    await world.do("resume", ticket, "2026-03-02T14:00:00Z")
    await world.do("transfer", ticket, "2026-03-02T17:00:00Z", department="OPS")
    await world.do("wait", ticket, "2026-03-02T18:00:00Z", on="third_party")
    await world.do("resolve", ticket, "2026-03-03T01:00:00Z")
    return ticket


async def broken_down(world: World, ticket: str, as_of: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = await world.get(
        f"/v1/tickets/{ticket}/sla-breakdown" + (f"?as_of={as_of}" if as_of else "")
    )
    return found


def of_ticket(found: dict[str, Any]) -> dict[str, Any]:
    (clock,) = (clock for clock in found["clocks"] if clock["scope"] == "ticket")
    return dict(clock)


async def test_each_leg_has_its_business_time_and_its_share_of_the_target(world: World) -> None:
    ticket = await passed_on(world)
    clock = of_ticket(await broken_down(world, ticket))
    assert clock["legs"] == [
        {
            "leg": 1,
            "department_id": world.departments["FIN"],
            "elapsed_seconds": 21_600,
            "share_of_target": 0.6,
            "beyond_target_seconds": 0,
            "overrun_seconds": 6171,
        },
        {
            "leg": 2,
            "department_id": world.departments["OPS"],
            "elapsed_seconds": 28_800,
            "share_of_target": 0.8,
            "beyond_target_seconds": 14_400,
            "overrun_seconds": 8229,
        },
    ]
    assert clock["elapsed_seconds"] == 50_400


async def test_waits_tell_whether_the_clock_stood_still(world: World) -> None:
    clock = of_ticket(await broken_down(world, await passed_on(world)))
    assert clock["waits"] == [
        {"party": "customer", "clock_stood_still": True, "wait_seconds": 7200, "business_seconds": 7200},
        {"party": "third_party", "clock_stood_still": False, "wait_seconds": 25_200, "business_seconds": 25_200},
    ]


async def test_the_holder_at_the_breach_is_whoever_had_it_then(world: World) -> None:
    ticket = await passed_on(world)
    clock = of_ticket(await broken_down(world, ticket))
    assert clock["breached_at"] == "2026-03-02T21:00:00Z"
    assert clock["held_at_breach"] == {"department_id": world.departments["OPS"], "leg": 2, "assignee_id": None}


async def test_the_holder_is_named_with_the_member_it_was_assigned_to(world: World) -> None:
    ann, bob = await member_of(world, "FIN", "ann"), await member_of(world, "OPS", "bob")
    ticket = (await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z"))["id"]
    await world.do("assign", ticket, "2026-03-02T10:00:00Z", member_id=ann)
    await world.do("transfer", ticket, "2026-03-02T20:00:00Z", department="OPS")
    await world.do("assign", ticket, "2026-03-02T22:00:00Z", member_id=bob)
    found = await broken_down(world, ticket, "2026-03-04T09:00:00Z")
    held = {(clock["metric"], clock["leg"]): clock["held_at_breach"] for clock in found["clocks"]}
    fin, ops = world.departments["FIN"], world.departments["OPS"]
    assert held["acknowledge", 1] == {"department_id": fin, "leg": 1, "assignee_id": ann}
    assert held["acknowledge", 2] == {"department_id": ops, "leg": 2, "assignee_id": None}
    assert held["resolve", 1] == {"department_id": fin, "leg": 1, "assignee_id": ann}


async def test_it_goes_with_the_clocks_at_any_instant(world: World) -> None:
    ticket = await passed_on(world)
    for as_of in ("2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", "2026-03-02T13:00:00Z", "2026-03-02T23:59:59Z"):
        found = await broken_down(world, ticket, as_of)
        clocks = await world.get(f"/v1/tickets/{ticket}/clocks?as_of={as_of}")
        added = {"legs", "waits", "held_at_breach"}
        shown = [{name: value for name, value in clock.items() if name not in added} for clock in found["clocks"]]
        assert (found["as_of"], shown) == (clocks["as_of"], clocks["clocks"])
        for clock in found["clocks"]:
            assert sum(leg["elapsed_seconds"] for leg in clock["legs"]) == clock["elapsed_seconds"]


async def test_without_as_of_it_is_as_of_now(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    ticket = (await world.ticket("SALES", "FIN"))["id"]
    clock.passes(hours=3)
    found = await broken_down(world, ticket)
    assert found["as_of"] == "2026-03-02T12:00:00Z"
    assert [leg["elapsed_seconds"] for leg in of_ticket(found)["legs"]] == [10_800]


async def test_a_ticket_without_an_agreement_has_no_clock_to_break_down(world: World) -> None:
    ticket = (await world.ticket("SALES", "LEGAL"))["id"]
    found = await broken_down(world, ticket)
    assert (found["ticket_id"], found["clocks"]) == (ticket, [])


async def test_a_ticket_that_is_not_there_is_not_found(world: World) -> None:
    response = await world.client.get(f"/v1/tickets/{NOBODY}/sla-breakdown")
    assert response.status_code == 404


async def test_who_may_not_read_is_refused(world: World, app: Any, anonymous: httpx.AsyncClient) -> None:
    ticket = await passed_on(world)
    key = await world.post("/v1/api-keys", {"name": "tool", "role": "integration", "permissions": ["write"]})
    async with client_of(app, key["key"]) as tool:
        assert (await tool.get(f"/v1/tickets/{ticket}/sla-breakdown")).status_code == 403
    assert (await anonymous.get(f"/v1/tickets/{ticket}/sla-breakdown")).status_code == 401


async def test_it_costs_as_many_statements_for_a_long_history_as_for_a_short_one(
    world: World, statements: Statements
) -> None:
    short = (await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z"))["id"]
    long = await passed_on(world)
    counts = []
    for ticket in (short, long):
        await broken_down(world, ticket)
        statements.clear()
        await broken_down(world, ticket)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4
