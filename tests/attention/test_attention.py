"""What needs attention, over HTTP."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.attention.attention import KINDS, patience_of
from app.kernel.database import Database
from app.settings import Settings
from tests.attention.listing import attention, resolve
from tests.conftest import Clock, Statements, client_of
from tests.tickets.worlds import World
from tests.webhooks.making import an_endpoint, path_of


async def disabled(client: httpx.AsyncClient, database: Database, because: str, at: str) -> dict[str, Any]:
    """An endpoint that disabled itself."""
    made = await an_endpoint(client)
    async with database.writing() as connection:
        told = f"status = 'disabled', disabled_because = '{because}', disabled_at = '{at}'"
        await connection.execute(text(f"update webhook_endpoints set {told} where id = '{made['id']}'"))
    return made


async def test_nothing_needs_attention_while_endpoints_answer(client: httpx.AsyncClient) -> None:
    made = await an_endpoint(client)
    await client.post(path_of(made, "pause"))
    await client.post(path_of(await an_endpoint(client), "disable"))
    assert await attention(client) == []


async def test_an_endpoint_that_was_given_up_needs_attention_until_it_is_enabled(
    client: httpx.AsyncClient, database: Database
) -> None:
    dead = await disabled(client, database, "failing", "2026-11-20T09:00:00Z")
    (item,) = await attention(client)
    assert item == {
        "kind": "webhook_endpoint_dead",
        "subject": {"type": "webhook_endpoint", "id": dead["id"]},
        "since": "2026-11-20T09:00:00Z",
        "why": "Nothing could be delivered for five days, so it was given up.",
        "value": None,
        "currency": None,
        "customer_id": None,
        "could_act": {"department_id": None, "member_id": None},
        "act": {"method": "POST", "path": f"/v1/webhook-endpoints/{dead['id']}/enable", "body": {}, "needs": []},
        "snoozed": None,
    }
    await resolve(client, item)
    assert await attention(client) == []


async def test_what_has_waited_longest_comes_first(client: httpx.AsyncClient, database: Database) -> None:
    later = await disabled(client, database, "gone", "2026-11-20T09:00:00Z")
    earlier = await disabled(client, database, "failing", "2026-11-19T09:00:00Z")
    found = [item["subject"]["id"] for item in await attention(client)]
    assert found == [earlier["id"], later["id"]]
    assert [item["subject"]["id"] for item in await attention(client, sort="since")] == found
    assert [item["subject"]["id"] for item in await attention(client, sort="-since")] == found[::-1]
    first = (await client.get("/v1/attention", params={"limit": 1})).json()
    second = (await client.get("/v1/attention", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [item["subject"]["id"] for item in first["items"] + second["items"]] == found
    assert second["next_cursor"] is None


async def test_it_costs_one_query(client: httpx.AsyncClient, database: Database, statements: Statements) -> None:
    for _ in range(3):
        await disabled(client, database, "gone", "2026-11-20T09:00:00Z")
    statements.clear()
    assert len(await attention(client, kind="webhook_endpoint_dead")) == 3
    assert len(statements) == 1


@pytest.mark.parametrize("query", [{"kind": "something"}, {"sort": "kind"}, {"cursor": "x"}])
async def test_a_question_it_does_not_know_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get("/v1/attention", params=query)).status_code == 422


async def test_after_how_long_each_kind_is_listed_is_a_setting(
    app: FastAPI, client: httpx.AsyncClient, clock: Clock
) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    world = World(client)
    of_kind = {"unacknowledged": 60, "handoff_unaccepted": 120, "question_unanswered": 180, "wait_unchased": 240}
    of_kind |= {"commitment_without_ticket": 300}
    changed = {f"attention_{kind}_seconds": seconds for kind, seconds in of_kind.items()}
    app.state.settings = app.state.settings.model_copy(update=changed)
    for verb in ("transfer", "ask", "wait", None):
        ticket = await world.ticket("SALES", "FIN")
        if verb is not None:
            await world.do(verb, ticket["id"], **({"department": "OPS"} if verb == "transfer" else {}))
    await world.commitment("SALES", clock().isoformat(), "2026-03-31T17:00:00+00:00")
    listed: list[str] = []
    for kind in of_kind:
        clock.passes(seconds=59)
        assert len(await attention(client)) == len(listed)
        clock.passes(seconds=1)
        listed.append(kind)
        assert sorted(item["kind"] for item in await attention(client)) == sorted(listed)


def test_a_patient_kind_has_a_setting_and_no_other_has_one() -> None:
    patient = {f"attention_{name}_seconds" for name, kind in KINDS.items() if kind.is_patient}
    assert {name for name in Settings.model_fields if name.startswith("attention_")} == patient
    at_once = {name for name, seconds in patience_of(Settings(_env_file=None)).items() if seconds == 0}
    assert at_once == {name for name, kind in KINDS.items() if not kind.is_patient}


async def test_whoever_may_read_sees_it(app: FastAPI, client: httpx.AsyncClient, database: Database) -> None:
    await disabled(client, database, "gone", "2026-11-20T09:00:00Z")
    key = (await client.post("/v1/api-keys", json={"name": "reports", "role": "analyst"})).json()["key"]
    async with client_of(app, key) as analyst:
        assert len(await attention(analyst)) == 1
