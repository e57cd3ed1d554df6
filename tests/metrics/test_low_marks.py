"""Low marks that customers felt: feedback tied to the lateness of commitments."""

from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock, Statements
from tests.metrics.reading import MARCH, figures, report, totals
from tests.ripple.kept import keep
from tests.tickets.worlds import World

DAY = 86400
FELT = ("low_marks", "low_marks_felt", "felt_outward_seconds", "felt_value")


class Promised(World):
    """A company in which FIN and OPS have a day for what they are asked, and a promise that is due on Wednesday."""

    commitment_id: str

    async def begin(self) -> "Promised":
        for provider in ("FIN", "OPS"):
            await self.sla(provider, targets=[{"metric": "resolve", "seconds": DAY}])
        return await self.promised()

    async def promised(self) -> "Promised":
        self.commitment_id = (
            await self.commitment(
                "SALES", "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z", value="5000.00", currency="EUR"
            )
        )["id"]
        return self

    async def served(
        self, provider: str, resolved: str, score: int | None, requester: str = "SALES", **fields: Any
    ) -> str:
        """A ticket beneath the promise, resolved on a day of March at nine, and the mark that it got on the tenth."""
        beneath = fields if "blocks" in fields else {"commitment_id": self.commitment_id, **fields}
        ticket = await self.ticket(requester, provider, opened_at="2026-03-02T09:00:00Z", **beneath)
        await self.do("resolve", ticket["id"], f"2026-03-{resolved}T09:00:00Z")
        if score is not None:
            await self.do("feedback", ticket["id"], "2026-03-10T09:00:00Z", score=score, comment="Too late.")
        return str(ticket["id"])

    async def delivered(self, day: str) -> None:
        at = {"at": f"2026-03-{day}T09:00:00Z"}
        await self.post(f"/v1/commitments/{self.commitment_id}/deliver", at, 200)

    async def low_marks(self, **query: Any) -> list[dict[str, Any]]:
        response = await self.client.get("/v1/metrics/feedback/low-marks", params={**MARCH, **query})
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> Promised:
    clock.at("2026-03-20T12:00:00+00:00")
    return await Promised(client).begin()


async def test_a_low_mark_is_felt_as_far_as_its_ticket_made_the_promise_late(
    world: Promised, database: Database
) -> None:
    late, in_time = await world.served("FIN", "06", 1), await world.served("OPS", "03", 2)
    await world.delivered("06")
    await keep(database)
    answer = await report(world.client, "feedback")
    worth = [{"value": "5000.00", "currency": "EUR"}]
    assert figures(answer, *FELT) == {"FIN": (1, 1, 2 * DAY, worth), "OPS": (1, 0, 0, [])}
    assert totals(answer, *FELT) == (2, 1, 2 * DAY, worth)
    ripple = await world.get("/v1/metrics/ripple?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z")
    assert totals(ripple, "outward_seconds") == (2 * DAY,)
    listed = {each["ticket_id"]: each["outward_seconds"] for each in await world.low_marks()}
    assert listed == {late: 2 * DAY, in_time: 0}


async def test_of_two_tickets_of_one_kind_each_has_its_own(world: Promised, database: Database) -> None:
    for resolved, score in (("06", 5), ("03", 1)):
        await world.served("FIN", resolved, score)
    await world.delivered("06")
    await keep(database)
    assert figures(await report(world.client, "feedback"), *FELT) == {"FIN": (1, 0, 0, [])}


async def test_what_blocks_another_is_felt_through_that(world: Promised, database: Database) -> None:
    above = await world.ticket("SALES", "OPS", opened_at="2026-03-02T09:00:00Z", commitment_id=world.commitment_id)
    await world.served("FIN", "06", 2, "OPS", blocks=[above["id"]])
    await world.do("resolve", above["id"], "2026-03-06T09:00:00Z")
    await world.delivered("06")
    await keep(database)
    answer = await report(world.client, "feedback")
    assert figures(answer, *FELT[:3]) == {"FIN": (1, 1, 2 * DAY), "OPS": (0, 0, 0)}


async def test_what_is_not_delivered_or_in_time_nobody_felt(world: Promised, database: Database) -> None:
    await world.served("FIN", "04", 1)
    await keep(database)
    assert totals(await report(world.client, "feedback"), *FELT) == (1, 0, 0, [])
    await world.delivered("04")
    await keep(database)
    assert totals(await report(world.client, "feedback"), *FELT) == (1, 0, 0, [])


async def test_a_ticket_with_two_low_marks_is_felt_once(world: Promised, database: Database) -> None:
    ticket_id = await world.served("FIN", "04", None)
    await world.do("feedback", ticket_id, "2026-03-04T10:00:00Z", score=1)
    await world.do("reopen", ticket_id, "2026-03-05T09:00:00Z")
    await world.do("resolve", ticket_id, "2026-03-06T09:00:00Z")
    await world.do("feedback", ticket_id, "2026-03-12T09:00:00Z", score=2)
    await world.delivered("06")
    await keep(database)
    assert totals(await report(world.client, "feedback"), *FELT[:3]) == (2, 2, 2 * DAY)
    assert [each["outward_seconds"] for each in await world.low_marks()] == [2 * DAY, 2 * DAY]


async def test_low_marks_are_listed_with_what_was_said_and_whom_it_served(world: Promised, database: Database) -> None:
    ticket_id = await world.served("FIN", "06", 1)
    await world.served("FIN", "03", 4)
    await world.delivered("06")
    await keep(database)
    (mark,) = await world.low_marks(felt="true")
    told = ("ticket_id", "score", "comment", "given_at", "customer_id", "customer_name", "customer_tier")
    expected = (ticket_id, 1, "Too late.", "2026-03-10T09:00:00Z", world.customer_id, "ACME", None)
    assert tuple(mark[name] for name in told) == expected
    assert (mark["outward_seconds"], mark["felt_value"]) == (2 * DAY, [{"value": "5000.00", "currency": "EUR"}])
    assert await world.low_marks(felt="false") == []


async def test_they_are_listed_in_pages_by_what_customers_felt(world: Promised, database: Database) -> None:
    ids = [await world.served("FIN", resolved, 1) for resolved in ("03", "06", "03", "05", "03")]
    await world.delivered("06")
    await keep(database)
    path, found, cursor = "/v1/metrics/feedback/low-marks", [], None
    while cursor or not found:
        page = await world.client.get(
            path, params={**MARCH, "sort": "-outward_seconds", "limit": 2, **({"cursor": cursor} if cursor else {})}
        )
        found += [each["ticket_id"] for each in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert sorted(found) == sorted(ids)
    felt = [each["ticket_id"] for each in await world.low_marks(felt="true", sort="-outward_seconds")]
    assert felt == found[: len(felt)]
    assert set(felt) >= {ids[1]}
    assert (await world.client.get(path, params={"sort": "title"})).status_code == 422


async def test_filters_leave_out_what_is_not_asked_for(world: Promised, database: Database) -> None:
    await world.served("FIN", "06", 1)
    await world.served("OPS", "06", 2)
    await world.delivered("06")
    await keep(database)
    asked = {"provider_department_id": world.departments["OPS"]}
    assert totals(await report(world.client, "feedback", **asked), "low_marks") == (1,)
    assert [each["score"] for each in await world.low_marks(**asked)] == [2]
    assert await world.low_marks(customer_tier="gold") == []


async def test_they_cost_the_same_however_many_there_are(
    world: Promised, database: Database, statements: Statements
) -> None:
    costs = []
    for _ in range(2):
        for _ in range(2):
            await world.promised()
            await world.served("FIN", "06", 1)
            await world.delivered("06")
        await keep(database)
        told = []
        for path in ("/v1/metrics/feedback", "/v1/metrics/feedback/low-marks"):
            statements.clear()
            assert (await world.client.get(path, params=MARCH)).status_code == 200
            told.append(len(statements))
        costs.append(told)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 8
