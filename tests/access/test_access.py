"""Who gets in, and what a key may do."""

import os
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from app.access import keys
from app.access.peppers import peppers_of
from app.access.service import bootstrap
from app.kernel.database import Database
from app.settings import Settings
from tests.conftest import BOOTSTRAP_KEY, Clock, client_of

OPEN = ["/healthz", "/readyz", "/docs", "/openapi.json", "/assets/swagger-ui.css", "/problems/not-found"]


def test_a_key_is_recognised_by_its_checksum() -> None:
    made = keys.make(os.urandom(36))
    assert keys.recognise(made.token) == made
    assert keys.recognise(made.token[:-1] + ("0" if made.token[-1] != "0" else "1")) is None
    assert keys.recognise("ow_short") is None


def test_a_hash_matches_its_key_under_its_pepper_only() -> None:
    made = keys.make(os.urandom(36))
    stored = keys.key_hash(made.token, b"p" * 32)
    assert keys.matches(made.token, stored, b"p" * 32)
    assert not keys.matches(made.token, stored, b"q" * 32)
    assert not keys.matches(keys.make(os.urandom(36)).token, stored, b"p" * 32)


@pytest.mark.parametrize("path", OPEN)
async def test_these_are_open_to_anyone(anonymous: httpx.AsyncClient, path: str) -> None:
    assert (await anonymous.get(path)).status_code == 200


async def test_everything_else_needs_a_key(anonymous: httpx.AsyncClient, app: Any) -> None:
    document = (await anonymous.get("/openapi.json")).json()
    asked = 0
    for path, operations in document["paths"].items():
        for method in operations:
            if path not in OPEN:
                concrete = path.replace("{", "").replace("}", "")
                response = await anonymous.request(method, concrete)
                assert response.status_code == 401, (method, path)
                assert response.headers["WWW-Authenticate"].startswith("Bearer")
                asked += 1
    assert asked > 20


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer ow_x", "Bearer \xff", "Token x"])
async def test_a_credential_that_is_none_is_refused(anonymous: httpx.AsyncClient, header: str) -> None:
    response = await anonymous.get("/v1/me", headers={b"Authorization": header.encode("latin-1")})
    assert response.status_code == 401


async def test_a_key_that_is_asked_for_twice_is_given_again_but_not_stored_to_be_read(
    client: httpx.AsyncClient, database: Database
) -> None:
    body, headers = {"name": "reports", "role": "analyst"}, {"Idempotency-Key": "k"}
    first = await client.post("/v1/api-keys", json=body, headers=headers)
    again = await client.post("/v1/api-keys", json=body, headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    async with database.reading() as connection:
        stored = (await connection.execute(text("select body from idempotent_answers"))).scalar_one()
    assert first.json()["name"].encode() not in stored
    assert first.json()["key"].encode() not in stored


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(client: httpx.AsyncClient, app: Any) -> None:
    made = (await client.post("/v1/api-keys", json={"name": "reports", "role": "analyst"})).json()
    path = f"/v1/api-keys/{made['id']}"
    assert "key" not in (await client.get(path)).json()
    async with client_of(app, made["key"]) as analyst:
        me = (await analyst.get("/v1/me")).json()
        assert (me["name"], me["role"], me["permissions"]) == ("reports", "analyst", ["read"])
        assert (await client.post(f"{path}/revoke")).json()["revoked_at"] is not None
        assert (await analyst.get("/v1/me")).status_code == 401


async def test_only_an_administrator_makes_keys(client: httpx.AsyncClient, app: Any) -> None:
    body = {"name": "tool", "role": "integration", "permissions": ["read", "write", "backdate"]}
    made = (await client.post("/v1/api-keys", json=body)).json()
    async with client_of(app, made["key"]) as tool:
        response = await tool.post("/v1/api-keys", json={"name": "more", "role": "admin"})
        assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")


async def test_the_database_holds_no_key(client: httpx.AsyncClient, database: Database) -> None:
    made = (await client.post("/v1/api-keys", json={"name": "tool", "role": "admin"})).json()
    async with database.reading() as connection:
        rows = (await connection.exec_driver_sql("select * from api_keys")).all()
    assert made["key"].split("_")[2] not in repr(rows)
    assert BOOTSTRAP_KEY not in repr(rows)


async def test_the_bootstrap_key_is_made_only_while_there_is_no_admin_key(
    database: Database, settings: Settings
) -> None:
    peppers = peppers_of(settings)
    async with database.writing() as connection:
        assert await bootstrap(connection, BOOTSTRAP_KEY, peppers)
        assert not await bootstrap(connection, BOOTSTRAP_KEY + "2", peppers)


def test_a_short_bootstrap_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 32 characters"):
        Settings(_env_file=None, bootstrap_key=SecretStr("short"))


async def test_a_request_id_is_taken_or_made(client: httpx.AsyncClient, clock: Clock) -> None:
    given = await client.get("/v1/me", headers={"X-Request-Id": "from-the-caller"})
    made = await client.get("/v1/me", headers={"X-Request-Id": "not acceptable: spaces"})
    assert given.headers["X-Request-Id"] == "from-the-caller"
    assert len(made.headers["X-Request-Id"]) == 36


@pytest.mark.parametrize("role", ["admin", "analyst"])
async def test_permissions_are_stated_of_integrations_only(client: httpx.AsyncClient, role: str) -> None:
    body = {"name": "reports", "role": role, "permissions": ["write"]}
    refused = await client.post("/v1/api-keys", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/permissions")
    assert "reports" not in [key["name"] for key in (await client.get("/v1/api-keys")).json()["items"]]
