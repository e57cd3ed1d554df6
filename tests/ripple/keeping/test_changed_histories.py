"""Whatever is done to histories, before and after delivery, what is stored is what analysing from nothing gives."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.commitments.tables import commitments
from app.directory.tables import departments
from app.kernel.database import Database
from app.ripple.engine.totals import Kind, Place
from app.ripple.keeping.assessing import assess
from app.ripple.keeping.packing import COLUMNS, Packed, gather, unpack
from app.ripple.loading import load
from app.ripple.tables import ripple_places
from tests.conftest import Clock
from tests.ripple.kept import keep, stored, stored_from_nothing
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three
from tests.tickets.worlds import World

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEPARTMENTS = ("Sales", "Operations", "Finance", "Legal")
VERBS = ("acknowledge", "start", "wait", "resume", "transfer", "return", "accept", "resolve", "reopen", "prioritise")


class Fate:
    """Commitments and tickets, to which at random instants something happens, as far as it is possible."""

    def __init__(self, world: World, clock: Clock, seed: int) -> None:
        self.world, self.clock, self.random = world, clock, random.Random(seed)
        self.commitments: list[str] = []
        self.tickets: list[str] = []
        self.happened = 0

    async def begin(self) -> None:
        for _ in range(4):
            made = await self.world.commitment("Sales", self.at(0), self.at(5), value="100.00", currency="EUR")
            self.commitments.append(made["id"])
            await self.open_one(commitment_id=made["id"])

    def at(self, days: float) -> str:
        return (BEGIN + timedelta(days=days)).isoformat()

    async def open_one(self, **fields: Any) -> None:
        requester, provider = self.random.sample(DEPARTMENTS, 2)
        opened = self.at(self.random.randrange(8))
        self.tickets.append((await self.world.ticket(requester, provider, opened_at=opened, **fields))["id"])

    async def strike(self, after_delivery: bool) -> None:
        """One thing more: most are refused by the state of what they are done to, and nothing is lost by that."""
        chosen, self.clock.instant = self.random.random(), self.clock() + timedelta(minutes=7)
        ticket, other = self.random.choice(self.tickets), self.random.choice(self.tickets)
        if chosen < 0.15:
            await self.open_one(blocks=sorted({ticket, other}))
        elif chosen < 0.25:
            await self._try("post", f"/v1/tickets/{ticket}/dependencies", {"blocker_id": other})
        elif chosen < 0.35:
            await self._try("delete", f"/v1/tickets/{ticket}/dependencies/{other}")
        elif chosen < 0.40:
            commitment = self.random.choice(self.commitments)
            owner = await self.world.department(self.random.choice(DEPARTMENTS))
            await self._try("patch", f"/v1/commitments/{commitment}", {"owner_department_id": owner})
        elif chosen < 0.45 and not after_delivery:
            moved = {"due_at": self.at(self.random.randrange(3, 9)), "reason": "Moved.", "customer_agreed": True}
            await self._try("post", f"/v1/commitments/{self.random.choice(self.commitments)}/reschedule", moved)
        elif chosen < 0.48 and after_delivery:
            name = f"Key {self.random.randrange(10**9)}"
            department = await self.world.department(self.random.choice(DEPARTMENTS))
            await self._try("patch", f"/v1/departments/{department}", {"key": name})
        else:
            needed = {"department": self.random.choice(DEPARTMENTS)}
            verb = self.random.choice(VERBS)
            fields = needed if verb == "transfer" else {"on": "requester"} if verb == "wait" else {}
            at = self.at(self.random.uniform(0, 17)) if self.random.random() < 0.8 else None
            response = await self.world.try_to(verb, ticket, at, **fields)
            self.happened += response.is_success

    async def _try(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        response = await self.world.client.request(method, path, json=body)
        assert response.status_code < 500
        self.happened += response.is_success


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_stored_is_what_analysing_from_nothing_gives(
    client: httpx.AsyncClient, clock: Clock, database: Database, seed: int
) -> None:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    for department in DEPARTMENTS:
        await world.department(department)
    fate = Fate(world, clock, seed)
    await fate.begin()
    for _ in range(25):
        await fate.strike(after_delivery=False)
    for number, commitment in enumerate(fate.commitments):
        await world.post(f"/v1/commitments/{commitment}/deliver", {"at": fate.at(8 + number)}, 200)
    await keep(database)
    for _ in range(5):
        for _ in range(5):
            await fate.strike(after_delivery=True)
        await keep(database)
    changed = await stored(database)
    assert fate.happened > 5
    assert len(changed) == 4
    for id_, row in changed.items():
        assert (await client.get(f"/v1/commitments/{id_}/ripple")).content == row["analysis"].encode()
    await entries_are_those_of_the_analyses(database, changed)
    assert await stored_from_nothing(database) == changed


async def entries_are_those_of_the_analyses(database: Database, rows: dict[UUID, dict[str, Any]]) -> None:
    """What reports add up, once it is unpacked, is what they would add up of analyses made now."""
    async with database.reading() as connection:
        histories = await load(connection, commitments.c.id.in_(list(rows)))
        places = await _places(connection)
    for history in histories:
        row = rows[history.commitment.id]
        columns = {name: row[{"primary": "primary_"}.get(name, name)] for name in COLUMNS}
        assert unpack(Packed(**columns, unfit=row["unfit"]), places) == gather(assess(history, BEGIN))
        assert row["elapsed_seconds"] >= 8 * DAY


async def _places(connection: Any) -> dict[int, Place]:
    keys = {row.id: row.key for row in await connection.execute(select(departments.c.id, departments.c.key))}
    named = {str(id_): key for id_, key in keys.items()}
    return {
        row.id: Place(
            named.get(row.party, row.party),
            keys.get(row.requester_id),
            keys.get(row.provider_id),
            None if row.priority is None else Kind(row.priority, row.request_type_id),
        )
        for row in await connection.execute(select(ripple_places))
    }
