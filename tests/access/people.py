"""Members with keys of their own, made through the API."""

from typing import Any

import httpx
from fastapi import FastAPI

from tests.conftest import client_of
from tests.tickets.worlds import World


async def a_member(world: World, name: str, *departments: str) -> str:
    """A member of departments; their id."""
    ids = [await world.department(key) for key in departments]
    body = {"email": f"{name.lower()}@example.com", "name": name, "department_ids": ids}
    return str((await world.post("/v1/members", body))["id"])


async def a_key(world: World, role: str, member_id: str) -> dict[str, Any]:
    """A key that stands for a member, as it was made."""
    made: dict[str, Any] = await world.post(
        "/v1/api-keys", {"name": f"key of a {role}", "role": role, "member_id": member_id}
    )
    return made


async def client_for(app: FastAPI, world: World, role: str, member_id: str) -> httpx.AsyncClient:
    """A client with a key that stands for a member."""
    return client_of(app, (await a_key(world, role, member_id))["key"])
