"""However histories are corrected after delivery, every report says what it would, were all made from nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.kernel.database import Database
from app.ripple.keeping.recomputing import recompute
from tests.conftest import Clock
from tests.kernel.background_work import now
from tests.ripple.foreseen import look
from tests.ripple.kept import keep
from tests.ripple.kept_world import put_days_together
from tests.ripple.scenarios import DAY, primary_and_reactionary
from tests.tickets.worlds import World

BEGUN = datetime(2026, 3, 20, 9, tzinfo=UTC)
MARCH = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
GROUPINGS = ("department,day", "edge,priority", "customer,week", "requester,request_type", "provider", "customer_tier")
REPORTS = (
    *(f"/v1/metrics/ripple?{MARCH}&group_by={names}" for names in GROUPINGS),
    *(f"/v1/metrics/ripple/{name}?{MARCH}" for name in ("causes", "flow", "scorecard", "levers")),
    f"/v1/metrics/approvals?{MARCH}",
    f"/v1/metrics/outcomes?{MARCH}",
    "/v1/metrics/exposure?group_by=department",
    f"/v1/slas/fit?{MARCH}",
)
# Since when a promise was at risk was told, and stays; the rest of its forecast is made anew.
FORGET = text("truncate ripple_analyses, ripple_days, ripple_places, ripple_marks")
LOOK_AGAIN = text(
    "insert into ripple_marks select id, now() from commitments where status = 'open' on conflict do nothing"
)


class Company(World):
    """Promises to two customers, three of them kept long ago, and workers that are given their turns."""

    def __init__(self, client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        super().__init__(client)
        self.database, self.clock = database, clock
        self.slas: dict[str, dict[str, Any]] = {}
        self.late: list[dict[str, Any]] = []
        self.open: dict[str, Any] = {}

    async def begin(self) -> "Company":
        for provider, days in (("Operations", 5), ("Finance", 3)):
            targets = [{"metric": "resolve", "seconds": days * DAY}]
            self.slas[provider] = await self.sla(provider, calendar=provider, targets=targets, pause_on=["customer"])
            path = f"/v1/departments/{self.departments[provider]}"
            await self.change(path, {"calendar_id": self.calendars[provider]})
        await self.customer("ACME", tier="gold", annual_value="1000.00", currency="EUR")
        other = await self.customer("GLOBEX", annual_value="500.00", currency="USD")
        value = {"value": "70.00", "currency": "EUR"}
        for day, fields in ((2, value), (4, {"customer_id": other}), (6, {})):
            self.late.append(await primary_and_reactionary(self, day=day, **fields))
        self.open = await self.commitment("Sales", "2026-03-18T09:00:00Z", "2026-03-23T09:00:00Z", **value)
        self.open["ticket"] = (await self.ticket("Sales", "Finance", commitment_id=self.open["id"]))["id"]
        return self

    async def change(self, path: str, body: dict[str, Any]) -> None:
        response = await self.client.patch(path, json=body)
        assert response.status_code == 200, response.text

    async def remove(self, path: str) -> None:
        assert (await self.client.delete(path)).status_code == 200

    async def answers(self) -> dict[str, bytes]:
        """What everything that tells of ripple answers, as of now."""
        paths = [*REPORTS, *(f"/v1/commitments/{made['id']}/ripple" for made in (*self.late, self.open))]
        for customer in {(await self.get(f"/v1/commitments/{made['id']}"))["customer_id"] for made in self.late}:
            paths += [f"/v1/customers/{customer}/ripple?{MARCH}", f"/v1/customers/{customer}/exposure"]
        found = {}
        for path in paths:
            response = await self.client.get(path)
            assert response.status_code == 200, response.text
            found[path] = response.content
        return found

    async def work(self) -> None:
        """Workers have their turn, and look at what is open as of now."""
        await keep(self.database)
        await self.look()

    async def look(self) -> None:
        async with self.database.writing() as connection:
            await connection.execute(LOOK_AGAIN)
        await look(self.database, self.clock())

    async def begin_anew(self) -> None:
        """Everything that is stored of histories is forgotten, and made from nothing."""
        async with self.database.writing() as connection:
            await connection.execute(FORGET)
        await recompute(self.database, None, now)
        await self.look()


@pytest.fixture
async def company(client: httpx.AsyncClient, clock: Clock, database: Database) -> Company:
    clock.instant = BEGUN
    return await Company(client, database, clock).begin()


async def reopened(company: Company) -> None:
    ticket = company.late[0]["T2"]
    await company.do("reopen", ticket, "2026-03-08T15:00:00Z")
    await company.do("resolve", ticket, "2026-03-08T20:00:00Z")


async def backdated(company: Company) -> None:
    ticket = company.late[1]["T2"]
    await company.do("reopen", ticket, "2026-03-10T10:00:00Z")
    for verb, hour, needed in (("wait", 11, {"on": "requester"}), ("resume", 18, {}), ("resolve", 20, {})):
        await company.do(verb, ticket, f"2026-03-10T{hour}:00:00Z", **needed)


async def blocked(company: Company) -> None:
    blocks = [company.late[0]["T2"], company.late[2]["T1"]]
    made = await company.ticket("Finance", "Legal", blocks=blocks, opened_at="2026-03-04T09:00:00Z", priority="p1")
    company.late[0]["T3"] = made["id"]
    await company.do("resolve", made["id"], "2026-03-08T12:00:00Z")


async def no_longer_blocked(company: Company) -> None:
    await company.remove(f"/v1/tickets/{company.late[0]['T2']}/dependencies/{company.late[0]['T3']}")


async def blocked_again(company: Company) -> None:
    path = f"/v1/tickets/{company.late[0]['T2']}/dependencies"
    await company.post(path, {"blocker_id": company.late[0]["T3"]}, status=200)


async def handed_on(company: Company) -> None:
    ticket = company.late[2]["T2"]
    await company.do("reopen", ticket, "2026-03-12T10:00:00Z")
    await company.do("transfer", ticket, "2026-03-12T11:00:00Z", department="Legal")
    await company.do("resolve", ticket, "2026-03-12T17:00:00Z")


async def given_up(company: Company) -> None:
    ticket = company.late[1]["T1"]
    await company.do("reopen", ticket, "2026-03-11T09:00:00Z")
    await company.do("cancel", ticket, "2026-03-12T09:00:00Z")


async def left_open(company: Company) -> None:
    await company.do("reopen", company.late[2]["T1"], "2026-03-13T09:00:00Z")


async def promised_otherwise(company: Company) -> None:
    """What is open again under a new version of its service level, from its beginning."""
    sla = company.slas["Operations"]
    body = {name: sla[name] for name in ("name", "provider_department_id", "rank", "calendar_id", "pause_on")}
    body["targets"] = [{"metric": "resolve", "seconds": DAY}]
    assert (await company.client.put(f"/v1/slas/{sla['id']}", json=body)).status_code == 200
    await company.post(f"/v1/slas/{sla['id']}/reapply", {}, status=200)


async def other_hours(company: Company) -> None:
    """A ticket that is open gets more time by fewer hours."""
    ticket = await company.ticket(
        "Sales", "Finance", commitment_id=company.late[1]["id"], opened_at="2026-03-19T09:00:00Z"
    )
    assert ticket["due_at"] == "2026-03-22T09:00:00Z"
    await company.change(f"/v1/calendars/{company.calendars['Finance']}", {"hours": {"mon": [["09:00", "17:00"]]}})


async def another_key(company: Company) -> None:
    await company.change(f"/v1/departments/{company.departments['Finance']}", {"key": "FIN"})


async def another_owner(company: Company) -> None:
    owner = await company.department("Legal")
    await company.change(f"/v1/commitments/{company.late[0]['id']}", {"owner_department_id": owner})


async def due_later(company: Company) -> None:
    moved = {"due_at": "2026-03-25T09:00:00Z", "reason": "They are not ready.", "customer_agreed": True}
    await company.post(f"/v1/commitments/{company.open['id']}/reschedule", moved, status=200)


async def delivered(company: Company) -> None:
    await company.do("resolve", company.open["ticket"], None)
    await company.post(f"/v1/commitments/{company.open['id']}/deliver", {}, status=200)


CORRECTIONS: tuple[Callable[[Company], Awaitable[None]], ...] = (
    reopened,
    backdated,
    blocked,
    no_longer_blocked,
    blocked_again,
    handed_on,
    given_up,
    left_open,
    promised_otherwise,
    other_hours,
    another_key,
    another_owner,
    due_later,
    delivered,
)


async def test_after_each_correction_every_report_is_what_a_recomputation_from_nothing_makes_it(
    company: Company, clock: Clock, database: Database
) -> None:
    await company.work()
    before = await company.answers()
    for correct in CORRECTIONS:
        clock.instant = clock() + timedelta(minutes=10)
        await correct(company)
        await company.work()
        kept = await company.answers()
        assert kept != before, correct.__name__
        await company.begin_anew()
        assert await company.answers() == kept, correct.__name__
        # What is kept next is read from days that were put together before.
        await put_days_together(database)
        before = kept
