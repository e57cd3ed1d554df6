"""`/v1/commitments/{id}/what-if` and `/v1/ripple/what-if`: what would have come of it."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.ripple.reports import choosing
from app.ripple.what_if import what_if
from tests.conftest import Clock, Statements, client_of
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"
PERIOD = "/v1/ripple/what-if"
MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
FINANCE_KEEPS = {"departments": [{"department": "Finance", "promises_kept": True}]}


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """Operations undertakes five days, Finance three; one customer of the gold tier, worth 9,000 EUR a year."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    await world.customer("ACME", tier="gold", annual_value="9000.00", currency="EUR")
    return world


async def of_commitment(world: World, id_: str, **supposed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await world.post(f"/v1/commitments/{id_}/what-if", supposed, status=200)
    return answer


async def of_period(world: World, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await world.post(PERIOD, {**MARCH, **asked}, status=200)
    return answer


async def in_time(world: World) -> str:
    """A commitment of Sales that was delivered an hour before it was due, after four days."""
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-06T10:00:00Z", title="In time")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-06T09:00:00Z"}, status=200)
    return str(kept["id"])


async def test_a_department_that_keeps_its_service_levels_can_save_a_commitment(world: World) -> None:
    late = await primary_and_reactionary(world, value="1000.00", currency="EUR")
    assert await of_commitment(world, late["id"], **FINANCE_KEEPS) == {
        "commitment_id": late["id"],
        "customer_id": world.customer_id,
        "as_of": "2026-03-09T09:00:00Z",
        "before": {"delivered_at": "2026-03-09T09:00:00Z", "lateness_seconds": 2 * DAY},
        "after": {"delivered_at": "2026-03-07T09:00:00Z", "lateness_seconds": 0},
        "lateness_saved_seconds": 2 * DAY,
        "saved": True,
        "lost": False,
        "value": "1000.00",
        "value_saved": "1000.00",
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    ("supposed", "delivered_at", "lateness"),
    [
        ({"departments": [{"department": "Finance", "pace": 0.8}]}, "2026-03-08T09:00:00Z", DAY),
        ({"departments": [{"department": "Finance", "pace": 1}]}, "2026-03-09T09:00:00Z", 2 * DAY),
        ({"departments": [{"department": "Finance", "pace": 1.2}]}, "2026-03-10T09:00:00Z", 3 * DAY),
        ({"departments": [{"department": "Operations", "pace": 0.5}]}, "2026-03-08T09:00:00Z", DAY),
        ({"departments": [{"department": "Operations", "promises_kept": True}]}, "2026-03-09T09:00:00Z", 2 * DAY),
        ({"departments": [{"department": "third_party", "promises_kept": True}]}, "2026-03-09T09:00:00Z", 2 * DAY),
        ({"promises_kept": True}, "2026-03-07T09:00:00Z", 0),
        (
            {"promises_kept": True, "departments": [{"department": "Finance", "pace": 1}]},
            "2026-03-09T09:00:00Z",
            2 * DAY,
        ),
        (
            {"departments": [{"department": "Finance", "pace": 0.8}, {"department": "Operations", "pace": 0.5}]},
            "2026-03-07T09:00:00Z",
            0,
        ),
    ],
)
async def test_departments_have_another_pace_or_keep_their_word(
    world: World, supposed: dict[str, Any], delivered_at: str, lateness: int
) -> None:
    late = await primary_and_reactionary(world)
    answer = await of_commitment(world, late["id"], **supposed)
    assert answer["after"] == {"delivered_at": delivered_at, "lateness_seconds": lateness}
    assert answer["saved"] == (lateness == 0)
    assert answer["value_saved"] == ("9000.00" if lateness == 0 else "0.00")


async def test_what_waited_for_a_ticket_follows_it(world: World) -> None:
    late = await primary_and_reactionary(world)
    earlier = {"ticket_id": late["T2"], "resolved_at": "2026-03-05T09:00:00Z"}
    assert (await of_commitment(world, late["id"], tickets=[earlier]))["after"]["delivered_at"] == (
        "2026-03-06T09:00:00Z"
    )
    later = {"ticket_id": late["T2"], "resolved_at": "2026-03-12T09:00:00Z"}
    answer = await of_commitment(world, late["id"], tickets=[later])
    assert answer["after"] == {"delivered_at": "2026-03-13T09:00:00Z", "lateness_seconds": 6 * DAY}
    assert answer["lateness_saved_seconds"] == -4 * DAY
    both = [later, {"ticket_id": late["T1"], "resolved_at": "2026-03-04T09:00:00Z"}]
    assert (await of_commitment(world, late["id"], tickets=both))["after"]["delivered_at"] == "2026-03-04T09:00:00Z"


async def test_what_stays_late_with_every_promise_kept_is_the_plan_of_the_ripple(world: World) -> None:
    late = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z")
    ticket = await world.ticket("Sales", "Operations", commitment_id=late["id"], opened_at="2026-03-02T09:00:00Z")
    await world.do("wait", ticket["id"], "2026-03-03T09:00:00Z", on="customer")
    await world.do("resolve", ticket["id"], "2026-03-12T09:00:00Z")
    await world.post(f"/v1/commitments/{late['id']}/deliver", {"at": "2026-03-13T09:00:00Z"}, status=200)
    ripple = await world.get(f"/v1/commitments/{late['id']}/ripple")
    answer = await of_commitment(world, late["id"], promises_kept=True)
    assert answer["before"]["lateness_seconds"] == ripple["lateness_seconds"] == 9 * DAY
    assert answer["after"]["lateness_seconds"] == ripple["plan_seconds"]
    for share in ripple["attribution"]:
        kept = [{"department": share["party"], "promises_kept": True}]
        answer = await of_commitment(world, late["id"], departments=kept)
        assert answer["lateness_saved_seconds"] == share["but_for_seconds"]


async def test_an_open_commitment_is_told_as_of_now_and_a_cancelled_one_as_of_then(world: World) -> None:
    open_ = await world.commitment("Sales", "2026-03-10T09:00:00Z", "2026-03-18T09:00:00Z")
    ticket = await world.ticket("Sales", "Finance", commitment_id=open_["id"], opened_at="2026-03-10T09:00:00Z")
    resolved = {"ticket_id": ticket["id"], "resolved_at": "2026-03-17T09:00:00Z"}
    answer = await of_commitment(world, open_["id"], tickets=[resolved])
    assert answer["as_of"] == "2026-03-20T09:00:00Z"
    assert answer["before"] == {"delivered_at": None, "lateness_seconds": 2 * DAY}
    assert answer["after"] == {"delivered_at": None, "lateness_seconds": 0}
    resolved["resolved_at"] = "2026-03-25T09:00:00Z"
    assert (await of_commitment(world, open_["id"], tickets=[resolved]))["after"]["lateness_seconds"] == 7 * DAY
    await world.post(f"/v1/commitments/{open_['id']}/cancel", {"reason": "Too late."}, status=200)
    answer = await of_commitment(world, open_["id"], departments=[{"department": "Finance", "pace": 0.5}])
    assert (answer["as_of"], answer["after"]["delivered_at"]) == ("2026-03-20T09:00:00Z", None)


async def test_a_commitment_that_was_in_time_can_be_lost(world: World) -> None:
    answer = await of_commitment(world, await in_time(world), departments=[{"department": "Sales", "pace": 1.5}])
    assert (answer["saved"], answer["lost"]) == (False, True)
    assert answer["lateness_saved_seconds"] == -(2 * DAY - 3600)
    assert answer["value_saved"] == "0.00"


async def test_without_a_known_value_none_is_told(client: httpx.AsyncClient, clock: Clock) -> None:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    late = await primary_and_reactionary(world)
    answer = await of_commitment(world, late["id"], **FINANCE_KEEPS)
    assert answer["saved"]
    assert (answer["value"], answer["value_saved"], answer["currency"]) == (None, None, None)
    assert (await of_period(world, **FINANCE_KEEPS))["value_saved"] == []


PACE = {"department": "Finance", "pace": 0.5}
AMISS = [
    ({}, ""),
    ({"departments": []}, ""),
    ({"promises_kept": False}, ""),
    ({"departments": [{"department": "Nowhere", "pace": 0.5}]}, "/departments/0/department"),
    ({"departments": [PACE, {"department": "Nowhere", "promises_kept": True}]}, "/departments/1/department"),
    ({"departments": [PACE, {"department": "Finance", "promises_kept": True}]}, "/departments/1/department"),
    ({"departments": [{"department": "Finance"}]}, "/departments/0"),
    ({"departments": [{"department": "Finance", "pace": 0.5, "promises_kept": True}]}, "/departments/0"),
    ({"departments": [{"department": "Finance", "promises_kept": False}]}, "/departments/0"),
    ({"departments": [{"pace": 0.5}]}, "/departments/0/department"),
    ({"departments": [{"department": "Finance", "pace": 0}]}, "/departments/0/pace"),
    ({"departments": [{"department": "Finance", "pace": -1}]}, "/departments/0/pace"),
    ({"departments": [{"department": "Finance", "pace": 10.5}]}, "/departments/0/pace"),
    ({"departments": [{"department": "Finance", "pace": "0.5"}]}, "/departments/0/pace"),
    ({"departments": [{"department": "customer", "pace": 0.5}]}, "/departments/0/pace"),
    ({"departments": [PACE] * 201}, "/departments"),
    ({"promises_kept": "yes"}, "/promises_kept"),
    ({"departments": [PACE], "colour": "red"}, "/colour"),
]


@pytest.mark.parametrize(("supposed", "pointer"), AMISS)
async def test_what_cannot_be_supposed_is_refused(world: World, supposed: dict[str, Any], pointer: str) -> None:
    late = await primary_and_reactionary(world)
    for path in (f"/v1/commitments/{late['id']}/what-if", PERIOD):
        response = await world.client.post(path, json=supposed)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")
        assert pointer in [error["pointer"] for error in response.json()["errors"]]


async def test_tickets_must_be_of_the_commitment_and_end_after_they_were_opened(world: World) -> None:
    late = await primary_and_reactionary(world)
    other = await world.ticket("Sales", "Finance", opened_at="2026-03-03T09:00:00Z")
    amiss = {
        "/tickets/0/ticket_id": [{"ticket_id": other["id"], "resolved_at": "2026-03-09T09:00:00Z"}],
        "/tickets/1/ticket_id": [{"ticket_id": late["T2"], "resolved_at": "2026-03-09T09:00:00Z"}] * 2,
        "/tickets/0/resolved_at": [{"ticket_id": late["T2"], "resolved_at": "2026-03-03T08:59:59Z"}],
    }
    for pointer, tickets in amiss.items():
        response = await world.client.post(f"/v1/commitments/{late['id']}/what-if", json={"tickets": tickets})
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_over_a_period_departments_only_can_be_supposed(world: World) -> None:
    ticket = {"ticket_id": NOBODY, "resolved_at": "2026-03-09T09:00:00Z"}
    response = await world.client.post(PERIOD, json={"departments": [PACE], "tickets": [ticket]})
    assert [error["pointer"] for error in response.json()["errors"]] == ["/tickets"]


async def test_a_period_may_not_end_before_it_begins(world: World) -> None:
    await world.department("Finance")
    body = {"from": MARCH["to"], "to": MARCH["from"], **FINANCE_KEEPS}
    response = await world.client.post(PERIOD, json=body)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/from"]


async def test_of_a_commitment_that_is_not_there_nothing_can_be_supposed(world: World) -> None:
    response = await world.client.post(f"/v1/commitments/{NOBODY}/what-if", json={"promises_kept": True})
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


async def test_who_may_read_may_suppose(world: World, app: FastAPI, anonymous: httpx.AsyncClient) -> None:
    late = await primary_and_reactionary(world)
    paths = (f"/v1/commitments/{late['id']}/what-if", PERIOD)
    for role, status in (("analyst", 200), ("integration", 403)):
        key = await world.post("/v1/api-keys", {"name": role, "role": role})
        async with client_of(app, key["key"]) as reader:
            for path in paths:
                assert (await reader.post(path, json=FINANCE_KEEPS)).status_code == status
    for path in paths:
        assert (await anonymous.post(path, json=FINANCE_KEEPS)).status_code == 401


async def test_supposing_changes_nothing(world: World) -> None:
    late = await primary_and_reactionary(world)
    commitment = await world.get(f"/v1/commitments/{late['id']}")
    events = await world.get("/v1/events?limit=200")
    resolved = {"ticket_id": late["T2"], "resolved_at": "2026-03-05T09:00:00Z"}
    answers = [await of_commitment(world, late["id"], tickets=[resolved]) for _ in range(2)]
    await of_period(world, **FINANCE_KEEPS)
    assert answers[0] == answers[1]
    assert await world.get(f"/v1/commitments/{late['id']}") == commitment
    assert await world.get("/v1/events?limit=200") == events


async def test_an_idempotency_key_gives_the_first_answer_again(world: World) -> None:
    late = await primary_and_reactionary(world)
    for path in (f"/v1/commitments/{late['id']}/what-if", PERIOD):
        headers = {"Idempotency-Key": f"suppose {path}"}
        first = await world.client.post(path, json=FINANCE_KEEPS, headers=headers)
        again = await world.client.post(path, json=FINANCE_KEEPS, headers=headers)
        assert first.status_code == 200
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_period_tells_what_would_have_been_saved(world: World) -> None:
    late = await primary_and_reactionary(world, value="1000.00", currency="EUR", title="Go-live")
    later = await primary_and_reactionary(world, day=9, value="200.00", currency="USD")
    await in_time(world)
    for day in (3, 4):
        kept = await world.commitment("Sales", f"2026-03-0{day}T09:00:00Z", f"2026-03-0{day + 1}T09:00:00Z")
        at = {"at": f"2026-03-0{day + 1}T10:00:00Z"}
        await world.post(f"/v1/commitments/{kept['id']}/deliver", at, status=200)
    answer = await of_period(world, **FINANCE_KEEPS)
    changed = answer.pop("changed")
    assert answer == {
        **MARCH,
        "commitments": 5,
        "before": {
            "late": 4,
            "lateness_seconds": 4 * DAY + 2 * 3600,
            "value_late": [{"value": "10000.00", "currency": "EUR"}, {"value": "200.00", "currency": "USD"}],
        },
        "after": {
            "late": 2,
            "lateness_seconds": 2 * 3600,
            "value_late": [{"value": "9000.00", "currency": "EUR"}],
        },
        "lateness_saved_seconds": 4 * DAY,
        "commitments_changed": 2,
        "commitments_saved": 2,
        "commitments_lost": 0,
        "value_saved": [{"value": "1000.00", "currency": "EUR"}, {"value": "200.00", "currency": "USD"}],
        "value_lost": [],
    }
    assert [each["commitment_id"] for each in changed] == [late["id"], later["id"]]
    assert changed[0] == {
        "commitment_id": late["id"],
        "title": "Go-live",
        "customer_id": world.customer_id,
        "customer": "ACME",
        "before": {"delivered_at": "2026-03-09T09:00:00Z", "lateness_seconds": 2 * DAY},
        "after": {"delivered_at": "2026-03-07T09:00:00Z", "lateness_seconds": 0},
        "lateness_saved_seconds": 2 * DAY,
        "saved": True,
        "lost": False,
        "value": "1000.00",
        "currency": "EUR",
    }


async def test_a_customer_is_saved_when_none_of_its_commitments_stays_late(world: World) -> None:
    await primary_and_reactionary(world)
    assert (await of_period(world, **FINANCE_KEEPS))["value_saved"] == [{"value": "9000.00", "currency": "EUR"}]
    kept = await world.commitment("Sales", "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-05T09:00:00Z"}, status=200)
    answer = await of_period(world, **FINANCE_KEEPS)
    assert (answer["commitments_saved"], answer["value_saved"]) == (1, [])
    answer = await of_period(world, promises_kept=True)
    assert (answer["commitments_saved"], answer["value_saved"]) == (2, [{"value": "9000.00", "currency": "EUR"}])


async def test_a_slower_department_loses_what_was_in_time(world: World) -> None:
    lost = await in_time(world)
    await primary_and_reactionary(world, value="1000.00", currency="EUR")
    answer = await of_period(world, departments=[{"department": "Sales", "pace": 1.5}])
    assert (answer["commitments_saved"], answer["commitments_lost"]) == (0, 1)
    assert answer["value_lost"] == [{"value": "9000.00", "currency": "EUR"}]
    assert answer["lateness_saved_seconds"] == -(2 * DAY - 3600)
    assert [(each["commitment_id"], each["lost"]) for each in answer["changed"]] == [(lost, True)]


async def test_those_that_change_most_are_named_and_no_more_than_some(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "MOST_TOLD", 2)
    monkeypatch.setattr(what_if, "_SUPPOSED_AT_ONCE", 1)
    monkeypatch.setattr(choosing, "COMMITMENTS_AT_ONCE", 2)
    for day in (2, 3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    largest = await world.commitment("Finance", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z")
    await world.post(f"/v1/commitments/{largest['id']}/deliver", {"at": "2026-03-18T09:00:00Z"}, status=200)
    answer = await of_period(world, departments=[{"department": "Finance", "pace": 0.8}])
    assert (answer["commitments"], answer["commitments_changed"], len(answer["changed"])) == (6, 6, 2)
    assert answer["changed"][0]["commitment_id"] == largest["id"]
    assert answer["lateness_saved_seconds"] == 5 * DAY + round(0.2 * 16 * DAY)


@pytest.mark.parametrize(
    ("filters", "commitments"),
    [
        ({"customer_tier": "gold"}, 2),
        ({"customer_tier": "silver"}, 0),
        ({"customer_id": NOBODY}, 0),
        ({"source": "jira"}, 0),
        ({"priority": "p3"}, 1),
        ({"priority": "p1"}, 0),
        ({"request_type_id": NOBODY}, 0),
        ({"department_id": NOBODY}, 0),
        ({"department_id": "Finance"}, 1),
        ({"department_id": "Sales"}, 0),
        ({"requester_department_id": "Operations", "provider_department_id": "Finance"}, 1),
        ({"requester_department_id": "Sales", "provider_department_id": "Finance"}, 0),
        ({"from": "2026-03-09T09:00:00Z"}, 1),
        ({"from": "2026-03-09T09:00:01Z"}, 0),
        ({"to": "2026-03-09T09:00:00Z"}, 1),
    ],
)
async def test_only_some_commitments_can_be_asked_about(
    world: World, filters: dict[str, str], commitments: int
) -> None:
    await primary_and_reactionary(world)
    await in_time(world)
    named = {name: world.departments.get(value, value) for name, value in filters.items()}
    assert (await of_period(world, **FINANCE_KEEPS, **named))["commitments"] == commitments


async def test_without_a_period_the_last_thirty_days_are_asked_about(world: World, clock: Clock) -> None:
    await primary_and_reactionary(world)
    assert (await world.post(PERIOD, FINANCE_KEEPS, status=200))["commitments"] == 1
    clock.at("2026-04-20T09:00:00+00:00")
    assert (await world.post(PERIOD, FINANCE_KEEPS, status=200))["commitments"] == 0


async def test_it_costs_the_same_statements_for_one_commitment_and_for_five(
    world: World, statements: Statements
) -> None:
    late = await primary_and_reactionary(world)
    await of_period(world, **FINANCE_KEEPS)
    statements.clear()
    await of_period(world, **FINANCE_KEEPS)
    for_one = len(statements)
    for day in (3, 4, 5, 6):
        await primary_and_reactionary(world, day=day)
    statements.clear()
    assert (await of_period(world, **FINANCE_KEEPS))["commitments"] == 5
    assert len(statements) == for_one == 8
    statements.clear()
    await of_commitment(world, late["id"], **FINANCE_KEEPS)
    assert len(statements) == 6
