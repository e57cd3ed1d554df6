"""Every report counts by any two or three of its groups, and its rows add up to its totals however they are grouped."""

import random
from itertools import combinations

import httpx
import pytest

from app.kernel.reports import DIMENSIONS
from tests.conftest import Clock
from tests.metrics.reading import report
from tests.metrics.test_agreement import random_world

ADDITIVE = {
    "service-levels": ("decided", "met", "breached", "running", "cancelled", "handed_over", "excluded"),
    "flow": ("tickets", "open", "resolved", "excluded", "waiting_requester_seconds", "waiting_customer_seconds"),
    "backlog": ("open", "waiting", "overdue"),
    "handoffs": ("legs", "transfers", "returns", "questions", "reopened", "waiting_in_transfer_seconds"),
    "approvals": ("decided", "granted", "customer_wait_seconds"),
    "feedback": ("responses", "low_marks", "resolved", "answered"),
    "seasonality": ("arrivals", "breaches", "excluded"),
}
MORE_GROUPS = {"service-levels": ("holder",), "seasonality": ("weekday", "hour")}
PERIOD = {"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize("name", ADDITIVE)
async def test_any_two_groups_add_up(client: httpx.AsyncClient, clock: Clock, name: str) -> None:
    await random_world(client, clock, seed=len(name))
    for pair in combinations((*DIMENSIONS, *MORE_GROUPS.get(name, ())), 2):
        response = await client.get(f"/v1/metrics/{name}", params={**PERIOD, "group_by": ",".join(pair)})
        answer = response.json()
        assert response.status_code == 200, answer
        for figure in ADDITIVE[name]:
            assert sum(row[figure] for row in answer["rows"]) == answer["totals"][figure], (pair, figure)
        groups = [(tuple(row["group"].values()), row.get("metric")) for row in answer["rows"]]
        assert len(set(groups)) == len(groups) > 0


@pytest.mark.parametrize("name", ADDITIVE)
async def test_any_three_groups_are_told_alike_in_csv_and_beside_the_period_before(
    client: httpx.AsyncClient, clock: Clock, name: str
) -> None:
    await random_world(client, clock, seed=len(name))
    chance = random.Random(name)
    alike = [group for group in (*DIMENSIONS, *MORE_GROUPS.get(name, ())) if group not in ("week", "month")]
    for _ in range(6):
        three = ",".join(chance.sample(alike, 3))
        answer = await report(client, name, to=PERIOD["to"], group_by=three, compare="previous")
        for figure in ADDITIVE[name]:
            assert sum(row[figure] for row in answer["rows"]) == answer["totals"][figure], (three, figure)
