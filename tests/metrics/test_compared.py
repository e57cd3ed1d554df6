"""`compare=previous`: beside every figure that of the period before, as a report on that period gives it."""

import random
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.metrics.test_agreement import random_world
from tests.tickets.worlds import World

REPORTS = ("service-levels", "flow", "backlog", "handoffs", "approvals", "feedback", "seasonality")
LATER = {"from_": "2026-03-03T00:00:00Z", "to": "2026-03-05T00:00:00Z"}
EARLIER = {"from_": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
WEEK = {"from_": "2026-03-09T00:00:00Z", "to": "2026-03-16T00:00:00Z"}


def by_group(answer: dict[str, Any], days: int = 0) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows' figures by their groups, days moved ahead."""
    found = {}
    for row in answer["rows"]:
        told = dict(row["group"])
        if "day" in told:
            told["day"] = str(date.fromisoformat(told["day"]) + timedelta(days=days))
        rest = {name: value for name, value in row.items() if name not in ("group", "previous")}
        found[(*told.values(), row.get("metric"))] = rest
    return found


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """OPS acknowledges and resolves within an hour around the clock."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.sla("OPS", targets=[{"metric": "resolve", "seconds": 3600}])
    return world


async def done(world: World, provider: str, opened: str, minutes: int) -> None:
    ticket = await world.ticket("SALES", provider, opened_at=f"2026-03-{opened}:00:00Z")
    await world.do("resolve", ticket["id"], f"2026-03-{opened}:{minutes:02}:00Z")


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("group_by", ["department", "priority,requester", "day,edge"])
async def test_what_stands_beside_is_what_the_report_on_the_period_before_says(
    client: httpx.AsyncClient, clock: Clock, name: str, group_by: str
) -> None:
    await random_world(client, clock, seed=random.Random(f"{name} {group_by}").randrange(1000))
    compared = await report(client, name, **LATER, group_by=group_by, compare="previous")
    before = await report(client, name, **EARLIER, group_by=group_by)
    alone = await report(client, name, **LATER, group_by=group_by)
    known = by_group(before, days=2)
    beside = {key: row["previous"] for key, row in zip(by_group(compared), compared["rows"], strict=True)}
    assert beside == {key: known.get(key) for key in by_group(alone)}
    assert by_group(compared) == by_group(alone)
    assert compared["totals"] == {**alone["totals"], "previous": before["totals"]}


async def test_a_group_that_was_not_there_has_nothing_beside_it(world: World) -> None:
    await done(world, "OPS", "10T09", 30)
    answer = await report(world.client, "service-levels", **WEEK, compare="previous")
    assert [row["previous"] for row in answer["rows"]] == [None]
    assert answer["totals"]["previous"]["decided"] == 0


async def test_a_group_that_is_no_longer_there_is_only_in_the_totals(world: World) -> None:
    await done(world, "OPS", "03T09", 30)
    answer = await report(world.client, "service-levels", **WEEK, compare="previous")
    assert (answer["rows"], answer["totals"]["previous"]["met"]) == ([], 1)
    assert answer["totals"]["previous"]["by_metric"][0]["met"] == 1


async def test_days_and_weeks_stand_beside_those_a_week_before(world: World) -> None:
    await done(world, "OPS", "03T09", 30)
    await done(world, "OPS", "10T09", 30)
    by_day = await report(world.client, "flow", **WEEK, group_by="day", compare="previous")
    assert [(row["group"]["day"], row["previous"]["resolved"]) for row in by_day["rows"][:1]] == [("2026-03-10", 1)]
    by_week = await report(world.client, "flow", **WEEK, group_by="week", compare="previous")
    assert [(row["group"]["week"], row["previous"]["resolved"]) for row in by_week["rows"]] == [("2026-03-09", 1)]


async def test_without_it_nothing_stands_beside(world: World) -> None:
    await done(world, "OPS", "10T09", 30)
    answer = await report(world.client, "service-levels", **WEEK)
    assert "previous" not in answer["totals"]
    assert "previous" not in answer["rows"][0]
    assert (figures(answer, "met"), totals(answer, "met")) == ({"OPS": (1,)}, (1,))


@pytest.mark.parametrize("query", ["compare=next", "group_by=month&compare=previous", "group_by=week&compare=previous"])
async def test_what_cannot_be_compared_is_a_problem(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/v1/metrics/flow?{query}")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?compare")


@pytest.mark.parametrize("name", REPORTS)
async def test_it_costs_one_statement_more(world: World, statements: Statements, name: str) -> None:
    async def cost(**query: str) -> int:
        statements.clear()
        await world.client.get(f"/v1/metrics/{name}", params={"from": "2026-03-09T00:00:00Z", **query})
        return len(statements)

    for day in range(3, 15):
        await done(world, "OPS", f"{day:02}T09", 30)
    await cost()
    assert await cost(compare="previous") == await cost() + 1
