"""Keys that stand for a member: made, recognised, and gone with them."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from app.access.roles import Actor, Role
from app.cli import command
from app.kernel.problems import NotFound
from tests.access.people import a_key, a_member, client_for
from tests.conftest import Statements, client_of
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return World(client)


@pytest.mark.parametrize(
    ("role", "permissions"),
    [("lead", ["lead_own", "read_own", "write_own"]), ("member", ["read_own", "write_own"])],
)
async def test_a_key_says_for_whom_it_stands_and_where_they_belong(
    world: World, app: FastAPI, role: str, permissions: list[str]
) -> None:
    ada = await a_member(world, "Ada", "FIN", "OPS")
    made = await a_key(world, role, ada)
    assert (made["role"], made["member_id"], made["department_ids"]) == (role, ada, [])
    me = (await client_of(app, made["key"]).get("/v1/me")).json()
    assert (me["role"], me["member_id"], me["permissions"]) == (role, ada, permissions)
    assert me["department_ids"] == sorted(world.departments.values())
    listed = await world.get(f"/v1/api-keys?member_id={ada}")
    assert [key["id"] for key in listed["items"]] == [made["id"]]


@pytest.mark.parametrize(
    ("stated", "pointer"),
    [
        ({"role": "member"}, "/member_id"),
        ({"role": "lead"}, "/member_id"),
        ({"role": "member", "member_id": str(uuid4())}, "/member_id"),
        ({"role": "member", "member_id": "ADA", "department_ids": [str(uuid4())]}, "/department_ids"),
        ({"role": "lead", "member_id": "ADA", "permissions": ["read"]}, "/permissions"),
        ({"role": "admin", "member_id": "ADA"}, "/member_id"),
        ({"role": "analyst", "member_id": "ADA"}, "/member_id"),
        ({"role": "integration", "member_id": "ADA"}, "/member_id"),
    ],
)
async def test_what_does_not_go_together_is_refused(world: World, stated: dict[str, Any], pointer: str) -> None:
    ada = await a_member(world, "Ada", "FIN")
    body = {"name": "key", **{name: ada if value == "ADA" else value for name, value in stated.items()}}
    refused = await world.client.post("/v1/api-keys", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_nobody_gets_a_key_once_they_left(world: World) -> None:
    ada = await a_member(world, "Ada", "FIN")
    await world.post(f"/v1/members/{ada}/leave", {}, 200)
    refused = await world.client.post("/v1/api-keys", json={"name": "key", "role": "member", "member_id": ada})
    assert refused.json()["errors"] == [{"pointer": "/member_id", "detail": "names a member who has left."}]


async def test_a_key_goes_with_its_member_and_comes_back_with_them_unless_it_was_revoked(
    world: World, app: FastAPI
) -> None:
    ada = await a_member(world, "Ada", "FIN")
    kept, revoked = await a_key(world, "member", ada), await a_key(world, "lead", ada)
    clients = [client_of(app, key["key"]) for key in (kept, revoked)]
    assert [(await each.get("/v1/me")).status_code for each in clients] == [200, 200]
    await world.post(f"/v1/members/{ada}/leave", {}, 200)
    assert [(await each.get("/v1/me")).status_code for each in clients] == [401, 401]
    await world.post(f"/v1/api-keys/{revoked['id']}/revoke", {}, 200)
    await world.post(f"/v1/members/{ada}/rejoin", {}, 200)
    assert [(await each.get("/v1/me")).status_code for each in clients] == [200, 401]


async def test_a_key_follows_its_member_to_other_departments(world: World, app: FastAPI) -> None:
    ada = await a_member(world, "Ada", "FIN")
    key = await client_for(app, world, "member", ada)
    assert (await key.get("/v1/me")).json()["department_ids"] == [world.departments["FIN"]]
    operations = await world.department("OPS")
    changed = await world.client.patch(f"/v1/members/{ada}", json={"department_ids": [operations]})
    assert changed.status_code == 200
    assert (await key.get("/v1/me")).json()["department_ids"] == [operations]


async def test_recognising_a_key_reads_its_member_in_the_same_query(
    world: World, app: FastAPI, statements: Statements
) -> None:
    key = await client_for(app, world, "member", await a_member(world, "Ada", "FIN"))
    statements.clear()
    assert (await key.get("/v1/me")).status_code == 200
    assert len(statements) == 1


@pytest.mark.parametrize(("role", "member_id"), [(Role.MEMBER, None), (Role.LEAD, None), (Role.ANALYST, uuid4())])
def test_no_actor_is_half_a_member(role: Role, member_id: Any) -> None:
    with pytest.raises(ValueError, match="stands for the member"):
        Actor(uuid4(), "key", role, frozenset(), member_id=member_id)


def test_what_it_did_says_whose_key_it_was_and_only_of_a_members() -> None:
    ada, key_id = uuid4(), uuid4()
    of_ada = Actor(key_id, "Ada's", Role.MEMBER, frozenset(), member_id=ada)
    assert of_ada.document() == {"type": "api_key", "id": key_id, "name": "Ada's", "member_id": ada}
    assert "member_id" not in Actor(key_id, "tool", Role.INTEGRATION, frozenset()).document()


async def test_the_command_makes_one_for_whoever_has_an_address(world: World, app: FastAPI, database_url: str) -> None:
    ada = await a_member(world, "Ada", "FIN")
    asked = ["keys", "create", "--name", "Ada's", "--role", "lead", "--json", "--member"]
    settings = {
        "OUTWARD_DATABASE_URL": database_url,
        "OUTWARD_SECRET_KEY": "a secret of the tests, long enough to be one",
    }
    told = await _typed([*asked, "ADA@example.com"], settings)
    assert told.exit_code == 0, told.output
    made = json.loads(told.stdout)
    assert (made["member_id"], made["role"]) == (ada, "lead")
    assert (await client_of(app, made["key"]).get("/v1/me")).json()["member_id"] == ada
    unknown = await _typed([*asked, "nobody@example.com"], settings)
    assert isinstance(unknown.exception, NotFound)
    assert "nobody@example.com" in unknown.exception.detail


async def _typed(arguments: list[str], settings: dict[str, str]) -> Any:
    """A command, which runs a loop of its own, as it is typed."""
    return await asyncio.to_thread(CliRunner().invoke, command, arguments, env=settings)
