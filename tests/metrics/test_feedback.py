"""`/v1/metrics/feedback`: how requesters were served."""

import httpx
import pytest

from tests.conftest import Clock
from tests.metrics.reading import figures, report, totals
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def served(world: World, provider: str, score: int, at: str) -> None:
    ticket = await world.ticket("SALES", provider, opened_at="2026-02-27T09:00:00Z")
    await world.do("resolve", ticket["id"], "2026-02-27T10:00:00Z")
    await world.do("feedback", ticket["id"], at, score=score)


async def test_scores_are_told_by_provider_and_two_is_negative(world: World) -> None:
    for provider, score in (("FIN", 5), ("FIN", 2), ("FIN", 3), ("OPS", 1)):
        await served(world, provider, score, "2026-03-03T10:00:00Z")
    answer = await report(world.client, "feedback")
    told = ("responses", "mean_score", "share_negative")
    assert figures(answer, *told) == {"FIN": (3, 10 / 3, 1 / 3), "OPS": (1, 1.0, 1.0)}
    assert totals(answer, *told) == (4, 2.75, 0.5)


async def test_feedback_counts_when_it_was_given(world: World) -> None:
    await served(world, "FIN", 4, "2026-02-28T10:00:00Z")
    await served(world, "FIN", 2, "2026-03-05T10:00:00Z")
    answer = await report(world.client, "feedback", group_by="week")
    assert figures(answer, "responses", "mean_score") == {"2026-03-02": (1, 2.0)}
