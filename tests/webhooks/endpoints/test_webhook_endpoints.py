"""Webhook endpoints over HTTP."""

import json
import socket
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.kernel.outbox import Event, record
from app.main import use
from tests.conftest import Clock, Statements, client_of
from tests.webhooks.making import SECRET, URL, an_endpoint, delivered, feed, lane_of, path_of, rows
from tests.webhooks.raw import Liar

NOBODY = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"


async def a_department(client: httpx.AsyncClient, key: str = "FIN") -> str:
    made: str = (await client.post("/v1/departments", json={"key": key, "name": key})).json()["id"]
    return made


async def a_customer(client: httpx.AsyncClient) -> str:
    made = await client.post("/v1/customers", json={"external_ref": "C-1", "name": "Northwind"})
    customer: str = made.json()["id"]
    return customer


async def test_an_endpoint_is_made_with_a_secret_that_is_shown_this_once(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/webhook-endpoints", json={"url": URL})
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert response.headers["Location"] == path_of(made)
    assert made.pop("secret").startswith("whsec_")
    assert (await client.get(path_of(made))).json() == made
    assert (await client.get("/v1/webhook-endpoints")).json()["items"] == [made]


async def test_an_endpoint_says_what_it_is_for_and_how_it_does(client: httpx.AsyncClient) -> None:
    department, customer = await a_department(client), await a_customer(client)
    stated = {
        "url": URL,
        "event_types": ["ticket.*", "sla.breached"],
        "department_ids": [department],
        "customer_ids": [customer],
        "description": "The account team's board",
        "ordered": True,
    }
    made = await an_endpoint(client, **stated)
    assert {name: made[name] for name in stated} == stated
    assert {name: made[name] for name in ("status", "pending", "failures_in_a_row", "replay", "closed_until")} == {
        "status": "enabled",
        "pending": 0,
        "failures_in_a_row": 0,
        "replay": None,
        "closed_until": None,
    }


async def test_an_endpoint_is_for_what_happens_once_it_is_made(client: httpx.AsyncClient, database: Database) -> None:
    await a_customer(client)
    await an_endpoint(client)
    latest = (await feed(client))[-1]["sequence"]
    assert await rows(database, "select begins_after from webhook_endpoints") == [{"begins_after": latest}]


async def test_what_is_being_recorded_while_an_endpoint_is_made_is_for_it(
    client: httpx.AsyncClient, database: Database
) -> None:
    await a_customer(client)
    settled = (await feed(client))[-1]["sequence"]
    async with database.engine.connect() as open_since_before:
        await open_since_before.begin()
        await record(open_since_before, [Event("ticket.opened", datetime.now(UTC), {"actor": None})])
        # Who reads the feed up to its end now does not see it.
        await an_endpoint(client)
    assert await rows(database, "select begins_after from webhook_endpoints") == [{"begins_after": settled}]


async def test_an_own_secret_is_taken_and_an_unpadded_one_padded(client: httpx.AsyncClient) -> None:
    assert (await an_endpoint(client, secret=SECRET))["secret"] == SECRET
    assert (await an_endpoint(client, secret="whsec_" + "QUJD" * 8 + "QQ"))["secret"] == "whsec_" + "QUJD" * 8 + "QQ=="


@pytest.mark.parametrize("secret", ["QUJD" * 10, "whsec_" + "QUJD" * 7, "whsec_" + "QUJD" * 22, "whsec_?" + "QUJD" * 9])
async def test_a_secret_that_is_none_is_refused_and_not_repeated(client: httpx.AsyncClient, secret: str) -> None:
    response = await client.post("/v1/webhook-endpoints", json={"url": URL, "secret": secret})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/secret")
    assert "QUJD" not in response.text


async def test_an_endpoint_may_have_a_key_pair_besides(client: httpx.AsyncClient) -> None:
    assert (await an_endpoint(client))["public_key"] is None
    made = await an_endpoint(client, asymmetric=True)
    assert made["public_key"].startswith("whpk_")
    assert "whsk_" not in json.dumps(made)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.215.14/hooks",
        "https://127.0.0.1/hooks",
        "https://[::ffff:10.0.0.1]/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://user:password@93.184.215.14/",
        "https://93.184.215.14:22/",
        "ftp://93.184.215.14/",
        "hooks",
    ],
)
async def test_a_url_that_may_not_be_reached_is_refused(client: httpx.AsyncClient, url: str) -> None:
    made = await an_endpoint(client)
    for response in (
        await client.post("/v1/webhook-endpoints", json={"url": url}),
        await client.patch(path_of(made), json={"url": url}),
    ):
        assert response.status_code == 422
        (error,) = response.json()["errors"]
        assert error["pointer"] == "/url"
        assert error["detail"].startswith("cannot be sent to: it")


async def test_no_connection_to_the_database_is_held_while_a_name_is_looked_up(
    app: FastAPI, client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    single, looked_up = Database(database.url, pool_size=1), []

    async def resolve(host: str) -> list[Any]:
        async with single.reading() as connection:
            await connection.execute(text("select 1"))
        looked_up.append(host)
        return [ip_address("93.184.215.14")]

    monkeypatch.setitem(app.state._state, "resolve", resolve)
    use(app, single)
    for headers in ({}, {"Idempotency-Key": "once"}):
        response = await client.post("/v1/webhook-endpoints", json={"url": "https://a.example"}, headers=headers)
        assert response.status_code == 201
    await client.patch(path_of(response.json()), json={"url": "https://b.example"})
    await single.close()
    assert looked_up == ["a.example", "a.example", "b.example"]


async def test_a_pattern_that_no_event_type_matches_is_refused(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client)
    wanted = {"event_types": ["ticket.*", "ticket.painted", "tickets.*"]}
    for response in (
        await client.post("/v1/webhook-endpoints", json={"url": URL, **wanted}),
        await client.patch(path_of(made), json=wanted),
    ):
        assert response.status_code == 422
        assert {error["pointer"] for error in response.json()["errors"]} == {"/event_types/1", "/event_types/2"}


async def test_departments_and_customers_that_do_not_exist_are_refused(client: httpx.AsyncClient) -> None:
    known = await a_department(client)
    wanted = {"department_ids": [known, NOBODY], "customer_ids": [NOBODY]}
    for response in (
        await client.post("/v1/webhook-endpoints", json={"url": URL, **wanted}),
        await client.patch(path_of(await an_endpoint(client)), json=wanted),
    ):
        assert response.status_code == 422
        pointers = [error["pointer"] for error in response.json()["errors"]]
        assert pointers == ["/department_ids/1", "/customer_ids/0"]


async def test_what_is_stated_is_changed_and_the_same_again_is_no_new_version(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client, description="Board", event_types=["sla.*"])
    change = {"event_types": ["ticket.opened"], "description": None}
    first = (await client.patch(path_of(made), json=change)).json()
    again = (await client.patch(path_of(made), json=change)).json()
    assert (first["version"], first["event_types"], first["description"]) == (2, ["ticket.opened"], None)
    assert again == first
    assert "secret" not in first


async def test_a_stale_if_match_changes_nothing(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client)
    await client.patch(path_of(made), json={"description": "new"})
    stale = {"If-Match": '"1"'}
    asked = [
        await client.patch(path_of(made), json={"description": "newer"}, headers=stale),
        await client.post(path_of(made, "pause"), headers=stale),
        await client.post(path_of(made, "rotate-secret"), headers=stale),
        await client.delete(path_of(made), headers=stale),
    ]
    assert [response.status_code for response in asked] == [412] * 4
    found = (await client.get(path_of(made))).json()
    assert (found["version"], found["description"], found["status"]) == (2, "new", "enabled")


async def test_an_endpoint_is_answered_anew_though_its_version_stands(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client)
    response = await client.get(path_of(made), headers={"If-None-Match": '"1"'})
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')


async def test_order_is_kept_by_the_lane(client: httpx.AsyncClient, database: Database) -> None:
    made = await an_endpoint(client, ordered=True)
    assert (await lane_of(database))["ordered"] is True
    await client.patch(path_of(made), json={"ordered": False})
    assert (await lane_of(database))["ordered"] is False


async def test_another_url_is_tried_at_once_whatever_the_one_before_answered(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await an_endpoint(client)
    async with database.writing() as connection:
        await connection.execute(text("update job_lanes set opens_at = '2100-01-01'"))
        await connection.execute(text("update webhook_endpoints set failures_in_a_row = 9, failing_since = now()"))
    assert (await client.get(path_of(made))).json()["closed_until"] == "2100-01-01T00:00:00Z"
    moved = (await client.patch(path_of(made), json={"url": URL + "/new"})).json()
    assert (moved["closed_until"], moved["failures_in_a_row"], moved["failing_since"]) == (None, 0, None)


async def test_a_deleted_endpoint_takes_its_waiting_deliveries_along(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    made, other = await an_endpoint(client), await an_endpoint(client)
    await a_customer(client)
    await delivered(client, database, made, clock())
    assert (await client.get(path_of(made))).json()["pending"] == 1
    assert (await client.delete(path_of(made))).status_code == 204
    assert (await client.get(path_of(made))).status_code == 404
    assert (await client.get(path_of(made, "deliveries"))).status_code == 404
    assert await rows(database, "select id from jobs where lane is not null") == []
    assert [str(row["id"]) for row in await rows(database, "select id from job_lanes")] == [other["id"]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "paused"}, ["paused"]),
        ({"ordered": "true"}, ["ordered"]),
        ({"url": URL + "/2"}, ["ordered"]),
        ({"event_type": "ticket.opened"}, ["ordered", "any"]),
        ({"event_type": "sla.met"}, ["paused", "any"]),
        ({"event_type": "customer.created"}, ["any"]),
        ({"sort": "-url"}, ["any", "ordered", "paused"]),
        ({"limit": 1}, ["paused"]),
        ({"disabled_because": "gone"}, []),
    ],
)
async def test_endpoints_are_listed_by_their_fields(
    client: httpx.AsyncClient, filters: dict[str, Any], expected: list[str]
) -> None:
    paused = await an_endpoint(client, description="paused", url=URL + "/1", event_types=["sla.met"])
    await client.post(path_of(paused, "pause"))
    await an_endpoint(client, description="ordered", url=URL + "/2", event_types=["ticket.*"], ordered=True)
    await an_endpoint(client, description="any", url=URL + "/3")
    response = await client.get("/v1/webhook-endpoints", params=filters)
    assert [item["description"] for item in response.json()["items"]] == expected


async def test_endpoints_are_listed_by_whom_they_name(client: httpx.AsyncClient) -> None:
    department, customer = await a_department(client), await a_customer(client)
    named = await an_endpoint(client, department_ids=[department], customer_ids=[customer])
    await an_endpoint(client)
    for query in ({"department_id": department}, {"customer_id": customer}):
        items = (await client.get("/v1/webhook-endpoints", params=query)).json()["items"]
        assert [item["id"] for item in items] == [named["id"]]


async def test_a_list_costs_one_query_whatever_its_length(
    client: httpx.AsyncClient, database: Database, clock: Clock, statements: Statements
) -> None:
    await a_customer(client)
    for _ in range(4):
        await delivered(client, database, await an_endpoint(client), clock())
    statements.clear()
    items = (await client.get("/v1/webhook-endpoints")).json()["items"]
    assert [item["pending"] for item in items] == [1, 1, 1, 1]
    assert len(statements) == 1


@pytest.mark.parametrize("permissions", [["read"], ["read", "write", "backdate"]])
async def test_nobody_else_makes_or_reads_endpoints(
    app: FastAPI, client: httpx.AsyncClient, permissions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await an_endpoint(client)
    resolver = Liar({})
    monkeypatch.setitem(app.state._state, "resolve", resolver)
    tool = {"name": "tool", "role": "integration", "permissions": permissions}
    key = (await client.post("/v1/api-keys", json=tool)).json()["key"]
    async with client_of(app, key) as other:
        asked = [
            await other.get("/v1/webhook-endpoints"),
            await other.get(path_of(made)),
            await other.get(path_of(made, "deliveries")),
            await other.post("/v1/webhook-endpoints", json={"url": "https://hooks.example.com"}),
            await other.patch(path_of(made), json={"url": "https://hooks.example.com"}),
            await other.post(path_of(made, "disable")),
            await other.delete(path_of(made)),
        ]
    assert {response.status_code for response in asked} == {403}
    assert resolver.asked == []


async def test_an_integration_with_the_permission_looks_after_endpoints(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    tool = {"name": "tool", "role": "integration", "permissions": ["webhooks"]}
    key = (await client.post("/v1/api-keys", json=tool)).json()["key"]
    async with client_of(app, key) as other:
        made = await an_endpoint(other)
        assert (await other.post(path_of(made, "test"))).status_code == 200
        assert (await other.get(path_of(made, "deliveries"))).status_code == 200
        assert (await other.get("/v1/events")).status_code == 403


async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient) -> None:
    nowhere = {"id": NOBODY}
    asked = [
        await client.get(path_of(nowhere)),
        await client.patch(path_of(nowhere), json={"ordered": True}),
        await client.delete(path_of(nowhere)),
        await client.post(path_of(nowhere, "disable")),
        await client.post(path_of(nowhere, "rotate-secret")),
        await client.get(path_of(nowhere, "deliveries")),
        await client.get(path_of(nowhere, "deliveries", NOBODY)),
        await client.post(path_of(nowhere, "deliveries", NOBODY, "retry")),
    ]
    assert {response.status_code for response in asked} == {404}


async def test_every_example_can_be_sent_as_it_is(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(host: str) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, host)

    monkeypatch.setitem(app.state._state, "resolve", unknown)
    document = app.openapi()
    made: dict[str, Any] = {"id": ""}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/webhook-endpoints") and "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                ref = next(part["$ref"] for part in (schema, *schema.get("anyOf", ())) if "$ref" in part)
                (example,) = document["components"]["schemas"][ref.rpartition("/")[2]]["examples"]
                asked = path.format(endpoint_id=made["id"])
                response = await client.request(method, asked, json=example)
                assert response.status_code in (200, 201), (path, response.text)
                made = response.json()
    assert made["description"] == "The account team's board"
