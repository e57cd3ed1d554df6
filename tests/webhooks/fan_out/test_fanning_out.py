"""Fan-out: each event to each endpoint that wants it, once, whatever happens meanwhile."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import following
from app.kernel.database import Database
from app.kernel.following import AT_ONCE
from app.kernel.jobs import jobs
from app.kernel.lanes import remove_lane
from app.kernel.outbox import Event, events, record
from app.kernel.work import Work
from app.webhooks.deliveries import MADE_UP_TO
from app.webhooks.endpoints.disabling import disable
from app.webhooks.fan_out import fanning_out
from app.webhooks.fan_out.fanning_out import FanOut
from app.webhooks.tables import webhook_endpoints
from tests.conftest import Statements
from tests.kernel.background_work import eventually, working
from tests.webhooks.worlds import NOW, an_endpoint, deliveries_to, happened, jobs_in


async def fanned_out(database: Database) -> None:
    """Whatever can be told by now is."""
    while await FanOut().turn(database, NOW):
        pass


async def sequences_to(database: Database, endpoint: UUID) -> list[int]:
    return [each["sequence"] for each in await deliveries_to(database, endpoint)]


async def progress(database: Database) -> int | None:
    async with database.reading() as connection:
        return (await connection.execute(MADE_UP_TO)).scalar_one_or_none()


async def next_at(database: Database) -> datetime | None:
    async with database.reading() as connection:
        return await FanOut().next_at(connection)


@asynccontextmanager
async def open_transaction(database: Database) -> AsyncIterator[AsyncConnection]:
    """One that the block commits or that is undone."""
    async with database.engine.connect() as connection:
        await connection.begin()
        yield connection


async def test_an_event_goes_to_each_endpoint_that_wants_it_with_a_job_that_is_due(database: Database) -> None:
    async with database.writing() as connection:
        everything = await an_endpoint(connection)
        breaches = await an_endpoint(connection, event_types=["sla.breached"])
    opened, breached = await happened(database, "ticket.opened", "sla.breached")
    await fanned_out(database)
    assert await sequences_to(database, everything) == [opened, breached]
    (delivery,) = await deliveries_to(database, breaches)
    (job,) = await jobs_in(database, breaches)
    assert (delivery["status"], delivery["event_type"]) == ("pending", "sla.breached")
    assert (delivery["created_at"], delivery["next_attempt_at"]) == (NOW, NOW)
    assert (job["kind"], job["id"], job["position"], job["run_at"]) == ("webhook", delivery["id"], breached, NOW)
    async with database.reading() as connection:
        event = select(events.c.id).where(events.c.sequence == breached)
        assert (await connection.execute(event)).scalar_one() == delivery["event_id"]


async def test_filters_by_departments_and_customers_hold(database: Database) -> None:
    sales, finance, acme = UUID(int=1), UUID(int=2), UUID(int=3)
    async with database.writing() as connection:
        of_sales = await an_endpoint(connection, department_ids=[sales])
        of_finance_and_acme = await an_endpoint(connection, department_ids=[finance], customer_ids=[acme])
    (handed_over,) = await happened(
        database,
        "ticket.transferred",
        ticket={"provider_department_id": finance, "customer_id": acme},
        previous={"provider_department_id": sales},
    )
    await happened(database, "ticket.opened", ticket={"provider_department_id": finance, "customer_id": UUID(int=4)})
    await fanned_out(database)
    assert await sequences_to(database, of_sales) == [handed_over]
    assert await sequences_to(database, of_finance_and_acme) == [handed_over]


async def test_what_was_recorded_before_an_endpoint_was_made_is_not_for_it(database: Database) -> None:
    await happened(database, "ticket.opened")
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
        earlier = await an_endpoint(connection, begins_after=0)
    (later,) = await happened(database, "ticket.closed")
    await fanned_out(database)
    assert await sequences_to(database, endpoint) == [later]
    assert len(await sequences_to(database, earlier)) == 2


async def test_the_progress_never_passes_what_is_settled_though_no_endpoint_looks_back_that_far(
    database: Database,
) -> None:
    async with database.writing() as connection:
        await an_endpoint(connection, begins_after=1000)
    (last,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    assert await progress(database) == last


async def test_deliveries_are_made_for_a_paused_endpoint_and_none_for_a_disabled_one(database: Database) -> None:
    async with database.writing() as connection:
        paused = await an_endpoint(connection, status="paused")
        disabled = await an_endpoint(connection, status="disabled")
    (opened,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    assert await sequences_to(database, paused) == [opened]
    assert await sequences_to(database, disabled) == []


async def test_imported_history_is_delivered_to_nobody_and_passed_over(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    await happened(database, "ticket.opened", actor={"type": "import"})
    (closed,) = await happened(database, "ticket.closed")
    await fanned_out(database)
    assert await sequences_to(database, endpoint) == [closed]


async def test_where_nobody_wants_anything_the_progress_jumps_and_no_event_is_read(
    database: Database, statements: Statements
) -> None:
    *_, last = await happened(database, *["ticket.opened"] * 20)
    statements.clear()
    assert await FanOut().turn(database, NOW) == 1
    assert await progress(database) == last
    assert not any("events.data" in statement for statement in statements.seen)


async def test_where_nobody_wants_anything_not_every_event_is_followed_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REST_SECONDS", 3600)
    duty = FanOut()
    async with database.reading() as connection:
        await happened(database, "ticket.opened")
        assert await duty.next_at(connection) == AT_ONCE
        await duty.turn(database, NOW)
        await happened(database, "ticket.opened")
        assert await duty.next_at(connection) not in (AT_ONCE, None)
        async with database.writing() as making:
            await an_endpoint(making)
        assert await duty.next_at(connection) == AT_ONCE


async def test_who_was_told_of_nothing_still_looks_now_and_then(database: Database) -> None:
    assert await next_at(database) not in (AT_ONCE, None)


async def test_a_batch_costs_the_same_statements_however_many_events_and_endpoints(
    database: Database, statements: Statements
) -> None:
    costs = []
    for endpoints in (1, 10):
        async with database.writing() as connection:
            for _ in range(endpoints):
                await an_endpoint(connection)
        await happened(database, *["ticket.opened"] * 10 * endpoints)
        await fanned_out(database)
        await happened(database, *["ticket.opened"] * 10 * endpoints)
        statements.clear()
        await FanOut().turn(database, NOW)
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_many_events_are_taken_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanning_out, "BATCH", 10)
    monkeypatch.setattr(fanning_out, "MOST_DELIVERIES", 7)
    async with database.writing() as connection:
        endpoints = [await an_endpoint(connection) for _ in range(2)]
        breaches = await an_endpoint(connection, event_types=["sla.breached"])
    expected = await happened(database, *["ticket.opened"] * 25, "sla.breached")
    turns = 0
    while await FanOut().turn(database, NOW):
        turns += 1
    assert turns == 7
    for endpoint in endpoints:
        assert await sequences_to(database, endpoint) == expected
    assert await sequences_to(database, breaches) == expected[-1:]


async def test_any_number_of_workers_make_each_delivery_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While writers commit out of order, and turns are killed anywhere in between."""
    monkeypatch.setattr(fanning_out, "BATCH", 7)
    chance, written = random.Random(11), asyncio.Event()
    async with database.writing() as connection:
        endpoints = [await an_endpoint(connection) for _ in range(3)]

    async def write(turns: int) -> None:
        for turn in range(turns):
            async with database.writing() as connection:
                await record(connection, [Event("ticket.opened", NOW, {"actor": None})] * 2)
                await asyncio.sleep(chance.random() * 0.01)
                if turn % 4 == 3:
                    await connection.rollback()

    async def follow() -> None:
        while not written.is_set():
            turn = asyncio.create_task(FanOut().turn(database, NOW))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() * 0.01)
                turn.cancel()
            await asyncio.wait([turn])
            await asyncio.sleep(0.001)

    followers = [asyncio.create_task(follow()) for _ in range(4)]
    await asyncio.gather(*[write(12) for _ in range(5)])
    written.set()
    await asyncio.gather(*followers)
    await fanned_out(database)
    async with database.reading() as connection:
        recorded = list((await connection.execute(select(events.c.sequence))).scalars())
        mine = select(jobs.c.id)
        told = set((await connection.execute(mine)).scalars())
    assert len(recorded) == 5 * 9 * 2
    for endpoint in endpoints:
        made = await deliveries_to(database, endpoint)
        assert Counter(each["sequence"] for each in made) == Counter(recorded)
        assert {each["id"] for each in made} <= told


async def test_what_is_not_settled_is_waited_for_and_then_comes_in_its_order(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    async with open_transaction(database) as slow:
        await record(slow, [Event("ticket.opened", NOW, {"actor": None})])
        await happened(database, "ticket.closed")
        assert await FanOut().turn(database, NOW) == 0
        assert await next_at(database) != AT_ONCE
        await slow.commit()
    assert await next_at(database) == AT_ONCE
    await fanned_out(database)
    assert [each["event_type"] for each in await deliveries_to(database, endpoint)] == [
        "ticket.opened",
        "ticket.closed",
    ]


async def test_numbers_of_what_was_undone_are_passed_over_once(database: Database) -> None:
    async with database.writing() as connection:
        await an_endpoint(connection)
    await happened(database, "ticket.opened")
    async with open_transaction(database) as undone:
        await record(undone, [Event("ticket.opened", NOW, {"actor": None})])
    assert await next_at(database) == AT_ONCE
    await fanned_out(database)
    assert await next_at(database) != AT_ONCE


async def test_an_endpoint_that_is_being_deleted_holds_up_nobody_and_gets_nothing(database: Database) -> None:
    async with database.writing() as connection:
        deleted, kept = await an_endpoint(connection), await an_endpoint(connection)
    (opened,) = await happened(database, "ticket.opened")
    async with open_transaction(database) as deleting:
        await remove_lane(deleting, deleted)
        turn = asyncio.create_task(FanOut().turn(database, NOW))
        await asyncio.wait([turn], timeout=0.1)
        await deleting.execute(delete(webhook_endpoints).where(webhook_endpoints.c.id == deleted))
        await deleting.commit()
    assert await turn == 1
    assert await sequences_to(database, deleted) == []
    assert await sequences_to(database, kept) == [opened]


async def test_an_endpoint_gets_all_that_was_told_before_it_was_disabled_and_nothing_after(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    (before,) = await happened(database, "ticket.opened")
    await fanned_out(database)
    work = Work(database, NOW, {"type": "system"})
    await work.write()
    await disable(work, endpoint, "by_hand")
    await happened(database, "ticket.closed")
    # Nothing is made while it is being disabled.
    assert await FanOut().turn(database, NOW) == 0
    await work.commit()
    await work.close()
    await fanned_out(database)
    assert await sequences_to(database, endpoint) == [before]
    async with database.reading() as connection:
        missed_after = select(webhook_endpoints.c.missed_after)
        assert (await connection.execute(missed_after)).scalar_one() == before


async def test_a_worker_is_woken_by_what_is_committed(database: Database) -> None:
    async with database.writing() as connection:
        endpoint = await an_endpoint(connection)
    async with working(database, [FanOut()], count=2):
        for told in range(1, 4):
            work = Work(database, NOW, {"type": "system"})
            await work.write()
            work.happened("ticket.opened", NOW, ticket={"id": str(told)})
            await work.commit()
            await work.close()
            await eventually(lambda: number_of(database, endpoint), told)


async def number_of(database: Database, endpoint: UUID) -> int:
    return len(await deliveries_to(database, endpoint))
