"""The configuration written out: it can be applied, and then is written out as the same."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from app.configuration.exporting import as_yaml
from app.configuration.reading import read_document
from app.kernel.database import Database
from app.kernel.problems import Conflict
from app.schema import metadata
from app.service_levels.objective_schemas import ObjectiveDraft
from app.service_levels.schemas import SlaDraft
from tests.configuration.files import EVERYTHING, apply, exported, outcome


async def emptied(database: Database) -> None:
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    async with database.writing() as connection:
        await connection.execute(sql(f"truncate {tables} cascade"))


async def test_it_is_written_as_people_would_write_it(database: Database):
    await apply(database, EVERYTHING)
    assert (await exported(database)).splitlines()[1:] == [
        "calendars:",
        "- name: Office",
        "  timezone: UTC",
        "  hours:",
        *(f'    {day}: [["09:00", "17:00"]]' for day in ("mon", "tue", "wed", "thu", "fri")),
        "",
        "departments:",
        "- key: BOARD",
        "  name: Board",
        "- key: FIN",
        "  name: Finance",
        "  parent: BOARD",
        "  calendar: Office",
        "- key: OPS",
        "  name: Operations",
        "",
        "request_types:",
        "- provider: FIN",
        "  key: credit-check",
        "  name: Credit check",
        "  kind: approval",
        "  required_fields: [amount]",
        "",
        "slas:",
        "- provider: FIN",
        "  name: Anything else",
        "  rank: 100",
        "  calendar: Office",
        "  targets:",
        "  - {metric: resolve, within: 16h}",
        "- provider: FIN",
        "  name: Credit checks",
        "  requester: OPS",
        "  request_type: credit-check",
        "  priorities: [p1, p2]",
        "  rank: 10",
        "  calendar: Office",
        "  targets:",
        "  - {metric: acknowledge, within: 2h}",
        "  - {metric: resolve, within: 8h30m, by_priority: {p1: 4h}}",
        "  pause_on: [requester, customer]",
        "  warn_at: [0.5, 0.8]",
        "  escalations:",
        "  - {metric: resolve, at: 0.8, do: notify, department: BOARD}",
        "  - {metric: resolve, at: 1.0, do: raise_priority, priority: p1}",
        "",
        "objectives:",
        "- provider: FIN",
        "  sla: Credit checks",
        "  name: In time",
        "  metric: resolve",
        "  goal: 0.95",
    ]


async def test_what_was_written_changes_nothing_and_makes_the_same_elsewhere(database: Database):
    await apply(database, EVERYTHING)
    written = await exported(database)
    assert outcome(await apply(database, written)) == ([], [], 8)
    await emptied(database)
    assert len((await apply(database, written)).changes) == 8
    assert await exported(database) == written


async def test_an_empty_configuration_can_be_written_and_applied(database: Database):
    written = await exported(database)
    assert "slas: []\n" in written
    assert outcome(await apply(database, written)) == ([], [], 0)


async def test_whatever_the_api_takes_comes_back_the_same(client: httpx.AsyncClient, database: Database):
    calendar = await client.post(
        "/v1/calendars",
        json={
            "name": "no",
            "timezone": "Asia/Kolkata",
            "hours": {"sun": [["00:00", "24:00"]], "mon": [["09:00", "12:30"], ["13:15", "17:00"]]},
            "holidays": ["2026-12-25"],
            "holiday_country": "DE",
            "holiday_subdivision": "BY",
        },
    )
    department = await client.post(
        "/v1/departments", json={"key": "007", "name": "12:30", "calendar_id": calendar.json()["id"]}
    )
    request_type = await client.post(
        "/v1/request-types",
        json={
            "provider_department_id": department.json()["id"],
            "key": "NO",
            "name": "Größe: 'x' \"y\" # no comment",
            "kind": "task",
            "description": "  led by spaces\n\nand ended by them  \n",
            "required_fields": ["- a", "{b}", "&c", "*d", "!e", "%f", "@g", "null", "1.0"],
        },
    )
    assert request_type.status_code == 201, request_type.text
    written = await exported(database)
    assert outcome(await apply(database, written)) == ([], [], 3)
    await emptied(database)
    await apply(database, written)
    assert await exported(database) == written


async def test_of_what_goes_by_the_name_of_an_sla_that_has_ended_the_active_one_is_written(
    client: httpx.AsyncClient, database: Database
):
    await apply(database, EVERYTHING)
    written = await exported(database)
    (sla,) = (await client.get("/v1/slas", params={"name": "Credit checks"})).json()["items"]
    (objective,) = (await client.get("/v1/objectives")).json()["items"]
    body = {name: sla[name] for name in SlaDraft.model_fields}
    assert (await client.put(f"/v1/slas/{sla['id']}", json=body | {"active": False})).status_code == 200
    another = (await client.post("/v1/slas", json=body)).json()
    again = {name: objective[name] for name in ObjectiveDraft.model_fields} | {"sla_id": another["id"]}
    assert (await client.post("/v1/objectives", json=again)).status_code == 201
    assert await exported(database) == written


async def test_things_that_a_file_could_not_tell_apart_are_refused(client: httpx.AsyncClient, database: Database):
    for _ in range(2):
        body = {"name": "Office", "timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}
        assert (await client.post("/v1/calendars", json=body)).status_code == 201
    with pytest.raises(Conflict, match="calendar Office"):
        await exported(database)


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
values = st.recursive(
    plain | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(0, 1), lambda each: st.lists(each, max_size=3)
)


@given(st.lists(st.dictionaries(st.sampled_from(["name", "description", "rank", "priorities"]), values), max_size=3))
def test_any_text_and_number_is_read_as_it_was_written(entries: list[dict[str, Any]]):
    kept = [entry for entry in entries if entry]
    assert read_document("a.yaml", as_yaml({"slas": kept}).encode()).value == {"slas": kept}
