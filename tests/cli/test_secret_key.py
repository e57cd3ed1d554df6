"""`outward rotate-secret-key`, and what `outward doctor` says of what is sealed, as they are typed."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from sqlalchemy import select, update
from typer.testing import CliRunner

from app.access.peppers import peppers_of
from app.access.service import bootstrap
from app.access.tables import api_keys
from app.cli import command
from app.kernel.database import Database
from app.kernel.idempotency import idempotent_answers
from app.kernel.ids import new_id
from app.kernel.resealing import Survey, survey
from app.kernel.sealing import seal_of
from app.main import create_app, use
from app.settings import Settings
from app.webhooks.endpoints import keeping_secrets
from app.webhooks.endpoints.keeping_secrets import kept, shown
from app.webhooks.tables import webhook_endpoints
from tests.conftest import BOOTSTRAP_KEY, client_of

OLD = "a secret of the tests, long enough to be one"
NEW = "another secret of the tests, for after the rotation"
SOURCE = Path(__file__).parents[2]
Outward = Callable[..., Awaitable[Result]]


@pytest.fixture
def outward(database: Database, settings: Settings) -> Outward:
    """Types a command with a secret key, and those before it."""

    async def typed(*arguments: str, key: str = NEW, before: str = "") -> Result:
        environment = _environment(settings, key=key, before=before)
        return await asyncio.to_thread(CliRunner().invoke, command, arguments, env=environment)

    return typed


def _environment(settings: Settings, *, key: str, before: str) -> dict[str, str]:
    return {
        "OUTWARD_DATABASE_URL": str(settings.database_url),
        "OUTWARD_SECRET_KEY": key,
        "OUTWARD_SECRET_KEY_BEFORE": before,
    }


def settings_with(settings: Settings, key: str) -> Settings:
    return Settings(_env_file=None, database_url=settings.database_url, secret_key=key)


@pytest.fixture
async def endpoints(app: Any, database: Database, settings: Settings) -> list[Any]:
    """More endpoints than are sealed anew at once, each with all it can have sealed."""
    seal = seal_of(settings)
    rows = []
    for _ in range(250):
        id_ = new_id()
        secrets = {name: kept(seal, id_, f"{name} of {id_}") for name in ("secret", "previous_secret", "signing_key")}
        rows.append({"id": id_, "url": "https://example.com", "begins_after": 0, "public_key": "whpk_", **secrets})
    async with database.writing() as connection:
        await connection.execute(webhook_endpoints.insert(), rows)
    return [row["id"] for row in rows]


def finding(result: Result) -> dict[str, Any]:
    findings = json.loads(result.stdout)["findings"]
    return next(each for each in findings if each["what"] == "secrets at rest")


async def test_it_seals_everything_anew_and_then_has_nothing_to_do(
    outward: Outward, endpoints: list[Any], database: Database, settings: Settings
) -> None:
    first, second = [await outward("rotate-secret-key", "--json", before=OLD) for _ in range(2)]
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert json.loads(first.stdout) == {
        "key_made": False,
        "resealed": {"webhook endpoints": 250, "API keys": 1, "stored answers": 0},
        "unsealable": {},
        "next": "Everything is under the present key: remove OUTWARD_SECRET_KEY_BEFORE and restart.",
    }
    assert set(json.loads(second.stdout)["resealed"].values()) == {0}
    seal = seal_of(settings_with(settings, NEW))
    async with database.reading() as connection:
        for row in (await connection.execute(select(webhook_endpoints))).mappings():
            assert shown(seal, row["id"], row["signing_key"]) == f"signing_key of {row['id']}"
            assert shown(seal, row["id"], row["secret"]) == f"secret of {row['id']}"
            assert (row["version"], row["created_at"]) == (1, row["updated_at"])


async def test_with_the_new_key_alone_the_keys_of_before_let_in_and_answers_are_given_again(
    outward: Outward, client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    asked = {"url": "/v1/api-keys", "json": {"name": "tool", "role": "analyst"}, "headers": {"Idempotency-Key": "k"}}
    made = (await client.post(**asked)).json()
    told = json.loads((await outward("rotate-secret-key", "--json", before=OLD)).stdout)
    assert told["resealed"] == {"webhook endpoints": 0, "API keys": 2, "stored answers": 1}
    rotated = create_app(settings_with(settings, NEW))
    use(rotated, database)
    async with client_of(rotated, BOOTSTRAP_KEY) as admin, client_of(rotated, made["key"]) as tool:
        again = await admin.post(**asked)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")
        assert (await tool.get("/v1/me")).json()["name"] == "tool"


async def test_an_answer_whose_key_is_gone_is_not_made_a_second_time(
    client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    asked = {"url": "/v1/api-keys", "json": {"name": "tool", "role": "analyst"}, "headers": {"Idempotency-Key": "k"}}
    await client.post(**asked)
    without = settings_with(settings, NEW)
    rotated = create_app(without)
    use(rotated, database)
    async with database.writing() as connection:
        await connection.execute(update(api_keys).values(revoked_at=api_keys.c.created_at))
        await bootstrap(connection, BOOTSTRAP_KEY, peppers_of(without))
    async with client_of(rotated, BOOTSTRAP_KEY) as admin:
        refused = await admin.post(**asked)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/idempotent-answer-unreadable")
        assert len((await admin.get("/v1/api-keys", params={"name": "tool"})).json()["items"]) == 1


async def test_what_cannot_be_opened_is_told_with_how_to_mend_it_and_stays(
    outward: Outward, endpoints: list[Any], database: Database
) -> None:
    async with database.writing() as connection:
        moved = select(webhook_endpoints.c.secret).where(webhook_endpoints.c.id == endpoints[0]).scalar_subquery()
        one = update(webhook_endpoints).where(webhook_endpoints.c.id == endpoints[120])
        await connection.execute(one.values(secret=moved))
    rotated = await outward("rotate-secret-key", before=OLD)
    assert rotated.exit_code == 1
    assert [" ".join(line.split()) for line in rotated.stdout.splitlines()[:4]] == [
        "webhook endpoints 249 sealed anew",
        "API keys 1 sealed anew",
        "stored answers 0 sealed anew",
        "webhook endpoints 1 cannot be opened",
    ]
    assert "rotate-secret" in rotated.stdout
    found = await outward("doctor", "--json", before=OLD)
    told = finding(found)
    assert (found.exit_code, told["ok"]) == (1, False)
    assert told["says"].startswith(f"1 webhook endpoints cannot be opened, such as {endpoints[120]}: ")


@pytest.mark.parametrize(
    ("key", "before", "says"),
    [
        (OLD, "", "all under the secret key"),
        (NEW, OLD, "under a secret key of before: 250 webhook endpoints, 1 API keys; restart every process, then"),
        (OLD, NEW, "all under the secret key; OUTWARD_SECRET_KEY_BEFORE is needed no more"),
        (NEW, "", "250 webhook endpoints cannot be opened, such as "),
    ],
)
async def test_the_doctor_tells_how_what_is_sealed_is(
    outward: Outward, endpoints: list[Any], key: str, before: str, says: str
) -> None:
    found = await outward("doctor", "--json", key=key, before=before)
    told = finding(found)
    assert told["says"].startswith(says), told
    assert (found.exit_code == 0) == told["ok"] == ("cannot" not in says)


async def test_the_doctor_tells_of_a_key_that_might_be_guessed(outward: Outward) -> None:
    found = await outward("doctor", "--json", key="hunter2")
    told = json.loads(found.stdout)["findings"][0]
    assert (found.exit_code, told["what"], told["ok"]) == (1, "secret key", False)
    assert told["says"].startswith("shorter than 32 characters")


async def _rotated_by_a_process(settings: Settings) -> Any:
    """What a process of its own says: within one process two commands share its environment and its output."""
    command = [sys.executable, "-m", "app.cli", "rotate-secret-key", "--json"]
    environment = os.environ | _environment(settings, key=NEW, before=OLD)
    process = await asyncio.create_subprocess_exec(*command, cwd=SOURCE, env=environment, stdout=PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(told)


async def test_two_that_are_typed_at_the_same_time_share_the_work(
    endpoints: list[Any], database: Database, settings: Settings
) -> None:
    both = await asyncio.gather(*[_rotated_by_a_process(settings) for _ in range(2)])
    resealed = [told["resealed"]["webhook endpoints"] for told in both]
    assert sum(resealed) == len(endpoints)
    async with database.reading() as connection:
        assert await survey(connection, keeping_secrets.SEALED, seal_of(settings_with(settings, NEW))) == Survey()


async def test_answers_that_show_no_secret_are_left_as_they_are(
    outward: Outward, client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/v1/departments", json={"key": "FIN", "name": "Finance"}, headers={"Idempotency-Key": "k"})
    async with database.reading() as connection:
        stored = (await connection.execute(select(idempotent_answers.c.body))).scalar_one()
        assert json.loads(stored)["key"] == "FIN"
        assert (
            json.loads((await outward("rotate-secret-key", "--json", before=OLD)).stdout)["resealed"]["stored answers"]
            == 0
        )
        assert (await connection.execute(select(idempotent_answers.c.body))).scalar_one() == stored
