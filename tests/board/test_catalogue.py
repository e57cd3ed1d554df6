"""The catalogue as people look at it: what is offered, to whom, by when, and how that was kept."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import ROUND_THE_CLOCK, World

PATH = "/v1/catalogue"
NOW = "2026-06-01T09:00:00Z"
HOUR = 3600
RESOLVE = [{"metric": "resolve", "seconds": 8 * HOUR, "by_priority": {"p1": 2 * HOUR}}]


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-06-01T09:00:00+00:00")
    return World(client)


async def request_type(world: World, provider: str, key: str, **fields: Any) -> str:
    body = {"provider_department_id": await world.department(provider), "key": key, "name": key, "kind": "task"}
    made = await world.post("/v1/request-types", {**body, **fields})
    return str(made["id"])


async def entries(world: World, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"{PATH}?{query}"))["items"]
    return found


async def resolved(world: World, days_ago: int, hours: int, requester: str = "SALES", **fields: Any) -> None:
    """A ticket of Finance, opened so many days ago and resolved after so many hours."""
    opened = datetime.fromisoformat(NOW) - timedelta(days=days_ago)
    ticket = await world.ticket(requester, "FIN", opened_at=opened.isoformat(), **fields)
    await world.do("resolve", ticket["id"], (opened + timedelta(hours=hours)).isoformat())


def windows(promise: dict[str, Any]) -> list[tuple[int, int, int, float | None]]:
    (target,) = promise["targets"]
    return [tuple(window[name] for name in ("days", "decided", "met", "attainment")) for window in target["reached"]]


async def test_an_entry_tells_what_is_offered_to_whom_and_by_when(world: World) -> None:
    check = await request_type(
        world,
        "FIN",
        "check",
        name="Credit check",
        kind="approval",
        description="For a line.",
        required_fields=["amount"],
    )
    agreed = await world.sla(
        "FIN",
        name="For Sales",
        request_type_id=check,
        requester_department_id=await world.department("SALES"),
        priorities=["p1", "p2"],
        customer_tiers=["gold"],
        targets=RESOLVE,
        pause_on=["customer"],
    )
    (entry,) = await entries(world)
    nothing = [{"days": days, "decided": 0, "met": 0, "attainment": None} for days in (30, 90)]
    assert entry == {
        "provider": {"id": world.departments["FIN"], "key": "FIN", "name": "FIN"},
        "request_type_id": check,
        "key": "check",
        "name": "Credit check",
        "kind": "approval",
        "description": "For a line.",
        "required_fields": ["amount"],
        "promises": [
            {
                "sla_id": agreed["id"],
                "sla_version": 1,
                "name": "For Sales",
                "requester": {"id": world.departments["SALES"], "key": "SALES", "name": "SALES"},
                "priorities": ["p1", "p2"],
                "customer_tiers": ["gold"],
                "business_hours": {
                    "calendar_id": world.calendars["always"],
                    "name": "always",
                    "timezone": "UTC",
                    "hours": ROUND_THE_CLOCK,
                },
                "targets": [
                    {"metric": "resolve", "seconds": 8 * HOUR, "by_priority": {"p1": 2 * HOUR}, "reached": nothing}
                ],
                "pause_on": ["customer"],
            }
        ],
    }


async def test_what_was_reached_stands_beside_the_promise(world: World) -> None:
    check = await request_type(world, "FIN", "check")
    await world.sla("FIN", request_type_id=check, targets=RESOLVE)
    await resolved(world, 5, 4, request_type_id=check)
    await resolved(world, 6, 9, request_type_id=check)
    await resolved(world, 60, 4, request_type_id=check)
    await resolved(world, 120, 4, request_type_id=check)
    (entry,) = await entries(world)
    assert windows(entry["promises"][0]) == [(30, 2, 1, 0.5), (90, 3, 2, 2 / 3)]


async def test_what_is_overdue_counts_as_broken_although_it_goes_on(world: World) -> None:
    await world.sla("FIN", targets=RESOLVE)
    await world.ticket("SALES", "FIN", opened_at="2026-05-31T09:00:00Z")
    await world.ticket("SALES", "FIN", opened_at="2026-06-01T08:00:00Z")
    (entry,) = await entries(world)
    assert windows(entry["promises"][0]) == [(30, 1, 0, 0.0), (90, 1, 0, 0.0)]


async def test_each_entry_has_what_was_reached_for_it(world: World) -> None:
    check, terms = await request_type(world, "FIN", "check"), await request_type(world, "FIN", "terms")
    await world.sla("FIN", targets=RESOLVE)
    await resolved(world, 5, 4, request_type_id=check)
    await resolved(world, 5, 10, request_type_id=terms)
    await resolved(world, 5, 4)
    shares = {entry["key"]: windows(entry["promises"][0])[1][1:3] for entry in await entries(world)}
    assert shares == {"check": (1, 1), "terms": (1, 0), None: (1, 1)}


async def test_what_was_passed_on_counts_as_anything_else(world: World) -> None:
    await request_type(world, "FIN", "check")
    await world.sla("FIN", targets=RESOLVE)
    await world.sla("OPS", targets=RESOLVE)
    check = await request_type(world, "OPS", "install")
    ticket = await world.ticket("SALES", "OPS", opened_at="2026-05-30T09:00:00Z", request_type_id=check)
    await world.do("transfer", ticket["id"], "2026-05-30T10:00:00Z", department="FIN")
    await world.do("resolve", ticket["id"], "2026-05-30T11:00:00Z")
    told = {(e["provider"]["key"], e["key"]): windows(e["promises"][0])[0][1] for e in await entries(world)}
    assert told == {("FIN", "check"): 0, ("FIN", None): 1, ("OPS", "install"): 1, ("OPS", None): 0}


async def test_what_an_exclusion_window_names_is_left_out(world: World) -> None:
    await world.sla("FIN", targets=RESOLVE)
    await resolved(world, 5, 9)
    await resolved(world, 8, 4)
    window = {"starts_at": "2026-05-27T00:00:00Z", "ends_at": "2026-05-28T00:00:00Z", "reason": "An outage."}
    await world.post("/v1/exclusion-windows", window)
    (entry,) = await entries(world)
    assert windows(entry["promises"][0]) == [(30, 1, 1, 1.0), (90, 1, 1, 1.0)]


async def test_promises_come_in_the_order_in_which_they_are_tried(world: World) -> None:
    check = await request_type(world, "FIN", "check")
    await world.sla("FIN", rank=20, name="everybody", targets=RESOLVE)
    await world.sla("FIN", rank=10, name="urgent", priorities=["p1"], targets=RESOLVE)
    await world.sla(
        "FIN", rank=5, name="checks for gold", request_type_id=check, customer_tiers=["gold"], targets=RESOLVE
    )
    names = {entry["key"]: [promise["name"] for promise in entry["promises"]] for entry in await entries(world)}
    assert names == {"check": ["checks for gold", "urgent", "everybody"], None: ["urgent", "everybody"]}


async def test_a_promise_whose_turn_never_comes_is_left_out(world: World) -> None:
    check = await request_type(world, "FIN", "check")
    await world.sla("FIN", rank=1, name="checks", request_type_id=check, targets=RESOLVE)
    await world.sla("FIN", rank=2, name="urgent", priorities=["p1"], targets=RESOLVE)
    await world.sla("FIN", rank=3, name="everybody", targets=RESOLVE)
    names = {entry["key"]: [promise["name"] for promise in entry["promises"]] for entry in await entries(world)}
    assert names == {"check": ["checks"], None: ["urgent", "everybody"]}


async def test_an_agreement_that_is_no_longer_active_promises_nothing(world: World) -> None:
    await request_type(world, "FIN", "check")
    await world.sla("FIN", active=False, targets=RESOLVE)
    assert [(entry["key"], entry["promises"]) for entry in await entries(world)] == [("check", [])]


async def test_a_requester_sees_what_is_promised_to_it_and_how_that_was_kept_towards_it(world: World) -> None:
    sales, legal = await world.department("SALES"), await world.department("LEGAL")
    await world.sla("FIN", rank=1, name="sales", requester_department_id=sales, targets=RESOLVE)
    await world.sla("FIN", rank=2, name="all", targets=RESOLVE)
    await resolved(world, 5, 4, "LEGAL")
    await resolved(world, 5, 9, "OPS")
    (as_sales,) = await entries(world, f"requester_department_id={sales}")
    (as_legal,) = await entries(world, f"requester_department_id={legal}")
    (as_anybody,) = await entries(world)
    assert [promise["name"] for promise in as_sales["promises"]] == ["sales"]
    assert [promise["name"] for promise in as_legal["promises"]] == ["all"]
    assert windows(as_legal["promises"][0]) == [(30, 1, 1, 1.0), (90, 1, 1, 1.0)]
    assert windows(as_anybody["promises"][1])[0] == (30, 2, 1, 0.5)


async def test_entries_follow_their_provider_and_what_is_left_comes_last(world: World) -> None:
    for provider, key in (("FIN", "terms"), ("FIN", "check"), ("FIN2", "access"), ("AB", "zebra")):
        await request_type(world, provider, key)
    await world.sla("FIN", targets=RESOLVE)
    found = [(entry["provider"]["key"], entry["key"]) for entry in await entries(world)]
    assert found == [("AB", "zebra"), ("FIN", "check"), ("FIN", "terms"), ("FIN", None), ("FIN2", "access")]


async def test_it_is_read_page_by_page_and_one_provider_alone(world: World) -> None:
    for provider, key in (("FIN", "terms"), ("FIN", "check"), ("OPS", "access")):
        await request_type(world, provider, key)
    keys: list[str] = []
    cursor = ""
    while True:
        page = await world.get(f"{PATH}?limit=1{cursor}")
        keys += [entry["key"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert keys == ["check", "terms", "access"]
    own = await entries(world, f"provider_department_id={world.departments['OPS']}")
    assert [entry["key"] for entry in own] == ["access"]


async def test_it_costs_the_same_statements_for_one_entry_and_for_many(world: World, statements: Statements) -> None:
    await request_type(world, "FIN", "check")
    await world.sla("FIN", targets=RESOLVE)
    await entries(world)
    statements.clear()
    await entries(world)
    for_one = len(statements)
    for provider in ("OPS", "LEGAL", "IT"):
        await request_type(world, provider, "access")
        await world.sla(provider, targets=RESOLVE)
    statements.clear()
    assert len(await entries(world)) == 8
    assert len(statements) == for_one == 3


async def test_an_empty_catalogue_is_an_empty_page(world: World) -> None:
    assert await world.get(PATH) == {"items": [], "next_cursor": None}


async def test_who_may_not_read_is_refused(world: World, app: Any, anonymous: httpx.AsyncClient) -> None:
    key = await world.post("/v1/api-keys", {"name": "tool", "role": "integration", "permissions": ["write"]})
    async with client_of(app, key["key"]) as tool:
        assert (await tool.get(PATH)).status_code == 403
    assert (await anonymous.get(PATH)).status_code == 401
