"""Every event reaches every endpoint it is for, whatever is killed meanwhile."""

from pathlib import Path

from tests.acceptance.under_fire import Fire, Plan


async def test_killed_again_and_again_it_loses_no_event_and_invents_none(tmp_path: Path) -> None:
    outcome = await Fire(tmp_path, Plan(kills=4, rate=30, database_restarts=1, seconds_between_kills=(0.5, 2))).run()
    assert outcome.acknowledged > 0
    assert (outcome.lost, outcome.invented, outcome.refused) == (set(), set(), 0)
    assert outcome.acknowledged <= len({event for _, event in outcome.expected})
    assert set(outcome.kills) >= {"database", "api"}
