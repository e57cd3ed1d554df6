"""Exposure over HTTP: who will be let down next, from the forecasts that are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock, Statements
from tests.ripple.foreseen import PAST, look, mark, past_commitments, promise
from tests.tickets.worlds import World

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOBODY = "00000000-0000-7000-8000-000000000000"


class Company(World):
    """A company with a past; what it promises is looked at before it is reported."""

    database: Database
    made: dict[str, Any]

    async def promises(self, name: str, begun: int = 0, **fields: Any) -> dict[str, Any]:
        made = await promise(self, START - timedelta(hours=begun), title=name, **fields)
        self.made[name] = made
        return made

    async def looked_at(self) -> None:
        await mark(self.database, [each["id"] for each in self.made.values()])
        await look(self.database, START)

    async def probability(self, name: str) -> float:
        found: float = (await self.get(f"/v1/commitments/{self.made[name]['id']}/forecast"))["probability_late"]
        return found

    async def rows(self, query: str = "") -> dict[Any, dict[str, Any]]:
        report = await self.get(f"/v1/metrics/exposure?{query}")
        first = report["group_by"][0]
        return {row["group"][first]: row for row in report["rows"]}

    async def totals(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"/v1/metrics/exposure?{query}"))["totals"]
        return found


@pytest.fixture
async def company(client: httpx.AsyncClient, clock: Clock, database: Database) -> Company:
    clock.instant = START
    company = Company(client)
    company.database, company.made = database, {}
    await past_commitments(database, company)
    return company


async def test_it_adds_up_by_customer_what_is_likely_late(company: Company) -> None:
    other = await company.customer("GLOBEX")
    await company.promises("new", value="1000.00", currency="EUR")
    await company.promises("old", begun=160, value="200.00", currency="EUR")
    await company.promises("other", begun=160, customer_id=other)
    await company.looked_at()
    new, old = await company.probability("new"), await company.probability("old")
    rows = await company.rows()
    assert list(rows) == ["ACME", "GLOBEX"]
    assert rows["ACME"]["group"]["customer_id"] == company.customer_id
    del rows["ACME"]["group"]
    value = f"{round(1000 * new, 2) + round(200 * old, 2):.2f}"
    assert rows["ACME"] == {
        "open_commitments": 2,
        "at_risk": 1,
        "expected_late": pytest.approx(new + old),
        "value_at_risk": value,
        "currency": "EUR",
        "values_at_risk": [{"value": value, "currency": "EUR"}],
        "awaiting_forecast": 0,
    }
    assert (rows["GLOBEX"]["at_risk"], rows["GLOBEX"]["value_at_risk"], rows["GLOBEX"]["currency"]) == (1, None, None)
    assert (await company.totals())["open_commitments"] == 3


async def test_the_department_is_the_one_waited_for_last_and_the_owner_without_a_ticket(company: Company) -> None:
    waiting = await company.promises("waiting")
    await company.promises("alone")
    await company.ticket("Operations", "Finance", commitment_id=waiting["id"], priority="p2")
    await company.looked_at()
    assert {key: row["open_commitments"] for key, row in (await company.rows("group_by=department")).items()} == {
        "Finance": 1,
        "Sales": 1,
    }
    assert (await company.rows("group_by=owner"))["Sales"]["open_commitments"] == 2
    rows = (await company.get("/v1/metrics/exposure?group_by=edge,priority"))["rows"]
    edges = {tuple(row["group"][name] for name in ("requester", "provider", "priority")) for row in rows}
    assert edges == {("Operations", "Finance", "p2"), (None, None, None)}
    finance = company.departments["Finance"]
    for query in (f"department_id={finance}", f"provider_department_id={finance}", "priority=p2"):
        assert (await company.totals(query))["open_commitments"] == 1


async def test_days_are_those_of_the_due_time(company: Company) -> None:
    await company.promises("new")
    await company.promises("old", begun=160)
    await company.looked_at()
    assert list(await company.rows("group_by=day")) == ["2026-03-02", "2026-03-09"]
    assert list(await company.rows("group_by=month")) == ["2026-03-01"]
    due = company.made["old"]["due_at"]
    assert (await company.totals(f"due_after={due}"))["open_commitments"] == 2
    assert (await company.totals(f"due_before={due}"))["open_commitments"] == 0
    assert (await company.totals("at_risk=true"))["open_commitments"] == 1
    assert (await company.totals("at_risk=false"))["open_commitments"] == 1


async def test_several_currencies_stand_side_by_side(company: Company) -> None:
    await company.promises("euros", begun=175, value="100.00", currency="EUR")
    await company.promises("dollars", begun=175, value="50.00", currency="USD")
    await company.looked_at()
    totals = await company.totals()
    assert (totals["value_at_risk"], totals["currency"]) == (None, None)
    assert totals["values_at_risk"] == [
        {"value": "100.00", "currency": "EUR"},
        {"value": "50.00", "currency": "USD"},
    ]


async def test_what_was_not_looked_at_yet_is_counted_and_said(company: Company) -> None:
    await company.promises("old", begun=160)
    await company.looked_at()
    await company.promises("new", value="100.00", currency="EUR")
    totals = await company.totals()
    assert (totals["open_commitments"], totals["awaiting_forecast"], totals["at_risk"]) == (2, 1, 1)


async def test_what_has_ended_is_exposed_no_more_at_once(company: Company) -> None:
    made = await company.promises("old", begun=160)
    await company.looked_at()
    await company.post(f"/v1/commitments/{made['id']}/deliver", {}, status=200)
    assert (await company.totals())["open_commitments"] == 0
    assert await company.rows() == {}


async def test_it_comes_as_csv(company: Company) -> None:
    await company.promises("old", begun=175, value="100.00", currency="EUR")
    await company.looked_at()
    response = await company.client.get("/v1/metrics/exposure", headers={"Accept": "text/csv"})
    head, row = response.text.splitlines()
    assert head.startswith("customer,customer_id,customer_name,open_commitments,at_risk,expected_late,value_at_risk")
    assert row.startswith(f"ACME,{company.customer_id},ACME,1,1,1.0,100.00,EUR,")


async def test_a_customers_exposure_names_each_commitment_the_likeliest_first(company: Company) -> None:
    await company.promises("new", value="1000.00", currency="EUR")
    old = await company.promises("old", begun=160, value="200.00", currency="EUR")
    ticket = await company.ticket("Sales", "Finance", commitment_id=old["id"])
    await company.looked_at()
    await company.promises("unseen")
    await company.customer("GLOBEX")
    answer = await company.get(f"/v1/customers/{company.customer_id}/exposure")
    assert [each["title"] for each in answer["commitments"]] == ["old", "new", "unseen"]
    first, second, third = answer["commitments"]
    assert first["last_ticket"]["id"] == ticket["id"]
    assert (first["last_ticket"]["department"], second["last_ticket"]) == ("Finance", None)
    forecast = await company.get(f"/v1/commitments/{old['id']}/forecast")
    for name in ("as_of", "due_at", "p50", "p80", "p95", "probability_late", "at_risk_since", "value_at_risk"):
        assert first[name] == forecast[name], name
    assert (third["as_of"], third["probability_late"], third["value_at_risk"]) == (None, None, None)
    rows = await company.rows()
    assert answer["totals"] == {name: value for name, value in rows["ACME"].items() if name != "group"}


async def test_a_customer_that_is_not_there_has_none(company: Company) -> None:
    assert (await company.client.get(f"/v1/customers/{NOBODY}/exposure")).status_code == 404


async def test_bounds_the_wrong_way_round_are_refused(company: Company) -> None:
    query = {"due_after": START.isoformat(), "due_before": PAST.isoformat()}
    response = await company.client.get("/v1/metrics/exposure", params=query)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?due_after")


async def test_many_cost_as_many_statements_as_one(company: Company, statements: Statements) -> None:
    paths = ("/v1/metrics/exposure?group_by=department,week", f"/v1/customers/{company.customer_id}/exposure")
    counts = []
    for number in (1, 15):
        for each in range(number):
            await company.promises(f"{number} {each}")
        await company.looked_at()
        for path in paths:
            statements.clear()
            await company.get(path)
            counts.append(len(statements))
    assert counts[:2] == counts[2:]
