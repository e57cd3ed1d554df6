"""`/v1/suggestions`: what could be better, who is for it, and what came of it."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kernel.database import Database
from app.kernel.jobs import Jobs
from app.suggestions.measuring import measure_effect
from app.suggestions.suggestions import EFFECT
from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

NOWHERE = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-02T09:00:00+00:00")
    return World(client)


async def member(world: World, name: str, department: str = "SALES") -> str:
    body = {
        "email": f"{name.lower()}@example.com",
        "name": name,
        "department_ids": [await world.department(department)],
    }
    return str((await world.post("/v1/members", body))["id"])


async def suggest(world: World, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.post("/v1/suggestions", {"text": "Check the credit first.", **body})
    return made


async def act(world: World, made: dict[str, Any], verb: str, status: int = 200, **body: Any) -> dict[str, Any]:
    done: dict[str, Any] = await world.post(f"/v1/suggestions/{made['id']}/{verb}", body, status)
    return done


async def told(world: World, pattern: str = "suggestion.*") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.get(f"/v1/events?types={pattern}"))["items"]
    return items


async def measure(world: World, database: Database, clock: Clock) -> int:
    return await Jobs(EFFECT, measure_effect).turn(database, clock())


async def test_anybody_suggests_something_on_a_customer_a_department_or_the_company(world: World) -> None:
    ada, finance, customer = await member(world, "Ada"), await world.department("FIN"), await world.customer()
    made = await suggest(world, department_id=finance, customer_id=customer, member_id=ada)
    assert made == await world.get(f"/v1/suggestions/{made['id']}")
    assert (made["status"], made["votes"], made["suggested_at"]) == ("open", 0, "2026-03-02T09:00:00Z")
    await suggest(world)
    first, _ = await told(world)
    assert (first["type"], first["data"]["suggestion"]) == ("suggestion.made", made)
    assert [first["data"][name]["name"] for name in ("customer", "department", "member")] == ["ACME", "FIN", "Ada"]


@pytest.mark.parametrize("name", ["customer_id", "department_id", "member_id"])
async def test_what_it_names_exists(world: World, name: str) -> None:
    answer = await world.client.post("/v1/suggestions", json={"text": "Better.", name: NOWHERE})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")


async def test_each_votes_once_and_may_take_it_back(world: World) -> None:
    ada, ben, made = await member(world, "Ada"), await member(world, "Ben"), await suggest(world)
    for _ in range(2):
        await act(world, made, "vote", member_id=ada)
        await act(world, made, "vote")
    assert (await act(world, made, "vote", member_id=ben))["votes"] == 3
    for _ in range(2):
        assert (await act(world, made, "withdraw-vote", member_id=ada))["votes"] == 2
    assert (await act(world, made, "withdraw-vote"))["votes"] == 1
    events = await told(world, "suggestion.voted,suggestion.vote_withdrawn")
    kinds = [(each["type"], (each["data"]["voter_member"] or {}).get("name")) for each in events]
    voted, withdrawn = "suggestion.voted", "suggestion.vote_withdrawn"
    assert kinds == [(voted, "Ada"), (voted, None), (voted, "Ben"), (withdrawn, "Ada"), (withdrawn, None)]


async def test_votes_that_come_at_the_same_time_are_each_counted_once(world: World) -> None:
    voters, made = [await member(world, name) for name in ("Ada", "Ben", "Carl")], await suggest(world)
    await asyncio.gather(*(act(world, made, "vote", member_id=voter) for voter in voters for _ in range(3)))
    assert (await world.get(f"/v1/suggestions/{made['id']}"))["votes"] == 3


async def test_who_has_left_does_not_vote(world: World) -> None:
    ada, made = await member(world, "Ada"), await suggest(world)
    await world.post(f"/v1/members/{ada}/leave", {}, 200)
    await act(world, made, "vote", 422, member_id=ada)
    await act(world, made, "vote", 422, member_id=NOWHERE)


async def test_those_with_most_votes_come_first(world: World) -> None:
    ada, finance = await member(world, "Ada"), await world.department("FIN")
    first, second, third = await suggest(world), await suggest(world, department_id=finance), await suggest(world)
    await act(world, third, "vote")
    for voter in ({}, {"member_id": ada}):
        await act(world, second, "vote", **voter)
    await act(world, first, "decline", answer="No.")

    async def listed(query: str = "") -> list[str]:
        return [each["id"] for each in (await world.get(f"/v1/suggestions?{query}"))["items"]]

    assert await listed() == [second["id"], third["id"], first["id"]]
    assert await listed(f"department_id={finance}") == [second["id"]]
    assert await listed("status=declined") == [first["id"]]
    page = await world.get("/v1/suggestions?limit=2&sort=-votes")
    assert await listed(f"limit=2&sort=-votes&cursor={page['next_cursor']}") == [first["id"]]


async def test_it_is_put_in_other_words_by_whoever_made_it_while_it_is_open(world: World, app: FastAPI) -> None:
    made = await suggest(world)
    path, change = f"/v1/suggestions/{made['id']}", {"text": "Check it before."}
    key = await world.post("/v1/api-keys", {"name": "desk", "role": "integration", "permissions": ["read", "write"]})
    async with client_of(app, key["key"]) as other:
        assert (await other.patch(path, json=change)).status_code == 403
    assert (await world.client.patch(path, json=change, headers={"If-Match": '"7"'})).status_code == 412
    changed = await world.client.patch(path, json=change)
    assert (changed.status_code, changed.json()["text"]) == (200, "Check it before.")
    (event,) = await told(world, "suggestion.updated")
    assert event["data"]["previous"] == {"text": "Check the credit first."}
    await act(world, made, "decline", answer="No.")
    assert (await world.client.patch(path, json={"text": "Please."})).status_code == 409


async def test_it_is_adopted_or_declined_once_with_an_answer(world: World) -> None:
    made = await suggest(world)
    await act(world, made, "decline", 422)
    declined = await act(world, made, "decline", answer="Not now.")
    assert (declined["status"], declined["answer"], declined["decided_at"]) == (
        "declined",
        "Not now.",
        "2026-03-02T09:00:00Z",
    )
    for verb in ("adopt", "decline", "vote", "withdraw-vote"):
        answer = {"answer": "Yes."} if verb in ("adopt", "decline") else {}
        await act(world, made, verb, 409, **answer)
    (event,) = await told(world, "suggestion.declined")
    assert event["data"]["previous"] == {"status": "open", "answer": None, "decided_at": None, "decided_by": None}


async def test_a_key_that_is_tied_to_departments_decides_what_is_about_those(world: World, app: FastAPI) -> None:
    finance, sales = await world.department("FIN"), await world.department("SALES")
    draft = {"name": "desk", "role": "integration", "permissions": ["read", "write"], "department_ids": [finance]}
    async with client_of(app, (await world.post("/v1/api-keys", draft))["key"]) as desk:
        for department_id, status in ((sales, 403), (None, 403), (finance, 200)):
            made = await suggest(world, department_id=department_id)
            answer = await desk.post(f"/v1/suggestions/{made['id']}/adopt", json={"answer": "Yes."})
            assert answer.status_code == status, answer.text


async def test_what_is_backdated_lies_after_the_suggestion(world: World, clock: Clock) -> None:
    clock.passes(days=10)
    made = await suggest(world, at="2026-03-04T09:00:00Z")
    for verb, body in (("vote", {}), ("withdraw-vote", {}), ("adopt", {"answer": "Yes."})):
        await act(world, made, verb, 422, at="2026-03-04T08:59:59Z", **body)
        await act(world, made, verb, 422, at="2026-04-04T08:59:59Z", **body)
    await act(world, made, "vote", at="2026-03-05T09:00:00Z")
    adopted = await act(world, made, "adopt", answer="Yes.", at="2026-03-06T09:00:00Z")
    assert adopted["decided_at"] == "2026-03-06T09:00:00Z"


async def resolved(world: World, provider: str, at: str, hours: int) -> None:
    ticket = await world.ticket("SALES", provider, opened_at=at)
    await world.do("resolve", ticket["id"], at.replace("T09", f"T{9 + hours:02}"))


async def test_what_it_changed_is_measured_once_the_days_are_over(
    world: World, database: Database, clock: Clock
) -> None:
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": 2 * 3600}])
    clock.at("2026-03-16T09:00:00+00:00")
    for hours in (1, 3, 3):
        await resolved(world, "FIN", "2026-03-10T09:00:00Z", hours)
    made = await suggest(world, department_id=world.departments["FIN"])
    adopted = await act(world, made, "adopt", answer="Yes.", metric="attainment", days=7)
    assert (adopted["metric"], adopted["days"], adopted["effect"]) == ("attainment", 7, None)
    clock.at("2026-03-23T09:59:59+00:00")
    for hours in (1, 1):
        await resolved(world, "FIN", "2026-03-18T09:00:00Z", hours)
    assert await measure(world, database, clock) == 0
    clock.passes(seconds=1)
    assert await measure(world, database, clock) == 1
    effect = (await world.get(f"/v1/suggestions/{made['id']}"))["effect"]
    assert effect["before"] == {
        "start": "2026-03-09T09:00:00Z",
        "end": "2026-03-16T09:00:00Z",
        "value": 1 / 3,
        "n": 3,
        "low": pytest.approx(0.0615, abs=1e-4),
        "high": pytest.approx(0.7923, abs=1e-4),
    }
    assert (effect["since"]["value"], effect["since"]["n"], effect["verdict"]) == (1.0, 2, "too_few")
    assert effect["text"] == (
        "Attainment: 33.3 % (of 3 decided clocks) before, 100.0 % (of 2 decided clocks) since. That is too few to tell."
    )
    (event,) = await told(world, "suggestion.effect_measured")
    assert (event["data"]["suggestion"]["effect"], event["data"]["previous"]) == (effect, {"effect": None})
    assert await measure(world, database, clock) == 0


@pytest.mark.parametrize(
    "metric",
    ["attainment", "outward_seconds", "csat", "mean_score", "returns", "questions", "approval_p50_seconds"],
)
async def test_every_metric_is_measured_by_its_report(
    world: World, database: Database, clock: Clock, metric: str
) -> None:
    customer = await world.customer()
    made = await suggest(world, department_id=await world.department("FIN"), customer_id=customer)
    await act(world, made, "adopt", answer="Yes.", metric=metric)
    clock.passes(days=31)
    assert await measure(world, database, clock) == 1
    effect = (await world.get(f"/v1/suggestions/{made['id']}"))["effect"]
    assert (effect["before"]["n"], effect["since"]["n"], effect["verdict"]) == (0, 0, "too_few")
    assert effect["since"]["end"] == "2026-04-01T09:00:00Z"


async def test_without_a_metric_there_is_no_effect_to_wait_for(world: World, database: Database, clock: Clock) -> None:
    made = await suggest(world)
    await act(world, made, "adopt", 422, answer="Yes.", days=7)
    await act(world, made, "adopt", 422, answer="Yes.", metric="happiness")
    adopted = await act(world, made, "adopt", answer="Yes.")
    assert (adopted["metric"], adopted["days"]) == (None, None)
    clock.passes(days=400)
    assert await measure(world, database, clock) == 0


async def test_what_was_suggested_for_a_customer_and_became_of_it_is_on_its_timeline(
    world: World, database: Database, clock: Clock
) -> None:
    about = {"customer_id": await world.customer(), "department_id": await world.department("FIN")}
    ada = await member(world, "Ada")
    adopted = await suggest(world, **about, member_id=ada, at="2026-03-01T09:00:00Z")
    declined = await suggest(world, customer_id=about["customer_id"], text="Ask less.")
    await suggest(world, customer_id=await world.customer("OTHER"))
    await act(world, adopted, "adopt", answer="Yes.", metric="returns", days=7)
    clock.passes(days=1)
    await act(world, declined, "decline", answer="We must know.")
    clock.passes(days=7)
    await measure(world, database, clock)
    items = (await world.get(f"/v1/customers/{about['customer_id']}/timeline?kind=suggestion"))["items"]
    assert [(each["at"][5:13], each["event"], each["subject"]["id"]) for each in items] == [
        ("03-01T09", "made", adopted["id"]),
        ("03-02T09", "made", declined["id"]),
        ("03-02T09", "adopted", adopted["id"]),
        ("03-03T09", "declined", declined["id"]),
        ("03-10T09", "measured", adopted["id"]),
    ]
    assert items[0]["subject"]["type"] == "suggestion"
    assert items[0]["text"] == "Ada suggested to FIN: Check the credit first."
    assert (items[0]["department_id"], items[0]["member_id"]) == (about["department_id"], ada)
    assert items[1]["text"] == "Somebody suggested: Ask less."
    assert items[3]["text"] == "“Ask less.” was declined: We must know."
    effect = (await world.get(f"/v1/suggestions/{adopted['id']}"))["effect"]
    assert items[4]["text"] == f"What came of “Check the credit first.”: {effect['text']}"


async def test_a_list_costs_the_same_however_long(world: World, statements: Statements) -> None:
    costs = []
    for _ in range(2):
        for _ in range(3):
            await act(world, await suggest(world), "adopt", answer="Yes.", metric="csat")
        statements.clear()
        await world.get("/v1/suggestions")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 2
