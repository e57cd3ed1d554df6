"""A past that says how open commitments go on: fifteen in a hundred were late, each at another share of its time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from app.commitments.tables import commitments
from app.kernel.database import Database
from app.kernel.ids import new_id
from app.ripple.forecasting.forecast_duty import LookAhead
from app.ripple.tables import ripple_forecasts, ripple_marks
from tests.tickets.worlds import World

PAST = datetime(2025, 1, 6, 9, tzinfo=UTC)
PROMISED_HOURS = 170
"""Of a hundred past ones one was delivered every two hours: at a share `a` of its time one is late with a probability
of 15 / (100 - 85 a)."""


async def past_commitments(
    database: Database, world: World, owner: str = "Sales", count: int = 100, promised_at: datetime = PAST
) -> None:
    """Commitments of long ago, without tickets."""
    customer_id, owner_id = world.customer_id or await world.customer(), await world.department(owner)
    rows = [
        {
            "id": new_id(),
            "customer_id": UUID(customer_id),
            "owner_department_id": UUID(owner_id),
            "title": f"A promise of long ago, {number}",
            "status": "delivered",
            "promised_at": promised_at,
            "due_at": promised_at + timedelta(hours=PROMISED_HOURS),
            "agreed_due_at": promised_at + timedelta(hours=PROMISED_HOURS),
            "delivered_at": promised_at + timedelta(hours=2 * (number + 1)),
        }
        for number in range(count)
    ]
    async with database.writing() as connection:
        await connection.execute(insert(commitments), rows)


async def promise(world: World, promised_at: datetime, hours: int = PROMISED_HOURS, **fields: Any) -> dict[str, Any]:
    """A commitment of Sales."""
    due_at = promised_at + timedelta(hours=hours)
    return await world.commitment("Sales", promised_at.isoformat(), due_at.isoformat(), **fields)


async def mark(database: Database, ids: Iterable[str]) -> None:
    """Says that the history of these has changed."""
    async with database.writing() as connection:
        for id_ in ids:
            await connection.execute(
                text("insert into ripple_marks values (:id, now()) on conflict do nothing"), {"id": UUID(id_)}
            )


async def look(database: Database, now: datetime, duty: LookAhead | None = None) -> int:
    """Turns of the duty until nothing is left to look at; how many looks those were."""
    duty, looks = duty or LookAhead(), 0
    while done := await duty.turn(database, now):
        looks += done
    return looks


async def stored(database: Database) -> dict[str, Any]:
    """The forecasts that are stored, by commitment."""
    async with database.reading() as connection:
        return {str(row.commitment_id): row for row in await connection.execute(select(ripple_forecasts))}


async def marked(database: Database) -> set[str]:
    async with database.reading() as connection:
        return {str(row.commitment_id) for row in await connection.execute(select(ripple_marks))}


async def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """What was told of commitments at risk, in order."""
    page = await world.get("/v1/events?types=commitment.at_risk,commitment.back_on_track&limit=200")
    return [(event["type"].removeprefix("commitment."), event["data"]) for event in page["items"]]
