"""`/v1/metrics/ripple/causes`, `/flow` and `/scorecard`."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock, Statements
from tests.ripple.kept import keep
from tests.ripple.kept_world import KeptWorld
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary

PATH = "/v1/metrics/ripple"
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock, database: Database) -> KeptWorld:
    """One customer, one of whose commitments Finance made two days late."""
    clock.at("2026-03-20T09:00:00+00:00")
    world = KeptWorld(client, database)
    await agree_on_five_days_and_three(world)
    await world.customer("ACME", tier="gold")
    await primary_and_reactionary(world)
    return world


async def report(world: KeptWorld, name: str, query: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = await world.get(f"{PATH}/{name}?{MARCH}&{query}")
    return answer


async def test_the_causes_of_a_customers_lateness_name_commitments(world: KeptWorld) -> None:
    answer = await report(world, "causes", f"customer_id={world.customer_id}")
    assert answer["group_by"] == ["department", "kind", "requester", "provider", "request_type"]
    (row,) = answer["rows"]
    assert {name: row["group"][name] for name in answer["group_by"]} == {
        "department": "Finance",
        "kind": "overran",
        "requester": "Operations",
        "provider": "Finance",
        "request_type": None,
    }
    (example,) = row.pop("examples")
    commitment = (await world.get("/v1/commitments?limit=1"))["items"][0]
    assert example == {"commitment_id": commitment["id"], "title": commitment["title"], "seconds": 2 * DAY}
    figures = {name: value for name, value in row.items() if name != "group"}
    assert figures == {
        "seconds": 2 * DAY,
        "share": 1.0,
        "delay_seconds": 2 * DAY,
        "outward_seconds": 2 * DAY,
        "absorbed_seconds": 0,
        "tickets": 1,
        "commitments_delayed": 1,
        "customers_reached": 1,
    }
    assert answer["totals"]["lateness_seconds"] == answer["totals"]["seconds"] == 2 * DAY
    assert (await report(world, "causes", f"customer_id={NOBODY}"))["rows"] == []


async def test_what_a_department_overran_without_a_customer_feeling_it_has_causes_too(world: KeptWorld) -> None:
    kept = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-18T09:00:00Z")
    ticket = await world.ticket("Sales", "Finance", commitment_id=kept["id"], opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", ticket["id"], "2026-03-06T09:00:00Z")
    await world.post(f"/v1/commitments/{kept['id']}/deliver", {"at": "2026-03-08T09:00:00Z"}, status=200)
    answer = await report(world, "causes", f"of=absorbed&department_id={world.departments['Finance']}")
    (row,) = answer["rows"]
    assert (row["group"]["requester"], row["seconds"], row["absorbed_seconds"]) == ("Sales", DAY, DAY)
    assert [example["commitment_id"] for example in row["examples"]] == [kept["id"]]


async def test_the_flow_is_conserved_and_named(world: KeptWorld) -> None:
    answer = await report(world, "flow")
    customer = f"customer:{world.customer_id}"
    assert answer["links"] == [
        {
            "source": "delaying:Finance",
            "target": "delayed:Operations",
            "seconds": 2 * DAY,
            "passed_on_seconds": 2 * DAY,
        },
        {"source": "delayed:Operations", "target": customer, "seconds": 2 * DAY, "passed_on_seconds": 0},
    ]
    finance, operations, acme = answer["nodes"]
    assert finance == {
        "id": "delaying:Finance",
        "kind": "delaying",
        "key": "Finance",
        "party_id": world.departments["Finance"],
        "name": "Finance",
    }
    assert (operations["kind"], operations["key"]) == ("delayed", "Operations")
    assert acme == {"id": customer, "kind": "customer", "key": "ACME", "party_id": world.customer_id, "name": "ACME"}
    assert answer["totals"] == {
        "commitments": 1,
        "lateness_seconds": 2 * DAY,
        "plan_seconds": 0,
        "outward_seconds": 2 * DAY,
        "passed_on_seconds": 2 * DAY,
        "awaiting_analysis": 0,
    }
    others = await report(world, "flow", "customers=0")
    assert [node["kind"] for node in others["nodes"]] == ["delaying", "delayed", "other_customers"]


async def test_the_links_are_csv_for_those_who_ask_for_csv(world: KeptWorld, database: Database) -> None:
    await keep(database)
    response = await world.client.get(f"{PATH}/flow?{MARCH}", headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"].startswith("text/csv")
    first, _ = csv.DictReader(io.StringIO(response.text))
    assert (first["source"], first["target"], first["seconds"]) == (
        "delaying:Finance",
        "delayed:Operations",
        str(2 * DAY),
    )
    response = await world.client.get(f"{PATH}/causes?{MARCH}", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(response.text))
    assert (row["department"], row["kind"], row["seconds"]) == ("Finance", "overran", str(2 * DAY))


async def test_each_department_has_a_line_of_the_scorecard(world: KeptWorld) -> None:
    answer = await report(world, "scorecard")
    finance, operations = answer["rows"]
    assert finance["group"]["department"] == "Finance"
    assert finance["sentence"] == "Of the 2 d that Finance overran or let others wait, customers felt 2 d (100 %)."
    assert operations["sentence"] == "Operations overran nothing and let nobody wait."
    assert answer["totals"] == {
        "delay_seconds": 2 * DAY,
        "outward_seconds": 2 * DAY,
        "transmission": 1.0,
        "absorbed_seconds": 0,
        "awaiting_analysis": 0,
    }


@pytest.mark.parametrize(
    "path",
    ["flow?group_by=department", "flow?customers=101", "causes?of=all", "causes?limit=0", "scorecard?status=open"],
)
async def test_what_they_do_not_know_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"{PATH}/{path}")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")


@pytest.mark.parametrize("name", ["flow", "causes", "scorecard"])
async def test_they_cost_the_same_statements_for_one_commitment_and_for_four(
    world: KeptWorld, statements: Statements, database: Database, name: str
) -> None:
    async def cost() -> int:
        await keep(database)
        await world.client.get(f"{PATH}/{name}?{MARCH}")
        statements.clear()
        assert (await world.client.get(f"{PATH}/{name}?{MARCH}")).status_code == 200
        return len(statements)

    for_one = await cost()
    for day in (3, 4, 5):
        await primary_and_reactionary(world, day=day)
    assert await cost() == for_one <= 10
