"""Escalations: what an SLA does by itself when a clock has used a share of its target."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from app.kernel.jobs import Jobs
from app.tickets.alarms.alarms import Alarms
from app.tickets.escalations.escalating import escalate
from app.tickets.setting_going import ESCALATION
from tests.conftest import Clock
from tests.tickets.worlds import World

HOUR = 3600
RESOLVE = [{"metric": "resolve", "seconds": 4 * HOUR}]


def at(time: str) -> str:
    """An instant of Monday, 2 March 2026."""
    return time if len(time) > 8 else f"2026-03-02T{time}+00:00"


class Company(World):
    """A world with workers."""

    database: Database
    clock: Clock

    async def until(self, *times: str) -> None:
        """What workers do at each of these instants: everything that is due by then."""
        for time in times:
            self.clock.at(at(time))
            now = datetime.fromisoformat(at(time))
            duties = (Alarms(), Jobs(ESCALATION, escalate))
            while [turn for duty in duties if (turn := await duty.turn(self.database, now))]:
                pass

    async def member(self, name: str, department: str) -> dict[str, Any]:
        body = {
            "email": f"{name}@example.com",
            "name": name,
            "department_ids": [await self.department(department)],
        }
        return dict(await self.post("/v1/members", body))

    async def part_of(self, key: str, parent: str) -> None:
        path = f"/v1/departments/{await self.department(key)}"
        response = await self.client.patch(path, json={"parent_id": await self.department(parent)})
        assert response.status_code == 200, response.text

    async def read(self, ticket: dict[str, Any]) -> dict[str, Any]:
        return dict(await self.get(f"/v1/tickets/{ticket['id']}"))

    async def recorded(self, ticket: dict[str, Any]) -> list[tuple[str, Any]]:
        """What the history tells of escalations: what was to be done, and whether it was, or why not."""
        entries = (await self.get(f"/v1/tickets/{ticket['id']}/history?limit=200"))["items"]
        return [
            (each["details"]["escalation"]["do"], each["details"].get("because", each["details"]["done"]))
            for each in entries
            if each["verb"] == "escalate"
        ]

    async def verbs(self, ticket: dict[str, Any]) -> list[str]:
        return [each["verb"] for each in (await self.get(f"/v1/tickets/{ticket['id']}/history"))["items"]]

    async def told(self, types: str = "sla.escalated") -> list[dict[str, Any]]:
        return list((await self.get(f"/v1/events?types={types}&limit=200"))["items"])


@pytest.fixture
async def company(client: httpx.AsyncClient, clock: Clock, database: Database) -> Company:
    clock.at(at("08:00:00"))
    company = Company(client)
    company.database, company.clock = database, clock
    return company


def due(do: str, share: float = 1, metric: str = "resolve", **named: Any) -> dict[str, Any]:
    return {"metric": metric, "at": share, "do": do, **named}


async def test_somebody_is_notified_once_when_a_share_of_the_target_is_used(company: Company) -> None:
    ada = await company.member("ada", "FIN")
    legal = await company.department("LEGAL")
    escalations = [due("notify", 0.5, member_id=ada["id"]), due("notify", 1, department_id=legal)]
    sla = await company.sla("FIN", targets=RESOLVE, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.until("10:59:59")
    assert await company.told() == []
    await company.until("11:00:00", "11:00:01", "13:00:00", "13:00:01", "15:00:00")
    to_ada, to_legal = await company.told()
    assert (to_ada["occurred_at"], to_ada["data"]["member"]) == ("2026-03-02T11:00:00Z", ada)
    assert to_ada["data"]["escalation"] == escalations[0]
    assert to_ada["data"]["ticket"]["id"] == ticket["id"]
    assert to_ada["data"]["clock"]["elapsed_seconds"] == 2 * HOUR
    assert to_ada["data"]["actor"] == {"type": "escalation", "id": sla["id"], "name": sla["name"]}
    assert (to_legal["data"]["department"]["key"], to_legal["data"]["clock"]["state"]) == ("LEGAL", "breached")
    assert await company.recorded(ticket) == [("notify", True)] * 2
    assert (await company.read(ticket))["version"] == 1
    assert [each["type"] for each in await company.told("sla.*")] == ["sla.escalated", "sla.breached", "sla.escalated"]


async def test_the_priority_is_only_ever_raised(company: Company) -> None:
    raising = [due("raise_priority", 0.5, priority="p2"), due("raise_priority", 0.75, priority="p3")]
    await company.sla("FIN", targets=RESOLVE, escalations=raising)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN", priority="p4")
    urgent = await company.ticket("SALES", "FIN", priority="p1")
    await company.until("11:00:00", "12:00:00")
    assert [(await company.read(each))["priority"] for each in (ticket, urgent)] == ["p2", "p1"]
    assert await company.verbs(ticket) == ["open", "prioritise", "escalate", "escalate"]
    assert await company.recorded(ticket) == [
        ("raise_priority", True),
        ("raise_priority", "The ticket is as urgent already: p2."),
    ]
    assert await company.recorded(urgent) == [("raise_priority", "The ticket is as urgent already: p1.")] * 2


async def test_a_raised_priority_goes_by_the_sla_and_the_target_that_then_hold(company: Company) -> None:
    targets = [{"metric": "resolve", "seconds": 4 * HOUR, "by_priority": {"p1": HOUR}}]
    escalations = [
        due("raise_priority", 0.5, priority="p1"),
        due("notify", department_id=await company.department("FIN")),
    ]
    await company.sla("FIN", targets=targets, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.until("11:00:00", "18:00:00")
    assert [(each["type"], each["occurred_at"][11:19]) for each in await company.told("sla.*,ticket.prioritised")] == [
        ("ticket.prioritised", "11:00:00"),
        ("sla.breached", "11:00:00"),
        ("sla.escalated", "11:00:00"),
        ("sla.escalated", "11:00:00"),
    ]
    assert await company.recorded(ticket) == [("raise_priority", True), ("notify", True)]


async def test_a_ticket_is_assigned_or_transferred_with_the_reason(company: Company) -> None:
    ada = await company.member("ada", "FIN")
    legal = await company.department("LEGAL")
    escalations = [due("reassign", 0.8, member_id=ada["id"]), due("reassign", department_id=legal)]
    await company.sla("FIN", targets=RESOLVE, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN", title="Credit check")
    await company.until("12:12:00")
    assert (await company.read(ticket))["assignee_id"] == ada["id"]
    await company.until("13:00:01")
    after = await company.read(ticket)
    assert (after["provider_department_id"], after["status"], after["hop_count"]) == (legal, "open", 1)
    transferred = (await company.get(f"/v1/tickets/{ticket['id']}/history?sort=-number&limit=2"))["items"][1]
    assert (transferred["verb"], transferred["details"]["reason"]) == ("transfer", "The time to resolve is over.")
    assert transferred["details"]["context"]["customer_expects"] == "Credit check, by 2026-03-02 13:00 UTC."
    assert [each["data"].get("member", each["data"].get("department"))["name"] for each in await company.told()] == [
        "ada",
        "LEGAL",
    ]


async def test_a_linked_ticket_is_opened_above_the_provider_up_to_the_top(company: Company) -> None:
    await company.part_of("TEAM", "UNIT")
    await company.part_of("UNIT", "BOARD")
    for provider in ("TEAM", "UNIT", "BOARD"):
        await company.sla(provider, targets=RESOLVE, escalations=[due("open_ticket")])
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "TEAM", priority="p2", title="Credit check")
    await company.until(*(f"2026-03-0{day}T{hour:02}:30:00+00:00" for day in (2, 3) for hour in range(9, 24)))
    chain = [await company.read(ticket)]
    while chain[-1]["blocked_by"]:
        (blocker,) = chain[-1]["blocked_by"]
        chain.append(await company.get(f"/v1/tickets/{blocker}"))
    keys = {id_: key for key, id_ in company.departments.items()}
    assert [
        (keys[each["requester_department_id"]], keys[each["provider_department_id"]], each["priority"])
        for each in chain
    ] == [("SALES", "TEAM", "p2"), ("TEAM", "UNIT", "p2"), ("UNIT", "BOARD", "p2")]
    assert {each["customer_id"] for each in chain} == {ticket["customer_id"]}
    assert chain[1]["title"] == f"T-{ticket['number']}: Credit check"
    assert [each["data"]["blocker"]["id"] for each in await company.told()] == [each["id"] for each in chain[1:]]
    assert await company.recorded(chain[-1]) == [
        ("open_ticket", "The department that has the ticket is part of no other.")
    ]


async def test_two_departments_that_reassign_to_each_other_end(company: Company) -> None:
    fin, ops = await company.department("FIN"), await company.department("OPS")
    await company.sla("FIN", targets=RESOLVE, escalations=[due("reassign", department_id=ops)])
    await company.sla("OPS", targets=RESOLVE, escalations=[due("reassign", department_id=fin)])
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    days = [f"2026-03-{day:02}T{hour:02}:00:00+00:00" for day in range(2, 6) for hour in range(9, 24)]
    await company.until(*days)
    assert (await company.read(ticket))["hop_count"] == 2
    again = "It has been done for this ticket before."
    assert await company.recorded(ticket) == [("reassign", True), ("reassign", True), ("reassign", again)]


async def test_tickets_opened_above_and_passed_down_again_end(company: Company) -> None:
    await company.part_of("TEAM", "UNIT")
    team = await company.department("TEAM")
    await company.sla("TEAM", targets=RESOLVE, escalations=[due("open_ticket")])
    await company.sla("UNIT", targets=RESOLVE, escalations=[due("reassign", department_id=team)])
    company.clock.at(at("09:00:00"))
    await company.ticket("SALES", "TEAM")
    days = [f"2026-03-{day:02}T{hour:02}:00:00+00:00" for day in range(2, 6) for hour in range(9, 24)]
    await company.until(*days)
    assert len((await company.get("/v1/tickets"))["items"]) == 2


async def test_nothing_is_done_for_what_was_resolved_or_met_meanwhile(company: Company) -> None:
    legal = await company.department("LEGAL")
    targets = [{"metric": "acknowledge", "seconds": 2 * HOUR}, *RESOLVE]
    noticing = [due("notify", 0.5, "acknowledge", department_id=legal), due("reassign", 0.5, department_id=legal)]
    await company.sla("FIN", targets=targets, escalations=noticing)
    company.clock.at(at("09:00:00"))
    acknowledged, resolved = [await company.ticket("SALES", "FIN") for _ in range(2)]
    company.clock.at(at("10:30:00"))
    await company.do("acknowledge", acknowledged["id"])
    company.clock.at(at("11:30:00"))
    await company.do("resolve", resolved["id"])
    await company.until("11:30:00")
    assert await company.recorded(acknowledged) == [
        ("notify", "The clock had stopped meanwhile: met."),
        ("reassign", True),
    ]
    assert sorted(await company.recorded(resolved)) == [
        ("notify", "The ticket was resolved meanwhile."),
        ("reassign", "The ticket was resolved meanwhile."),
    ]
    assert [each["type"] for each in await company.told("sla.escalated")] == ["sla.escalated"]


async def test_an_answer_by_the_provider_ends_what_would_have_escalated(company: Company) -> None:
    """Zammad 3140: what had been answered escalated all the same."""
    ada = await company.member("ada", "FIN")
    targets = [{"metric": metric, "seconds": HOUR} for metric in ("acknowledge", "update")]
    escalations = [
        due("notify", share, metric, member_id=ada["id"]) for metric in ("acknowledge", "update") for share in (0.5, 1)
    ]
    await company.sla("FIN", targets=targets, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.until("09:20:00")
    await company.do("acknowledge", ticket["id"])
    for time in ("09:45:00", "10:10:00", "10:35:00"):
        await company.until(time)
        await company.do("comment", ticket["id"], visibility="requester")
    await company.until("11:00:00")
    assert await company.told("sla.escalated") == []
    await company.until("11:05:00")
    assert [each["occurred_at"][11:19] for each in await company.told("sla.escalated")] == ["11:05:00"]


async def test_what_is_due_together_is_done_in_the_order_of_the_sla(company: Company) -> None:
    ops, legal = await company.department("OPS"), await company.department("LEGAL")
    acknowledge = [{"metric": "acknowledge", "seconds": HOUR}]
    escalations = [
        due("reassign", 1, "acknowledge", department_id=ops),
        due("raise_priority", 1, "acknowledge", priority="p1"),
        due("notify", 1, "acknowledge", department_id=legal),
    ]
    await company.sla("FIN", targets=acknowledge, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.until("10:00:01")
    assert await company.recorded(ticket) == [("reassign", True), ("raise_priority", True), ("notify", True)]


async def test_a_new_version_of_an_sla_does_not_do_again_what_an_older_one_did(company: Company) -> None:
    legal = await company.department("LEGAL")
    escalations = [due("reassign", 0.5, department_id=legal)]
    sla = await company.sla("FIN", targets=RESOLVE, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.until("11:00:00")
    left_out = ("id", "version", "created_at", "updated_at")
    body = {name: value for name, value in sla.items() if name not in left_out}
    renewed = body | {"targets": [{"metric": "resolve", "seconds": 2 * HOUR}]}
    assert (await company.client.put(f"/v1/slas/{sla['id']}", json=renewed)).json()["version"] == 2
    await company.do("transfer", ticket["id"], department="FIN")
    await company.until("12:00:00", "13:00:00")
    assert (await company.read(ticket))["provider_department_id"] == await company.department("FIN")
    assert await company.recorded(ticket) == [
        ("reassign", True),
        ("reassign", "It has been done for this ticket before."),
    ]


async def test_an_escalation_round_midnight_with_several_intervals_a_day_comes_when_the_calendar_is_open(
    company: Company,
) -> None:
    """GLPI 22678: at midnight an escalation came at once, or a day late."""
    shifts = {
        day: [["00:00", "02:00"], ["10:00", "12:00"], ["22:00", "24:00"]]
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    ada = await company.member("ada", "FIN")
    escalations = [due("notify", share, member_id=ada["id"]) for share in (0.4, 0.8, 1)]
    await company.calendar("shifts", "Europe/Paris", hours=shifts)
    targets = [{"metric": "resolve", "seconds": 5 * HOUR}]
    await company.sla("FIN", calendar="shifts", targets=targets, escalations=escalations)
    company.clock.at("2026-03-02T21:00:00+00:00")
    ticket = await company.ticket("SALES", "FIN")
    minutes = [
        f"2026-03-{day:02}T{hour:02}:00:0{second}+00:00" for day in (2, 3) for hour in range(24) for second in (0, 1)
    ]
    await company.until(*[time for time in minutes if time >= "2026-03-02T21"])
    assert [(each["data"]["escalation"]["at"], each["occurred_at"]) for each in await company.told()] == [
        (0.4, "2026-03-02T23:00:00Z"),
        (0.8, "2026-03-03T01:00:00Z"),
        (1, "2026-03-03T10:00:01Z"),
    ]
    assert (await company.read(ticket))["due_at"] == "2026-03-03T10:00:00Z"


async def test_nothing_is_reassigned_to_and_nobody_notified_who_has_left(company: Company) -> None:
    ada = await company.member("ada", "FIN")
    escalations = [due("notify", 0.5, member_id=ada["id"]), due("reassign", 0.5, member_id=ada["id"])]
    await company.sla("FIN", targets=RESOLVE, escalations=escalations)
    company.clock.at(at("09:00:00"))
    ticket = await company.ticket("SALES", "FIN")
    await company.post(f"/v1/members/{ada['id']}/leave", {}, status=200)
    await company.until("11:00:00", "11:00:01")
    assert await company.recorded(ticket) == [
        ("notify", "That member has left."),
        ("reassign", "That member has left."),
    ]
    assert (await company.read(ticket))["assignee_id"] is None
