"""The SLAs that a mapping states, and the clocks of what is imported under them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.exchange.importing import run_import
from app.exchange.mapping import MappingError
from app.kernel.database import Database
from tests.conftest import Clock
from tests.exchange.logs import NOW, a_mapping, csv_of, written

HEADER = "case,time,activity,department,member,customer,priority,title"
SLA = """
[[sla]]
name = "Quick"
provider = "*"
rank = 10
calendar = "Office"
targets = [
    {metric = "acknowledge", seconds = 600},
    {metric = "update", seconds = 3600},
    {metric = "resolve", seconds = 7200, by_priority = {p1 = 3600}},
]
pause_on = ["customer"]
warn_at = [0.5]
"""
OFFICE = {
    "name": "Office",
    "timezone": "Europe/Paris",
    "hours": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
}
# A Monday: 10:00 and so on in Paris.
LIFE = [
    ("C1", "2026-01-05T09:00:00Z", "look", "Desk", "", "Acme", "Major", "Printer"),
    ("C1", "2026-01-05T09:05:00Z", "start", "", "", "", "", ""),
    ("C1", "2026-01-05T09:30:00Z", "wait customer", "", "", "", "", ""),
    ("C1", "2026-01-05T10:30:00Z", "start", "", "", "", "", ""),
    ("C1", "2026-01-05T10:40:00Z", "start", "Back office", "", "", "", ""),
    ("C1", "2026-01-05T13:00:00Z", "resolve", "", "", "", "", ""),
    ("C1", "2026-01-05T14:00:00Z", "start", "", "", "", "", ""),
    ("C1", "2026-01-06T09:00:00Z", "close", "", "", "", "", ""),
]
OPEN = [("C2", "2026-01-05T09:00:00Z", "start", "Desk", "", "Acme", "", "")]


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    clock.instant = NOW


@pytest.fixture
async def office(client: httpx.AsyncClient) -> str:
    made = await client.post("/v1/calendars", json=OFFICE)
    assert made.status_code == 201, made.text
    id_: str = made.json()["id"]
    return id_


async def imported(database: Database, directory: Path, rows: list[tuple[str, ...]], sla: str = SLA) -> None:
    path = written(directory, csv_of(*rows, header=HEADER))
    await run_import(database, path, a_mapping(sla), now=NOW, max_bytes=10**9)


async def items(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(path, params={"limit": 200, **query})).json()["items"]
    return found


async def by_hand(client: httpx.AsyncClient, like: dict[str, Any], departments: dict[str, str]) -> str:
    """The same life, done action by action over HTTP."""
    draft = {name: like[name] for name in ("title", "priority", "customer_id", "requester_department_id")}
    draft |= {"provider_department_id": departments["Desk"], "opened_at": LIFE[0][1]}
    made = await client.post("/v1/tickets", json=draft)
    assert made.status_code == 201, made.text
    context = {"summary": "s", "customer_expects": "e"}
    passed_on = {"department_id": departments["Back office"], "reason": "r", "context": context}
    actions = [
        ("start", 1, {}),
        ("wait", 2, {"on": "customer", "reason": "r"}),
        ("resume", 3, {}),
        ("transfer", 4, passed_on),
        ("start", 4, {}),
        ("resolve", 5, {"resolution": "r"}),
        ("reopen", 6, {"reason": "r"}),
        ("resolve", 7, {"resolution": "r"}),
        ("close", 7, {}),
    ]
    for verb, row, body in actions:
        answer = await client.post(f"/v1/tickets/{made.json()['id']}/{verb}", json={**body, "at": LIFE[row][1]})
        assert answer.status_code == 200, answer.text
    id_: str = made.json()["id"]
    return id_


async def test_an_imported_life_has_the_clocks_and_history_it_would_have_action_by_action(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    await imported(database, tmp_path, LIFE)
    (ticket,) = await items(client, "/v1/tickets")
    departments = {each["name"]: each["id"] for each in await items(client, "/v1/departments")}
    other = await by_hand(client, ticket, departments)
    instants = [row[1] for row in LIFE] + ["2026-01-05T09:20:00Z", "2026-01-05T13:30:00Z", "2026-03-01T00:00:00Z"]
    for instant in instants:
        answers = [
            (await client.get(f"/v1/tickets/{id_}/clocks", params={"as_of": instant})).json()
            for id_ in (ticket["id"], other)
        ]
        assert answers[0] == answers[1]
        assert answers[0]["clocks"]
    mine, theirs = [(await client.get(f"/v1/tickets/{id_}")).json() for id_ in (ticket["id"], other)]
    of_import = ("id", "number", "source", "external_ref", "resolution")
    for each in (mine, theirs):
        # An import knows no words.
        del each["hand_off"]["reason"], each["hand_off"]["context"]
    assert {k: v for k, v in mine.items() if k not in of_import} == {
        k: v for k, v in theirs.items() if k not in of_import
    }
    explained = [
        (await client.get(f"/v1/tickets/{id_}/sla-explanation")).json()["legs"] for id_ in (ticket["id"], other)
    ]
    assert explained[0] == explained[1]
    histories = [await items(client, f"/v1/tickets/{id_}/history") for id_ in (ticket["id"], other)]
    told = ("activity", "reason", "context", "resolution")
    kept = [
        [
            (entry["verb"], entry["at"], entry["leg"], {k: v for k, v in entry["details"].items() if k not in told})
            for entry in history
        ]
        for history in histories
    ]
    assert kept[0] == kept[1]


async def test_an_sla_of_every_provider_is_made_for_each_department_that_has_a_leg(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    await imported(database, tmp_path, LIFE)
    departments = {each["id"]: each["name"] for each in await items(client, "/v1/departments")}
    slas = await items(client, "/v1/slas")
    assert sorted(departments[sla["provider_department_id"]] for sla in slas) == ["Back office", "Desk"]
    assert {(sla["name"], sla["rank"], sla["calendar_id"]) for sla in slas} == {("Quick", 10, office)}


async def test_importing_again_makes_no_other_sla(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    await imported(database, tmp_path, LIFE)
    before = await items(client, "/v1/slas")
    await imported(database, tmp_path, LIFE + OPEN)
    assert await items(client, "/v1/slas") == before


async def test_a_breach_that_lies_in_the_past_is_stored_as_one_so_that_no_alarm_follows(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    await imported(database, tmp_path, OPEN)
    (ticket,) = await items(client, "/v1/tickets", status="in_progress")
    assert (ticket["breached"], ticket["due_at"]) == (True, "2026-01-05T11:00:00Z")
    async with database.reading() as connection:
        stored = (await connection.exec_driver_sql("select metric, state from ticket_clocks order by metric")).all()
    assert [tuple(row) for row in stored] == [("acknowledge", "met"), ("resolve", "breached"), ("update", "breached")]


async def test_a_leg_keeps_its_agreement_when_more_events_are_merged(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    await imported(database, tmp_path, LIFE[:2])
    (sla,) = await items(client, "/v1/slas")
    shown = ("id", "version", "created_at", "updated_at")
    slower = {k: v for k, v in sla.items() if k not in shown} | {"targets": [{"metric": "resolve", "seconds": 60}]}
    assert (await client.put(f"/v1/slas/{sla['id']}", json=slower)).status_code == 200
    await imported(database, tmp_path, LIFE[:6], sla="")
    (ticket,) = await items(client, "/v1/tickets")
    legs = (await client.get(f"/v1/tickets/{ticket['id']}/sla-explanation")).json()["legs"]
    assert [leg["sla_version"] for leg in legs] == [1, None]


async def test_named_departments_may_be_named_by_key_and_need_not_be_in_the_log(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str
) -> None:
    for key, name in (("FIN", "Finance"), ("SAL", "Sales")):
        await client.post("/v1/departments", json={"key": key, "name": name})
    await imported(database, tmp_path, LIFE, SLA.replace('"*"', '"FIN"') + 'requester = "Sales"\n')
    (sla,) = await items(client, "/v1/slas")
    departments = {each["id"]: each["key"] for each in await items(client, "/v1/departments")}
    assert [departments[sla[name]] for name in ("provider_department_id", "requester_department_id")] == ["FIN", "SAL"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('calendar = "Office"', 'calendar = "Night"', "no calendar has the name 'Night'"),
        ('provider = "*"', 'provider = "Nobody"', "no department with the name or key 'Nobody'"),
        ("rank = 10", 'rank = 10\nrequester = "Nobody"', "no department with the name or key 'Nobody'"),
        ("rank = 10", 'rank = 10\nrequest_type = "credit"', "the provider's catalogue has no 'credit'"),
        ('name = "Quick"', 'name = "Other"', "has the rank 10, too"),
        ("seconds = 600", "seconds = 601", "has an SLA of this name already, with other terms"),
    ],
)
async def test_an_sla_that_does_not_go_with_what_is_there_stops_the_import_with_nothing_kept(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, office: str, old: str, new: str, message: str
) -> None:
    await imported(database, tmp_path, LIFE)
    before = await items(client, "/v1/events")
    with pytest.raises(MappingError, match=message):
        await imported(database, tmp_path, LIFE + OPEN, SLA.replace(old, new, 1))
    assert await items(client, "/v1/events") == before


async def test_a_target_that_takes_longer_than_ten_years_is_a_mistake_of_the_mapping(
    database: Database, tmp_path: Path, office: str
) -> None:
    with pytest.raises(MappingError, match=r"do not pass within 3653 days on this calendar\.$"):
        await imported(database, tmp_path, LIFE, SLA.replace("seconds = 7200", "seconds = 300000000"))
