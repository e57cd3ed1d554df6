"""What the events of tickets tell: enough to act without asking again, and every version in its order."""

import asyncio
import random
from collections import defaultdict
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

VERBS = ("acknowledge", "start", "wait", "resume", "ask", "comment", "prioritise", "assign", "resolve", "reopen")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-02T09:00:00+00:00")
    world = World(client)
    await world.customer(tier="gold", annual_value="125000.50", currency="EUR", preferences={"language": "de"})
    return world


async def told(world: World, types: str = "ticket.*") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while (page := await world.get(f"/v1/events?types={types}&limit=200&after={after}"))["items"]:
        found, after = found + page["items"], page["next"]
    return found


async def a_member(world: World, name: str, department: str) -> dict[str, Any]:
    body = {"email": f"{name}@example.com", "name": name, "department_ids": [await world.department(department)]}
    made: dict[str, Any] = await world.post("/v1/members", body)
    return made


async def test_an_event_has_whom_its_ticket_concerns_as_each_is_answered(world: World) -> None:
    luca, deepa = await a_member(world, "luca", "SALES"), await a_member(world, "deepa", "FIN")
    await world.sla("FIN", targets=[{"metric": "acknowledge", "seconds": 3600}])
    promised = await world.commitment(
        "OPS", "2026-03-01T09:00:00Z", "2026-03-01T12:00:00Z", value="9.10", currency="EUR"
    )
    await world.post(
        f"/v1/commitments/{promised['id']}/reschedule", {"due_at": "2026-03-02T08:59:00Z", "reason": "So."}, 200
    )
    ticket = await world.ticket("SALES", "FIN", requester_id=luca["id"], commitment_id=promised["id"])
    await world.do("assign", ticket["id"], member_id=deepa["id"])
    await world.do("acknowledge", ticket["id"])
    for event in await told(world, "ticket.acknowledged,sla.met"):
        data = event["data"]
        assert data["ticket"] == await world.get(f"/v1/tickets/{ticket['id']}")
        assert data["requester_department"] == await world.get(f"/v1/departments/{world.departments['SALES']}")
        assert data["provider_department"] == await world.get(f"/v1/departments/{world.departments['FIN']}")
        assert data["requester"] == await world.get(f"/v1/members/{luca['id']}")
        assert data["assignee"] == await world.get(f"/v1/members/{deepa['id']}")
        assert data["customer"] == await world.get(f"/v1/customers/{world.customer_id}")
        assert data["commitment"] == await world.get(f"/v1/commitments/{promised['id']}")
        assert data["commitment"]["lateness_seconds"] == 21 * 3600


async def test_a_ticket_without_people_or_promise_says_so(world: World) -> None:
    await world.ticket("SALES", "FIN")
    ((event,)) = await told(world)
    assert [event["data"][name] for name in ("requester", "assignee", "commitment")] == [None, None, None]


async def test_a_hand_off_tells_who_had_it_and_what_was_said(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    context = {"summary": "Asked", "customer_expects": "An answer", "tried_so_far": "Nothing"}
    await world.do("transfer", ticket["id"], department="OPS", reason="Theirs.", context=context)
    await world.do("return", ticket["id"], reason="Not ours.")
    transferred, returned = await told(world, "ticket.transferred,ticket.returned")
    assert transferred["data"]["previous"]["provider_department_id"] == world.departments["FIN"]
    assert transferred["data"]["provider_department"]["id"] == world.departments["OPS"]
    assert (transferred["data"]["reason"], transferred["data"]["context"]) == ("Theirs.", context)
    assert returned["data"]["previous"]["provider_department_id"] == world.departments["OPS"]
    assert returned["data"]["reason"] == "Not ours."


async def test_words_are_told_with_whom_they_are_for(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("ask", ticket["id"], question="Which one?")
    await world.do("comment", ticket["id"], body="Careful.")
    await world.do("comment", ticket["id"], body="Soon.", visibility="requester")
    asked, internal, visible = await told(world, "ticket.asked,ticket.commented")
    assert asked["data"]["question"] == "Which one?"
    assert internal["data"]["comment"] == {"body": "Careful.", "visibility": "internal"}
    assert visible["data"]["comment"] == {"body": "Soon.", "visibility": "requester"}


async def test_feedback_that_is_said_again_tells_what_it_replaces(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("resolve", ticket["id"])
    for score in (2, 5):
        await world.post(f"/v1/tickets/{ticket['id']}/feedback", {"score": score}, 200)
    first, second = await told(world, "ticket.feedback_given")
    assert first["data"]["previous"] == {}
    assert second["data"]["previous"] == {"feedback": {"score": 2, "comment": None, "member_id": None}}
    assert second["data"]["feedback"] == {"score": 5, "comment": None, "member_id": None}


async def test_both_sides_of_a_dependency_are_told(world: World) -> None:
    above, beneath = await world.ticket("SALES", "OPS"), await world.ticket("SALES", "FIN")
    path = f"/v1/tickets/{above['id']}/dependencies"
    await world.post(path, {"blocker_id": beneath["id"]}, 200)
    blocked, blocker = await told(world, "ticket.updated")
    assert (blocked["data"]["ticket"]["blocked_by"], blocked["data"]["previous"]) == (
        [beneath["id"]],
        {"blocked_by": []},
    )
    assert (blocker["data"]["ticket"]["blocks"], blocker["data"]["previous"]) == ([above["id"]], {"blocks": []})


async def test_who_comes_to_wait_for_a_ticket_that_is_opened_is_told(world: World) -> None:
    above = await world.ticket("SALES", "OPS")
    first = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    second = await world.ticket("OPS", "IT", blocks=[above["id"]])
    events = await told(world, "ticket.updated")
    assert [event["data"]["ticket"]["id"] for event in events] == [above["id"]] * 2
    assert [event["data"]["previous"]["blocked_by"] for event in events] == [[], [first["id"]]]
    assert events[1]["data"]["ticket"]["blocked_by"] == sorted([first["id"], second["id"]])


async def test_the_last_blocker_goes_with_the_ticket_that_it_unblocks(world: World) -> None:
    above = await world.ticket("SALES", "OPS")
    blocker = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    resolved = await world.do("resolve", blocker["id"])
    (event,) = await told(world, "ticket.unblocked")
    assert event["data"]["blocker"] == resolved


async def test_a_calendar_that_moves_a_due_time_tells_of_the_tickets_that_it_moves(world: World) -> None:
    await world.sla("FIN", calendar="office", targets=[{"metric": "resolve", "seconds": 8 * 3600}])
    moved, other = await world.ticket("SALES", "FIN"), await world.ticket("SALES", "IT")
    hours = {"hours": {"mon": [["00:00", "12:00"]], "tue": [["00:00", "24:00"]]}}
    response = await world.client.patch(f"/v1/calendars/{world.calendars['office']}", json=hours)
    assert response.status_code == 200, response.text
    (event,) = await told(world, "ticket.updated")
    assert event["data"]["ticket"] == await world.get(f"/v1/tickets/{moved['id']}")
    assert event["data"]["previous"] == {"due_at": "2026-03-02T17:00:00Z"}
    assert event["data"]["ticket"]["due_at"] == "2026-03-03T05:00:00Z"
    assert (await world.get(f"/v1/tickets/{other['id']}"))["version"] == 1


async def test_whatever_many_do_at_once_each_version_of_a_ticket_is_told_once_and_in_order(world: World) -> None:
    """Verbs, words, dependencies, feedback, hand-offs and a calendar, all at the same three tickets."""
    chance = random.Random(11)
    await world.sla("FIN", calendar="office", targets=[{"metric": "resolve", "seconds": 8 * 3600}])
    member = await a_member(world, "ada", "FIN")
    ids = [(await world.ticket("SALES", "FIN"))["id"] for _ in range(3)]
    calendar = f"/v1/calendars/{world.calendars['office']}"

    async def one() -> None:
        id_, other = chance.sample(ids, 2)
        verb = chance.choice(VERBS)
        deeds = [
            lambda: world.try_to(verb, id_),
            lambda: world.try_to("assign", id_, member_id=chance.choice([member["id"], None])),
            lambda: world.try_to("transfer", id_, department=chance.choice(["FIN", "OPS"]), reason="So."),
            lambda: world.client.patch(f"/v1/tickets/{id_}", json={"title": f"Title {chance.random()}"}),
            lambda: world.client.post(f"/v1/tickets/{id_}/dependencies", json={"blocker_id": other}),
            lambda: world.client.delete(f"/v1/tickets/{id_}/dependencies/{other}"),
            lambda: world.client.post(f"/v1/tickets/{id_}/feedback", json={"score": chance.randint(1, 5)}),
            lambda: world.client.patch(calendar, json={"hours": {"mon": [["00:00", f"{chance.randint(10, 23)}:00"]]}}),
        ]
        answer = await chance.choice([deeds[0], deeds[0], *deeds])()
        assert answer.status_code in (200, 204, 404, 409, 422), answer.text

    await world.department("OPS")
    for _ in range(8):
        await asyncio.gather(*[one() for _ in range(10)])
    versions: dict[str, list[int]] = defaultdict(list)
    for event in await told(world, "ticket.*,sla.*"):
        versions[event["data"]["ticket"]["id"]].append(event["data"]["ticket"]["version"])
    for id_ in ids:
        steps = {after - before for before, after in pairwise(versions[id_])}
        assert len(versions[id_]) > 10
        assert steps <= {0, 1}, versions[id_]
        assert (versions[id_][0], versions[id_][-1]) == (1, (await world.get(f"/v1/tickets/{id_}"))["version"])


async def test_telling_whom_tickets_concern_costs_one_statement_for_one_or_a_thousand(
    world: World, statements: Statements
) -> None:
    draft = await world.draft("SALES", "FIN")
    costs = []
    for count in (1, 2, 1000):
        statements.clear()
        await world.post("/v1/tickets/batch", {"items": [draft] * count}, 200)
        costs.append(sum("json_build_array" in statement for statement in statements.seen))
    assert costs == [1, 1, 1]
