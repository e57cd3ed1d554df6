"""A log says whose tickets are, also when they left since: that is kept, and what is open needs somebody to act."""

from pathlib import Path

import httpx
import pytest

from app.exchange.importing import Summary, run_import
from app.kernel.database import Database
from tests.attention.listing import attention, resolve
from tests.conftest import Clock
from tests.exchange.logs import NOW, a_mapping, csv_of, written
from tests.tickets.worlds import World

HEADER = "case,time,activity,department,member,customer,priority,title"
OPEN = ("C1", "2026-01-05T09:00:00Z", "start", "Desk", "Ada", "Acme", "Major", "Printer")
DONE = [
    ("C2", "2026-01-05T09:00:00Z", "start", "Desk", "Ada", "Acme", "Major", "Scanner"),
    ("C2", "2026-01-06T09:00:00Z", "resolve", "Desk", "Ada", "Acme", "Major", "Scanner"),
]
LATER = ("C1", "2026-01-07T09:00:00Z", "look", "Desk", "Ada", "Acme", "Major", "Printer")


@pytest.fixture
def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.instant = NOW
    return World(client)


async def imported(database: Database, directory: Path, *rows: tuple[str, ...]) -> Summary:
    return await run_import(
        database, written(directory, csv_of(*rows, header=HEADER)), a_mapping(), now=NOW, max_bytes=10**9
    )


async def assignees(world: World) -> dict[str, str | None]:
    return {each["external_ref"]: each["assignee_id"] for each in (await world.get("/v1/tickets"))["items"]}


async def test_what_is_open_in_the_name_of_somebody_who_left_needs_attention_and_passes_on(
    world: World, database: Database, tmp_path: Path
) -> None:
    ada = await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada"})
    bob = await world.post("/v1/members", {"email": "bob@example.com", "name": "Bob"})
    await world.post(f"/v1/members/{ada['id']}/leave", {}, 200)
    await imported(database, tmp_path, OPEN, *DONE)
    assert await assignees(world) == {"C1": ada["id"], "C2": ada["id"]}

    (item,) = await attention(world.client, kind="member_left")
    assert item["subject"] == {"type": "member", "id": ada["id"]}
    assert item["why"] == "Ada left on 1 June 2026, and still holds 1 unresolved ticket."
    assert (await resolve(world.client, item, to_member_id=bob["id"]))["passed_on"]["tickets"] == 1
    assert await attention(world.client, kind="member_left") == []
    assert await assignees(world) == {"C1": bob["id"], "C2": ada["id"]}


async def test_what_passed_on_stays_there_when_the_log_is_imported_again(
    world: World, database: Database, tmp_path: Path
) -> None:
    await imported(database, tmp_path, OPEN)
    (ada,) = (await world.get("/v1/members"))["items"]
    await world.post(f"/v1/members/{ada['id']}/leave", {}, 200)
    assert await assignees(world) == {"C1": None}
    again = await imported(database, tmp_path, OPEN, LATER)
    assert [error.reason for error in again.errors] == [
        "the ticket of 'C1' was changed by hand since: it is left as it is"
    ]
    assert await assignees(world) == {"C1": None}
    assert await attention(world.client, kind="member_left") == []
