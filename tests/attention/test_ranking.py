"""Which comes first: what is worth more and has waited longer, whatever the currency."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.attention.attention import KINDS, Question, instants, worst
from app.kernel.database import Database
from tests.attention.listing import attention, subjects
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture
def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at(MONDAY)
    return World(client)


async def a_ticket(world: World, ref: str, value: str | None = None, currency: str | None = "EUR") -> str:
    worth = {} if value is None else {"annual_value": value, "currency": currency}
    customer = await world.customer(ref, **worth)
    return str((await world.ticket("SALES", "FIN", customer_id=customer, title=ref))["id"])


async def order(world: World, **query: Any) -> list[str]:
    return [id_ for _, id_ in await subjects(world.client, **query)]


async def test_of_equal_value_what_has_waited_longest_comes_first(world: World, clock: Clock) -> None:
    first = await a_ticket(world, "A", "5000.00")
    clock.passes(hours=1)
    second = await a_ticket(world, "B", "5000.00")
    clock.passes(days=1)
    assert await order(world) == [first, second]
    assert await order(world, sort="-worst") == [second, first]


async def test_each_doubling_of_a_thousand_counts_as_a_day_of_waiting(world: World, clock: Clock) -> None:
    early = await a_ticket(world, "SMALL", "1000.00")
    clock.passes(days=2, hours=23)
    eightfold = await a_ticket(world, "LARGE", "8000.00")
    clock.passes(hours=2)
    later = await a_ticket(world, "LATE", "8000.00")
    clock.passes(days=1)
    assert await order(world) == [eightfold, early, later]


async def test_what_is_unknown_or_worth_less_than_a_thousand_counts_as_a_thousand(world: World, clock: Clock) -> None:
    ids = []
    for ref, value in (("UNKNOWN", None), ("NOTHING", "0.00"), ("LITTLE", "999.00"), ("THOUSAND", "1000.00")):
        ids.append(await a_ticket(world, ref, value))
        clock.passes(minutes=1)
    clock.passes(days=1)
    assert await order(world) == ids


@pytest.mark.parametrize(("amount", "currency"), [("1280000.00", "JPY"), ("8000.00", "USD"), ("4096000.00", "HUF")])
async def test_amounts_count_by_the_rough_rate_of_their_currency(
    world: World, clock: Clock, amount: str, currency: str
) -> None:
    foreign = await a_ticket(world, "FOREIGN", amount, currency)
    clock.passes(minutes=1)
    less = await a_ticket(world, "LESS", "4000.00")
    more = await a_ticket(world, "MORE", "32000.00")
    clock.passes(days=1)
    assert await order(world) == [more, foreign, less]


async def test_the_commitment_s_value_counts_before_the_customer_s(world: World, clock: Clock) -> None:
    customer = await world.customer("ACME", annual_value="64000.00", currency="EUR")
    other = await a_ticket(world, "OTHER", "8000.00")
    worth = {"customer_id": customer, "value": "2000.00", "currency": "EUR"}
    commitment = await world.commitment("SALES", MONDAY, "2026-03-31T09:00:00+00:00", **worth)
    under_it = (await world.ticket("SALES", "FIN", commitment_id=commitment["id"]))["id"]
    clock.passes(days=1)
    items = await attention(world.client)
    assert [(item["subject"]["id"], item["value"]) for item in items] == [(other, "8000.00"), (under_it, "2000.00")]


async def test_what_is_worth_more_from_now_on_comes_earlier_from_now_on(world: World, clock: Clock) -> None:
    first = await a_ticket(world, "A", "2000.00")
    second = await a_ticket(world, "B")
    clock.passes(days=1)
    assert await order(world) == [first, second]
    customers = {item["subject"]["id"]: item["customer_id"] for item in await attention(world.client)}
    worth = {"annual_value": "9000.00", "currency": "EUR"}
    assert (await world.client.patch(f"/v1/customers/{customers[second]}", json=worth)).status_code == 200
    assert await order(world) == [second, first]
    changed = await world.client.patch(f"/v1/customers/{customers[second]}", json={"annual_value": None})
    assert changed.status_code == 200
    assert await order(world) == [first, second]


async def test_a_ticket_that_is_reopened_has_the_weight_of_now(world: World, clock: Clock) -> None:
    first = await a_ticket(world, "A", "4000.00")
    second = await a_ticket(world, "B")
    for ticket in (first, second):
        await world.do("resolve", ticket)
    customer = (await world.get(f"/v1/tickets/{second}"))["customer_id"]
    await world.client.patch(f"/v1/customers/{customer}", json={"annual_value": "9000.00", "currency": "EUR"})
    for ticket in (first, second):
        await world.do("reopen", ticket)
        await world.do("wait", ticket, on="customer")
    clock.passes(days=4)
    assert await order(world) == [second, first]


async def test_pages_neither_repeat_nor_skip_while_others_come_and_time_goes_by(world: World, clock: Clock) -> None:
    there = [await a_ticket(world, f"C{number}", f"{1000 * (number % 7 + 1)}.00") for number in range(12)]
    clock.passes(days=1)
    expected, seen, cursor = await order(world, limit=200), [], None
    assert sorted(expected) == sorted(there)
    while True:
        answer = (await world.client.get("/v1/attention", params={"limit": 5, **(cursor or {})})).json()
        seen += [item["subject"]["id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
        clock.passes(days=40)
        await a_ticket(world, f"NEW{len(seen)}")
        clock.passes(days=1)
    assert seen[: len(there)] == expected
    assert len(set(seen)) == len(seen)


async def test_a_page_costs_one_query_however_many_kinds_and_entries(
    world: World, clock: Clock, statements: Statements
) -> None:
    for number in range(4):
        await a_ticket(world, f"C{number}")
    handed = await a_ticket(world, "D")
    await world.do("transfer", handed, department="OPS")
    asked = await a_ticket(world, "E")
    await world.do("ask", asked)
    await world.commitment("SALES", MONDAY, "2026-03-31T09:00:00+00:00")
    clock.passes(days=5)
    first = (await world.client.get("/v1/attention", params={"limit": 3})).json()
    for query in ({}, {"limit": 3, "cursor": first["next_cursor"]}, {"department_id": world.departments["FIN"]}):
        statements.clear()
        assert await attention(world.client, **query)
        assert len(statements) == 1


async def test_it_is_filtered_by_whom_it_concerns_and_how_long_it_has_been(world: World, clock: Clock) -> None:
    ticket = await a_ticket(world, "A")
    member = await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada", "department_ids": []})
    other = await world.ticket("SALES", "OPS", customer_id=world.customer_id, title="Other")
    await world.do("assign", other["id"], member_id=member["id"])
    clock.passes(hours=2)
    assert await order(world) == []
    assert await order(world, after_seconds=7200) == [ticket, other["id"]]
    assert await order(world, after_seconds=7201) == []
    clock.passes(days=1)
    assert await order(world, department_id=world.departments["OPS"]) == [other["id"]]
    assert await order(world, member_id=member["id"]) == [other["id"]]
    assert await order(world, kind="handoff_unaccepted") == []
    assert await order(world, customer_id=world.customer_id) == [ticket, other["id"]]
    assert await order(world, customer_id=member["id"]) == []


CLONES = """
    insert into tickets
    select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'number', n, {changed}))).*
    from tickets t, generate_series({first}, {first} + 2000) n where t.number = 1
"""
INDEXES = {
    "unacknowledged": ("'status', 'open'", "ix_tickets_unacknowledged"),
    "handoff_unaccepted": ("'status', 'open', 'is_handed_over', true", "ix_tickets_handed_over"),
    "wait_unchased": ("'status', 'waiting', 'waiting_on', 'customer'", "ix_tickets_waiting"),
    "question_unanswered": ("'status', 'in_progress', 'asked_at', t.pending_since", "ix_tickets_asked"),
}


async def test_every_kind_of_ticket_finds_its_worst_by_an_index(world: World, database: Database) -> None:
    await a_ticket(world, "A")
    async with database.writing() as connection:
        for place, (changed, _) in enumerate(INDEXES.values(), start=1):
            await connection.execute(text(CLONES.format(changed=changed, first=place * 10_000)))
        await connection.execute(text("analyze tickets"))
    async with database.reading() as connection:
        for name, (_, index) in INDEXES.items():
            statement = worst(KINDS[name], Question((name,), (), "rank", False, False, False, 51))
            asked = statement.params(instants(datetime(2026, 3, 9, tzinfo=UTC), dict.fromkeys(KINDS, 86_400)))
            written = asked.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True})
            plan = (await connection.exec_driver_sql(f"explain {written}")).scalars().all()
            assert any(f"Index Scan using {index}" in line for line in plan), plan
            assert "Sort" not in plan[1], plan
