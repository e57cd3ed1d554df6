"""Commitments far larger than anybody's: all that is told of them is told, and recursion has no limit to meet."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.ripple.large_graphs import History, as_document, chain, nested
from tests.ripple.stored_graphs import store_graph, surroundings
from tests.tickets.worlds import World

LARGE: dict[str, Callable[[], History]] = {
    "5,000 tickets of 12 parties": lambda: nested(5_000, 10),
    "a chain of 2,000": lambda: chain(2_000, 12),
    "500 tickets of 40 parties": lambda: nested(500, 38),
}


@pytest.fixture(params=LARGE.values(), ids=LARGE.keys())
def history(request: pytest.FixtureRequest) -> History:
    make: Callable[[], History] = request.param
    return make()


@pytest.fixture
async def path(client: httpx.AsyncClient, database: Database, history: History) -> str:
    """That of the commitment, stored."""
    around = await surroundings(World(client), history)
    async with database.writing() as connection:
        return f"/v1/commitments/{await store_graph(connection, around, 'Large', *history)}"


async def test_a_large_commitment_is_analysed_alike_whether_it_is_stored_or_sent(
    client: httpx.AsyncClient, path: str, history: History
) -> None:
    sent = await client.post("/v1/ripple/analyse", json=as_document(*history))
    stored = await client.get(f"{path}/ripple")

    assert (sent.status_code, stored.status_code) == (200, 200)
    assert figures(stored.json()) == figures(sent.json())
    assert sum(part["seconds"] for part in sent.json()["decomposition"]) == sent.json()["elapsed_seconds"]
    shares = sum(share["shapley_seconds"] for share in sent.json()["attribution"])
    assert sent.json()["plan_seconds"] + shares == sent.json()["lateness_seconds"] > 0


def figures(answer: dict[str, Any]) -> dict[str, Any]:
    """What doesn't go by the ids of tickets, nor by business hours."""
    named = ("elapsed_seconds", "lateness_seconds", "plan_seconds", "unpromised_seconds", "attribution")
    parts = [{**part, "closed_seconds": None} for part in answer["decomposition"]]
    paces = sorted(overrun["pace"] for overrun in answer["overruns"])
    return {name: answer[name] for name in named} | {"decomposition": parts, "paces": paces}


async def test_a_large_commitment_is_explained_drawn_and_supposed(
    client: httpx.AsyncClient, path: str, history: History
) -> None:
    story = await client.get(f"{path}/ripple/explain")
    picture = await client.get(f"{path}/ripple.svg")
    supposed = await client.post(f"{path}/what-if", json={"promises_kept": True})

    assert (story.status_code, picture.status_code, supposed.status_code) == (200, 200, 200)
    assert len(story.json()["timeline"]["tickets"]) == len(history[1])
    assert f"and {len(history[1]) - 30:,} more tickets" in picture.text
    outcome = supposed.json()
    assert outcome["after"]["lateness_seconds"] < outcome["before"]["lateness_seconds"]
