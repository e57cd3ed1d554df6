"""A published log under three SLAs: who used the time of every clock, and that the document tells the figures."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.exchange.importing import run_import
from app.exchange.mapping import read_mapping
from app.kernel.database import Database
from app.tickets.terms.breaking_down import sla_breakdown
from tests.conftest import Clock
from tests.exchange.who_used_the_time import (
    LOG,
    MAPPING,
    NOW,
    SUPPORT_HOURS,
    Broken,
    breached,
    broken_down,
    charged,
    overrun_of,
    tables,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "who-used-the-time.md"


def test_the_legs_of_every_clock_sum_to_what_elapsed() -> None:
    assert len({each.case.name for each in broken_down()}) == 1487
    for each in broken_down():
        found = each.of_clock
        assert sum(leg.elapsed_seconds for leg in found.legs) == found.clock.elapsed_seconds
        assert sum(leg.overrun_seconds for leg in found.legs) == overrun_of(each)
        assert sum(leg.beyond_target_seconds for leg in found.legs) == overrun_of(each)


def test_every_way_of_charging_charges_the_same_seconds() -> None:
    overrun = sum(map(overrun_of, breached()))
    assert overrun > 0
    assert {way: sum(seconds.values()) for way, seconds in charged().items()} == dict.fromkeys(charged(), overrun)


def test_some_problems_were_breached_with_another_department_than_the_one_that_resolved_them() -> None:
    elsewhere = [
        each
        for each in breached()
        if each.of_clock.held_at_breach is not None
        and each.of_clock.held_at_breach.department_id != each.case.life.department_id
    ]
    assert len(elsewhere) == 52


def test_the_document_tells_these_figures() -> None:
    assert tables() in DOCUMENT.read_text()


@pytest.fixture
async def imported(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    clock.instant = NOW
    made = await client.post("/v1/calendars", json=SUPPORT_HOURS)
    assert made.status_code == 201, made.text
    await run_import(database, LOG, read_mapping(MAPPING.read_bytes()), now=NOW, max_bytes=10**9)


def by_name(each: Broken) -> tuple[Any, ...]:
    found = each.of_clock
    held = found.held_at_breach
    return (
        (found.clock.metric, found.clock.scope, found.clock.leg, found.clock.state, found.clock.elapsed_seconds),
        [(leg.department_id, leg.elapsed_seconds, leg.overrun_seconds) for leg in found.legs],
        [(wait.party, wait.clock_stood_still, wait.wait_seconds, wait.business_seconds) for wait in found.waits],
        None if held is None else (held.department_id, held.leg, held.assignee_id),
    )


async def test_every_imported_ticket_is_broken_down_as_by_the_core_alone(
    client: httpx.AsyncClient, database: Database, imported: None
) -> None:
    expected = defaultdict(list)
    for each in broken_down():
        expected[each.case.name].append(by_name(each))
    async with database.reading() as connection:
        named = "select id, name from departments union all select id, name from members"
        names = {row.id: row.name for row in await connection.exec_driver_sql(named)}
        tickets = (await connection.exec_driver_sql("select id, external_ref from tickets")).all()
        assert len(tickets) == 1487
        for ticket in tickets:
            told = []
            for clock in (await sla_breakdown(connection, ticket.id, NOW)).clocks:
                assert sum(leg.elapsed_seconds for leg in clock.legs) == clock.elapsed_seconds
                held = clock.held_at_breach
                told.append(
                    (
                        (clock.metric, clock.scope, clock.leg, clock.state, clock.elapsed_seconds),
                        [(names[leg.department_id], leg.elapsed_seconds, leg.overrun_seconds) for leg in clock.legs],
                        [
                            (wait.party, wait.clock_stood_still, wait.wait_seconds, wait.business_seconds)
                            for wait in clock.waits
                        ],
                        None if held is None else (names[held.department_id], held.leg, names.get(held.assignee_id)),
                    )
                )
            assert told == expected[ticket.external_ref]


async def test_the_report_by_holder_counts_the_breaches_as_the_breakdowns_tell_them(
    client: httpx.AsyncClient, imported: None
) -> None:
    expected = Counter(
        (each.of_clock.held_at_breach.department_id, each.of_clock.clock.metric.value)
        for each in broken_down()
        if each.of_clock.held_at_breach is not None
    )
    period = {"from": "2005-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
    answer = await client.get("/v1/metrics/service-levels", params={"group_by": "holder", **period})
    assert answer.status_code == 200, answer.text
    told = {(row["group"]["holder_name"], row["metric"]): row["breached"] for row in answer.json()["rows"]}
    assert {group: breaches for group, breaches in told.items() if breaches} == expected
