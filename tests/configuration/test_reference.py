"""What the reference lists is what files can state."""

from pathlib import Path

from app.configuration.entries import DRAFTS, NAMING
from app.configuration.things import KEYS, SECTIONS, Kind

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"


def fields(kind: Kind) -> list[str]:
    stated = {api: name for name, (api, _) in NAMING[kind].items()}
    named = [stated.get(name, name) for name in DRAFTS[kind].model_fields]
    return list(dict.fromkeys((*KEYS[kind], *named)))


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """The table of sections: what entries are told apart by, and their fields."""
    found = {}
    for line in REFERENCE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].strip("`") in SECTIONS:
            section, keys, listed = (cell.replace("`", "") for cell in cells)
            found[section] = (keys.split(", "), listed.split(", "))
    return found


def test_every_section_is_listed_with_its_keys_and_its_fields():
    assert set(rows()) == set(SECTIONS)
    for section, kind in SECTIONS.items():
        keys, listed = rows()[section]
        assert keys == list(KEYS[kind])
        assert sorted(listed) == sorted(fields(kind))
