"""Worlds in one line: departments, customers, agreements and tickets, made through the API."""

from dataclasses import dataclass, field
from typing import Any

import httpx

ROUND_THE_CLOCK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CONTEXT = {"summary": "What was asked", "customer_expects": "An answer this week"}
NEEDED: dict[str, dict[str, Any]] = {
    "wait": {"on": "customer", "reason": "They must say."},
    "resolve": {"resolution": "Done."},
    "reopen": {"reason": "Not done."},
    "decline": {"reason": "Not ours."},
    "cancel": {"reason": "No longer wanted."},
    "return": {"reason": "Not ours."},
    "ask": {"question": "Which one?"},
    "comment": {"body": "Seen."},
    "prioritise": {"priority": "p1"},
    "assign": {"member_id": None},
}
"""What each verb needs besides its instant, where a test does not say."""


@dataclass
class World:
    """A small company, and what was made in it under short names."""

    client: httpx.AsyncClient
    departments: dict[str, str] = field(default_factory=dict)
    customer_id: str = ""
    calendars: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: dict[str, Any], status: int = 201) -> Any:
        response = await self.client.post(path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    async def department(self, key: str) -> str:
        if key not in self.departments:
            self.departments[key] = (await self.post("/v1/departments", {"key": key, "name": key}))["id"]
        return self.departments[key]

    async def customer(self, ref: str = "ACME", **fields: Any) -> str:
        made = await self.post("/v1/customers", {"external_ref": ref, "name": ref, **fields})
        self.customer_id = self.customer_id or made["id"]
        return str(made["id"])

    async def calendar(self, name: str = "always", timezone: str = "UTC", **fields: Any) -> str:
        if name not in self.calendars:
            body = {"name": name, "timezone": timezone, "hours": ROUND_THE_CLOCK, **fields}
            self.calendars[name] = (await self.post("/v1/calendars", body))["id"]
        return self.calendars[name]

    async def sla(self, provider: str, *, calendar: str = "always", rank: int = 1, **fields: Any) -> dict[str, Any]:
        body = {
            "name": f"{provider} {rank}",
            "provider_department_id": await self.department(provider),
            "rank": rank,
            "calendar_id": await self.calendar(calendar),
            **fields,
        }
        made: dict[str, Any] = await self.post("/v1/slas", body)
        return made

    async def commitment(self, owner: str, promised_at: str, due_at: str, **fields: Any) -> dict[str, Any]:
        body = {
            "customer_id": self.customer_id or await self.customer(),
            "title": "A promise",
            "owner_department_id": await self.department(owner),
            "promised_at": promised_at,
            "due_at": due_at,
            **fields,
        }
        made: dict[str, Any] = await self.post("/v1/commitments", body)
        return made

    async def draft(self, requester: str, provider: str, **fields: Any) -> dict[str, Any]:
        body = {
            "title": f"{requester} asks {provider}",
            "requester_department_id": await self.department(requester),
            "provider_department_id": await self.department(provider),
            **fields,
        }
        if not {"customer_id", "commitment_id", "blocks"} & fields.keys():
            body["customer_id"] = self.customer_id or await self.customer()
        return body

    async def ticket(self, requester: str, provider: str, **fields: Any) -> dict[str, Any]:
        """The ticket as its `GET` answers it: without what is told of the customer beside it."""
        made: dict[str, Any] = await self.post("/v1/tickets", await self.draft(requester, provider, **fields))
        del made["customer_brief"]
        return made

    async def try_to(self, verb: str, ticket_id: str, at: str | None = None, **needed: Any) -> httpx.Response:
        if verb == "transfer":
            department = await self.department(needed.pop("department"))
            needed = {"department_id": department, "reason": "Theirs.", "context": CONTEXT, **needed}
        body = {**NEEDED.get(verb, {}), **needed, **({"at": at} if at else {})}
        return await self.client.post(f"/v1/tickets/{ticket_id}/{verb}", json=body)

    async def do(self, verb: str, ticket_id: str, at: str | None = None, **needed: Any) -> dict[str, Any]:
        response = await self.try_to(verb, ticket_id, at, **needed)
        assert response.status_code == 200, response.text
        done: dict[str, Any] = response.json()
        return done

    async def get(self, path: str) -> Any:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()
