"""`/v1/metrics/delegations` and what delegation means for `/v1/metrics/approvals`."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600


class Delegating(World):
    """A company in which FIN approves credit and discounts for SALES and OPS."""

    types: dict[str, str]

    async def begin(self) -> "Delegating":
        self.types = {}
        for key in ("credit", "discount"):
            body = {"provider_department_id": await self.department("FIN"), "key": key, "name": key, "kind": "approval"}
            self.types[key] = (await self.post("/v1/request-types", body))["id"]
        return self

    async def delegate(self, key: str, requester: str = "SALES") -> None:
        body = {"department_id": await self.department(requester)}
        await self.post(f"/v1/request-types/{self.types[key]}/delegate", body, status=200)

    async def asked(self, key: str, opened: str, requester: str = "SALES", **fields: Any) -> str:
        at = opened if "T" in opened else MONDAY + opened
        made = await self.ticket(requester, "FIN", request_type_id=self.types[key], opened_at=f"{at}Z", **fields)
        return str(made["id"])

    async def decided(self, key: str, opened: str, resolved: str, granted: bool = True, **fields: Any) -> str:
        id_ = await self.asked(key, opened, **fields)
        await self.do("resolve", id_, f"{MONDAY if 'T' not in resolved else ''}{resolved}Z", granted=granted)
        return id_


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> Delegating:
    clock.at("2026-03-02T08:00:00+00:00")
    world = await Delegating(client).begin()
    clock.at("2026-03-20T12:00:00+00:00")
    return world


async def test_what_was_granted_by_delegation_counts_by_what_was_asked_for_and_who_asked(
    world: Delegating, clock: Clock
) -> None:
    clock.at("2026-03-02T12:30:00+00:00")
    for requester, hours in (("SALES", ("09:00:00", "10:00:00")), ("SALES", ("09:00:00", "12:00:00"))):
        await world.decided("credit", *hours, requester=requester)
    await world.delegate("credit")
    await world.delegate("credit", "OPS")
    clock.at("2026-03-20T12:00:00+00:00")
    other = await world.customer("OTHER")
    for fields in ({}, {"customer_id": other}, {"requester": "OPS"}):
        await world.asked("credit", "13:00:00", **fields)
    answer = await report(world.client, "delegations")
    assert answer["group_by"] == ["request_type", "requester"]
    names = ("granted", "customers", "reopened", "refused", "spared_seconds")
    assert figures(answer, *names) == {("credit", "SALES"): (2, 2, 0, 0, 4 * HOUR), ("credit", "OPS"): (1, 1, 0, 0, 0)}
    assert totals(answer, *names) == (3, 2, 0, 0, 4 * HOUR)


async def test_what_was_looked_into_again_and_refused_is_told(world: Delegating, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    await world.delegate("credit")
    clock.at("2026-03-20T12:00:00+00:00")
    granted = [await world.asked("credit", "10:00:00") for _ in range(3)]
    for ticket in granted[:2]:
        await world.do("reopen", ticket, MONDAY + "11:00:00Z")
    await world.do("resolve", granted[0], MONDAY + "12:00:00Z", granted=False)
    await world.do("resolve", granted[1], MONDAY + "12:00:00Z", granted=True)
    reviewed = await report(world.client, "delegations")
    assert totals(reviewed, "granted", "reopened", "refused") == (3, 2, 1)
    assert totals(await report(world.client, "approvals"), "decided", "granted", "delegated") == (3, 2, 1)


async def test_what_a_delegation_granted_makes_no_candidate(world: Delegating, clock: Clock) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    await world.delegate("credit")
    clock.at("2026-03-20T12:00:00+00:00")
    for _ in range(20):
        await world.asked("credit", "10:00:00")
    names = ("decided", "delegated", "granted_share", "p50_seconds", "delegation_candidate")
    assert figures(await report(world.client, "approvals"), *names) == {"credit": (20, 20, 1.0, 0, False)}


SAVES = ("customer_wait_seconds", "delegation_saves_seconds")


async def above(world: Delegating) -> tuple[str, str]:
    """A promise by SALES, and a ticket of OPS beneath it, at which that works from 09:00."""
    promised = await world.commitment("SALES", MONDAY + "08:00:00Z", MONDAY + "12:00:00Z")
    ticket = await world.ticket("SALES", "OPS", commitment_id=promised["id"], opened_at=MONDAY + "09:00:00Z")
    return promised["id"], ticket["id"]


async def deliver(world: Delegating, promised: str, ticket: str) -> None:
    await world.do("resolve", ticket, MONDAY + "15:00:00Z")
    await world.post(f"/v1/commitments/{promised}/deliver", {"at": MONDAY + "16:00:00Z"}, status=200)


async def test_delegation_would_have_saved_what_nothing_else_would_have_held_up(world: Delegating) -> None:
    """The credit was waited for from 10:00 to 13:00; without that wait the discount had been there at 11:00 only."""
    promised, ticket = await above(world)
    await world.decided("credit", "10:00:00", "13:00:00", blocks=[ticket])
    await world.decided("discount", "10:00:00", "11:00:00", blocks=[ticket])
    await deliver(world, promised, ticket)
    answer = await report(world.client, "approvals")
    assert figures(answer, *SAVES) == {"credit": (3 * HOUR, 2 * HOUR), "discount": (0, 0)}


async def test_of_two_of_a_kind_at_once_delegation_would_have_saved_what_both_held_up(world: Delegating) -> None:
    promised, ticket = await above(world)
    for _ in range(2):
        await world.decided("credit", "10:00:00", "13:00:00", blocks=[ticket])
    await deliver(world, promised, ticket)
    assert figures(await report(world.client, "approvals"), *SAVES) == {"credit": (3 * HOUR, 3 * HOUR)}


async def test_delegation_saves_nothing_of_what_was_refused(world: Delegating) -> None:
    promised, ticket = await above(world)
    await world.decided("credit", "10:00:00", "13:00:00", granted=False, blocks=[ticket])
    await deliver(world, promised, ticket)
    assert figures(await report(world.client, "approvals"), *SAVES) == {"credit": (3 * HOUR, 0)}


async def test_it_costs_one_statement(world: Delegating, clock: Clock, statements: Statements) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    for requester in ("SALES", "OPS", "LEG"):
        await world.delegate("credit", requester)
    clock.at("2026-03-20T12:00:00+00:00")
    for requester in ("SALES", "OPS", "LEG"):
        await world.asked("credit", "10:00:00", requester)
    statements.clear()
    await world.client.get("/v1/metrics/delegations")
    assert len(statements) == 1
