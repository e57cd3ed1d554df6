"""What can be done to webhook endpoints, over HTTP."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.kernel.sealing import Seal
from app.schema import metadata
from app.webhooks.endpoints.keeping_secrets import shown
from tests.conftest import Clock
from tests.webhooks.making import SECRET, URL, an_endpoint, feed, lane_of, path_of, rows


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
    await client.post("/v1/customers", json={"external_ref": "C-1", "name": "Northwind"})
    made = await an_endpoint(client)
    disabled = (await client.post(path_of(made, "disable"))).json()
    assert (disabled["status"], disabled["disabled_because"]) == ("disabled", "by_hand")
    assert disabled["disabled_at"] == "2026-11-24T09:00:00Z"
    assert disabled["missed_after"] == (await feed(client))[-2]["sequence"]
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


async def test_rotating_mends_an_endpoint_whose_secrets_cannot_be_read_any_more(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    made = await an_endpoint(client, asymmetric=True)
    async with database.writing() as connection:
        lost = {"secret": Seal([b"lost" * 8]).seal(b"x", b"y")}
        await connection.execute(text("update webhook_endpoints set secret = :secret, signing_key = :secret"), lost)
    rotated = (await client.post(path_of(made, "rotate-secret"))).json()
    assert await kept_secrets(app, database, made) == (rotated["secret"], None)
    assert rotated["public_key"] not in (None, made["public_key"])
    again = (await client.post(path_of(made, "rotate-secret"))).json()
    assert again["public_key"] == rotated["public_key"]
