"""The belief behind it, row by row (the first table of what the product is): each story lived over HTTP by a customer
and the people who serve it, and what the software shows of that in the end."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import Clock
from tests.tickets.worlds import World

HOUR, DAY = 3600, 86400


def march(day: int, hour: int = 9) -> str:
    """An hour of a day in March 2026; the second is a Monday."""
    return f"2026-03-{day:02}T{hour:02}:00:00Z"


class Story(World):
    """A company that serves a customer, day by day."""

    clock: Clock

    def when(self, day: int, hour: int = 9) -> None:
        self.clock.at(march(day, hour))

    async def member(self, name: str, *departments: str) -> str:
        body = {
            "name": name,
            "email": f"{name.lower()}@example.com",
            "department_ids": [await self.department(key) for key in departments],
        }
        return str((await self.post("/v1/members", body))["id"])

    async def approval(self, provider: str, key: str) -> str:
        body = {"provider_department_id": await self.department(provider), "key": key, "name": key, "kind": "approval"}
        return str((await self.post("/v1/request-types", body))["id"])

    async def promise(self, title: str, owner: str, day: int, **fields: Any) -> str:
        """What is promised now, to be kept by 17:00 of that day."""
        body = {
            "customer_id": self.customer_id,
            "title": title,
            "owner_department_id": await self.department(owner),
            "promised_at": f"{self.clock().isoformat()}",
            "due_at": march(day, 17),
            **fields,
        }
        return str((await self.post("/v1/commitments", body))["id"])

    async def deliver(self, commitment_id: str) -> dict[str, Any]:
        delivered: dict[str, Any] = await self.post(f"/v1/commitments/{commitment_id}/deliver", {}, 200)
        return delivered

    async def figures(self, report: str, group_by: str, **query: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The rows of a report on March, by the keys of their groups."""
        asked = {"from": march(1, 0), "to": march(31, 0), "group_by": group_by, **query}
        answer = await self.client.get(f"/v1/metrics/{report}", params=asked)
        assert answer.status_code == 200, answer.text
        names = group_by.split(",")
        return {tuple(row["group"][name] for name in names): row for row in answer.json()["rows"]}

    async def told(self, *types: str) -> list[dict[str, Any]]:
        return list((await self.get(f"/v1/events?types={','.join(types)}&limit=200"))["items"])


@pytest.fixture
async def story(client: httpx.AsyncClient, clock: Clock) -> Story:
    told = Story(client)
    told.clock = clock
    told.when(2)
    await told.customer("ALBION", name="Albion Foods", annual_value="400000.00", currency="EUR")
    return told


async def test_passed_around_three_times_and_asked_again(story: Story) -> None:
    """Being passed around, having to tell it all again, being put on hold: the worst of service. If a hand-off is
    needed, the receiver must know everything.

    Albion's oven is cold. Service gives it to Operations, they to Procurement, who give it back: it is theirs after
    all. Operations then ask for the serial number, which stood in the very first hand-off.
    """
    promised = await story.promise("A warm oven", "SERVICE", 3)
    ticket = (await story.ticket("SALES", "SERVICE", commitment_id=promised))["id"]
    known = {
        "summary": "The oven with serial number 4711 stays cold.",
        "customer_expects": "A technician by tomorrow at noon.",
        "tried_so_far": "The fuse is fine.",
    }
    story.when(2, 11)
    handed_on = await story.do("transfer", ticket, department="OPS", reason="A repair.", context=known)
    assert handed_on["hand_off"]["context"] == known
    story.when(2, 15)
    assert (await story.get(f"/v1/tickets/{ticket}"))["hand_off"]["unaccepted_since"] == march(2, 11)
    waiting = (await story.figures("handoffs", "department"))["OPS",]
    assert (waiting["unaccepted"], waiting["oldest_unaccepted_seconds"]) == (1, 4 * HOUR)
    await story.do("transfer", ticket, department="PROC", reason="A part is missing.", context=known)
    story.when(3, 9)
    await story.do("return", ticket, reason="No part is missing.")
    story.when(3, 10)
    await story.do("ask", ticket, question="Which serial number has the oven?")
    story.when(3, 14)
    await story.do("comment", ticket, body="4711, as we said.", visibility="requester", told_in=2)
    story.when(4, 17)
    await story.do("resolve", ticket)
    assert (await story.deliver(promised))["lateness_seconds"] == DAY

    after = await story.get(f"/v1/tickets/{ticket}")
    assert (after["hop_count"], after["hand_off"]["arrived_by"]) == (3, "return")
    told = await story.get(f"/v1/tickets/{ticket}/hand-offs")
    keys = {id_: key for key, id_ in story.departments.items()}
    assert [(keys[leg["department_id"]], leg["unaccepted_seconds"]) for leg in told["legs"]] == [
        ("SERVICE", None),
        ("OPS", 4 * HOUR),
        ("PROC", 18 * HOUR),
        ("OPS", HOUR),
    ]
    (question,) = told["questions"]
    assert (question["asked_again"], question["told_in"]) == (True, 2)
    assert told["legs"][1]["context"]["summary"] == known["summary"]
    row = (await story.figures("handoffs", "customer"))["ALBION",]
    assert {name: row[name] for name in ("transfers", "returns", "ping_pong", "questions", "asked_again")} == {
        "transfers": 2,
        "returns": 1,
        "ping_pong": 1,
        "questions": 1,
        "asked_again": 1,
    }
    assert (row["asked_again_seconds"], row["waiting_in_transfer_seconds"]) == (4 * HOUR, 23 * HOUR)
    asked_again = await story.figures("handoffs", "requester,department")
    assert asked_again["SALES", "OPS"]["asked_again"] == 1
    assert asked_again["SALES", "SERVICE"]["asked_again"] == 0
    waited = await story.get(f"/v1/commitments/{promised}/ripple")
    assert {part["department"] for part in waited["decomposition"]} >= {"OPS", "PROC"}


async def test_a_manager_too_busy_to_approve(story: Story) -> None:
    """Let employees fix problems without having to find a manager.

    Albion asks for a discount. Finance grants such discounts always, always two days later. So they are delegated, up
    to what a small order is worth: the next one is granted while the customer is still on the phone.
    """
    discount = await story.approval("FIN", "discount")
    await story.sla("FIN", targets=[{"metric": "resolve", "seconds": 4 * HOUR}])

    async def offer(day: int, due: int, **value: Any) -> dict[str, Any]:
        """An offer by SALES that is promised for a day and waits for the discount."""
        story.when(day)
        promised = await story.promise("An offer", "SALES", due, **value)
        work = await story.ticket("SALES", "ORDERS", commitment_id=promised)
        await story.do("start", work["id"])
        asked = await story.ticket("ORDERS", "FIN", request_type_id=discount, blocks=[work["id"]])
        return {"promised": promised, "work": work["id"], "asked": asked}

    async def keep(offered: dict[str, Any]) -> int:
        await story.do("resolve", offered["work"])
        return int((await story.deliver(offered["promised"]))["lateness_seconds"])

    first = await offer(2, 3)
    for _ in range(19):
        await story.ticket("ORDERS", "FIN", request_type_id=discount)
    story.when(4)
    for each in (await story.get("/v1/tickets?status=open&limit=200"))["items"]:
        if each["request_type_id"] == discount:
            await story.do("resolve", each["id"], granted=True)
    story.when(4, 17)
    assert await keep(first) == DAY

    waited = (await story.figures("approvals", "request_type"))["discount",]
    assert (waited["decided"], waited["granted_share"], waited["delegation_candidate"]) == (20, 1.0, True)
    assert waited["p50_seconds"] == waited["customer_wait_seconds"] == waited["delegation_saves_seconds"] == 2 * DAY

    story.when(5)
    limits = {"department_id": story.departments["ORDERS"], "up_to_value": "20000.00", "currency": "EUR"}
    await story.post(f"/v1/request-types/{discount}/delegate", limits, 200)
    small = await offer(9, 9, value="18000.00", currency="EUR")
    large = await offer(9, 9, value="90000.00", currency="EUR")
    granted = small["asked"]
    assert (granted["status"], granted["granted"], granted["resolved_at"]) == ("resolved", True, march(9))
    assert (granted["breached"], {clock["state"] for clock in granted["clocks"]}) == (False, {"met"})
    assert (large["asked"]["status"], large["asked"]["granted"]) == ("open", None)
    assert [each["data"]["ticket"]["id"] for each in await story.told("ticket.unblocked")][-1] == small["work"]
    story.when(9, 12)
    assert await keep(small) == 0
    story.when(11)
    await story.do("resolve", large["asked"]["id"], granted=False)

    reviewed = (await story.figures("delegations", "request_type,requester"))["discount", "ORDERS"]
    assert (reviewed["granted"], reviewed["refused"], reviewed["spared_seconds"]) == (1, 0, 2 * DAY)
    approvals = (await story.figures("approvals", "request_type"))["discount",]
    assert (approvals["decided"], approvals["granted"], approvals["delegated"]) == (22, 21, 1)
    await story.post(f"/v1/request-types/{discount}/undelegate", {}, 200)
    assert (await offer(12, 13, value="18000.00", currency="EUR"))["asked"]["status"] == "open"


async def test_a_member_leaves_and_nothing_is_dropped(story: Story) -> None:
    """A customer belongs to the person who serves them now and to the organisation; nothing may fall between them.

    Ada owns the account, had asked Finance for a credit line, works on two requests and leads Service. She leaves at
    noon, while colleagues go on giving her work.
    """
    ada, bob = await story.member("Ada", "SERVICE"), await story.member("Bob", "SERVICE")
    path = f"/v1/departments/{story.departments['SERVICE']}"
    assert (await story.client.patch(path, json={"manager_id": ada})).status_code == 200
    serving = {"member_id": ada, "role": "account owner", "perceived_owner": True, "since": march(2)}
    await story.post(f"/v1/customers/{story.customer_id}/relationships", serving)
    asked = (await story.ticket("SERVICE", "FIN", requester_id=ada))["id"]
    working = [(await story.ticket("SALES", "SERVICE"))["id"] for _ in range(2)]
    for each in working:
        await story.do("assign", each, member_id=ada)
    waiting = [(await story.ticket("SALES", "SERVICE"))["id"] for _ in range(8)]

    story.when(2, 12)
    leaving = story.client.post(f"/v1/members/{ada}/leave", json={"to_member_id": bob})
    left, *given = await asyncio.gather(leaving, *(story.try_to("assign", each, member_id=ada) for each in waiting))
    assert left.status_code == 200, left.text
    assert {answer.status_code for answer in given} <= {200, 422}
    in_time = sum(answer.status_code == 200 for answer in given)
    assert left.json()["passed_on"] == {"tickets": 2 + in_time, "requests": 1, "relationships": 1, "departments": 1}

    assert (await story.get(f"/v1/tickets?assignee_id={ada}"))["items"] == []
    assert [(await story.get(f"/v1/tickets/{each}"))["assignee_id"] for each in working] == [bob, bob]
    assert (await story.get(f"/v1/tickets/{asked}"))["requester_id"] == bob
    assert (await story.get(path))["manager_id"] == bob
    current = (await story.get(f"/v1/customers/{story.customer_id}/relationships?state=current"))["items"]
    assert [(each["member_id"], each["role"], each["perceived_owner"]) for each in current] == [
        (bob, "account owner", True)
    ]
    before = (await story.get(f"/v1/customers/{story.customer_id}/relationships?state=ended"))["items"]
    assert [(each["member_id"], each["until"], each["end_reason"]) for each in before] == [
        (ada, march(2, 12), "Ada left.")
    ]
    assert (await story.told("member.left"))[0]["data"]["passed_on"] == left.json()["passed_on"]


async def test_nothing_may_fall_between_them(story: Story) -> None:
    """Many departments touch the same customer. Nothing may fall between them.

    Albion was promised a cold store, and Delta one, too. Within two weeks one promise nobody was asked to keep, a
    hand-off nobody took, a question nobody answered, a wait nobody chased, and a ticket nobody looked at.
    """
    delta = await story.customer("DELTA", name="Delta Retail", annual_value="8000.00", currency="EUR")
    forgotten = await story.promise("Cold store", "SALES", 31, value="256000.00", currency="EUR")
    ids = {}
    for name, provider, customer in (
        ("unseen", "FIN", delta),
        ("handed", "SERVICE", story.customer_id),
        ("asked", "FIN", delta),
        ("waiting", "OPS", story.customer_id),
    ):
        ids[name] = (await story.ticket("SALES", provider, customer_id=customer, title=name))["id"]
    await story.do("transfer", ids["handed"], department="OPS")
    await story.do("ask", ids["asked"], question="For one site or for both?")
    await story.do("wait", ids["waiting"], on="third_party", reason="The maker of the compressor must say.")
    assert (await story.get("/v1/attention"))["items"] == []

    story.when(16)
    listed = (await story.get("/v1/attention"))["items"]
    found = {item["subject"]["id"]: item["kind"] for item in listed}
    assert found == {
        forgotten: "commitment_without_ticket",
        ids["handed"]: "handoff_unaccepted",
        ids["waiting"]: "wait_unchased",
        ids["unseen"]: "unacknowledged",
        ids["asked"]: "question_unanswered",
    }
    # All have waited for two weeks: what is worth more comes first.
    assert [item["value"] for item in listed] == ["400000.00", "400000.00", "256000.00", "8000.00", "8000.00"]
    assert all(item["why"] and item["could_act"]["department_id"] for item in listed)
    of_albion = await story.get(f"/v1/attention?customer_id={story.customer_id}")
    assert {item["subject"]["id"] for item in of_albion["items"]} == {forgotten, ids["handed"], ids["waiting"]}

    # The maker is on holiday, and nobody can do a thing about it until Friday.
    subject = {"type": "ticket", "id": ids["waiting"]}
    snooze = {"kind": "wait_unchased", "subject": subject, "until": march(20), "reason": "The maker is on holiday."}
    await story.post("/v1/attention/snoozes", snooze)
    sales = story.departments["SALES"]
    stated = {"name": "sales", "role": "integration", "permissions": ["read", "write"], "department_ids": [sales]}
    key = (await story.post("/v1/api-keys", stated))["key"]
    words = {
        "body": "For both.",
        "title": "Build it",
        "requester_department_id": sales,
        "provider_department_id": story.departments["OPS"],
    }
    for item in (await story.get("/v1/attention"))["items"]:
        act = item["act"]
        sent = act["body"] | {name: words[name] for name in act["needs"]}
        response = await story.client.request(
            act["method"], act["path"], json=sent, headers={"Authorization": f"Bearer {key}"}
        )
        assert response.status_code in (200, 201), response.text
    assert (await story.get("/v1/attention"))["items"] == []

    story.when(20)
    (back,) = (await story.get("/v1/attention?kind=wait_unchased"))["items"]
    assert back["subject"]["id"] == ids["waiting"]
