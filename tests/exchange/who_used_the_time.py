"""The figures of docs/explanation/who-used-the-time.md: `python -m tests.exchange.who_used_the_time` prints them.

The published log under the three SLAs of tests/data/bpic2013_closed_problems_slas.toml, by the pure core alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.exchange.interpret import Case
from app.exchange.mapping import read_mapping
from app.exchange.reading import LogReading
from app.service_levels.breakdown import Assignment, Breakdown, breakdown
from app.service_levels.clock import Agreement, Scope, State, Target
from app.service_levels.matching import Candidate, Conditions, Request, match
from app.service_levels.ticket_clocks import Opening, Step
from app.tickets.life.verbs import Verb

DATA = Path(__file__).parents[1] / "data"
LOG, MAPPING = DATA / "bpic2013_closed_problems.xes.gz", DATA / "bpic2013_closed_problems_slas.toml"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SUPPORT_HOURS: dict[str, Any] = {
    "name": "Support hours",
    "timezone": "Europe/Stockholm",
    "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
DAY = 8 * 3600
"""A day of the calendar, in seconds."""


@dataclass(frozen=True)
class Broken:
    """A case, and one of its clocks broken down at the end."""

    case: Case
    of_clock: Breakdown[str]


class Offers:
    """The mapping's SLAs, which every provider undertakes alike."""

    def __init__(self, tables: Any) -> None:
        hours = parse_calendar(SUPPORT_HOURS["timezone"], SUPPORT_HOURS["hours"])
        calendar = CalendarTimeline(((datetime(1970, 1, 1, tzinfo=UTC), hours),))
        self._candidates = []
        self._agreements = {}
        for table in tables:
            targets = tuple(Target(target["metric"], target["seconds"]) for target in table["targets"])
            pause_on = frozenset(table["pause_on"])
            self._agreements[table["name"]] = Agreement(table["name"], 1, calendar, targets, pause_on)
            priorities = frozenset(table["priorities"]) if table["priorities"] else None
            self._candidates.append(Candidate(table["name"], 1, table["rank"], Conditions(None, None, priorities)))

    def towards(self, priority: str) -> Agreement[str]:
        chosen = match(self._candidates, Request("Business", None, priority, None)).chosen
        assert chosen is not None
        return self._agreements[chosen.sla_id]


def steps_of(case: Case, offers: Offers) -> Iterator[Step[str]]:
    agreement = offers.towards(case.opening.priority)
    for step in case.steps:
        action = step.action
        if action is not None:
            handed_over = action.verb is Verb.TRANSFER
            yield Step(
                action.verb,
                action.at,
                on=action.on,
                department_id=step.life.department_id if handed_over else None,
                agreement=agreement if handed_over else None,
            )


def assignments_of(case: Case) -> Iterator[Assignment[str]]:
    yield Assignment(case.opening.opened_at, case.opening.assignee_id)
    for step in case.steps:
        if step.action is not None:
            yield Assignment(step.action.at, step.life.assignee_id)


@cache
def broken_down() -> list[Broken]:
    """Every clock of every case, as of the end."""
    mapping = read_mapping(MAPPING.read_bytes())
    offers = Offers(mapping.slas)
    found = []
    for case in LogReading(LOG, mapping, now=NOW, max_bytes=10**9).cases():
        life = case.opening
        opening = Opening(life.opened_at, life.department_id, str(life.priority), offers.towards(life.priority))
        steps, assigned = list(steps_of(case, offers)), list(assignments_of(case))
        found += [Broken(case, each) for each in breakdown(opening, steps, NOW, assigned)]
    return found


def breached() -> list[Broken]:
    """The requester's clocks that were breached."""
    return [
        each
        for each in broken_down()
        if each.of_clock.clock.scope is Scope.TICKET and each.of_clock.clock.state is State.BREACHED
    ]


def charged() -> dict[str, Counter[str]]:
    """The seconds beyond the targets by department, under four ways to charge them."""
    ways: dict[str, Counter[str]] = {way: Counter() for way in ("final", "breach", "then", "used")}
    for each in breached():
        found = each.of_clock
        overrun = overrun_of(each)
        assert found.held_at_breach is not None
        ways["final"][each.case.life.department_id] += overrun
        ways["breach"][found.held_at_breach.department_id] += overrun
        for leg in found.legs:
            ways["then"][leg.department_id] += leg.beyond_target_seconds
            ways["used"][leg.department_id] += leg.overrun_seconds
    return ways


def overrun_of(each: Broken) -> int:
    """The seconds beyond the target."""
    return max(0, -each.of_clock.clock.remaining_seconds)


def moved(one: Counter[str], other: Counter[str]) -> int:
    """The seconds that one way charges to other departments than the other way."""
    return sum(max(0, one[name] - other[name]) for name in one.keys() | other.keys())


def line_of(department: str) -> str:
    """The support line of a team, by its name."""
    return next((line for line in ("2nd", "3rd") if department.endswith(line)), "1st")


def tables() -> str:
    """The figures as Markdown."""
    return "\n\n".join("\n".join(table) for table in (_counts(), _moved_by_way(), _by_line(), _by_team()))


def _counts() -> list[str]:
    everyone, late, passed_on = broken_down(), breached(), _passed_on()
    metrics = Counter(each.of_clock.clock.metric.value for each in everyone)
    elsewhere = sum(_breach_department(each) != each.case.life.department_id for each in late)
    shares = f"{share(elsewhere, len(passed_on))} of those passed on, {share(elsewhere, len(late))} of all"
    return [
        "| | |",
        "|---|---:|",
        f"| problems | {len({each.case.name for each in everyone}):,} |",
        f"| clocks | {len(everyone):,} ({metrics['acknowledge']:,} acknowledge, {metrics['resolve']:,} resolve) |",
        f"| problems resolved late | {len(late):,} |",
        f"| of these passed on at least once | {len(passed_on):,} |",
        f"| of these breached with another department than the one that resolved them | {elsewhere:,} ({shares}) |",
        f"| beyond the targets | {days(sum(map(overrun_of, late)))} business days |",
        f"| of that in problems that were passed on | {days(sum(map(overrun_of, passed_on)))} business days |",
    ]


def _moved_by_way() -> list[str]:
    ways, total, of_passed_on = charged(), sum(map(overrun_of, breached())), sum(map(overrun_of, _passed_on()))
    table = [
        "| the overrun charged to | goes to another team than by the usual report | of what was passed on |",
        "|---|---:|---:|",
    ]
    for way, name in (
        ("breach", "who had it at the breach (`held_at_breach`)"),
        ("then", "who had it beyond the target (`beyond_target_seconds`)"),
        ("used", "whoever used the time (`overrun_seconds`)"),
    ):
        other = moved(ways[way], ways["final"])
        table.append(f"| {name} | {days(other)} days ({share(other, total)}) | {share(other, of_passed_on)} |")
    return table


def _by_line() -> list[str]:
    ways, total = charged(), sum(map(overrun_of, breached()))
    heads = ("support line", "who resolved it", "who had it at the breach", "who had it beyond the target")
    table = [f"| {' | '.join(heads)} | who used the time |", "|---|---:|---:|---:|---:|"]
    for line in ("1st", "2nd", "3rd"):
        cells = [sum(seconds for name, seconds in ways[way].items() if line_of(name) == line) for way in ways]
        table.append(f"| {line} | " + " | ".join(f"{days(cell)} ({share(cell, total)})" for cell in cells) + " |")
    return table


def _by_team() -> list[str]:
    final, used = charged()["final"], charged()["used"]
    differing = sorted(final.keys() | used.keys(), key=lambda name: (-abs(used[name] - final[name]), name))
    table = ["| team | who resolved it | who used the time | difference |", "|---|---:|---:|---:|"]
    for name in differing[:8]:
        difference = (used[name] - final[name]) / DAY
        table.append(f"| {name} | {days(final[name])} | {days(used[name])} | {difference:+,.1f} |")
    return table


def _passed_on() -> list[Broken]:
    return [each for each in breached() if len(each.case.life.legs) > 1]


def _breach_department(each: Broken) -> str:
    assert each.of_clock.held_at_breach is not None
    return each.of_clock.held_at_breach.department_id


def days(seconds: int) -> str:
    return f"{seconds / DAY:,.1f}"


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %")


if __name__ == "__main__":
    print(tables())
