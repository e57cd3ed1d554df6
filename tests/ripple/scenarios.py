"""Histories lived through the API: the scenario in which Finance is late, and Operations only because of it."""

from typing import Any

from tests.tickets.worlds import World

DAY = 86_400


async def agree_on_five_days_and_three(world: World) -> None:
    """Operations undertakes five days, Finance three, around the clock."""
    for provider, days in (("Operations", 5), ("Finance", 3)):
        await world.sla(provider, targets=[{"metric": "resolve", "seconds": days * DAY}])


async def primary_and_reactionary(world: World, day: int = 2, **fields: Any) -> dict[str, Any]:
    """A commitment of Sales, promised on that day of March 2026 at nine for five days later, delivered after seven.

    Sales asks Operations at once; Operations asks Finance a day later. Answers the commitment, its tickets named.
    """

    def at(days: int, hour: int = 9) -> str:
        return f"2026-03-{day + days:02}T{hour:02}:00:00Z"

    commitment = await world.commitment("Sales", at(0), at(5), **fields)
    first = await world.ticket("Sales", "Operations", commitment_id=commitment["id"], opened_at=at(0))
    second = await world.ticket("Operations", "Finance", blocks=[first["id"]], opened_at=at(1))
    await world.do("acknowledge", first["id"], at(0, 15))
    await world.do("acknowledge", second["id"], at(5))
    await world.do("resolve", second["id"], at(6))
    await world.do("resolve", first["id"], at(7))
    await world.post(f"/v1/commitments/{commitment['id']}/deliver", {"at": at(7)}, status=200)
    return {"id": commitment["id"], "T1": first["id"], "T2": second["id"]}
