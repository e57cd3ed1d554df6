"""`/v1/metrics/outcomes`: what became of customers, by how late promises to them were and how it went on the inside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

PROMISED_AT = "2026-03-02T09:00:00Z"
DUE_AT = datetime(2026, 3, 6, 9, tzinfo=UTC)
LATENESS = ("none_late", "up_to_1_day", "from_1_to_3_days", "from_3_to_7_days", "over_7_days", "nothing_due")
FRICTION = ("none", "up_to_half", "from_half_to_1", "from_1_to_2", "over_2", "nothing_asked")


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-31T09:00:00+00:00")
    return World(client)


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def customer(world: World, ref: str, **fields: Any) -> str:
    world.customer_id = await world.customer(ref, **fields)
    return world.customer_id


async def promise(world: World, late: timedelta | None, **fields: Any) -> dict[str, Any]:
    """A promise to the customer made last, due on the 6th: delivered so late, or not at all."""
    made = await world.commitment("OPS", PROMISED_AT, instant(DUE_AT), **fields)
    if late is not None:
        await world.post(f"/v1/commitments/{made['id']}/deliver", {"at": instant(DUE_AT + late)}, status=200)
    return made


async def outcome(world: World, kind: str, at: str = "2026-03-20T09:00:00Z", **fields: Any) -> None:
    body = {"kind": kind, "occurred_at": at, **fields}
    await world.post(f"/v1/customers/{world.customer_id}/outcomes", body)


async def test_a_customer_is_in_the_bucket_of_its_mean_lateness_whose_upper_bound_belongs_to_it(world: World) -> None:
    day = timedelta(days=1)
    for number, (lates, expected) in enumerate(
        [
            ([-day, timedelta()], 0),
            ([timedelta(seconds=1)], 1),
            ([2 * day, -day], 1),
            ([day, timedelta(days=1, seconds=2)], 2),
            ([3 * day], 2),
            ([7 * day], 3),
            ([timedelta(days=7, seconds=1)], 4),
        ]
    ):
        await customer(world, f"C-{number}")
        for late in lates:
            await promise(world, late)
        answer = await report(world.client, "outcomes", group_by="customer,lateness")
        told = {row["group"]["customer"]: row["group"]["lateness"] for row in answer["rows"]}
        assert told[f"C-{number}"] == LATENESS[expected]


async def test_every_bucket_has_its_customers_and_what_became_of_them(world: World) -> None:
    await customer(world, "GOOD")
    await promise(world, timedelta())
    await outcome(world, "csat", score=5)
    await outcome(world, "csat", score=4)
    await outcome(world, "nps", score=9)
    await outcome(world, "renewal", value="10", currency="EUR")
    await customer(world, "FINE")
    await promise(world, timedelta())
    await outcome(world, "csat", score=3)
    await outcome(world, "expansion")
    await customer(world, "BAD")
    await promise(world, timedelta(days=9))
    for _ in range(3):
        await outcome(world, "complaint")
    await outcome(world, "nps", score=0)
    await outcome(world, "churn")
    await outcome(world, "churn")
    answer = await report(world.client, "outcomes")
    told = ("customers", "mean_csat", "mean_nps", "complaints", "churned", "renewed", "expanded")
    assert answer["group_by"] == ["lateness"]
    assert list(figures(answer, "customers")) == list(LATENESS)
    nobody = (0, None, None, 0, 0, 0, 0)
    assert figures(answer, *told) == {
        **dict.fromkeys(LATENESS, nobody),
        "none_late": (2, 4.0, 9.0, 0, 0, 1, 1),
        "over_7_days": (1, None, 0.0, 3, 1, 0, 0),
    }
    assert totals(answer, *told) == (3, 4.0, 4.5, 3, 1, 1, 1)
    promised = ("promises", "late", "mean_lateness_seconds", "csat_responses", "nps_responses")
    assert totals(answer, *promised) == (3, 1, 3 * 86_400, 3, 2)


async def test_a_promise_not_delivered_by_the_end_is_as_late_as_it_was_then(world: World) -> None:
    await customer(world, "WAITS")
    await promise(world, None)
    answer = await report(world.client, "outcomes", to="2026-03-08T09:00:00Z")
    assert totals(answer, "promises", "late", "mean_lateness_seconds") == (1, 1, 2 * 86_400)
    answer = await report(world.client, "outcomes", to="2026-03-06T09:00:00Z")
    assert totals(answer, "promises", "customers") == (0, 0)
    answer = await report(world.client, "outcomes")
    assert totals(answer, "mean_lateness_seconds") == (25 * 86_400,)
    await customer(world, "SERVED")
    await promise(world, timedelta(days=20))
    answer = await report(world.client, "outcomes", to="2026-03-07T09:00:00Z")
    assert totals(answer, "promises", "mean_lateness_seconds") == (2, 86_400)


async def test_a_promise_counts_when_it_is_delivered_and_not_when_it_is_given_up(world: World) -> None:
    await customer(world, "ACME")
    await promise(world, timedelta(days=1))
    given_up = await promise(world, None)
    await world.post(f"/v1/commitments/{given_up['id']}/cancel", {"reason": "Withdrawn."}, status=200)
    assert totals(await report(world.client, "outcomes"), "promises", "late") == (1, 1)
    later = await report(world.client, "outcomes", from_="2026-03-08T00:00:00Z")
    assert totals(later, "customers", "promises") == (0, 0)


async def test_lateness_goes_by_what_the_customer_agreed_to(world: World) -> None:
    await customer(world, "ACME")
    made = await promise(world, None)
    moved = {"due_at": instant(DUE_AT + timedelta(days=5)), "reason": "Later.", "customer_agreed": True}
    await world.post(f"/v1/commitments/{made['id']}/reschedule", moved, status=200)
    await world.post(f"/v1/commitments/{made['id']}/deliver", {"at": instant(DUE_AT + timedelta(days=5))}, status=200)
    assert totals(await report(world.client, "outcomes"), "promises", "late") == (1, 0)


async def test_outcomes_count_when_they_occurred(world: World) -> None:
    await customer(world, "ACME")
    await promise(world, timedelta())
    for at in ("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-03-30T23:59:59Z"):
        await outcome(world, "complaint", at)
    assert totals(await report(world.client, "outcomes"), "complaints") == (2,)
    until = await report(world.client, "outcomes", to="2026-03-30T23:59:59Z")
    assert totals(until, "complaints") == (1,)


async def test_friction_is_the_waits_hops_and_questions_per_ticket_on_the_inside(world: World) -> None:
    await customer(world, "SMOOTH")
    await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    await customer(world, "ROUGH")
    await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-03T09:00:00Z")
    await world.do("start", ticket["id"], "2026-03-03T10:00:00Z")
    for hour, party in ((11, "requester"), (13, "customer"), (15, "dependency"), (17, "third_party")):
        await world.do("wait", ticket["id"], f"2026-03-03T{hour}:00:00Z", on=party, reason="They must say.")
        await world.do("resume", ticket["id"], f"2026-03-03T{hour + 1}:00:00Z")
    await world.do("ask", ticket["id"], "2026-03-03T19:00:00Z")
    await world.do("transfer", ticket["id"], "2026-03-03T20:00:00Z", department="OPS")
    await customer(world, "UNHEARD")
    await outcome(world, "complaint")
    answer = await report(world.client, "outcomes", group_by="friction")
    assert list(figures(answer, "customers")) == list(FRICTION)
    told = ("customers", "tickets", "waits_per_ticket", "hops_per_ticket", "questions_per_ticket", "complaints")
    found = figures(answer, *told)
    assert found["none"] == (1, 1, 0.0, 0.0, 0.0, 0)
    assert found["from_1_to_2"] == (1, 2, 1.0, 0.5, 0.5, 0)
    assert found["nothing_asked"] == (1, 0, None, None, None, 1)


async def test_it_can_be_told_by_tier_and_by_customer_with_names(world: World) -> None:
    for ref, tier in (("B", "gold"), ("A", "silver"), ("C", None)):
        await customer(world, ref, **({"tier": tier} if tier else {}))
        await outcome(world, "complaint")
    by_tier = await report(world.client, "outcomes", group_by="customer_tier")
    assert [row["group"] for row in by_tier["rows"]] == [{"customer_tier": name} for name in ("gold", "silver", None)]
    by_customer = await report(world.client, "outcomes", group_by="customer")
    assert list(figures(by_customer, "customers", by="customer")) == ["A", "B", "C"]
    assert by_customer["rows"][2]["group"] == {
        "customer": "C",
        "customer_id": world.customer_id,
        "customer_name": "C",
    }
    both = await report(world.client, "outcomes", group_by="customer_tier,lateness")
    assert figures(both, "complaints") == {(tier, "nothing_due"): (1,) for tier in ("gold", "silver", None)}


async def test_conditions_choose_customers_promises_and_tickets(world: World) -> None:
    gold = await customer(world, "GOLD", tier="gold")
    kept = await promise(world, timedelta())
    late = await promise(world, timedelta(days=4), source="crm")
    await world.ticket("OPS", "FIN", commitment_id=late["id"], opened_at="2026-03-03T09:00:00Z")
    await world.ticket("OPS", "LEGAL", commitment_id=kept["id"], opened_at="2026-03-03T09:00:00Z", priority="p1")
    await customer(world, "OTHER")
    await outcome(world, "complaint")

    async def told(**query: Any) -> tuple[Any, ...]:
        answer = await report(world.client, "outcomes", **query)
        return totals(answer, "customers", "promises", "late", "tickets")

    assert await told() == (2, 2, 1, 2)
    assert await told(customer_id=gold) == await told(customer_tier="gold") == (1, 2, 1, 2)
    assert await told(provider_department_id=world.departments["FIN"]) == (1, 1, 1, 1)
    assert await told(department_id=world.departments["LEGAL"]) == await told(priority="p1") == (1, 1, 0, 1)
    assert await told(requester_department_id=world.departments["OPS"]) == (1, 2, 1, 2)
    assert await told(requester_department_id=world.departments["FIN"]) == (0, 0, 0, 0)
    assert await told(source="crm") == (1, 1, 1, 0)


async def test_by_what_tells_tickets_apart_a_customer_is_in_each_group_with_what_it_lived_through_there(
    world: World,
) -> None:
    await customer(world, "BOTH")
    late = await promise(world, timedelta(days=4))
    await promise(world, timedelta())
    asked = await world.ticket("OPS", "FIN", commitment_id=late["id"], opened_at="2026-03-03T09:00:00Z", priority="p1")
    await world.ticket("FIN", "LEGAL", blocks=[asked["id"]], opened_at="2026-03-03T10:00:00Z")
    await outcome(world, "csat", score=2)
    await customer(world, "FIN ONLY")
    kept = await promise(world, timedelta())
    await world.ticket("OPS", "FIN", commitment_id=kept["id"], opened_at="2026-03-03T09:00:00Z")
    await outcome(world, "csat", score=5)
    await customer(world, "NEITHER")
    await outcome(world, "complaint")
    answer = await report(world.client, "outcomes", group_by="department")
    told = ("customers", "promises", "late", "tickets", "mean_csat", "complaints")
    assert figures(answer, *told, by="department") == {"FIN": (2, 2, 1, 2, 3.5, 0), "LEGAL": (1, 1, 1, 1, 2.0, 0)}
    assert answer["rows"][0]["group"] == {
        "department": "FIN",
        "department_id": world.departments["FIN"],
        "department_name": "FIN",
    }
    assert totals(answer, *told) == (3, 3, 1, 3, 3.5, 1)
    for row in answer["rows"]:
        alone = await report(world.client, "outcomes", provider_department_id=row["group"]["department_id"])
        assert totals(alone, *told) == tuple(row[name] for name in told)
    edges = await report(world.client, "outcomes", group_by="edge")
    told_edges = [(row["group"]["requester"], row["group"]["provider"], row["customers"]) for row in edges["rows"]]
    assert told_edges == [("FIN", "LEGAL", 1), ("OPS", "FIN", 2)]
    both = await report(world.client, "outcomes", group_by="priority,lateness")
    assert figures(both, "customers") == {
        ("p1", "from_3_to_7_days"): (1,),
        ("p3", "none_late"): (1,),
        ("p3", "from_3_to_7_days"): (1,),
    }
    types = await report(world.client, "outcomes", group_by="request_type")
    assert [row["group"] for row in types["rows"]] == [
        {"request_type": None, "request_type_id": None, "request_type_name": None}
    ]


async def test_by_time_promises_tickets_and_outcomes_count_each_when_they_happened(world: World) -> None:
    await customer(world, "ACME")
    await promise(world, timedelta(days=1))
    await promise(world, None)
    await world.ticket("OPS", "FIN", opened_at="2026-03-03T09:00:00Z")
    await outcome(world, "complaint", "2026-03-03T23:59:59Z")
    await outcome(world, "complaint", "2026-03-07T00:00:00Z")
    asked = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-09T00:00:00Z"}
    answer = await report(world.client, "outcomes", group_by="day", **asked)
    assert figures(answer, "customers", "promises", "late", "tickets", "complaints", by="day") == {
        "2026-03-03": (1, 0, 0, 1, 1),
        "2026-03-07": (1, 1, 1, 0, 1),
        "2026-03-08": (1, 1, 1, 0, 0),
    }
    by_week = await report(world.client, "outcomes", group_by="customer_tier,week", **asked)
    assert [row["group"] for row in by_week["rows"]] == [{"customer_tier": None, "week": "2026-03-02"}]
    assert totals(by_week, "promises", "complaints") == (2, 2)
    text = (await world.client.get("/v1/metrics/outcomes?group_by=month", headers={"Accept": "text/csv"})).text
    assert [line.split(",")[:2] for line in text.splitlines()] == [["month", "customers"], ["2026-03-01", "1"]]


async def test_delay_and_each_outcome_are_held_together_with_an_interval_and_a_caution(world: World) -> None:
    for number in range(12):
        await customer(world, f"C-{number:02}")
        await promise(world, timedelta(days=number))
        await outcome(world, "csat", score=5 - number // 3)
        await outcome(world, "churn" if number >= 6 else "renewal")
    told = (await report(world.client, "outcomes"))["totals"]
    assert "does not say that one causes the other" in told["caution"]
    assert len(told["correlations"]) == 12
    by = {(each.pop("measure"), each.pop("outcome")): each for each in told["correlations"]}
    csat, churn, renewal = (by["lateness", kind] for kind in ("csat", "churn", "renewal"))
    assert csat["n"] == churn["n"] == renewal["n"] == 12
    assert -1 <= csat["tau_low"] < csat["tau"] < csat["tau_high"] < -0.7
    assert churn["tau"] == pytest.approx(6 * 6 / (66 * 36) ** 0.5)
    assert renewal["tau"] == pytest.approx(-churn["tau"])
    assert by["lateness", "nps"] == {"tau": None, "tau_low": None, "tau_high": None, "n": 0}
    assert by["lateness", "complaint"] == {"tau": None, "tau_low": None, "tau_high": None, "n": 12}
    assert by["friction", "csat"]["n"] == 0


@pytest.mark.parametrize(("group_by", "most"), [("customer", 2), ("month", 3), ("department", 4)])
async def test_it_costs_the_same_statements_however_many_customers(
    world: World, statements: Statements, group_by: str, most: int
) -> None:
    async def cost() -> int:
        statements.clear()
        await world.client.get("/v1/metrics/outcomes", params={"group_by": group_by})
        return len(statements)

    await customer(world, "FIRST")
    await outcome(world, "complaint")
    first = await cost()
    for number in range(5):
        await customer(world, f"C-{number}")
        await promise(world, timedelta(days=number))
        await outcome(world, "complaint")
    assert await cost() == first <= most


@pytest.mark.parametrize("query", [{"group_by": "holder"}, {"compare": "previous"}, {"kind": "csat"}])
async def test_what_it_does_not_know_is_refused(world: World, query: dict[str, str]) -> None:
    assert (await world.client.get("/v1/metrics/outcomes", params=query)).status_code == 422
