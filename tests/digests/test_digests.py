"""`/v1/digests`: what a department, or a member, should know of a day or a week."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.ripple.tables import ripple_forecasts
from tests.conftest import Clock, Statements, client_of
from tests.ripple.kept import keep
from tests.tickets.worlds import World

THURSDAY = {"at": "2026-03-19T12:00:00Z"}
Told = dict[str, Any]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def digest(world: World, of: str, id_: str, **query: str) -> Told:
    response = await world.client.get(f"/v1/digests/{of}/{id_}", params=query)
    assert response.status_code == 200, response.text
    told: Told = response.json()
    return told


async def text(world: World, of: str, id_: str, **query: str) -> str:
    response = await world.client.get(f"/v1/digests/{of}/{id_}", params=query, headers={"Accept": "text/plain"})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    return response.text


async def member(world: World, name: str, *departments: str) -> str:
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name}@example.com", "name": name.capitalize(), "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def resolved(world: World, opened_at: str, resolved_at: str, to: str | None = None, **fields: Any) -> str:
    ticket = await world.ticket("SALES", "FIN", opened_at=opened_at, **fields)
    if to is not None:
        await world.do("assign", ticket["id"], opened_at, member_id=to)
    await world.do("resolve", ticket["id"], resolved_at)
    return str(ticket["id"])


async def foreseen(
    connection: AsyncConnection, commitment_id: str, ticket_id: str, probability: float, at_risk_since: str | None
) -> None:
    """It was forecast to be late so likely, and to wait for this ticket last."""
    as_of = datetime(2026, 3, 20, tzinfo=UTC)
    values = {
        "as_of": as_of,
        **dict.fromkeys(("p50", "p80", "p95"), as_of + timedelta(days=5)),
        "probability_late": probability,
        "last_ticket_id": UUID(ticket_id),
        "at_risk_since": at_risk_since and datetime.fromisoformat(f"{at_risk_since}T00:00:00+00:00"),
    }
    row = {"commitment_id": UUID(commitment_id), "look_at": as_of + timedelta(days=1), **values}
    made = insert(ripple_forecasts).values(row)
    await connection.execute(made.on_conflict_do_update(index_elements=["commitment_id"], set_=values))


async def a_late_promise(world: World, database: Database, to: str | None = None) -> str:
    """Delivered to Acme three hours late on 19 March, for a ticket of FIN that took four instead of one."""
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 3600}])
    at = "2026-03-19T{}:00:00Z".format
    promise = await world.commitment("SALES", at("09"), at("10"), title="The go-live")
    ticket = await resolved(world, at("09"), at("13"), to, commitment_id=promise["id"], title="Credit")
    await world.post(f"/v1/commitments/{promise['id']}/deliver", {"at": at("13")}, 200)
    await keep(database)
    return ticket


async def test_it_is_of_the_last_day_that_is_over_where_the_department_is(world: World) -> None:
    berlin = await world.calendar("Berlin", "Europe/Berlin")
    body = {"key": "FIN", "name": "Finance", "calendar_id": berlin}
    finance = (await world.post("/v1/departments", body))["id"]
    told = await digest(world, "departments", finance)
    assert (told["period"], told["first_day"], told["timezone"]) == ("day", "2026-03-19", "Europe/Berlin")
    assert (told["from"], told["to"]) == ("2026-03-18T23:00:00Z", "2026-03-19T23:00:00Z")
    week = await digest(world, "departments", finance, period="week")
    assert (week["first_day"], week["from"]) == ("2026-03-09", "2026-03-08T23:00:00Z")


async def test_what_was_late_is_told_with_who_felt_it(world: World, database: Database) -> None:
    ada = await member(world, "ada", "FIN")
    await a_late_promise(world, database, ada)
    for of, id_, name in (("departments", world.departments["FIN"], "FIN"), ("members", ada, "Ada")):
        told = await digest(world, of, id_, **THURSDAY)
        (late,) = told["late"]
        assert (late["title"], late["customer_name"]) == ("The go-live", "ACME")
        assert (late["lateness_seconds"], late["own_seconds"]) == (3 * 3600, 3 * 3600)
        assert told["figures"] == {"opened": 1, "resolved": 1, "open": 0, "decided": 1, "met": 0}
        assert f"- “The go-live” came to ACME 3 h late, all of it by {name}." in await text(world, of, id_, **THURSDAY)
    assert (await digest(world, "departments", world.departments["FIN"], at="2026-03-18T12:00:00Z"))["late"] == []
    assert (await digest(world, "departments", world.departments["SALES"], **THURSDAY))["late"] == []


async def test_what_was_delivered_and_awaits_its_analysis_is_counted(world: World, database: Database) -> None:
    ada = await member(world, "ada", "FIN")
    await a_late_promise(world, database, ada)
    finance = world.departments["FIN"]
    assert (await digest(world, "departments", finance, **THURSDAY))["awaiting_analysis"] == 0
    for count, said in (
        (1, "- 1 promise was delivered, and it is not known yet who had a share in its\n  lateness.\n"),
        (2, "- 2 promises were delivered, and it is not known yet who had a share in their\n  lateness.\n"),
    ):
        promise = await world.commitment("SALES", "2026-03-19T09:00:00Z", "2026-03-19T10:00:00Z")
        await world.post(f"/v1/commitments/{promise['id']}/deliver", {"at": "2026-03-19T12:00:00Z"}, 200)
        told = await digest(world, "departments", finance, **THURSDAY)
        assert (told["awaiting_analysis"], len(told["late"])) == (count, 1)
        assert said in await text(world, "departments", finance, **THURSDAY)
    assert (await digest(world, "departments", finance, at="2026-03-18T12:00:00Z"))["awaiting_analysis"] == 0
    assert (await digest(world, "members", ada, **THURSDAY))["awaiting_analysis"] == 0
    await keep(database)
    assert (await digest(world, "departments", finance, **THURSDAY))["awaiting_analysis"] == 0


async def test_what_went_well_is_thanks_and_good_marks(world: World) -> None:
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "SALES")
    at = "2026-03-19T{}:00:00Z".format
    for score, comment in ((5, None), (4, "Quick, and\nkind."), (3, "So so.")):
        ticket = await resolved(world, at("09"), at("10"), ada, title=f"Worth {score}")
        await world.do("feedback", ticket, at("11"), score=score, **({"comment": comment} if comment else {}))
    thanks = {"message": "Stayed late.", "at": at("12")}
    await world.post("/v1/recognitions", {"member_id": ada, "from_member_id": ben, **thanks})
    await world.post("/v1/recognitions", {"department_id": world.departments["FIN"], **thanks})
    told = await digest(world, "departments", world.departments["FIN"], **THURSDAY)
    assert [(mark["score"], mark["comment"]) for mark in told["good_marks"]] == [(4, "Quick, and\nkind."), (5, None)]
    assert {(each["member_name"], each["from_name"]) for each in told["thanks"]} == {("Ada", "Ben"), (None, None)}
    hers = await digest(world, "members", ada, **THURSDAY)
    assert hers["good_marks"] == told["good_marks"]
    assert [each["from_name"] for each in hers["thanks"]] == ["Ben"]
    said = await text(world, "members", ada, **THURSDAY)
    assert "- Thanks to Ada from Ben: “Stayed late.”" in said
    assert "“Worth 4”: “Quick, and kind.”" in said


async def test_what_needs_it_now_and_which_suggestions_await_an_answer(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-18T09:00:00Z", title="Nobody's")
    finance = world.departments["FIN"]
    ada = await member(world, "ada", "FIN")
    answered, waits = [
        await world.post("/v1/suggestions", {"department_id": finance, "member_id": ada, "text": words})
        for words in ("Ask twice.", "Ask once.")
    ]
    await world.post(f"/v1/suggestions/{answered['id']}/decline", {"answer": "No."}, 200)
    told = await digest(world, "departments", finance)
    (needed,) = told["needs_you"]
    assert (needed["kind"], needed["subject"]["id"]) == ("unacknowledged", ticket["id"])
    assert [suggestion["id"] for suggestion in told["suggestions"]] == [waits["id"]]
    assert [suggestion["id"] for suggestion in (await digest(world, "members", ada))["suggestions"]] == [waits["id"]]
    said = await text(world, "departments", finance)
    assert f"POST /v1/tickets/{ticket['id']}/acknowledge" in said.replace("\n  ", " ")
    assert "- “Ask once.” (0 votes, since 20 Mar 12:00)" in said


async def test_a_promise_that_is_likely_late_is_told_to_whom_it_waits_for(world: World, database: Database) -> None:
    ada = await member(world, "ada", "FIN")
    promised = ("2026-03-19T09:00:00Z", "2026-03-24T09:00:00Z")
    made = [
        await world.commitment("SALES", *promised, title=title, value=value, currency="EUR")
        for title, value in (("The go-live", "700.00"), ("In time", "1.00"))
    ]
    tickets = [await world.ticket("SALES", "FIN", commitment_id=each["id"]) for each in made]
    await world.do("assign", tickets[0]["id"], member_id=ada)
    for each, ticket, probability, since in zip(made, tickets, (0.8, 0.1), ("2026-03-20", None), strict=True):
        async with database.writing() as connection:
            await foreseen(connection, each["id"], ticket["id"], probability, since)
    for of, id_ in (("departments", world.departments["FIN"]), ("members", ada)):
        (risk,) = (await digest(world, of, id_))["at_risk"]
        assert (risk["title"], risk["probability_late"], risk["value"]) == ("The go-live", 0.8, "700.00")
        said = " ".join((await text(world, of, id_)).split())
        assert "“The go-live” for ACME, due 24 Mar 09:00, is 80 % likely late; worth EUR 700." in said
    assert (await digest(world, "departments", world.departments["SALES"]))["at_risk"] == []


async def test_the_text_leaves_out_what_there_is_nothing_of_and_keeps_within_a_line(
    world: World, database: Database
) -> None:
    idle = await world.department("IDLE")
    assert await text(world, "departments", idle, **THURSDAY) == (
        "IDLE: 19 March 2026\n===================\n\n0 tickets came, 0 were resolved, 0 are open.\n"
    )
    await a_late_promise(world, database)
    await resolved(world, "2026-03-19T09:00:00Z", "2026-03-19T10:00:00Z", title="Long " * 40)
    said = await text(world, "departments", world.departments["FIN"], **THURSDAY)
    assert "Was late, and who felt it\n-------------------------\n- " in said
    assert "2 tickets came, 2 were resolved, 0 are open. Of 2 targets 1 was met." in said
    assert max(len(line) for line in said.splitlines()) <= 78


async def test_a_day_to_come_is_refused_and_whoever_is_not_there_has_none(world: World) -> None:
    finance = await world.department("FIN")
    response = await world.client.get(f"/v1/digests/departments/{finance}", params={"at": "2026-03-20T12:00:01Z"})
    assert response.status_code == 422
    assert (await world.client.get(f"/v1/digests/members/{finance}")).status_code == 404


async def test_a_key_that_is_tied_to_departments_reads_theirs(world: World, app: FastAPI) -> None:
    finance, operations = await world.department("FIN"), await world.department("OPS")
    ada, ben = await member(world, "ada", "FIN"), await member(world, "ben", "OPS")
    body = {"name": "Finance's chat", "role": "integration", "permissions": ["read"], "department_ids": [finance]}
    async with client_of(app, (await world.post("/v1/api-keys", body))["key"]) as tied:
        for path, status in (
            (f"departments/{finance}", 200),
            (f"members/{ada}", 200),
            (f"departments/{operations}", 404),
            (f"members/{ben}", 404),
        ):
            assert (await tied.get(f"/v1/digests/{path}")).status_code == status, path


async def test_it_costs_the_same_however_much_there_is(
    world: World, database: Database, statements: Statements
) -> None:
    async def cost(of: str, id_: str) -> int:
        statements.clear()
        await digest(world, of, id_, **THURSDAY)
        return len(statements)

    ada = await member(world, "ada", "FIN")
    await a_late_promise(world, database, ada)
    department, person = await cost("departments", world.departments["FIN"]), await cost("members", ada)
    for title in ("More", "And more"):
        promise = await world.commitment("SALES", "2026-03-19T09:00:00Z", "2026-03-19T10:00:00Z")
        await resolved(
            world, "2026-03-19T09:00:00Z", "2026-03-19T12:00:00Z", ada, commitment_id=promise["id"], title=title
        )
        await world.post(f"/v1/commitments/{promise['id']}/deliver", {"at": "2026-03-19T12:00:00Z"}, 200)
        await world.ticket("SALES", "FIN", opened_at="2026-03-18T09:00:00Z")
    await keep(database)
    assert await cost("departments", world.departments["FIN"]) == department <= 15
    assert await cost("members", ada) == person <= 20
