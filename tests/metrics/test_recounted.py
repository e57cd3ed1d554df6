"""Over random lives, what reports count by holder, by local time and beside exclusion windows is what a slow recount
of the tickets' histories gives."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.conftest import Clock
from tests.metrics.reading import figures, report, totals
from tests.metrics.test_agreement import ZONES, random_world
from tests.tickets.worlds import World

PERIOD = {"to": "2026-05-01T00:00:00Z"}
ENDS_A_WAIT = ("wait", "resume", "resolve", "transfer", "return", "cancel")
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Life:
    """A ticket with its history, departments by their keys."""

    ticket: dict[str, Any]
    history: list[dict[str, Any]]
    keys: dict[str, str]

    @property
    def provider(self) -> str:
        return self.keys[self.ticket["provider_department_id"]]

    def holder(self, at: str) -> str:
        """Who held it after everything that happened up to an instant."""
        stays = [
            entry["details"]["department_id"] for entry in self.history if self._passed(entry) and entry["at"] <= at
        ]
        return self.keys[stays[-1]]

    def first(self) -> str:
        return next(self.keys[entry["details"]["department_id"]] for entry in self.history if self._passed(entry))

    def waits(self) -> Iterator[tuple[str, datetime, datetime]]:
        """Party, beginning and end of each, up to the last instant."""
        begun: tuple[str, datetime] | None = None
        for entry in self.history:
            if begun is not None and entry["verb"] in ENDS_A_WAIT:
                yield *begun, instant(entry["at"])
                begun = None
            if entry["verb"] == "wait":
                begun = entry["details"]["on"], instant(entry["at"])
        if begun is not None:
            yield *begun, datetime.max.replace(tzinfo=UTC)

    @staticmethod
    def _passed(entry: dict[str, Any]) -> bool:
        return "department_id" in entry["details"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def local(at: datetime, department: str) -> datetime:
    return at.astimezone(ZoneInfo(ZONES[department] or "UTC"))


async def lives(world: World) -> list[Life]:
    keys = {id_: key for key, id_ in world.departments.items()}
    tickets = (await world.get("/v1/tickets?limit=200"))["items"]
    return [
        Life(each, (await world.get(f"/v1/tickets/{each['id']}/history?limit=200"))["items"], keys) for each in tickets
    ]


def decisions(life: Life) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each decided clock, how it was decided, and when."""
    for clock in life.ticket["clocks"]:
        if clock["state"] in ("met", "breached"):
            yield clock, clock["state"], clock[f"{clock['state']}_at"]


@pytest.mark.parametrize("seed", range(4, 8))
async def test_reports_agree_with_a_recount(client: httpx.AsyncClient, clock: Clock, seed: int) -> None:
    world = await random_world(client, clock, seed)
    recounted = await lives(world)
    await holders_agree(world, recounted, clock)
    await days_agree(world, recounted)
    await seasons_agree(world, recounted)
    await waits_agree(world, recounted, clock)
    await exclusions_agree(world, recounted, random.Random(seed))


async def holders_agree(world: World, recounted: list[Life], clock: Clock) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    now = clock().isoformat().replace("+00:00", "Z")
    for life in recounted:
        for each in life.ticket["clocks"]:
            own = life.keys[each["department_id"]]
            if each["state"] in ("met", "breached", "running", "paused"):
                at = each["breached_at"] or each["met_at"] or now
                expected[own, life.holder(at) if each["scope"] == "ticket" else own, each["metric"]] += 1
    answer = await report(world.client, "service-levels", **PERIOD, group_by="provider,holder")
    found = figures(answer, "decided", "running", by=("provider", "holder", "metric"))
    assert {told: sum(counted) for told, counted in found.items() if any(counted)} == expected


async def days_agree(world: World, recounted: list[Life]) -> None:
    decided: Counter[tuple[str, str]] = Counter()
    opened: Counter[tuple[str, str]] = Counter()
    for life in recounted:
        for each, _, at in decisions(life):
            department = life.keys[each["department_id"]]
            decided[str(local(instant(at), department).date()), department] += 1
        opened[str(local(instant(life.ticket["opened_at"]), life.provider).date()), life.provider] += 1
    answer = await report(world.client, "service-levels", **PERIOD, group_by="day,department")
    found: Counter[tuple[str, str]] = Counter()
    for row in answer["rows"]:
        found[row["group"]["day"], row["group"]["department"]] += row["decided"]
    assert found == decided
    flow = figures(await report(world.client, "flow", **PERIOD, group_by="day,provider"), "tickets")
    assert {told: counted for told, (counted,) in flow.items() if counted} == opened


async def seasons_agree(world: World, recounted: list[Life]) -> None:
    arrivals: Counter[tuple[int, int]] = Counter()
    breaches: Counter[tuple[int, int]] = Counter()
    for life in recounted:
        came = local(instant(life.ticket["opened_at"]), life.first())
        arrivals[came.weekday(), came.hour] += 1
        for each, outcome, at in decisions(life):
            broke = local(instant(at), life.keys[each["department_id"]])
            breaches[broke.weekday(), broke.hour] += outcome == "breached"
    rows = (await report(world.client, "seasonality", **PERIOD))["rows"]
    cells = [(number // 24, number % 24) for number in range(168)]
    assert [(row["arrivals"], row["breaches"]) for row in rows] == [(arrivals[cell], breaches[cell]) for cell in cells]


async def waits_agree(world: World, recounted: list[Life], clock: Clock) -> None:
    """Quarters of an hour are the smallest by which any zone differs, so each lies in one local day."""
    expected: Counter[tuple[str, str, str]] = Counter()
    for life in recounted:
        for party, begun, ended in life.waits():
            at, end = begun, min(ended, clock())
            while at < end:
                quarter = datetime.fromtimestamp(at.timestamp() // 900 * 900, UTC) + QUARTER
                until = min(quarter, end)
                day = str(local(at, life.provider).date())
                expected[day, life.provider, party] += int((until - at).total_seconds())
                at = until
    parties = ("requester", "customer", "third_party", "dependency")
    answer = await report(world.client, "flow", **PERIOD, group_by="day,provider")
    found = {
        (row["group"]["day"], row["group"]["provider"], party): row[f"waiting_{party}_seconds"]
        for row in answer["rows"]
        for party in parties
        if row[f"waiting_{party}_seconds"]
    }
    assert found == expected


async def exclusions_agree(world: World, recounted: list[Life], chance: random.Random) -> None:
    windows = []
    for provider in (None, "FIN", "OPS"):
        starts = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(25 * 86400))
        ends = starts + timedelta(seconds=chance.randrange(1, 5 * 86400))
        scope = {"provider_department_id": world.departments[provider]} if provider else {}
        await world.post(
            "/v1/exclusion-windows",
            {"reason": "Strike", "starts_at": starts.isoformat(), "ends_at": ends.isoformat(), **scope},
        )
        windows.append((provider, starts, ends))
    expected: Counter[str] = Counter()
    for life in recounted:
        for each, outcome, at in decisions(life):
            department = life.keys[each["department_id"]]
            out = any(
                starts <= instant(at) < ends and provider in (None, department) for provider, starts, ends in windows
            )
            expected["excluded" if out else outcome] += 1
    answer = await report(world.client, "service-levels", **PERIOD)
    outcomes = ("met", "breached", "excluded")
    assert totals(answer, *outcomes) == tuple(expected[outcome] for outcome in outcomes)
    assert answer["totals"]["decided"] == expected["met"] + expected["breached"]
