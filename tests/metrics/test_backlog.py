"""`/v1/metrics/backlog`: what is open at an instant, and for how long."""

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

HOUR = 3600
DAY = 86400
STOCK = ("open", "waiting", "overdue", "oldest_seconds")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within a day around the clock and pauses for customers; OPS promises nothing."""
    clock.at("2026-03-20T12:00:00+00:00")
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": DAY}], pause_on=["customer"])
    return world


async def asked(world: World, provider: str, opened: str) -> str:
    return str((await world.ticket("SALES", provider, opened_at=f"{opened}Z"))["id"])


async def test_the_stock_is_told_by_provider_with_its_oldest(world: World) -> None:
    await asked(world, "FIN", "2026-03-20T11:00:00")
    await asked(world, "FIN", "2026-03-19T11:00:00")
    paused = await asked(world, "FIN", "2026-03-10T12:00:00")
    await world.do("wait", paused, "2026-03-10T13:00:00Z", on="customer")
    depending = await asked(world, "OPS", "2026-01-01T12:00:00")
    await world.do("wait", depending, "2026-03-10T13:00:00Z", on="dependency")
    for done, verb in (("2026-03-19T10:00:00", "resolve"), ("2026-03-19T10:00:00", "cancel")):
        await world.do(verb, await asked(world, "OPS", done))
    answer = await report(world.client, "backlog")
    assert answer["group_by"] == ["department"]
    assert figures(answer, *STOCK) == {"FIN": (3, 1, 1, 10 * DAY), "OPS": (1, 1, 0, 78 * DAY)}
    assert totals(answer, *STOCK) == (4, 2, 1, 78 * DAY)


async def test_ages_fall_into_buckets_that_have_their_lower_bound(world: World) -> None:
    days_ago = {0: "20", 1: "19", 3: "17", 7: "13", 14: "06"}
    for day in days_ago.values():
        await asked(world, "OPS", f"2026-03-{day}T12:00:00")
        if day != "20":
            await asked(world, "OPS", f"2026-03-{day}T12:00:01")
    await asked(world, "OPS", "2026-02-18T12:00:01")
    await asked(world, "OPS", "2026-02-18T12:00:00")
    assert (await report(world.client, "backlog"))["totals"]["ages"] == {
        "under_1_day": 2,
        "from_1_to_3_days": 2,
        "from_3_to_7_days": 2,
        "from_7_to_14_days": 2,
        "from_14_to_30_days": 2,
        "over_30_days": 1,
    }


async def test_a_ticket_is_overdue_from_the_second_after_its_due_time(world: World, clock: Clock) -> None:
    await asked(world, "FIN", "2026-03-20T12:00:00")
    clock.at("2026-03-21T12:00:00+00:00")
    assert totals(await report(world.client, "backlog"), "overdue") == (0,)
    clock.at("2026-03-21T12:00:01+00:00")
    assert totals(await report(world.client, "backlog"), "overdue") == (1,)


async def test_a_breach_goes_on_being_overdue_while_it_waits(world: World) -> None:
    ticket = await asked(world, "FIN", "2026-03-10T12:00:00")
    await world.do("wait", ticket, "2026-03-12T12:00:00Z", on="customer")
    assert totals(await report(world.client, "backlog"), "waiting", "overdue") == (1, 1)


async def test_a_past_to_shows_what_was_open_then(world: World) -> None:
    ticket = await asked(world, "FIN", "2026-03-10T12:00:00")
    await world.do("wait", ticket, "2026-03-10T18:00:00Z", on="requester")
    await world.do("resolve", ticket, "2026-03-12T12:00:00Z")
    stock = ("open", "waiting", "overdue", "oldest_seconds")
    expected = {
        "2026-03-10T12:00:00Z": (0, 0, 0, None),
        "2026-03-10T18:00:00Z": (1, 0, 0, 6 * HOUR),
        "2026-03-11T12:00:00Z": (1, 1, 0, DAY),
        "2026-03-12T12:00:00Z": (1, 1, 1, 2 * DAY),
        "2026-03-12T12:00:01Z": (0, 0, 0, None),
    }
    for to, figures_then in expected.items():
        assert totals(await report(world.client, "backlog", to=to), *stock) == figures_then, to


async def test_grouped_by_time_a_ticket_stands_where_it_was_opened(world: World) -> None:
    for opened in ("2026-02-27T12:00:00", "2026-03-01T12:00:00", "2026-03-02T12:00:00"):
        await asked(world, "OPS", opened)
    answer = await report(world.client, "backlog", group_by="week")
    assert figures(answer, "open") == {"2026-02-23": (2,), "2026-03-02": (1,)}


async def test_it_costs_one_statement_whatever_there_is(world: World, statements: Statements) -> None:
    for number in range(6):
        await asked(world, f"D{number}", f"2026-03-{number + 3:02}T09:00:00")
    statements.clear()
    await world.client.get("/v1/metrics/backlog", params={"group_by": "edge,customer_tier"})
    assert len(statements) == 1
