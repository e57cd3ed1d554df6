"""What the demo company delegated, and what is seen of that."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.goodwill import DELEGATED_DAYS_AGO
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def now(clock: Clock, loaded_at: datetime) -> None:
    clock.instant = loaded_at


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    response = await client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_it_is_told_of_whom_it_is_and_stands_at_its_request_type(client: httpx.AsyncClient) -> None:
    (delegation,) = (await get(client, "/v1/delegations"))["items"]
    asked = await get(client, f"/v1/request-types/{delegation['request_type_id']}")
    assert (asked["key"], [each["id"] for each in asked["delegations"]]) == ("goodwill-approval", [delegation["id"]])
    (told,) = (await get(client, "/v1/events", types="request_type.delegated"))["items"]
    assert (told["occurred_at"], told["data"]["delegation"]) == (delegation["since"], delegation)
    assert told["data"]["request_type"] == asked


async def test_what_it_granted_is_as_if_it_had_been_asked_for_now(client: httpx.AsyncClient) -> None:
    (delegation,) = (await get(client, "/v1/delegations"))["items"]
    granted = (await get(client, "/v1/tickets", delegation_id=delegation["id"], limit=200))["items"]
    assert len(granted) > 10
    assert {each["opened_at"] >= delegation["since"] for each in granted} == {True}
    kept = [each for each in granted if each["granted"]]
    assert {each["resolved_at"] == each["opened_at"] for each in kept} == {True}
    assert {clock["state"] for each in kept for clock in each["clocks"]} == {"met"}
    _, resolved = (await get(client, f"/v1/tickets/{kept[0]['id']}/history"))["items"]
    assert resolved["actor"] == {"type": "demo", "id": delegation["id"], "name": "Goodwill approval"}
    assert resolved["details"]["delegation_id"] == delegation["id"]


async def test_the_review_tells_what_it_spared_and_what_was_looked_into(
    client: httpx.AsyncClient, loaded_at: datetime
) -> None:
    since = loaded_at - timedelta(days=DELEGATED_DAYS_AGO + 1)
    (row,) = (await get(client, "/v1/metrics/delegations", **{"from": since.isoformat()}))["rows"]
    assert (row["group"]["request_type"], row["group"]["requester"]) == ("goodwill-approval", "SALES")
    assert row["granted"] > 10
    assert (row["reopened"], row["refused"]) == (1, 1)
    assert row["spared_seconds"] > row["granted"] * 3600
