"""Files applied to a database: what is made, what changes, what is refused, and what others do meanwhile."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.directory.tables import departments
from app.kernel.database import Database
from app.kernel.outbox import events
from app.schema import metadata
from app.service_levels.tables import sla_versions
from tests.configuration.files import (
    CATALOGUE,
    DEPARTMENTS,
    EVERYTHING,
    NOW,
    OBJECTIVES,
    OFFICE,
    SLAS,
    apply,
    outcome,
    refusal,
)
from tests.conftest import Clock, Statements


async def only(client: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    response = await client.get(path, params=query)
    assert response.status_code == 200, response.text
    (item,) = response.json()["items"]
    return item


async def counted(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        return {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in metadata.sorted_tables
        }


async def test_everything_is_made_in_the_order_in_which_it_can_be(client: httpx.AsyncClient, database: Database):
    made, changed, unchanged = outcome(await apply(database, EVERYTHING))
    assert (changed, unchanged) == ([], 0)
    assert made == [
        "calendar Office",
        "department BOARD",
        "department OPS",
        "department FIN",
        "request type FIN / credit-check",
        "SLA FIN / Credit checks",
        "SLA FIN / Anything else",
        "objective FIN / Credit checks / In time",
    ]
    finance = await only(client, "/v1/departments", key="FIN")
    sla = await only(client, "/v1/slas", name="Credit checks")
    assert sla["provider_department_id"] == finance["id"]
    assert sla["calendar_id"] == finance["calendar_id"] == (await only(client, "/v1/calendars"))["id"]
    assert sla["request_type_id"] == (await only(client, "/v1/request-types"))["id"]
    assert sla["targets"] == [
        {"metric": "acknowledge", "seconds": 7200, "by_priority": {}},
        {"metric": "resolve", "seconds": 30600, "by_priority": {"p1": 14400}},
    ]
    board = await only(client, "/v1/departments", key="BOARD")
    assert sla["escalations"][0] == {"metric": "resolve", "at": 0.8, "do": "notify", "department_id": board["id"]}
    objective = await only(client, "/v1/objectives")
    assert (objective["sla_id"], objective["goal"], objective["window_days"]) == (sla["id"], 0.95, 30)


async def test_applying_twice_changes_nothing_and_says_so(database: Database):
    await apply(database, EVERYTHING)
    before = await counted(database)
    assert outcome(await apply(database, EVERYTHING)) == ([], [], 8)
    assert await counted(database) == before


async def test_several_files_in_any_order_are_one_configuration(database: Database):
    await apply(database, OBJECTIVES, SLAS, CATALOGUE, DEPARTMENTS, OFFICE)
    assert outcome(await apply(database, EVERYTHING)) == ([], [], 8)


async def test_a_dry_run_tells_the_plan_and_keeps_nothing(database: Database):
    before = await counted(database)
    assert len((await apply(database, EVERYTHING, dry_run=True)).changes) == 8
    assert await counted(database) == before


async def test_a_change_is_told_with_the_old_and_the_new_and_makes_a_version(
    client: httpx.AsyncClient, database: Database
):
    await apply(database, EVERYTHING)
    plan = await apply(database, EVERYTHING.replace("rank: 10\n", "rank: 20\n").replace("within: 2h", "within: 3h"))
    (change,) = plan.changes
    assert plan.unchanged == 7
    assert [(each.field, each.old, each.new) for each in change.differences] == [
        ("rank", 10, 20),
        (
            "targets",
            [
                {"metric": "acknowledge", "within": "2h"},
                {"metric": "resolve", "within": "8h30m", "by_priority": {"p1": "4h"}},
            ],
            [
                {"metric": "acknowledge", "within": "3h"},
                {"metric": "resolve", "within": "8h30m", "by_priority": {"p1": "4h"}},
            ],
        ),
    ]
    sla = await only(client, "/v1/slas", name="Credit checks")
    assert (sla["version"], sla["rank"]) == (2, 20)
    async with database.reading() as connection:
        numbers = select(sla_versions.c.number).where(sla_versions.c.name == "Credit checks").order_by("number")
        assert (await connection.execute(numbers)).scalars().all() == [1, 2]


async def test_what_is_left_out_of_an_entry_has_its_default(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    plan = await apply(database, EVERYTHING.replace("    priorities: [p1, p2]\n", ""))
    assert [(each.field, each.old, each.new) for each in plan.changes[0].differences] == [
        ("priorities", ["p1", "p2"], None)
    ]
    assert (await only(client, "/v1/slas", name="Credit checks"))["priorities"] is None


async def test_what_no_file_states_is_left_alone(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    await apply(database, "departments: [{key: LEGAL, name: Legal}]")
    assert (await only(client, "/v1/departments", key="FIN"))["name"] == "Finance"


async def test_references_are_found_in_the_database_too(client: httpx.AsyncClient, database: Database):
    await apply(database, OFFICE, DEPARTMENTS)
    await apply(database, CATALOGUE, SLAS)
    assert (await only(client, "/v1/slas", name="Credit checks"))["active"] is True


async def test_an_sla_can_be_ended(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    ended = EVERYTHING.replace("name: Anything else\n", "name: Anything else\n    active: false\n")
    assert outcome(await apply(database, ended)) == ([], ["SLA FIN / Anything else"], 7)
    assert (await only(client, "/v1/slas", name="Anything else"))["active"] is False
    assert outcome(await apply(database, ended)) == ([], [], 8)


async def test_a_name_that_an_ended_sla_has_too_is_that_of_the_active_one(
    client: httpx.AsyncClient, database: Database
):
    await apply(database, EVERYTHING)
    sla = await only(client, "/v1/slas", name="Anything else")
    body = {name: value for name, value in sla.items() if name not in ("id", "version", "created_at", "updated_at")}
    assert (await client.put(f"/v1/slas/{sla['id']}", json=body | {"active": False})).status_code == 200
    assert (await client.post("/v1/slas", json=body)).status_code == 201
    assert outcome(await apply(database, EVERYTHING)) == ([], [], 8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "departments: [{key: A, name: A, parent: B}]",
            "1.yaml:1:41: department A: parent: there is no department B, neither in the files nor in the database.",
        ),
        ("departments: [{key: A, name: A, calendar: Works}]", "calendar: there is no calendar Works, neither"),
        (
            "departments: [{key: A, name: A, parent: B}, {key: B, name: B, parent: A}]",
            "parent: a department cannot be part of itself or of a department beneath it.",
        ),
        ("departments: [{key: A, name: A, parent: A}]", "parent: a department cannot be part of itself"),
        (
            'calendars: [{name: A, timezone: UTC, hours: {mon: [["09:00", "17:00"]]}, holiday_country: XX}]',
            "1.yaml:1:91: calendar A: holiday_country: no public holidays are known of 'XX'.",
        ),
        (
            'calendars: [{name: A, timezone: UTC, hours: {mon: [["09:00", "17:00"]]}, holiday_subdivision: BY}]',
            "holiday_subdivision: a subdivision is one of a holiday_country",
        ),
    ],
)
async def test_what_does_not_go_with_what_is_there_is_refused_and_changes_nothing(
    database: Database, text: str, told: str
):
    before = await counted(database)
    mistakes = await refusal(database, text)
    assert told in mistakes[0]
    assert await counted(database) == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "request_type: credit-check",
            "request_type: loan",
            "request_type: there is no request type FIN / loan, neither",
        ),
        ("within: 8h30m", "within: 80000h", "targets[1].within: 288000000 seconds of business time do not pass"),
        ("p1: 4h", "p1: 80000h", "targets[1].by_priority.p1: "),
        ("department: BOARD}", "department: BORED}", "escalations[0].department: there is no department BORED"),
        ("metric: resolve, at: 0.8", "metric: update, at: 0.8", "escalations[0].metric: is none that the SLA has"),
        (
            "name: In time, metric: resolve",
            "name: In time, metric: update",
            "metric: is none that the SLA has a target of",
        ),
        ("sla: Credit checks", "sla: Debit checks", "sla: there is no SLA FIN / Debit checks, neither"),
    ],
)
async def test_a_bad_sla_or_objective_is_refused_with_nothing_kept_of_its_file(
    database: Database, old: str, new: str, told: str
):
    assert EVERYTHING.count(old) == 1
    before = await counted(database)
    mistakes = await refusal(database, EVERYTHING.replace(old, new))
    assert told in mistakes[0]
    line = EVERYTHING[: EVERYTHING.index(old)].count("\n") + 1
    assert mistakes[0].startswith(f"1.yaml:{line}:")
    assert await counted(database) == before


async def test_slas_that_tie_are_refused_where_the_rank_stands(database: Database):
    tied = EVERYTHING.replace("rank: 100", "rank: 10")
    (told,) = await refusal(database, tied)
    assert told.startswith("1.yaml:26:11: SLA FIN / Credit checks: rank: the SLA FIN / Anything else (1.yaml:36:5) has")


async def test_slas_that_tie_with_one_that_no_file_states_are_refused(database: Database):
    await apply(database, EVERYTHING)
    text = """
        slas:
          - provider: FIN
            name: Another
            rank: 100
            calendar: Office
            targets: [{metric: resolve, within: 1h}]
    """
    (told,) = await refusal(database, text)
    assert told.startswith("1.yaml:5:11: SLA FIN / Another: rank: the SLA FIN / Anything else has the rank 100, too")


async def test_two_slas_may_swap_their_ranks(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    swapped = EVERYTHING.replace("rank: 100", "rank: x").replace("rank: 10", "rank: 100").replace("rank: x", "rank: 10")
    assert len((await apply(database, swapped)).changes) == 2
    ranks = [(await only(client, "/v1/slas", name=name))["rank"] for name in ("Credit checks", "Anything else")]
    assert ranks == [100, 10]


async def test_two_departments_may_change_places(client: httpx.AsyncClient, database: Database):
    await apply(
        database, "departments: [{key: A, name: A}, {key: B, name: B, parent: A}, {key: C, name: C, parent: B}]"
    )
    await apply(database, "departments: [{key: A, name: A, parent: B}, {key: B, name: B}]")
    a, b = [await only(client, "/v1/departments", key=key) for key in "AB"]
    assert (a["parent_id"], b["parent_id"]) == (b["id"], None)


async def test_a_circle_through_a_department_that_no_file_states_is_refused(database: Database):
    await apply(database, "departments: [{key: A, name: A}, {key: B, name: B, parent: A}]")
    (told,) = await refusal(database, "departments: [{key: A, name: A, parent: B}]")
    assert "parent: a department cannot be part of itself or of a department beneath it." in told


async def test_calendars_of_the_same_name_are_refused_where_one_is_named(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    body = {"name": "Office", "timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}
    assert (await client.post("/v1/calendars", json=body)).status_code == 201
    told = await refusal(database, "departments: [{key: A, name: A, calendar: Office}]")
    assert told == [
        "1.yaml:1:43: department A: calendar: several in the database go by the name of the calendar Office."
    ]
    assert "several in the database go by this name" in (await refusal(database, OFFICE))[0]


async def test_the_metric_of_an_objective_stays(database: Database):
    await apply(database, EVERYTHING)
    (told,) = await refusal(database, OBJECTIVES.replace("metric: resolve", "metric: acknowledge"))
    assert "metric: is resolve and stays so: another metric is another objective." in told


async def test_a_manager_is_a_member_by_address_in_any_case(client: httpx.AsyncClient, database: Database):
    made = await client.post("/v1/members", json={"email": "Ada@example.com", "name": "Ada", "department_ids": []})
    text = "departments: [{key: FIN, name: Finance, manager: ada@EXAMPLE.com}]"
    await apply(database, text)
    assert (await only(client, "/v1/departments"))["manager_id"] == made.json()["id"]
    assert outcome(await apply(database, text)) == ([], [], 1)


async def test_an_unknown_manager_is_refused_where_there_are_members(client: httpx.AsyncClient, database: Database):
    await client.post("/v1/members", json={"email": "ada@example.com", "name": "Ada", "department_ids": []})
    told = await refusal(database, "departments: [{key: FIN, name: Finance, manager: bob@example.com}]")
    assert told == ["1.yaml:1:50: department FIN: manager: there is no member with the address bob@example.com."]


async def test_members_are_left_out_for_now_where_there_are_none_yet(client: httpx.AsyncClient, database: Database):
    text = EVERYTHING.replace("name: Finance,", "name: Finance, manager: ada@example.com,").replace(
        "escalations:\n", "escalations:\n      - {metric: resolve, at: 0.9, do: notify, member: ada@example.com}\n"
    )
    plan = await apply(database, text)
    assert [note.detail for note in plan.notes] == [
        "department FIN: there are no members yet, so ada@example.com is left out.",
        "SLA FIN / Credit checks: there are no members yet, so ada@example.com is left out.",
    ]
    assert outcome(await apply(database, text)) == ([], [], 8)
    made = await client.post("/v1/members", json={"email": "ada@example.com", "name": "Ada", "department_ids": []})
    assert outcome(await apply(database, text)) == ([], ["department FIN", "SLA FIN / Credit checks"], 6)
    assert (await only(client, "/v1/departments", key="FIN"))["manager_id"] == made.json()["id"]
    assert len((await only(client, "/v1/slas", name="Credit checks"))["escalations"]) == 3


async def test_running_clocks_follow_a_calendar_that_a_file_changes(
    client: httpx.AsyncClient, database: Database, clock: Clock
):
    clock.at("2026-03-02T09:00:00+00:00")
    customer = await client.post("/v1/customers", json={"external_ref": "C-1", "name": "Customer"})
    await apply(database, EVERYTHING)
    ids = [(await only(client, "/v1/departments", key=key))["id"] for key in ("OPS", "FIN")]
    ticket = await client.post(
        "/v1/tickets",
        json={
            "title": "A loan",
            "requester_department_id": ids[0],
            "provider_department_id": ids[1],
            "customer_id": customer.json()["id"],
        },
    )
    assert ticket.json()["due_at"] == "2026-03-03T17:00:00Z"
    await apply(database, EVERYTHING.replace('"17:00"', '"13:00"'), now=NOW + timedelta(hours=1))
    clock.passes(hours=1)
    after = await client.get(ticket.headers["location"])
    assert after.json()["due_at"] == "2026-03-05T13:00:00Z"


async def test_two_that_apply_at_once_make_everything_once(client: httpx.AsyncClient, database: Database):
    outcomes = await asyncio.gather(*(apply(database, EVERYTHING) for _ in range(4)))
    assert sorted(len(plan.changes) for plan in outcomes) == [0, 0, 0, 8]
    assert len((await client.get("/v1/calendars")).json()["items"]) == 1


async def test_what_the_api_makes_meanwhile_is_taken_into_account(client: httpx.AsyncClient, database: Database):
    bodies = [{"key": f"D{number}", "name": "By hand"} for number in range(8)]
    text = "departments: [{}]".format(", ".join(f"{{key: D{number}, name: By file}}" for number in range(8)))
    answers, plan = await asyncio.gather(
        asyncio.gather(*(client.post("/v1/departments", json=body) for body in bodies)), apply(database, text)
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(plan.changes) == 8
    async with database.reading() as connection:
        names = (await connection.execute(select(departments.c.name))).scalars().all()
    assert names.count("By file") == 8


async def test_whoever_replaces_slas_meanwhile_waits_or_is_waited_for(client: httpx.AsyncClient, database: Database):
    await apply(database, EVERYTHING)
    sla = await only(client, "/v1/slas", name="Anything else")
    body = {name: value for name, value in sla.items() if name not in ("id", "version", "created_at", "updated_at")}

    async def by_hand(rank: int) -> int:
        return (await client.put(f"/v1/slas/{sla['id']}", json=body | {"rank": rank})).status_code

    def by_file(rank: int) -> str:
        return EVERYTHING.replace("rank: 100", f"rank: {rank}")

    answers = await asyncio.gather(
        *(by_hand(rank) for rank in range(200, 206)), *(apply(database, by_file(rank)) for rank in range(300, 303))
    )
    assert answers[:6] == [200] * 6
    assert (await only(client, "/v1/slas", name="Anything else"))["version"] == 10


async def test_nothing_is_said_to_have_happened_that_the_api_would_not_say(database: Database):
    await apply(database, EVERYTHING)
    async with database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(events))).scalar_one() == 0


async def test_what_it_costs_to_find_nothing_to_change_does_not_grow(database: Database, statements: Statements):
    await apply(database, EVERYTHING)
    statements.clear()
    await apply(database, EVERYTHING)
    few = len(statements)
    more = "departments: [{}]".format(", ".join(f"{{key: D{number}, name: D}}" for number in range(50)))
    await apply(database, EVERYTHING, more)
    statements.clear()
    await apply(database, EVERYTHING, more)
    assert len(statements) == few
