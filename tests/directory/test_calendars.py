"""Calendars over HTTP: what is refused, what is counted, and how one changes from now on."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.directory.calendars import _timelines as calendars_in_memory
from app.directory.calendars import timelines
from app.kernel.database import Database
from app.kernel.problems import Conflict
from app.kernel.work import Work
from tests.conftest import Clock, Statements

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "calendar_vectors.json").read_text())
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


async def make(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "Office", "timezone": "UTC", "hours": OFFICE} | fields
    response = await client.post("/v1/calendars", json=body)
    assert response.status_code == 201, response.text
    return response.json()


async def elapsed(client: httpx.AsyncClient, calendar: dict[str, Any], start: str, end: str) -> int:
    response = await client.post(f"/v1/calendars/{calendar['id']}/elapsed", json={"start": start, "end": end})
    assert response.status_code == 200, response.text
    return response.json()["seconds"]


async def due(client: httpx.AsyncClient, calendar: dict[str, Any], start: str, seconds: int) -> str:
    response = await client.post(f"/v1/calendars/{calendar['id']}/due", json={"start": start, "seconds": seconds})
    assert response.status_code == 200, response.text
    return response.json()["due_at"]


async def test_a_calendar_is_made_with_its_location_and_etag(client: httpx.AsyncClient) -> None:
    body = {
        "name": "Head office",
        "timezone": "Europe/Berlin",
        "hours": {"sun": [["00:00", "24:00"]], "mon": [["09:00", "17:00"]]},
        "holidays": ["2026-12-24"],
        "holiday_country": "DE",
        "holiday_subdivision": "BY",
    }
    response = await client.post("/v1/calendars", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert list(made["hours"]) == ["mon", "sun"]
    assert (await client.get(response.headers["Location"])).json() == made


async def test_touching_intervals_are_one_and_an_empty_day_is_a_closed_one(client: httpx.AsyncClient) -> None:
    hours = {"tue": [["12:00", "17:00"], ["08:00", "12:00"], ["18:00", "24:00"]], "wed": []}
    made = await make(client, hours=hours, holidays=["2026-12-25", "2026-01-01", "2026-12-25"])
    assert made["hours"] == {"tue": [["08:00", "17:00"], ["18:00", "24:00"]]}
    assert made["holidays"] == ["2026-01-01", "2026-12-25"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"hours": {}}, "/hours"),
        ({"hours": {"mon": []}}, "/hours"),
        ({"hours": {"monday": [["09:00", "17:00"]]}}, "/hours/monday"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "/hours/mon/0"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "/hours/mon/0"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "17:00"]]}}, "/hours/mon"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "/hours/mon/0/1"),
        ({"hours": {"mon": [["9:00", "17:00"]]}}, "/hours/mon/0/0"),
        ({"hours": {"mon": [["09:00"]]}}, "/hours/mon/0"),
        ({"hours": {"mon": "09:00-17:00"}}, "/hours/mon"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"holidays": ["2026-02-30"]}, "/holidays/0"),
        ({"holiday_country": "XX"}, "/holiday_country"),
        ({"holiday_country": "de"}, "/holiday_country"),
        ({"holiday_country": "DE", "holiday_subdivision": "TX"}, "/holiday_subdivision"),
        ({"holiday_subdivision": "BY"}, "/holiday_subdivision"),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused_naming_the_field(
    client: httpx.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    body = {"name": "Office", "timezone": "UTC", "hours": OFFICE} | fields
    response = await client.post("/v1/calendars", json=body)
    assert (response.status_code, response.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert (await client.get("/v1/calendars")).json()["items"] == []


async def test_the_vectors_of_business_time_hold_over_http(client: httpx.AsyncClient) -> None:
    made = {name: await make(client, name=name, **fields) for name, fields in VECTORS["calendars"].items()}
    wrong = []
    for case in VECTORS["cases"]:
        calendar = made[case["calendar"]]
        if case["op"] == "due":
            found: object = await due(client, calendar, case["start"], case["seconds"])
        else:
            found = await elapsed(client, calendar, case["start"], case["end"])
        if found != case["expected"]:
            wrong.append((case, found))
    assert (len(VECTORS["cases"]), wrong) == (130, [])


@pytest.mark.parametrize(
    ("fields", "closed_on"),
    [
        ({"holiday_country": "DE"}, "2026-10-03"),
        ({"holiday_country": "DE", "holiday_subdivision": "BY"}, "2026-01-06"),
        ({"holiday_country": "BR", "holiday_subdivision": "São Paulo Capital"}, "2026-01-25"),
        ({"holiday_country": "DE"}, "2100-12-25"),
        ({"holiday_country": "DE", "holidays": ["2026-12-24"]}, "2026-12-24"),
        ({"holiday_country": "DE", "holidays": ["2026-12-24"]}, "2026-12-25"),
    ],
)
async def test_public_holidays_are_closed_beside_the_explicit_ones(
    client: httpx.AsyncClient, fields: dict[str, Any], closed_on: str
) -> None:
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    calendar = await make(client, hours=always, **fields)
    assert await elapsed(client, calendar, f"{closed_on}T00:00:00Z", f"{closed_on}T23:59:59Z") == 0


async def test_a_holiday_of_one_subdivision_is_none_of_its_country(client: httpx.AsyncClient) -> None:
    calendar = await make(client, holiday_country="DE")
    assert await elapsed(client, calendar, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z") == 8 * 3600


async def test_business_time_of_more_than_ten_years_is_refused(client: httpx.AsyncClient) -> None:
    calendar = await make(client, hours={"mon": [["09:00", "10:00"]]})
    for seconds in (3600 * 523, 3653 * 86400, 3653 * 86400 + 1, -1):
        body = {"start": "2026-01-01T00:00:00Z", "seconds": seconds}
        response = await client.post(f"/v1/calendars/{calendar['id']}/due", json=body)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/seconds"), seconds
    assert await due(client, calendar, "2026-01-01T00:00:00Z", 3600 * 522) == "2035-12-31T10:00:00Z"


@pytest.mark.parametrize("action", ["due", "elapsed"])
async def test_business_time_of_a_calendar_that_does_not_exist_is_not_found(
    client: httpx.AsyncClient, action: str
) -> None:
    body = {"start": "2026-01-01T00:00:00Z"} | ({"seconds": 1} if action == "due" else {"end": "2026-01-02T00:00:00Z"})
    response = await client.post(f"/v1/calendars/00000000-0000-7000-8000-000000000000/{action}", json=body)
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


async def test_other_hours_hold_from_now_on_and_the_past_stands(client: httpx.AsyncClient, clock: Clock) -> None:
    clock.at("2026-03-02T12:00:00+00:00")
    calendar = await make(client)
    monday = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
    assert await elapsed(client, calendar, *monday) == 8 * 3600
    hours = {"mon": [["09:00", "13:00"]], "tue": [["09:00", "10:00"]]}
    changed = await client.patch(f"/v1/calendars/{calendar['id']}", json={"hours": hours})
    assert (changed.status_code, changed.json()["hours"], changed.json()["version"]) == (200, hours, 2)
    assert await elapsed(client, calendar, *monday) == 4 * 3600
    assert await elapsed(client, calendar, "2026-02-23T00:00:00Z", "2026-02-24T00:00:00Z") == 8 * 3600
    assert await due(client, calendar, "2026-03-02T09:00:00Z", 5 * 3600) == "2026-03-03T10:00:00Z"


async def test_a_change_in_a_second_in_which_the_clock_went_back_leaves_a_calendar_that_counts(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    calendar = await make(client)
    for instant, end in (("2026-03-02T12:00:00+00:00", "13:00"), ("2026-03-02T11:59:59+00:00", "14:00")):
        clock.at(instant)
        await client.patch(f"/v1/calendars/{calendar['id']}", json={"hours": {"mon": [["09:00", end]]}})
    assert await elapsed(client, calendar, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z") == 5 * 3600


async def test_a_change_states_only_what_changes_and_is_checked_as_a_whole(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    clock.at("2026-03-02T12:00:00+00:00")
    calendar = await make(client, holiday_country="DE", holiday_subdivision="BY")
    path = f"/v1/calendars/{calendar['id']}"
    refused = await client.patch(path, json={"holiday_country": "FR"})
    assert refused.json()["errors"][0]["pointer"] == "/holiday_subdivision"
    dropped = await client.patch(path, json={"holiday_country": None, "holiday_subdivision": None})
    assert (dropped.json()["holiday_country"], dropped.json()["hours"]) == (None, OFFICE)
    assert await elapsed(client, calendar, "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z") == 8 * 3600


async def test_a_stale_if_match_changes_no_calendar(client: httpx.AsyncClient) -> None:
    calendar = await make(client)
    path = f"/v1/calendars/{calendar['id']}"
    await client.patch(path, json={"name": "Branch"}, headers={"If-Match": '"1"'})
    stale = await client.patch(path, json={"timezone": "Asia/Tokyo"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, (await client.get(path)).json()["timezone"]) == (412, "UTC")


async def test_whoever_follows_calendars_is_told_of_other_hours_and_not_of_another_name(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    told: list[UUID] = []

    async def follow(work: Work, calendar_id: UUID) -> None:
        assert calendar_id in await timelines(work.connection, [calendar_id])
        told.append(calendar_id)

    app.state.calendar_changed = (*app.state.calendar_changed, follow)
    calendar = await make(client)
    path = f"/v1/calendars/{calendar['id']}"
    for body in ({"name": "Branch"}, {"hours": OFFICE}, {"timezone": "Asia/Tokyo"}):
        assert (await client.patch(path, json=body)).status_code == 200
    assert told == [UUID(calendar["id"])]


async def test_a_change_that_comes_to_nothing_is_not_kept_in_memory(client: httpx.AsyncClient, app: FastAPI) -> None:
    calendar = await make(client)
    path = f"/v1/calendars/{calendar['id']}"

    async def refuse(work: Work, calendar_id: UUID) -> None:
        await timelines(work.connection, [calendar_id])
        raise Conflict("Not now.")

    others = app.state.calendar_changed
    app.state.calendar_changed = (*others, refuse)
    refused = await client.patch(path, json={"hours": {"mon": [["09:00", "10:00"]]}})
    app.state.calendar_changed = others
    await client.patch(path, json={"hours": {"tue": [["09:00", "11:00"]]}})
    assert refused.status_code == 409
    assert await elapsed(client, calendar, "2126-01-07T00:00:00Z", "2126-01-14T00:00:00Z") == 2 * 3600


async def test_timelines_are_loaded_once_and_then_only_asked_for_their_version(
    client: httpx.AsyncClient, database: Database, statements: Statements
) -> None:
    ids = [UUID((await make(client, name=str(number)))["id"]) for number in range(3)]
    async with database.reading() as connection:
        statements.clear()
        first = await timelines(connection, ids)
        cost_of_first = len(statements)
        again = await timelines(connection, ids)
    assert (cost_of_first, len(statements) - cost_of_first) == (2, 1)
    assert set(first) == set(ids)
    assert all(again[id_] is first[id_] for id_ in ids)
    assert first[ids[0]].versions[0][0] == datetime(1900, 1, 1, tzinfo=UTC)


async def test_a_list_of_calendars_costs_one_query_whatever_its_length(
    client: httpx.AsyncClient, statements: Statements
) -> None:
    for number in range(5):
        await make(client, name=f"C{number}", timezone="Asia/Tokyo" if number % 2 else "UTC")
    statements.clear()
    page = (await client.get("/v1/calendars", params={"sort": "-name", "timezone": "UTC"})).json()
    assert len(statements) == 1
    assert [item["name"] for item in page["items"]] == ["C4", "C2", "C0"]


KEPT = text("select number, public_holidays from calendar_versions order by number")


async def kept_holidays(database: Database) -> dict[int, list[date] | None]:
    async with database.reading() as connection:
        return {row.number: row.public_holidays for row in await connection.execute(KEPT)}


async def as_if_kept(database: Database, *days: date) -> None:
    """Lets every version have been made when the package knew other public holidays."""
    async with database.writing() as connection:
        await connection.execute(text("update calendar_versions set public_holidays = :days"), {"days": list(days)})
    calendars_in_memory.clear()


async def test_a_version_keeps_the_public_holidays_that_were_known_when_it_was_made(
    client: httpx.AsyncClient, database: Database
) -> None:
    calendar = await make(client, holiday_country="DE", holiday_subdivision="BY")
    await make(client, name="Without a country")
    kept = (await kept_holidays(database))[1]
    assert kept is None or date(2026, 1, 6) in kept
    await as_if_kept(database, date(2026, 3, 2))
    assert await elapsed(client, calendar, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z") == 8 * 3600
    assert await elapsed(client, calendar, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z") == 0


async def test_a_new_version_takes_the_public_holidays_known_by_then_and_the_past_stands(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    calendar = await make(client, holiday_country="DE")
    await as_if_kept(database, date(2026, 3, 2))
    clock.at("2026-07-01T12:00:00+00:00")
    path = f"/v1/calendars/{calendar['id']}"
    changed = await client.patch(path, json={"hours": OFFICE | {"sat": [["09:00", "12:00"]]}})
    assert changed.json()["version"] == 2
    assert await elapsed(client, calendar, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z") == 0
    assert await elapsed(client, calendar, "2026-04-03T00:00:00Z", "2026-04-04T00:00:00Z") == 8 * 3600
    assert await elapsed(client, calendar, "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z") == 0


async def test_stating_the_country_again_makes_a_version_only_if_other_holidays_are_known(
    client: httpx.AsyncClient, database: Database, app: FastAPI
) -> None:
    told: list[UUID] = []

    async def follow(_: Work, calendar_id: UUID) -> None:
        told.append(calendar_id)

    app.state.calendar_changed = (*app.state.calendar_changed, follow)
    calendar = await make(client, holiday_country="DE")
    path = f"/v1/calendars/{calendar['id']}"
    same = await client.patch(path, json={"holiday_country": "DE"})
    await as_if_kept(database, date(2026, 3, 2))
    unstated = await client.patch(path, json={"timezone": "UTC"})
    renewed = await client.patch(path, json={"holiday_country": "DE"}, headers={"If-Match": '"1"'})
    assert [answer.json()["version"] for answer in (same, unstated, renewed)] == [1, 1, 2]
    assert renewed.headers["ETag"] == '"2"'
    assert told == [UUID(calendar["id"])]
    kept = await kept_holidays(database)
    assert (kept[1], date(2026, 12, 25) in (kept[2] or ())) == ([date(2026, 3, 2)], True)


async def test_the_versions_of_a_calendar_are_listed_with_the_instants_from_which_they_hold(
    client: httpx.AsyncClient, clock: Clock, statements: Statements
) -> None:
    clock.at("2026-03-02T12:00:00+00:00")
    calendar = await make(client)
    path = f"/v1/calendars/{calendar['id']}"
    for hour in ("13", "14", "15"):
        clock.passes(days=1)
        await client.patch(path, json={"hours": {"tue": [["09:00", f"{hour}:00"]], "mon": [["09:00", "10:00"]]}})
    statements.clear()
    page = (await client.get(f"{path}/versions", params={"limit": 3})).json()
    assert len(statements) == 2
    assert [version["number"] for version in page["items"]] == [1, 2, 3]
    assert [version["holds_from"] for version in page["items"][:2]] == ["1900-01-01T00:00:00Z", "2026-03-03T12:00:00Z"]
    assert list(page["items"][1]["hours"]) == ["mon", "tue"]
    rest = (await client.get(f"{path}/versions", params={"cursor": page["next_cursor"]})).json()
    assert ([version["number"] for version in rest["items"]], rest["next_cursor"]) == ([4], None)
    newest = (await client.get(f"{path}/versions", params={"sort": "-number", "limit": 1})).json()["items"]
    assert newest[0]["hours"]["tue"] == [["09:00", "15:00"]]
    nobody = await client.get("/v1/calendars/00000000-0000-7000-8000-000000000000/versions")
    assert nobody.status_code == 404


async def test_the_holidays_of_a_year_are_the_explicit_ones_and_the_public_ones_with_their_names(
    client: httpx.AsyncClient, statements: Statements
) -> None:
    calendar = await make(client, holiday_country="DE", holidays=["2027-12-24", "2027-12-25", "2026-12-24"])
    path = f"/v1/calendars/{calendar['id']}/holidays"
    statements.clear()
    items = (await client.get(path, params={"year": 2027})).json()["items"]
    assert len(statements) == 1
    assert len(items) == 10
    assert items[-3:] == [
        {"date": "2027-12-24", "name": None, "public": False},
        {"date": "2027-12-25", "name": "Erster Weihnachtstag", "public": True},
        {"date": "2027-12-26", "name": "Zweiter Weihnachtstag", "public": True},
    ]
    await client.patch(f"/v1/calendars/{calendar['id']}", json={"holiday_country": None})
    now = (await client.get(path, params={"year": 2027})).json()["items"]
    assert [item["date"] for item in now] == ["2027-12-24", "2027-12-25"]
    assert (await client.get(path, params={"year": 2027, "version": 1})).json()["items"] == items
    assert (await client.get(path, params={"year": 2101, "version": 1})).json()["items"] == []
    for query, status in (({"year": 2027, "version": 3}, 404), ({}, 422), ({"year": 1899}, 422)):
        assert (await client.get(path, params=query)).status_code == status
