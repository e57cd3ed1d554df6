"""Departments over HTTP: the conventions every resource shares are told here once."""

import asyncio

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock, Statements


async def make(client: httpx.AsyncClient, key: str, **fields: object) -> dict[str, object]:
    response = await client.post("/v1/departments", json={"key": key, "name": key.title(), **fields})
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_department_is_made_with_its_location_and_etag(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/departments", json={"key": "FIN", "name": "Finance"})
    assert response.status_code == 201
    made = response.json()
    assert response.headers["Location"] == f"/v1/departments/{made['id']}"
    assert response.headers["ETag"] == '"1"'
    assert (await client.get(response.headers["Location"])).json() == made


async def test_a_second_department_with_the_same_key_is_a_conflict(client: httpx.AsyncClient) -> None:
    await make(client, "FIN")
    response = await client.post("/v1/departments", json={"key": "FIN", "name": "Other"})
    assert response.status_code == 409
    assert response.json()["detail"] == "There is one already: key FIN."


async def test_put_by_key_makes_then_changes_then_leaves_alone(client: httpx.AsyncClient) -> None:
    first = await client.put("/v1/departments/by-key/FIN", json={"name": "Finance"})
    second = await client.put("/v1/departments/by-key/FIN", json={"name": "Finance & Tax"})
    third = await client.put("/v1/departments/by-key/FIN", json={"name": "Finance & Tax"})
    assert [first.status_code, second.status_code, third.status_code] == [201, 200, 200]
    assert [r.json()["version"] for r in (first, second, third)] == [1, 2, 2]


@pytest.mark.parametrize("key", ["customer", "third_party"])
async def test_the_parties_of_a_wait_are_no_departments(client: httpx.AsyncClient, key: str) -> None:
    response = await client.post("/v1/departments", json={"key": key, "name": "x"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/key"


async def test_a_department_cannot_be_part_of_one_beneath_it(client: httpx.AsyncClient) -> None:
    top = await make(client, "TOP")
    below = await make(client, "BELOW", parent_id=top["id"])
    response = await client.patch(f"/v1/departments/{top['id']}", json={"parent_id": below["id"]})
    assert response.status_code == 409


async def test_a_stale_if_match_changes_nothing(client: httpx.AsyncClient) -> None:
    made = await make(client, "FIN")
    path = f"/v1/departments/{made['id']}"
    changed = await client.patch(path, json={"name": "New"}, headers={"If-Match": '"1"'})
    stale = await client.patch(path, json={"name": "Newer"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, stale.status_code) == (200, 412)
    assert (await client.get(path)).json()["name"] == "New"


async def test_a_read_of_the_version_one_has_is_not_answered_again(client: httpx.AsyncClient) -> None:
    made = await make(client, "FIN")
    response = await client.get(f"/v1/departments/{made['id']}", headers={"If-None-Match": '"1"'})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("sort", ["id", "-id", "key", "-key", "created_at", "-created_at", "name"])
async def test_pages_in_any_order_hold_everything_once(client: httpx.AsyncClient, sort: str) -> None:
    for number in (3, 1, 2, 5, 4):
        await make(client, f"D{number}")
    whole = (await client.get("/v1/departments", params={"sort": sort})).json()["items"]
    pages: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/departments", params=query)).json()
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == whole
    assert len(pages) == 5


async def test_pages_follow_the_cursor_without_repeating_under_concurrent_writes(client: httpx.AsyncClient) -> None:
    for number in range(7):
        await make(client, f"D{number}")
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2, "sort": "-key", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/departments", params=query)).json()
        seen += [item["key"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await make(client, f"E{len(seen)}")
    assert seen == [f"D{number}" for number in reversed(range(7))]


async def test_a_list_costs_one_query_whatever_its_length(client: httpx.AsyncClient, statements: Statements) -> None:
    for number in range(5):
        await make(client, f"D{number}")
    statements.clear()
    await client.get("/v1/departments")
    assert len(statements) == 1


async def test_fifty_requests_with_one_idempotency_key_make_one_department(client: httpx.AsyncClient) -> None:
    def ask() -> "asyncio.Future[httpx.Response]":
        body = {"key": "FIN", "name": "Finance"}
        return asyncio.ensure_future(client.post("/v1/departments", json=body, headers={"Idempotency-Key": "k"}))

    answers = await asyncio.gather(*[ask() for _ in range(50)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    replayed = await ask()
    assert replayed.status_code == 201
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.headers["Location"].endswith(replayed.json()["id"])
    assert len((await client.get("/v1/departments")).json()["items"]) == 1


async def test_an_idempotency_key_with_another_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    await client.post("/v1/departments", json={"key": "FIN", "name": "Finance"}, headers=headers)
    response = await client.post("/v1/departments", json={"key": "HR", "name": "HR"}, headers=headers)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_every_broken_rule_is_named_by_its_pointer(client: httpx.AsyncClient) -> None:
    body = {"key": "a b", "name": " ", "parent_id": "x", "colour": "red"}
    response = await client.post("/v1/departments", json=body)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in response.json()["errors"]} == {"/key", "/name", "/parent_id", "/colour"}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"key": ', 400),
        (b'{"key": "A", "name": "\\u0000"}', 422),
        (b'{"key": "A", "name": "\\ud800"}', 400),
        (b'{"key": "A", "name": NaN}', 400),
        (b'{"key": "A", "name": "' + b"x" * (2 * 1024 * 1024) + b'"}', 413),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b"[]", 422),
        (b"", 422),
    ],
    ids=["cut off", "nul", "surrogate", "nan", "too large", "not utf-8", "too deep", "no object", "empty"],
)
async def test_a_body_that_cannot_be_taken_is_a_problem(client: httpx.AsyncClient, content: bytes, status: int) -> None:
    response = await client.post("/v1/departments", content=content, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert (await client.get("/v1/departments")).json()["items"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "bogus=1", "sort=colour", "cursor=zzz", "key=%00"]
)
async def test_a_query_that_breaks_a_rule_is_a_problem(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/v1/departments?{query}")
    assert response.status_code == 422
    assert response.json()["type"] == "/problems/invalid-request"


async def test_an_answer_is_given_again_for_a_day_and_then_forgotten(
    client: httpx.AsyncClient, clock: Clock, database: Database
) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    headers, body = {"Idempotency-Key": "k"}, {"key": "FIN", "name": "Finance"}
    await client.post("/v1/departments", json=body, headers=headers)
    clock.passes(hours=23, minutes=59)
    assert (await client.post("/v1/departments", json=body, headers=headers)).status_code == 201
    clock.passes(minutes=1)
    assert (await client.post("/v1/departments", json=body, headers=headers)).status_code == 409
    await client.post("/v1/departments", json={"key": "HR", "name": "HR"}, headers={"Idempotency-Key": "other"})
    async with database.reading() as connection:
        kept = (await connection.exec_driver_sql("select count(*) from idempotent_answers")).scalar_one()
    assert kept == 1
