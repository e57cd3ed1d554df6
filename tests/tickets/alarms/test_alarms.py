"""Alarms: each told once, at its instant, by whoever comes first: a worker, or what is done to the ticket next."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from app.kernel.database import Database
from app.tickets.alarms.alarms import BATCH, LEFT_FOR, Alarms
from app.tickets.tables import ticket_clocks, tickets
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

HOUR = 3600
TARGETS = [{"metric": "acknowledge", "seconds": HOUR}, {"metric": "resolve", "seconds": 4 * HOUR}]
Told = tuple[str, str, str, float | None]


def at(time: str) -> str:
    """An instant of Monday, 2 March 2026."""
    return f"2026-03-02T{time}+00:00"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """Finance acknowledges within an hour and resolves within four, all day, warning at the half and at 80 %."""
    clock.at(at("08:00:00"))
    world = World(client)
    await world.sla("FIN", targets=TARGETS, warn_at=[0.5, 0.8], pause_on=["customer"])
    clock.at(at("09:00:00"))
    return world


async def work(database: Database, time: str) -> int:
    """What a worker does at that instant: all that is due by then."""
    done, now = 0, datetime.fromisoformat(at(time) if len(time) == 8 else time)
    while turn := await Alarms().turn(database, now):
        done += turn
    return done


async def feed(world: World, types: str = "sla.*") -> list[dict[str, Any]]:
    found, after = [], 0
    while page := (await world.get(f"/v1/events?after={after}&types={types}&limit=200")):
        found += page["items"]
        if len(page["items"]) < 200:
            break
        after = page["next"]
    return found


async def told(world: World) -> list[Told]:
    return [
        (event["type"], event["occurred_at"][11:19], event["data"]["clock"]["metric"], event["data"].get("fraction"))
        for event in await feed(world)
    ]


async def next_alarm(database: Database) -> datetime | None:
    async with database.reading() as connection:
        return await Alarms().next_at(connection)


async def test_warnings_and_breaches_are_told_at_their_instants_in_order_and_once(
    world: World, database: Database
) -> None:
    await world.ticket("SALES", "FIN")
    for time in ("09:29:59", "09:30:00", "09:30:00", "09:48:00", "10:00:00", "10:00:01", "10:00:01", "14:00:00"):
        await work(database, time)
    assert await told(world) == [
        ("sla.warning", "09:30:00", "acknowledge", 0.5),
        ("sla.warning", "09:48:00", "acknowledge", 0.8),
        ("sla.breached", "10:00:00", "acknowledge", None),
        ("sla.warning", "11:00:00", "resolve", 0.5),
        ("sla.warning", "12:12:00", "resolve", 0.8),
        ("sla.breached", "13:00:00", "resolve", None),
    ]
    assert await next_alarm(database) is None


async def test_the_next_alarm_is_known_when_a_ticket_is_opened_and_after_each(world: World, database: Database) -> None:
    await world.ticket("SALES", "FIN")
    known = []
    while (instant := await next_alarm(database)) is not None:
        known.append(instant.isoformat()[11:19])
        await work(database, known[-1])
    assert known == ["09:30:00", "09:48:00", "10:00:01", "11:00:00", "12:12:00", "13:00:01"]


async def test_an_alarm_tells_the_ticket_and_the_clock_as_reading_them_would_then(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    seen = []
    for time in ("09:30:00", "10:00:01"):
        clock.at(at(time))
        seen.append(await world.get(f"/v1/tickets/{ticket['id']}"))
    await work(database, "10:00:01")
    warning, _, breach = (event["data"] for event in await feed(world))
    assert [warning["ticket"], breach["ticket"]] == seen
    assert [warning["clock"], breach["clock"]] == [each["clocks"][0] for each in seen]
    assert (warning["clock"]["state"], warning["clock"]["elapsed_seconds"]) == ("running", 1800)
    assert (breach["clock"]["state"], breach["clock"]["breached_at"]) == ("breached", "2026-03-02T10:00:00Z")
    assert warning["actor"] == breach["actor"] == {"type": "system"}


async def test_after_downtime_every_alarm_is_told_with_its_true_instant_and_as_it_was_then(
    world: World, database: Database
) -> None:
    for _ in range(3):
        await world.ticket("SALES", "FIN")
    await work(database, "12:30:00")
    events = await feed(world)
    times = ["09:30:00", "09:48:00", "10:00:00", "11:00:00", "12:12:00"]
    assert [event["occurred_at"][11:19] for event in events] == [time for time in times for _ in range(3)]
    assert {event["data"]["clock"]["elapsed_seconds"] for event in events} == {1800, 2880, 3601, 7200, 11520}


async def test_what_is_done_to_a_ticket_tells_first_what_fell_due_before_it(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    clock.at(at("11:30:00"))
    await world.do("start", ticket["id"])
    await work(database, "11:30:00")
    assert [(event["type"], event["occurred_at"][11:19]) for event in await feed(world, "sla.*,ticket.*")] == [
        ("ticket.opened", "09:00:00"),
        ("sla.warning", "09:30:00"),
        ("sla.warning", "09:48:00"),
        ("sla.breached", "10:00:00"),
        ("sla.warning", "11:00:00"),
        ("ticket.started", "11:30:00"),
    ]
    assert await next_alarm(database) == datetime.fromisoformat(at("12:12:00"))


async def test_what_is_done_at_an_instant_prevents_only_the_alarms_after_it(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    clock.at(at("11:30:00"))
    await world.do("acknowledge", ticket["id"], at("09:40:00"))
    await work(database, "11:30:00")
    assert [(kind, time) for kind, time, _, _ in await told(world)] == [
        ("sla.warning", "09:30:00"),
        ("sla.met", "09:40:00"),
        ("sla.warning", "11:00:00"),
    ]


async def test_a_clock_that_is_met_at_its_due_time_is_met(world: World, database: Database, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await work(database, "10:00:00")
    clock.at(at("10:00:00"))
    await world.do("acknowledge", ticket["id"])
    await work(database, "10:00:01")
    assert (await told(world))[2:] == [("sla.met", "10:00:00", "acknowledge", None)]


async def test_what_is_met_is_told_after_the_action_that_met_it_with_who_did_it(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    clock.at(at("09:10:00"))
    after = await world.do("resolve", ticket["id"])
    events = await feed(world, "sla.*,ticket.resolved")
    assert [event["type"] for event in events] == ["ticket.resolved", "sla.met", "sla.met"]
    assert [event["data"]["clock"] for event in events[1:]] == after["clocks"]
    assert [event["data"]["ticket"] for event in events] == [after] * 3
    assert {event["data"]["actor"]["type"] for event in events} == {"api_key"}
    assert await next_alarm(database) is None


async def test_a_reopened_clock_is_silent_on_what_had_passed_and_its_new_decision_is_told(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    for verb, time in (("start", "09:01:00"), ("resolve", "11:30:00"), ("reopen", "15:00:00"), ("resolve", "16:00:00")):
        clock.at(at(time))
        await work(database, time)
        await world.do(verb, ticket["id"])
    clock.at(at("17:00:00"))
    await world.do("reopen", ticket["id"])
    await work(database, "20:00:00")
    assert [each for each in await told(world) if each[2] == "resolve"] == [
        ("sla.warning", "11:00:00", "resolve", 0.5),
        ("sla.met", "11:30:00", "resolve", None),
        ("sla.warning", "15:42:00", "resolve", 0.8),
        ("sla.met", "16:00:00", "resolve", None),
        ("sla.breached", "17:30:00", "resolve", None),
    ]


async def test_a_clock_without_time_left_is_breached_right_after_it_is_reopened(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    for verb, time in (("resolve", "13:00:00"), ("reopen", "15:00:00")):
        clock.at(at(time))
        await world.do(verb, ticket["id"])
    await work(database, "15:00:00")
    assert (await told(world))[-1] == ("sla.met", "13:00:00", "resolve", None)
    await work(database, "15:00:01")
    assert (await told(world))[-1] == ("sla.breached", "15:00:00", "resolve", None)


async def test_a_target_that_had_passed_when_it_was_set_is_breached_by_the_change(
    world: World, database: Database, clock: Clock
) -> None:
    urgent = [{"metric": "resolve", "seconds": HOUR}]
    await world.sla("FIN", rank=0, targets=urgent, warn_at=[0.5], priorities=["p1"])
    ticket = await world.ticket("SALES", "FIN")
    clock.at(at("10:30:00"))
    await work(database, "10:30:00")
    after = await world.do("prioritise", ticket["id"], priority="p1")
    await work(database, "18:00:00")
    event = (await feed(world))[-1]
    assert (event["type"], event["occurred_at"]) == ("sla.breached", "2026-03-02T10:30:00Z")
    assert event["data"]["clock"]["due_at"] == "2026-03-02T10:00:00Z"
    assert event["data"]["ticket"] == after
    assert [each for each in await told(world) if each[2] == "resolve"] == [
        ("sla.breached", "10:30:00", "resolve", None)
    ]


async def test_a_longer_target_does_not_warn_again_of_a_share_that_was_used_before(
    world: World, database: Database, clock: Clock
) -> None:
    urgent = [{"metric": "resolve", "seconds": HOUR}]
    await world.sla("FIN", rank=0, targets=urgent, warn_at=[0.5], priorities=["p1"])
    ticket = await world.ticket("SALES", "FIN", priority="p1")
    await work(database, "09:30:00")
    clock.at(at("09:36:00"))
    await world.do("prioritise", ticket["id"], priority="p3")
    await world.client.patch(f"/v1/calendars/{world.calendars['always']}", json={"holidays": ["2026-12-25"]})
    await work(database, "13:00:01")
    assert [each for each in await told(world) if each[2] == "resolve"] == [
        ("sla.warning", "09:30:00", "resolve", 0.5),
        ("sla.warning", "12:12:00", "resolve", 0.8),
        ("sla.breached", "13:00:00", "resolve", None),
    ]


async def test_no_alarm_comes_while_a_clock_is_paused_nor_once_it_ended(
    world: World, database: Database, clock: Clock
) -> None:
    """GLPI 24481: a ticket that waited was breached."""
    await world.sla("OPS", targets=[{"metric": "resolve", "seconds": HOUR}])
    waiting, cancelled, passed_on = [await world.ticket("SALES", "FIN") for _ in range(3)]
    clock.at(at("09:10:00"))
    await world.do("wait", waiting["id"], on="customer")
    await world.do("cancel", cancelled["id"])
    await world.do("transfer", passed_on["id"], department="OPS")
    await work(database, "10:30:00")
    events = await feed(world)
    assert [(each["type"], each["data"]["ticket"]["id"]) for each in events] == [
        ("sla.met", waiting["id"]),
        ("sla.breached", passed_on["id"]),
    ]
    assert events[-1]["data"]["clock"]["leg"] == 2
    clock.at(at("12:00:00"))
    await world.do("resume", waiting["id"])
    await work(database, "13:50:00")
    assert [
        (each["data"]["fraction"], each["occurred_at"][11:19])
        for each in await feed(world, "sla.warning")
        if each["data"]["ticket"]["id"] == waiting["id"]
    ] == [(0.5, "13:50:00")]


async def test_telling_leaves_the_tickets_version_and_stores_the_breach(
    world: World, database: Database, clock: Clock
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    clock.at(at("14:00:00"))
    before = await world.client.get(f"/v1/tickets/{ticket['id']}")
    await work(database, "14:00:00")
    after = await world.client.get(f"/v1/tickets/{ticket['id']}")
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])
    async with database.reading() as connection:
        stored = (await connection.execute(select(ticket_clocks.c.state, ticket_clocks.c.breached_at))).all()
        due_at, breached_at = (await connection.execute(select(tickets.c.due_at, tickets.c.breached_at))).one()
    assert {tuple(row) for row in stored} == {
        ("breached", datetime.fromisoformat(at("10:00:00"))),
        ("breached", datetime.fromisoformat(at("13:00:00"))),
    }
    assert due_at == breached_at == datetime.fromisoformat(at("13:00:00"))
    await world.do("comment", ticket["id"])
    await world.do("start", ticket["id"])
    async with database.reading() as connection:
        assert (await connection.execute(select(tickets.c.breached_at))).scalar_one() == breached_at
    await work(database, "18:00:00")
    assert len(await feed(world, "sla.breached")) == 2


async def test_a_ticket_opened_in_the_past_tells_at_once_what_has_passed(
    world: World, database: Database, clock: Clock
) -> None:
    clock.at(at("10:30:00"))
    await world.ticket("SALES", "FIN", opened_at=at("09:00:00"))
    await work(database, "10:30:00")
    assert [(kind, time) for kind, time, _, _ in await told(world)] == [
        ("sla.warning", "09:30:00"),
        ("sla.warning", "09:48:00"),
        ("sla.breached", "10:00:00"),
    ]


async def test_the_next_alarm_follows_a_changed_calendar(world: World, database: Database, clock: Clock) -> None:
    await world.ticket("SALES", "FIN")
    await work(database, "09:30:00")
    clock.at(at("09:40:00"))
    calendar = world.calendars["always"]
    afternoon = {"mon": [["00:00", "09:45"], ["13:00", "24:00"]], "tue": [["00:00", "24:00"]]}
    await world.client.patch(f"/v1/calendars/{calendar}", json={"hours": afternoon})
    assert await next_alarm(database) == datetime.fromisoformat(at("13:03:00"))
    clock.at(at("13:10:00"))
    await world.client.patch(f"/v1/calendars/{calendar}", json={"hours": {"tue": [["09:00", "17:00"]]}})
    await work(database, "13:20:00")
    assert (await told(world))[1:] == [("sla.warning", "13:03:00", "acknowledge", 0.8)]
    await work(database, "2026-03-03T09:05:01+00:00")
    assert (await told(world))[2:] == [("sla.breached", "09:05:00", "acknowledge", None)]


async def test_a_due_time_that_an_older_calendar_made_is_made_anew_before_anything_is_told(
    world: World, database: Database, clock: Clock
) -> None:
    await world.ticket("SALES", "FIN")
    clock.at(at("09:10:00"))
    stale = {"due_at": datetime.fromisoformat(at("10:00:00")), "next_alarm_at": datetime.fromisoformat(at("09:30:00"))}
    calendar = world.calendars["always"]
    await world.client.patch(
        f"/v1/calendars/{calendar}", json={"hours": {"mon": [["00:00", "09:10"], ["12:00", "24:00"]]}}
    )
    async with database.writing() as connection:
        await connection.execute(update(ticket_clocks).where(ticket_clocks.c.metric == "acknowledge").values(**stale))
    assert await work(database, "10:30:00") == 1
    assert await told(world) == []
    assert await next_alarm(database) == datetime.fromisoformat(at("12:20:00"))
    async with database.reading() as connection:
        due = select(ticket_clocks.c.due_at).where(ticket_clocks.c.metric == "acknowledge")
        assert (await connection.execute(due)).scalar_one() == datetime.fromisoformat(at("12:50:00"))


async def a_storm(world: World, count: int) -> None:
    draft = await world.draft("SALES", "FIN")
    for begin in range(0, count, 500):
        items = [draft] * min(500, count - begin)
        await world.post("/v1/tickets/batch", {"items": items}, status=200)


async def test_many_workers_tell_each_alarm_once(world: World, database: Database) -> None:
    await a_storm(world, 3 * BATCH)
    now = datetime.fromisoformat(at("10:00:01"))

    async def worker() -> None:
        while (due := await next_alarm(database)) is not None and due <= now:
            await Alarms().turn(database, now)

    await asyncio.gather(*(worker() for _ in range(4)))
    events = await feed(world)
    assert len(events) == 9 * BATCH
    assert len({(each["data"]["ticket"]["id"], each["occurred_at"]) for each in events}) == 9 * BATCH


async def test_workers_and_those_who_act_at_the_same_time_tell_each_alarm_once(
    world: World, database: Database, clock: Clock
) -> None:
    await a_storm(world, 60)
    clock.at(at("10:00:01"))
    ids = [ticket["id"] for ticket in (await world.get("/v1/tickets?limit=200"))["items"]]
    await asyncio.gather(
        *(world.do("resolve" if index % 2 else "start", id_) for index, id_ in enumerate(ids)),
        *(work(database, "10:00:01") for _ in range(3)),
    )
    await work(database, "10:00:01")
    events = await feed(world)
    told_of = Counter((each["type"], each["data"]["clock"]["metric"], each["data"].get("fraction")) for each in events)
    assert told_of == {
        ("sla.warning", "acknowledge", 0.5): 60,
        ("sla.warning", "acknowledge", 0.8): 60,
        ("sla.breached", "acknowledge", None): 60,
        ("sla.met", "resolve", None): 30,
    }
    for ticket_id in ids:
        own = [each["occurred_at"] for each in events if each["data"]["ticket"]["id"] == ticket_id]
        assert own == sorted(own)


async def test_a_batch_costs_the_same_statements_however_many_alarms_it_tells(
    world: World, database: Database, statements: Statements
) -> None:
    costs = []
    for count in (1, 40):
        await a_storm(world, count)
        statements.clear()
        await Alarms().turn(database, datetime.fromisoformat(at("10:00:01")))
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_a_ticket_whose_alarms_cannot_be_told_keeps_nobody_elses_from_being_told(
    world: World, database: Database
) -> None:
    tickets_made = [await world.ticket("SALES", "FIN") for _ in range(4)]
    impossible = {"elapsed_seconds": 5 * HOUR}
    broken = UUID(tickets_made[1]["id"])
    async with database.writing() as connection:
        await connection.execute(update(ticket_clocks).where(ticket_clocks.c.ticket_id == broken).values(**impossible))
    duty, now = Alarms(), datetime.fromisoformat(at("09:30:00"))
    assert [await duty.turn(database, now) for _ in range(7)] == [0, 1, 0, 1, 1, 0, 0]
    told_of = {event["data"]["ticket"]["id"] for event in await feed(world)}
    assert told_of == {each["id"] for each in tickets_made} - {str(broken)}

    mended = {"elapsed_seconds": 0}
    async with database.writing() as connection:
        await connection.execute(update(ticket_clocks).where(ticket_clocks.c.ticket_id == broken).values(**mended))
    assert await duty.turn(database, now + LEFT_FOR) == 1
    assert len(await feed(world)) == 4
