"""The acceptance cases: whole lives of tickets, and every clock of theirs at an instant."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.service_levels.clock import Agreement, Clock, Target
from app.service_levels.ticket_clocks import REAPPLY, Opening, Step, advance, clocks_at, replay

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "clock_vectors.json").read_text())
INSTANTS = {"started_at", "due_at", "met_at", "breached_at"}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def agreements(case: dict[str, Any]) -> dict[str, Agreement[str]]:
    calendars = {
        name: CalendarTimeline(((instant("2000-01-01T00:00Z"), parse_calendar(**given)),))
        for name, given in case["calendars"].items()
    }
    return {
        given["provider"]: Agreement(
            given["provider"],
            1,
            calendars[given["calendar"]],
            tuple(
                Target(target["metric"], target["seconds"], tuple(target.get("by_priority", {}).items()))
                for target in given["targets"]
            ),
            frozenset(given["pause_on"]),
        )
        for given in case["slas"]
    }


def history(case: dict[str, Any]) -> tuple[Opening[str], list[Step[str]]]:
    """The case in the engine's terms: in it a provider has one agreement, and the provider alone comments."""
    by_provider = agreements(case)
    ticket = case["ticket"]
    first = ticket["provider"]
    holders, steps = [first], []
    for action in case["actions"]:
        if action["verb"] == "transfer":
            holders.append(action["department"])
        elif action["verb"] == "return":
            holders.append(holders[-2])
        steps.append(
            Step(
                action["verb"],
                instant(action["at"]),
                on=action.get("on"),
                department_id=holders[-1],
                priority=action.get("priority"),
                agreement=by_provider.get(holders[-1]),
                ticket_agreement=by_provider.get(first),
                by_provider=True,
                visible_to_requester=action.get("visibility") == "requester",
            )
        )
    return Opening(instant(ticket["opened_at"]), first, ticket["priority"], by_provider.get(first)), steps


def shown(clock: Clock[str], fields: dict[str, Any]) -> dict[str, Any]:
    names = {"department": "department_id"}
    return {name: getattr(clock, names.get(name, name)) for name in fields}


def expected(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: instant(value) if name in INSTANTS and value else value for name, value in fields.items()}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_the_acceptance_vectors_hold(case: dict[str, Any]) -> None:
    opening, steps = history(case)
    clocks = clocks_at(opening, steps, instant(case["as_of"]))
    assert len(clocks) == len(case["expected"])
    for clock, fields in zip(clocks, case["expected"], strict=True):
        assert shown(clock, fields) == expected(fields)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_move_to_a_version_that_says_the_same_changes_nothing_but_the_version(case: dict[str, Any]) -> None:
    opening, steps = history(case)
    # Not at an instant at which a target is just reached: a change then is a breach.
    as_of = max([instant(case["as_of"]), opening.at, *(step.at for step in steps)]) + timedelta(seconds=1)
    before = replay(opening, steps)
    move = Step(REAPPLY, as_of, agreement=renewed(before.agreement), ticket_agreement=renewed(before.ticket_agreement))
    moved = advance(before, move).view(as_of)
    assert [told(clock) for clock in moved] == [told(clock) for clock in before.view(as_of)]
    counting = {clock.number for clock in before.clocks if clock.stopped_at is None and not before.resolved}
    assert {clock.number for clock in moved if clock.sla_version == 2} == counting


def told(clock: Clock[str]) -> tuple[Any, ...]:
    instants = (clock.started_at, clock.due_at, clock.met_at, clock.breached_at, clock.paused_at, clock.stopped_at)
    return clock.metric, clock.scope, clock.leg, clock.state, clock.target_seconds, clock.elapsed_seconds, *instants


def renewed(agreement: Agreement[str] | None) -> Agreement[str] | None:
    return agreement and replace(agreement, version=2)
