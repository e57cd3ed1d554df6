"""A calendar that changes while a ticket is worked on: no clock keeps a due time by the hours of before."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.access.roles import Actor, Permission, Role
from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.work import Work
from app.service_levels.agreements import offers
from app.tickets.doing.acting import Doing, act
from app.tickets.doing.opening import open_one
from app.tickets.life.verbs import Verb
from app.tickets.schemas import TicketDraft
from app.tickets.tables import ticket_clocks
from tests.blocked import somebody_waits
from tests.conftest import Clock
from tests.tickets.worlds import World

SOMEBODY = Actor(UUID(int=1), "somebody", Role.ADMIN, frozenset(Permission))
MONDAY = "2026-03-02T09:00:00+00:00"
LATER = {"hours": {"fri": [["09:00", "17:00"]]}}
DUE_BY_THE_NEW_HOURS = datetime(2026, 3, 6, 10, tzinfo=UTC)

Deed = Callable[[Work], Awaitable[Any]]


async def a_world(client: httpx.AsyncClient, clock: Clock) -> World:
    """Finance promises an hour on its calendar, and Legal on another."""
    clock.at(MONDAY)
    world = World(client)
    targets = [{"metric": "resolve", "seconds": 3600}]
    await world.sla("FIN", calendar="finance", targets=targets, pause_on=["customer"])
    await world.sla("LEGAL", calendar="legal", targets=targets)
    return world


async def opening(world: World) -> Deed:
    draft = TicketDraft.model_validate(await world.draft("SALES", "FIN"))
    return lambda work: open_one(work, SOMEBODY, draft)


async def resuming(world: World) -> Deed:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("wait", ticket["id"])
    return doing(ticket, Doing(Verb.RESUME))


async def handing_over(world: World) -> Deed:
    ticket = await world.ticket("SALES", "LEGAL")
    return doing(ticket, Doing(Verb.TRANSFER, department_id=UUID(await world.department("FIN"))))


async def reopening(world: World) -> Deed:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("resolve", ticket["id"])
    return doing(ticket, Doing(Verb.REOPEN))


def doing(ticket: dict[str, Any], what: Doing) -> Deed:
    return lambda work: act(work, SOMEBODY, UUID(ticket["id"]), what, None)


DEEDS = [opening, resuming, handing_over, reopening]


async def due_times(database: Database, world: World) -> list[datetime | None]:
    """What is stored of the running clocks on Finance's calendar."""
    statement = select(ticket_clocks.c.due_at).where(
        ticket_clocks.c.calendar_id == UUID(world.calendars["finance"]), ticket_clocks.c.state == "running"
    )
    async with database.reading() as connection:
        return list((await connection.execute(statement)).scalars())


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_calendar_waits_for_those_who_go_by_it_and_then_moves_their_due_times(
    deed: Callable[[World], Awaitable[Deed]], client: httpx.AsyncClient, clock: Clock, database: Database
) -> None:
    world = await a_world(client, clock)
    do = await deed(world)
    work = Work(database, clock(), SYSTEM)
    await work.write()
    await do(work)
    change = asyncio.create_task(client.patch(f"/v1/calendars/{world.calendars['finance']}", json=LATER))
    await somebody_waits(database)
    await work.commit()
    await work.close()
    assert (await change).status_code == 200
    assert await due_times(database, world) == [DUE_BY_THE_NEW_HOURS]


@pytest.mark.parametrize("deed", DEEDS)
async def test_whoever_begins_while_a_calendar_changes_goes_by_the_new_hours(
    deed: Callable[[World], Awaitable[Deed]],
    client: httpx.AsyncClient,
    app: FastAPI,
    clock: Clock,
    database: Database,
) -> None:
    world = await a_world(client, clock)
    do = await deed(world)
    followed, go_on = asyncio.Event(), asyncio.Event()

    async def pause(_: Work, calendar_id: UUID) -> None:
        followed.set()
        await go_on.wait()

    app.state.calendar_changed = (*app.state.calendar_changed, pause)
    change = asyncio.create_task(client.patch(f"/v1/calendars/{world.calendars['finance']}", json=LATER))
    await followed.wait()
    work = Work(database, clock(), SYSTEM)
    await work.write()
    done = asyncio.ensure_future(do(work))
    await somebody_waits(database)
    go_on.set()
    assert (await change).status_code == 200
    await done
    await work.commit()
    await work.close()
    assert await due_times(database, world) == [DUE_BY_THE_NEW_HOURS]


async def test_a_calendar_waits_for_those_who_store_whole_lives_by_it(
    client: httpx.AsyncClient, clock: Clock, database: Database
) -> None:
    world = await a_world(client, clock)
    work = Work(database, clock(), SYSTEM)
    await work.write()
    await offers(work.connection, [UUID(await world.department("FIN"))], hold=True)
    change = asyncio.create_task(client.patch(f"/v1/calendars/{world.calendars['finance']}", json=LATER))
    await somebody_waits(database)
    assert (await client.patch(f"/v1/calendars/{world.calendars['legal']}", json=LATER)).status_code == 200
    await work.commit()
    await work.close()
    assert (await change).status_code == 200
