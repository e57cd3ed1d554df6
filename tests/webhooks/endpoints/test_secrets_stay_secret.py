"""A secret is shown once: it is in no table, no log line, no problem and no event."""

from dataclasses import fields, is_dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.schemas import NewApiKey
from app.kernel.database import Database
from app.kernel.routes import SecretRoute
from app.main import ROUTES
from app.schema import metadata
from app.webhooks.endpoints.schemas import NewWebhookEndpoint, Rotation, WebhookEndpointDraft
from app.webhooks.wire.signing import new_secret

URL = "https://example.com/hooks/outward"


async def everything_in(database: Database) -> str:
    """All rows of all tables, as text; bytes are hexadecimal."""
    async with database.reading() as connection:
        found = [
            str(row)
            for table in metadata.sorted_tables
            for row in (await connection.execute(text(f"select t::text from {table.name} t"))).scalars()
        ]
    return "\n".join(found)


def shows(told: str, secret: str) -> bool:
    bare = secret.partition("_")[2]
    return any(each in told for each in (bare, bare.encode().hex()))


async def make(client: httpx.AsyncClient, path: str, key: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
    made: dict[str, Any] = answer.raise_for_status().json()
    return made


async def test_what_an_answer_showed_is_nowhere_else_and_is_answered_again(
    client: httpx.AsyncClient, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    made = await make(client, "/v1/webhook-endpoints", "a", url=URL, asymmetric=True)
    rotated = await make(client, f"/v1/webhook-endpoints/{made['id']}/rotate-secret", "b", secret=new_secret())
    tool = await make(client, "/v1/api-keys", "c", name="tool", role="analyst")
    await client.post(f"/v1/webhook-endpoints/{made['id']}/test")
    stored, logged = await everything_in(database), "".join(capfd.readouterr())
    told = (await client.get("/v1/events", params={"after": 0})).text
    assert made["id"] in stored
    assert "webhook.test" in told
    for secret in (made["secret"], rotated["secret"], tool["key"]):
        assert not shows(stored, secret)
        assert not shows(logged, secret)
        assert not shows(told, secret)
    assert await make(client, "/v1/webhook-endpoints", "a", url=URL, asymmetric=True) == made
    assert await make(client, "/v1/api-keys", "c", name="tool", role="analyst") == tool


@pytest.mark.parametrize("end", ["!", "=", "A" * 60])
async def test_a_bad_secret_is_refused_without_being_repeated(
    client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str], end: str
) -> None:
    secret = new_secret() + end
    refused = await client.post("/v1/webhook-endpoints", json={"url": URL, "secret": secret})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/secret")
    assert secret[10:30] not in refused.text + "".join(capfd.readouterr())


async def test_what_was_to_be_stored_is_not_in_the_error_when_it_could_not_be(database: Database) -> None:
    async with database.reading() as connection:
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text("select 1 / 0, cast(:url as text)"), {"url": "https://example.com/a-token"})
    assert "division by zero" in str(failed.value)
    assert "a-token" not in str(failed.value)


async def test_an_answer_kept_for_another_request_does_not_open(client: httpx.AsyncClient, database: Database) -> None:
    await make(client, "/v1/api-keys", "a", name="tool", role="analyst")
    await make(client, "/v1/api-keys", "b", name="another", role="analyst")
    async with database.writing() as connection:
        swap = "update idempotent_answers a set body = b.body from idempotent_answers b where a.scope <> b.scope"
        await connection.execute(text(swap))
    asked = {"json": {"name": "tool", "role": "analyst"}, "headers": {"Idempotency-Key": "a"}}
    refused = await client.post("/v1/api-keys", **asked)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/idempotent-answer-unreadable")


def secret_fields(model: Any) -> list[str]:
    return [field.name for field in fields(model) if not field.repr] if is_dataclass(model) else []


def test_every_answer_that_shows_a_secret_is_stored_sealed() -> None:
    routes = [route for router in ROUTES for route in router.routes if isinstance(route, APIRoute)]
    showing = [route for route in routes if secret_fields(route.response_model)]
    assert {route.response_model for route in showing} == {NewApiKey, NewWebhookEndpoint}
    assert [route.path for route in showing if not isinstance(route, SecretRoute)] == []


def test_no_request_and_no_answer_shows_its_secret_in_a_log() -> None:
    secret = new_secret()
    shown = [repr(WebhookEndpointDraft(url=URL, secret=secret)), repr(Rotation(secret=secret))]
    shown += [repr({field.name for field in fields(model) if field.repr}) for model in (NewApiKey, NewWebhookEndpoint)]
    assert not any(secret in each for each in shown)
    assert not any("'secret'" in each or "'key'" in each for each in shown)
