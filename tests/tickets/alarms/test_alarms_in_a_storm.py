"""Everybody at once: people, workers, changed calendars and moved agreements. What is told agrees with what is answered
and stored, and nothing is told twice."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import func, select

from app.kernel.background import Duty
from app.kernel.database import Database
from app.kernel.jobs import Jobs, jobs
from app.metrics.objective_watch import look_at_objective
from app.service_levels.objectives import LOOK
from app.tickets.alarms.alarms import Alarms
from app.tickets.escalations.escalating import escalate
from app.tickets.setting_going import ESCALATION
from app.tickets.tables import tickets
from tests.conftest import Clock
from tests.tickets.worlds import ROUND_THE_CLOCK, World

START = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
TICKETS, ROUNDS = 12, 20
TARGETS = [
    {"metric": "acknowledge", "seconds": 600},
    {"metric": "resolve", "seconds": 3600, "by_priority": {"p1": 1800}},
]
VERBS = ("acknowledge", "wait", "resume", "resolve", "reopen", "prioritise", "transfer", "return", "comment")
Key = tuple[str, ...]


class Storm(World):
    """Finance and Legal, who escalate to each other and to the board above them."""

    database: Database
    clock: Clock
    chance: random.Random
    agreed = ("name", "provider_department_id", "rank", "calendar_id", "targets", "pause_on", "escalations")

    async def founded(self) -> None:
        board = await self.department("BOARD")
        for key, other in (("FIN", "LEGAL"), ("LEGAL", "FIN")):
            path = f"/v1/departments/{await self.department(key)}"
            assert (await self.client.patch(path, json={"parent_id": board})).status_code == 200
            escalations = [
                {"metric": "resolve", "at": 0.5, "do": "notify", "department_id": board},
                {"metric": "resolve", "at": 0.9, "do": "raise_priority", "priority": "p1"},
                {"metric": "resolve", "at": 1, "do": "open_ticket"},
                {"metric": "resolve", "at": 1, "do": "reassign", "department_id": await self.department(other)},
            ]
            sla = await self.sla(key, targets=TARGETS, warn_at=[0.5], pause_on=["customer"], escalations=escalations)
            objective = {"sla_id": sla["id"], "metric": "resolve", "goal": 0.95, "window_days": 30}
            await self.post("/v1/objectives", {"name": "In time", **objective})

    async def people(self, ids: list[str]) -> None:
        for _ in range(4):
            verb = self.chance.choice(VERBS)
            named = {"department": self.chance.choice(["FIN", "LEGAL"])} if verb == "transfer" else {}
            assert (await self.try_to(verb, self.chance.choice(ids), **named)).status_code in (200, 409)

    async def other_hours(self) -> None:
        closing = self.chance.choice(["12:00", "14:00", "24:00"])
        hours = {"hours": {**ROUND_THE_CLOCK, "mon": [["00:00", closing]]}}
        path = f"/v1/calendars/{self.calendars['always']}"
        assert (await self.client.patch(path, json=hours)).status_code == 200

    async def other_agreement(self) -> None:
        sla = self.chance.choice((await self.get("/v1/slas"))["items"])
        stated = {name: sla[name] for name in self.agreed} | {"warn_at": self.chance.choice([[0.25, 0.5], [0.3, 0.9]])}
        assert (await self.client.put(f"/v1/slas/{sla['id']}", json=stated)).status_code == 200
        await self.post(f"/v1/slas/{sla['id']}/reapply", {"dry_run": False}, 200)

    async def work(self, duty: Duty) -> None:
        while await duty.turn(self.database, self.clock()):
            pass

    async def told(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next": 0, "items": None}
        while page["items"] != []:
            path = f"/v1/events?types=sla.warning,sla.breached,sla.met&limit=200&after={page['next']}"
            page = await self.get(path)
            found += page["items"]
        return found


def identity(ticket_id: str, clock: dict[str, Any]) -> Key:
    return (ticket_id, clock["metric"], clock["scope"], str(clock["leg"]), clock["started_at"])


async def test_whatever_happens_at_once_each_alarm_is_told_once_and_as_it_is(
    client: httpx.AsyncClient, clock: Clock, database: Database
) -> None:
    storm = Storm(client)
    storm.database, storm.clock, storm.chance = database, clock, random.Random(4)
    clock.instant = START
    await storm.founded()
    ids = [(await storm.ticket("SALES", storm.chance.choice(["FIN", "LEGAL"])))["id"] for _ in range(TICKETS)]
    duties: list[Duty] = [Alarms(), Alarms(), Jobs(ESCALATION, escalate), Jobs(LOOK, look_at_objective)]
    for round_ in range(ROUNDS):
        clock.instant = START + timedelta(minutes=6 * round_, seconds=storm.chance.randrange(60))
        at_once = [storm.people(ids) for _ in range(3)]
        at_once += [storm.work(duty) for duty in duties if storm.chance.random() < 0.7]
        if round_ % 3 == 0:
            at_once.append(storm.other_hours())
        if round_ % 4 == 0:
            at_once.append(storm.other_agreement())
        await asyncio.gather(*at_once)
    clock.passes(days=3)
    for duty in duties[1:3] * 4:
        await storm.work(duty)

    events = await storm.told()
    keyed = [(identity(event["data"]["ticket"]["id"], event["data"]["clock"]), event) for event in events]
    once = Counter((key, e["type"], e["data"].get("fraction")) for key, e in keyed if e["type"] != "sla.met")
    assert max(once.values()) == 1
    decided = {key: event["data"]["clock"] for key, event in keyed if event["type"] != "sla.warning"}
    stored = select(tickets.c.id, tickets.c.due_at, tickets.c.breached_at)
    async with database.reading() as connection:
        rows = {str(row.id): row for row in await connection.execute(stored)}
        assert not (await connection.execute(select(func.count()).where(jobs.c.attempts > 0))).scalar_one()
    for id_, row in rows.items():
        ticket = await storm.get(f"/v1/tickets/{id_}")
        due_at = row.due_at and row.due_at.isoformat().replace("+00:00", "Z")
        assert (due_at, row.breached_at is not None) == (ticket["due_at"], ticket["breached"])
        for each in ticket["clocks"]:
            if each["state"] in ("met", "breached"):
                told = decided[identity(id_, each)]
                names = ("state", "met_at", "breached_at")
                assert [told[name] for name in names] == [each[name] for name in names]
