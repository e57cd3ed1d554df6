"""Hand-offs over HTTP: the receiver knows everything, what nobody takes on shows, and so does what is asked again."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NINE, TEN, ELEVEN, NOON = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11, 12))
CONTEXT = {
    "summary": "The machine is down.",
    "customer_expects": "A technician today.",
    "tried_so_far": "Restarted it twice.",
}


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(NINE)
    return World(client)


async def test_a_ticket_that_was_never_passed_on_has_no_hand_off(world: World) -> None:
    assert (await world.ticket("SALES", "FIN"))["hand_off"] is None


async def test_the_receiver_finds_what_it_must_know_in_the_ticket(world: World, clock: Clock) -> None:
    ticket = await world.ticket("SALES", "FIN")
    clock.at(TEN)
    passed = await world.do("transfer", ticket["id"], department="OPS", reason="A repair.", context=CONTEXT)
    assert passed["hand_off"] == {
        "from_department_id": world.departments["FIN"],
        "arrived_by": "transfer",
        "at": TEN,
        "reason": "A repair.",
        "context": CONTEXT,
        "accepted_at": None,
        "unaccepted_since": TEN,
    }
    assert await world.get(f"/v1/tickets/{ticket['id']}") == passed
    (listed,) = (await world.get("/v1/tickets"))["items"]
    assert listed == passed


@pytest.mark.parametrize("verb", ["accept", "acknowledge", "start", "ask", "wait", "resolve", "decline"])
async def test_it_is_with_nobody_until_somebody_takes_it_on(world: World, clock: Clock, verb: str) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("transfer", ticket["id"], department="OPS")
    clock.at(ELEVEN)
    taken_on = await world.do(verb, ticket["id"])
    assert (taken_on["hand_off"]["accepted_at"], taken_on["hand_off"]["unaccepted_since"]) == (ELEVEN, None)
    assert await world.get(f"/v1/tickets/{ticket['id']}") == taken_on


async def test_what_was_cancelled_or_returned_waits_for_nobody_there(world: World, clock: Clock) -> None:
    cancelled, returned = [(await world.ticket("SALES", "FIN"))["id"] for _ in range(2)]
    for each in (cancelled, returned):
        await world.do("transfer", each, department="OPS")
    clock.at(TEN)
    assert (await world.do("cancel", cancelled))["hand_off"]["unaccepted_since"] is None
    back = (await world.do("return", returned, reason="Not ours."))["hand_off"]
    assert (back["arrived_by"], back["reason"], back["context"]) == ("return", "Not ours.", None)
    assert (back["from_department_id"], back["unaccepted_since"]) == (world.departments["OPS"], TEN)
    assert (await world.do("acknowledge", returned))["hand_off"]["unaccepted_since"] is None


async def test_events_tell_the_hand_off_and_the_one_before(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    first = await world.do("transfer", ticket["id"], department="OPS", context=CONTEXT)
    second = await world.do("transfer", ticket["id"], department="LEGAL")
    accepted = await world.do("accept", ticket["id"])
    told = [each["data"] for each in (await world.get("/v1/events?types=ticket.*"))["items"]][1:]
    assert [each["ticket"]["hand_off"] for each in told] == [each["hand_off"] for each in (first, second, accepted)]
    assert [each["previous"]["hand_off"] for each in told] == [None, first["hand_off"], second["hand_off"]]


async def test_all_that_was_told_can_be_read_at_once(world: World, clock: Clock, statements: Statements) -> None:
    ticket = await world.ticket("SALES", "FIN", description="It stopped on Sunday.")
    path = f"/v1/tickets/{ticket['id']}/hand-offs"
    clock.at(TEN)
    await world.do("transfer", ticket["id"], department="OPS", reason="A repair.", context=CONTEXT)
    clock.at(ELEVEN)
    await world.do("ask", ticket["id"], question="Was it restarted?")
    await world.do("transfer", ticket["id"], department="LEGAL")
    clock.at(NOON)
    await world.do("comment", ticket["id"], body="Twice, as we said.", told_in=2)
    statements.clear()
    told = await world.get(path)
    assert len(statements) <= 3 + 2
    assert (told["title"], told["description"], told["customer_brief"]["customer_id"]) == (
        ticket["title"],
        "It stopped on Sunday.",
        ticket["customer_id"],
    )
    names = ("leg", "department_id", "arrived_by", "accepted_at", "unaccepted_seconds")
    departments = world.departments
    assert [tuple(leg[name] for name in names) for leg in told["legs"]] == [
        (1, departments["FIN"], "opening", None, None),
        (2, departments["OPS"], "transfer", ELEVEN, 3600),
        (3, departments["LEGAL"], "transfer", None, 3600),
    ]
    assert (told["legs"][1]["reason"], told["legs"][1]["context"]) == ("A repair.", CONTEXT)
    assert told["questions"] == [
        {
            "number": 3,
            "at": ELEVEN,
            "department_id": departments["OPS"],
            "question": "Was it restarted?",
            "asked_again": True,
            "told_in": 2,
            "answered_at": NOON,
        }
    ]
    assert (await world.client.get(path.replace(ticket["id"], world.customer_id))).status_code == 404


async def test_an_answer_says_where_it_had_been_told(world: World) -> None:
    ticket = (await world.ticket("SALES", "FIN"))["id"]
    await world.do("ask", ticket)
    await world.do("comment", ticket, body="The blue one.", visibility="requester", told_in=1)
    entry: dict[str, Any] = (await world.get(f"/v1/tickets/{ticket}/history"))["items"][-1]
    assert (entry["details"]["told_in"], entry["details"]["question_number"]) == (1, 2)
    (event,) = (await world.get("/v1/events?types=ticket.commented"))["items"]
    assert event["data"]["comment"] == {"body": "The blue one.", "visibility": "requester", "told_in": 1}


@pytest.mark.parametrize(("told_in", "asked"), [(1, False), (2, True), (3, True), (0, True), ("1", True)])
async def test_where_nothing_was_asked_or_told_that_is_refused(world: World, told_in: Any, asked: bool) -> None:
    ticket = (await world.ticket("SALES", "FIN"))["id"]
    if asked:
        await world.do("ask", ticket)
    refused = await world.try_to("comment", ticket, told_in=told_in)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/told_in")


async def test_of_a_question_it_is_said_once(world: World) -> None:
    ticket = (await world.ticket("SALES", "FIN"))["id"]
    await world.do("ask", ticket)
    await world.do("comment", ticket, told_in=1)
    assert (await world.try_to("comment", ticket, told_in=1)).status_code == 422
