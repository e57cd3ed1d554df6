"""Alarms of tickets that an import made, and what becomes of them when more of their past is imported."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from app.exchange.importing import run_import
from app.kernel.database import Database
from app.kernel.jobs import Jobs
from app.tickets.alarms.alarms import Alarms
from app.tickets.escalations.escalating import escalate
from app.tickets.setting_going import ESCALATION
from tests.conftest import Clock
from tests.exchange.logs import MOST_BYTES, a_mapping, csv_of, written
from tests.tickets.worlds import World

OPENED = ("C1", "2026-03-02T08:00:00Z", "look", "FIN")
WAITED = [("C1", "2026-03-02T08:30:00Z", "wait customer", ""), ("C1", "2026-03-02T09:00:00Z", "start", "")]


def instant(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{time}+00:00")


async def test_more_of_the_past_of_a_ticket_warns_of_nothing_again_and_leaves_what_escalated(
    client: httpx.AsyncClient, database: Database, clock: Clock, tmp_path: Path
) -> None:
    async def imported(at: str, *rows: tuple[str, ...]) -> None:
        path = written(tmp_path, csv_of(*rows))
        await run_import(database, path, a_mapping(), now=instant(at), max_bytes=MOST_BYTES)

    async def worked(at: str) -> None:
        for duty in (Alarms(), Jobs(ESCALATION, escalate)):
            while await duty.turn(database, instant(at)):
                pass

    async def told(types: str = "sla.*") -> list[tuple[Any, ...]]:
        events = (await world.get(f"/v1/events?types={types}"))["items"]
        return [(each["type"], each["occurred_at"][11:16], each["data"].get("fraction")) for each in events]

    clock.at("2026-03-02T07:00:00+00:00")
    world = World(client)
    notified = {"metric": "resolve", "at": 0.5, "do": "notify", "department_id": await world.department("FIN")}
    targets = [{"metric": "resolve", "seconds": 4 * 3600}]
    await world.sla("FIN", targets=targets, pause_on=["customer"], warn_at=[0.25, 0.5], escalations=[notified])

    await imported("09:30:00", OPENED)
    await worked("10:00:00")
    warned = [("sla.warning", "10:00", 0.5), ("sla.escalated", "10:00", None)]
    assert await told() == warned
    await imported("10:15:00", OPENED)
    await imported("10:15:00", OPENED, *WAITED)
    await worked("12:30:00")
    assert await told() == warned
    await worked("12:30:01")
    assert await told() == [*warned, ("sla.breached", "12:30", None)]
    (ticket,) = (await world.get("/v1/tickets"))["items"]
    history = (await world.get(f"/v1/tickets/{ticket['id']}/history"))["items"]
    assert [(each["number"], each["verb"]) for each in history] == [
        (1, "open"),
        (2, "wait"),
        (3, "resume"),
        (4, "escalate"),
    ]
