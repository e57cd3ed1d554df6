"""Importing a log into the database: all of it or nothing, once however often, and told as it happened."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from app.exchange.importing import Progress, Stopped, Summary, UnreadableLog, run_import
from app.exchange.mapping import LogMapping, read_mapping
from app.kernel.database import Database, metadata
from tests.conftest import Clock
from tests.exchange.logs import MAPPING, NOW, a_mapping, a_xes_trace, an_event, csv_of, written, xes_of
from tests.ripple.kept import keep, stored

DATA = Path(__file__).parents[1] / "data"
HEADER = "case,time,activity,department,member,customer,priority,title"
COMMITMENT = '[commitment]\nowner = "Sales"\ndue_after_seconds = 3600\n'
LIFE = [
    ("C1", "2026-01-05T09:00:00Z", "look", "Desk", "Ada", "Acme", "Major", "Printer"),
    ("C1", "2026-01-05T09:10:00Z", "start", "Back office", "Bo", "", "", ""),
    ("C1", "2026-01-05T09:20:00Z", "wait customer", "", "Bo", "", "", ""),
    ("C1", "2026-01-05T09:30:00Z", "look", "", "Bo", "", "", ""),
    ("C1", "2026-01-05T11:00:00Z", "resolve", "", "Bo", "", "", ""),
    ("C1", "2026-01-05T12:00:00Z", "close", "", "Cy", "", "", ""),
]


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    clock.instant = NOW


async def imported(database: Database, path: Path, mapping: LogMapping | None = None, **options: Any) -> Summary:
    return await run_import(database, path, mapping or a_mapping(), now=NOW, max_bytes=10**9, **options)


def a_log(directory: Path, *rows: Sequence[str]) -> Path:
    return written(directory, csv_of(*(rows or LIFE), header=HEADER))


async def contents(database: Database) -> dict[str, list[str]]:
    """Everything in the database."""
    async with database.reading() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in await connection.execute(select(table)))
            for table in metadata.sorted_tables
        }


async def counts(database: Database) -> dict[str, int]:
    return {table: len(rows) for table, rows in (await contents(database)).items() if rows}


async def the_ticket(client: httpx.AsyncClient, case: str = "C1") -> dict[str, Any]:
    found = (await client.get("/v1/tickets", params={"external_ref": case})).json()["items"]
    assert len(found) == 1
    ticket: dict[str, Any] = found[0]
    return ticket


async def items(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(path, params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def story(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Every event told, by type and time of day."""
    return [(event["type"], event["occurred_at"][11:16]) for event in await items(client, "/v1/events")]


async def test_a_case_becomes_a_ticket_with_its_life(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    summary = await imported(database, a_log(tmp_path))
    assert (summary.tickets, summary.transfers, summary.waits, summary.resolved) == (1, 1, 1, 1)
    ticket = await the_ticket(client)
    departments = {each["id"]: each for each in await items(client, "/v1/departments")}
    assert departments[ticket["provider_department_id"]]["name"] == "Back office"
    assert departments[ticket["requester_department_id"]]["name"] == "Business"
    shown = (
        "title",
        "priority",
        "status",
        "source",
        "external_ref",
        "opened_at",
        "resolved_at",
        "closed_at",
        "hop_count",
    )
    assert [ticket[name] for name in shown] == [
        "Printer",
        "p1",
        "closed",
        "tool",
        "C1",
        "2026-01-05T09:00:00Z",
        "2026-01-05T11:00:00Z",
        "2026-01-05T12:00:00Z",
        1,
    ]


async def test_legs_and_waits_are_stored_as_they_were(database: Database, tmp_path: Path) -> None:
    await imported(database, a_log(tmp_path))
    async with database.reading() as connection:
        legs = (await connection.execute(text("select * from ticket_legs order by number"))).all()
        waits = (await connection.execute(text("select * from ticket_waits"))).all()
    assert [(leg.arrived_by, leg.started_at.minute, leg.ended_at and leg.ended_at.minute) for leg in legs] == [
        ("opening", 0, 10),
        ("transfer", 10, None),
    ]
    assert [(wait.party, wait.leg, wait.started_at.hour, wait.ended_at.hour) for wait in waits] == [
        ("customer", 2, 9, 11)
    ]


async def test_every_event_of_the_log_stands_in_the_history_also_one_that_did_nothing(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path))
    ticket = await the_ticket(client)
    entries = await items(client, f"/v1/tickets/{ticket['id']}/history")
    assert [(entry["verb"], entry["leg"], entry["details"]["activity"]) for entry in entries] == [
        ("open", 1, "look"),
        ("transfer", 1, "start"),
        ("assign", 2, "start"),
        ("start", 2, "start"),
        ("wait", 2, "wait customer"),
        ("noted", 2, "look"),
        ("resolve", 2, "resolve"),
        ("close", 2, "close"),
    ]
    assert {entry["actor"]["type"] for entry in entries} == {"import"}


async def test_the_feed_tells_of_it_with_its_true_times(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path), a_mapping(COMMITMENT))
    assert await story(client) == [
        ("customer.created", "00:00"),
        ("commitment.created", "09:00"),
        ("ticket.opened", "09:00"),
        ("ticket.transferred", "09:10"),
        ("ticket.assigned", "09:10"),
        ("ticket.started", "09:10"),
        ("ticket.waiting", "09:20"),
        ("ticket.resolved", "11:00"),
        ("commitment.delivered_late", "11:00"),
        ("ticket.closed", "12:00"),
    ]


async def test_each_event_has_what_a_get_would_have_answered_then(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path), a_mapping(COMMITMENT))
    told = await items(client, "/v1/events")
    tickets = [event["data"] for event in told if event["type"].startswith("ticket.")]
    assert tickets[-1]["ticket"] == await the_ticket(client)
    assert [each["ticket"]["version"] for each in tickets] == list(range(1, len(tickets) + 1))
    for before, after in pairwise(tickets):
        differing = {name: value for name, value in before["ticket"].items() if value != after["ticket"][name]}
        assert {"version": before["ticket"]["version"], **after["previous"]} == differing
    (commitment,) = await items(client, "/v1/commitments")
    delivered = next(event["data"] for event in told if event["type"] == "commitment.delivered_late")
    moved = {"created_at", "updated_at"}
    assert {k: v for k, v in delivered["commitment"].items() if k not in moved} == {
        k: v for k, v in commitment.items() if k not in moved
    }
    assert delivered["previous"] == {"status": "open", "delivered_at": None, "lateness_seconds": 0}
    assert delivered["customer"] == (await items(client, "/v1/customers"))[0]


async def test_a_case_makes_a_commitment_with_the_ticket_beneath_it(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path), a_mapping(COMMITMENT))
    ticket, (commitment,) = await the_ticket(client), await items(client, "/v1/commitments")
    (customer,) = await items(client, "/v1/customers")
    departments = {each["id"]: each["name"] for each in await items(client, "/v1/departments")}
    assert ticket["commitment_id"] == commitment["id"]
    assert ticket["customer_id"] == commitment["customer_id"] == customer["id"]
    assert departments[commitment["owner_department_id"]] == "Sales"
    assert (commitment["title"], commitment["external_ref"], commitment["lateness_seconds"]) == ("Printer", "C1", 3600)


async def test_departments_customers_and_members_are_made_from_their_names_with_keys_of_their_own(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    rows = [
        (f"C{number}", "2026-01-05T09:00:00Z", "look", department, f"M {department}", f"K {department}", "", "")
        for number, department in enumerate(["R&D", "r d", " R & D ", "customer", "財務", "Straße"])
    ]
    await imported(database, a_log(tmp_path, *rows))
    departments = {each["name"]: each["key"] for each in await items(client, "/v1/departments")}
    assert departments == {
        "Business": "business",
        "R&D": "r-d",
        "r d": "r-d-2",
        " R & D ": "r-d-3",
        "customer": "customer-2",
        "財務": departments["財務"],
        "Straße": "strasse",
    }
    assert departments["財務"].startswith("department-")
    customers = {each["name"]: each["external_ref"] for each in await items(client, "/v1/customers")}
    assert (customers["K R&D"], customers["K r d"]) == ("k-r-d", "k-r-d-2")
    members = {each["name"]: each["email"] for each in await items(client, "/v1/members")}
    assert members["M R&D"] == "m-r-d@imported.invalid"


async def test_what_has_the_exact_name_is_used_and_a_key_that_is_taken_is_not(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    made = {"key": "FIN", "name": "Desk"}, {"key": "back-office", "name": "Other"}
    desk, _ = [(await client.post("/v1/departments", json=each)).json() for each in made]
    acme = (await client.post("/v1/customers", json={"external_ref": "CRM-1", "name": "Acme"})).json()
    await imported(database, a_log(tmp_path))
    ticket = await the_ticket(client)
    assert ticket["customer_id"] == acme["id"]
    departments = {each["key"]: each for each in await items(client, "/v1/departments")}
    assert departments["back-office-2"]["id"] == ticket["provider_department_id"]
    assert [each["key"] for each in departments.values() if each["name"] == "Desk"] == [desk["key"]]


async def test_a_member_becomes_the_assignee_and_belongs_where_it_was_seen(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path))
    members = {each["name"]: each for each in await items(client, "/v1/members")}
    departments = {each["id"]: each["name"] for each in await items(client, "/v1/departments")}
    assert (await the_ticket(client))["assignee_id"] == members["Bo"]["id"]
    assert {name: [departments[id_] for id_ in each["department_ids"]] for name, each in members.items()} == {
        "Ada": ["Desk"],
        "Bo": ["Back office"],
        "Cy": ["Back office"],
    }


async def test_importing_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = a_log(tmp_path)
    first = await imported(database, path, a_mapping(COMMITMENT))
    before = await contents(database)
    assert await imported(database, path, a_mapping(COMMITMENT)) == first
    assert await contents(database) == before


async def test_equal_events_of_one_case_are_told_apart_by_their_occurrence(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    wait = ("C1", "2026-01-05T09:20:00Z", "wait customer", "", "", "", "", "")
    await imported(database, a_log(tmp_path, LIFE[0], wait, wait))
    before = await contents(database)
    await imported(database, a_log(tmp_path, LIFE[0], wait, wait))
    assert await contents(database) == before
    await imported(database, a_log(tmp_path, LIFE[0], wait, wait, wait))
    entries = await items(client, f"/v1/tickets/{(await the_ticket(client))['id']}/history")
    assert [entry["verb"] for entry in entries] == ["open", "wait", "wait", "wait"]


def _forgetting(value: Any) -> Any:
    """The value without what tells two imports of one thing apart."""
    if isinstance(value, dict):
        gone = ("id", "version", "number", "created_at", "updated_at", "recorded_at")
        return {k: _forgetting(v) for k, v in value.items() if k not in gone and not k.endswith("_id")}
    return [_forgetting(each) for each in value] if isinstance(value, list) else value


async def _told(client: httpx.AsyncClient) -> Any:
    ticket = await the_ticket(client)
    history = await items(client, f"/v1/tickets/{ticket['id']}/history")
    return _forgetting([ticket, history, await items(client, "/v1/commitments")]), [entry["verb"] for entry in history]


@pytest.mark.parametrize("first", [LIFE[:1], LIFE[:3], LIFE[2:5], LIFE[1:], LIFE[::2]])
async def test_more_events_of_a_known_case_lead_to_the_life_that_all_of_them_have(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, first: Sequence[Sequence[str]]
) -> None:
    mapping = a_mapping(COMMITMENT)
    await imported(database, a_log(tmp_path), mapping)
    at_once = await _told(client)
    async with database.writing() as connection:
        await connection.execute(
            text("truncate imported_cases, tickets, commitments, customers, departments, members, events cascade")
        )
    await imported(database, a_log(tmp_path, *first), mapping)
    await imported(database, a_log(tmp_path), mapping)
    assert await _told(client) == at_once
    before = await contents(database)
    await imported(database, a_log(tmp_path, *first), mapping)
    await imported(database, a_log(tmp_path), mapping)
    assert await contents(database) == before


async def test_a_file_with_only_the_later_events_is_merged_too(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path, *LIFE[:3]))
    summary = await imported(database, a_log(tmp_path, *LIFE[3:]))
    assert (summary.events, summary.tickets) == (3, 1)
    assert (await the_ticket(client))["status"] == "closed"


async def test_only_what_was_not_told_before_is_told_of_a_merged_case(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    mapping = a_mapping(COMMITMENT)
    await imported(database, a_log(tmp_path, *LIFE[:3]), mapping)
    already = len(await items(client, "/v1/events"))
    await imported(database, a_log(tmp_path), mapping)
    assert (await story(client))[already:] == [
        ("ticket.resolved", "11:00"),
        ("commitment.delivered_late", "11:00"),
        ("ticket.closed", "12:00"),
    ]
    ticket = await the_ticket(client)
    assert (await items(client, "/v1/events"))[-1]["data"]["ticket"] == ticket


async def test_a_delivery_that_a_trace_tells_of_later_delivers_the_commitment(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    mapping = a_mapping('[commitment]\nowner = "Sales"\ndue = "d"\ndelivered = "x"\n')
    event, due = an_event("2026-01-05T09:00:00Z"), {"d": "2026-01-06T00:00:00Z"}
    await imported(database, written(tmp_path, xes_of(a_xes_trace("C1", event, **due))), mapping)
    assert (await items(client, "/v1/commitments"))[0]["status"] == "open"
    later = xes_of(a_xes_trace("C1", event, **due, x="2026-01-05T18:00:00Z"))
    await imported(database, written(tmp_path, later), mapping)
    (commitment,) = await items(client, "/v1/commitments")
    assert (commitment["status"], commitment["delivered_at"]) == ("delivered", "2026-01-05T18:00:00Z")
    assert (await story(client))[-1] == ("commitment.delivered", "18:00")


async def test_a_ticket_that_was_changed_by_hand_is_left_alone_and_reported(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path, *LIFE[:3]))
    ticket = await the_ticket(client)
    await client.patch(f"/v1/tickets/{ticket['id']}", json={"title": "Broken printer"})
    before = await contents(database)
    summary = await imported(database, a_log(tmp_path), strict=True)
    assert [(error.line, error.reason) for error in summary.errors] == [
        (2, "the ticket of 'C1' was changed by hand since: it is left as it is")
    ]
    assert summary.skipped == 0
    assert await contents(database) == before


async def test_a_ticket_changed_by_hand_of_which_the_file_knows_nothing_new_is_not_reported(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path))
    ticket = await the_ticket(client)
    answer = await client.post(f"/v1/tickets/{ticket['id']}/reopen", json={"reason": "Broken again."})
    assert answer.status_code == 200, answer.text
    assert (await imported(database, a_log(tmp_path))).errors == ()


async def test_a_ticket_of_the_same_reference_that_was_never_imported_is_left_alone(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    department = (await client.post("/v1/departments", json={"key": "FIN", "name": "Finance"})).json()["id"]
    customer = (await client.post("/v1/customers", json={"external_ref": "A", "name": "A"})).json()["id"]
    draft = {"title": "By hand", "requester_department_id": department, "provider_department_id": department}
    reference = {"customer_id": customer, "source": "tool", "external_ref": "C1"}
    assert (await client.post("/v1/tickets", json=draft | reference)).status_code == 201
    summary = await imported(database, a_log(tmp_path))
    assert len(summary.errors) == 1
    assert (await the_ticket(client))["title"] == "By hand"


async def test_the_same_case_of_another_source_is_another_ticket(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    for source in ('source = "other"', 'source = "tool"', ""):
        mapping = read_mapping(MAPPING.replace('source = "tool"', source))
        await imported(database, a_log(tmp_path), mapping)
        await imported(database, a_log(tmp_path), mapping)
    found = await items(client, "/v1/tickets", external_ref="C1")
    assert sorted(str(ticket["source"]) for ticket in found) == ["None", "other", "tool"]


async def test_work_on_an_imported_ticket_goes_on_over_http(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    await imported(database, a_log(tmp_path, *LIFE[:3]))
    ticket = await the_ticket(client)
    answer = await client.post(f"/v1/tickets/{ticket['id']}/resume", json={})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["version"]) == ("in_progress", ticket["version"] + 1)


async def test_a_dry_run_counts_everything_and_keeps_nothing(database: Database, tmp_path: Path) -> None:
    before = await contents(database)
    summary = await imported(database, a_log(tmp_path), a_mapping(COMMITMENT), dry_run=True)
    assert (summary.tickets, summary.events) == (1, 6)
    assert await contents(database) == before


async def test_strict_keeps_nothing_when_something_would_be_left_out(database: Database, tmp_path: Path) -> None:
    before = await contents(database)
    with pytest.raises(Stopped, match="Line 8: no time"):
        await imported(database, a_log(tmp_path, *LIFE, ("C2", "", "look", "", "", "", "", "")), strict=True)
    assert await contents(database) == before


async def test_a_file_that_is_cut_off_keeps_nothing(database: Database, tmp_path: Path) -> None:
    before = await contents(database)
    path = written(tmp_path, csv_of(*LIFE, header=HEADER), packed=True)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UnreadableLog, match="cut off"):
        await imported(database, path)
    assert await contents(database) == before


async def test_many_cases_are_stored_in_batches_and_told_of_on_the_way(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exchange.importing.BATCH_ROWS", 7)
    monkeypatch.setattr("app.exchange.importing.PART_CASES", 2)
    rows = [(f"C{number}", *LIFE[0][1:]) for number in range(20)]
    told: list[Progress] = []
    await imported(database, a_log(tmp_path, *rows, *LIFE[1:]), a_mapping(COMMITMENT), progress=told.append)
    assert [each.cases_stored for each in told] == [2, 9, 16, 20]
    assert told[-1].bytes_read == told[-1].bytes_total
    assert told[-1].events_read == 25
    stored = await counts(database)
    assert (stored["tickets"], stored["commitments"], stored["imported_cases"]) == (20, 20, 20)


@pytest.mark.parametrize("name", ["helpdesk", "receipt", "bpic2013_closed_problems"])
async def test_a_published_log_is_stored_with_what_is_known_of_it_and_only_once(
    client: httpx.AsyncClient, database: Database, name: str
) -> None:
    known = json.loads((DATA / f"{name}.truth.json").read_text())
    path, mapping = DATA / f"{name}.xes.gz", read_mapping((DATA / f"{name}.toml").read_bytes())
    figures = asdict(await imported(database, path, mapping))
    del figures["errors"]
    assert figures == known["summary"]
    stored = await counts(database)
    assert stored["tickets"] == figures["tickets"]
    assert stored["ticket_legs"] == known["handoffs"]["legs"]
    assert stored.get("ticket_waits", 0) == figures["waits"]
    assert stored["commitments"] == figures["cases"] - figures["commitments_left_out"]
    async with database.reading() as connection:
        transfers = text("select count(*) from ticket_history where verb = 'transfer'")
        assert (await connection.execute(transfers)).scalar_one() == figures["transfers"]
        latest = (
            await connection.execute(text("select max(occurred_at) from events where type like 'ticket.%'"))
        ).scalar()
    assert isinstance(latest, datetime)
    assert latest < datetime(2015, 1, 1, tzinfo=UTC)
    period = {"from": "2000-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    reported = (await client.get("/v1/metrics/handoffs", params=period)).json()["totals"]
    counted = {"tickets": figures["tickets"], "transfers": figures["transfers"], "returns": 0, **known["handoffs"]}
    assert {figure: reported[figure] for figure in counted} == counted
    before = await contents(database)
    await imported(database, path, mapping)
    assert await contents(database) == before


async def test_a_trace_that_tells_of_another_due_time_marks_the_commitment_though_no_event_does(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    mapping = a_mapping('[commitment]\nowner = "Sales"\ndue = "d"\ndelivered = "x"\n')
    event, delivered = an_event("2026-01-05T09:00:00Z"), {"x": "2026-01-07T00:00:00Z"}
    await imported(
        database, written(tmp_path, xes_of(a_xes_trace("C1", event, d="2026-01-06T00:00:00Z", **delivered))), mapping
    )
    await keep(database)
    (before,), told = (await stored(database)).values(), len(await story(client))
    later = xes_of(a_xes_trace("C1", event, d="2026-01-06T12:00:00Z", **delivered))
    await imported(database, written(tmp_path, later), mapping)
    (commitment,) = await items(client, "/v1/commitments")
    assert commitment["due_at"] == "2026-01-06T12:00:00Z"
    assert len(await story(client)) == told
    await keep(database)
    (after,) = (await stored(database)).values()
    assert (before["lateness_seconds"], after["lateness_seconds"]) == (86_400, 43_200)
