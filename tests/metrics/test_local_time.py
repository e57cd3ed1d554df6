"""Days, weeks, months, weekdays and hours are those of the department's own time zone, unless one is asked for."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

HOUR = 3600
WAITED = "waiting_customer_seconds"
REPORTS = ("service-levels", "flow", "backlog", "handoffs", "approvals", "feedback", "seasonality")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-12-20T12:00:00+00:00")
    return World(client)


async def settled(world: World, key: str, timezone: str) -> str:
    """A department that lives in a zone, and resolves within an hour."""
    calendar = await world.calendar(timezone, timezone=timezone)
    department = await world.post("/v1/departments", {"key": key, "name": key, "calendar_id": calendar})
    world.departments[key] = department["id"]
    await world.sla(key, targets=[{"metric": "resolve", "seconds": HOUR}])
    return str(department["id"])


async def asked(world: World, provider: str, opened: str, **fields: Any) -> str:
    return str((await world.ticket("SALES", provider, opened_at=f"{opened}Z", **fields))["id"])


async def waited(world: World, provider: str, begun: str, ended: str) -> str:
    """A ticket that was opened and waited for the customer from then on."""
    ticket = await asked(world, provider, begun)
    await world.do("wait", ticket, f"{begun}Z", on="customer")
    await world.do("resume", ticket, f"{ended}Z")
    return ticket


async def days(world: World, name: str, *names: str, stretch: str = "day", **query: str) -> dict[str, tuple[Any, ...]]:
    period = {"from_": "2026-01-01T00:00:00Z", "to": "2026-12-20T00:00:00Z"}
    answer = await report(world.client, name, **{**period, "group_by": stretch, **query})
    return {told: found for told, found in figures(answer, *names).items() if any(found)}


async def test_each_department_dates_by_its_own_calendar_and_one_without_in_utc(world: World) -> None:
    await settled(world, "BERLIN", "Europe/Berlin")
    await settled(world, "TOKYO", "Asia/Tokyo")
    for provider in ("BERLIN", "TOKYO", "NOWHERE"):
        await asked(world, provider, "2026-07-31T15:30:00")
    answer = await report(
        world.client, "flow", from_="2026-07-01T00:00:00Z", to="2026-09-01T00:00:00Z", group_by="month,provider"
    )
    opened = {told: found for told, found in figures(answer, "tickets").items() if any(found)}
    assert opened == {
        ("2026-07-01", "BERLIN"): (1,),
        ("2026-07-01", "NOWHERE"): (1,),
        ("2026-08-01", "TOKYO"): (1,),
    }


async def test_one_zone_that_is_asked_for_holds_for_all(world: World) -> None:
    await settled(world, "BERLIN", "Europe/Berlin")
    for provider in ("BERLIN", "NOWHERE"):
        await asked(world, provider, "2026-07-31T23:30:00")
    assert await days(world, "flow", "tickets") == {"2026-07-31": (1,), "2026-08-01": (1,)}
    assert await days(world, "flow", "tickets", timezone="America/New_York") == {"2026-07-31": (2,)}
    assert await days(world, "flow", "tickets", timezone="Asia/Kolkata") == {"2026-08-01": (2,)}


async def test_a_zone_that_looks_like_an_abbreviation_keeps_its_summer_time(world: World) -> None:
    await settled(world, "CENTRAL", "CET")
    await asked(world, "CENTRAL", "2026-07-31T22:30:00")
    assert await days(world, "flow", "tickets") == {"2026-08-01": (1,)}
    assert await days(world, "flow", "tickets", timezone="CET") == {"2026-08-01": (1,)}
    assert await days(world, "flow", "tickets", timezone="EET") == {"2026-08-01": (1,)}
    assert await days(world, "flow", "tickets", timezone="WET") == {"2026-07-31": (1,)}


@pytest.mark.parametrize("name", REPORTS)
async def test_every_report_takes_a_zone(world: World, name: str) -> None:
    await settled(world, "BERLIN", "Europe/Berlin")
    ticket = await asked(world, "BERLIN", "2026-12-15T23:30:00")
    await world.do("resolve", ticket, "2026-12-15T23:45:00Z")
    await world.do("feedback", ticket, "2026-12-15T23:50:00Z", score=5)
    query = {"group_by": "day,week,month", "to": "2026-12-17T00:00:00Z", "from_": "2026-12-01T00:00:00Z"}
    told = {"day": "2026-12-16", "week": "2026-12-14", "month": "2026-12-01"}
    expected = [] if name in ("approvals", "backlog") else [told]
    assert [row["group"] for row in (await report(world.client, name, **query))["rows"]] == expected
    in_utc = (await report(world.client, name, **query, timezone="UTC"))["rows"]
    assert [row["group"] for row in in_utc] == [{**each, "day": "2026-12-15"} for each in expected]


async def test_the_stock_stands_at_the_local_day_of_its_opening(world: World) -> None:
    await settled(world, "BERLIN", "Europe/Berlin")
    await asked(world, "BERLIN", "2026-12-15T23:30:00")
    assert await days(world, "backlog", "open") == {"2026-12-16": (1,)}


async def test_a_ticket_passed_between_zones_was_opened_on_one_day(world: World) -> None:
    """As a whole it lies in the zone of its provider; at each department, in that one's."""
    await settled(world, "BERLIN", "Europe/Berlin")
    ticket = await asked(world, "NOWHERE", "2026-07-31T22:30:00")
    await world.do("transfer", ticket, "2026-08-01T09:00:00Z", department="BERLIN")
    assert await days(world, "handoffs", "tickets") == {"2026-08-01": (1,)}
    assert await days(world, "handoffs", "tickets", stretch="day,department") == {
        ("2026-07-31", "NOWHERE"): (1,),
        ("2026-08-01", "BERLIN"): (1,),
    }


async def test_a_clock_is_decided_on_the_day_of_the_department_whose_clock_it_is(world: World) -> None:
    await settled(world, "TOKYO", "Asia/Tokyo")
    ticket = await asked(world, "TOKYO", "2026-07-31T15:30:00")
    await world.do("transfer", ticket, "2026-07-31T15:40:00Z", department="NOWHERE")
    await world.do("resolve", ticket, "2026-07-31T15:50:00Z")
    assert await days(world, "service-levels", "met", stretch="day,holder") == {("2026-08-01", "NOWHERE"): (1,)}


async def test_waits_are_cut_at_local_midnights_also_where_the_clocks_change(world: World) -> None:
    await settled(world, "BERLIN", "Europe/Berlin")
    await waited(world, "BERLIN", "2026-03-28T22:00:00", "2026-03-30T06:00:00")
    assert await days(world, "flow", WAITED) == {
        "2026-03-28": (HOUR,),
        "2026-03-29": (23 * HOUR,),
        "2026-03-30": (8 * HOUR,),
    }
    assert await days(world, "flow", WAITED, stretch="week") == {"2026-03-23": (24 * HOUR,), "2026-03-30": (8 * HOUR,)}


async def test_waits_are_cut_at_a_midnight_that_comes_twice_where_it_comes_first(world: World) -> None:
    await settled(world, "HAVANA", "America/Havana")
    await waited(world, "HAVANA", "2026-11-01T03:00:00", "2026-11-02T06:00:00")
    assert await days(world, "flow", WAITED) == {
        "2026-10-31": (HOUR,),
        "2026-11-01": (25 * HOUR,),
        "2026-11-02": (HOUR,),
    }


async def test_waits_are_cut_where_a_day_begins_that_has_no_midnight(world: World) -> None:
    await settled(world, "CAIRO", "Africa/Cairo")
    await waited(world, "CAIRO", "2026-04-23T20:00:00", "2026-04-24T23:00:00")
    assert await days(world, "flow", WAITED) == {
        "2026-04-23": (2 * HOUR,),
        "2026-04-24": (23 * HOUR,),
        "2026-04-25": (2 * HOUR,),
    }


async def test_half_an_hour_of_summer_time_lengthens_a_day_by_half_an_hour(world: World) -> None:
    await settled(world, "HOWE", "Australia/Lord_Howe")
    await waited(world, "HOWE", "2026-04-04T12:00:00", "2026-04-05T14:00:00")
    assert await days(world, "flow", WAITED) == {
        "2026-04-04": (HOUR,),
        "2026-04-05": (24 * HOUR + HOUR // 2,),
        "2026-04-06": (HOUR // 2,),
    }


async def test_a_day_that_never_was_has_nothing(world: World) -> None:
    """Samoa went from 29 to 31 December 2011."""
    await settled(world, "APIA", "Pacific/Apia")
    await waited(world, "APIA", "2011-12-30T08:00:00", "2011-12-30T14:00:00")
    period = {"from_": "2011-12-01T00:00:00Z", "to": "2012-01-15T00:00:00Z"}
    assert await days(world, "flow", WAITED, **period) == {"2011-12-29": (2 * HOUR,), "2011-12-31": (4 * HOUR,)}


async def test_cutting_by_local_days_loses_and_doubles_no_second(world: World) -> None:
    for number, zone in enumerate(("Africa/Casablanca", "America/Havana", "Antarctica/Troll", "Asia/Beirut")):
        await settled(world, f"D{number}", zone)
        await waited(world, f"D{number}", "2026-01-03T04:05:06", "2026-12-15T16:17:18")
    for stretch in ("day", "week", "month", "week,month"):
        answer = await report(
            world.client,
            "flow",
            from_="2026-02-01T00:00:00Z",
            to="2026-12-01T00:00:00Z",
            group_by=f"provider,{stretch}",
        )
        assert sum(row[WAITED] for row in answer["rows"]) == 4 * 303 * 24 * HOUR == totals(answer, WAITED)[0]


async def test_it_costs_two_statements_whatever_the_zones(world: World, statements: Statements) -> None:
    for key, zone in (("BERLIN", "Europe/Berlin"), ("TOKYO", "Asia/Tokyo"), ("HAVANA", "America/Havana")):
        await settled(world, key, zone)
        await asked(world, key, "2026-12-15T23:30:00")
    statements.clear()
    await world.client.get("/v1/metrics/flow", params={"group_by": "day,week,month"})
    assert len(statements) == 2


@pytest.mark.parametrize("zone", ["Mars/Olympus", "localtime", "", "europe/berlin", "+02:00"])
async def test_a_zone_that_is_none_is_a_problem(client: httpx.AsyncClient, zone: str) -> None:
    response = await client.get("/v1/metrics/flow", params={"timezone": zone})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?timezone")
