"""Commitments over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.commitments.api import commitment, some_commitments
from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.problems import NotFound
from tests.conftest import Clock, Statements, client_of

NOW = "2026-03-10T12:00:00+00:00"
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class World:
    client: httpx.AsyncClient
    customer: dict[str, Any]
    department: dict[str, Any]

    def draft(self, **fields: Any) -> dict[str, Any]:
        return {
            "customer_id": self.customer["id"],
            "title": "Go-live",
            "owner_department_id": self.department["id"],
            "promised_at": "2026-03-02T09:00:00Z",
            "due_at": "2026-03-06T17:00:00Z",
        } | fields

    async def promise(self, **fields: Any) -> dict[str, Any]:
        response = await self.client.post("/v1/commitments", json=self.draft(**fields))
        assert response.status_code == 201, response.text
        return response.json()

    async def act(self, promised: dict[str, Any], verb: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/commitments/{promised['id']}/{verb}", json=body)


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """A customer and a department, at a fixed instant."""
    clock.at(NOW)
    customer = await client.post("/v1/customers", json={"external_ref": "CRM-1", "name": "Acme"})
    department = await client.post("/v1/departments", json={"key": "OPS", "name": "Operations"})
    return World(client, customer.json(), department.json())


@pytest.fixture
async def integration(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may read and write, but not backdate."""
    draft = {"name": "crm", "role": "integration", "permissions": ["read", "write"]}
    made = await client.post("/v1/api-keys", json=draft)
    async with client_of(app, made.json()["key"]) as caller:
        yield caller


async def events(database: Database, kind: str) -> list[outbox.RecordedEvent]:
    async with database.reading() as connection:
        return (await outbox.read(connection, 0, 100, [kind]))[0]


async def test_a_commitment_is_recorded_with_its_location_and_etag(world: World) -> None:
    body = world.draft(value="50000.00", currency="EUR", source="crm", external_ref="OPP-1")
    response = await world.client.post("/v1/commitments", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (made["status"], made["delivered_at"], made["cancelled_at"], made["reschedules"]) == ("open", None, None, [])
    assert (made["first_due_at"], made["agreed_due_at"]) == (body["due_at"], body["due_at"])
    assert (await world.client.get(response.headers["Location"])).json() == made


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"customer_id": NOBODY}, "/customer_id"),
        ({"owner_department_id": NOBODY}, "/owner_department_id"),
        ({"promised_at": "2026-03-10T12:00:01Z", "due_at": "2026-04-01T00:00:00Z"}, "/promised_at"),
        ({"due_at": "2026-03-02T08:59:59Z"}, "/due_at"),
        ({"due_at": "2026-03-06T17:00:00"}, "/due_at"),
        ({"value": "1.00"}, "/currency"),
        ({"value": "-1.00", "currency": "EUR"}, "/value"),
        ({"title": ""}, "/title"),
        ({"status": "delivered"}, "/status"),
    ],
)
async def test_a_commitment_that_breaks_a_rule_is_refused_naming_the_field(
    world: World, database: Database, fields: dict[str, Any], pointer: str
) -> None:
    response = await world.client.post("/v1/commitments", json=world.draft(**fields))
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, [pointer])
    assert (await world.client.get("/v1/commitments")).json()["items"] == []
    assert await events(database, "commitment.*") == []


async def test_a_source_and_its_reference_are_unique_together(world: World) -> None:
    await world.promise(source="crm", external_ref="1")
    await world.promise(source="erp", external_ref="1")
    await world.promise(external_ref="1")
    await world.promise(source="crm")
    await world.promise(source="crm")
    for again in ({"source": "crm", "external_ref": "1"}, {"external_ref": "1"}):
        response = await world.client.post("/v1/commitments", json=world.draft(**again))
        assert (response.status_code, response.json()["type"]) == (409, "/problems/conflict")


async def test_a_delivery_in_time_is_not_late(world: World, clock: Clock) -> None:
    clock.at("2026-03-06T17:00:00+00:00")
    delivered = (await world.act(await world.promise(), "deliver")).json()
    assert (delivered["status"], delivered["delivered_at"]) == ("delivered", "2026-03-06T17:00:00Z")
    assert (delivered["lateness_seconds"], delivered["version"]) == (0, 2)


async def test_a_delivery_is_late_from_the_second_after_it_was_due(world: World, database: Database) -> None:
    delivered = (await world.act(await world.promise(), "deliver", at="2026-03-06T17:00:01Z")).json()
    assert (delivered["delivered_at"], delivered["lateness_seconds"]) == ("2026-03-06T17:00:01Z", 1)
    (event,) = await events(database, "commitment.delivered_late")
    assert event.data["commitment"] == delivered
    assert event.data["customer"] == world.customer
    assert (event.data["previous"]["status"], event.data["previous"]["delivered_at"]) == ("open", None)
    assert event.occurred_at == datetime(2026, 3, 6, 17, 0, 1, tzinfo=UTC)
    assert await events(database, "commitment.delivered") == []


async def test_an_open_commitment_is_later_with_every_second_and_read_anew(world: World, clock: Clock) -> None:
    path = f"/v1/commitments/{(await world.promise())['id']}"
    clock.at("2026-03-06T17:00:10+00:00")
    first = await world.client.get(path)
    clock.passes(seconds=5)
    second = await world.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert [response.json()["lateness_seconds"] for response in (first, second)] == [10, 15]


async def test_a_delivered_commitment_one_has_is_not_answered_again(world: World) -> None:
    delivered = await world.act(await world.promise(), "deliver")
    path = f"/v1/commitments/{delivered.json()['id']}"
    again = await world.client.get(path, headers={"If-None-Match": delivered.headers["ETag"]})
    assert again.status_code == 304


async def test_a_cancelled_commitment_keeps_its_reason_and_has_no_lateness(world: World, database: Database) -> None:
    promised = await world.promise()
    cancelled = (await world.act(promised, "cancel", reason="Customer left.", at="2026-03-09T00:00:00Z")).json()
    assert (cancelled["status"], cancelled["cancelled_at"]) == ("cancelled", "2026-03-09T00:00:00Z")
    assert (cancelled["cancel_reason"], cancelled["lateness_seconds"]) == ("Customer left.", None)
    (event,) = await events(database, "commitment.cancelled")
    assert event.data["commitment"] == cancelled
    assert event.data["previous"]["cancel_reason"] is None


async def test_a_rescheduled_commitment_keeps_how_it_moved(world: World, database: Database, clock: Clock) -> None:
    promised = await world.promise()
    await world.act(promised, "reschedule", due_at="2026-03-20T17:00:00Z", reason="Parts are missing.")
    clock.passes(days=1)
    answer = await world.act(
        promised, "reschedule", due_at="2026-03-25T17:00:00Z", reason="Agreed by phone.", customer_agreed=True
    )
    moved = answer.json()
    assert (moved["due_at"], moved["first_due_at"]) == ("2026-03-25T17:00:00Z", "2026-03-06T17:00:00Z")
    assert (moved["agreed_due_at"], moved["lateness_seconds"]) == ("2026-03-25T17:00:00Z", 0)
    first, second = moved["reschedules"]
    assert (first["from_due_at"], first["to_due_at"]) == ("2026-03-06T17:00:00Z", "2026-03-20T17:00:00Z")
    assert (first["at"], first["customer_agreed"], first["reason"]) == (
        "2026-03-10T12:00:00Z",
        False,
        "Parts are missing.",
    )
    assert (second["at"], second["customer_agreed"]) == ("2026-03-11T12:00:00Z", True)
    assert second["actor"]["type"] == "api_key"
    assert (await world.client.get(f"/v1/commitments/{moved['id']}")).json() == moved
    event = (await events(database, "commitment.rescheduled"))[0]
    assert event.data["previous"]["due_at"] == "2026-03-06T17:00:00Z"
    assert event.data["commitment"]["agreed_due_at"] == "2026-03-06T17:00:00Z"


async def test_a_commitment_that_is_rescheduled_from_many_sides_at_once_keeps_every_move(world: World) -> None:
    promised = await world.promise()
    moves = [
        world.act(promised, "reschedule", due_at=f"2026-04-{day:02}T00:00:00Z", reason=str(day)) for day in range(1, 9)
    ]
    answers = await asyncio.gather(*moves)
    assert [answer.status_code for answer in answers] == [200] * 8
    lengths = sorted(len(answer.json()["reschedules"]) for answer in answers)
    found = (await world.client.get(f"/v1/commitments/{promised['id']}")).json()
    kept = [move["to_due_at"] for move in found["reschedules"]]
    assert (lengths, len(set(kept)), found["version"]) == (list(range(1, 9)), 8, 9)
    assert [move["from_due_at"] for move in found["reschedules"]] == [promised["due_at"], *kept[:-1]]


@pytest.mark.parametrize(("agreed", "late"), [(False, 4 * 86400 - 5 * 3600), (True, 0)])
async def test_lateness_counts_from_the_first_due_time_unless_the_customer_agreed(
    world: World, agreed: bool, late: int
) -> None:
    promised = await world.promise()
    await world.act(promised, "reschedule", due_at="2026-03-10T17:00:00Z", reason="x", customer_agreed=agreed)
    delivered = await world.act(promised, "deliver", at="2026-03-10T12:00:00Z")
    assert delivered.json()["lateness_seconds"] == late


@pytest.mark.parametrize("ending", ["deliver", "cancel"])
async def test_a_settled_commitment_takes_no_verb_and_says_what_is_possible(world: World, ending: str) -> None:
    promised = await world.promise()
    await world.act(promised, ending, **({"reason": "x"} if ending == "cancel" else {}))
    for verb, body in (
        ("deliver", {}),
        ("cancel", {"reason": "x"}),
        ("reschedule", {"due_at": "2026-04-01T00:00:00Z", "reason": "x"}),
    ):
        refused = await world.act(promised, verb, **body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible-in-this-state")
        assert refused.json()["possible"] == []


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("deliver", {"at": "2026-03-10T12:00:01Z"}, "/at"),
        ("deliver", {"at": "2026-03-02T08:59:59Z"}, "/at"),
        ("cancel", {"at": "2026-03-10T12:00:01Z", "reason": "x"}, "/at"),
        ("cancel", {"at": "2026-03-02T08:59:59Z", "reason": "x"}, "/at"),
        ("cancel", {}, "/reason"),
        ("cancel", {"reason": ""}, "/reason"),
        ("reschedule", {"due_at": "2026-03-02T08:59:59Z", "reason": "x"}, "/due_at"),
        ("reschedule", {"due_at": "2026-04-01T00:00:00Z"}, "/reason"),
        ("reschedule", {"due_at": "2026-04-01T00:00:00Z", "reason": "x", "customer_agreed": "yes"}, "/customer_agreed"),
    ],
)
async def test_an_action_that_breaks_a_rule_is_refused_and_changes_nothing(
    world: World, verb: str, body: dict[str, Any], pointer: str
) -> None:
    promised = await world.promise()
    refused = await world.act(promised, verb, **body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await world.client.get(f"/v1/commitments/{promised['id']}")).json() == promised


@pytest.mark.parametrize("verb", ["deliver", "cancel"])
async def test_another_instant_than_now_needs_the_permission_to_backdate(
    world: World, integration: httpx.AsyncClient, verb: str
) -> None:
    promised = await world.promise()
    path = f"/v1/commitments/{promised['id']}/{verb}"
    body = {"reason": "x"} if verb == "cancel" else {}
    refused = await integration.post(path, json=body | {"at": "2026-03-10T11:59:59Z"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    allowed = await integration.post(path, json=body | {"at": "2026-03-10T12:00:00Z"})
    assert allowed.status_code == 200


async def test_a_promise_of_the_past_needs_no_permission(world: World, integration: httpx.AsyncClient) -> None:
    response = await integration.post("/v1/commitments", json=world.draft(promised_at="2020-01-01T00:00:00Z"))
    assert response.status_code == 201


async def test_a_stale_if_match_changes_nothing_in_a_commitment(world: World) -> None:
    promised = await world.promise()
    path = f"/v1/commitments/{promised['id']}"
    changed = await world.client.patch(path, json={"title": "Go-live of Leeds"}, headers={"If-Match": '"1"'})
    stale = [
        await world.client.patch(path, json={"title": "x"}, headers={"If-Match": '"1"'}),
        await world.client.post(f"{path}/deliver", json={}, headers={"If-Match": '"1"'}),
    ]
    assert (changed.status_code, [response.status_code for response in stale]) == (200, [412, 412])
    found = (await world.client.get(path)).json()
    assert (found["title"], found["status"], found["version"]) == ("Go-live of Leeds", "open", 2)


async def test_a_change_states_only_what_changes_and_is_checked_as_a_whole(world: World) -> None:
    promised = await world.promise(value="10.00", currency="EUR")
    path = f"/v1/commitments/{promised['id']}"
    refused = await world.client.patch(path, json={"currency": None})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/currency")
    same = await world.client.patch(path, json={"value": "10.00"})
    assert same.json() == promised
    moved = await world.client.patch(path, json={"owner_department_id": NOBODY})
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (422, "/owner_department_id")
    due = await world.client.patch(path, json={"due_at": "2026-04-01T00:00:00Z"})
    assert (due.status_code, due.json()["errors"][0]["pointer"]) == (422, "/due_at")


async def test_a_commitment_that_does_not_exist_is_not_found(world: World) -> None:
    assert (await world.client.get(f"/v1/commitments/{NOBODY}")).status_code == 404
    assert (await world.client.post(f"/v1/commitments/{NOBODY}/deliver", json={})).status_code == 404


async def test_a_creation_is_an_event_with_the_commitment_and_its_customer(world: World, database: Database) -> None:
    promised = await world.promise()
    (event,) = await events(database, "commitment.created")
    assert (event.data["commitment"], event.data["customer"]) == (promised, world.customer)
    assert event.occurred_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_commitments_are_listed_by_their_fields_with_one_query(world: World, statements: Statements) -> None:
    for day in range(1, 7):
        promised = await world.promise(due_at=f"2026-04-0{day}T00:00:00Z", source="crm" if day % 2 else "erp")
        if day == 3:
            await world.act(promised, "reschedule", due_at="2026-04-03T12:00:00Z", reason="x")
        if day == 5:
            await world.act(promised, "deliver")

    async def listed(**query: str) -> list[str]:
        statements.clear()
        page = (await world.client.get("/v1/commitments", params={"sort": "-due_at", **query})).json()
        assert len(statements) == 1
        return [item["due_at"][:10] for item in page["items"]]

    assert await listed() == [f"2026-04-0{day}" for day in (6, 5, 4, 3, 2, 1)]
    assert await listed(source="crm") == ["2026-04-05", "2026-04-03", "2026-04-01"]
    assert await listed(status="delivered") == ["2026-04-05"]
    assert await listed(due_after="2026-04-02T00:00:00Z", due_before="2026-04-04T00:00:00Z") == [
        "2026-04-03",
        "2026-04-02",
    ]
    assert await listed(customer_id=world.customer["id"], limit="2") == ["2026-04-06", "2026-04-05"]
    assert await listed(customer_id=NOBODY) == []
    assert await listed(owner_department_id=NOBODY) == []


async def test_commitments_are_published_to_the_layers_above_by_their_ids(world: World, database: Database) -> None:
    promised = [await world.promise(title=str(number)) for number in range(3)]
    ids = [UUID(each["id"]) for each in promised]
    now = datetime.fromisoformat(NOW)
    async with database.reading() as connection:
        one = await commitment(connection, ids[0], now)
        some = await some_commitments(connection, [*ids[:2], UUID(NOBODY)], now)
        with pytest.raises(NotFound):
            await commitment(connection, UUID(NOBODY), now)
    assert {id_: each.title for id_, each in some.items()} == {ids[0]: "0", ids[1]: "1"}
    assert some[ids[0]] == one


async def test_a_delivery_now_needs_no_body(world: World) -> None:
    promised = await world.promise()
    delivered = await world.client.post(f"/v1/commitments/{promised['id']}/deliver")
    assert (delivered.status_code, delivered.json()["status"]) == (200, "delivered")
