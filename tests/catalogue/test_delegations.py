"""Delegated approvals over HTTP: granted when they are asked for, as long as that holds, and logged."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World

NINE = "2026-03-02T09:00:00Z"
TEN = "2026-03-02T10:00:00Z"
TARGETS = [{"metric": metric, "seconds": 3600} for metric in ("acknowledge", "resolve")]


class Approving(World):
    """A company in which FIN approves discounts, which SALES asks for."""

    discount: str

    async def begin(self) -> "Approving":
        self.discount = await self.request_type("FIN", "discount")
        await self.department("SALES")
        return self

    async def request_type(self, provider: str, key: str, kind: str = "approval") -> str:
        body = {"provider_department_id": await self.department(provider), "key": key, "name": key, "kind": kind}
        made: dict[str, Any] = await self.post("/v1/request-types", body)
        return str(made["id"])

    async def try_to_delegate(self, department: str = "SALES", **limits: Any) -> httpx.Response:
        body = {"department_id": await self.department(department), **limits}
        return await self.client.post(f"/v1/request-types/{self.discount}/delegate", json=body)

    async def delegate(self, department: str = "SALES", **limits: Any) -> dict[str, Any]:
        response = await self.try_to_delegate(department, **limits)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def undelegate(self, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.post(f"/v1/request-types/{self.discount}/undelegate", body, 200)
        return answer

    async def asked(self, requester: str = "SALES", **fields: Any) -> dict[str, Any]:
        return await self.ticket(requester, "FIN", **{"request_type_id": self.discount, **fields})

    async def told(self, *types: str) -> list[dict[str, Any]]:
        events = (await self.get(f"/v1/events?types={','.join(types)}"))["items"]
        return [dict(each) for each in events]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> Approving:
    clock.at(NINE)
    return await Approving(client).begin()


async def test_an_approval_that_is_delegated_is_granted_when_it_is_asked_for(world: Approving) -> None:
    await world.sla("FIN", targets=TARGETS)
    (delegation,) = (await world.delegate())["delegations"]
    ticket = await world.asked()
    assert (ticket["status"], ticket["granted"], ticket["delegation_id"]) == ("resolved", True, delegation["id"])
    assert ticket["opened_at"] == ticket["acknowledged_at"] == ticket["resolved_at"] == NINE
    assert {clock["metric"]: (clock["state"], clock["met_at"]) for clock in ticket["clocks"]} == {
        "acknowledge": ("met", NINE),
        "resolve": ("met", NINE),
    }
    assert await world.get(f"/v1/tickets/{ticket['id']}") == ticket


async def test_the_history_says_by_which_delegation_it_was_granted(world: Approving) -> None:
    (delegation,) = (await world.delegate())["delegations"]
    ticket = await world.asked()
    opening, grant = (await world.get(f"/v1/tickets/{ticket['id']}/history"))["items"]
    assert (opening["verb"], opening["actor"]["type"]) == ("open", "api_key")
    assert (grant["verb"], grant["at"]) == ("resolve", NINE)
    assert grant["actor"] == {"type": "delegation", "id": delegation["id"], "name": "discount"}
    assert grant["details"] == {
        "granted": True,
        "delegation_id": delegation["id"],
        "resolution": "Granted at once, by delegation.",
    }


async def test_it_is_told_as_opened_then_as_resolved_then_what_was_met(world: Approving) -> None:
    await world.sla("FIN", targets=TARGETS)
    await world.delegate()
    await world.asked()
    opened, resolved, *met = await world.told("ticket.*", "sla.*")
    assert [each["type"] for each in (opened, resolved, *met)] == [
        "ticket.opened",
        "ticket.resolved",
        "sla.met",
        "sla.met",
    ]
    before, after = opened["data"]["ticket"], resolved["data"]["ticket"]
    assert (before["version"], before["status"], before["granted"]) == (1, "open", None)
    assert {clock["state"] for clock in before["clocks"]} == {"running"}
    assert (after["version"], after["status"], after["granted"]) == (2, "resolved", True)
    assert resolved["data"]["previous"] == {
        "status": "open",
        "acknowledged_at": None,
        "resolved_at": None,
        "resolution": None,
        "granted": None,
        "delegation_id": None,
    }
    assert (opened["data"]["actor"]["type"], resolved["data"]["actor"]["type"]) == ("api_key", "delegation")


async def test_what_another_department_or_of_another_kind_asks_is_left_to_somebody(world: Approving) -> None:
    await world.delegate()
    other = await world.request_type("FIN", "credit")
    assert (await world.asked("OPS"))["status"] == "open"
    assert (await world.asked(request_type_id=other))["status"] == "open"
    assert (await world.asked(request_type_id=None))["status"] == "open"


async def test_it_holds_from_then_on_and_until_its_end(world: Approving, clock: Clock) -> None:
    clock.at(TEN)
    await world.delegate(until="2026-03-02T11:00:00Z")
    assert (await world.asked(opened_at=NINE))["status"] == "open"
    assert (await world.asked())["granted"] is True
    clock.at("2026-03-02T11:00:00Z")
    assert (await world.asked())["granted"] is None


async def test_what_is_granted_is_worth_no_more_by_its_commitment_else_by_its_customer(world: Approving) -> None:
    await world.customer(annual_value="5000", currency="EUR")
    await world.delegate(up_to_value="1000.00", currency="EUR")
    dear, cheap = [
        (await world.commitment("SALES", NINE, TEN, value=value, currency="EUR"))["id"] for value in ("1001", "1000")
    ]
    unvalued = (await world.commitment("SALES", NINE, TEN))["id"]
    dollars = (await world.commitment("SALES", NINE, TEN, value="1", currency="USD"))["id"]
    unknown, small = await world.customer("NEW"), await world.customer("SMALL", annual_value="10", currency="EUR")
    granted = [
        (await world.asked(**serving))["granted"]
        for serving in (
            {"commitment_id": cheap},
            {"commitment_id": dear},
            {"commitment_id": unvalued},
            {"commitment_id": dollars},
            {"customer_id": unknown},
            {"customer_id": small},
        )
    ]
    assert granted == [True, None, None, None, None, True]


async def test_what_blocks_a_ticket_is_worth_what_that_serves(world: Approving) -> None:
    await world.customer(annual_value="5000", currency="EUR")
    await world.delegate(up_to_value="1000.00")
    promised = await world.commitment("SALES", NINE, TEN, value="900", currency="EUR")
    above = (await world.ticket("OPS", "SALES", commitment_id=promised["id"]))["id"]
    assert (await world.asked(blocks=[above]))["granted"] is True
    assert (await world.asked(blocks=[above], customer_id=world.customer_id))["granted"] is True
    assert (await world.asked(customer_id=world.customer_id))["granted"] is None


async def test_what_waited_for_nothing_else_is_unblocked(world: Approving) -> None:
    await world.delegate()
    above = await world.ticket("OPS", "SALES")
    asked = await world.asked(blocks=[above["id"]])
    kinds = [each["type"] for each in await world.told("ticket.*")]
    assert kinds == ["ticket.opened", "ticket.opened", "ticket.resolved", "ticket.updated", "ticket.unblocked"]
    (told,) = await world.told("ticket.unblocked")
    assert (told["data"]["ticket"]["id"], told["data"]["blocker"]["id"]) == (above["id"], asked["id"])
    await world.ticket("SALES", "OPS", blocks=[above["id"]])
    await world.asked(blocks=[above["id"]])
    assert len(await world.told("ticket.unblocked")) == 1


async def test_a_batch_grants_what_is_delegated_in_as_many_statements_however_much_that_is(
    world: Approving, statements: Statements
) -> None:
    await world.sla("FIN", targets=TARGETS)
    await world.delegate()
    above = (await world.ticket("OPS", "SALES"))["id"]

    async def batch(size: int) -> tuple[int, set[str]]:
        granted = await world.draft("SALES", "FIN", request_type_id=world.discount, blocks=[above])
        asked = await world.draft("OPS", "FIN", request_type_id=world.discount)
        statements.clear()
        answer = await world.post("/v1/tickets/batch", {"items": [granted, asked] * size}, 200)
        cost = len(statements)
        assert len(answer["results"]) == 2 * size
        return cost, {each["ticket"]["status"] for each in answer["results"]}

    await batch(1)
    kinds = [each["type"] for each in (await world.told("ticket.*"))[1:]]
    assert kinds == ["ticket.opened", "ticket.resolved", "ticket.opened", "ticket.updated", "ticket.unblocked"]
    assert await batch(2) == await batch(20)


async def test_opening_costs_no_statement_more_for_a_request_that_could_be_delegated(
    world: Approving, statements: Statements
) -> None:
    async def cost(draft: dict[str, Any]) -> int:
        statements.clear()
        await world.post("/v1/tickets", draft)
        return len(statements)

    plain = await world.draft("SALES", "FIN")
    costs = [await cost(plain), await cost({**plain, "request_type_id": world.discount})]
    await world.delegate()
    assert {*costs, await cost({**plain, "request_type_id": world.discount})} == {costs[0]}


async def test_somebody_may_reopen_what_was_granted_and_decides_then(world: Approving) -> None:
    await world.delegate()
    ticket = await world.asked()
    reopened = await world.do("reopen", ticket["id"])
    assert (reopened["status"], reopened["granted"]) == ("in_progress", None)
    assert reopened["delegation_id"] == ticket["delegation_id"]
    assert (await world.do("resolve", ticket["id"], granted=False))["granted"] is False


async def test_taken_back_it_grants_nothing_more_and_what_was_granted_stays(world: Approving, clock: Clock) -> None:
    await world.delegate()
    ticket = await world.asked()
    clock.at(TEN)
    assert (await world.undelegate())["delegations"] == []
    assert (await world.asked())["status"] == "open"
    assert (await world.asked(opened_at=NINE))["status"] == "open"
    assert (await world.get(f"/v1/tickets/{ticket['id']}"))["granted"] is True


async def test_it_can_be_taken_back_from_one_department(world: Approving) -> None:
    await world.delegate("SALES")
    await world.delegate("OPS")
    left = (await world.undelegate(department_id=world.departments["SALES"]))["delegations"]
    assert [each["department_id"] for each in left] == [world.departments["OPS"]]
    again = await world.client.post(
        f"/v1/request-types/{world.discount}/undelegate", json={"department_id": world.departments["SALES"]}
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    assert (await world.undelegate())["delegations"] == []
    assert (await world.client.post(f"/v1/request-types/{world.discount}/undelegate")).status_code == 409


async def test_another_delegation_to_a_department_takes_the_place_of_the_one_before(
    world: Approving, clock: Clock
) -> None:
    (first,) = (await world.delegate())["delegations"]
    clock.at(TEN)
    (second,) = (await world.delegate(up_to_value="10", until="2026-04-01T00:00:00Z"))["delegations"]
    assert second == {
        "id": second["id"],
        "department_id": world.departments["SALES"],
        "up_to_value": "10",
        "currency": None,
        "since": TEN,
        "until": "2026-04-01T00:00:00Z",
    }
    kept = (await world.get("/v1/delegations?sort=since"))["items"]
    assert [(each["id"], each["since"], each["ended_at"]) for each in kept] == [
        (first["id"], NINE, TEN),
        (second["id"], TEN, None),
    ]
    assert await world.get(f"/v1/delegations/{second['id']}") == kept[1]
    assert (await world.get("/v1/delegations?ended=true"))["items"] == kept[:1]
    assert (await world.get("/v1/delegations?ended=false"))["items"] == kept[1:]
    assert (kept[0]["delegated_by"]["type"], kept[0]["ended_by"]["type"]) == ("api_key", "api_key")


async def test_each_is_told_with_the_departments_that_it_concerns(world: Approving) -> None:
    await world.delegate()
    await world.delegate("OPS")
    await world.undelegate()
    told = await world.told("request_type.*")
    assert [(each["type"], each["data"]["requester_department"]["key"]) for each in told] == [
        ("request_type.delegated", "SALES"),
        ("request_type.delegated", "OPS"),
        ("request_type.undelegated", "SALES"),
        ("request_type.undelegated", "OPS"),
    ]
    assert {each["data"]["provider_department"]["key"] for each in told} == {"FIN"}
    assert [len(each["data"]["request_type"]["delegations"]) for each in told] == [1, 2, 0, 0]
    assert [len(each["data"]["previous"]["delegations"]) for each in told] == [0, 1, 2, 2]


async def test_the_tickets_that_a_delegation_granted_can_be_listed(world: Approving) -> None:
    await world.asked()
    (delegation,) = (await world.delegate())["delegations"]
    granted = await world.asked()
    found = (await world.get(f"/v1/tickets?delegation_id={delegation['id']}"))["items"]
    assert [each["id"] for each in found] == [granted["id"]]


@pytest.mark.parametrize(
    ("limits", "pointer"),
    [
        ({"department_id": "00000000-0000-7000-8000-000000000000"}, "/department_id"),
        ({"up_to_value": "-1"}, "/up_to_value"),
        ({"up_to_value": 1000}, "/up_to_value"),
        ({"currency": "EUR"}, "/currency"),
        ({"until": NINE}, "/until"),
        ({"reason": "Trust"}, "/reason"),
    ],
)
async def test_a_delegation_that_breaks_a_rule_is_refused_naming_the_field(
    world: Approving, limits: dict[str, Any], pointer: str
) -> None:
    response = await world.try_to_delegate(**limits)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await world.get("/v1/delegations"))["items"] == []


async def test_only_approvals_are_delegated_and_what_is_none_any_more_grants_nothing(world: Approving) -> None:
    await world.delegate()
    path = f"/v1/request-types/{world.discount}"
    await world.client.patch(path, json={"kind": "task"})
    assert (await world.asked())["status"] == "open"
    refused = await world.try_to_delegate("OPS")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


async def test_who_saw_another_version_does_not_delegate(world: Approving) -> None:
    path = f"/v1/request-types/{world.discount}"
    body, seen = {"department_id": world.departments["SALES"]}, {"If-Match": '"1"'}
    first = await world.client.post(f"{path}/delegate", json=body, headers=seen)
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    assert (await world.client.post(f"{path}/delegate", json=body, headers=seen)).status_code == 412
    assert (await world.client.post(f"{path}/undelegate", headers=seen)).status_code == 412


@pytest.fixture
async def keys(app: FastAPI, world: Approving) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Clients with the keys of an integration of each department, and of one that only reads."""
    clients = {}
    for key, permissions in (("FIN", ["read", "write"]), ("SALES", ["read", "write"]), ("OPS", ["read"])):
        body = {
            "name": key,
            "role": "integration",
            "permissions": permissions,
            "department_ids": [await world.department(key)],
        }
        clients[key] = client_of(app, (await world.post("/v1/api-keys", body))["key"])
    yield clients
    for each in clients.values():
        await each.aclose()


async def test_who_asks_does_not_delegate_to_itself(world: Approving, keys: dict[str, httpx.AsyncClient]) -> None:
    body, path = {"department_id": world.departments["SALES"]}, f"/v1/request-types/{world.discount}"
    statuses = {key: (await keys[key].post(f"{path}/delegate", json=body)).status_code for key in keys}
    assert statuses == {"FIN": 200, "SALES": 403, "OPS": 403}
    assert (await keys["SALES"].post(f"{path}/undelegate")).status_code == 403
    assert (await keys["FIN"].post(f"{path}/undelegate")).status_code == 200


async def test_request_types_are_listed_with_their_delegations_in_one_statement(
    world: Approving, statements: Statements
) -> None:
    for department in ("SALES", "OPS", "LEG"):
        await world.delegate(department)
    await world.request_type("FIN", "credit")
    statements.clear()
    items = (await world.get("/v1/request-types?sort=key"))["items"]
    assert len(statements) == 1
    assert [(each["key"], len(each["delegations"])) for each in items] == [("credit", 0), ("discount", 3)]
