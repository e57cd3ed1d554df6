"""Files of a small company, and applying them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from textwrap import dedent

from app.configuration.applying import apply_configuration
from app.configuration.exporting import as_yaml, configuration
from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration
from app.configuration.planning import Plan, Present, plan
from app.kernel.database import Database
from app.tickets.terms.rescheduling import calendar_changed

OFFICE = """
calendars:
  - name: Office
    timezone: UTC
    hours:
      mon: [["09:00", "17:00"]]
      tue: [["09:00", "17:00"]]
      wed: [["09:00", "17:00"]]
      thu: [["09:00", "17:00"]]
      fri: [["09:00", "17:00"]]
"""
DEPARTMENTS = """
departments:
  - {key: FIN, name: Finance, parent: BOARD, calendar: Office}
  - {key: BOARD, name: Board}
  - {key: OPS, name: Operations}
"""
CATALOGUE = """
request_types:
  - {provider: FIN, key: credit-check, name: Credit check, kind: approval, required_fields: [amount]}
"""
SLAS = """
slas:
  - provider: FIN
    name: Credit checks
    requester: OPS
    request_type: credit-check
    priorities: [p1, p2]
    rank: 10
    calendar: Office
    targets:
      - {metric: acknowledge, within: 2h}
      - {metric: resolve, within: 8h30m, by_priority: {p1: 4h}}
    pause_on: [requester, customer]
    warn_at: [0.5, 0.8]
    escalations:
      - {metric: resolve, at: 0.8, do: notify, department: BOARD}
      - {metric: resolve, at: 1, do: raise_priority, priority: p1}
  - provider: FIN
    name: Anything else
    rank: 100
    calendar: Office
    targets: [{metric: resolve, seconds: 57600}]
"""
OBJECTIVES = """
objectives:
  - {provider: FIN, sla: Credit checks, name: In time, metric: resolve, goal: 0.95}
"""
EVERYTHING = OFFICE + DEPARTMENTS + CATALOGUE + SLAS + OBJECTIVES
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def planned(text: str, before: str = "", *, any_members: bool = True, members: Iterable[str] = ()) -> Plan:
    """The plan for the file `a.yaml`, where there is what another one states."""
    there = {each.name: each.thing for each in gather([("b.yaml", dedent(before).encode())])}
    present = Present(there, members=frozenset(members), any_members=any_members)
    return plan(gather([("a.yaml", dedent(text).encode())]), present)


async def apply(database: Database, *texts: str, now: datetime = NOW, dry_run: bool = False) -> Plan:
    """Applies files `1.yaml`, `2.yaml`, … with these texts."""
    names = [f"{number}.yaml" for number in range(1, len(texts) + 1)]
    wanted = gather((name, dedent(text).encode()) for name, text in zip(names, texts, strict=True))
    return await apply_configuration(
        database, wanted, now=now, files=names, calendar_changed=[calendar_changed], dry_run=dry_run
    )


async def refusal(database: Database, *texts: str) -> list[str]:
    """What is said of files that cannot be applied: one line for each mistake."""
    try:
        await apply(database, *texts)
    except BadConfiguration as refused:
        return [str(mistake) for mistake in refused.mistakes]
    raise AssertionError("it was applied")


async def exported(database: Database) -> str:
    """The configuration, written out."""
    async with database.reading() as connection:
        return as_yaml(await configuration(connection))


def outcome(plan: Plan) -> tuple[Sequence[str], Sequence[str], int]:
    """What was made, what was changed, and how many stayed as they were."""
    made = [str(change.name) for change in plan.changes if change.action == "create"]
    changed = [str(change.name) for change in plan.changes if change.action == "change"]
    return made, changed, plan.unchanged
