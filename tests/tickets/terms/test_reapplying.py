"""Moving tickets to the current version of an SLA: what moves, what stands, and that a dry run says the same."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from app.tickets.terms import reapplying
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NINE = "2026-03-02T09:00:00Z"
HOUR = 3600


def target(metric: str, hours: float) -> dict[str, Any]:
    return {"metric": metric, "seconds": int(hours * HOUR), "by_priority": {}}


class Slas:
    """A world with SLAs of which new versions are made."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self.client, self.clock, self.world = client, clock, World(client)
        clock.at(NINE)

    async def make(self, provider: str, *targets: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return await self.world.sla(provider, targets=list(targets), **fields)

    async def change(self, sla: dict[str, Any], *targets: dict[str, Any], **fields: Any) -> dict[str, Any]:
        body = {name: value for name, value in sla.items() if name not in ("id", "version", "created_at", "updated_at")}
        body |= {"targets": list(targets)} if targets else {}
        response = await self.client.put(f"/v1/slas/{sla['id']}", json=body | fields)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def reapply(self, sla: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        response = await self.client.post(f"/v1/slas/{sla['id']}/reapply", json={"dry_run": dry_run})
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def clocks(self, ticket: dict[str, Any], as_of: str | None = None) -> list[dict[str, Any]]:
        path = f"/v1/tickets/{ticket['id']}"
        found = await self.world.get(f"{path}/clocks?as_of={as_of}" if as_of else path)
        return list(found["clocks"])

    def at(self, hour: int, minute: int = 0) -> None:
        self.clock.at(f"2026-03-02T{hour:02}:{minute:02}:00Z")


@pytest.fixture
def slas(client: httpx.AsyncClient, clock: Clock) -> Slas:
    return Slas(client, clock)


def of(clocks: list[dict[str, Any]], metric: str, scope: str) -> dict[str, Any]:
    (found,) = (clock for clock in clocks if (clock["metric"], clock["scope"]) == (metric, scope))
    return found


async def test_an_open_leg_moves_to_the_current_version_and_what_elapsed_stands(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(11)
    await slas.change(sla, target("resolve", 4))
    moved = await slas.reapply(sla)
    assert moved == {
        "sla_id": sla["id"],
        "version": 2,
        "dry_run": False,
        "tickets": 1,
        "changes": [
            {
                "ticket_id": ticket["id"],
                "number": ticket["number"],
                "metric": "resolve",
                "scope": "ticket",
                "leg": 1,
                "from_version": 1,
                "to_version": 2,
                "target_seconds": 4 * HOUR,
                "previous_target_seconds": 8 * HOUR,
                "due_at": "2026-03-02T13:00:00Z",
                "previous_due_at": "2026-03-02T17:00:00Z",
                "state": "running",
                "previous_state": "running",
            }
        ],
        "remaining": 0,
    }
    (clock,) = await slas.clocks(ticket)
    assert (clock["sla_version"], clock["elapsed_seconds"], clock["started_at"]) == (2, 2 * HOUR, NINE)
    explained = await slas.world.get(f"/v1/tickets/{ticket['id']}/sla-explanation")
    assert explained["legs"][0]["sla_version"] == 2


async def test_a_dry_run_says_what_a_run_does_and_changes_nothing(slas: Slas) -> None:
    sla = await slas.make("FIN", target("acknowledge", 1), target("resolve", 8), pause_on=["customer"])
    tickets = [await slas.world.ticket("SALES", "FIN") for _ in range(3)]
    slas.at(10)
    await slas.world.do("wait", tickets[1]["id"])
    slas.at(11)
    await slas.change(sla, target("resolve", 1), target("update", 2))
    before = [await slas.world.get(f"/v1/tickets/{ticket['id']}") for ticket in tickets]
    planned = await slas.reapply(sla, dry_run=True)
    assert [await slas.world.get(f"/v1/tickets/{ticket['id']}") for ticket in tickets] == before
    assert len((await slas.world.get(f"/v1/tickets/{tickets[0]['id']}/history"))["items"]) == 1
    done = await slas.reapply(sla)
    assert done == planned | {"dry_run": False}
    assert (done["tickets"], len(done["changes"])) == (3, 6)


async def test_once_moved_a_ticket_is_not_moved_again(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    current = await slas.reapply(sla)
    await slas.change(sla, target("resolve", 4))
    await slas.reapply(sla)
    after = await slas.world.get(f"/v1/tickets/{ticket['id']}")
    again = await slas.reapply(sla)
    assert (current["tickets"], again["tickets"], again["changes"], again["remaining"]) == (0, 0, [], 0)
    assert await slas.world.get(f"/v1/tickets/{ticket['id']}") == after


async def test_a_clock_whose_elapsed_time_had_reached_the_new_target_is_breached_by_the_change(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(12)
    await slas.change(sla, target("resolve", 2))
    (change,) = (await slas.reapply(sla))["changes"]
    assert (change["state"], change["due_at"], change["previous_state"]) == (
        "breached",
        "2026-03-02T11:00:00Z",
        "running",
    )
    (clock,) = await slas.clocks(ticket)
    assert (clock["due_at"], clock["breached_at"]) == ("2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z")
    events = (await slas.world.get("/v1/events?types=sla.breached"))["items"]
    assert [(event["occurred_at"], event["data"]["clock"]["sla_version"]) for event in events] == [
        ("2026-03-02T12:00:00Z", 2)
    ]


async def test_a_breach_is_not_withdrawn_by_a_longer_target(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 1))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(11)
    await slas.change(sla, target("resolve", 8))
    (change,) = (await slas.reapply(sla))["changes"]
    assert (change["state"], change["previous_state"], change["target_seconds"]) == ("breached", "breached", 8 * HOUR)
    (clock,) = await slas.clocks(ticket)
    assert (clock["due_at"], clock["breached_at"]) == ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")
    events = (await slas.world.get("/v1/events?types=sla.breached"))["items"]
    assert [(event["occurred_at"], event["data"]["clock"]["sla_version"]) for event in events] == [
        ("2026-03-02T10:00:00Z", 1)
    ]


async def test_a_paused_clock_stays_paused_unless_the_new_version_does_not_pause(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8), pause_on=["customer"])
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("wait", ticket["id"])
    slas.at(12)
    sla = await slas.change(sla, target("resolve", 4))
    (change,) = (await slas.reapply(sla))["changes"]
    assert (change["state"], change["due_at"]) == ("paused", None)
    (clock,) = await slas.clocks(ticket)
    assert (clock["elapsed_seconds"], clock["remaining_seconds"]) == (HOUR, 3 * HOUR)
    sla = await slas.change(sla, pause_on=[])
    (change,) = (await slas.reapply(sla))["changes"]
    assert (change["state"], change["due_at"]) == ("running", "2026-03-02T15:00:00Z")


async def test_another_calendar_counts_from_the_change(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    await slas.world.ticket("SALES", "FIN")
    afternoons = await slas.world.calendar("afternoons", hours={"mon": [["14:00", "24:00"]]})
    slas.at(10)
    await slas.change(sla, calendar_id=afternoons)
    (change,) = (await slas.reapply(sla))["changes"]
    assert change["due_at"] == "2026-03-02T21:00:00Z"


async def test_a_metric_that_appears_starts_and_one_that_is_gone_is_cancelled(slas: Slas) -> None:
    sla = await slas.make("FIN", target("acknowledge", 1), target("update", 2))
    ticket = await slas.world.ticket("SALES", "FIN")
    await slas.world.do("acknowledge", ticket["id"])
    slas.at(10)
    await slas.change(sla, target("acknowledge", 1), target("resolve", 8))
    changes = {change["metric"]: change for change in (await slas.reapply(sla))["changes"]}
    assert changes.keys() == {"update", "resolve"}
    gone, new = changes["update"], changes["resolve"]
    assert (gone["from_version"], gone["to_version"], gone["state"], gone["due_at"]) == (1, None, "cancelled", None)
    assert (new["from_version"], new["to_version"], new["previous_state"]) == (None, 2, None)
    assert new["due_at"] == "2026-03-02T18:00:00Z"


async def test_the_ticket_moves_by_its_first_department_while_its_leg_keeps_another_agreement(slas: Slas) -> None:
    first = await slas.make("FIN", target("resolve", 8))
    await slas.make("LEGAL", target("resolve", 6))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("transfer", ticket["id"], department="LEGAL")
    await slas.change(first, target("resolve", 4))
    (change,) = (await slas.reapply(first))["changes"]
    assert (change["scope"], change["leg"], change["due_at"]) == ("ticket", 1, "2026-03-02T13:00:00Z")
    leg = of(await slas.clocks(ticket), "resolve", "leg")
    assert (leg["sla_version"], leg["due_at"]) == (1, "2026-03-02T16:00:00Z")
    legs = (await slas.world.get(f"/v1/tickets/{ticket['id']}/sla-explanation"))["legs"]
    assert [leg["sla_version"] for leg in legs] == [2, 1]
    assert (await slas.reapply(first))["tickets"] == 0


async def test_the_leg_moves_while_the_ticket_keeps_the_agreement_of_its_first_department(slas: Slas) -> None:
    await slas.make("FIN", target("resolve", 8))
    second = await slas.make("LEGAL", target("resolve", 6), target("acknowledge", 1))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(10)
    await slas.world.do("transfer", ticket["id"], department="LEGAL")
    await slas.change(second, target("resolve", 3), target("acknowledge", 2))
    changes = (await slas.reapply(second))["changes"]
    assert [(change["metric"], change["scope"], change["leg"]) for change in changes] == [
        ("acknowledge", "leg", 2),
        ("resolve", "leg", 2),
    ]
    assert of(await slas.clocks(ticket), "resolve", "ticket")["due_at"] == "2026-03-02T17:00:00Z"


async def test_nothing_is_matched_anew(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN", priority="p3")
    await slas.make("FIN", target("resolve", 1), rank=0)
    await slas.change(sla, target("resolve", 4), priorities=["p1"])
    await slas.reapply(sla)
    (clock,) = await slas.clocks(ticket)
    assert (clock["sla_id"], clock["sla_version"], clock["target_seconds"]) == (sla["id"], 2, 4 * HOUR)


async def test_an_agreement_that_a_priority_selected_moves_too(slas: Slas) -> None:
    await slas.make("FIN", target("resolve", 8), priorities=["p3"])
    urgent = await slas.make("FIN", target("resolve", 2), priorities=["p1"])
    ticket = await slas.world.ticket("SALES", "FIN")
    await slas.world.do("prioritise", ticket["id"], priority="p1")
    await slas.change(urgent, target("resolve", 3))
    assert [change["target_seconds"] for change in (await slas.reapply(urgent))["changes"]] == [3 * HOUR]


async def test_a_leg_without_a_running_clock_is_moved_for_what_is_still_to_come(slas: Slas) -> None:
    sla = await slas.make("FIN", target("acknowledge", 1))
    ticket = await slas.world.ticket("SALES", "FIN")
    await slas.world.do("acknowledge", ticket["id"])
    await slas.change(sla, target("acknowledge", 2))
    moved = await slas.reapply(sla)
    assert (moved["tickets"], moved["changes"], (await slas.reapply(sla))["tickets"]) == (1, [], 0)


async def test_resolved_and_ended_tickets_stay_as_they_are(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    for verb in ("resolve", "decline", "cancel"):
        await slas.world.do(verb, (await slas.world.ticket("SALES", "FIN"))["id"])
    await slas.change(sla, target("resolve", 4))
    assert (await slas.reapply(sla))["tickets"] == 0


async def test_the_clocks_of_before_the_move_can_still_be_told_and_the_history_tells_of_it(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(11)
    await slas.change(sla, target("resolve", 4))
    await slas.reapply(sla)
    (before,) = await slas.clocks(ticket, "2026-03-02T10:59:59Z")
    (after,) = await slas.clocks(ticket, "2026-03-02T11:00:00Z")
    assert [(clock["sla_version"], clock["target_seconds"]) for clock in (before, after)] == [(1, 28800), (2, 14400)]
    entry = (await slas.world.get(f"/v1/tickets/{ticket['id']}/history"))["items"][-1]
    assert (entry["verb"], entry["at"], entry["number"]) == ("reapply", "2026-03-02T11:00:00Z", 2)
    assert entry["details"]["selected"]["leg"] == {"sla_id": sla["id"], "version": 2}
    assert entry["actor"]["type"] == "api_key"


async def test_each_moved_ticket_has_a_new_version_and_tells_what_its_clocks_were(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(11)
    await slas.change(sla, target("resolve", 4))
    await slas.reapply(sla)
    (event,) = (await slas.world.get("/v1/events?types=ticket.updated"))["items"]
    assert event["data"]["ticket"] == await slas.world.get(f"/v1/tickets/{ticket['id']}")
    assert event["data"]["ticket"]["version"] == ticket["version"] + 1
    assert event["data"]["previous"]["due_at"] == "2026-03-02T17:00:00Z"
    assert [clock["sla_version"] for clock in event["data"]["previous"]["clocks"]] == [1]


async def test_nothing_can_be_done_to_a_ticket_before_it_was_moved(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    ticket = await slas.world.ticket("SALES", "FIN")
    slas.at(11)
    await slas.change(sla, target("resolve", 4))
    await slas.reapply(sla)
    slas.at(12)
    assert (await slas.world.try_to("start", ticket["id"], "2026-03-02T10:00:00Z")).status_code == 422
    started = await slas.world.do("start", ticket["id"], "2026-03-02T11:30:00Z")
    assert started["clocks"][0]["sla_version"] == 2


async def test_a_move_goes_on_where_the_last_call_ended(
    slas: Slas, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reapplying, "MOST", 2)
    sla = await slas.make("FIN", target("resolve", 8))
    numbers = [(await slas.world.ticket("SALES", "FIN"))["number"] for _ in range(5)]
    await slas.change(sla, target("resolve", 4))
    statements.clear()
    planned = await slas.reapply(sla, dry_run=True)
    assert len(statements) <= 7
    calls = [await slas.reapply(sla) for _ in range(4)]
    assert planned["changes"] == calls[0]["changes"]
    assert [[change["number"] for change in call["changes"]] for call in calls] == [
        numbers[:2],
        numbers[2:4],
        numbers[4:],
        [],
    ]
    assert [call["remaining"] for call in calls] == [3, 1, 0, 0]


async def test_an_sla_that_is_not_active_is_not_reapplied(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    await slas.world.ticket("SALES", "FIN")
    await slas.change(sla, target("resolve", 4), active=False)
    refused = await slas.client.post(f"/v1/slas/{sla['id']}/reapply", json={"dry_run": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


async def test_an_sla_that_is_not_there_or_has_another_version_than_expected_is_refused(slas: Slas) -> None:
    sla = await slas.make("FIN", target("resolve", 8))
    await slas.change(sla, target("resolve", 4))
    path = f"/v1/slas/{sla['id']}/reapply"
    stale = await slas.client.post(path, headers={"If-Match": '"1"'})
    current = await slas.client.post(path, headers={"If-Match": '"2"'})
    nobody = await slas.client.post("/v1/slas/00000000-0000-7000-8000-000000000000/reapply")
    wrong = await slas.client.post(path, json={"dry_run": "yes"})
    assert [answer.status_code for answer in (stale, current, nobody, wrong)] == [412, 200, 404, 422]
    assert current.headers["ETag"] == '"2"'


async def test_a_move_while_its_tickets_are_worked_on_waits_for_nobody_in_a_circle(slas: Slas) -> None:
    sla = await slas.make("FIN", target("acknowledge", 1), target("resolve", 8), pause_on=["customer"])
    calendar = await slas.world.calendar()
    tickets = [(await slas.world.ticket("SALES", "FIN"))["id"] for _ in range(6)]
    draft = await slas.world.draft("SALES", "FIN")
    slas.at(10)
    await slas.change(sla, target("acknowledge", 2), target("resolve", 4))
    path = f"/v1/slas/{sla['id']}/reapply"
    moves = [slas.client.post(path) for _ in range(3)]
    hours = [{"hours": {"mon": [["09:00", f"{hour}:00"]]}} for hour in (20, 21, 22)]
    changes = [slas.client.patch(f"/v1/calendars/{calendar}", json=each) for each in hours]
    acted = [slas.world.try_to(verb, id_) for id_ in tickets for verb in ("wait", "prioritise", "comment")]
    opened = [slas.client.post("/v1/tickets", json=draft) for _ in range(4)]
    answers = await asyncio.gather(*moves, *changes, *acted, *opened)
    assert Counter(answer.status_code for answer in answers) == {200: 24, 201: 4}
    assert (await slas.reapply(sla))["tickets"] == 0
    for ticket in (await slas.world.get("/v1/tickets?limit=200"))["items"]:
        assert {clock["sla_version"] for clock in ticket["clocks"] if clock["state"] in ("running", "paused")} == {2}
        assert ticket["clocks"] == await slas.clocks(ticket, "2026-03-02T10:00:00Z")
