"""Customers and commitments with a key that stands for a member: those whom they serve, and no other."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.access.people import a_member, client_for
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
OF_CUSTOMER = (
    "",
    "/outcomes",
    "/relationships",
    "/touchpoints",
    "/brief",
    "/timeline",
    "/ripple",
    "/exposure",
    "/worth",
)
OF_COMMITMENT = ("", "/ripple", "/ripple/explain", "/ripple.svg", "/forecast")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(NINE)
    world = World(client)
    for key in ("SALES", "FIN", "OPS"):
        await world.department(key)
    return world


async def as_(app: FastAPI, world: World, name: str, *departments: str, role: str = "member") -> World:
    return replace(world, client=await client_for(app, world, role, await a_member(world, name, *departments)))


async def serves(world: World, customer_id: str, **fields: Any) -> dict[str, Any]:
    body = {"role": "account owner", "since": NINE, **fields}
    made: dict[str, Any] = await world.post(f"/v1/customers/{customer_id}/relationships", body)
    return made


async def statuses(world: World, path: str, below: tuple[str, ...]) -> set[int]:
    return {(await world.client.get(f"{path}{each}")).status_code for each in below}


async def ids(world: World, path: str) -> set[str]:
    return {each["id"] for each in (await world.get(path))["items"]}


@pytest.mark.parametrize("role", ["member", "lead"])
async def test_who_serves_a_customer_reads_all_that_is_known_of_it(world: World, app: FastAPI, role: str) -> None:
    ada = await as_(app, world, "Ada", "FIN", role=role)
    own, ours, other = [await world.customer(ref) for ref in ("OWN", "OURS", "OTHER")]
    relationship = await serves(world, own, member_id=(await ada.get("/v1/me"))["member_id"])
    await serves(world, ours, department_id=world.departments["FIN"])
    for customer_id in (own, ours):
        assert await statuses(ada, f"/v1/customers/{customer_id}", OF_CUSTOMER) == {200}
    assert await statuses(ada, f"/v1/customers/{other}", OF_CUSTOMER) == {404}
    assert await ids(ada, "/v1/customers") == {own, ours}
    assert (await ada.get("/v1/customers?external_ref=OTHER"))["items"] == []
    assert (await ada.get(f"/v1/customers/{own}/relationships/{relationship['id']}"))["role"] == "account owner"


async def test_who_serves_it_no_more_reads_nothing(world: World, app: FastAPI, clock: Clock) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    acme = await world.customer()
    serving = await serves(world, acme, department_id=world.departments["FIN"])
    assert await ids(ada, "/v1/customers") == {acme}
    clock.at(TEN)
    await world.post(f"/v1/customers/{acme}/relationships/{serving['id']}/end", {"reason": "Moved."}, 200)
    assert await statuses(ada, f"/v1/customers/{acme}", OF_CUSTOMER) == {404}
    assert await ids(ada, "/v1/customers") == set()


async def test_they_change_nothing_of_it(world: World, app: FastAPI) -> None:
    ada, acme = await as_(app, world, "Ada", "FIN"), await world.customer()
    await serves(world, acme, department_id=world.departments["FIN"])
    for path, body in (("outcomes", {"kind": "complaint"}), ("relationships", {"role": "billing"})):
        assert (await ada.client.post(f"/v1/customers/{acme}/{path}", json=body)).status_code == 403
    assert (await ada.client.patch(f"/v1/customers/{acme}", json={"notes": "Mine."})).status_code == 403


async def test_commitments_are_seen_by_who_serves_their_customer_and_who_answers_for_them(
    world: World, app: FastAPI
) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    served, other = await world.customer("SERVED"), await world.customer("OTHER")
    await serves(world, served, member_id=(await ada.get("/v1/me"))["member_id"])
    seen = [
        (await world.commitment(owner, NINE, "2026-03-09T09:00:00Z", customer_id=customer_id))["id"]
        for owner, customer_id in (("SALES", served), ("FIN", other))
    ]
    unseen = (await world.commitment("SALES", NINE, "2026-03-09T09:00:00Z", customer_id=other))["id"]
    for id_ in seen:
        assert await statuses(ada, f"/v1/commitments/{id_}", OF_COMMITMENT) == {200}
        assert (await ada.client.post(f"/v1/commitments/{id_}/deliver", json={})).status_code == 403
    assert await statuses(ada, f"/v1/commitments/{unseen}", OF_COMMITMENT) == {404}
    assert await ids(ada, "/v1/commitments") == set(seen)
    assert await ids(ada, f"/v1/commitments?customer_id={other}") == {seen[1]}


async def test_lists_cost_the_same_statements_however_much_is_seen(
    world: World, app: FastAPI, statements: Statements
) -> None:
    ada = await as_(app, world, "Ada", "FIN")
    costs = []
    for ref in ("FIRST", "SECOND", "THIRD"):
        customer_id = await world.customer(ref)
        await serves(world, customer_id, department_id=world.departments["FIN"])
        await world.commitment("FIN", NINE, "2026-03-09T09:00:00Z", customer_id=customer_id)
        await ids(ada, "/v1/customers")
        statements.clear()
        await ids(ada, "/v1/customers")
        await ids(ada, "/v1/commitments")
        costs.append(len(statements))
    assert costs == [2, 2, 2]


async def test_the_timeline_says_who_it_was_and_keeps_to_providers_what_is_among_them(
    world: World, app: FastAPI
) -> None:
    fin, sales = await as_(app, world, "Fay", "FIN"), await as_(app, world, "Sam", "SALES")
    acme = await world.customer()
    for department in ("FIN", "SALES"):
        await serves(world, acme, department_id=world.departments[department])
    ticket = await world.ticket("SALES", "FIN")
    await fin.do("comment", ticket["id"], body="They never pay in time.")
    await fin.do("comment", ticket["id"], body="We look at it.", visibility="requester")

    async def said(who: World) -> list[tuple[str, str]]:
        items = (await who.get(f"/v1/customers/{acme}/timeline?kind=comment"))["items"]
        return [(each["text"].rpartition(": ")[2], each["member_id"]) for each in items]

    fay = (await fin.get("/v1/me"))["member_id"]
    assert await said(world) == await said(fin) == [("They never pay in time.", fay), ("We look at it.", fay)]
    assert await said(sales) == [("We look at it.", fay)]
    touched = (await world.get(f"/v1/customers/{acme}/touchpoints"))["items"]
    assert (fay, 2) in [(each["member_id"], each["comments"]) for each in touched]
