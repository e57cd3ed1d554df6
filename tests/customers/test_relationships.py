"""Who serves a customer, over HTTP."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.customers.relationship_rules import Party
from app.customers.relationships import pass_on
from app.kernel import outbox
from app.kernel.database import Database
from app.kernel.work import Work
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"
NOW = "2026-03-20T12:00:00Z"
EARLIER = "2026-03-01T00:00:00Z"
LATER = "2026-04-01T00:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    made = World(client)
    await made.customer()
    return made


@pytest.fixture
async def ada(world: World) -> str:
    return await member(world, "ada")


@pytest.fixture
async def ben(world: World) -> str:
    return await member(world, "ben")


async def member(world: World, name: str) -> str:
    made = await world.post("/v1/members", {"email": f"{name}@example.com", "name": name.capitalize()})
    return str(made["id"])


def path(world: World, *more: str) -> str:
    return "/".join((f"/v1/customers/{world.customer_id}/relationships", *more))


async def serves(world: World, who: str, status: int = 201, **body: Any) -> dict[str, Any]:
    draft = {"member_id": who, "role": "account owner"} | body
    made: dict[str, Any] = await world.post(path(world), draft, status)
    return made


async def read(world: World, relationship: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await world.get(path(world, relationship["id"]))
    return found


async def change(world: World, relationship: Mapping[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
    response = await world.client.patch(path(world, relationship["id"]), json=body)
    assert response.status_code == status, response.text
    changed: dict[str, Any] = response.json()
    return changed


async def do(
    world: World, verb: str, relationship: Mapping[str, Any], status: int = 200, **body: Any
) -> dict[str, Any]:
    done: dict[str, Any] = await world.post(path(world, relationship["id"], verb), body, status)
    return done


async def listed(world: World, **query: Any) -> list[dict[str, Any]]:
    response = await world.client.get(path(world), params=query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.reading() as connection:
        found = (await outbox.read(connection, 0, 100, ["customer.*"]))[0]
    return [
        (each.type.removeprefix("customer.relationship_"), each.data) for each in found if "relationship" in each.type
    ]


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


async def test_a_relationship_begins_now_unless_stated_and_is_read_where_its_location_says(
    world: World, ada: str
) -> None:
    response = await world.client.post(path(world), json={"member_id": ada, "role": "billing contact"})
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert (made["customer_id"], made["member_id"], made["department_id"]) == (world.customer_id, ada, None)
    assert (made["role"], made["state"], made["since"], made["until"]) == ("billing contact", "current", NOW, None)
    assert (made["perceived_owner"], made["perceived_owner_since"]) == (False, None)
    assert (await world.client.get(response.headers["Location"])).json() == made


async def test_a_department_serves_a_customer_when_it_is_nobody_in_particular(world: World) -> None:
    made = await serves(world, "", member_id=None, department_id=await world.department("FIN"), role="billing")
    assert (made["member_id"], made["department_id"]) == (None, world.departments["FIN"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"member_id": None}, "/member_id"),
        ({"member_id": NOBODY}, "/member_id"),
        ({"member_id": None, "department_id": NOBODY}, "/department_id"),
        ({"department_id": NOBODY}, "/department_id"),
        ({"role": " "}, "/role"),
        ({"role": "x" * 201}, "/role"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "/until"),
        ({"perceived_owner": "yes"}, "/perceived_owner"),
        ({"customer_id": NOBODY}, "/customer_id"),
    ],
)
async def test_a_relationship_that_breaks_a_rule_is_refused_naming_the_field(
    world: World, ada: str, body: dict[str, Any], pointer: str
) -> None:
    assert pointers(await serves(world, ada, 422, **body)) == [pointer]
    assert await listed(world) == []


async def test_a_customer_or_relationship_that_is_not_there_is_not_found(world: World, ada: str) -> None:
    made = await serves(world, ada)
    for customer, relationship in ((NOBODY, made["id"]), (await world.customer("OTHER"), made["id"])):
        one = f"/v1/customers/{customer}/relationships/{relationship}"
        assert (await world.client.get(one)).status_code == 404
        assert (await world.client.patch(one, json={"role": "x"})).status_code == 404
        assert (await world.client.post(f"{one}/end", json={})).status_code == 404
    nowhere = f"/v1/customers/{NOBODY}/relationships"
    assert (await world.client.get(nowhere)).status_code == 404
    assert (await world.client.post(nowhere, json={"member_id": ada, "role": "x"})).status_code == 404


async def test_a_relationship_may_be_long_past_or_planned(world: World, ada: str, clock: Clock) -> None:
    past = await serves(world, ada, since="2019-01-01T00:00:00Z", until="2020-01-01T00:00:00Z")
    planned = await serves(world, ada, since=LATER)
    assert (past["state"], planned["state"]) == ("ended", "upcoming")
    clock.at("2026-04-01T00:00:00+00:00")
    assert (await read(world, planned))["state"] == "current"


async def test_the_same_party_serves_in_one_role_once_at_a_time(world: World, ada: str, ben: str) -> None:
    first = await serves(world, ada, since=EARLIER)
    refused = await serves(world, ada, 409, role="Account OWNER", since=LATER)
    assert refused["relationship_id"] == first["id"]
    await serves(world, ben)
    await serves(world, ada, role="support")
    before = await serves(world, ada, since="2026-02-01T00:00:00Z", until=EARLIER)
    assert [each["id"] for each in await listed(world, role="ACCOUNT owner", member_id=ada)] == [
        before["id"],
        first["id"],
    ]
    assert (await change(world, before, 409, until=NOW))["relationship_id"] == first["id"]


async def test_the_perceived_owner_is_handed_over_in_one_call(
    world: World, ada: str, ben: str, database: Database
) -> None:
    former = await serves(world, ada, perceived_owner=True, since=EARLIER)
    assert (former["perceived_owner"], former["perceived_owner_since"]) == (True, EARLIER)
    support = await serves(world, ben, role="support")
    changed = await change(world, support, perceived_owner=True)
    assert (changed["perceived_owner"], changed["perceived_owner_since"]) == (True, NOW)
    past = await read(world, former)
    assert (past["state"], past["perceived_owner"], past["version"]) == ("current", False, 2)
    assert (past["perceived_owner_since"], past["perceived_owner_until"]) == (EARLIER, NOW)
    assert await listed(world, perceived_owner=True) == [changed]
    assert [each["id"] for each in await listed(world, perceived_owner=True, as_of="2026-03-10T00:00:00Z")] == [
        former["id"]
    ]
    _, _, (lost, of_lost), (won, of_won) = await told(database)
    assert (lost, of_lost["relationship"]["id"], of_lost["previous"]) == (
        "changed",
        former["id"],
        {"perceived_owner": True, "perceived_owner_until": None},
    )
    assert (won, of_won["previous"]) == ("changed", {"perceived_owner": False, "perceived_owner_since": None})
    assert (of_won["member"]["name"], of_won["customer"]["id"]) == ("Ben", world.customer_id)


async def test_whoever_begins_as_the_perceived_owner_takes_over_from_then_on(
    world: World, ada: str, ben: str, clock: Clock
) -> None:
    former = await serves(world, ada, perceived_owner=True, since=EARLIER)
    planned = await serves(world, ben, perceived_owner=True, since=LATER)
    assert (planned["state"], planned["perceived_owner"]) == ("upcoming", True)
    assert (await read(world, former))["perceived_owner"] is True
    assert (await read(world, former))["perceived_owner_until"] == LATER
    clock.at("2026-04-02T00:00:00+00:00")
    assert (await read(world, former))["perceived_owner"] is False
    assert [each["id"] for each in await listed(world, perceived_owner=True)] == [planned["id"]]
    assert former["id"] in {each["id"] for each in await listed(world, perceived_owner=False)}


async def test_a_past_in_which_another_was_perceived_as_the_owner_is_not_taken_from_them(
    world: World, ada: str, ben: str
) -> None:
    present = await serves(world, ada, perceived_owner=True, since=EARLIER)
    past = {"since": "2026-02-01T00:00:00Z", "until": "2026-03-10T00:00:00Z", "perceived_owner": True}
    assert (await serves(world, ben, 409, **past))["relationship_id"] == present["id"]
    before = await serves(world, ben, **past | {"until": EARLIER})
    assert (before["state"], before["perceived_owner"]) == ("ended", True)


async def test_who_is_no_longer_perceived_as_the_owner_was_it_until_now(world: World, ada: str) -> None:
    made = await serves(world, ada, perceived_owner=True, since=EARLIER)
    changed = await change(world, made, perceived_owner=False)
    assert (changed["perceived_owner"], changed["perceived_owner_until"]) == (False, NOW)
    assert await change(world, made, perceived_owner=False) == changed


async def test_a_relationship_ends_and_keeps_its_dates(world: World, ada: str, database: Database) -> None:
    made = await serves(world, ada, since=EARLIER, perceived_owner=True)
    ended = await do(world, "end", made, reason="Moved to another region.")
    assert (ended["state"], ended["since"], ended["until"]) == ("ended", EARLIER, NOW)
    assert (ended["end_reason"], ended["perceived_owner"], ended["version"]) == ("Moved to another region.", True, 2)
    assert await listed(world, state="current") == []
    assert await listed(world, state="ended") == await listed(world, as_of="2026-03-10T00:00:00Z") == [ended]
    refused = await do(world, "end", made, 409)
    assert (refused["type"], refused["possible"]) == ("/problems/not-possible-in-this-state", [])
    (_, _), (kind, data) = await told(database)
    assert (kind, data["previous"]["until"], data["previous"]["state"]) == ("ended", None, "current")


async def test_an_end_may_be_recorded_late_or_planned_but_not_before_the_beginning(
    world: World, ada: str, ben: str
) -> None:
    late = await do(world, "end", await serves(world, ada, since=EARLIER), at="2026-03-05T00:00:00Z")
    assert (late["state"], late["until"]) == ("ended", "2026-03-05T00:00:00Z")
    made = await serves(world, ben, since=EARLIER)
    assert pointers(await do(world, "end", made, 422, at="2026-02-01T00:00:00Z")) == ["/at"]
    planned = await do(world, "end", made, at=LATER)
    assert (planned["state"], planned["until"]) == ("current", LATER)
    assert pointers(await do(world, "end", made, 422, at="2026-05-01T00:00:00Z")) == ["/at"]
    assert (await do(world, "end", made))["until"] == NOW


async def test_what_was_planned_and_ends_before_it_began_never_was(world: World, ada: str) -> None:
    planned = await serves(world, ada, since=LATER, perceived_owner=True)
    ended = await do(world, "end", planned)
    assert (ended["state"], ended["since"], ended["until"], ended["perceived_owner"]) == ("ended", LATER, LATER, False)
    assert await listed(world, as_of=LATER) == []


async def test_a_relationship_whose_end_is_taken_away_goes_on(world: World, ada: str, ben: str) -> None:
    made = await serves(world, ada, since=EARLIER, perceived_owner=True)
    ended = await do(world, "hand-over", made, member_id=ben, reason="Holidays")
    again = await change(world, ended, until=None)
    assert (again["state"], again["until"], again["end_reason"], again["successor_id"]) == ("current", None, None, None)
    assert (again["perceived_owner"], again["perceived_owner_until"]) == (False, NOW)


async def test_a_hand_over_ends_the_one_and_begins_the_other_in_the_same_role(
    world: World, ada: str, ben: str, database: Database
) -> None:
    made = await serves(world, ada, since=EARLIER, perceived_owner=True)
    ended = await do(world, "hand-over", made, member_id=ben, reason="Maternity leave")
    successor = await read(world, {"id": ended["successor_id"]})
    assert (ended["state"], ended["until"], ended["perceived_owner"]) == ("ended", NOW, True)
    assert (successor["member_id"], successor["role"], successor["since"]) == (ben, "account owner", NOW)
    assert (successor["perceived_owner"], successor["perceived_owner_since"]) == (True, NOW)
    assert [each["id"] for each in await listed(world, perceived_owner=True)] == [successor["id"]]
    (_, _), (kind, data) = await told(database)
    assert (kind, data["relationship"], data["successor"]) == ("handed_over", ended, successor)
    assert (data["member"]["name"], data["successor_member"]["name"]) == ("Ada", "Ben")


async def test_a_hand_over_may_go_to_a_department_and_be_planned(world: World, ada: str, clock: Clock) -> None:
    made = await serves(world, ada, since=EARLIER, role="billing")
    ended = await do(world, "hand-over", made, department_id=await world.department("FIN"), at=LATER)
    successor = await read(world, {"id": ended["successor_id"]})
    assert (ended["state"], successor["state"]) == ("current", "upcoming")
    clock.at("2026-04-01T00:00:00+00:00")
    assert [each["id"] for each in await listed(world, state="current")] == [successor["id"]]


async def test_a_hand_over_to_who_serves_in_that_role_already_adds_nobody(world: World, ada: str, ben: str) -> None:
    made = await serves(world, ada, since=EARLIER, perceived_owner=True)
    there = await serves(world, ben, since=EARLIER)
    ended = await do(world, "hand-over", made, member_id=ben)
    assert ended["successor_id"] == there["id"]
    assert [(each["id"], each["perceived_owner_since"]) for each in await listed(world, state="current")] == [
        (there["id"], NOW)
    ]


@pytest.mark.parametrize("body", [{}, {"member_id": NOBODY}, {"department_id": NOBODY, "member_id": NOBODY}])
async def test_a_hand_over_needs_one_who_goes_on(world: World, ada: str, body: dict[str, Any]) -> None:
    made = await serves(world, ada)
    refused = await do(world, "hand-over", made, 422, **body)
    assert pointers(refused) == ["/department_id" if len(body) == 2 else "/member_id"]
    assert pointers(await do(world, "hand-over", made, 422, member_id=ada)) == ["/member_id"]
    assert await read(world, made) == made


async def test_who_left_serves_nobody_any_more_but_did_before(
    world: World, ada: str, ben: str, database: Database
) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql(f"update members set left_at = '2026-03-10T00:00:00Z' where id = '{ada}'")
    assert pointers(await serves(world, ada, 422)) == ["/member_id"]
    assert pointers(await serves(world, ada, 422, since=EARLIER, until="2026-03-11T00:00:00Z")) == ["/member_id"]
    assert (await serves(world, ada, since=EARLIER, until="2026-03-10T00:00:00Z"))["state"] == "ended"
    made = await serves(world, ben, role="support")
    assert pointers(await do(world, "hand-over", made, 422, member_id=ada)) == ["/member_id"]


async def test_all_that_a_member_serves_passes_on_with_a_constant_number_of_statements(
    world: World, ada: str, ben: str, database: Database, clock: Clock, statements: Statements
) -> None:
    customers = [world.customer_id, *[await world.customer(f"C-{number}") for number in range(4)]]
    for number, world.customer_id in enumerate(customers):
        await serves(world, ada, since=EARLIER, perceived_owner=number % 2 == 0)
        await serves(world, ada, since=LATER, role="support")
    await do(world, "end", (await listed(world, state="current"))[0], at="2026-03-02T00:00:00Z")
    statements.clear()
    work = Work(database, clock(), {"type": "system"})
    await work.write()
    passed = await pass_on(work, UUID(ada), Party(UUID(ben), None), "Left")
    cost = len(statements)
    await work.commit()
    await work.close()
    assert (len(passed), cost) == (9, 5)
    assert {each.end_reason for each in passed} == {"Left"}
    for world.customer_id in customers[:-1]:
        present = await listed(world, member_id=ben)
        assert [(each["role"], each["state"]) for each in present] == [
            ("account owner", "current"),
            ("support", "upcoming"),
        ]
        assert await listed(world, member_id=ada, state="current") == []
        assert await listed(world, member_id=ada, state="upcoming") == []


async def test_of_many_that_claim_it_at_once_one_is_perceived_as_the_owner(world: World) -> None:
    people = [await member(world, f"m{number}") for number in range(6)]
    await asyncio.gather(*(serves(world, who, perceived_owner=True) for who in people))
    assert len(await listed(world, state="current")) == 6
    assert len(await listed(world, perceived_owner=True)) == 1


async def test_of_many_that_say_the_same_at_once_one_is_kept(world: World, ada: str) -> None:
    draft = {"member_id": ada, "role": "support"}
    answers = await asyncio.gather(*(world.client.post(path(world), json=draft) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert len(await listed(world)) == 1


async def test_a_change_is_made_only_to_the_version_that_was_seen(world: World, ada: str, ben: str) -> None:
    made = await serves(world, ada)
    await change(world, made, role="support")
    stale = {"If-Match": '"1"'}
    one = path(world, made["id"])
    assert (await world.client.patch(one, json={"role": "x"}, headers=stale)).status_code == 412
    assert (await world.client.post(f"{one}/end", json={}, headers=stale)).status_code == 412
    handed = await world.client.post(f"{one}/hand-over", json={"member_id": ben}, headers=stale)
    assert handed.status_code == 412
    assert (await world.client.post(f"{one}/end", headers={"If-Match": '"2"'})).status_code == 200


async def test_what_changes_nothing_is_no_new_version_and_is_not_told(
    world: World, ada: str, database: Database
) -> None:
    made = await serves(world, ada, perceived_owner=True)
    assert await change(world, made, role="account owner", perceived_owner=True) == made
    assert [kind for kind, _ in await told(database)] == ["started"]


async def test_an_ended_one_is_not_sent_again_to_who_has_it_a_current_one_is(world: World, ada: str) -> None:
    made = await serves(world, ada)
    one = path(world, made["id"])
    assert (await world.client.get(one, headers={"If-None-Match": '"1"'})).status_code == 200
    await do(world, "end", made)
    assert (await world.client.get(one, headers={"If-None-Match": '"2"'})).status_code == 304


async def test_pages_follow_each_other_at_a_constant_cost(world: World, ada: str, statements: Statements) -> None:
    made = [await serves(world, ada, role=f"r{day}", since=f"2026-03-0{day}T00:00:00Z") for day in range(1, 8)]
    statements.clear()
    response = await world.client.get(path(world), params={"limit": 3, "sort": "-since"})
    cost = len(statements)
    seen = response.json()["items"]
    statements.clear()
    after = {"limit": 4, "sort": "-since", "cursor": response.json()["next_cursor"]}
    seen += (await world.client.get(path(world), params=after)).json()["items"]
    assert seen == made[::-1]
    assert len(statements) == cost == 2


async def test_who_may_only_read_changes_nothing(world: World, ada: str, client: httpx.AsyncClient) -> None:
    made = await serves(world, ada)
    key = (await client.post("/v1/api-keys", json={"name": "eyes", "role": "analyst"})).json()
    reading = {"Authorization": f"Bearer {key['key']}"}
    one = path(world, made["id"])
    assert (await client.post(path(world), json={"member_id": ada, "role": "x"}, headers=reading)).status_code == 403
    assert (await client.patch(one, json={"role": "x"}, headers=reading)).status_code == 403
    assert (await client.post(f"{one}/end", json={}, headers=reading)).status_code == 403
    assert (await client.get(one, headers=reading)).status_code == 200
