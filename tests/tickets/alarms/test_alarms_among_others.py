"""Alarms and escalations while others are at work: on the ticket, on its calendar, in its past."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from app.directory.calendars import change_calendar
from app.directory.schemas import CalendarChange
from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.jobs import Jobs, enqueue, job, jobs
from app.kernel.work import Work
from app.tickets.alarms.alarms import Alarms
from app.tickets.escalations.escalating import escalate
from app.tickets.setting_going import ESCALATION
from app.tickets.tables import tickets
from app.tickets.terms.rescheduling import calendar_changed
from tests.conftest import Clock
from tests.tickets.escalations.test_escalations import RESOLVE, Company, at, due

NEW_HOURS = {"hours": {"fri": [["09:00", "17:00"]]}}
GIVES_WAY = """
    create function give_way() returns trigger language plpgsql as $$
    begin raise exception 'for the sake of another' using errcode = '40P01'; end $$
"""
GIVES_WAY_ON_CLOCKS = "create trigger give_way before update on ticket_clocks execute function give_way()"
GIVES_WAY_NO_MORE = "drop function give_way cascade"


@pytest.fixture
async def company(client: httpx.AsyncClient, clock: Clock, database: Database) -> Company:
    clock.at(at("08:00:00"))
    company = Company(client)
    company.database, company.clock = database, clock
    return company


async def execute(database: Database, *statements: str) -> None:
    async with database.writing() as connection:
        for statement in statements:
            await connection.execute(text(statement))


def instant(time: str) -> datetime:
    return datetime.fromisoformat(at(time))


async def test_a_breach_that_is_told_with_a_hand_off_does_not_stay_the_tickets(company: Company) -> None:
    await company.sla("FIN", targets=RESOLVE)
    ticket = await company.ticket("SALES", "OPS")
    await company.do("transfer", ticket["id"], department="FIN")
    company.clock.at(at("13:00:00"))
    handed_on = await company.do("transfer", ticket["id"], department="OPS")
    assert (handed_on["due_at"], handed_on["breached"]) == (None, False)
    assert [event["type"] for event in await company.told("sla.*")] == ["sla.breached"]
    async with company.database.reading() as connection:
        stored = (await connection.execute(select(tickets.c.due_at, tickets.c.breached_at))).one()
    assert tuple(stored) == (None, None)


async def test_an_escalation_that_opens_a_ticket_waits_for_no_calendar_that_is_being_changed(company: Company) -> None:
    await company.part_of("FIN", "BOARD")
    await company.sla("FIN", calendar="finance", targets=RESOLVE, escalations=[due("open_ticket", 0.5)])
    await company.sla("BOARD", calendar="board", targets=[{"metric": "acknowledge", "seconds": 3600}])
    await company.ticket("SALES", "FIN")
    now = instant("10:00:00")
    company.clock.at(at("10:00:00"))
    assert await Alarms().turn(company.database, now) == 1
    change, calendar_id = Work(company.database, now, SYSTEM), UUID(company.calendars["board"])
    await change.write()
    await change_calendar(change, calendar_id, CalendarChange.model_validate(NEW_HOURS), None)
    async with asyncio.timeout(60):
        assert await Jobs(ESCALATION, escalate).turn(company.database, now) == 1
    await calendar_changed(change, calendar_id)
    await change.commit()
    await change.close()
    (opened,) = (await company.get("/v1/tickets?source=escalation"))["items"]
    assert [clock["due_at"] for clock in opened["clocks"]] == ["2026-03-06T10:00:00Z"]
    async with company.database.reading() as connection:
        stored = await connection.execute(text("select due_at from ticket_clocks where metric = 'acknowledge'"))
    assert list(stored.scalars()) == [datetime(2026, 3, 6, 10, tzinfo=UTC)]


async def test_alarms_that_gave_way_to_another_transaction_are_told_at_once(company: Company) -> None:
    await company.sla("FIN", targets=RESOLVE, warn_at=[0.5])
    await company.ticket("SALES", "FIN")
    alarms = Alarms()
    await execute(company.database, GIVES_WAY, GIVES_WAY_ON_CLOCKS)
    try:
        assert await alarms.turn(company.database, instant("10:00:00")) == 0
    finally:
        await execute(company.database, GIVES_WAY_NO_MORE)
    assert await alarms.turn(company.database, instant("10:00:00")) == 1
    assert [event["type"] for event in await company.told("sla.*")] == ["sla.warning"]


async def test_a_breach_that_something_backdated_took_back_escalates_nothing(company: Company) -> None:
    escalations = [due("raise_priority", priority="p1")]
    await company.sla("FIN", targets=RESOLVE, pause_on=["customer"], escalations=escalations)
    ticket = await company.ticket("SALES", "FIN")
    company.clock.at(at("12:30:00"))
    assert await Alarms().turn(company.database, instant("12:30:00")) == 1
    await company.do("wait", ticket["id"], at=at("11:00:00"))
    assert await Jobs(ESCALATION, escalate).turn(company.database, instant("12:30:00")) == 1
    assert (await company.read(ticket))["priority"] == "p3"
    assert await company.recorded(ticket) == [("raise_priority", "What was backdated meanwhile took the breach back.")]
    await company.do("resume", ticket["id"])
    await company.until("13:30:01")
    assert (await company.read(ticket))["priority"] == "p1"


async def test_to_be_notified_of_a_ticket_keeps_nobody_from_backdating_what_is_done_to_it(company: Company) -> None:
    await company.sla(
        "FIN", targets=RESOLVE, escalations=[due("notify", 0.5, department_id=await company.department("FIN"))]
    )
    ticket = await company.ticket("SALES", "FIN")
    await company.until("10:30:00")
    done = await company.do("acknowledge", ticket["id"], at=at("09:00:00"))
    assert done["acknowledged_at"] == "2026-03-02T09:00:00Z"
    assert await company.verbs(ticket) == ["open", "escalate", "acknowledge"]
    assert (await company.get(f"/v1/tickets/{ticket['id']}/clocks?as_of={at('09:30:00')[:19]}Z"))["clocks"]


async def test_an_escalation_of_a_clock_that_an_import_took_away_is_over(company: Company) -> None:
    sla = await company.sla("FIN", targets=RESOLVE, escalations=[due("raise_priority", priority="p1")])
    ticket = await company.ticket("SALES", "FIN")
    alarm = {"sla_id": sla["id"], "clock": 7, "escalations": sla["escalations"]}
    async with company.database.writing() as connection:
        await enqueue(connection, [job(ESCALATION, instant("08:00:00"), ticket_id=ticket["id"], alarms=[alarm])])
    assert await Jobs(ESCALATION, escalate).turn(company.database, instant("08:00:00")) == 1
    async with company.database.reading() as connection:
        left = (await connection.execute(select(func.count()).select_from(jobs))).scalar_one()
    assert (left, await company.recorded(ticket)) == (0, [])


async def test_what_many_tickets_missed_is_escalated_in_order(company: Company) -> None:
    ann, bob, eve = [(await company.member(name, "FIN"))["id"] for name in ("ann", "bob", "eve")]
    shares = {0.5: ann, 0.75: bob, 1: eve}
    escalations = [due("reassign", share, member_id=member_id) for share, member_id in shares.items()]
    await company.sla("FIN", targets=RESOLVE, escalations=escalations)
    missed = [await company.ticket("SALES", "FIN") for _ in range(8)]
    await company.until("13:00:00")
    for ticket in missed:
        history = (await company.get(f"/v1/tickets/{ticket['id']}/history"))["items"]
        assigned = [entry["details"]["member_id"] for entry in history if entry["verb"] == "assign"]
        assert (assigned, (await company.read(ticket))["assignee_id"]) == ([ann, bob, eve], eve)
