"""Over random lives, the reports agree with what the tickets say of themselves, one by one."""

import random
from collections import Counter
from statistics import median
from typing import Any

import httpx
import pytest

from tests.conftest import Clock
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import ROUND_THE_CLOCK, World

OFFICE = {**ROUND_THE_CLOCK, **{day: [["08:00", "12:00"], ["13:00", "17:30"]] for day in ("mon", "wed", "fri")}}
ZONES = {"FIN": "Europe/Berlin", "OPS": "America/New_York", "LEGAL": None, "SALES": "Asia/Kolkata"}
DEPARTMENTS = tuple(ZONES)
TICKETS = 12
STEPS = 6


async def random_world(client: httpx.AsyncClient, clock: Clock, seed: int) -> World:
    """Tickets that lived at random through March, half of them from its beginning; LEGAL has no agreement, and no
    calendar."""
    chance = random.Random(seed)
    clock.at("2026-03-01T06:00:00+00:00")
    world = World(client)
    await world.calendar("office", timezone="Europe/Berlin", hours=OFFICE)
    for key, zone in ZONES.items():
        calendar = await world.calendar(zone, timezone=zone) if zone else None
        made = await world.post("/v1/departments", {"key": key, "name": key, "calendar_id": calendar})
        world.departments[key] = made["id"]
    body = {"provider_department_id": world.departments["FIN"], "key": "credit", "name": "Credit", "kind": "approval"}
    credit = (await world.post("/v1/request-types", body))["id"]
    for provider in ("FIN", "OPS", "SALES"):
        targets = [
            {"metric": metric, "seconds": chance.randrange(1, 90) * 3600, "by_priority": {"p1": 3600}}
            for metric in ("acknowledge", "update", "resolve")
        ]
        await world.sla(provider, calendar="office", targets=targets, pause_on=["customer", "requester"])
    verbs = ("acknowledge", "start", "wait", "resume", "resolve", "reopen", "transfer", "return", "accept", "ask")

    async def asked() -> str:
        requester, provider = chance.choices(DEPARTMENTS, k=2)
        kind = {"request_type_id": credit} if provider == "FIN" else {}
        return str((await world.ticket(requester, provider, priority=f"p{chance.randrange(1, 5)}", **kind))["id"])

    ids = [await asked() for _ in range(TICKETS // 2)]
    for step in range(TICKETS * STEPS):
        clock.passes(seconds=chance.randrange(1, 60_000))
        if step % (2 * STEPS) == 0:
            ids.append(await asked())
        verb = chance.choice((*verbs, "transfer", "resolve", "prioritise", "comment", "cancel", "feedback"))
        needed: dict[str, Any] = {
            "resolve": {"granted": chance.random() < 0.8},
            "feedback": {"score": chance.randrange(1, 6)},
            "wait": {"on": chance.choice(("requester", "customer", "third_party", "dependency"))},
            "transfer": {"department": chance.choice(DEPARTMENTS)},
            "comment": {"visibility": "requester"},
            "prioritise": {"priority": chance.choice(("p1", "p2"))},
        }.get(verb, {})
        response = await world.try_to(verb, chance.choice(ids), **needed)
        assert response.status_code in (200, 409), response.text
    clock.passes(seconds=chance.randrange(1, 200_000))
    return world


@pytest.mark.parametrize("seed", range(4))
async def test_reports_agree_with_the_tickets(client: httpx.AsyncClient, clock: Clock, seed: int) -> None:
    world = await random_world(client, clock, seed)
    period = {"to": "2026-05-01T00:00:00Z"}
    tickets = (await world.get("/v1/tickets?limit=200"))["items"]
    await clocks_agree(world, tickets, period)
    await stock_agrees(world, tickets, period)
    await passing_agrees(world, tickets, period)


async def clocks_agree(world: World, tickets: list[dict[str, Any]], period: dict[str, str]) -> None:
    keys = {id_: key for key, id_ in world.departments.items()}
    expected: dict[tuple[str, str], Counter[str]] = {}
    elapsed: dict[tuple[str, str], list[int]] = {}
    for ticket in tickets:
        for clock in ticket["clocks"]:
            row = (keys[clock["department_id"]], clock["metric"])
            state = "running" if clock["state"] == "paused" else clock["state"]
            expected.setdefault(row, Counter())[state] += 1
            if state in ("met", "breached"):
                elapsed.setdefault(row, []).append(clock["elapsed_seconds"])
    answer = await report(world.client, "service-levels", **period)
    states = ("met", "breached", "running", "cancelled", "handed_over")
    assert figures(answer, *states, by=("department", "metric")) == {
        row: tuple(counted[state] for state in states) for row, counted in expected.items()
    }
    assert figures(answer, "p50_seconds", by=("department", "metric")) == {
        row: (int(median(elapsed[row]) + 0.5) if row in elapsed else None,) for row in expected
    }
    decided = [clock for ticket in tickets for clock in own_clocks(ticket) if clock["state"] in ("met", "breached")]
    met = sum(clock["state"] == "met" for clock in decided)
    share = met / len(decided) if decided else None
    assert totals(await report(world.client, "flow", **period), "attainment") == (share,)


def own_clocks(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    """The ticket's own `resolve` clock: the one that gives its due time."""
    resolving = [clock for clock in ticket["clocks"] if clock["metric"] == "resolve"]
    own = [clock for clock in resolving if clock["scope"] == "ticket"]
    last = [clock for clock in resolving if clock["leg"] == ticket["hop_count"] + 1]
    return (own or last)[-1:]


async def stock_agrees(world: World, tickets: list[dict[str, Any]], period: dict[str, str]) -> None:
    by_status = Counter(ticket["status"] for ticket in tickets)
    unresolved = [each for each in tickets if each["status"] in ("open", "acknowledged", "in_progress", "waiting")]
    overdue = sum(ticket["breached"] for ticket in unresolved)
    answer = await report(world.client, "backlog", **period)
    assert totals(answer, "open", "waiting", "overdue") == (len(unresolved), by_status["waiting"], overdue)
    flowed = totals(await report(world.client, "flow", **period), "tickets", "open", "resolved")
    assert flowed == (len(tickets), len(unresolved), by_status["resolved"])


async def passing_agrees(world: World, tickets: list[dict[str, Any]], period: dict[str, str]) -> None:
    counted: Counter[str] = Counter()
    for ticket in tickets:
        history = (await world.get(f"/v1/tickets/{ticket['id']}/history?limit=200"))["items"]
        counted.update(entry["verb"] for entry in history)
        held = [entry["details"]["department_id"] for entry in history if "department_id" in entry["details"]]
        counted["ping_pong"] += len(held) > len(set(held))
        counted["legs"] += len(held)
    answer = await report(world.client, "handoffs", **period)
    verbs = ("transfer", "return", "ask", "reopen", "ping_pong", "legs")
    named = ("transfers", "returns", "questions", "reopened", "ping_pong", "legs")
    assert totals(answer, *named) == tuple(counted[verb] for verb in verbs)
