"""`/v1/metrics/error-budget`: what objectives let breach, how much of it is spent, and how fast."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Clock, Statements
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World

NOW = datetime.fromisoformat("2026-03-31T12:00:00+00:00")
HOUR = 3600
COUNTS = ("decided", "breached", "excluded")
BUDGET = ("budget_seconds_or_count", "spent_share", "state")
RATES = ("burn_rate_1h", "burn_rate_6h", "burn_rate_3d")
AS_OF_NOW = {"from_": "2026-01-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """FIN resolves within an hour, around the clock."""
    clock.instant = NOW
    world = World(client)
    await world.sla("FIN", targets=[{"metric": "resolve", "seconds": HOUR}])
    return world


async def objective(world: World, provider: str = "FIN", **fields: Any) -> dict[str, Any]:
    (sla,) = (await world.get(f"/v1/slas?provider_department_id={world.departments[provider]}"))["items"]
    body = {"name": "In time", "sla_id": sla["id"], "metric": "resolve", "goal": 0.9, "window_days": 30}
    made: dict[str, Any] = await world.post("/v1/objectives", body | fields)
    return made


async def decided(world: World, provider: str, ago: timedelta, *, breached: bool = False, **fields: Any) -> None:
    """A ticket whose clock was met, or breached, so long before now."""
    at = NOW - ago
    opened_at = at - timedelta(hours=1) if breached else at - timedelta(minutes=10)
    resolved_at = at + timedelta(seconds=30) if breached else at
    ticket = await world.ticket("SALES", provider, opened_at=opened_at.isoformat(), **fields)
    await world.do("resolve", ticket["id"], resolved_at.isoformat())


def days(number: float) -> timedelta:
    return timedelta(days=number)


async def error_budget(world: World, **query: Any) -> dict[str, Any]:
    return await report(world.client, "error-budget", **{**AS_OF_NOW, **query})


async def test_each_objective_has_its_budget_and_what_was_spent_of_it(world: World) -> None:
    made = await objective(world)
    for number in range(19):
        await decided(world, "FIN", days(20 + number / 10))
    await decided(world, "FIN", days(15), breached=True)
    answer = await error_budget(world)
    assert answer["group_by"] == ["sla", "objective"]
    (row,) = answer["rows"]
    assert row["group"] == {
        "sla_id": made["sla_id"],
        "sla_name": "FIN 1",
        "objective_id": made["id"],
        "objective_name": "In time",
    }
    assert (row["metric"], row["objective"], row["window_days"]) == ("resolve", 0.9, 30)
    assert tuple(row[name] for name in COUNTS + BUDGET) == (20, 1, 0, 2.0, 0.5, "ok")
    assert totals(answer, "objectives", "ok", "burning", "exhausted") == (1, 1, 0, 0)


async def test_an_objective_of_which_nothing_was_decided_has_no_shares(world: World) -> None:
    await objective(world)
    answer = await error_budget(world)
    assert figures(answer, *COUNTS, *BUDGET, *RATES, by="objective_name") == {
        "In time": (0, 0, 0, 0.0, None, "ok", None, None, None)
    }


async def test_the_window_rolls_and_has_its_first_instant(world: World) -> None:
    await objective(world, window_days=10)
    await decided(world, "FIN", days(10))
    await decided(world, "FIN", days(10) - timedelta(seconds=1))
    await decided(world, "FIN", days(1), breached=True)
    assert figures(await error_budget(world), *COUNTS, by="objective_name") == {"In time": (2, 1, 0)}


async def test_the_burn_rates_are_of_the_last_hour_six_hours_and_three_days(world: World) -> None:
    await objective(world)
    await decided(world, "FIN", timedelta(minutes=10), breached=True)
    await decided(world, "FIN", timedelta(minutes=59))
    await decided(world, "FIN", timedelta(hours=1))
    await decided(world, "FIN", timedelta(hours=5))
    await decided(world, "FIN", timedelta(hours=6))
    await decided(world, "FIN", days(3))
    assert figures(await error_budget(world), *RATES, by="objective_name") == {"In time": (5.0, 2.5, 2.0)}


async def test_a_running_clock_past_its_due_time_is_breached(world: World, clock: Clock) -> None:
    await objective(world)
    await world.ticket("SALES", "FIN", opened_at=(NOW - timedelta(hours=1)).isoformat())
    assert figures(await error_budget(world), *COUNTS, by="objective_name") == {"In time": (0, 0, 0)}
    clock.passes(seconds=1)
    answer = await error_budget(world)
    assert figures(answer, *COUNTS, "state", by="objective_name") == {"In time": (1, 1, 0, "exhausted")}
    assert totals(answer, "ok", "burning", "exhausted") == (0, 0, 1)


async def test_it_burns_when_an_hour_spends_too_much_of_it(world: World) -> None:
    await objective(world, goal=0.95)
    for number in range(57):
        await decided(world, "FIN", days(10 + number / 10))
    await decided(world, "FIN", timedelta(minutes=30), breached=True)
    answer = await error_budget(world)
    assert figures(answer, "burn_rate_1h", *BUDGET, by="objective_name") == {
        "In time": (20.0, 2.9, pytest.approx(1 / 2.9), "burning")
    }


async def test_only_clocks_of_its_sla_and_metric_count(world: World) -> None:
    await world.sla(
        "OPS", targets=[{"metric": "resolve", "seconds": HOUR}, {"metric": "acknowledge", "seconds": 2 * HOUR}]
    )
    await objective(world, name="FIN resolves")
    await objective(world, "OPS", name="OPS resolves")
    await objective(world, "OPS", name="OPS acknowledges", metric="acknowledge")
    await decided(world, "FIN", days(1))
    await decided(world, "OPS", days(1), breached=True)
    answer = await error_budget(world)
    assert figures(answer, *COUNTS, by="objective_name") == {
        "FIN resolves": (1, 0, 0),
        "OPS acknowledges": (1, 0, 0),
        "OPS resolves": (1, 1, 0),
    }
    assert [row["group"]["objective_name"] for row in answer["rows"]] == [
        "FIN resolves",
        "OPS acknowledges",
        "OPS resolves",
    ]


async def test_earlier_versions_of_its_sla_count_too(world: World) -> None:
    made = await objective(world)
    await decided(world, "FIN", days(1))
    sla = await world.get(f"/v1/slas/{made['sla_id']}")
    kept = ("name", "provider_department_id", "rank", "calendar_id")
    other = {name: sla[name] for name in kept} | {"targets": [{"metric": "resolve", "seconds": 2 * HOUR}]}
    assert (await world.client.put(f"/v1/slas/{sla['id']}", json=other)).status_code == 200
    assert figures(await error_budget(world), "decided", by="objective_name") == {"In time": (1,)}


async def test_one_that_is_not_active_is_not_reported(world: World) -> None:
    made = await objective(world)
    await world.client.patch(f"/v1/objectives/{made['id']}", json={"active": False})
    answer = await error_budget(world)
    assert (answer["rows"], totals(answer, "objectives")) == ([], (0,))


@pytest.mark.parametrize(
    ("scope", "excluded"),
    [({}, 2), ({"provider": "FIN"}, 1), ({"sla": "OPS"}, 1), ({"provider": "FIN", "sla": "OPS"}, 0)],
)
async def test_decisions_in_an_exclusion_window_are_told_beside(
    world: World, scope: dict[str, str], excluded: int
) -> None:
    slas = {"FIN": (await objective(world, name="FIN"))["sla_id"]}
    await world.sla("OPS", targets=[{"metric": "resolve", "seconds": HOUR}])
    slas["OPS"] = (await objective(world, "OPS", name="OPS"))["sla_id"]
    for provider in ("FIN", "OPS"):
        await decided(world, provider, timedelta(hours=2), breached=True)
        await decided(world, provider, timedelta(hours=1))
    body: dict[str, Any] = {
        "reason": "Power cut",
        "starts_at": (NOW - timedelta(hours=2)).isoformat(),
        "ends_at": (NOW - timedelta(hours=1)).isoformat(),
    }
    if "provider" in scope:
        body["provider_department_id"] = world.departments[scope["provider"]]
    if "sla" in scope:
        body["sla_id"] = slas[scope["sla"]]
    await world.post("/v1/exclusion-windows", body)
    found = figures(await error_budget(world), *COUNTS, by="objective_name")
    assert sum(each[2] for each in found.values()) == excluded
    assert all((decided_, breached) == (2 - out, 1 - out) for decided_, breached, out in found.values())


async def test_an_excluded_breach_does_not_burn(world: World) -> None:
    await objective(world)
    await decided(world, "FIN", timedelta(minutes=30), breached=True)
    window = {"reason": "Strike", "starts_at": "2026-03-31T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}
    made = await world.post("/v1/exclusion-windows", window)
    assert figures(await error_budget(world), *RATES, "state", by="objective_name") == {
        "In time": (None, None, None, "ok")
    }
    await world.client.delete(f"/v1/exclusion-windows/{made['id']}")
    assert figures(await error_budget(world), "burn_rate_1h", "state", by="objective_name") == {
        "In time": (10.0, "exhausted")
    }


async def test_as_of_an_earlier_instant_it_stands_as_it_stood_then(world: World) -> None:
    await objective(world)
    await decided(world, "FIN", days(40), breached=True)
    await decided(world, "FIN", days(1))
    then = {"to": (NOW - days(35)).isoformat()}
    earlier = (await world.client.get("/v1/metrics/error-budget", params=then)).json()
    assert figures(earlier, *COUNTS, "state", by="objective_name") == {"In time": (1, 1, 0, "exhausted")}
    assert (earlier["from"], earlier["to"]) == ("2026-01-25T12:00:00Z", "2026-02-24T12:00:00Z")
    now = (await world.client.get("/v1/metrics/error-budget")).json()
    assert figures(now, *COUNTS, "state", by="objective_name") == {"In time": (1, 0, 0, "ok")}
    assert (now["from"], now["to"]) == ("2026-03-01T12:00:01Z", "2026-03-31T12:00:01Z")


async def test_from_cuts_windows_that_begin_before_it(world: World) -> None:
    await objective(world)
    await decided(world, "FIN", days(20), breached=True)
    await decided(world, "FIN", days(5))
    cut = await error_budget(world, from_=(NOW - days(10)).isoformat())
    assert figures(cut, *COUNTS, by="objective_name") == {"In time": (1, 0, 0)}
    assert cut["from"] == "2026-03-21T12:00:00Z"


async def test_conditions_choose_objectives_and_clocks(world: World) -> None:
    made = await objective(world, name="A")
    await objective(world, name="B", goal=0.5)
    await decided(world, "FIN", days(1), priority="p1")
    await decided(world, "FIN", days(1), priority="p2", breached=True)
    urgent = await error_budget(world, priority="p1", requester_department_id=world.departments["SALES"])
    assert figures(urgent, *COUNTS, by="objective_name") == {"A": (1, 0, 0), "B": (1, 0, 0)}
    assert figures(await error_budget(world, objective_id=made["id"]), "breached", by="objective_name") == {"A": (1,)}
    for condition in ("provider_department_id", "department_id"):
        others = await error_budget(world, **{condition: world.departments["SALES"]})
        assert figures(others, "decided", by="objective_name") == {"A": (0,), "B": (0,)}
    assert (await error_budget(world, sla_id=made["id"]))["rows"] == []


async def test_it_counts_the_decisions_that_the_report_on_service_levels_does(world: World) -> None:
    """Lives with every way a clock can end, an outage among them."""
    targets = [{"metric": metric, "seconds": HOUR} for metric in ("acknowledge", "update", "resolve")]
    await world.sla("OPS", targets=targets, pause_on=["customer"])
    for metric in ("acknowledge", "update", "resolve"):
        await objective(world, "OPS", name=metric, metric=metric, window_days=5)
    lives = [
        ["acknowledge", "resolve"],
        ["acknowledge", "wait", "resume", "resolve", "reopen", "resolve", "close"],
        ["start", "transfer"],
        ["cancel"],
        ["decline"],
        ["wait"],
        ["acknowledge", "comment"],
        ["resolve", "reopen"],
        [],
    ]
    for number, verbs in enumerate(lives * 3):
        at = NOW - days(6) + timedelta(hours=5 * number)
        ticket = await world.ticket("SALES", "OPS", opened_at=at.isoformat())
        for step, verb in enumerate(verbs):
            at += timedelta(minutes=25 + 10 * (number % 4) + step)
            needed = {"department": "FIN"} if verb == "transfer" else {}
            await world.do(verb, ticket["id"], at.isoformat(), **needed)
    outage = {"starts_at": (NOW - days(3)).isoformat(), "ends_at": (NOW - days(2)).isoformat(), "reason": "Outage"}
    await world.post("/v1/exclusion-windows", outage)
    end = (NOW + timedelta(seconds=1)).isoformat()
    counted = await report(
        world.client, "service-levels", from_=(NOW + timedelta(seconds=1) - days(5)).isoformat(), to=end
    )
    expected = figures(counted, *COUNTS, by=("department", "metric"))
    found = figures(await error_budget(world, to=end), *COUNTS, by="metric")
    assert found == {metric: expected["OPS", metric] for metric in found}
    assert all(min(each) > 0 for each in found.values()), found


@pytest.mark.parametrize("query", [{"group_by": "department"}, {"from": "2026-04-02T00:00:00Z"}, {"metric": "resolve"}])
async def test_what_it_cannot_tell_is_refused(world: World, query: dict[str, str]) -> None:
    assert (await world.client.get("/v1/metrics/error-budget", params=query)).status_code == 422


async def test_it_takes_as_many_statements_for_many_objectives_as_for_one(world: World, statements: Statements) -> None:
    await objective(world)
    await world.client.get("/v1/metrics/error-budget")
    statements.clear()
    await world.client.get("/v1/metrics/error-budget")
    counted = len(statements)
    for number in range(5):
        await objective(world, name=f"{number}")
    statements.clear()
    assert len((await world.client.get("/v1/metrics/error-budget")).json()["rows"]) == 6
    assert len(statements) == counted
