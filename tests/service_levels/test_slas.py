"""Service level agreements over HTTP."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.service_levels.agreements import agreements, offers
from app.service_levels.matching import Request
from app.service_levels.tables import sla_versions
from tests.conftest import Clock, Statements

NOBODY = "00000000-0000-7000-8000-000000000000"
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class World:
    client: httpx.AsyncClient
    finance: str
    sales: str
    calendar: str

    def draft(self, **fields: Any) -> dict[str, Any]:
        return {
            "name": "Finance for everybody",
            "provider_department_id": self.finance,
            "rank": 10,
            "calendar_id": self.calendar,
            "targets": [{"metric": "resolve", "seconds": 28800}],
        } | fields

    async def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self.client.post(path, json=body)
        assert response.status_code == 201, response.text
        return response.json()

    async def sla(self, **fields: Any) -> dict[str, Any]:
        return await self.made("/v1/slas", self.draft(**fields))

    async def request_type(self, provider: str, key: str) -> str:
        body = {"provider_department_id": provider, "key": key, "name": key, "kind": "approval"}
        return (await self.made("/v1/request-types", body))["id"]


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    """Finance, which provides, Sales, and office hours."""
    finance, sales = [
        (await client.post("/v1/departments", json={"key": key, "name": key})).json()["id"] for key in ("FIN", "SAL")
    ]
    calendar = await client.post("/v1/calendars", json={"name": "Office", "timezone": "UTC", "hours": OFFICE})
    return World(client, finance, sales, calendar.json()["id"])


async def test_an_sla_is_made_with_its_location_and_etag_and_answered_as_it_was_given(world: World) -> None:
    body = world.draft(
        requester_department_id=world.sales,
        request_type_id=await world.request_type(world.finance, "credit-check"),
        priorities=["p2", "p1"],
        customer_tiers=["gold", "silver"],
        targets=[
            {"metric": "resolve", "seconds": 28800, "by_priority": {"p1": 3600, "p2": 14400}},
            {"metric": "acknowledge", "seconds": 1, "by_priority": {}},
        ],
        pause_on=["customer", "requester"],
        warn_at=[0.5, 0.8],
        active=True,
    )
    response = await world.client.post("/v1/slas", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (await world.client.get(response.headers["Location"])).json() == made


async def test_escalations_are_answered_as_they_were_given_and_kept_with_the_version(world: World) -> None:
    department = {"key": "LEG", "name": "Legal"}
    legal = (await world.made("/v1/departments", department))["id"]
    ada = {"email": "ada@example.com", "name": "Ada", "department_ids": [legal]}
    member = (await world.made("/v1/members", ada))["id"]
    escalations = [
        escalation(at=0.8, do="notify", member_id=member),
        escalation(at=1, do="notify", department_id=legal),
        escalation(at=1, do="raise_priority", priority="p1"),
        escalation(at=1, do="reassign", department_id=legal),
        escalation(at=1),
    ]
    made = await world.sla(escalations=escalations)
    assert made["escalations"] == escalations

    path = f"/v1/slas/{made['id']}"
    again = await world.client.put(path, json=world.draft(escalations=escalations))
    fewer = await world.client.put(path, json=world.draft(escalations=escalations[:1]))
    assert (again.json()["version"], fewer.json()["version"]) == (1, 2)


async def test_what_is_left_out_of_an_sla_holds_always_and_pauses_never(world: World) -> None:
    made = await world.sla()
    conditions = ("requester_department_id", "request_type_id", "priorities", "customer_tiers")
    assert [made[name] for name in conditions] == [None] * 4
    assert (made["pause_on"], made["warn_at"], made["active"]) == ([], [], True)
    assert made["targets"] == [{"metric": "resolve", "seconds": 28800, "by_priority": {}}]


def target(**fields: Any) -> dict[str, Any]:
    return {"metric": "resolve", "seconds": 60} | fields


def escalation(**fields: Any) -> dict[str, Any]:
    return {"metric": "resolve", "at": 0.5, "do": "open_ticket"} | fields


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"provider_department_id": NOBODY}, "/provider_department_id"),
        ({"requester_department_id": NOBODY}, "/requester_department_id"),
        ({"request_type_id": NOBODY}, "/request_type_id"),
        ({"calendar_id": NOBODY}, "/calendar_id"),
        ({"rank": -1}, "/rank"),
        ({"rank": None}, "/rank"),
        ({"priorities": []}, "/priorities"),
        ({"priorities": ["p5"]}, "/priorities/0"),
        ({"priorities": ["p1", "p1"]}, "/priorities"),
        ({"customer_tiers": []}, "/customer_tiers"),
        ({"customer_tiers": ["gold", "gold"]}, "/customer_tiers"),
        ({"targets": []}, "/targets"),
        ({"targets": [target(), target()]}, "/targets"),
        ({"targets": [target(metric="delight")]}, "/targets/0/metric"),
        ({"targets": [target(seconds=0)]}, "/targets/0/seconds"),
        ({"targets": [target(seconds=1.5)]}, "/targets/0/seconds"),
        ({"targets": [target(seconds=3653 * 86400 + 1)]}, "/targets/0/seconds"),
        ({"targets": [target(by_priority={"p5": 60})]}, "/targets/0/by_priority/p5"),
        ({"targets": [target(by_priority={"p1": 0})]}, "/targets/0/by_priority/p1"),
        ({"targets": [target(by_priority={"p1": None})]}, "/targets/0/by_priority/p1"),
        ({"targets": [target(by_priority=None)]}, "/targets/0/by_priority"),
        ({"pause_on": ["dependency"]}, "/pause_on/0"),
        ({"pause_on": ["customer", "customer"]}, "/pause_on"),
        ({"warn_at": [0]}, "/warn_at/0"),
        ({"warn_at": [0.5, 1.0]}, "/warn_at/1"),
        ({"warn_at": [0.5, 0.5]}, "/warn_at"),
        ({"escalations": [escalation(at=0)]}, "/escalations/0/at"),
        ({"escalations": [escalation(at=1.01)]}, "/escalations/0/at"),
        ({"escalations": [escalation(do="fire_somebody")]}, "/escalations/0/do"),
        ({"escalations": [escalation(metric="update")]}, "/escalations/0/metric"),
        ({"escalations": [escalation(), escalation()]}, "/escalations"),
        ({"escalations": [escalation(priority="p1")]}, "/escalations/0/priority"),
        ({"escalations": [escalation(do="raise_priority")]}, "/escalations/0/priority"),
        ({"escalations": [escalation(do="raise_priority", priority="p0")]}, "/escalations/0/priority"),
        ({"escalations": [escalation(), escalation(do="notify")]}, "/escalations/1"),
        ({"escalations": [escalation(do="reassign", member_id=NOBODY, department_id=NOBODY)]}, "/escalations/0"),
        ({"escalations": [escalation(), escalation(do="notify", member_id=NOBODY)]}, "/escalations/1/member_id"),
        ({"escalations": [escalation(do="reassign", department_id=NOBODY)]}, "/escalations/0/department_id"),
        ({"escalations": [escalation(do="notify", member_id=None)]}, "/escalations/0/member_id"),
        ({"active": "yes"}, "/active"),
        ({"penalty": 100}, "/penalty"),
    ],
)
async def test_an_sla_that_breaks_a_rule_is_refused_naming_the_field(
    world: World, fields: dict[str, Any], pointer: str
) -> None:
    response = await world.client.post("/v1/slas", json=world.draft(**fields))
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, [pointer])
    assert (await world.client.get("/v1/slas")).json()["items"] == []


async def test_a_request_type_of_another_provider_is_refused(world: World) -> None:
    body = world.draft(request_type_id=await world.request_type(world.sales, "offer"))
    response = await world.client.post("/v1/slas", json=body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/request_type_id")


@pytest.mark.parametrize(
    ("targets", "pointer"),
    [
        ([target(metric="acknowledge"), target(seconds=523 * 3600)], "/targets/1/seconds"),
        ([target(by_priority={"p4": 523 * 3600})], "/targets/0/by_priority/p4"),
    ],
)
async def test_a_target_that_needs_more_than_ten_years_of_its_calendar_is_refused(
    world: World, targets: list[dict[str, Any]], pointer: str
) -> None:
    hours = {"mon": [["09:00", "10:00"]]}
    weekly = await world.made("/v1/calendars", {"name": "An hour a week", "timezone": "UTC", "hours": hours})
    response = await world.client.post("/v1/slas", json=world.draft(calendar_id=weekly["id"], targets=targets))
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, [pointer])
    await world.sla(calendar_id=weekly["id"], targets=[target(seconds=520 * 3600)])


async def test_an_sla_that_could_tie_with_another_is_refused_naming_it(world: World) -> None:
    first = await world.sla(name="All of it")
    response = await world.client.post("/v1/slas", json=world.draft(name="Urgent", priorities=["p1"]))
    problem = response.json()
    assert (response.status_code, problem["type"], problem["sla_id"]) == (409, "/problems/conflict", first["id"])
    assert "'All of it'" in problem["detail"]
    assert len((await world.client.get("/v1/slas")).json()["items"]) == 1


@pytest.mark.parametrize(
    "fields",
    [{"rank": 11}, {"priorities": ["p2", "p3"]}, {"active": False}],
    ids=["another rank", "conditions that exclude each other", "not active"],
)
async def test_slas_that_no_ticket_could_match_both_live_side_by_side(world: World, fields: dict[str, Any]) -> None:
    await world.sla(priorities=["p1"])
    await world.sla(**{"priorities": ["p1"]} | fields)


async def test_the_same_rank_of_another_provider_is_no_tie(world: World) -> None:
    await world.sla()
    await world.sla(provider_department_id=world.sales)


async def test_an_sla_does_not_tie_with_itself_but_becoming_active_it_may_with_another(world: World) -> None:
    await world.sla(name="All of it")
    resting = await world.sla(name="Resting", active=False)
    path = f"/v1/slas/{resting['id']}"
    renamed = await world.client.put(path, json=world.draft(name="Still resting", active=False))
    woken = await world.client.put(path, json=world.draft(name="Awake"))
    elsewhere = await world.client.put(path, json=world.draft(name="Awake", rank=11))
    again = await world.client.put(path, json=world.draft(name="Awake", rank=11, warn_at=[0.9]))
    assert [answer.status_code for answer in (renamed, woken, elsewhere, again)] == [200, 409, 200, 200]


async def test_of_many_that_would_tie_saved_at_once_one_is_stored(world: World) -> None:
    drafts = [world.draft(name=str(number)) for number in range(8)]
    answers = await asyncio.gather(*[world.client.post("/v1/slas", json=draft) for draft in drafts])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len((await world.client.get("/v1/slas")).json()["items"]) == 1


async def test_a_put_makes_a_new_version_and_keeps_the_old_one(world: World, database: Database, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    made = await world.sla()
    clock.passes(days=1)
    path = f"/v1/slas/{made['id']}"
    targets = [target(seconds=3600, by_priority={"p1": 600})]
    changed = await world.client.put(path, json=world.draft(targets=targets), headers={"If-Match": '"1"'})
    same = await world.client.put(path, json=world.draft(targets=targets))
    stale = await world.client.put(path, json=world.draft(), headers={"If-Match": '"1"'})
    assert [answer.status_code for answer in (changed, same, stale)] == [200, 200, 412]
    assert (changed.json()["version"], same.json()["version"], changed.headers["ETag"]) == (2, 2, '"2"')
    async with database.reading() as connection:
        rows = list(await connection.execute(select(sla_versions).order_by(sla_versions.c.number)))
    assert [row.number for row in rows] == [1, 2]
    assert [row.targets[0]["seconds"] for row in rows] == [28800, 3600]
    assert [row.holds_from for row in rows] == [datetime(1900, 1, 1, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)]


async def test_the_versions_of_an_sla_are_listed_with_what_each_undertook_and_since_when(
    world: World, clock: Clock
) -> None:
    sla = await world.sla()
    clock.at("2026-03-02T09:00:00+00:00")
    other = world.draft(targets=[{"metric": "resolve", "seconds": 7200}])
    await world.client.put(f"/v1/slas/{sla['id']}", json=other)
    first, second = (await world.client.get(f"/v1/slas/{sla['id']}/versions")).json()["items"]
    assert [version["number"] for version in (first, second)] == [1, 2]
    assert [version["targets"][0]["seconds"] for version in (first, second)] == [28800, 7200]
    assert second["holds_from"] == "2026-03-02T09:00:00Z"
    newest = (await world.client.get(f"/v1/slas/{sla['id']}/versions?sort=-number&limit=1")).json()
    assert [version["number"] for version in newest["items"]] == [2]
    assert newest["next_cursor"] is not None


async def test_an_sla_that_does_not_exist_has_no_versions(world: World) -> None:
    assert (await world.client.get(f"/v1/slas/{NOBODY}/versions")).status_code == 404


async def test_a_put_states_everything_and_is_checked_like_a_new_one(world: World) -> None:
    made = await world.sla(customer_tiers=["gold"], pause_on=["customer"])
    path = f"/v1/slas/{made['id']}"
    refused = await world.client.put(path, json=world.draft(calendar_id=NOBODY))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/calendar_id")
    replaced = (await world.client.put(path, json=world.draft())).json()
    assert (replaced["customer_tiers"], replaced["pause_on"], replaced["version"]) == (None, [], 2)
    assert (await world.client.put(f"/v1/slas/{NOBODY}", json=world.draft())).status_code == 404


async def test_slas_are_listed_by_their_fields_with_one_query(world: World, statements: Statements) -> None:
    for rank in range(1, 5):
        await world.sla(rank=rank, active=rank != 3)
    await world.sla(provider_department_id=world.sales)

    async def listed(**query: str) -> list[int]:
        statements.clear()
        page = (await world.client.get("/v1/slas", params={"sort": "-rank", **query})).json()
        assert len(statements) == 1
        return [item["rank"] for item in page["items"]]

    assert await listed() == [10, 4, 3, 2, 1]
    assert await listed(provider_department_id=world.finance, active="true") == [4, 2, 1]
    assert await listed(active="false") == [3]


async def test_what_is_offered_is_the_active_slas_in_their_current_versions(
    world: World, database: Database, statements: Statements
) -> None:
    everybody = await world.sla(rank=2)
    await world.sla(rank=1, active=False)
    path = f"/v1/slas/{everybody['id']}"
    await world.client.put(path, json=world.draft(rank=2, targets=[target(seconds=60, by_priority={"p1": 30})]))
    finance, sla_id = UUID(world.finance), UUID(everybody["id"])
    asked = Request(UUID(world.sales), None, "p1", None)
    async with database.reading() as connection:
        await offers(connection, [finance])
        statements.clear()
        match, agreement = (await offers(connection, [finance])).choose(finance, asked)
        cost = len(statements)
        old = await agreements(connection, [(sla_id, 1)])
    assert cost == 1
    assert agreement is not None
    assert match.chosen is not None
    assert (match.chosen.sla_id, match.chosen.version) == (sla_id, 2)
    assert (agreement.target_seconds("resolve", "p1"), agreement.target_seconds("resolve", "p3")) == (30, 60)
    assert old[sla_id, 1].target_seconds("resolve", "p1") == 28800
