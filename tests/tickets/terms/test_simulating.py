"""Trying another version of an SLA on past tickets, over HTTP."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.tickets.terms import simulating
from tests.conftest import Clock, Statements, client_of
from tests.tickets.terms.test_reapplying import HOUR, Slas, target
from tests.tickets.worlds import World


@pytest.fixture
def slas(client: httpx.AsyncClient, clock: Clock) -> Slas:
    return Slas(client, clock)


async def simulate(slas: Slas, sla: dict[str, Any], days: int = 30, **proposed: Any) -> dict[str, Any]:
    path = f"/v1/slas/{sla['id']}/simulate"
    response = await slas.client.post(path, json={"proposed": proposed, "days": days})
    assert response.status_code == 200, response.text
    return dict(response.json())


async def resolved_after(slas: Slas, *hours: int, **fields: Any) -> list[dict[str, Any]]:
    """Tickets that Finance resolves so long after their opening at nine."""
    made = []
    for hour in sorted(hours):
        slas.at(9)
        ticket = await slas.world.ticket("SALES", "FIN", **fields)
        slas.at(9 + hour)
        made.append(await slas.world.do("resolve", ticket["id"]))
    return made


def shown(figures: dict[str, Any]) -> tuple[int, int, float | None]:
    return figures["met"], figures["breached"], figures["attainment"]


async def test_attainment_is_told_as_it_went_and_as_it_would_have_gone(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    await resolved_after(slas, 1, 2, 3, 5)
    told = await simulate(slas, sla, targets=[target("resolve", 2)])
    assert (shown(told["totals"]["then"]), shown(told["totals"]["proposed"])) == ((3, 1, 0.75), (2, 2, 0.5))
    assert [metric["metric"] for metric in told["metrics"]] == ["acknowledge", "update", "resolve"]
    resolve = told["metrics"][2]["proposed"]
    assert (resolve["p50_seconds"], resolve["p90_seconds"]) == (int(2.5 * HOUR), int(4.4 * HOUR))
    assert 0 < resolve["attainment_low"] < 0.5 < resolve["attainment_high"] < 1
    assert (told["tickets"], told["cut"], told["changed"], told["version"]) == (4, False, 1, 1)


async def test_the_clocks_that_would_have_gone_otherwise_are_told_the_worst_first(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    one, three, four, six = await resolved_after(slas, 1, 3, 4, 6)
    told = await simulate(slas, sla, targets=[target("resolve", 2)])
    assert [change["ticket_id"] for change in told["changes"]] == [four["id"], three["id"]]
    worst = told["changes"][0]
    assert (worst["number"], worst["metric"], worst["scope"], worst["leg"]) == (four["number"], "resolve", "ticket", 1)
    assert (worst["then"]["state"], worst["then"]["due_at"]) == ("met", "2026-03-02T13:00:00Z")
    assert (worst["proposed"]["state"], worst["proposed"]["due_at"]) == ("breached", "2026-03-02T11:00:00Z")
    assert (worst["proposed"]["target_seconds"], worst["proposed"]["elapsed_seconds"]) == (2 * HOUR, 4 * HOUR)
    looser = await simulate(slas, sla, targets=[target("resolve", 5)])
    assert looser["changes"] == []
    assert (await simulate(slas, sla, targets=[target("resolve", 6)]))["changes"][0]["ticket_id"] == six["id"]
    assert one["id"] not in {change["ticket_id"] for change in told["changes"]}


async def test_nothing_is_stored(slas: Slas, statements: Statements) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    (ticket,) = await resolved_after(slas, 3)
    statements.clear()
    await simulate(slas, sla, targets=[target("resolve", 2)], name="Stricter")
    assert {statement.split()[0].lower() for statement in statements.seen} <= {"select", "with"}
    assert await slas.world.get(f"/v1/slas/{sla['id']}") == sla
    assert await slas.world.get(f"/v1/tickets/{ticket['id']}") == ticket


async def test_what_is_left_out_stays_and_null_takes_a_condition_away(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4), priorities=["p3"])
    await resolved_after(slas, 1)
    await resolved_after(slas, 1, priority="p1")
    same = await simulate(slas, sla)
    wider = await simulate(slas, sla, priorities=None)
    assert (shown(same["totals"]["proposed"]), shown(wider["totals"]["proposed"])) == ((1, 0, 1.0), (2, 0, 1.0))
    assert shown(wider["totals"]["then"]) == (1, 0, 1.0)
    (change,) = wider["changes"]
    assert (change["then"], change["proposed"]["state"]) == (None, "met")


async def test_another_sla_takes_over_where_the_proposed_version_no_longer_matches(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    other = await slas.make("FIN", target("resolve", 1), rank=2)
    await resolved_after(slas, 3)
    told = await simulate(slas, sla, priorities=["p1"])
    assert told["totals"]["proposed"]["decided"] == 0
    (change,) = told["changes"]
    assert (change["then"]["sla_id"], change["proposed"]["sla_id"]) == (sla["id"], other["id"])
    assert change["proposed"]["state"] == "breached"
    assert (await simulate(slas, sla, active=False))["totals"] == told["totals"]


async def test_what_others_undertook_is_taken_as_it_held_at_the_opening(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    other = await slas.make("FIN", target("resolve", 1), rank=2)
    await resolved_after(slas, 3)
    slas.at(20)
    await slas.change(other, target("resolve", 8))
    (change,) = (await simulate(slas, sla, active=False))["changes"]
    assert change["proposed"]["target_seconds"] == HOUR


async def test_pauses_and_calendars_are_tried_too(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 2))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("wait", ticket["id"])
    slas.at(13)
    await slas.world.do("resolve", ticket["id"])
    assert shown((await simulate(slas, sla))["totals"]["proposed"]) == (0, 1, 0.0)
    assert shown((await simulate(slas, sla, pause_on=["customer"]))["totals"]["proposed"]) == (1, 0, 1.0)
    afternoons = await slas.world.calendar("afternoons", hours={"mon": [["12:00", "24:00"]]})
    assert shown((await simulate(slas, sla, calendar_id=afternoons))["totals"]["proposed"]) == (1, 0, 1.0)


async def test_a_priority_that_changed_is_matched_anew(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8), priorities=["p1"])
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("prioritise", ticket["id"], priority="p2")
    slas.at(13)
    await slas.world.do("resolve", ticket["id"])
    assert (await simulate(slas, sla))["totals"]["proposed"]["decided"] == 0
    told = await simulate(slas, sla, priorities=["p2"], targets=[target("resolve", 2), target("update", 1)])
    assert {metric["metric"]: shown(metric["proposed"]) for metric in told["metrics"]} == {
        "acknowledge": (0, 0, None),
        "update": (0, 0, None),
        "resolve": (0, 0, None),
    }
    both = await simulate(slas, sla, priorities=None, targets=[target("resolve", 4)])
    assert shown(both["totals"]["proposed"]) == (1, 0, 1.0)


async def test_legs_after_a_hand_off_are_tried_by_their_own_department_only(slas: Slas) -> None:
    await slas.make("FIN", target("resolve", 8))
    legal = await slas.make("LEGAL", target("resolve", 8), target("acknowledge", 4))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("transfer", ticket["id"], department="LEGAL")
    slas.at(12)
    await slas.world.do("acknowledge", ticket["id"])
    slas.at(13)
    await slas.world.do("resolve", ticket["id"])
    told = await simulate(slas, legal, targets=[target("resolve", 2), target("acknowledge", 1)])
    assert shown(told["totals"]["then"]) == (2, 0, 1.0)
    assert shown(told["totals"]["proposed"]) == (0, 2, 0.0)
    assert {(change["metric"], change["scope"], change["leg"]) for change in told["changes"]} == {
        ("resolve", "leg", 2),
        ("acknowledge", "leg", 2),
    }


async def test_a_ticket_that_was_moved_to_a_newer_version_stays_with_the_proposed_one(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.change(sla, target("resolve", 6))
    await slas.reapply(sla)
    slas.at(12)
    await slas.world.do("resolve", ticket["id"])
    told = await simulate(slas, sla, targets=[target("resolve", 2)])
    assert (shown(told["totals"]["then"]), shown(told["totals"]["proposed"])) == ((1, 0, 1.0), (0, 1, 0.0))
    assert told["changes"][0]["proposed"]["due_at"] == "2026-03-02T11:00:00Z"


async def test_only_decisions_of_the_last_days_count_and_running_clocks_past_their_due_time_do(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    await resolved_after(slas, 1)
    slas.clock.at("2026-03-09T09:00:00Z")
    await slas.world.ticket("SALES", "FIN")
    slas.clock.at("2026-03-09T12:00:00Z")
    told = await simulate(slas, sla, days=7, targets=[target("resolve", 2)])
    assert (told["since"], told["until"]) == ("2026-03-02T12:00:00Z", "2026-03-09T12:00:00Z")
    assert (shown(told["totals"]["then"]), shown(told["totals"]["proposed"])) == ((0, 0, None), (0, 1, 0.0))
    assert told["tickets"] == 1


async def test_decisions_in_an_exclusion_window_are_left_out_and_told_beside(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    await resolved_after(slas, 1, 3)
    window = {"reason": "Strike", "starts_at": "2026-03-02T11:30:00Z", "ends_at": "2026-03-02T12:30:00Z"}
    await slas.world.post("/v1/exclusion-windows", window | {"sla_id": sla["id"]})
    told = await simulate(slas, sla, targets=[target("resolve", 2)])
    assert (told["totals"]["then"]["decided"], told["totals"]["then"]["excluded"]) == (1, 1)
    assert (shown(told["totals"]["proposed"]), told["totals"]["proposed"]["excluded"]) == ((1, 1, 0.5), 0)


async def test_no_more_tickets_than_the_most_are_gone_through_the_latest_first(
    slas: Slas, monkeypatch: pytest.MonkeyPatch, statements: Statements
) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    await resolved_after(slas, *[1] * 7)
    monkeypatch.setattr(simulating, "_AT_ONCE", 3)
    whole = await simulate(slas, sla)
    monkeypatch.setattr(simulating, "MOST_TICKETS", 7)
    just = await simulate(slas, sla)
    monkeypatch.setattr(simulating, "MOST_TICKETS", 5)
    cut = await simulate(slas, sla)
    assert [(told["tickets"], told["cut"]) for told in (whole, just, cut)] == [(7, False), (7, False), (5, True)]
    assert cut["totals"]["then"]["decided"] == 5
    monkeypatch.setattr(simulating, "_AT_ONCE", 500)
    statements.clear()
    await simulate(slas, sla)
    assert len(statements) <= 12


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"proposed": {}, "days": 0}, "/days"),
        ({"proposed": {}, "days": 367}, "/days"),
        ({"days": 7}, "/proposed"),
        ({"proposed": {"rank": -1}}, "/proposed/rank"),
        ({"proposed": {"targets": []}}, "/proposed/targets"),
        ({"proposed": {"escalations": []}}, "/proposed/escalations"),
        ({"proposed": {"calendar_id": "00000000-0000-7000-8000-000000000000"}}, "/proposed/calendar_id"),
        (
            {"proposed": {"provider_department_id": "00000000-0000-7000-8000-000000000000"}},
            "/proposed/provider_department_id",
        ),
    ],
)
async def test_what_no_sla_can_say_is_refused_naming_the_field(slas: Slas, body: dict[str, Any], pointer: str) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    refused = await slas.client.post(f"/v1/slas/{sla['id']}/simulate", json=body)
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, [pointer])


async def test_what_would_tie_with_another_sla_is_refused_and_what_is_not_there_not_found(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    await slas.make("FIN", target("resolve", 4), rank=2)
    tied = await slas.client.post(f"/v1/slas/{sla['id']}/simulate", json={"proposed": {"rank": 2}})
    nobody = "/v1/slas/00000000-0000-7000-8000-000000000000/simulate"
    missing = await slas.client.post(nobody, json={"proposed": {}})
    assert (tied.status_code, missing.status_code) == (409, 404)


async def test_an_analyst_tries_versions_and_moves_nothing(slas: Slas, app: FastAPI) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    key = (await slas.world.post("/v1/api-keys", {"name": "reports", "role": "analyst"}))["key"]
    async with client_of(app, key) as analyst:
        path = f"/v1/slas/{sla['id']}"
        assert (await analyst.post(f"{path}/simulate", json={"proposed": {}})).status_code == 200
        assert (await analyst.post(f"{path}/reapply", json={"dry_run": True})).status_code == 403


async def test_a_simulation_asked_for_again_with_its_key_is_answered_from_the_store(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 4))
    path, headers = f"/v1/slas/{sla['id']}/simulate", {"Idempotency-Key": "k"}
    answers = [await slas.client.post(path, json={"proposed": {}}, headers=headers) for _ in range(2)]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("seed", [7, 8])
async def test_the_version_in_force_gives_what_the_report_tells(slas: Slas, seed: int) -> None:
    """Random lives of tickets by SLAs that nobody changed: as proposed, as it went and as reported are one."""
    chance = random.Random(seed)
    targets = [target("acknowledge", 1), target("update", 2), target("resolve", 6)]
    undertaken = {
        "FIN": await slas.make("FIN", *targets, pause_on=["customer"]),
        "LEGAL": await slas.make("LEGAL", *targets[1:]),
    }
    for _ in range(25):
        await live(slas.world, slas, chance)
    slas.at(23)
    report = await slas.world.get("/v1/metrics/service-levels?group_by=department")
    reported = {(row["group"]["department"], row["metric"]): row for row in report["rows"]}
    for department, sla in undertaken.items():
        told = await simulate(slas, sla)
        for metric in told["metrics"]:
            assert metric["then"] == metric["proposed"]
            figures = reported.get((department, metric["metric"]))
            if figures:
                assert metric["then"] == {name: figures[name] for name in metric["then"]}
            else:
                assert metric["then"]["decided"] == 0
        assert (told["changed"], told["totals"]["then"]["decided"] > 10) == (0, True)


async def live(world: World, slas: Slas, chance: random.Random) -> None:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    slas.clock.at(at.isoformat())
    ticket = await world.ticket("SALES", chance.choice(["FIN", "LEGAL"]), priority=chance.choice(["p1", "p3"]))
    verbs = ["start", "wait", "resume", "comment", "prioritise", "resolve", "reopen", "transfer", "return"]
    for verb in chance.choices(verbs, k=8):
        at += timedelta(minutes=chance.randint(0, 100))
        slas.clock.at(at.isoformat())
        needed = {"comment": {"visibility": "requester"}, "transfer": {"department": chance.choice(["FIN", "LEGAL"])}}
        await world.try_to(verb, ticket["id"], **needed.get(verb, {}))
