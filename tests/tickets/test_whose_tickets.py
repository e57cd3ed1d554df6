"""Tickets with a key that stands for a member: which ones they see, and what they may do to them."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.tickets.life.sides import DOES, Side
from app.tickets.life.verbs import Verb
from tests.access.people import a_member, client_for
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NINE = "2026-03-02T09:00:00Z"
READS = ("", "/history", "/hand-offs", "/clocks", "/sla-explanation", "/sla-breakdown", "/feedback")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(NINE)
    world = World(client)
    for key in ("SALES", "FIN", "OPS", "LEGAL", "IT"):
        await world.department(key)
    await world.customer()
    return world


async def as_(app: FastAPI, world: World, name: str, *departments: str, role: str = "member") -> World:
    """The same world through the eyes of a new member of these departments."""
    return replace(world, client=await client_for(app, world, role, await a_member(world, name, *departments)))


async def me(world: World) -> str:
    return str((await world.get("/v1/me"))["member_id"])


async def listed(world: World, query: str = "") -> set[str]:
    return {ticket["id"] for ticket in (await world.get(f"/v1/tickets{query}"))["items"]}


async def sees(world: World, ticket: dict[str, Any]) -> bool:
    """Whether the ticket is there, in the list and by itself alike."""
    answers = {(await world.client.get(f"/v1/tickets/{ticket['id']}{path}")).status_code for path in READS}
    assert answers in ({200}, {404})
    assert (ticket["id"] in await listed(world)) == (answers == {200})
    return answers == {200}


async def serves(world: World, customer_id: str, **fields: Any) -> dict[str, Any]:
    body = {"role": "account owner", "since": NINE, **fields}
    made: dict[str, Any] = await world.post(f"/v1/customers/{customer_id}/relationships", body)
    return made


@pytest.mark.parametrize("role", ["member", "lead"])
async def test_a_member_sees_what_their_departments_ask_for_or_have(world: World, app: FastAPI, role: str) -> None:
    ada = await as_(app, world, "Ada", "FIN", role=role)
    assert await sees(ada, await world.ticket("FIN", "OPS"))
    assert await sees(ada, await world.ticket("OPS", "FIN"))
    assert not await sees(ada, await world.ticket("SALES", "OPS"))
    assert len(await listed(world)) == 3


async def test_what_their_department_had_stays_in_sight_when_it_was_passed_on(world: World, app: FastAPI) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    ticket = await world.ticket("SALES", "FIN")
    await world.do("transfer", ticket["id"], department="OPS")
    await world.do("transfer", ticket["id"], department="LEGAL")
    assert await sees(ada, ticket)
    assert (await ada.try_to("acknowledge", ticket["id"])).status_code == 403


async def test_a_member_sees_what_serves_a_customer_whom_they_or_their_department_serve(
    world: World, app: FastAPI
) -> None:
    ada, ben = await as_(app, world, "Ada", "FIN"), await as_(app, world, "Ben", "FIN")
    own, ours, other = await world.customer("OWN"), await world.customer("OURS"), await world.customer("OTHER")
    await serves(world, own, member_id=await me(ada))
    await serves(world, ours, department_id=world.departments["FIN"])
    for customer_id, seen in ((own, (True, False)), (ours, (True, True)), (other, (False, False))):
        ticket = await world.ticket("SALES", "OPS", customer_id=customer_id)
        assert (await sees(ada, ticket), await sees(ben, ticket)) == seen


async def test_who_serves_a_customer_no_more_or_not_yet_sees_nothing_of_it(
    world: World, app: FastAPI, clock: Clock
) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    acme, later = await world.customer("NOW"), await world.customer("LATER")
    serving = await serves(world, acme, member_id=await me(ada))
    await serves(world, later, member_id=await me(ada), since="2026-03-09T09:00:00Z")
    ticket = await world.ticket("SALES", "OPS", customer_id=acme)
    upcoming = await world.ticket("SALES", "OPS", customer_id=later)
    assert (await sees(ada, ticket), await sees(ada, upcoming)) == (True, False)
    clock.passes(days=1)
    await world.post(f"/v1/customers/{acme}/relationships/{serving['id']}/end", {"reason": "Moved."}, 200)
    assert not await sees(ada, ticket)


async def test_who_belongs_nowhere_and_serves_nobody_sees_nothing(world: World, app: FastAPI) -> None:
    ada = await as_(app, world, "Ada")
    assert not await sees(ada, await world.ticket("SALES", "OPS"))


async def test_filters_and_pages_stay_among_what_is_seen(world: World, app: FastAPI) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    seen = [(await world.ticket("FIN", "OPS", priority=priority))["id"] for priority in ("p1", "p2", "p1")]
    for _ in range(3):
        await world.ticket("SALES", "OPS", priority="p1")
    assert await listed(ada, "?priority=p1") == {seen[0], seen[2]}
    assert await listed(ada, f"?requester_department_id={world.departments['SALES']}") == set()
    first = await ada.get("/v1/tickets?limit=2&sort=-number")
    rest = await ada.get(f"/v1/tickets?limit=2&sort=-number&cursor={first['next_cursor']}")
    assert [ticket["id"] for page in (first, rest) for ticket in page["items"]] == seen[::-1]
    assert rest["next_cursor"] is None


async def test_a_list_costs_the_same_statements_however_much_is_seen(
    world: World, app: FastAPI, statements: Statements
) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    await serves(world, world.customer_id, department_id=world.departments["FIN"])
    await world.ticket("SALES", "FIN")
    costs = []
    for _ in range(2):
        await listed(ada)
        statements.clear()
        await listed(ada)
        costs.append(len(statements))
        for _ in range(5):
            await world.ticket("SALES", "OPS")
    assert costs == [1, 1]


@pytest.mark.parametrize("verb", Verb)
async def test_each_side_does_what_is_its_and_nobody_else_does(world: World, app: FastAPI, verb: Verb) -> None:
    """403 says that it is not theirs, whatever the state; anything else that the state or the body decided."""
    sales, fin = await as_(app, world, "Sam", "SALES"), await as_(app, world, "Fay", "FIN")
    ticket = await world.ticket("SALES", "FIN")
    serving = await as_(app, world, "Cleo", "LEGAL")
    await serves(world, ticket["customer_id"], member_id=await me(serving))
    stranger = await as_(app, world, "Eve", "OPS")
    needed = {"department": "IT"} if verb is Verb.TRANSFER else {}
    answers = {
        name: (await who.try_to(verb, ticket["id"], **needed)).status_code
        for name, who in (("serving", serving), ("stranger", stranger))
    }
    assert answers == {"serving": 403, "stranger": 404}
    for who, side in ((sales, Side.REQUESTER), (fin, Side.PROVIDER)):
        answer = await who.try_to(verb, ticket["id"], **needed)
        assert (answer.status_code != 403) == (side in DOES[verb]), answer.text
        assert answer.status_code in (200, 403, 409)


async def test_who_took_it_over_does_it_and_who_gave_it_away_no_more(world: World, app: FastAPI) -> None:
    fin, ops = await as_(app, world, "Fay", "FIN"), await as_(app, world, "Oli", "OPS")
    ticket = await world.ticket("SALES", "FIN")
    assert (await ops.try_to("accept", ticket["id"])).status_code == 404
    await fin.do("transfer", ticket["id"], department="OPS")
    refused = await fin.try_to("start", ticket["id"])
    assert refused.json()["detail"].startswith("The verb start is for the department that has the ticket;")
    assert (await ops.do("start", ticket["id"]))["status"] == "in_progress"


async def test_nobody_backdates_in_a_members_name(world: World, app: FastAPI, clock: Clock) -> None:
    fin = await as_(app, world, "Fay", "FIN")
    ticket = await world.ticket("SALES", "FIN")
    clock.passes(hours=1)
    refused = await fin.try_to("acknowledge", ticket["id"], NINE)
    assert (refused.status_code, "backdate" in refused.json()["detail"]) == (403, True)
    draft = await world.draft("FIN", "OPS", opened_at=NINE)
    assert (await fin.client.post("/v1/tickets", json=draft)).status_code == 403


async def test_a_member_asks_in_their_own_name_for_their_own_department(world: World, app: FastAPI) -> None:
    ada, ben = await as_(app, world, "Ada", "SALES"), await a_member(world, "Ben", "SALES")
    made = await ada.ticket("SALES", "FIN")
    assert made["requester_id"] == await me(ada)
    for stated, pointer in (
        (await world.draft("FIN", "OPS"), "/requester_department_id"),
        (await world.draft("SALES", "OPS", requester_id=ben), "/requester_id"),
    ):
        refused = await ada.client.post("/v1/tickets", json=stated)
        assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (403, pointer)


async def test_of_a_batch_each_is_judged_for_itself(world: World, app: FastAPI, statements: Statements) -> None:
    ada = await as_(app, world, "Ada", "SALES")
    theirs, unseen = await world.ticket("SALES", "FIN"), await world.ticket("FIN", "OPS")
    items = [
        await world.draft("SALES", "FIN"),
        await world.draft("FIN", "OPS"),
        await world.draft("SALES", "OPS", blocks=[theirs["id"]]),
        await world.draft("SALES", "OPS", blocks=[unseen["id"]]),
        await world.draft("SALES", "OPS", opened_at="2026-03-01T09:00:00Z"),
    ]
    results = (await ada.post("/v1/tickets/batch", {"items": items}, 200))["results"]
    assert [each["status"] for each in results] == [201, 403, 201, 422, 403]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/blocks/0"
    assert {each["ticket"]["requester_id"] for each in results if "ticket" in each} == {await me(ada)}
    costs = []
    for count in (1, 9):
        statements.clear()
        await ada.post("/v1/tickets/batch", {"items": items[:3] * count}, 200)
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_a_ticket_that_is_not_seen_is_not_there_to_be_blocked(world: World, app: FastAPI) -> None:
    ada = await as_(app, world, "Ada", "SALES")
    unseen = await world.ticket("FIN", "OPS")
    answers = []
    for blocked in (unseen["id"], str(uuid4())):
        refused = await ada.client.post("/v1/tickets", json=await world.draft("SALES", "FIN", blocks=[blocked]))
        answers.append({**refused.json(), "status": refused.status_code})
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 422


async def test_who_only_serves_the_customer_lets_nothing_wait(world: World, app: FastAPI) -> None:
    ada = await as_(app, world, "Ada", "SALES")
    seen = await world.ticket("FIN", "OPS")
    await serves(world, seen["customer_id"], member_id=await me(ada))
    own = await ada.ticket("SALES", "FIN")
    refused = await ada.client.post("/v1/tickets", json=await world.draft("SALES", "FIN", blocks=[seen["id"]]))
    assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (403, "/blocks/0")
    path = f"/v1/tickets/{seen['id']}/dependencies"
    assert (await ada.client.post(path, json={"blocker_id": own["id"]})).status_code == 403
    assert (await ada.client.patch(f"/v1/tickets/{seen['id']}", json={"title": "Mine"})).status_code == 403


async def test_what_a_ticket_waits_for_is_said_by_either_side_of_tickets_they_see(world: World, app: FastAPI) -> None:
    fin = await as_(app, world, "Fay", "FIN")
    waits, blocker = await world.ticket("SALES", "FIN"), await world.ticket("FIN", "OPS")
    unseen = await world.ticket("SALES", "LEGAL")
    path = f"/v1/tickets/{waits['id']}/dependencies"
    assert (await fin.post(path, {"blocker_id": blocker["id"]}, 200))["blocked_by"] == [blocker["id"]]
    refused = await fin.client.post(path, json={"blocker_id": unseen["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/blocker_id")
    assert (await fin.client.delete(f"{path}/{blocker['id']}")).json()["blocked_by"] == []
    words = await fin.client.patch(f"/v1/tickets/{waits['id']}", json={"title": "Credit check"})
    assert words.json()["title"] == "Credit check"


async def test_a_comment_is_the_members_own_and_the_providers_when_they_have_it(world: World, app: FastAPI) -> None:
    await world.sla("FIN", targets=[{"metric": "update", "seconds": 3600}])
    fin, sales = await as_(app, world, "Fay", "FIN"), await as_(app, world, "Sam", "SALES")
    ticket = await world.ticket("SALES", "FIN")
    await fin.do("acknowledge", ticket["id"])

    async def updates() -> list[str]:
        return [clock["state"] for clock in (await world.get(f"/v1/tickets/{ticket['id']}"))["clocks"]]

    await sales.do("comment", ticket["id"], visibility="requester")
    assert await updates() == ["running"]
    await fin.do("comment", ticket["id"], visibility="requester")
    assert await updates() == ["met", "running"]
    actor = (await world.get(f"/v1/tickets/{ticket['id']}/history"))["items"][-1]["actor"]
    assert (actor["type"], actor["member_id"]) == ("api_key", await me(fin))
    (told,) = (await world.get("/v1/events?types=ticket.acknowledged"))["items"]
    assert told["data"]["actor"]["member_id"] == await me(fin)


async def test_what_is_said_among_providers_is_for_those_who_have_or_had_the_ticket(world: World, app: FastAPI) -> None:
    fin, ops = await as_(app, world, "Fay", "FIN"), await as_(app, world, "Oli", "OPS")
    sales, serving = await as_(app, world, "Sam", "SALES"), await as_(app, world, "Cleo", "LEGAL")
    ticket = await world.ticket("SALES", "FIN")
    await serves(world, ticket["customer_id"], member_id=await me(serving))
    await fin.do("comment", ticket["id"], body="They never pay in time.")
    await fin.do("comment", ticket["id"], body="We look at it.", visibility="requester")
    await fin.do("transfer", ticket["id"], department="OPS")

    async def read(who: World) -> list[str]:
        history = (await who.get(f"/v1/tickets/{ticket['id']}/history"))["items"]
        return [entry["details"]["body"] for entry in history if entry["verb"] == "comment"]

    for who in (world, fin, ops):
        assert await read(who) == ["They never pay in time.", "We look at it."]
    for who in (sales, serving):
        assert await read(who) == ["We look at it."]


async def test_who_was_served_is_said_by_the_requester_with_their_own_key(world: World, app: FastAPI) -> None:
    ada, ben = await as_(app, world, "Ada", "SALES"), await as_(app, world, "Ben", "SALES")
    fin = await as_(app, world, "Fay", "FIN")
    ticket = await ada.ticket("SALES", "FIN")
    await fin.do("resolve", ticket["id"])
    assert (await fin.try_to("feedback", ticket["id"], score=5)).status_code == 403
    assert (await ben.try_to("feedback", ticket["id"], score=5)).status_code == 403
    assert (await ada.try_to("feedback", ticket["id"], score=2, member_id=await me(ben))).status_code == 403
    await ada.do("feedback", ticket["id"], score=2)
    (given,) = (await ben.get(f"/v1/tickets/{ticket['id']}/feedback"))["items"]
    assert (given["score"], given["member_id"]) == (2, await me(ada))
