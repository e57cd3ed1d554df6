"""`/v1/metrics/approvals`: what is nearly always granted, and how long customers waited for it."""

from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

MONDAY = "2026-03-02T"
HOUR = 3600
DAY = 86400
DECISIONS = ("decided", "granted", "granted_share", "p50_seconds", "delegation_candidate")
WAIT = "customer_wait_seconds"


class Approvals(World):
    """A company in which FIN approves credit and discounts, and does tasks."""

    types: dict[str, str]

    async def begin(self) -> "Approvals":
        provider = await self.department("FIN")
        self.types = {}
        for key, kind in (("credit", "approval"), ("discount", "approval"), ("invoice", "task")):
            body = {"provider_department_id": provider, "key": key, "name": key.title(), "kind": kind}
            self.types[key] = (await self.post("/v1/request-types", body))["id"]
        return self

    async def decided(self, key: str, opened: str, resolved: str, granted: bool | None, **fields: Any) -> str:
        ticket = await self.ticket(
            "SALES", "FIN", request_type_id=self.types[key], opened_at=f"{MONDAY}{opened}Z", **fields
        )
        stated = {} if granted is None else {"granted": granted}
        await self.do("resolve", ticket["id"], f"{MONDAY}{resolved}Z", **stated)
        return str(ticket["id"])


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> Approvals:
    clock.at("2026-03-20T12:00:00+00:00")
    return await Approvals(client).begin()


async def test_each_kind_of_approval_has_its_decisions(world: Approvals) -> None:
    await world.decided("credit", "09:00:00", "10:00:00", True)
    await world.decided("credit", "09:00:00", "11:00:00", False)
    await world.decided("discount", "09:00:00", "09:30:00", True)
    answer = await report(world.client, "approvals")
    assert answer["group_by"] == ["request_type"]
    assert figures(answer, *DECISIONS) == {
        "credit": (2, 1, 0.5, 5400, False),
        "discount": (1, 1, 1.0, 1800, False),
    }
    assert totals(answer, *DECISIONS) == (3, 2, 2 / 3, HOUR, False)


async def test_only_approvals_that_say_whether_they_were_granted_count(world: Approvals) -> None:
    await world.decided("credit", "09:00:00", "10:00:00", None)
    await world.decided("invoice", "09:00:00", "10:00:00", True)
    answer = await report(world.client, "approvals")
    assert (answer["rows"], totals(answer, "decided", "granted_share", WAIT)) == ([], (0, None, 0))


async def test_an_approval_counts_when_it_was_resolved_and_no_more_when_it_was_reopened(world: Approvals) -> None:
    ticket = await world.decided("credit", "09:00:00", "10:00:00", True)
    before = await report(world.client, "approvals", to=MONDAY + "10:00:00Z")
    assert (totals(before, "decided"), totals(await report(world.client, "approvals"), "decided")) == ((0,), (1,))
    await world.do("reopen", ticket, "2026-03-20T11:00:00Z")
    assert totals(await report(world.client, "approvals"), "decided") == (0,)


@pytest.mark.parametrize(("granted", "refused", "candidate"), [(19, 0, False), (19, 1, True), (20, 2, False)])
async def test_twenty_decisions_of_which_nineteen_were_granted_make_a_candidate(
    world: Approvals, granted: int, refused: int, candidate: bool
) -> None:
    for number in range(granted + refused):
        await world.decided("credit", "09:00:00", "10:00:00", number < granted)
    assert figures(await report(world.client, "approvals"), "delegation_candidate") == {"credit": (candidate,)}


async def test_the_customers_wait_is_what_the_decomposition_charges_to_the_approval(world: Approvals) -> None:
    """OPS, at it from 09:00 to 15:00, waited for the credit from 10:00 to 13:00, and meanwhile for a discount: that was
    there long before the credit was."""
    promised = await world.commitment("SALES", MONDAY + "08:00:00Z", MONDAY + "12:00:00Z")
    above = await world.ticket("SALES", "OPS", commitment_id=promised["id"], opened_at=MONDAY + "09:00:00Z")
    await world.decided("credit", "10:00:00", "13:00:00", True, blocks=[above["id"]])
    await world.decided("discount", "10:30:00", "11:00:00", True, blocks=[above["id"]])
    await world.do("resolve", above["id"], MONDAY + "15:00:00Z")
    await world.post(f"/v1/commitments/{promised['id']}/deliver", {"at": MONDAY + "16:00:00Z"}, status=200)
    answer = await report(world.client, "approvals")
    assert figures(answer, WAIT) == {"credit": (3 * HOUR,), "discount": (0,)}
    assert totals(answer, WAIT) == (3 * HOUR,)


async def test_an_approval_that_serves_no_commitment_kept_no_customer_waiting(world: Approvals) -> None:
    await world.decided("credit", "09:00:00", "10:00:00", True)
    assert totals(await report(world.client, "approvals"), WAIT) == (0,)


async def test_filters_leave_every_wait_that_they_leave_as_it_was(world: Approvals) -> None:
    for key, delivered in (("credit", "14:00:00"), ("discount", "15:00:00")):
        promised = await world.commitment("SALES", MONDAY + "08:00:00Z", MONDAY + "12:00:00Z")
        await world.decided(key, "09:00:00", "13:00:00", True, commitment_id=promised["id"])
        await world.post(f"/v1/commitments/{promised['id']}/deliver", {"at": f"{MONDAY}{delivered}Z"}, status=200)
    both = figures(await report(world.client, "approvals"), WAIT)
    assert both == {"credit": (4 * HOUR,), "discount": (4 * HOUR,)}
    for key in both:
        only = await report(world.client, "approvals", request_type_id=world.types[key])
        assert figures(only, WAIT) == {key: both[key]}
    nobody = await report(world.client, "approvals", provider_department_id=world.departments["SALES"])
    assert totals(nobody, WAIT) == (0,)


async def test_commitments_above_no_approval_that_counts_are_not_loaded(
    world: Approvals, statements: Statements
) -> None:
    promised = await world.commitment("SALES", MONDAY + "08:00:00Z", MONDAY + "12:00:00Z")
    await world.decided("credit", "09:00:00", "10:00:00", True, commitment_id=promised["id"])
    statements.clear()
    for condition in ({"priority": "p1"}, {"customer_tier": "gold"}, {"source": "crm"}):
        await world.client.get("/v1/metrics/approvals", params={"from": "2026-03-01T00:00:00Z", **condition})
    assert len(statements) == 2 * 3


async def test_it_costs_the_same_few_statements_whatever_there_is(world: Approvals, statements: Statements) -> None:
    async def cost() -> int:
        statements.clear()
        await world.client.get("/v1/metrics/approvals", params={"from": "2026-03-01T00:00:00Z"})
        return len(statements)

    async def promise() -> None:
        promised = await world.commitment("SALES", MONDAY + "08:00:00Z", MONDAY + "12:00:00Z")
        await world.decided("credit", "09:00:00", "10:00:00", True, commitment_id=promised["id"])

    await promise()
    few = await cost()
    for _ in range(5):
        await promise()
    assert await cost() == few <= 9
