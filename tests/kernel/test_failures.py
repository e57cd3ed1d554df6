"""What fails is answered as a problem, tried again where that helps, and found in the log by its request id."""

import asyncio

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.kernel.routes import ATTEMPTS, router
from app.kernel.work import Writes
from app.main import EVENT_TYPES, create_app, use
from app.settings import Settings
from tests.conftest import client_of

KEY = "test-bootstrap-key-of-more-than-32-characters"


class Heard(list[dict[str, object]]):
    """A log that remembers what was said, under which request id."""

    def say(self, event: str, **said: object) -> None:
        self.append({**structlog.contextvars.get_contextvars(), "event": event, **said})

    info = warning = error = say


@pytest.fixture
def service(settings: Settings) -> FastAPI:
    """A service of each test's own: they add endpoints to it."""
    return create_app(settings)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    log = Heard()
    monkeypatch.setattr("app.kernel.failures.log", log)
    monkeypatch.setattr("app.kernel.telemetry.log", log)
    return log


async def stored(client: httpx.AsyncClient) -> list[str]:
    return [item["external_ref"] for item in (await client.get("/v1/customers")).json()["items"]]


def adding(app: FastAPI, errors: list[str]) -> None:
    """An endpoint that makes a customer, then lets the database raise the next of these errors."""
    routes = router("/v1", "Test")

    @routes.post("/adding")
    async def add(work: Writes) -> dict[str, int]:
        await work.connection.execute(
            text(
                "insert into customers (id, external_ref, name, preferences) values (gen_random_uuid(), 'C', 'C', '{}')"
            )
        )
        work.happened("customer.created", work.now, customer=EVENT_TYPES["customer.created"].example["customer"])
        if errors:
            await work.connection.execute(text(f"do $$ begin raise exception sqlstate '{errors.pop()}'; end $$"))
        return {"left": len(errors)}

    app.include_router(routes)


async def test_a_transaction_ended_for_anothers_sake_is_tried_again(app: FastAPI) -> None:
    adding(app, ["40P01"] * (ATTEMPTS - 1))
    async with client_of(app, KEY) as client:
        response = await client.post("/v1/adding")
        assert (response.status_code, await stored(client)) == (200, ["C"])
        assert [event["type"] for event in (await client.get("/v1/events")).json()["items"]] == ["customer.created"]


async def test_one_that_is_ended_each_time_is_a_conflict(app: FastAPI) -> None:
    adding(app, ["40001"] * ATTEMPTS)
    async with client_of(app, KEY) as client:
        response = await client.post("/v1/adding")
        assert (response.status_code, await stored(client)) == (409, [])


async def test_the_repeated_attempts_of_an_idempotent_request_are_one(app: FastAPI) -> None:
    adding(app, ["40P01"])
    async with client_of(app, KEY) as client:
        answers = [await client.post("/v1/adding", headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_a_defect_is_answered_as_a_problem_and_logged_under_its_request_id(app: FastAPI, heard: Heard) -> None:
    adding(app, ["P0001"])
    async with client_of(app, KEY) as client:
        response = await client.post("/v1/adding", headers={"X-Request-Id": "the-one"})
    assert (response.status_code, response.headers["X-Request-Id"]) == (500, "the-one")
    assert response.headers["Content-Type"] == "application/problem+json"
    (defect,) = [entry for entry in heard if entry["event"] == "defect"]
    assert defect["request_id"] == "the-one"


async def test_a_defect_of_the_service_itself_is_answered_alike(app: FastAPI) -> None:
    @app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError("broken")

    async with client_of(app, KEY) as client:
        response = await client.get("/breaks")
    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal-error")
    assert response.headers["X-Request-Id"]


async def test_a_client_that_goes_away_while_it_sends_leaves_nothing(
    app: FastAPI, database: Database, heard: Heard
) -> None:
    sent = iter([{"type": "http.request", "body": b'{"name":', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, object]:
        return next(sent)

    async def send(message: object) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/customers",
        "raw_path": b"/v1/customers",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")],
    }
    await asyncio.wait_for(app(scope, receive, send), 10)  # type: ignore[arg-type]
    assert [(entry["event"], entry.get("status")) for entry in heard] == [
        ("the client went away", None),
        ("request", 499),
    ]
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", ["28P01", "3D000", "53300", "53100", "57014", "58030", "25006"])
async def test_a_database_that_does_not_serve_makes_the_service_unavailable(app: FastAPI, state: str) -> None:
    adding(app, [state])
    async with client_of(app, KEY) as client:
        response = await client.post("/v1/adding")
        assert (response.status_code, response.json()["type"]) == (503, "/problems/unavailable")
        assert response.headers["Retry-After"]
        assert await stored(client) == []


async def test_a_database_that_nobody_answers_for_makes_the_service_unavailable(app: FastAPI) -> None:
    use(app, Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1))
    async with client_of(app, KEY) as client:
        response = await client.get("/v1/customers")
    assert (response.status_code, response.json()["detail"]) == (503, "The database cannot be reached.")


async def test_a_file_that_cannot_be_opened_is_a_defect_not_the_databases_absence(app: FastAPI) -> None:
    @app.get("/opens")
    async def opens() -> None:
        raise PermissionError("no")

    async with client_of(app, KEY) as client:
        assert (await client.get("/opens")).status_code == 500


async def test_a_request_for_which_no_connection_gets_free_is_asked_to_come_again(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Database(database.url, pool_size=1)
    monkeypatch.setattr(small.engine.pool, "_timeout", 0.05)
    async with small.reading():
        use(app, small)
        async with client_of(app, KEY) as client:
            response = await client.get("/v1/customers")
    await small.close()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.json()["detail"] == "Too much at once. Try again."
