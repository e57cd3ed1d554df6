"""`/v1/metrics/handoffs`: how tickets were passed around."""

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600
DAY = 86400
PASSING = ("tickets", "legs", "transfers", "returns", "ping_pong")
WAITING = "waiting_in_transfer_seconds"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def asked(world: World, provider: str, opened: str = MONDAY + "09:00:00") -> str:
    return str((await world.ticket("SALES", provider, opened_at=f"{opened}Z"))["id"])


async def passed(world: World, ticket: str, department: str, hour: int) -> None:
    await world.do("transfer", ticket, f"{MONDAY}{hour:02}:00:00Z", department=department)


async def test_legs_count_at_the_departments_that_held_them_and_tickets_once_in_the_totals(world: World) -> None:
    await asked(world, "FIN")
    once = await asked(world, "FIN")
    await passed(world, once, "OPS", 10)
    back = await asked(world, "FIN")
    await passed(world, back, "OPS", 10)
    await passed(world, back, "LEGAL", 11)
    await passed(world, back, "FIN", 12)
    answer = await report(world.client, "handoffs")
    assert answer["group_by"] == ["department"]
    assert figures(answer, *PASSING) == {
        "FIN": (3, 4, 1, 0, 1),
        "LEGAL": (1, 1, 1, 0, 0),
        "OPS": (2, 2, 2, 0, 0),
    }
    assert totals(answer, *PASSING) == (3, 7, 4, 0, 1)


async def test_by_anything_but_department_a_ticket_counts_as_a_whole(world: World) -> None:
    ticket = await asked(world, "FIN")
    await passed(world, ticket, "OPS", 10)
    await passed(world, ticket, "FIN", 11)
    await passed(world, ticket, "OPS", 12)
    whole = (1, 4, 3, 0, 1)
    assert figures(await report(world.client, "handoffs", group_by="provider"), *PASSING) == {"OPS": whole}
    assert figures(await report(world.client, "handoffs", group_by="edge"), *PASSING) == {("SALES", "OPS"): whole}
    assert figures(await report(world.client, "handoffs", group_by="day"), *PASSING) == {"2026-03-02": whole}
    only_fin = await report(world.client, "handoffs", department_id=world.departments["FIN"])
    assert totals(only_fin, *PASSING) == (1, 2, 1, 0, 1)


async def test_a_return_is_counted_as_such_and_comes_back(world: World) -> None:
    ticket = await asked(world, "FIN")
    await passed(world, ticket, "OPS", 10)
    await world.do("return", ticket, MONDAY + "11:00:00Z")
    await world.do("acknowledge", ticket, MONDAY + "11:30:00Z")
    answer = await report(world.client, "handoffs")
    assert figures(answer, *PASSING, WAITING) == {
        "FIN": (1, 2, 0, 1, 1, HOUR // 2),
        "OPS": (1, 1, 1, 0, 0, HOUR),
    }


async def test_questions_and_reopenings_count_at_the_department_in_whose_leg_they_were(world: World) -> None:
    ticket = await asked(world, "FIN")
    await world.do("ask", ticket, MONDAY + "09:10:00Z")
    await world.do("ask", ticket, MONDAY + "09:20:00Z")
    await passed(world, ticket, "OPS", 10)
    await world.do("ask", ticket, MONDAY + "10:10:00Z")
    await world.do("resolve", ticket, MONDAY + "11:00:00Z")
    await world.do("reopen", ticket, MONDAY + "12:00:00Z")
    answer = await report(world.client, "handoffs")
    assert figures(answer, "questions", "reopened") == {"FIN": (2, 0), "OPS": (1, 1)}
    assert totals(answer, "questions", "reopened") == (3, 1)


async def test_a_hand_off_waits_until_it_is_accepted_or_acknowledged(world: World) -> None:
    accepted = await asked(world, "FIN")
    await passed(world, accepted, "OPS", 10)
    await world.do("accept", accepted, MONDAY + "10:20:00Z")
    await world.do("start", accepted, MONDAY + "15:00:00Z")
    assert totals(await report(world.client, "handoffs"), WAITING) == (1200,)
    acknowledged = await asked(world, "FIN")
    await passed(world, acknowledged, "OPS", 10)
    await world.do("acknowledge", acknowledged, MONDAY + "10:30:00Z")
    assert totals(await report(world.client, "handoffs"), WAITING) == (1200 + 1800,)


async def test_a_hand_off_nobody_took_waits_until_it_is_passed_on_or_cancelled_or_now(world: World) -> None:
    ticket = await asked(world, "FIN")
    await passed(world, ticket, "OPS", 10)
    await passed(world, ticket, "LEGAL", 12)
    lasting = await report(world.client, "handoffs")
    assert figures(lasting, WAITING) == {"FIN": (0,), "OPS": (2 * HOUR,), "LEGAL": (18 * DAY,)}
    await world.do("cancel", ticket, MONDAY + "15:00:00Z")
    ended = await report(world.client, "handoffs")
    assert figures(ended, WAITING) == {"FIN": (0,), "OPS": (2 * HOUR,), "LEGAL": (3 * HOUR,)}


async def test_tickets_opened_in_the_period_are_counted_with_all_that_became_of_them(world: World) -> None:
    ticket = await asked(world, "FIN", "2026-02-28T23:00:00")
    await passed(world, ticket, "OPS", 10)
    assert totals(await report(world.client, "handoffs"), "tickets", "legs") == (0, 0)
    february = {"from_": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    assert totals(await report(world.client, "handoffs", **february), "tickets", "legs") == (1, 2)


UNACCEPTED = ("unaccepted", "oldest_unaccepted_seconds")


async def test_hand_offs_that_nobody_has_taken_on_age(world: World) -> None:
    for hour, accepted in ((9, True), (10, False), (11, False)):
        ticket = await asked(world, "FIN")
        await passed(world, ticket, "OPS", hour)
        if accepted:
            await world.do("accept", ticket)
    done = await asked(world, "FIN")
    await passed(world, done, "OPS", 12)
    await world.do("resolve", done)
    answer = await report(world.client, "handoffs")
    assert figures(answer, *UNACCEPTED) == {"FIN": (0, None), "OPS": (2, 18 * DAY + 2 * HOUR)}
    assert totals(answer, *UNACCEPTED) == (2, 18 * DAY + 2 * HOUR)


AGAIN = ("questions", "asked_again", "asked_again_seconds")


async def test_questions_asked_again_count_where_they_were_asked_with_the_time_until_they_were_answered(
    world: World,
) -> None:
    ticket = await asked(world, "FIN")
    await passed(world, ticket, "OPS", 10)
    for hour, told_in in ((11, 2), (13, None)):
        await world.do("ask", ticket, f"{MONDAY}{hour}:00:00Z")
        answer = {"body": "See there.", **({"told_in": told_in} if told_in else {})}
        await world.do("comment", ticket, f"{MONDAY}{hour + 1}:30:00Z", **answer)
    both = (2, 1, HOUR + HOUR // 2)
    assert figures(await report(world.client, "handoffs"), *AGAIN) == {"FIN": (0, 0, 0), "OPS": both}
    by_edge = await report(world.client, "handoffs", group_by="requester,department")
    assert figures(by_edge, *AGAIN) == {("SALES", "FIN"): (0, 0, 0), ("SALES", "OPS"): both}
    assert figures(await report(world.client, "handoffs", group_by="customer"), *AGAIN) == {"ACME": both}


async def test_it_costs_one_statement_and_by_time_two(world: World, statements: Statements) -> None:
    for number in range(6):
        await passed(world, await asked(world, f"D{number}"), "OPS", 10)
    statements.clear()
    await world.client.get("/v1/metrics/handoffs", params={"group_by": "department,day"})
    assert len(statements) == 2
