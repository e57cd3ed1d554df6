"""What the reference lists is what the code has."""

import json
import re
from pathlib import Path

from app.main import EVENT_TYPES
from app.settings import Settings
from app.tickets.life.verbs import RULES

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


def test_the_events_are_those_of_the_catalogue() -> None:
    listed = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", events_page(), re.MULTILINE)
    assert sorted(listed) == sorted(kind.name for kind in EVENT_TYPES)


def test_what_is_announced_is_named_and_told_nowhere() -> None:
    told = {kind for source in (ROOT / "app").rglob("[!e]*.py") for kind in EVENT.findall(source.read_text())}
    assert told & EVENT_TYPES.announced == set()
    assert all(f"`{kind}`" in events_page() for kind in EVENT_TYPES.announced)


def test_the_example_of_an_event_is_that_of_the_catalogue() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", events_page(), re.DOTALL)
    body = json.loads(shown)
    example = EVENT_TYPES[body["type"]].example_document()
    assert body["data"].keys() == example.keys()
    for name, stated in body["data"].items():
        assert {field: value for field, value in stated.items() if field != "…"}.items() <= example[name].items(), name


def events_page() -> str:
    return (REFERENCE / "events.md").read_text()
