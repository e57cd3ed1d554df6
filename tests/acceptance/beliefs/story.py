"""The words in which the stories are told: a company that serves a customer, day by day."""

from dataclasses import dataclass
from typing import Any

from app.kernel.database import Database
from app.kernel.jobs import Jobs
from app.suggestions.measuring import measure_effect
from app.suggestions.suggestions import EFFECT
from tests.conftest import Clock
from tests.ripple import foreseen, kept
from tests.tickets.worlds import World

HOUR, DAY = 3600, 86400


def march(day: int, hour: int = 9) -> str:
    """An hour of a day in March 2026; the second is a Monday."""
    return f"2026-03-{day:02}T{hour:02}:00:00Z"


@dataclass(kw_only=True)
class Story(World):
    """A company that serves a customer, and a clock that the story moves."""

    clock: Clock
    database: Database

    def when(self, day: int, hour: int = 9) -> None:
        self.clock.at(march(day, hour))

    async def member(self, name: str, *departments: str) -> str:
        body = {
            "name": name,
            "email": f"{name.lower()}@example.com",
            "department_ids": [await self.department(key) for key in departments],
        }
        return str((await self.post("/v1/members", body))["id"])

    async def offer(self, provider: str, kind: str, key: str | None = None) -> str:
        """Something that a department can be asked for."""
        named = {"key": key or kind, "name": key or kind}
        body = {"provider_department_id": await self.department(provider), "kind": kind, **named}
        return str((await self.post("/v1/request-types", body))["id"])

    async def undertake(self, provider: str, hours: int, **fields: Any) -> None:
        """A department undertakes to resolve what it is asked for within so many hours, around the clock."""
        await self.sla(provider, targets=[{"metric": "resolve", "seconds": hours * HOUR}], **fields)

    async def serves(self, who: str, customer_id: str | None = None, role: str = "account owner", **more: Any) -> str:
        body = {"member_id": who, "role": role, "since": f"{self.clock().isoformat()}", **more}
        made = await self.post(f"/v1/customers/{customer_id or self.customer_id}/relationships", body)
        return str(made["id"])

    async def promise(self, title: str, owner: str, day: int, hour: int = 17, **fields: Any) -> str:
        """What is promised now, to be kept by that hour of that day."""
        body = {
            "customer_id": self.customer_id,
            "title": title,
            "owner_department_id": await self.department(owner),
            "promised_at": f"{self.clock().isoformat()}",
            "due_at": march(day, hour),
            **fields,
        }
        return str((await self.post("/v1/commitments", body))["id"])

    async def deliver(self, commitment_id: str) -> dict[str, Any]:
        delivered: dict[str, Any] = await self.post(f"/v1/commitments/{commitment_id}/deliver", {}, 200)
        return delivered

    async def became(self, kind: str, customer_id: str | None = None, **told: Any) -> None:
        """What the customer does or says now."""
        body = {"kind": kind, "occurred_at": self.clock().isoformat(), **told}
        await self.post(f"/v1/customers/{customer_id or self.customer_id}/outcomes", body)

    async def of_customer(self, what: str, customer_id: str | None = None) -> Any:
        return await self.get(f"/v1/customers/{customer_id or self.customer_id}/{what}")

    async def figures(self, report: str, group_by: str, **query: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The rows of a report on March, by the keys of their groups."""
        names = group_by.split(",")
        rows = (await self.report(report, group_by, **query))["rows"]
        return {tuple(row["group"][name] for name in names): row for row in rows}

    async def report(self, report: str, group_by: str, **query: str) -> dict[str, Any]:
        """A report on March."""
        asked = {"from": march(1, 0), "to": march(31, 0), "group_by": group_by, **query}
        response = await self.client.get(f"/v1/metrics/{report}", params=asked)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def told(self, *types: str) -> list[dict[str, Any]]:
        return list((await self.get(f"/v1/events?types={','.join(types)}&limit=200"))["items"])

    async def background(self) -> None:
        """A worker does what is due: it keeps analyses of what was delivered, forecasts what is open, and measures what
        came of suggestions."""
        await kept.keep(self.database)
        await foreseen.look(self.database, self.clock())
        await Jobs(EFFECT, measure_effect).turn(self.database, self.clock())

    def key_of(self, department_id: str | None) -> str | None:
        """The key of a department of which an answer has the id."""
        return next((key for key, id_ in self.departments.items() if id_ == department_id), None)


def parts_of(ripple: dict[str, Any]) -> dict[str, int]:
    """Whom a commitment's customer was waiting for, in seconds."""
    waited: dict[str, int] = {}
    for part in ripple["decomposition"]:
        waited[part["department"]] = waited.get(part["department"], 0) + part["seconds"]
    return waited


def shares_of(ripple: dict[str, Any]) -> dict[str, int]:
    """Who made it late, in seconds."""
    return {each["party"]: each["shapley_seconds"] for each in ripple["attribution"]}
