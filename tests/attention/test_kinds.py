"""What needs attention, kind by kind: when, why, who could act, and that the request it names resolves it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from tests.attention.listing import attention, resolve, subjects
from tests.conftest import Clock, client_of
from tests.ripple import kept
from tests.ripple.foreseen import PROMISED_HOURS, look, past_commitments, promise, told
from tests.tickets.worlds import World

MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture
def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(MONDAY)
    return World(client)


async def the_only(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    (item,) = await attention(client, **query)
    return item


async def test_a_ticket_that_nobody_acknowledged_for_a_day(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN", title="Credit check")
    clock.passes(hours=23, minutes=59)
    assert await attention(world.client) == []
    clock.passes(minutes=1)
    item = await the_only(world.client)
    assert item == {
        "kind": "unacknowledged",
        "subject": {"type": "ticket", "id": ticket["id"]},
        "since": "2026-03-02T09:00:00Z",
        "why": f"Nobody in FIN has acknowledged T-{ticket['number']} “Credit check”.",
        "value": None,
        "currency": None,
        "customer_id": ticket["customer_id"],
        "could_act": {"department_id": world.departments["FIN"], "member_id": None},
        "act": {"method": "POST", "path": f"/v1/tickets/{ticket['id']}/acknowledge", "body": {}, "needs": []},
        "snoozed": None,
    }
    await resolve(world.client, item)
    assert await attention(world.client) == []


async def test_a_ticket_that_was_handed_back_is_unacknowledged_again(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("start", ticket["id"])
    await world.do("transfer", ticket["id"], department="OPS")
    clock.passes(hours=1)
    await world.do("return", ticket["id"])
    clock.passes(days=1)
    item = await the_only(world.client)
    assert (item["kind"], item["since"]) == ("unacknowledged", "2026-03-02T10:00:00Z")
    assert item["why"].endswith(", which OPS handed back to it.")


async def test_a_hand_off_that_nobody_accepted(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN", title="Credit check")
    await world.do("start", ticket["id"])
    clock.passes(hours=1)
    await world.do("transfer", ticket["id"], department="OPS")
    clock.passes(days=1)
    item = await the_only(world.client)
    assert (item["kind"], item["since"]) == ("handoff_unaccepted", "2026-03-02T10:00:00Z")
    handed_over = f"FIN handed T-{ticket['number']} “Credit check” over to OPS"
    assert item["why"] == f"{handed_over}, where nobody has accepted it."
    assert item["could_act"]["department_id"] == world.departments["OPS"]
    await resolve(world.client, item)
    assert await attention(world.client) == []
    clock.passes(days=1)
    item = await the_only(world.client)
    assert (item["kind"], item["since"]) == ("unacknowledged", "2026-03-03T10:00:00Z")


@pytest.mark.parametrize(("on", "needs"), [("customer", "body"), ("third_party", "body"), ("requester", "question")])
async def test_a_wait_about_which_nothing_was_said_for_three_days(
    world: World, clock: Clock, on: str, needs: str
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("wait", ticket["id"], on=on)
    clock.passes(days=2)
    await world.do("comment", ticket["id"], body="They promised to call back.")
    clock.passes(days=2)
    assert await attention(world.client) == []
    clock.passes(days=1)
    item = await the_only(world.client)
    assert (item["kind"], item["since"]) == ("wait_unchased", "2026-03-02T09:00:00Z")
    assert item["why"].endswith("and nothing was said or done about it since 4 March 2026.")
    await resolve(world.client, item, **{needs: "Have you had a look at it?"})
    assert await attention(world.client) == []


async def test_a_wait_for_tickets_that_are_done_is_to_be_taken_up_again(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    blocker = await world.ticket("FIN", "OPS", blocks=[ticket["id"]])
    await world.do("wait", ticket["id"], on="dependency", reason="OPS must say.")
    await world.do("acknowledge", blocker["id"])
    clock.passes(days=3)
    assert await attention(world.client) == []
    await world.do("resolve", blocker["id"])
    item = await the_only(world.client)
    waited = f"What T-{ticket['number']} “SALES asks FIN” waited for is done"
    assert item["why"] == f"{waited}, and nobody in FIN has taken it up again."
    assert (await resolve(world.client, item))["status"] == "in_progress"
    assert await attention(world.client) == []


async def test_a_question_that_the_requester_has_not_answered(app: FastAPI, world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("ask", ticket["id"], question="For one site or for both?")
    await world.do("wait", ticket["id"], on="requester")
    clock.passes(hours=20)
    await world.do("ask", ticket["id"], question="Did you see this?")
    clock.passes(days=4)
    item = await the_only(world.client)
    assert (item["kind"], item["since"]) == ("question_unanswered", "2026-03-02T09:00:00Z")
    asked = f"SALES has not answered what FIN asked about T-{ticket['number']} “SALES asks FIN”"
    assert item["why"] == f"{asked}: “Did you see this?”"
    assert item["could_act"] == {"department_id": world.departments["SALES"], "member_id": None}
    stated = {"name": "sales", "role": "integration", "permissions": ["read", "write"]}
    key = await world.post("/v1/api-keys", {**stated, "department_ids": [world.departments["SALES"]]})
    async with client_of(app, key["key"]) as sales:
        await resolve(sales, item, body="For both.")
    assert await attention(world.client) == []


async def test_a_member_who_left_and_still_holds_something(world: World, clock: Clock, database: Database) -> None:
    clock.instant = None
    department = await world.department("FIN")
    ada = await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada", "department_ids": [department]})
    customer = await world.customer("ACME", annual_value="8000.00", currency="EUR")
    for requester in ("SALES", "SALES", "SERVICE"):
        ticket = await world.ticket(requester, "FIN", customer_id=customer)
        await world.do("assign", ticket["id"], member_id=ada["id"])
        await world.do("start", ticket["id"])
    await world.client.patch(f"/v1/departments/{department}", json={"manager_id": ada["id"]})
    assert await attention(world.client) == []
    async with database.writing() as connection:
        await connection.execute(text("update members set left_at = '2026-03-01T09:00:00Z'"))
    item = await the_only(world.client)
    assert (item["kind"], item["subject"]) == ("member_left", {"type": "member", "id": ada["id"]})
    assert item["why"] == "Ada left on 1 March 2026, and still holds 3 unresolved tickets and 1 department."
    assert (item["value"], item["customer_id"]) == ("8000.00", customer)
    assert item["could_act"] == {"department_id": department, "member_id": ada["id"]}
    await resolve(world.client, item)
    assert await attention(world.client, kind="member_left") == []
    assert (await world.get(f"/v1/tickets/{ticket['id']}"))["assignee_id"] is None
    assert (await world.client.post(item["act"]["path"], json={})).status_code == 409


async def test_who_left_and_belonged_nowhere_needs_somebody_to_follow(
    world: World, clock: Clock, database: Database
) -> None:
    clock.instant = None
    ada, bob = [
        (await world.post("/v1/members", {"email": f"{name}@example.com", "name": name}))["id"]
        for name in ("Ada", "Bob")
    ]
    customer = await world.customer()
    role = {"member_id": ada, "role": "account owner", "since": "2026-03-01T09:00:00Z"}
    await world.post(f"/v1/customers/{customer}/relationships", role)
    async with database.writing() as connection:
        await connection.execute(text("update members set left_at = '2026-03-01T09:00:00Z' where name = 'Ada'"))
    item = await the_only(world.client, kind="member_left")
    assert (item["act"]["needs"], item["could_act"]["department_id"]) == (["to_member_id"], None)
    await resolve(world.client, item, to_member_id=bob)
    assert await attention(world.client) == []


async def test_a_member_who_left_and_holds_nothing_is_missed_by_nobody(world: World, database: Database) -> None:
    await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada", "department_ids": []})
    async with database.writing() as connection:
        await connection.execute(text("update members set left_at = '2026-03-01T09:00:00Z'"))
    assert await attention(world.client) == []


async def test_a_commitment_for_which_nobody_was_asked_for_anything(world: World, clock: Clock) -> None:
    promised = {"promised_at": MONDAY, "due_at": "2026-03-31T17:00:00+00:00"}
    commitment = await world.commitment("SALES", **promised, title="Go-live", value="64000.00", currency="EUR")
    clock.passes(hours=23)
    assert await attention(world.client) == []
    clock.passes(hours=1)
    item = await the_only(world.client)
    assert (item["kind"], item["subject"]["id"]) == ("commitment_without_ticket", commitment["id"])
    promised_to = "SALES promised ACME “Go-live” for 31 March 2026"
    assert item["why"] == f"{promised_to}, and has asked nobody for anything yet."
    assert (item["value"], item["currency"]) == ("64000.00", "EUR")
    asked = {"requester_department_id": world.departments["SALES"], "title": "Set it up"}
    await resolve(world.client, item, **asked, provider_department_id=await world.department("OPS"))
    assert await attention(world.client) == []


async def test_a_commitment_that_was_kept_or_given_up_needs_no_ticket(world: World, clock: Clock) -> None:
    for verb, body in (("deliver", {}), ("cancel", {"reason": "No longer wanted."})):
        made = await world.commitment("SALES", MONDAY, "2026-03-31T17:00:00+00:00")
        assert (await world.client.post(f"/v1/commitments/{made['id']}/{verb}", json=body)).status_code == 200
    clock.passes(days=2)
    assert await attention(world.client) == []


async def test_a_commitment_that_will_likely_be_late(world: World, clock: Clock, database: Database) -> None:
    await past_commitments(database, world)
    made = await promise(world, clock(), title="Go-live")
    assert await attention(world.client) == []
    await world.do("acknowledge", (await world.ticket("Sales", "OPS", commitment_id=made["id"]))["id"])
    clock.passes(hours=PROMISED_HOURS + 1)
    await kept.mark(database)
    await look(database, clock())
    item = await the_only(world.client)
    assert item["subject"] == {"type": "commitment", "id": made["id"]}
    assert item["why"] == "“Go-live” for ACME, due on 9 March 2026, is 100 % likely late; Sales promised it."
    assert item["could_act"]["department_id"] == world.departments["Sales"]
    clock.passes(minutes=1)
    later = (clock() + timedelta(days=300)).isoformat()
    await resolve(world.client, item, due_at=later, reason="The customer moves in later.")
    assert await attention(world.client) == []
    await kept.mark(database)
    await look(database, clock())
    assert await attention(world.client) == []
    assert [kind for kind, _ in await told(world)] == ["at_risk", "back_on_track"]


@pytest.mark.parametrize(("hours", "agreed"), [(7200, False), (1, True)])
async def test_a_commitment_stays_at_risk_that_got_no_time_or_whose_customer_did_not_agree(
    world: World, clock: Clock, database: Database, hours: int, agreed: bool
) -> None:
    made = await promise(world, clock())
    await world.do("acknowledge", (await world.ticket("Sales", "OPS", commitment_id=made["id"]))["id"])
    clock.passes(hours=PROMISED_HOURS + 1)
    await kept.mark(database)
    await look(database, clock())
    clock.passes(minutes=1)
    moved = {"due_at": (clock() + timedelta(hours=hours)).isoformat(), "reason": "Later.", "customer_agreed": agreed}
    await world.post(f"/v1/commitments/{made['id']}/reschedule", moved, 200)
    await kept.mark(database)
    await look(database, clock())
    assert await subjects(world.client) == [("commitment_at_risk", made["id"])]
    delivered = await world.client.post(f"/v1/commitments/{made['id']}/deliver", json={})
    assert delivered.status_code == 200, delivered.text
    assert await attention(world.client) == []


async def test_a_customer_that_nobody_owns(world: World, clock: Clock) -> None:
    department = await world.department("SALES")
    unowned = await world.customer("ACME", annual_value="64000.00", currency="EUR")
    owned = await world.customer("OWNED")
    clock.passes(days=2)
    assert await attention(world.client) == []
    for role in ("Account_Owner", "support"):
        await world.post(f"/v1/customers/{owned}/relationships", {"department_id": department, "role": role})
    clock.instant = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    item = await the_only(world.client)
    assert (item["kind"], item["subject"]["id"], item["value"]) == ("customer_without_owner", unowned, "64000.00")
    nobody = "Nobody owns ACME: there is no account owner, and the customer perceives nobody as one."
    assert item["why"] == nobody
    member = await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada", "department_ids": []})
    await resolve(world.client, item, member_id=member["id"])
    assert await attention(world.client) == []


async def test_a_customer_whose_last_owner_went_is_without_since_then(world: World, clock: Clock) -> None:
    department, customer = await world.department("SALES"), await world.customer("ACME")
    clock.instant = None
    path = f"/v1/customers/{customer}/relationships"
    made = await world.post(path, {"department_id": department, "role": "delivery", "perceived_owner": True})
    clock.passes(days=1)
    ended_at = clock()
    ended = await world.client.post(f"{path}/{made['id']}/end", json={"reason": "Moved to another region."})
    assert ended.status_code == 200, ended.text
    assert await attention(world.client) == []
    clock.passes(days=1)
    item = await the_only(world.client)
    assert item["since"] == ended_at.isoformat().replace("+00:00", "Z")
    assert item["why"].startswith(f"Nobody owns ACME since {ended_at.day} {ended_at:%B %Y}: ")
    lost = {"kind": "churn", "occurred_at": clock().isoformat()}
    await world.post(f"/v1/customers/{customer}/outcomes", lost)
    assert await attention(world.client) == []


async def test_a_ticket_is_listed_for_one_reason_at_a_time(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("ask", ticket["id"])
    await world.do("wait", ticket["id"], on="customer")
    clock.passes(days=5)
    assert await subjects(world.client) == [("question_unanswered", ticket["id"])]
    await world.do("transfer", ticket["id"], department="OPS")
    clock.passes(days=5)
    assert await subjects(world.client) == [("handoff_unaccepted", ticket["id"])]
    await world.do("cancel", ticket["id"])
    assert await attention(world.client) == []
