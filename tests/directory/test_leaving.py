"""`POST /v1/members/{id}/leave`: somebody leaves, and nothing is dropped."""

import asyncio
from collections import Counter
from itertools import cycle
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NINE = "2026-03-02T09:00:00Z"
TEN = "2026-03-02T10:00:00Z"
NOBODY = "00000000-0000-7000-8000-000000000000"


class Company(World):
    """A company whose members come and go."""

    async def member(self, name: str, *departments: str, **fields: Any) -> str:
        ids = [await self.department(key) for key in departments]
        body = {"email": f"{name.lower()}@example.com", "name": name, "department_ids": ids, **fields}
        made: dict[str, Any] = await self.post("/v1/members", body)
        return str(made["id"])

    async def try_to_leave(self, member_id: str, **to: str) -> httpx.Response:
        return await self.client.post(f"/v1/members/{member_id}/leave", json=to)

    async def leave(self, member_id: str, **to: str) -> dict[str, Any]:
        response = await self.try_to_leave(member_id, **to)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def assigned(self, member_id: str, **fields: Any) -> dict[str, Any]:
        ticket = await self.ticket("SALES", "FIN", **fields)
        return await self.do("assign", ticket["id"], member_id=member_id)

    async def read(self, ticket: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.get(f"/v1/tickets/{ticket['id']}")
        return answer

    async def told(self, types: str) -> list[dict[str, Any]]:
        return list((await self.get(f"/v1/events?types={types}"))["items"])

    async def serves(self, customer_id: str, **party: Any) -> None:
        body = {"role": "account owner", "since": NINE, **party}
        await self.post(f"/v1/customers/{customer_id}/relationships", body)

    async def serving(self, customer_id: str) -> list[tuple[str | None, str | None, bool]]:
        found = await self.get(f"/v1/customers/{customer_id}/relationships?state=current")
        return [(each["member_id"], each["department_id"], each["perceived_owner"]) for each in found["items"]]


@pytest.fixture
async def company(client: httpx.AsyncClient, clock: Clock) -> Company:
    clock.at(NINE)
    return Company(client)


async def test_who_leaves_has_left_since_then(company: Company, clock: Clock) -> None:
    ada = await company.member("Ada", "FIN")
    clock.at(TEN)
    left = await company.leave(ada)
    passed_on = left.pop("passed_on")
    assert (left["left_at"], left["version"], left["name"]) == (TEN, 2, "Ada")
    assert passed_on == {"tickets": 0, "requests": 0, "relationships": 0, "departments": 0}
    assert await company.get(f"/v1/members/{ada}") == left
    assert [each["id"] for each in (await company.get("/v1/members?left=true"))["items"]] == [ada]
    assert (await company.get("/v1/members?left=false"))["items"] == []


async def test_their_tickets_pass_to_whoever_is_named(company: Company, clock: Clock) -> None:
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    first, second = await company.assigned(ada), await company.assigned(ada)
    await company.do("start", second["id"])
    clock.at(TEN)
    assert (await company.leave(ada, to_member_id=bob))["passed_on"]["tickets"] == 2
    assert [(await company.read(each))["assignee_id"] for each in (first, second)] == [bob, bob]
    entry = (await company.get(f"/v1/tickets/{second['id']}/history"))["items"][-1]
    assert (entry["verb"], entry["at"], entry["number"]) == ("assign", TEN, 4)
    assert entry["details"] == {"member_id": bob, "reason": "Ada left."}


async def test_without_one_they_go_back_to_the_queue_of_the_department_that_has_them(company: Company) -> None:
    ada = await company.member("Ada", "FIN")
    ticket = await company.assigned(ada)
    await company.leave(ada)
    after = await company.read(ticket)
    assert (after["assignee_id"], after["provider_department_id"]) == (None, company.departments["FIN"])
    entry = (await company.get(f"/v1/tickets/{ticket['id']}/history"))["items"][-1]
    assert (entry["verb"], entry["details"]) == ("assign", {"reason": "Ada left."})


async def test_what_they_asked_for_is_asked_by_whoever_is_named(company: Company, clock: Clock) -> None:
    ada, bob = await company.member("Ada", "SALES"), await company.member("Bob", "SALES")
    ticket = await company.ticket("SALES", "FIN", requester_id=ada)
    clock.at(TEN)
    assert (await company.leave(ada, to_member_id=bob))["passed_on"]["requests"] == 1
    assert (await company.read(ticket))["requester_id"] == bob
    entry = (await company.get(f"/v1/tickets/{ticket['id']}/history"))["items"][-1]
    assert (entry["verb"], entry["details"]) == ("pass_on", {"requester_id": bob, "reason": "Ada left."})
    clocks = await company.get(f"/v1/tickets/{ticket['id']}/clocks")
    assert clocks["as_of"] == TEN


async def test_what_fell_due_before_is_told_before(company: Company, clock: Clock) -> None:
    await company.sla("FIN", targets=[{"metric": "resolve", "seconds": 600}])
    ada = await company.member("Ada", "FIN")
    await company.assigned(ada)
    clock.at(TEN)
    await company.leave(ada)
    told = [each["type"] for each in await company.told("ticket.*,sla.*,member.*")]
    assert told == ["ticket.opened", "ticket.assigned", "sla.breached", "ticket.assigned", "member.left"]


async def test_a_ticket_that_they_had_and_had_asked_for_passes_twice_each_told(company: Company) -> None:
    ada, bob = await company.member("Ada", "SALES", "FIN"), await company.member("Bob", "FIN")
    ticket = await company.assigned(ada, requester_id=ada)
    await company.leave(ada, to_member_id=bob)
    after = await company.read(ticket)
    assert (after["assignee_id"], after["requester_id"], after["version"]) == (bob, bob, ticket["version"] + 2)
    *_, assigned, asked = await company.told("ticket.*")
    assert (assigned["type"], assigned["data"]["previous"]) == ("ticket.assigned", {"assignee_id": ada})
    assert (asked["type"], asked["data"]["previous"]) == ("ticket.updated", {"requester_id": ada})
    versions = [each["data"]["ticket"]["version"] for each in (assigned, asked)]
    assert versions == [ticket["version"] + 1, ticket["version"] + 2]


async def test_what_they_did_stays_theirs_and_goes_to_the_queue_when_it_is_reopened(company: Company) -> None:
    ada = await company.member("Ada", "FIN")
    ticket = await company.assigned(ada)
    await company.do("resolve", ticket["id"])
    assert (await company.leave(ada))["passed_on"]["tickets"] == 0
    assert (await company.read(ticket))["assignee_id"] == ada
    reopened = await company.do("reopen", ticket["id"])
    assert (reopened["status"], reopened["assignee_id"]) == ("in_progress", None)
    assert await company.read(ticket) == reopened


async def test_what_whoever_is_here_did_stays_theirs_when_it_is_reopened(company: Company) -> None:
    ticket = await company.assigned(await company.member("Ada", "FIN"))
    await company.do("resolve", ticket["id"])
    assert (await company.do("reopen", ticket["id"]))["assignee_id"] == ticket["assignee_id"]


async def test_their_customers_are_served_by_whoever_is_named(company: Company) -> None:
    ada, bob = await company.member("Ada", "SALES"), await company.member("Bob", "SALES")
    customer = await company.customer()
    await company.serves(customer, member_id=ada, perceived_owner=True)
    assert (await company.leave(ada, to_member_id=bob))["passed_on"]["relationships"] == 1
    assert await company.serving(customer) == [(bob, None, True)]


async def test_without_one_they_are_served_by_the_main_department(company: Company) -> None:
    ada = await company.member("Ada", "SALES", "FIN")
    customer = await company.customer()
    await company.serves(customer, member_id=ada)
    await company.leave(ada)
    assert await company.serving(customer) == [(None, company.departments["SALES"], False)]


async def test_who_serves_customers_and_belongs_nowhere_must_name_somebody(company: Company) -> None:
    ada = await company.member("Ada")
    await company.serves(await company.customer(), member_id=ada)
    refused = await company.try_to_leave(ada)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to_member_id")
    assert (await company.get(f"/v1/members/{ada}"))["left_at"] is None
    assert (await company.leave(ada, to_member_id=await company.member("Bob")))["passed_on"]["relationships"] == 1


async def test_departments_that_they_led_pass_to_whoever_is_named_else_to_the_lead_above(company: Company) -> None:
    ada, bob, cy = [await company.member(name) for name in ("Ada", "Bob", "Cy")]
    top = (await company.post("/v1/departments", {"key": "TOP", "name": "TOP", "manager_id": bob}))["id"]
    between = (await company.post("/v1/departments", {"key": "MID", "name": "MID", "parent_id": top}))["id"]
    below = {"name": "LOW", "parent_id": between, "manager_id": ada}
    low = (await company.post("/v1/departments", {"key": "LOW", **below}))["id"]

    async def leads(department_id: str) -> str | None:
        found: dict[str, Any] = await company.get(f"/v1/departments/{department_id}")
        return found["manager_id"]

    assert (await company.leave(ada))["passed_on"]["departments"] == 1
    assert await leads(low) == bob
    assert (await company.leave(bob, to_member_id=cy))["passed_on"]["departments"] == 2
    assert [await leads(each) for each in (low, top)] == [cy, cy]
    await company.leave(cy)
    assert [await leads(each) for each in (low, top)] == [None, None]


async def test_it_is_told_with_what_passed_on(company: Company) -> None:
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    await company.assigned(ada)
    left = await company.leave(ada, to_member_id=bob)
    (told,) = await company.told("member.*")
    assert told["type"] == "member.left"
    assert (told["data"]["member"]["id"], told["data"]["successor"]["id"]) == (ada, bob)
    assert (told["data"]["passed_on"], told["data"]["previous"]) == (left["passed_on"], {"left_at": None})


async def test_who_has_left_is_given_nothing_to_hold(company: Company) -> None:
    ada = await company.member("Ada", "FIN")
    ticket, customer = await company.ticket("SALES", "FIN"), await company.customer("OTHER")
    await company.leave(ada)
    department = {"key": "NEW", "name": "NEW", "manager_id": ada}
    await company.sla("SALES", targets=[{"metric": "resolve", "seconds": 600}])
    (sla,) = (await company.get("/v1/slas"))["items"]
    stated = ("name", "provider_department_id", "rank", "calendar_id", "targets")
    escalation = {"metric": "resolve", "at": 1, "do": "reassign", "member_id": ada}
    agreed = {**{name: sla[name] for name in stated}, "rank": 9, "escalations": [escalation]}
    asked = await company.draft("SALES", "FIN", requester_id=ada)
    relationship = {"member_id": ada, "role": "support", "since": "2026-03-03T09:00:00Z"}
    refused = [
        await company.try_to("assign", ticket["id"], member_id=ada),
        await company.client.post("/v1/tickets", json=asked),
        await company.client.post("/v1/departments", json=department),
        await company.client.put("/v1/departments/by-key/FIN", json={"name": "FIN", "manager_id": ada}),
        await company.client.patch(f"/v1/departments/{company.departments['FIN']}", json={"manager_id": ada}),
        await company.client.post(f"/v1/customers/{customer}/relationships", json=relationship),
        await company.client.post("/v1/slas", json=agreed),
    ]
    found = [(each.status_code, each.json()["errors"][0]["pointer"]) for each in refused]
    pointers = ["/member_id", "/requester_id", *["/manager_id"] * 3, "/member_id", "/escalations/0/member_id"]
    assert found == [(422, pointer) for pointer in pointers]
    (result,) = (await company.post("/v1/tickets/batch", {"items": [asked]}, 200))["results"]
    assert result["problem"]["errors"][0] == {"pointer": "/requester_id", "detail": "names a member who has left."}


@pytest.mark.parametrize("whom", ["nobody", "themselves", "who left"])
async def test_somebody_must_be_there_to_take_over(company: Company, whom: str) -> None:
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    await company.leave(bob)
    refused = await company.try_to_leave(ada, to_member_id={"nobody": NOBODY, "themselves": ada, "who left": bob}[whom])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to_member_id")
    assert (await company.get(f"/v1/members/{ada}"))["left_at"] is None


async def test_nobody_leaves_twice_nor_when_somebody_saw_another_version(company: Company) -> None:
    ada = await company.member("Ada", "FIN")
    stale = await company.client.post(f"/v1/members/{ada}/leave", headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    await company.leave(ada)
    again = await company.try_to_leave(ada)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    assert (await company.try_to_leave(NOBODY)).status_code == 404


async def test_who_comes_back_is_here_again_and_what_passed_on_stays_where_it_is(
    company: Company, clock: Clock
) -> None:
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    ticket, customer = await company.assigned(ada), await company.customer("OTHER")
    await company.serves(customer, member_id=ada)
    await company.leave(ada, to_member_id=bob)
    clock.at(TEN)
    response = await company.client.post(f"/v1/members/{ada}/rejoin")
    back = response.json()
    assert (response.status_code, back["left_at"], back["version"]) == (200, None, 3)
    assert back["department_ids"] == [company.departments["FIN"]]
    assert await company.get(f"/v1/members/{ada}") == back
    assert (await company.read(ticket))["assignee_id"] == bob
    assert await company.serving(customer) == [(bob, None, False)]
    *_, told = await company.told("member.*")
    assert (told["type"], told["occurred_at"]) == ("member.rejoined", TEN)
    assert (told["data"]["member"], told["data"]["previous"]) == (back, {"left_at": NINE})
    assert (await company.assigned(ada))["assignee_id"] == ada
    assert (await company.leave(ada))["passed_on"]["tickets"] == 1


async def test_nobody_comes_back_who_has_not_left_nor_when_somebody_saw_another_version(company: Company) -> None:
    ada = await company.member("Ada", "FIN")
    path = f"/v1/members/{ada}/rejoin"
    here = await company.client.post(path)
    assert (here.status_code, here.json()["type"]) == (409, "/problems/conflict")
    await company.leave(ada)
    assert (await company.client.post(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await company.client.post(path, headers={"If-Match": '"2"'})).status_code == 200
    assert (await company.client.post(path)).status_code == 409
    assert (await company.client.post(f"/v1/members/{NOBODY}/rejoin")).status_code == 404


async def test_it_costs_the_same_however_much_they_held(company: Company, statements: Statements) -> None:
    async def cost(name: str, held: int) -> int:
        member = await company.member(name, "FIN")
        for number in range(held):
            await company.assigned(member, requester_id=member)
            await company.serves(await company.customer(f"{name} {number}"), member_id=member)
        statements.clear()
        await company.leave(member)
        return len(statements)

    assert await cost("Ada", 1) == await cost("Bob", 6) <= 25


async def test_whoever_leaves_while_eight_connections_give_them_work_leaves_nothing_unowned(
    company: Company, clock: Clock
) -> None:
    clock.instant = None
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    tickets = [(await company.ticket("SALES", "FIN"))["id"] for _ in range(12)]
    resolved = [(await company.assigned(ada))["id"] for _ in range(4)]
    for each in resolved:
        await company.do("resolve", each)
    draft = await company.draft("SALES", "FIN", requester_id=ada)
    statuses: Counter[int] = Counter()

    async def give(connection: int, ticket: str) -> None:
        another = resolved[connection % len(resolved)]
        answers = [
            await company.try_to("assign", ticket, member_id=ada),
            await company.client.post("/v1/tickets", json=draft),
            await company.try_to("reopen" if connection % 2 else "resolve", another),
        ]
        statuses.update(each.status_code for each in answers)

    async def give_at_once(ticket: str) -> None:
        await asyncio.gather(*(give(connection, ticket) for connection in range(8)))

    await give_at_once(tickets[0])
    leaving = asyncio.create_task(company.try_to_leave(ada, to_member_id=bob))
    for ticket in cycle(tickets):
        has_left = leaving.done()
        await give_at_once(ticket)
        if has_left:
            break
    left = await leaving
    assert left.status_code == 200, left.text
    assert set(statuses) <= {200, 201, 409, 422}
    assert statuses[422] > 0
    everything = (await company.get("/v1/tickets?limit=200"))["items"]
    unresolved = [each for each in everything if each["status"] not in ("resolved", "closed")]
    assert {each["assignee_id"] for each in unresolved} <= {bob, None}
    assert {each["requester_id"] for each in unresolved} <= {bob, None}
    assert left.json()["passed_on"]["tickets"] > 0


async def test_two_who_leave_to_each_other_at_once_do_not_both(company: Company) -> None:
    ada, bob = await company.member("Ada", "FIN"), await company.member("Bob", "FIN")
    held = [await company.assigned(each) for each in (ada, bob)]
    answers = await asyncio.gather(
        company.try_to_leave(ada, to_member_id=bob), company.try_to_leave(bob, to_member_id=ada)
    )
    assert sorted(each.status_code for each in answers) == [200, 422]
    (stayed,) = (await company.get("/v1/members?left=false"))["items"]
    assert {(await company.read(each))["assignee_id"] for each in held} == {stayed["id"]}
