"""Holidays from a file, over HTTP: a new version of the calendar."""

from typing import Any

import httpx
from fastapi import FastAPI

from tests.conftest import Clock, client_of
from tests.directory.test_calendars import elapsed, make

FILE = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261226
END:VEVENT
END:VCALENDAR
"""


async def send(client: httpx.AsyncClient, calendar: dict[str, Any], file: bytes, **more: Any) -> httpx.Response:
    headers = {"Content-Type": "text/calendar; charset=utf-8"} | more.pop("headers", {})
    return await client.post(f"/v1/calendars/{calendar['id']}/import-holidays", content=file, headers=headers, **more)


async def test_the_days_of_a_file_join_the_holidays_in_a_new_version_and_taken_again_change_nothing(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    clock.at("2026-12-24T13:00:00+00:00")
    calendar = await make(client, holidays=["2026-12-31"])
    made = await send(client, calendar, FILE)
    assert (made.status_code, made.json()["version"], made.headers["ETag"]) == (200, 2, '"2"')
    assert made.json()["holidays"] == ["2026-12-24", "2026-12-25", "2026-12-31"]
    again = await send(client, calendar, FILE)
    assert again.json() == made.json()
    assert await elapsed(client, calendar, "2026-12-24T00:00:00Z", "2026-12-26T00:00:00Z") == 4 * 3600


async def test_the_days_of_a_file_replace_the_explicit_holidays_when_that_is_asked(client: httpx.AsyncClient) -> None:
    calendar = await make(client, holidays=["2026-12-31"])
    made = (await send(client, calendar, FILE, params={"replace": "true"})).json()
    assert made["holidays"] == ["2026-12-24", "2026-12-25"]


async def test_a_bad_file_is_refused_naming_the_line_and_changes_nothing(client: httpx.AsyncClient) -> None:
    calendar = await make(client)
    refused = await send(client, calendar, FILE.replace(b"20261224", b"20261324"))
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")
    assert "In the event in line 2: DTSTART" in refused.json()["errors"][0]["detail"]
    assert (await client.get(f"/v1/calendars/{calendar['id']}")).json() == calendar


async def test_a_calendar_has_no_more_than_2000_explicit_holidays(client: httpx.AsyncClient) -> None:
    days = [
        f"{year}-{month:02}-{day:02}" for year in range(2000, 2006) for month in range(1, 13) for day in range(1, 29)
    ]
    calendar = await make(client, holidays=days[:1999])
    refused = await send(client, calendar, FILE)
    assert (refused.status_code, "2,001 explicit holidays" in refused.json()["detail"]) == (422, True)
    assert (await send(client, calendar, FILE, params={"replace": "true"})).status_code == 200


async def test_what_is_sent_as_something_else_or_to_nobody_or_too_large_is_refused(client: httpx.AsyncClient) -> None:
    calendar = await make(client)
    nobody = {"id": "00000000-0000-7000-8000-000000000000"}
    json = await send(client, calendar, FILE, headers={"Content-Type": "application/json"})
    gzipped = await send(client, calendar, FILE, headers={"Content-Encoding": "gzip"})
    stale = await send(client, calendar, FILE, headers={"If-Match": '"7"'})
    large = await send(client, calendar, FILE + b"\n" * 2**20)
    unknown = await send(client, calendar, FILE, params={"merge": "true"})
    missing = await send(client, nobody, FILE)
    answers = (json, gzipped, stale, large, unknown, missing)
    assert [answer.status_code for answer in answers] == [415, 415, 412, 413, 422, 404]


async def test_the_same_request_sent_twice_is_answered_from_the_store(client: httpx.AsyncClient) -> None:
    calendar = await make(client)
    first, second = [await send(client, calendar, FILE, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (second.headers["Idempotency-Replayed"], second.json()) == ("true", first.json())


async def test_an_analyst_reads_holidays_and_takes_none_from_a_file(client: httpx.AsyncClient, app: FastAPI) -> None:
    calendar = await make(client)
    key = (await client.post("/v1/api-keys", json={"name": "reports", "role": "analyst"})).json()["key"]
    async with client_of(app, key) as analyst:
        assert (await send(analyst, calendar, FILE)).status_code == 403
        path = f"/v1/calendars/{calendar['id']}"
        reads = [await analyst.get(f"{path}/holidays", params={"year": 2026}), await analyst.get(f"{path}/versions")]
        assert [read.status_code for read in reads] == [200, 200]
