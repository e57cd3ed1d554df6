"""What the reference lists is what the code has."""

import re
from pathlib import Path

from app.service_levels.alarms import AlarmKind
from app.settings import Settings
from app.tickets.verbs import RULES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
EVENT = re.compile(r'"((?:ticket|sla|commitment|customer|error_budget|webhook)\.[a-z_]+)"')


def verbs_table() -> str:
    rows = []
    for verb, rule in RULES.items():
        states = ", ".join(status.value for status in type(next(iter(rule.from_states))) if status in rule.from_states)
        rows.append(f"| `{verb}` | {states} | {rule.to or 'as it was'} | {rule.description} |")
    return "\n".join(["| verb | from | to | meaning |", "|---|---|---|---|", *rows])


def test_the_verbs_are_those_of_the_one_table() -> None:
    assert verbs_table() in (REFERENCE / "verbs.md").read_text()


def test_every_setting_is_listed() -> None:
    listed = (REFERENCE / "settings.md").read_text()
    missing = [name for name in Settings.model_fields if f"`OUTWARD_{name.upper()}`" not in listed]
    assert missing == []


def test_the_events_are_those_that_the_code_tells() -> None:
    told = {kind for source in (ROOT / "app").rglob("*.py") for kind in EVENT.findall(source.read_text())}
    told |= {f"sla.{kind}" for kind in AlarmKind}
    listed = set(re.findall(r"`((?:ticket|sla|commitment|customer|error_budget|webhook)\.[a-z_]+)`", events_page()))
    assert listed == told


def events_page() -> str:
    return (REFERENCE / "events.md").read_text()
