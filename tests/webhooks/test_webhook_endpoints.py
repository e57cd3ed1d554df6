"""Webhook endpoints over HTTP."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.schema import metadata
from app.webhooks.keeping_secrets import shown
from tests.conftest import Clock, Statements, client_of
from tests.webhooks.making import URL, an_endpoint, delivered, feed, path_of

SECRET = "whsec_" + "QUJD" * 10
NOBODY = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"


async def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        return [dict(row) for row in (await connection.execute(text(statement))).mappings()]


async def lane_of(database: Database) -> dict[str, Any]:
    (lane,) = await rows(database, "select ordered, width, stopped, opens_at from job_lanes")
    return lane


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
        assert [error["pointer"] for error in response.json()["errors"]] == ["/url"]


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


async def test_paused_deliveries_wait_until_it_is_resumed(client: httpx.AsyncClient, database: Database) -> None:
    made = await an_endpoint(client)
    paused = (await client.post(path_of(made, "pause"))).json()
    assert (paused["status"], paused["version"], (await lane_of(database))["stopped"]) == ("paused", 2, True)
    resumed = (await client.post(path_of(made, "resume"))).json()
    assert (resumed["status"], resumed["version"], (await lane_of(database))["stopped"]) == ("enabled", 3, False)


async def test_a_disabled_endpoint_says_why_and_what_it_misses(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    clock.at("2026-11-24T09:00:00+00:00")
    made = await an_endpoint(client)
    disabled = (await client.post(path_of(made, "disable"))).json()
    assert (disabled["status"], disabled["disabled_because"]) == ("disabled", "by_hand")
    assert disabled["disabled_at"] == "2026-11-24T09:00:00Z"
    assert isinstance(disabled["missed_after"], int)
    assert (await lane_of(database))["stopped"] is True
    enabled = (await client.post(path_of(made, "enable"))).json()
    assert (enabled["status"], enabled["disabled_because"], enabled["disabled_at"]) == ("enabled", None, None)
    assert enabled["missed_after"] == disabled["missed_after"]
    assert (await lane_of(database))["stopped"] is False


async def test_an_endpoint_that_is_enabled_begins_anew(client: httpx.AsyncClient, database: Database) -> None:
    made = await an_endpoint(client)
    await client.post(path_of(made, "disable"))
    async with database.writing() as connection:
        await connection.execute(text("update job_lanes set opens_at = '2100-01-01'"))
        await connection.execute(text("update webhook_endpoints set failures_in_a_row = 9, failing_since = now()"))
    enabled = (await client.post(path_of(made, "enable"))).json()
    assert (enabled["closed_until"], enabled["failures_in_a_row"], enabled["failing_since"]) == (None, 0, None)


@pytest.mark.parametrize(
    ("done", "impossible"),
    [
        ([], ["resume", "enable"]),
        (["pause"], ["pause", "enable", "test"]),
        (["disable"], ["disable", "pause", "resume", "test", "replay", "recover"]),
    ],
)
async def test_what_is_not_possible_is_a_conflict_that_names_what_is(
    client: httpx.AsyncClient, done: list[str], impossible: list[str]
) -> None:
    made = await an_endpoint(client)
    bodies = {"replay": {"after": 0}, "recover": {"since": "2026-01-01T00:00:00Z"}}
    for verb in done:
        assert (await client.post(path_of(made, verb))).status_code == 200
    for verb in impossible:
        response = await client.post(path_of(made, verb), json=bodies.get(verb))
        told = response.json()
        assert (response.status_code, told["type"]) == (409, "/problems/not-possible-in-this-state"), verb
        assert verb not in told["possible"]
        assert "rotate-secret" in told["possible"]


async def test_a_test_is_an_event_for_just_this_endpoint(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client, event_types=["sla.*"])
    tested = await client.post(path_of(made, "test"))
    assert (tested.status_code, tested.json()["id"]) == (200, made["id"])
    event = (await feed(client))[-1]
    assert (event["type"], event["data"]["webhook_endpoint"]["id"]) == ("webhook.test", made["id"])


async def test_events_tell_no_more_of_the_url_than_its_host(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client, url="https://93.184.215.14/hooks/t0ken?key=t0ken")
    await client.post(path_of(made, "test"))
    await client.post(path_of(made, "disable"))
    test, disabled = (await feed(client))[-2:]
    assert disabled["type"] == "webhook.endpoint_disabled"
    for event in (test, disabled):
        assert event["data"]["webhook_endpoint"]["url"] == "https://93.184.215.14/…"
        assert "t0ken" not in json.dumps(event)


async def kept_secrets(app: FastAPI, database: Database, endpoint: dict[str, Any]) -> tuple[str | None, str | None]:
    (row,) = await rows(database, "select id, secret, previous_secret from webhook_endpoints")
    present, before = (
        row[name] and shown(app.state.seal, row["id"], row[name]) for name in ("secret", "previous_secret")
    )
    return present, before


async def test_a_rotated_secret_is_shown_once_and_the_one_before_holds_for_a_day(
    app: FastAPI, client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    clock.at("2026-11-24T09:00:00+00:00")
    made = await an_endpoint(client, secret=SECRET)
    rotated = (await client.post(path_of(made, "rotate-secret"))).json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != SECRET
    assert (rotated["version"], rotated["previous_secret_until"]) == (2, "2026-11-25T09:00:00Z")
    assert await kept_secrets(app, database, made) == (rotated["secret"], SECRET)
    assert "secret" not in (await client.get(path_of(made))).json()
    clock.passes(hours=24)
    assert (await client.get(path_of(made))).json()["previous_secret_until"] is None


async def test_rotated_again_within_the_day_the_two_latest_are_left(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    made = await an_endpoint(client)
    first = (await client.post(path_of(made, "rotate-secret"))).json()
    second = (await client.post(path_of(made, "rotate-secret"), json={"secret": SECRET})).json()
    assert second["secret"] == SECRET
    assert await kept_secrets(app, database, made) == (SECRET, first["secret"])


async def test_a_secret_that_leaked_can_end_at_once(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    made = await an_endpoint(client)
    rotated = (await client.post(path_of(made, "rotate-secret"), json={"overlap_seconds": 0})).json()
    assert rotated["previous_secret_until"] is None
    assert await kept_secrets(app, database, made) == (rotated["secret"], None)


async def test_rotating_to_the_secret_it_has_is_a_conflict(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client, secret=SECRET)
    response = await client.post(path_of(made, "rotate-secret"), json={"secret": SECRET})
    assert response.status_code == 409
    assert SECRET not in response.text


async def test_the_database_holds_no_secret_to_be_read(client: httpx.AsyncClient, database: Database) -> None:
    body, key = {"url": URL, "asymmetric": True}, {"Idempotency-Key": "make"}
    made = (await client.post("/v1/webhook-endpoints", json=body, headers=key)).json()
    again = await client.post("/v1/webhook-endpoints", json=body, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")
    rotated = (await client.post(path_of(made, "rotate-secret"), headers={"Idempotency-Key": "rotate"})).json()
    await client.post(path_of(made, "test"), headers={"Idempotency-Key": "test"})
    secrets = [secret.removeprefix("whsec_") for secret in (made["secret"], rotated["secret"])]
    for table in metadata.sorted_tables:
        stored = repr(await rows(database, f"select * from {table.name}"))
        assert not any(secret in stored for secret in secrets), table.name
        assert "whsk_" not in stored, table.name


@pytest.mark.parametrize("permissions", [["read"], ["read", "write", "backdate"]])
async def test_only_an_administrator_makes_or_reads_endpoints(
    app: FastAPI, client: httpx.AsyncClient, permissions: list[str]
) -> None:
    made = await an_endpoint(client)
    tool = {"name": "tool", "role": "integration", "permissions": permissions}
    key = (await client.post("/v1/api-keys", json=tool)).json()["key"]
    async with client_of(app, key) as other:
        asked = [
            await other.get("/v1/webhook-endpoints"),
            await other.get(path_of(made)),
            await other.get(path_of(made, "deliveries")),
            await other.post("/v1/webhook-endpoints", json={"url": URL}),
            await other.patch(path_of(made), json={"ordered": True}),
            await other.post(path_of(made, "disable")),
            await other.delete(path_of(made)),
        ]
    assert {response.status_code for response in asked} == {403}


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
