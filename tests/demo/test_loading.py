"""The demo company in the database, seen as its users see it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select, update

from app.catalogue.schemas import RequestTypeDraft
from app.commitments.schemas import CommitmentDraft
from app.commitments.tables import commitments
from app.configuration.applying import apply_configuration
from app.configuration.gathering import gather
from app.customers.outcome_schemas import OutcomeDraft
from app.customers.schemas import CustomerDraft
from app.demo.company import company
from app.demo.identities import Ids
from app.demo.loading import load_demo
from app.demo.meridian import FILE, content, stated
from app.demo.records import Company
from app.directory.schemas import CalendarDraft, DepartmentDraft, MemberDraft
from app.kernel.database import Database
from app.kernel.outbox import events
from app.kernel.problems import Conflict
from app.schema import metadata
from app.service_levels.objective_schemas import ObjectiveDraft
from app.service_levels.schemas import SlaDraft
from app.tickets.schemas import TicketDraft
from tests.conftest import Clock
from tests.ripple.kept import keep

COPY = "loading"
DAY = 86_400


@pytest.fixture(autouse=True)
def now(clock: Clock, loaded_at: datetime) -> None:
    """The service's clock stands where the demo was loaded."""
    clock.instant = loaded_at


@pytest.fixture(scope="session")
def told(loaded_at: datetime) -> Company:
    return company(loaded_at.replace(hour=0, minute=0))


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    response = await client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def all_of(client: httpx.AsyncClient, path: str) -> list[Any]:
    items, cursor = [], None
    while True:
        page = await get(client, path, limit=200, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


async def ripple_of(client: httpx.AsyncClient, ref: str) -> Any:
    (commitment,) = (await get(client, "/v1/commitments", source="demo", external_ref=ref))["items"]
    return await get(client, f"/v1/commitments/{commitment['id']}/ripple")


async def counted(database: Database) -> dict[str, int]:
    """The rows of each table; keys are made meanwhile by whoever else reads the same demo company."""
    async with database.reading() as connection:
        return {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in metadata.sorted_tables
            if table.name != "api_keys"
        }


async def test_loading_it_twice_changes_nothing(database: Database):
    before = await counted(database)
    said: list[str] = []
    assert await load_demo(database, said.append) == {"loaded": False}
    assert await counted(database) == before
    assert said == []


async def test_it_is_not_loaded_beside_departments_that_go_by_the_same_keys(copied: Database):
    async with copied.writing() as connection:
        await connection.execute(update(commitments).where(commitments.c.source == "demo").values(source="elsewhere"))
    before = await counted(copied)
    with pytest.raises(Conflict, match="BILLING, FIN, IT, LEGAL"):
        await load_demo(copied, print)
    assert await counted(copied) == before


async def test_everything_is_there(client: httpx.AsyncClient, told: Company):
    assert len(await all_of(client, "/v1/departments")) == 10
    assert len(await all_of(client, "/v1/members")) == 80
    assert len(await all_of(client, "/v1/calendars")) == 4
    assert len(await all_of(client, "/v1/customers")) == 150
    assert len(await all_of(client, "/v1/request-types")) == len(told.request_types)
    assert len(await all_of(client, "/v1/slas")) == len(stated("slas"))
    assert len(await all_of(client, "/v1/objectives")) == len(stated("objectives"))
    assert len(await all_of(client, "/v1/commitments")) == 600
    tickets = await all_of(client, "/v1/tickets")
    assert {ticket["external_ref"]: ticket["status"] for ticket in tickets} == {
        ticket.ref: ticket.life.status for ticket in told.tickets
    }
    assert {ticket["source"] for ticket in tickets} == {"demo"}


async def test_applying_its_file_changes_nothing(database: Database, loaded_at: datetime):
    wanted = gather([(FILE, content())])
    plan = await apply_configuration(database, wanted, now=loaded_at, files=[FILE], calendar_changed=(), dry_run=True)
    assert (plan.changes, plan.unchanged, plan.notes) == ((), len(wanted), ())


async def test_what_it_configures_is_in_its_first_version(client: httpx.AsyncClient):
    for path in ("/v1/calendars", "/v1/departments", "/v1/request-types", "/v1/slas", "/v1/objectives"):
        assert {item["version"] for item in await all_of(client, path)} == {1}


@pytest.mark.parametrize(
    ("path", "draft"),
    [
        ("/v1/departments", DepartmentDraft),
        ("/v1/members", MemberDraft),
        ("/v1/calendars", CalendarDraft),
        ("/v1/customers", CustomerDraft),
        ("/v1/request-types", RequestTypeDraft),
        ("/v1/slas", SlaDraft),
        ("/v1/objectives", ObjectiveDraft),
        ("/v1/commitments", CommitmentDraft),
    ],
)
async def test_whatever_was_stored_could_have_been_sent(client: httpx.AsyncClient, path: str, draft: Any):
    adapter = TypeAdapter(draft)
    for item in await all_of(client, path):
        adapter.validate_python({name: item[name] for name in draft.model_fields})


async def test_every_outcome_could_have_been_sent_and_is_about_the_customers_own_promise(
    client: httpx.AsyncClient, told: Company
):
    promised = {commitment.ref: commitment.customer for commitment in told.commitments}
    assert all(each.commitment is None or promised[each.commitment] == each.customer for each in told.outcomes)
    found = []
    for customer in (await get(client, "/v1/customers", limit=30))["items"]:
        for outcome in await all_of(client, f"/v1/customers/{customer['id']}/outcomes"):
            OutcomeDraft.model_validate({name: outcome[name] for name in OutcomeDraft.model_fields})
            assert outcome["currency"] in (None, customer["currency"])
            found.append(outcome["id"])
    assert len(found) > 100


async def test_every_ticket_could_have_been_sent(client: httpx.AsyncClient):
    types = {each["id"]: each["provider_department_id"] for each in await all_of(client, "/v1/request-types")}
    for ticket in (await get(client, "/v1/tickets", limit=200, sort="-opened_at"))["items"]:
        TicketDraft.model_validate({name: ticket[name] for name in TicketDraft.model_fields})
        history = await get(client, f"/v1/tickets/{ticket['id']}/history")
        first = history["items"][0]["details"]["department_id"]
        assert ticket["request_type_id"] is None or types[ticket["request_type_id"]] == first


async def test_stored_clocks_are_those_of_the_history(client: httpx.AsyncClient, loaded_at: datetime):
    for ticket in (await get(client, "/v1/tickets", limit=100, sort="-opened_at"))["items"]:
        path = f"/v1/tickets/{ticket['id']}/clocks"
        retold = await get(client, path, as_of=loaded_at.isoformat().replace("+00:00", "Z"))
        assert retold["clocks"] == ticket["clocks"]


async def test_the_feed_tells_it_all_in_order_of_time(client: httpx.AsyncClient, database: Database, told: Company):
    async with database.reading() as connection:
        rows = (await connection.execute(select(events.c.type, events.c.occurred_at).order_by(events.c.sequence))).all()
    instants = [row.occurred_at for row in rows]
    assert instants == sorted(instants)
    kinds = Counter(row.type for row in rows)
    assert kinds["customer.created"] == 150
    assert kinds["commitment.created"] == 600
    assert kinds["customer.outcome_recorded"] == len(told.outcomes) > 500
    assert kinds["ticket.opened"] == len(told.tickets)
    delivered = sum(commitment.delivered_at is not None for commitment in told.commitments)
    assert kinds["commitment.delivered"] + kinds["commitment.delivered_late"] == delivered
    assert sum(kinds.values()) > 30_000
    page = await get(client, "/v1/events", after=0, types="ticket.*", limit=1)
    assert page["items"][0]["data"]["ticket"]["status"] == "open"


async def test_the_showcase_has_the_figures_of_primary_and_reactionary_delay(client: httpx.AsyncClient):
    ripple = await ripple_of(client, "DEMO-SHOWCASE")
    operations, finance = (overrun["ticket_id"] for overrun in ripple["overruns"])
    assert ripple["elapsed_seconds"] == 7 * DAY
    assert (ripple["lateness_seconds"], ripple["plan_seconds"], ripple["unpromised_seconds"]) == (2 * DAY, 0, 0)
    assert ripple["promise_impossible"] is False
    assert ripple["attribution"] == [
        {"party": "FIN", "but_for_seconds": 2 * DAY, "shapley_seconds": 2 * DAY},
    ]
    assert [(part["department"], part["cause"], part["seconds"]) for part in ripple["decomposition"]] == [
        ("FIN", "queue", 345_600),
        ("FIN", "work", 86_400),
        ("OPS", "queue", 21_600),
        ("OPS", "work", 151_200),
    ]
    assert ripple["overruns"] == [
        {
            "ticket_id": operations,
            "overrun_seconds": 2 * DAY,
            "primary_seconds": 0,
            "reactionary_seconds": 2 * DAY,
            "pace": 1.0,
            "promise_impossible": False,
        },
        {
            "ticket_id": finance,
            "overrun_seconds": 2 * DAY,
            "primary_seconds": 2 * DAY,
            "reactionary_seconds": 0,
            "pace": 0.6,
            "promise_impossible": False,
        },
    ]
    assert [(segment["ticket_id"], segment["department"], segment["cause"]) for segment in ripple["segments"]] == [
        (operations, "OPS", "queue"),
        (operations, "OPS", "work"),
        (finance, "FIN", "queue"),
        (finance, "FIN", "work"),
        (operations, "OPS", "work"),
    ]


async def test_delays_side_by_side_cancel_each_others_but_for_and_share_the_lateness(client: httpx.AsyncClient):
    ripple = await ripple_of(client, "DEMO-CONCURRENT")
    assert ripple["lateness_seconds"] == DAY
    assert ripple["attribution"] == [
        {"party": "FIN", "but_for_seconds": 0, "shapley_seconds": 43_200},
        {"party": "LEGAL", "but_for_seconds": 0, "shapley_seconds": 43_200},
    ]


async def test_a_delay_that_slack_absorbs_reaches_nobody(client: httpx.AsyncClient):
    ripple = await ripple_of(client, "DEMO-ABSORBED")
    assert (ripple["lateness_seconds"], ripple["attribution"]) == (0, [])
    assert ripple["overruns"][0]["primary_seconds"] == DAY


async def test_a_promise_that_was_too_tight_is_late_by_plan(client: httpx.AsyncClient):
    ripple = await ripple_of(client, "DEMO-TOO-TIGHT")
    assert (ripple["lateness_seconds"], ripple["plan_seconds"], ripple["attribution"]) == (2 * DAY, 2 * DAY, [])
    assert ripple["promise_impossible"] is True


async def test_a_requester_who_keeps_others_waiting_answers_for_it(client: httpx.AsyncClient):
    ripple = await ripple_of(client, "DEMO-WAITED")
    assert ripple["attribution"] == [
        {"party": "SALES", "but_for_seconds": 2 * DAY, "shapley_seconds": 2 * DAY},
    ]


async def test_the_open_one_waits_for_finance_who_have_not_looked_at_it(client: httpx.AsyncClient):
    (finance,) = (await get(client, "/v1/tickets", source="demo", external_ref="DEMO-OPEN-2"))["items"]
    assert (finance["status"], finance["acknowledged_at"], finance["breached"]) == ("open", None, True)
    ripple = await ripple_of(client, "DEMO-OPEN")
    assert ripple["lateness_seconds"] == 0
    assert ripple["segments"][-1]["cause"] == "queue"


async def test_every_part_of_a_stored_commitment_adds_up(client: httpx.AsyncClient):
    for commitment in (await get(client, "/v1/commitments", limit=60, sort="-promised_at"))["items"]:
        ripple = await get(client, f"/v1/commitments/{commitment['id']}/ripple")
        assert sum(part["seconds"] for part in ripple["decomposition"]) == ripple["elapsed_seconds"]
        shares = sum(share["shapley_seconds"] for share in ripple["attribution"])
        assert ripple["plan_seconds"] + shares == ripple["lateness_seconds"]


async def test_the_story_of_the_last_120_days_is_in_the_figures(
    client: httpx.AsyncClient, loaded_at: datetime, database: Database
):
    await keep(database)
    since = (loaded_at - timedelta(days=121)).isoformat().replace("+00:00", "Z")
    report = await get(client, "/v1/metrics/ripple", **{"from": since, "group_by": "department"})
    figures = {row["group"]["department"]: row for row in report["rows"]}
    by_outward = sorted(figures, key=lambda key: figures[key]["outward_seconds"], reverse=True)
    assert set(by_outward[:3]) == {"SALES", "FIN", "third_party"}
    assert figures["LEGAL"]["transmission"] < 0.2 < figures["FIN"]["transmission"]
    assert figures["OPS"]["reactionary_seconds"] > 2 * figures["OPS"]["primary_seconds"]
    most_waited_for = max(figures, key=lambda key: figures[key]["kept_waiting_seconds"])
    assert most_waited_for == "SALES"


async def test_customers_to_whom_promises_were_kept_late_are_less_content(
    client: httpx.AsyncClient, loaded_at: datetime
):
    since = (loaded_at - timedelta(days=121)).isoformat().replace("+00:00", "Z")
    report = await get(client, "/v1/metrics/outcomes", **{"from": since})
    rows = {row["group"]["lateness"]: row for row in report["rows"]}
    assert rows["none_late"]["mean_csat"] > 4 > rows["from_1_to_3_days"]["mean_csat"]
    by = {(each["measure"], each["outcome"]): each for each in report["totals"]["correlations"]}
    for outcome in ("csat", "nps"):
        found = by["lateness", outcome]
        assert found["tau_low"] < found["tau"] < found["tau_high"] < 0
        assert found["n"] > 80
    assert by["lateness", "complaint"]["tau_low"] > 0


def test_what_is_known_by_hand_has_the_same_id_on_every_day():
    monday, sunday = (company(datetime(2026, 3, day, tzinfo=UTC)) for day in (2, 8))
    one, other = Ids.of(monday), Ids.of(sunday)
    assert (one.departments, one.members, one.customers, one.slas) == (
        other.departments,
        other.members,
        other.customers,
        other.slas,
    )
    assert one.commitments["DEMO-SHOWCASE"] == other.commitments["DEMO-SHOWCASE"]
    assert one.tickets["DEMO-SHOWCASE-2"] == other.tickets["DEMO-SHOWCASE-2"]
    assert one.outcomes["DEMO-SHOWCASE"] == other.outcomes["DEMO-SHOWCASE"]
