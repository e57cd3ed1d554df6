"""Importing over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.settings import Settings
from tests.conftest import Clock, client_of
from tests.exchange.logs import MAPPING, NOW, csv_of
from tests.kernel.background_work import eventually

ROW = ("C1", "2026-01-05T09:00:00Z", "resolve", "Desk")
LOG = csv_of(ROW)


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    clock.instant = NOW


def parts(log: str | bytes = LOG, mapping: str = MAPPING) -> dict[str, Any]:
    return {"file": ("log.csv", log), "mapping": ("log.toml", mapping)}


async def ended(client: httpx.AsyncClient, started: httpx.Response) -> dict[str, Any]:
    """The import when it no longer runs."""
    assert started.status_code == 202, started.text
    for _ in range(2400):
        shown: dict[str, Any] = (await client.get(started.headers["Location"])).json()
        if shown["status"] != "running":
            return shown
        await asyncio.sleep(0.05)
    raise AssertionError("it still runs after two minutes")


async def key_of(client: httpx.AsyncClient, role: str, *permissions: str) -> str:
    draft = {"name": role, "role": role, "permissions": list(permissions)}
    made = await client.post("/v1/api-keys", json=draft)
    assert made.status_code == 201, made.text
    key: str = made.json()["key"]
    return key


async def test_an_import_is_taken_on_done_beside_the_request_and_tells_what_came_of_it(
    client: httpx.AsyncClient,
) -> None:
    started = await client.post("/v1/imports", files=parts())
    assert started.headers["Location"] == f"/v1/imports/{started.json()['id']}"
    shown = await ended(client, started)
    assert (shown["status"], shown["problem"], shown["file_name"], shown["source"]) == ("done", None, "log.csv", "tool")
    assert shown["summary"] == {
        "cases": 1,
        "events": 1,
        "tickets": 1,
        "transfers": 0,
        "reopens": 0,
        "waits": 0,
        "resolved": 1,
        "ignored": 0,
        "skipped": 0,
        "commitments_left_out": 0,
        "errors": [],
    }
    assert (shown["bytes_read"], shown["events_read"], shown["cases_stored"]) == (shown["bytes_total"], 1, 1)
    (ticket,) = (await client.get("/v1/tickets")).json()["items"]
    history = (await client.get(f"/v1/tickets/{ticket['id']}/history")).json()["items"]
    assert history[0]["actor"] == {"type": "import", "id": shown["id"], "name": "tool"}


async def test_a_bad_row_is_named_in_the_summary(client: httpx.AsyncClient) -> None:
    shown = await ended(client, await client.post("/v1/imports", files=parts(csv_of(ROW, ("C2", "", "x", "")))))
    assert (shown["status"], shown["summary"]["skipped"]) == ("done", 1)
    assert shown["summary"]["errors"] == [{"line": 3, "reason": "no time: there is no 'time'"}]


async def test_a_dry_run_keeps_nothing(client: httpx.AsyncClient) -> None:
    shown = await ended(client, await client.post("/v1/imports", params={"dry_run": True}, files=parts()))
    assert (shown["dry_run"], shown["summary"]["tickets"]) == (True, 1)
    assert (await client.get("/v1/tickets")).json()["items"] == []


async def test_strict_fails_at_the_first_bad_row(client: httpx.AsyncClient) -> None:
    asked = {"files": parts(csv_of(ROW, ("C2", "", "x", ""))), "params": {"strict": True}}
    shown = await ended(client, await client.post("/v1/imports", **asked))
    assert shown["status"] == "failed"
    assert shown["problem"]["detail"] == "Line 3: no time: there is no 'time'."
    assert (await client.get("/v1/tickets")).json()["items"] == []


async def test_a_broken_file_fails_and_says_where(client: httpx.AsyncClient) -> None:
    broken = '{"case": "C1", "time": "2026-01-05T09:00:00Z"}\n{"case": '
    shown = await ended(client, await client.post("/v1/imports", files=parts(broken)))
    assert shown["status"] == "failed"
    assert shown["problem"]["detail"].startswith("Line 2: this is no JSON")
    assert shown["summary"] is None


@pytest.mark.parametrize(
    ("files", "pointer"),
    [
        (parts(mapping="[log]"), "/mapping"),
        (parts(mapping=MAPPING.replace('"start" = "start"', '"start" = "begin"')), "/mapping"),
        (parts(log=b"PK\x03\x04\x00\x00"), "/file"),
        (parts(log=b""), "/file"),
        ({"file": ("log.csv", LOG)}, "/mapping"),
        ({"mapping": ("log.toml", MAPPING)}, "/file"),
        ({**parts(), "dry_run": (None, "true")}, "/dry_run"),
        ([("file", ("a", LOG)), ("file", ("b", LOG))], "/file"),
    ],
)
async def test_what_cannot_be_imported_is_refused_at_once(client: httpx.AsyncClient, files: Any, pointer: str) -> None:
    answer = await client.post("/v1/imports", files=files)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await client.get("/v1/imports")).json()["items"] == []


async def test_the_mapping_may_be_a_plain_field(client: httpx.AsyncClient) -> None:
    started = await client.post("/v1/imports", files={"file": ("log", LOG)}, data={"mapping": MAPPING})
    assert (await ended(client, started))["status"] == "done"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
    ],
)
async def test_a_body_that_is_no_multipart_is_a_problem(
    client: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    answer = await client.post("/v1/imports", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_body_may_be_larger_than_others_but_not_than_the_setting(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    large = csv_of(*[ROW] * 60_000)
    assert len(large) > 2 * 1024**2
    assert (await ended(client, await client.post("/v1/imports", files=parts(large))))["summary"]["events"] == 60_000
    app.state.settings = app.state.settings.model_copy(update={"import_max_bytes": 1024**2})
    assert (await client.post("/v1/imports", files=parts(large))).status_code == 413


async def test_importing_needs_an_admin_or_an_integration_that_may_backdate(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings
) -> None:
    for role, permissions, status in (
        ("analyst", (), 403),
        ("integration", ("read", "write"), 403),
        ("integration", ("backdate",), 202),
    ):
        async with client_of(app, await key_of(client, role, *permissions)) as other:
            started = await other.post("/v1/imports", files=parts())
            assert started.status_code == status, started.text
            if status == 202:
                assert (await ended(other, started))["status"] == "done"


async def test_without_a_key_nothing_of_the_body_is_taken(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.post("/v1/imports", files=parts())).status_code == 401


async def test_imports_are_listed(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await ended(client, await client.post("/v1/imports", files=parts()))
    await ended(
        client, await client.post("/v1/imports", params={"strict": True}, files=parts(csv_of(("", "", "", ""))))
    )
    assert len((await client.get("/v1/imports")).json()["items"]) == 3
    failed = (await client.get("/v1/imports", params={"status": "failed"})).json()["items"]
    assert [each["strict"] for each in failed] == [True]


async def test_an_import_whose_process_ended_is_shown_as_failed(client: httpx.AsyncClient, database: Database) -> None:
    shown = await ended(client, await client.post("/v1/imports", files=parts()))
    interrupted = "update imports set status = 'running', summary = null, finished_at = null"
    for silence, status in (("10 seconds", "running"), ("2 minutes", "failed")):
        async with database.writing() as connection:
            await connection.execute(text(f"{interrupted}, updated_at = now() - interval '{silence}'"))
        found = (await client.get(f"/v1/imports/{shown['id']}")).json()
        assert found["status"] == status
    assert "stopped before the import was done" in found["problem"]["detail"]


async def test_a_defect_fails_the_import_without_telling_its_insides(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("app.exchange.imports.run_import", broken)
    shown = await ended(client, await client.post("/v1/imports", files=parts()))
    assert (shown["status"], shown["problem"]["status"]) == ("failed", 500)
    assert "secret" not in str(shown["problem"])


async def test_nothing_is_left_of_an_upload(
    client: httpx.AsyncClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await ended(client, await client.post("/v1/imports", files=parts()))
    await client.post("/v1/imports", files=parts(mapping="[log]"))
    await client.post("/v1/imports", files={"file": ("a", LOG)})

    async def uploads() -> list[Any]:
        return list(tmp_path.iterdir())

    await eventually(uploads, [])


async def test_the_same_key_and_upload_give_the_answer_again_and_another_upload_is_refused(
    client: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "nightly"}
    first = await client.post("/v1/imports", files=parts(), headers=key)
    again = await client.post("/v1/imports", files=parts(), headers=key)
    assert (again.status_code, again.json(), again.headers["Location"]) == (
        202,
        first.json(),
        first.headers["Location"],
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in (parts(csv_of(ROW, ROW)), parts(mapping=MAPPING + "\n")):
        assert (await client.post("/v1/imports", files=other, headers=key)).status_code == 422
    await ended(client, first)
    assert len((await client.get("/v1/imports")).json()["items"]) == 1
