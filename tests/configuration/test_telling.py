"""A plan and mistakes, for people and for machines."""

from typing import Any

import pytest

from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration, Mistake, Place
from app.configuration.telling import mistakes_document, plan_document, plan_told
from tests.configuration.files import planned

CALENDAR = """
    calendars:
      - name: Office
        timezone: UTC
        hours: {mon: [["09:00", "17:00"]], tue: [["09:00", "17:00"]]}
        holidays: [2026-12-24, 2026-12-25, 2026-12-26, 2026-12-31, 2027-01-01]
"""
SLA = """
    departments:
      - {key: FIN, name: Finance}
    slas:
      - provider: FIN
        name: All
        rank: 10
        calendar: Office
        targets: [{metric: acknowledge, within: 4h}, {metric: resolve, within: 12h, by_priority: {p1: 6h}}]
"""


def test_what_is_made_is_a_line_and_the_counts_come_last():
    assert plan_told(planned(CALENDAR + SLA)).splitlines() == [
        "+ calendar Office",
        "+ department FIN",
        "+ SLA FIN / All",
        "3 to create, 0 to change, 0 unchanged.",
    ]


def test_a_change_tells_the_old_and_the_new_as_deep_within_as_it_lies():
    changed = SLA.replace("4h", "2h").replace("p1: 6h", "p2: 6h").replace("rank: 10", "rank: 5")
    assert plan_told(planned(CALENDAR + changed, CALENDAR + SLA)).splitlines() == [
        "~ SLA FIN / All",
        "    rank: 10 → 5",
        "    targets[0].within: 4h → 2h",
        "    targets[1].by_priority.p1: 6h → none",
        "    targets[1].by_priority.p2: none → 6h",
        "0 to create, 1 to change, 2 unchanged.",
    ]


def test_of_a_long_list_what_was_added_and_removed_is_told():
    changed = CALENDAR.replace("2026-12-31", "2026-12-30").replace('tue: [["09:00"', 'wed: [["10:00"')
    assert plan_told(planned(changed, CALENDAR)).splitlines()[1:-1] == [
        "    hours.tue: [[09:00, 17:00]] → none",
        "    hours.wed: none → [[10:00, 17:00]]",
        "    holidays: added [2026-12-30]; removed [2026-12-31]",
    ]


def test_for_machines_a_change_has_its_kind_its_key_its_place_and_its_fields_whole():
    document = plan_document(planned(CALENDAR.replace("UTC", "Europe/Paris"), CALENDAR), dry_run=True)
    assert document == {
        "dry_run": True,
        "applied": False,
        "created": 0,
        "changed": 1,
        "unchanged": 0,
        "changes": [
            {
                "action": "change",
                "kind": "calendar",
                "key": ["Office"],
                "file": "a.yaml",
                "line": 3,
                "column": 5,
                "fields": {"timezone": {"old": "UTC", "new": "Europe/Paris"}},
            }
        ],
        "notes": [],
    }


def test_for_machines_a_mistake_has_its_file_line_and_column():
    document: dict[str, Any] = mistakes_document([Mistake(Place("a.yaml", 3, 5), "is missing.")], dry_run=False)
    assert document == {
        "dry_run": False,
        "applied": False,
        "errors": [{"file": "a.yaml", "line": 3, "column": 5, "detail": "is missing."}],
    }


def test_of_very_many_mistakes_the_first_are_told():
    text = "departments:\n" + "  - {key: A}\n" * 30
    with pytest.raises(BadConfiguration) as refused:
        gather([("a.yaml", text.encode())])
    told = str(refused.value).splitlines()
    assert len(told) == 21
    assert told[0] == "a.yaml:2:5: departments[0].name: is missing."
    assert told[-1] == "And 10 more."
    assert len(refused.value.mistakes) == 30
