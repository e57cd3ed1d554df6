"""Every change of a history marks the commitments whose analysis it may change, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.kernel.database import Database
from app.kernel.outbox import Event, record
from app.ripple.keeping import marking
from app.ripple.keeping.marking import Marking
from tests.conftest import Clock, Statements
from tests.kernel.background_work import eventually, now, working
from tests.ripple.kept import forget_marks, mark, marked
from tests.ripple.scenarios import agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """Sales, Operations and Finance, and a commitment that nothing here concerns."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    await primary_and_reactionary(world, title="Something else")
    return world


@pytest.fixture
async def made(world: World, database: Database) -> dict[str, Any]:
    """A delivered commitment with T1, and T2 that blocks it; nothing is marked."""
    made = await primary_and_reactionary(world)
    await mark(database)
    await forget_marks(database)
    return made


@asynccontextmanager
async def marks(database: Database, *commitments: str) -> AsyncIterator[None]:
    """What is done in the block marks these commitments and no others."""
    yield
    await mark(database)
    assert await marked(database) == {UUID(id_) for id_ in commitments}
    await forget_marks(database)


async def test_each_verb_marks_what_the_ticket_serves_however_far_above(
    world: World, made: dict[str, Any], database: Database
) -> None:
    commitment, ticket = made["id"], made["T2"]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("reopen", {}),
        ("wait", {}),
        ("resume", {}),
        ("ask", {}),
        ("prioritise", {}),
        ("transfer", {"department": "Legal"}),
        ("accept", {}),
        ("start", {}),
        ("transfer", {"department": "Finance"}),
        ("return", {}),
        ("acknowledge", {}),
        ("resolve", {}),
        ("close", {}),
    ]
    for hour, (verb, needed) in enumerate(steps):
        async with marks(database, commitment):
            await world.do(verb, ticket, f"2026-03-10T{hour + 1:02}:00:00Z", **needed)


@pytest.mark.parametrize("verb", ["decline", "cancel"])
async def test_a_ticket_that_ends_otherwise_marks(
    world: World, made: dict[str, Any], database: Database, verb: str
) -> None:
    async with marks(database, made["id"]):
        ticket = await world.ticket("Operations", "Finance", blocks=[made["T1"]], opened_at="2026-03-04T09:00:00Z")
    async with marks(database, made["id"]):
        await world.do(verb, ticket["id"], "2026-03-05T09:00:00Z")


async def test_tickets_opened_in_a_batch_mark_what_they_are_for(
    world: World, made: dict[str, Any], database: Database
) -> None:
    other = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    items = [
        await world.draft("Operations", "Finance", blocks=[made["T2"]], opened_at="2026-03-04T09:00:00Z"),
        await world.draft("Sales", "Finance", commitment_id=other["id"]),
    ]
    async with marks(database, made["id"], other["id"]):
        await world.post("/v1/tickets/batch", {"items": items}, 200)


async def test_a_dependency_marks_when_it_is_added_and_when_it_is_removed(
    world: World, made: dict[str, Any], database: Database
) -> None:
    other = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    blocker = await world.ticket("Sales", "Finance", commitment_id=other["id"], opened_at="2026-03-04T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    path = f"/v1/tickets/{made['T2']}/dependencies"
    async with marks(database, made["id"], other["id"]):
        await world.post(path, {"blocker_id": blocker["id"]}, 200)
    async with marks(database, made["id"], other["id"]):
        await world.do("resolve", blocker["id"], "2026-03-05T09:00:00Z")
    async with marks(database, made["id"], other["id"]):
        assert (await world.client.delete(f"{path}/{blocker['id']}")).status_code == 200
    async with marks(database, other["id"]):
        await world.do("reopen", blocker["id"], "2026-03-06T09:00:00Z")


async def test_a_promise_marks_itself_whatever_happens_to_it(world: World, database: Database) -> None:
    await mark(database)
    await forget_marks(database)
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    id_, path = commitment["id"], f"/v1/commitments/{commitment['id']}"
    async with marks(database, id_):
        pass
    moved = {"due_at": "2026-03-05T09:00:00Z", "reason": "They are not ready.", "customer_agreed": True}
    async with marks(database, id_):
        await world.post(f"{path}/reschedule", moved, 200)
    async with marks(database, id_):
        await world.post(f"{path}/deliver", {"at": "2026-03-09T09:00:00Z"}, 200)
    async with marks(database, id_):
        owner = await world.department("Operations")
        assert (await world.client.patch(path, json={"owner_department_id": owner})).status_code == 200
    cancelled = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    async with marks(database, cancelled["id"]):
        await world.post(f"/v1/commitments/{cancelled['id']}/cancel", {"reason": "No longer."}, 200)


async def test_a_new_version_of_an_sla_marks_when_it_is_reapplied(
    world: World, made: dict[str, Any], database: Database
) -> None:
    sla = await world.sla("Legal", targets=[{"metric": "resolve", "seconds": 3600}])
    await world.ticket("Operations", "Legal", blocks=[made["T1"]], opened_at="2026-03-20T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    body = {name: sla[name] for name in ("name", "provider_department_id", "rank", "calendar_id")}
    body["targets"] = [{"metric": "resolve", "seconds": 7200}]
    async with marks(database):
        assert (await world.client.put(f"/v1/slas/{sla['id']}", json=body)).status_code == 200
    async with marks(database, made["id"]):
        assert (await world.client.post(f"/v1/slas/{sla['id']}/reapply", json={})).status_code == 200


async def test_a_calendar_that_changes_marks_where_a_promise_is_due_otherwise(
    world: World, made: dict[str, Any], database: Database
) -> None:
    await world.sla("Legal", calendar="Office", targets=[{"metric": "resolve", "seconds": 8 * 3600}])
    await world.ticket("Operations", "Legal", blocks=[made["T1"]], opened_at="2026-03-20T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    hours = {"hours": {"mon": [["09:00", "10:00"]]}}
    async with marks(database, made["id"]):
        response = await world.client.patch(f"/v1/calendars/{world.calendars['Office']}", json=hours)
        assert response.status_code == 200


async def test_hours_that_held_before_a_delivery_mark_it(
    world: World, made: dict[str, Any], database: Database, clock: Clock
) -> None:
    calendar = await world.calendar("Office")
    path = f"/v1/departments/{await world.department('Legal')}"
    assert (await world.client.patch(path, json={"calendar_id": calendar})).status_code == 200
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z")
    await mark(database)
    await forget_marks(database)
    async with marks(database):
        await world.client.patch(f"/v1/calendars/{calendar}", json={"hours": {"mon": [["09:00", "10:00"]]}})
    clock.passes(hours=2)
    await world.post(f"/v1/commitments/{commitment['id']}/deliver", {}, 200)
    await mark(database)
    await forget_marks(database)
    async with marks(database, commitment["id"]):
        # Said at ten, but stored only now.
        clock.passes(hours=-1)
        await world.client.patch(f"/v1/calendars/{calendar}", json={"hours": {"tue": [["09:00", "10:00"]]}})


@pytest.mark.parametrize("change", ["key", "calendar_id"])
async def test_a_department_with_another_key_or_calendar_marks_every_history_it_is_in(
    world: World, made: dict[str, Any], database: Database, change: str
) -> None:
    await world.do("reopen", made["T2"], "2026-03-10T09:00:00Z")
    await world.do("transfer", made["T2"], "2026-03-11T09:00:00Z", department="Legal")
    await world.do("transfer", made["T2"], "2026-03-12T09:00:00Z", department="Finance")
    await mark(database)
    await forget_marks(database)
    value = "LAW" if change == "key" else await world.calendar("Office")
    async with marks(database, made["id"]):
        path = f"/v1/departments/{world.departments['Legal']}"
        assert (await world.client.patch(path, json={change: value})).status_code == 200


async def test_what_changes_no_history_marks_nothing(world: World, made: dict[str, Any], database: Database) -> None:
    async with marks(database):
        await world.do("comment", made["T2"])
        await world.post(f"/v1/tickets/{made['T2']}/feedback", {"score": 4}, 200)
        await world.client.patch(f"/v1/customers/{world.customer_id}", json={"tier": "gold"})
        await world.client.patch(f"/v1/departments/{world.departments['Finance']}", json={"name": "Money"})
        await world.sla("Finance", rank=2, targets=[{"metric": "resolve", "seconds": 60}], priorities=["p1"])


async def test_one_blocker_marks_every_commitment_it_serves(
    world: World, made: dict[str, Any], database: Database
) -> None:
    other = await primary_and_reactionary(world, day=3)
    await mark(database)
    await forget_marks(database)
    async with marks(database, made["id"], other["id"]):
        blocks = [made["T2"], other["T1"]]
        await world.ticket("Operations", "Legal", blocks=blocks, opened_at="2026-03-04T09:00:00Z")


async def test_events_are_followed_in_batches_and_each_once(
    world: World, made: dict[str, Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "BATCH", 2)
    for hour, verb in enumerate(["reopen", "wait", "resume", "ask", "resolve"], 1):
        await world.do(verb, made["T2"], f"2026-03-10T{hour:02}:00:00Z")
    follower, done = Marking(), []
    while turn := await follower.turn(database, now()):
        done.append(turn)
    assert done == [2, 2, 1]
    assert await marked(database) == {UUID(made["id"])}


async def test_what_a_transaction_may_still_tell_is_waited_for(
    world: World, made: dict[str, Any], database: Database
) -> None:
    async with database.engine.connect() as connection:
        await connection.begin()
        await record(connection, [Event("customer.updated", now(), {})])
        await world.do("reopen", made["T2"], "2026-03-10T09:00:00Z")
        await mark(database)
        assert await marked(database) == set()
        await connection.rollback()
    await mark(database)
    assert await marked(database) == {UUID(made["id"])}


async def test_two_workers_share_the_following(world: World, made: dict[str, Any], database: Database) -> None:
    for hour, verb in enumerate(["reopen", "wait", "resolve"], 1):
        await world.do(verb, made["T2"], f"2026-03-10T{hour:02}:00:00Z")
    done = await asyncio.gather(*[Marking().turn(database, now()) for _ in range(4)])
    assert sum(done) == 3
    assert await marked(database) == {UUID(made["id"])}


async def test_following_costs_the_same_statements_for_one_event_and_for_five(
    world: World, made: dict[str, Any], database: Database, statements: Statements
) -> None:
    costs = []
    for verbs in (["reopen"], ["wait", "resume", "wait", "resume", "resolve"]):
        for verb in verbs:
            await world.do(verb, made["T2"])
        statements.clear()
        await Marking().turn(database, now())
        costs.append(len(statements))
    assert costs[0] == costs[1] == 6


async def test_a_worker_marks_within_seconds(world: World, made: dict[str, Any], database: Database) -> None:
    async with working(database, [Marking()]):
        await world.do("reopen", made["T2"], "2026-03-10T09:00:00Z")
        await eventually(lambda: marked(database), {UUID(made["id"])})
        await forget_marks(database)
        path = f"/v1/departments/{world.departments['Finance']}"
        assert (await world.client.patch(path, json={"key": "FIN"})).status_code == 200
        await eventually(lambda: _is_marked(database, made), True)


async def _is_marked(database: Database, made: dict[str, Any]) -> bool:
    return UUID(made["id"]) in await marked(database)
