"""`/v1/scorecards`: how departments and members serve others."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from app.kernel.database import Database
from app.ripple import portions
from app.suggestions.tables import suggestions
from tests.conftest import Clock, Statements, client_of
from tests.ripple.kept import keep
from tests.tickets.worlds import World

MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-21T00:00:00Z"}
Told = dict[str, Any]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def member(world: World, name: str, *departments: str) -> str:
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name}@example.com", "name": name.capitalize(), "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def scorecard(world: World, of: str, id_: str) -> Told:
    response = await world.client.get(f"/v1/scorecards/{of}/{id_}", params=MARCH)
    assert response.status_code == 200, response.text
    told: Told = response.json()
    return told


def measures(told: Told) -> dict[str, Told]:
    return {row["group"]["measure"]: row for row in told["rows"]}


async def resolved(
    world: World, provider: str, opened_at: str, resolved_at: str, to: str | None = None, **fields: Any
) -> str:
    ticket = await world.ticket("SALES", provider, opened_at=opened_at, **fields)
    if to is not None:
        await world.do("assign", ticket["id"], opened_at, member_id=to)
    await world.do("resolve", ticket["id"], resolved_at)
    return str(ticket["id"])


async def an_hour(world: World, provider: str) -> None:
    await world.sla(provider, targets=[{"metric": "resolve", "seconds": 3600}])


async def test_a_departments_attainment_stands_beside_that_of_before_and_the_companys_median(world: World) -> None:
    for provider in ("FIN", "OPS", "IT"):
        await an_hour(world, provider)
    for provider, day, until in (
        ("FIN", "2026-03-02", "09:30"),
        ("FIN", "2026-03-03", "09:30"),
        ("FIN", "2026-03-04", "11:00"),
        ("FIN", "2026-02-20", "11:00"),
        ("OPS", "2026-03-02", "11:00"),
        ("IT", "2026-03-02", "09:30"),
    ):
        await resolved(world, provider, f"{day}T09:00:00Z", f"{day}T{until}:00Z")
    told = await scorecard(world, "departments", world.departments["FIN"])
    assert (told["of"]["key"], told["group_by"]) == ("FIN", ["measure"])
    assert (told["from"], told["previous_from"]) == ("2026-03-01T00:00:00Z", "2026-02-09T00:00:00Z")
    assert told["totals"]["tickets"] == 3
    attainment = measures(told)["attainment"]
    assert (attainment["count"], attainment["of"], attainment["previous"]) == (2, 3, 0.0)
    assert attainment["value"] == attainment["change"] == pytest.approx(2 / 3)
    assert attainment["low"] < 2 / 3 < attainment["high"]
    assert (attainment["median"], attainment["over"]) == (pytest.approx(2 / 3), 3)
    assert measures(told)["attainment_acknowledge"]["value"] is None


async def test_what_it_delayed_and_customers_felt_is_as_the_ripple_report_has_it(
    world: World, database: Database
) -> None:
    acme = await world.customer("ACME", annual_value="1000.00", currency="EUR")
    await an_hour(world, "FIN")
    commitment = await world.commitment(
        "SALES", "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z", customer_id=acme, value="9.00", currency="EUR"
    )
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z", commitment_id=commitment["id"])
    await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": "2026-03-02T12:00:00Z"}, 200)
    await keep(database)
    told = await scorecard(world, "departments", world.departments["FIN"])
    (row,) = [
        row
        for row in (await world.client.get("/v1/metrics/ripple", params=MARCH)).json()["rows"]
        if row["group"]["department"] == "FIN"
    ]
    assert row["delay_seconds"] == 7200
    assert {name: measures(told)[name]["value"] for name in ("delay", "outward", "absorbed", "transmission")} == {
        "delay": row["delay_seconds"],
        "outward": row["outward_seconds"],
        "absorbed": row["absorbed_seconds"],
        "transmission": row["transmission"],
    }
    lines = (await world.client.get("/v1/metrics/ripple/scorecard", params=MARCH)).json()["rows"]
    assert told["totals"]["sentence"] in [line["sentence"] for line in lines]
    assert told["totals"]["delayed"] == {"commitments": row["commitments_delayed"], "value": row["value_touched"]}
    assert told["totals"]["delayed"]["value"] == [{"value": "9.00", "currency": "EUR"}]
    worth = told["totals"]["worth"]
    assert (worth["customers"], worth["late_commitments"]) == (1, 1)
    assert worth["customer_value"] == [{"value": "1000.00", "currency": "EUR"}]
    assert worth["late_value"] == [{"value": "9.00", "currency": "EUR"}]


async def test_what_a_measure_was_before_is_what_the_scorecard_of_that_period_has(
    world: World, database: Database
) -> None:
    for provider in ("FIN", "OPS"):
        await an_hour(world, provider)
    ada = await member(world, "ada", "FIN", "OPS")
    for month in ("02-16", "03-02"):
        at = f"2026-{month}T{{}}:00:00Z".format
        commitment = await world.commitment("SALES", at("09"), at("10"), value="900.00", currency="EUR")
        late = await resolved(world, "FIN", at("09"), at("13"), to=ada, commitment_id=commitment["id"])
        await world.do("feedback", late, at("14"), score=1)
        await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": at("13")}, 200)
        await resolved(world, "FIN", at("09"), at("09"))
        passed = await world.ticket("SALES", "FIN", opened_at=at("09"))
        await world.do("transfer", passed["id"], at("10"), department="OPS")
        await world.do("accept", passed["id"], at("12"))
        await world.do("assign", passed["id"], at("12"), member_id=ada)
        await world.do("ask", passed["id"], at("13"))
        await world.do("transfer", passed["id"], at("14"), department="FIN")
    await keep(database)
    before = {"from": "2026-02-09T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    for of, id_ in (*(("departments", world.departments[key]) for key in ("FIN", "OPS")), ("members", ada)):
        then = measures((await world.client.get(f"/v1/scorecards/{of}/{id_}", params=before)).json())
        now = measures(await scorecard(world, of, id_))
        assert {name: row["previous"] for name, row in now.items()} == {
            name: row["value"] for name, row in then.items()
        }
        assert (then["attainment"]["value"], then["transfers"]["value"]) != (None, None)
    levels = await world.client.get("/v1/metrics/service-levels", params={**MARCH, "group_by": "department"})
    attained = {row["group"]["department"]: row["attainment"] for row in levels.json()["rows"]}
    for key in ("FIN", "OPS"):
        told = measures(await scorecard(world, "departments", world.departments[key]))
        assert told["attainment_resolve"]["value"] == attained[key]


async def test_a_members_delay_is_the_same_however_few_promises_are_loaded_at_once(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_hour(world, "FIN")
    ada = await member(world, "ada", "FIN")
    for day in ("02", "03", "04"):
        at = f"2026-03-{day}T{{}}:00:00Z".format
        commitment = await world.commitment("SALES", at("09"), at("10"), value="900.00", currency="EUR")
        ticket = await resolved(world, "FIN", at("09"), at(str(10 + int(day))), to=ada, commitment_id=commitment["id"])
        await world.do("feedback", ticket, at("20"), score=1)
        await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": at("20")}, 200)
    await keep(database)
    cards = []
    for tickets in (20_000, 1):
        monkeypatch.setattr(portions, "TICKETS_AT_ONCE", tickets)
        cards.append(await scorecard(world, "members", ada))
    assert cards[0] == cards[1]
    told = measures(cards[0])
    assert (told["delay"]["value"], told["low_marks_felt"]["value"]) == (3600 * (2 + 3 + 4), 3)


async def test_a_department_that_did_nothing_has_an_empty_scorecard(world: World) -> None:
    told = await scorecard(world, "departments", await world.department("IDLE"))
    assert {measure["value"] for measure in told["rows"]} == {None, 0}
    assert told["totals"]["sentence"] == "IDLE overran nothing and let nobody wait."
    assert told["totals"]["worth"]["customers"] == 0


async def test_a_member_has_what_was_assigned_to_them_last(world: World) -> None:
    await an_hour(world, "FIN")
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "FIN")
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z", to=ada)
    given_on = await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    for to, at in ((ben, "09:00"), (ada, "09:10")):
        await world.do("assign", given_on["id"], f"2026-03-03T{at}:00Z", member_id=to)
    await world.do("resolve", given_on["id"], "2026-03-03T12:00:00Z")
    await world.do("feedback", given_on["id"], score=2)
    told = measures(await scorecard(world, "members", ada))
    assert (told["attainment"]["count"], told["attainment"]["of"]) == (1, 2)
    assert (told["feedback"]["value"], told["low_marks"]["value"]) == (2, 1)
    assert measures(await scorecard(world, "members", ben))["attainment"]["of"] == 0


async def test_once_passed_on_a_leg_is_of_whoever_had_it_and_the_tickets_own_clock_nobodys(world: World) -> None:
    await world.sla("FIN", targets=[{"metric": "acknowledge", "seconds": 3600}, {"metric": "resolve", "seconds": 3600}])
    await world.sla("OPS", targets=[{"metric": "acknowledge", "seconds": 3600}])
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "OPS")
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z")
    await world.do("assign", ticket["id"], "2026-03-02T09:10:00Z", member_id=ada)
    await world.do("acknowledge", ticket["id"], "2026-03-02T09:20:00Z")
    await world.do("transfer", ticket["id"], "2026-03-02T09:30:00Z", department="OPS")
    await world.do("assign", ticket["id"], "2026-03-02T12:00:00Z", member_id=ben)
    await world.do("acknowledge", ticket["id"], "2026-03-02T12:30:00Z")
    await world.do("resolve", ticket["id"], "2026-03-02T13:00:00Z")
    first, second = await scorecard(world, "members", ada), await scorecard(world, "members", ben)
    assert (measures(first)["attainment"]["count"], measures(first)["attainment"]["of"]) == (1, 1)
    assert (measures(second)["attainment"]["count"], measures(second)["attainment"]["of"]) == (0, 1)
    assert (first["totals"]["tickets"], measures(first)["transfers"]["count"]) == (1, 0)
    assert (second["totals"]["tickets"], measures(second)["transfers"]["count"]) == (1, 1)
    assert measures(second)["time_to_accept"]["value"] == 3 * 3600


async def test_a_members_delay_is_what_their_own_tickets_overran(world: World, database: Database) -> None:
    await an_hour(world, "FIN")
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "FIN")
    promised = ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")
    commitment = await world.commitment("SALES", *promised, value="9.00", currency="EUR")
    at = "2026-03-02T{}:00:00Z".format
    await resolved(world, "FIN", at("09"), at("13"), to=ada, commitment_id=commitment["id"])
    await resolved(world, "FIN", at("09"), at("11"), to=ben, commitment_id=commitment["id"])
    await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": at("13")}, 200)
    await keep(database)
    names = ("delay", "outward", "absorbed")
    finance = measures(await scorecard(world, "departments", world.departments["FIN"]))
    adas, bens = measures(await scorecard(world, "members", ada)), measures(await scorecard(world, "members", ben))
    assert (adas["delay"]["value"], bens["delay"]["value"]) == (3 * 3600, 3600)
    assert all(finance[name]["value"] == adas[name]["value"] + bens[name]["value"] for name in names[:2])
    assert adas["outward"]["value"] == 3 * 3600
    assert (await scorecard(world, "members", ada))["totals"]["sentence"].startswith("Of the 3 h that Ada overran")
    assert adas["delay"]["median"] is None
    delayed = (await scorecard(world, "members", ada))["totals"]["delayed"]
    assert delayed == {"commitments": 1, "value": [{"value": "9.00", "currency": "EUR"}]}


async def test_a_members_work_is_worth_what_their_own_tickets_served(world: World) -> None:
    acme = await world.customer("ACME", annual_value="1000.00", currency="EUR")
    other = await world.customer("OTHER", annual_value="500.00", currency="EUR")
    ada = await member(world, "ada", "FIN")
    promised = await world.commitment(
        "SALES", "2026-03-02T09:00:00Z", "2026-03-05T10:00:00Z", customer_id=acme, value="9.00", currency="EUR"
    )
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", to=ada, commitment_id=promised["id"])
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", customer_id=other)
    worth = (await scorecard(world, "members", ada))["totals"]["worth"]
    assert [worth[name] for name in ("tickets", "open_tickets", "customers", "commitments")] == [1, 0, 1, 1]
    assert worth["customer_value"] == [{"value": "1000.00", "currency": "EUR"}]
    assert worth["late_value"] == [{"value": "9.00", "currency": "EUR"}]
    assert (await scorecard(world, "departments", world.departments["FIN"]))["totals"]["worth"]["customers"] == 2


async def test_thanks_and_adopted_suggestions_are_counted_where_they_belong(world: World, database: Database) -> None:
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "FIN", "OPS")
    finance, operations = world.departments["FIN"], world.departments["OPS"]
    for whom in ({"member_id": ada}, {"member_id": ben}, {"department_id": finance}):
        await world.post("/v1/recognitions", {**whom, "message": "Thank you.", "at": "2026-03-03T09:00:00Z"})
    await world.post("/v1/recognitions", {"member_id": ada, "message": "Then.", "at": "2026-02-20T09:00:00Z"})
    async with database.writing() as connection:
        for status, decided_at in (("adopted", "2026-03-04"), ("adopted", "2026-02-20"), ("declined", "2026-03-04")):
            values = {
                "id": uuid4(),
                "department_id": UUID(operations),
                "member_id": UUID(ada),
                "text": "Ask once.",
                "suggested_at": datetime(2026, 2, 1, tzinfo=UTC),
                "status": status,
                "decided_at": datetime.fromisoformat(f"{decided_at}T09:00:00+00:00"),
            }
            await connection.execute(insert(suggestions).values(values))
    counted = {}
    for of, id_ in (("departments", finance), ("departments", operations), ("members", ada), ("members", ben)):
        told = measures(await scorecard(world, of, id_))
        both = told["recognitions"], told["suggestions_adopted"]
        counted[id_] = [(measure["value"], measure["previous"]) for measure in both]
    assert counted == {
        finance: [(3, 1), (0, 0)],
        operations: [(1, 0), (1, 1)],
        ada: [(1, 1), (1, 1)],
        ben: [(1, 0), (0, 0)],
    }


async def test_nobody_is_compared_with_fewer_than_twenty_tickets_and_it_says_so(world: World) -> None:
    ada = await member(world, "ada", "FIN")
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z", to=ada)
    told = await scorecard(world, "members", ada)
    assert told["comparison"]["compared"] is False
    assert told["comparison"]["least_tickets"] == 20
    assert "fewer than 20 tickets" in told["comparison"]["why_not"]
    assert {(measure["median"], measure["over"]) for measure in told["rows"]} == {(None, 0)}


async def many(world: World, who: str, count: int) -> None:
    drafts = [
        await world.draft("SALES", "FIN", opened_at="2026-03-02T09:00:00Z", title=f"{who} {number}")
        for number in range(count)
    ]
    made = (await world.post("/v1/tickets/batch", {"items": drafts}, 200))["results"]
    for each in made:
        await world.do("assign", each["ticket"]["id"], "2026-03-02T09:00:00Z", member_id=who)


async def test_members_with_twenty_tickets_are_held_against_each_other_once_they_are_three(world: World) -> None:
    who = [await member(world, name, "FIN") for name in ("ada", "ben", "cy")]
    for each in who[:2]:
        await many(world, each, 20)
    told = await scorecard(world, "members", who[0])
    assert told["comparison"]["compared"] is False
    assert told["comparison"]["why_not"].startswith("Fewer than 3 members")
    await many(world, who[2], 20)
    told = await scorecard(world, "members", who[0])
    assert told["comparison"] == {
        "among": "members",
        "compared": True,
        "over": 3,
        "least_tickets": 20,
        "why_not": None,
    }
    assert (measures(told)["ping_pong"]["median"], measures(told)["ping_pong"]["over"]) == (0, 3)


async def test_as_csv_it_has_a_line_for_each_figure(world: World) -> None:
    await world.customer("ACME", annual_value="7.50", currency="EUR")
    await resolved(world, "FIN", "2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z")
    path = f"/v1/scorecards/departments/{world.departments['FIN']}"
    response = await world.client.get(path, params=MARCH, headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"].startswith("text/csv")
    lines = {(line["measure"], line["unit"]): line for line in csv.DictReader(io.StringIO(response.text))}
    told = await scorecard(world, "departments", world.departments["FIN"])
    for row in told["rows"]:
        figures = {**row.pop("group"), **row}
        line = lines[figures["measure"], figures["unit"]]
        assert line == {name: "" if value is None else str(value) for name, value in figures.items()}
    assert lines["customer_value", "EUR"]["value"] == "7.50"
    assert lines["customers", "count"]["value"] == "1"


async def test_it_costs_the_same_however_many_there_are(
    world: World, database: Database, statements: Statements
) -> None:
    async def cost(of: str, id_: str) -> int:
        statements.clear()
        await scorecard(world, of, id_)
        return len(statements)

    async def work_for(who: str, provider: str) -> None:
        commitment = await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")
        at = "2026-03-02T{}:00:00Z".format
        ticket = await resolved(world, provider, at("09"), at("13"), to=who, commitment_id=commitment["id"])
        await world.do("feedback", ticket, at("14"), score=1)
        await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": at("13")}, 200)
        await keep(database)

    # What was put together of whole days is read once, and kept: so it is one or two fewer the second time.
    await an_hour(world, "FIN")
    ada = await member(world, "ada", "FIN")
    for provider in ("FIN", "OPS", "IT"):
        await work_for(await member(world, f"of.{provider.lower()}", provider), provider)
        await work_for(ada, provider)
        assert await cost("departments", world.departments["FIN"]) <= 42
        assert await cost("members", ada) <= 30


async def test_a_key_that_is_tied_to_departments_sees_theirs_and_of_others_not_even_that_they_are(
    world: World, app: FastAPI
) -> None:
    finance, operations = await world.department("FIN"), await world.department("OPS")
    own, other = await member(world, "ada", "FIN", "OPS"), await member(world, "ben", "OPS")
    body = {"name": "Board of Finance", "role": "integration", "permissions": ["read"], "department_ids": [finance]}
    async with client_of(app, (await world.post("/v1/api-keys", body))["key"]) as tied:
        for path, status in (
            (f"departments/{finance}", 200),
            (f"members/{own}", 200),
            (f"departments/{operations}", 404),
            (f"members/{other}", 404),
        ):
            assert (await tied.get(f"/v1/scorecards/{path}")).status_code == status, path
            # Asking for a link is no change, though it is a POST.
            assert (await tied.post(f"/v1/scorecards/{path}/page", json={})).status_code == status, path


async def test_nobody_reads_one_without_a_key_nor_of_whom_there_is_not(
    world: World, anonymous: httpx.AsyncClient
) -> None:
    nobody = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"
    assert (await anonymous.get(f"/v1/scorecards/departments/{nobody}")).status_code == 401
    for of in ("departments", "members"):
        assert (await world.client.get(f"/v1/scorecards/{of}/{nobody}")).status_code == 404


async def test_a_period_that_ends_before_it_begins_is_refused(world: World) -> None:
    path = f"/v1/scorecards/departments/{await world.department('FIN')}"
    swapped = {"from": MARCH["to"], "to": MARCH["from"]}
    assert (await world.client.get(path, params=swapped)).status_code == 422
    assert (await world.client.post(f"{path}/page", json=swapped)).status_code == 422
