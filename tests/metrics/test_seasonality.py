"""`/v1/metrics/seasonality`: on which weekday, at which hour, tickets come and clocks are breached."""

from typing import Any

import httpx
import pytest

from app.directory.calendar import WEEKDAYS
from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

HOUR = 3600
WHEN = ("arrivals", "breaches")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """OPS acknowledges within an hour and resolves within four around the clock; BERLIN promises nothing, there."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.sla(
        "OPS", targets=[{"metric": "acknowledge", "seconds": HOUR}, {"metric": "resolve", "seconds": 4 * HOUR}]
    )
    calendar = await world.calendar("berlin", timezone="Europe/Berlin")
    made = await world.post("/v1/departments", {"key": "BERLIN", "name": "Berlin", "calendar_id": calendar})
    world.departments["BERLIN"] = made["id"]
    return world


async def asked(world: World, provider: str, opened: str, **fields: Any) -> str:
    return str((await world.ticket("SALES", provider, opened_at=f"2026-03-{opened}Z", **fields))["id"])


async def seen(world: World, **query: Any) -> dict[Any, tuple[Any, ...]]:
    """The rows that are not of zeros."""
    answer = await report(world.client, "seasonality", **query)
    return {group: found for group, found in figures(answer, *WHEN).items() if any(found)}


async def test_every_cell_of_the_week_has_a_row_from_monday_on(world: World) -> None:
    answer = await report(world.client, "seasonality")
    assert answer["group_by"] == ["weekday", "hour"]
    cells = [(row["group"]["weekday"], row["group"]["hour"]) for row in answer["rows"]]
    assert cells == [(day, hour) for day in WEEKDAYS for hour in range(24)]
    assert {(row["arrivals"], row["breaches"], row["excluded"]) for row in answer["rows"]} == {(0, 0, 0)}


async def test_arrivals_and_breaches_stand_where_they_happened(world: World) -> None:
    late = await asked(world, "OPS", "02T09:30:00")
    await world.do("acknowledge", late, "2026-03-02T15:00:00Z")
    await asked(world, "OPS", "03T22:10:00")
    kept = await asked(world, "OPS", "09T09:59:59")
    await world.do("resolve", kept, "2026-03-09T10:30:00Z")
    assert await seen(world) == {
        ("mon", 9): (2, 0),
        ("mon", 10): (0, 1),
        ("mon", 13): (0, 1),
        ("tue", 22): (1, 0),
        ("tue", 23): (0, 1),
        ("wed", 2): (0, 1),
    }
    assert totals(await report(world.client, "seasonality"), *WHEN) == (3, 4)


@pytest.mark.parametrize(("cycle", "cells"), [("weekday", 7), ("hour", 24)])
async def test_by_one_of_them_alone_every_cell_has_a_row_too(world: World, cycle: str, cells: int) -> None:
    await asked(world, "BERLIN", "08T23:30:00")
    answer = await report(world.client, "seasonality", group_by=cycle)
    assert len(answer["rows"]) == cells
    assert await seen(world, group_by=cycle) == {{"weekday": "mon", "hour": 0}[cycle]: (1, 0)}


async def test_hours_come_first_when_they_are_asked_first(world: World) -> None:
    answer = await report(world.client, "seasonality", group_by="hour,weekday")
    assert [tuple(row["group"].values()) for row in answer["rows"][:8]] == [
        *((0, day) for day in WEEKDAYS),
        (1, "mon"),
    ]


async def test_each_department_has_its_own_time_and_grouped_further_only_what_there_is(world: World) -> None:
    await asked(world, "BERLIN", "08T23:30:00")
    await asked(world, "LEGAL", "08T23:30:00")
    assert await seen(world) == {("sun", 23): (1, 0), ("mon", 0): (1, 0)}
    assert await seen(world, timezone="Asia/Kolkata") == {("mon", 5): (2, 0)}
    answer = await report(world.client, "seasonality", group_by="department,hour,weekday")
    assert figures(answer, *WHEN) == {("BERLIN", 0, "mon"): (1, 0), ("LEGAL", 23, "sun"): (1, 0)}


async def test_a_ticket_arrived_where_it_was_asked_first_and_a_clock_broke_where_it_ran(world: World) -> None:
    ticket = await asked(world, "BERLIN", "02T09:00:00")
    await world.do("transfer", ticket, "2026-03-02T10:00:00Z", department="OPS")
    answer = await report(world.client, "seasonality", group_by="department,weekday")
    assert figures(answer, *WHEN) == {("BERLIN", "mon"): (1, 0), ("OPS", "mon"): (0, 2)}
    only_ops = await report(world.client, "seasonality", department_id=world.departments["OPS"])
    assert totals(only_ops, *WHEN) == (0, 2)


async def test_breaches_are_those_that_service_levels_tell(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    await world.ticket("SALES", "OPS")
    for instant, breaches in (("T10:00:00", 0), ("T10:00:01", 1), ("T13:00:00", 1), ("T13:00:01", 2)):
        clock.at(f"2026-03-02{instant}+00:00")
        assert totals(await report(world.client, "seasonality"), "breaches") == (breaches,)
        assert totals(await report(world.client, "service-levels"), "breached") == (breaches,)


async def test_it_is_compared_cell_by_cell(world: World) -> None:
    await asked(world, "BERLIN", "04T09:30:00")
    await asked(world, "LEGAL", "11T10:30:00")
    await asked(world, "LEGAL", "12T10:30:00")
    await asked(world, "LEGAL", "06T10:30:00")
    week = {"from_": "2026-03-09T00:00:00Z", "to": "2026-03-16T00:00:00Z"}
    answer = await report(world.client, "seasonality", compare="previous", **week)
    assert len(answer["rows"]) == 168
    told = {
        tuple(row["group"].values()): (row["arrivals"], row["previous"]["arrivals"])
        for row in answer["rows"]
        if row["arrivals"] or row["previous"]["arrivals"]
    }
    assert told == {("wed", 10): (1, 1), ("thu", 10): (1, 0), ("fri", 10): (0, 1)}


async def test_filters_choose_as_elsewhere(world: World) -> None:
    await asked(world, "OPS", "02T09:00:00", priority="p1")
    await asked(world, "OPS", "03T09:00:00")
    assert await seen(world, group_by="weekday", priority="p1") == {"mon": (1, 2)}
    by_both = await seen(world, group_by="priority,weekday")
    assert by_both == {("p1", "mon"): (1, 2), ("p3", "tue"): (1, 2)}


async def test_it_costs_two_statements(world: World, statements: Statements) -> None:
    await asked(world, "OPS", "02T09:00:00")
    statements.clear()
    await world.client.get("/v1/metrics/seasonality")
    assert len(statements) == 2


async def test_no_other_report_groups_by_what_comes_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/metrics/flow?group_by=weekday")).status_code == 422
