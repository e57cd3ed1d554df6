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


async def test_satisfaction_and_the_mean_have_their_intervals(world: World) -> None:
    for score in (5, 4, 4, 2):
        await served(world, "FIN", score, "2026-03-03T10:00:00Z")
    await served(world, "OPS", 5, "2026-03-03T10:00:00Z")
    answer = await report(world.client, "feedback")
    finance, operations = figures(answer, "csat", "csat_low", "csat_high").values()
    assert finance == (0.75, pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))
    assert operations == (1.0, pytest.approx(0.2065, abs=1e-4), 1.0)
    means = figures(answer, "mean_score_low", "mean_score_high")
    assert means == {"FIN": (pytest.approx(1.75, abs=0.01), 5.0), "OPS": (None, None)}


async def test_of_what_was_resolved_it_is_told_how_much_was_answered(world: World) -> None:
    for answered in (True, False, False):
        ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z")
        await world.do("resolve", ticket["id"], "2026-03-02T10:00:00Z")
        if answered:
            await world.do("feedback", ticket["id"], "2026-03-03T10:00:00Z", score=4)
    # Resolved before the period, and answered in it.
    await served(world, "FIN", 5, "2026-03-03T10:00:00Z")
    answer = await report(world.client, "feedback")
    told = ("responses", "resolved", "answered", "response_rate")
    assert figures(answer, *told) == {"FIN": (2, 3, 1, 1 / 3)}


async def test_feedback_on_an_earlier_resolution_is_no_answer_to_the_last(world: World) -> None:
    ticket = await world.ticket("SALES", "FIN", opened_at="2026-03-02T09:00:00Z")
    await world.do("resolve", ticket["id"], "2026-03-02T10:00:00Z")
    await world.do("feedback", ticket["id"], "2026-03-02T11:00:00Z", score=1)
    await world.do("reopen", ticket["id"], "2026-03-03T10:00:00Z")
    await world.do("resolve", ticket["id"], "2026-03-04T10:00:00Z")
    told = ("responses", "resolved", "answered")
    assert totals(await report(world.client, "feedback"), *told) == (1, 1, 0)
    await world.do("feedback", ticket["id"], "2026-03-05T11:00:00Z", score=5)
    assert totals(await report(world.client, "feedback"), *told) == (2, 1, 1)
