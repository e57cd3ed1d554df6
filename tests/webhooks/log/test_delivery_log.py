"""The log of deliveries over HTTP: what was and is to be sent, and what came of it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql

from app.kernel.database import Database
from app.webhooks.log.delivery_log import conditions
from app.webhooks.log.partitions import lowest_id, name_of
from app.webhooks.log.queries import DELIVERIES
from app.webhooks.log.retention import Retention, weeks_there
from app.webhooks.tables import webhook_attempts, webhook_deliveries
from tests.conftest import Clock, Statements
from tests.webhooks.making import an_endpoint, delivered, feed, path_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def customers(client: httpx.AsyncClient, *references: str) -> None:
    for reference in references:
        await client.post("/v1/customers", json={"external_ref": reference, "name": reference})


async def ended(database: Database, delivery: UUID, status: str, status_code: int | None, error: str | None) -> None:
    """An attempt, and what became of the delivery."""
    async with database.writing() as connection:
        told = {"id": delivery, "status": status, "status_code": status_code, "error": error, "at": NOON}
        number = await connection.execute(
            text(
                "update webhook_deliveries set status = :status, last_status_code = :status_code, last_error = :error,"
                " attempts = attempts + 1, ended_at = :at, next_attempt_at = null where id = :id returning attempts"
            ),
            told,
        )
        attempt = {
            "delivery_id": delivery,
            "number": number.scalar_one(),
            "at": NOON,
            "duration_ms": 12,
            "url": "https://93.184.215.14/hooks/outward",
            "status_code": status_code,
            "error": error,
            "answer_headers": None if status_code is None else {"content-type": "text/plain"},
            "answer": None if status_code is None else "told",
        }
        await connection.execute(insert(webhook_attempts), attempt)


async def listed(client: httpx.AsyncClient, endpoint: dict[str, Any], **query: Any) -> list[str]:
    response = await client.get(path_of(endpoint, "deliveries"), params=query)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def test_deliveries_are_listed_the_latest_first_each_with_its_event(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2")
    ids = await delivered(client, database, made, clock())
    items = (await client.get(path_of(made, "deliveries"))).json()["items"]
    events = await feed(client)
    assert [item["id"] for item in items] == [str(id_) for id_ in reversed(ids)]
    assert [(item["event_id"], item["event_type"], item["sequence"]) for item in reversed(items)] == [
        (event["id"], event["type"], event["sequence"]) for event in events
    ]
    assert {(item["status"], item["attempt_count"], item["webhook_endpoint_id"]) for item in items} == {
        ("pending", 0, made["id"])
    }


async def test_deliveries_of_another_endpoint_are_not_among_them(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made, other = await an_endpoint(client), await an_endpoint(client)
    await customers(client, "C-1")
    (mine,) = await delivered(client, database, made, clock())
    (theirs,) = await delivered(client, database, other, clock())
    assert await listed(client, made) == [str(mine)]
    for path in (path_of(made, "deliveries", str(theirs)), path_of(other, "deliveries", str(mine))):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(f"{path}/retry")).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "dead"}, ["dead"]),
        ({"status": "succeeded"}, ["succeeded"]),
        ({"status": "pending"}, ["pending"]),
        ({"status_code": 500}, ["dead"]),
        ({"status_code": 204}, ["succeeded"]),
        ({"event_type": "customer.created"}, ["pending", "dead", "succeeded"]),
        ({"event_type": "ticket.opened"}, []),
        ({"sort": "id"}, ["succeeded", "dead", "pending"]),
        ({"sort": "id", "limit": 1}, ["succeeded"]),
    ],
)
async def test_deliveries_are_found_by_what_became_of_them(
    client: httpx.AsyncClient, database: Database, clock: Clock, query: dict[str, Any], expected: list[str]
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2", "C-3")
    succeeded, dead, pending = await delivered(client, database, made, clock())
    await ended(database, succeeded, "succeeded", 204, None)
    await ended(database, dead, "dead", 500, None)
    names = {str(succeeded): "succeeded", str(dead): "dead", str(pending): "pending"}
    assert [names[id_] for id_ in await listed(client, made, **query)] == expected


async def test_all_deliveries_of_an_event_are_found_by_its_id(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2")
    first, _ = await delivered(client, database, made, clock())
    again, _ = await delivered(client, database, made, clock())
    event = (await feed(client))[0]
    assert await listed(client, made, event_id=event["id"]) == [str(again), str(first)]


async def test_deliveries_are_found_by_when_they_were_made(client: httpx.AsyncClient, database: Database) -> None:
    made = await an_endpoint(client)
    times = [NOON + timedelta(hours=hours) for hours in range(4)]
    ids = [UUID(int=lowest_id(at).int + 0x7123 * 2**64) for at in times]
    rows = [
        {
            "id": id_,
            "endpoint_id": UUID(made["id"]),
            "sequence": number,
            "event_id": id_,
            "event_type": "ticket.opened",
            "created_at": at,
        }
        for number, (id_, at) in enumerate(zip(ids, times, strict=True), 1)
    ]
    async with database.writing() as connection:
        await connection.execute(insert(webhook_deliveries), rows)
    names = [str(id_) for id_ in ids]
    assert await listed(client, made, sort="id", since="2026-11-24T13:00:00Z") == names[1:]
    assert await listed(client, made, sort="id", until="2026-11-24T13:00:00Z") == names[:1]
    assert await listed(client, made, since="2026-11-24T13:00:00Z", until="2026-11-24T13:00:01Z") == names[1:2]
    assert await listed(client, made, since="1900-01-01T00:00:00Z", sort="id") == names
    refused = await client.get(
        path_of(made, "deliveries"), params={"since": "2026-11-25T00:00:00Z", "until": "2026-11-24T00:00:00Z"}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "?since")


@pytest.fixture
async def three_weeks(database: Database) -> AsyncIterator[None]:
    """Partitions of the week of `NOON` and the two after it."""
    await Retention(30).turn(database, NOON)
    yield
    async with database.writing() as connection:
        for table, weeks in (await weeks_there(connection)).items():
            for week in weeks:
                await connection.execute(text(f"drop table {name_of(table, week)}"))


@pytest.mark.usefixtures("three_weeks")
async def test_a_day_is_looked_for_in_the_partition_of_its_week_alone(database: Database) -> None:
    day = {"since": NOON + timedelta(weeks=1), "until": NOON + timedelta(weeks=1, days=1)}
    asked = DELIVERIES.where(*conditions(day))
    plain = asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with database.reading() as connection:
        plan = repr((await connection.exec_driver_sql(f"explain {plain}")).all())
    assert set(re.findall(r"webhook_deliveries_(\d+|default)", plan)) == {"20261130"}


async def test_pages_hold_every_delivery_once(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2", "C-3", "C-4", "C-5")
    ids = await delivered(client, database, made, clock())
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get(path_of(made, "deliveries"), params=query)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(id_) for id_ in reversed(ids)]


async def test_a_list_of_deliveries_costs_two_queries_and_so_does_one(
    client: httpx.AsyncClient, database: Database, clock: Clock, statements: Statements
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2", "C-3")
    ids = await delivered(client, database, made, clock())
    await ended(database, ids[0], "pending", 500, None)
    await ended(database, ids[0], "pending", 500, None)
    statements.clear()
    await client.get(path_of(made, "deliveries"), params={"status": "pending", "since": "2020-01-01T00:00:00Z"})
    assert len(statements) == 2
    statements.clear()
    await client.get(path_of(made, "deliveries", str(ids[0])))
    assert len(statements) == 2


async def test_a_delivery_tells_every_attempt_and_its_answer(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1")
    (id_,) = await delivered(client, database, made, clock())
    await ended(database, id_, "pending", None, "the connection was refused")
    await ended(database, id_, "succeeded", 200, None)
    found = (await client.get(path_of(made, "deliveries", str(id_)))).json()
    assert (found["status"], found["attempt_count"], found["status_code"], found["error"]) == (
        "succeeded",
        2,
        200,
        None,
    )
    first, second = found["attempts"]
    assert first == {
        "number": 1,
        "at": "2026-11-24T12:00:00Z",
        "duration_ms": 12,
        "url": "https://93.184.215.14/hooks/outward",
        "status_code": None,
        "error": "the connection was refused",
        "answer_headers": None,
        "answer": None,
    }
    assert (second["number"], second["answer"], second["answer_headers"]) == (2, "told", {"content-type": "text/plain"})


async def test_a_delivery_tells_what_is_sent_but_no_signature(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1")
    (id_,) = await delivered(client, database, made, clock())
    event = (await feed(client))[0]
    request = (await client.get(path_of(made, "deliveries", str(id_)))).json()["request"]
    assert request["url"] == made["url"]
    assert request["body"] == {
        "id": event["id"],
        "type": event["type"],
        "timestamp": event["occurred_at"],
        "data": event["data"],
    }
    assert request["headers"]["webhook-id"] == event["id"]
    assert "webhook-signature" not in request["headers"]


async def test_a_delivery_whose_event_is_no_longer_kept_says_so(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1")
    (id_,) = await delivered(client, database, made, clock())
    async with database.writing() as connection:
        await connection.execute(text("delete from events"))
    found = await client.get(path_of(made, "deliveries", str(id_)))
    assert (found.status_code, found.json()["request"]) == (200, None)


async def test_a_dead_delivery_is_tried_anew(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1")
    (id_,) = await delivered(client, database, made, clock())
    await ended(database, id_, "dead", 500, None)
    async with database.writing() as connection:
        await connection.execute(text("delete from jobs where lane is not null"))
    retried = await client.post(path_of(made, "deliveries", str(id_), "retry"))
    assert (retried.status_code, retried.json()["status"], retried.json()["ended_at"]) == (200, "pending", None)
    assert (await client.get(path_of(made))).json()["pending"] == 1


async def test_nothing_is_tried_again_of_a_disabled_endpoint(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1")
    (id_,) = await delivered(client, database, made, clock())
    await client.post(path_of(made, "disable"))
    response = await client.post(path_of(made, "deliveries", str(id_), "retry"))
    assert (response.status_code, response.json()["possible"]) == (409, ["enable", "rotate-secret"])


async def test_what_died_since_an_instant_is_tried_anew(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made = await an_endpoint(client)
    response = await client.post(path_of(made, "recover"), json={"since": "2026-01-01T00:00:00Z"})
    assert (response.status_code, response.json()["id"]) == (200, made["id"])


async def test_a_replay_says_how_far_it_has_to_go(client: httpx.AsyncClient, database: Database) -> None:
    made = await an_endpoint(client)
    await customers(client, "C-1", "C-2", "C-3")
    async with database.writing() as connection:
        await connection.execute(text("insert into feed_progress (name, sequence) values ('webhooks', 3)"))
    begun = (await client.post(path_of(made, "replay"), json={"after": 1})).json()
    assert begun["replay"] == {"after": 1, "until": 3}
