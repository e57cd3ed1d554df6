"""Tickets over HTTP: opening, the verbs, dependencies, batches."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kernel.database import Database
from app.main import use
from tests.conftest import BOOTSTRAP_KEY, Clock, Statements, client_of
from tests.tickets.worlds import CONTEXT, World

NOBODY = "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"
MANY_CUSTOMERS = """
    insert into customers (id, external_ref, name) select gen_random_uuid(), n, n from generate_series(1, 5000) n
"""
PLANNED_ANEW = """
    select custom_plans from pg_prepared_statements
    where statement like '%) offered%' or statement like '%with opened as%' or statement like '%json_build_array%'
"""


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return World(client)


def draft(world: World, **fields: Any) -> dict[str, Any]:
    names = {"requester_department_id": "SALES", "provider_department_id": "FIN"}
    return {
        "title": "Credit check",
        **{field: world.departments[key] for field, key in names.items()},
        "customer_id": world.customer_id,
        **fields,
    }


async def test_a_ticket_without_any_customer_is_refused(world: World) -> None:
    await world.ticket("SALES", "FIN")
    body = draft(world)
    del body["customer_id"]
    response = await world.client.post("/v1/tickets", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/customer_id"


async def test_the_customer_is_inherited_from_the_commitment(world: World) -> None:
    promised = await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
    ticket = await world.ticket("SALES", "FIN", commitment_id=promised["id"])
    assert (ticket["customer_id"], ticket["commitment_id"]) == (promised["customer_id"], promised["id"])


async def test_customer_and_commitment_are_inherited_from_the_first_ticket_it_blocks(world: World) -> None:
    promised = await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
    above = await world.ticket("SALES", "OPS", commitment_id=promised["id"])
    below = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    assert (below["customer_id"], below["commitment_id"]) == (promised["customer_id"], promised["id"])
    assert below["blocks"] == [above["id"]]
    seen = await world.get(f"/v1/tickets/{above['id']}")
    assert (seen["blocked_by"], seen["version"]) == ([below["id"]], above["version"] + 1)


async def test_a_customer_other_than_the_commitments_is_refused(world: World) -> None:
    promised = await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
    other = await world.customer("OTHER")
    await world.department("FIN")
    response = await world.client.post(
        "/v1/tickets", json=draft(world, customer_id=other, commitment_id=promised["id"])
    )
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/customer_id")


async def test_source_and_external_ref_together_are_unique(world: World) -> None:
    reference = {"source": "helpdesk", "external_ref": "17"}
    await world.ticket("SALES", "FIN", **reference)
    assert (await world.client.post("/v1/tickets", json=draft(world, **reference))).status_code == 409
    other = await world.client.post("/v1/tickets", json=draft(world, **{**reference, "source": "crm"}))
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ("requester_department_id", "/requester_department_id"),
        ("requester_id", "/requester_id"),
        ("request_type_id", "/request_type_id"),
        ("customer_id", "/customer_id"),
        ("commitment_id", "/commitment_id"),
    ],
)
async def test_what_does_not_exist_is_named(world: World, field: str, pointer: str) -> None:
    await world.ticket("SALES", "FIN")
    body = draft(world, **{field: "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"})
    response = await world.client.post("/v1/tickets", json=body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_ticket_cannot_be_opened_in_the_future(world: World, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    await world.ticket("SALES", "FIN")
    response = await world.client.post("/v1/tickets", json=draft(world, opened_at="2026-03-02T09:00:01Z"))
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/opened_at")


async def test_another_instant_than_now_needs_the_permission_backdate(world: World, app: Any, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    ticket = await world.ticket("SALES", "FIN")
    key = await world.post("/v1/api-keys", {"name": "tool", "role": "integration", "permissions": ["read", "write"]})
    async with client_of(app, key["key"]) as tool:
        path = f"/v1/tickets/{ticket['id']}/start"
        earlier = await tool.post(path, json={"at": "2026-03-02T08:00:00Z"})
        present = await tool.post(path, json={"at": "2026-03-02T09:00:00Z"})
    assert (earlier.status_code, present.status_code) == (403, 200)


async def test_time_does_not_run_backwards_within_a_ticket(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z")
    await world.do("start", ticket["id"], "2026-03-02T12:00:00Z")
    response = await world.try_to("resolve", ticket["id"], "2026-03-02T11:59:59Z")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/at")


async def test_a_verb_that_is_impossible_says_what_is_possible(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    response = await world.try_to("close", ticket["id"])
    problem = response.json()
    assert (response.status_code, problem["type"]) == (409, "/problems/not-possible-in-this-state")
    assert "resolve" in problem["possible"]
    assert "close" not in problem["possible"]


async def test_a_hand_off_opens_a_leg_and_a_return_gives_it_back(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    moved = await world.do("transfer", ticket["id"], department="OPS")
    assert (moved["provider_department_id"], moved["hop_count"]) == (world.departments["OPS"], 1)
    back = await world.do("return", ticket["id"])
    assert (back["provider_department_id"], back["hop_count"]) == (world.departments["FIN"], 2)
    assert (await world.try_to("return", ticket["id"])).status_code == 409
    entries = (await world.get(f"/v1/tickets/{ticket['id']}/history"))["items"]
    assert [entry["verb"] for entry in entries] == ["open", "transfer", "return"]
    assert entries[1]["details"]["context"]["summary"] == "What was asked"


async def test_a_hand_off_needs_its_context(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    response = await world.try_to("transfer", ticket["id"], department="OPS", context={"summary": "x"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/context/customer_expects")


async def test_a_stale_if_match_moves_nothing(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("acknowledge", ticket["id"])
    path = f"/v1/tickets/{ticket['id']}/start"
    response = await world.client.post(path, json={}, headers={"If-Match": '"1"'})
    assert response.status_code == 412
    assert (await world.get(f"/v1/tickets/{ticket['id']}"))["status"] == "acknowledged"


async def test_of_many_resolutions_at_once_one_is_made(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    answers = await asyncio.gather(*[world.try_to("resolve", ticket["id"]) for _ in range(12)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11


async def test_many_waits_at_once_leave_one_life_and_its_clocks_in_step(world: World) -> None:
    terms = {"targets": [{"metric": "resolve", "seconds": 3600}], "pause_on": ["customer"]}
    await world.sla("FIN", **terms)
    ticket = await world.ticket("SALES", "FIN")
    parties = ["customer", "requester"] * 6
    answers = await asyncio.gather(*[world.try_to("wait", ticket["id"], on=party) for party in parties])
    assert {answer.status_code for answer in answers} == {200}
    stored = await world.get(f"/v1/tickets/{ticket['id']}")
    replayed = await world.get(f"/v1/tickets/{ticket['id']}/clocks")
    assert stored["version"] == 13
    assert [clock["state"] for clock in stored["clocks"]] == [clock["state"] for clock in replayed["clocks"]]


async def test_every_change_is_told_with_what_it_was_before(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("wait", ticket["id"], on="requester")
    await world.do("resolve", ticket["id"])
    await world.do("close", ticket["id"])
    events = (await world.get("/v1/events?types=ticket.*"))["items"]
    kinds = ["ticket.opened", "ticket.waiting", "ticket.resolved", "ticket.closed"]
    assert [event["type"] for event in events] == kinds
    assert events[1]["data"]["ticket"]["waiting_on"] == "requester"
    assert events[1]["data"]["previous"]["status"] == "open"
    assert events[2]["data"]["actor"]["name"] == "bootstrap"


async def test_the_last_blocker_to_end_unblocks(world: World) -> None:
    above = await world.ticket("SALES", "OPS")
    first = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    second = await world.ticket("OPS", "IT", blocks=[above["id"]])
    await world.do("resolve", first["id"])
    assert (await world.get("/v1/events?types=ticket.unblocked"))["items"] == []
    await world.do("cancel", second["id"])
    (event,) = (await world.get("/v1/events?types=ticket.unblocked"))["items"]
    assert event["data"]["ticket"]["id"] == above["id"]


async def test_a_circle_of_dependencies_is_refused_and_named(world: World) -> None:
    first = await world.ticket("SALES", "OPS")
    second = await world.ticket("OPS", "FIN", blocks=[first["id"]])
    third = await world.ticket("FIN", "IT", blocks=[second["id"]])
    path = f"/v1/tickets/{third['id']}/dependencies"
    response = await world.client.post(path, json={"blocker_id": first["id"]})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/dependency-cycle")
    assert response.json()["detail"] == "It would close a circle: T-3 blocks T-2 blocks T-1 blocks T-3."
    itself = await world.client.post(path, json={"blocker_id": third["id"]})
    assert itself.status_code == 409


async def test_of_two_dependencies_that_close_a_circle_together_one_is_made(world: World) -> None:
    pairs = [(await world.ticket("SALES", "OPS"), await world.ticket("SALES", "FIN")) for _ in range(6)]

    async def block(blocked: dict[str, Any], blocker: dict[str, Any]) -> int:
        path = f"/v1/tickets/{blocked['id']}/dependencies"
        return (await world.client.post(path, json={"blocker_id": blocker["id"]})).status_code

    for one, other in pairs:
        assert sorted(await asyncio.gather(block(one, other), block(other, one))) == [200, 409]


async def test_a_dependency_can_be_taken_back(world: World) -> None:
    above = await world.ticket("SALES", "OPS")
    below = await world.ticket("OPS", "FIN", blocks=[above["id"]])
    path = f"/v1/tickets/{above['id']}/dependencies/{below['id']}"
    removed = await world.client.delete(path)
    assert (removed.status_code, removed.json()["blocked_by"]) == (200, [])
    assert (await world.client.delete(path)).status_code == 404


async def test_a_batch_stores_the_valid_ones_and_answers_each_in_its_place(world: World) -> None:
    await world.ticket("SALES", "FIN", source="crm", external_ref="1")
    items = [
        draft(world, source="crm", external_ref="1"),
        draft(world, source="crm", external_ref="2"),
        draft(world, source="crm", external_ref="2"),
        {"title": "x"},
        7,
        draft(world, opened_at="2999-01-01T00:00:00Z"),
        draft(world, customer_id="0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b"),
        draft(world, title="last"),
    ]
    results = (await world.post("/v1/tickets/batch", {"items": items}, 200))["results"]
    assert [result["status"] for result in results] == [409, 201, 409, 422, 422, 422, 422, 201]
    assert results[1]["ticket"]["external_ref"] == "2"
    assert results[7]["ticket"]["title"] == "last"
    assert all(("ticket" in result) != ("problem" in result) for result in results)
    assert len((await world.get("/v1/tickets"))["items"]) == 3


async def test_an_item_of_a_batch_is_refused_for_itself_with_its_place(world: World) -> None:
    await world.ticket("SALES", "FIN")
    results = (await world.post("/v1/tickets/batch", {"items": [draft(world, title="a\0b"), draft(world), {}]}, 200))[
        "results"
    ]
    assert [result["status"] for result in results] == [422, 201, 422]
    assert results[0]["problem"]["errors"] == [{"pointer": "/title", "detail": "must not contain NUL characters."}]
    assert results[2]["problem"]["instance"] == "/v1/tickets/batch#/items/2"


@pytest.mark.parametrize(
    ("verb", "needed", "pointer"),
    [
        ("assign", {"member_id": NOBODY}, "/member_id"),
        ("transfer", {"department_id": NOBODY, "reason": "Theirs.", "context": CONTEXT}, "/department_id"),
    ],
)
async def test_a_verb_that_names_what_does_not_exist_is_refused_by_its_own_field(
    world: World, verb: str, needed: dict[str, object], pointer: str
) -> None:
    ticket = await world.ticket("SALES", "FIN")
    response = await world.client.post(f"/v1/tickets/{ticket['id']}/{verb}", json=needed)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": pointer, "detail": "names something that does not exist."}]


async def test_a_verb_that_is_not_possible_says_which_ones_are(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    await world.do("resolve", ticket["id"])
    refused = await world.try_to("start", ticket["id"])
    assert refused.status_code == 409
    told = ", ".join(f"`{verb}`" for verb in refused.json()["possible"])
    assert refused.json()["detail"] == f"`start` is not possible while the ticket is resolved. Possible now: {told}."
    assert {"reopen", "close"} <= set(refused.json()["possible"])


async def test_a_verb_that_needs_nothing_needs_no_body(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN")
    for verb in ("acknowledge", "start"):
        assert (await world.client.post(f"/v1/tickets/{ticket['id']}/{verb}")).status_code == 200
    await world.do("resolve", ticket["id"])
    assert (await world.client.post(f"/v1/tickets/{ticket['id']}/close")).json()["status"] == "closed"


@pytest.mark.parametrize("reason", ["", "  "])
async def test_a_reason_says_something(world: World, reason: str) -> None:
    ticket = await world.ticket("SALES", "FIN")
    response = await world.client.post(f"/v1/tickets/{ticket['id']}/cancel", json={"reason": reason})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/reason")


async def test_a_thousand_tickets_cost_as_many_statements_as_two(world: World, statements: Statements) -> None:
    await world.ticket("SALES", "FIN")
    costs = []
    for count in (2, 1000):
        items = [draft(world, title=f"{count} {number}") for number in range(count)]
        statements.clear()
        results = (await world.post("/v1/tickets/batch", {"items": items}, 200))["results"]
        costs.append(len(statements))
        assert {result["status"] for result in results} == {201}
        assert [result["ticket"]["title"] for result in results] == [item["title"] for item in items]
    assert costs[1] <= costs[0] + 4


async def test_no_statement_of_an_opening_is_planned_anew_each_time(
    world: World, app: FastAPI, database: Database
) -> None:
    async with database.writing() as connection:
        await connection.execute(text(MANY_CUSTOMERS))
        await connection.execute(text("analyze customers"))
    connected_anew = Database(database.url, pool_size=1)  # A connection keeps its plans.
    use(app, connected_anew)
    openings = 30
    for _ in range(openings):
        await world.ticket("SALES", "FIN")
    async with connected_anew.reading() as connection:
        planned = (await connection.execute(text(PLANNED_ANEW))).scalars().all()
    await connected_anew.close()
    assert len(planned) > 2
    # PostgreSQL plans each five times anew before it looks; and again should a table's statistics come meanwhile.
    assert max(planned) < openings / 2


async def test_a_batch_of_more_than_a_thousand_is_refused(world: World) -> None:
    response = await world.client.post("/v1/tickets/batch", json={"items": [{}] * 1001})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/items")


async def test_a_list_of_tickets_costs_the_same_however_long(world: World, statements: Statements) -> None:
    costs = []
    for _ in range(2):
        for _ in range(4):
            await world.ticket("SALES", "FIN")
        statements.clear()
        await world.get("/v1/tickets")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 2


async def test_nobody_without_a_key_and_no_analyst_writes(world: World, anonymous: httpx.AsyncClient, app: Any) -> None:
    await world.ticket("SALES", "FIN")
    assert (await anonymous.post("/v1/tickets", json=draft(world))).status_code == 401
    key = await world.post("/v1/api-keys", {"name": "reports", "role": "analyst"})
    async with client_of(app, key["key"]) as analyst:
        assert (await analyst.get("/v1/tickets")).status_code == 200
        assert (await analyst.post("/v1/tickets", json=draft(world))).status_code == 403
    async with client_of(app, BOOTSTRAP_KEY[:-1] + "x") as stranger:
        assert (await stranger.get("/v1/tickets")).status_code == 401


async def test_a_change_of_priority_that_selects_another_agreement_is_explained(world: World) -> None:
    urgent = await world.sla("FIN", rank=1, priorities=["p1"], targets=[{"metric": "resolve", "seconds": 3600}])
    usual = await world.sla("FIN", rank=2, targets=[{"metric": "resolve", "seconds": 28800}])
    ticket = await world.ticket("SALES", "FIN")

    async def explained() -> tuple[str, list[list[str]]]:
        (leg,) = (await world.get(f"/v1/tickets/{ticket['id']}/sla-explanation"))["legs"]
        return leg["sla_id"], [candidate["failed"] for candidate in leg["candidates"]]

    assert await explained() == (usual["id"], [["priorities"], []])
    prioritised = await world.do("prioritise", ticket["id"], priority="p1")
    assert prioritised["clocks"][0]["sla_id"] == urgent["id"]
    assert await explained() == (urgent["id"], [[], []])
