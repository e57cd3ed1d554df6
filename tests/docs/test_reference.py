"""What the reference lists is what the code has."""

from pathlib import Path

from app.settings import Settings
from app.tickets.verbs import RULES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


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
