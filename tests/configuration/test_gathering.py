"""What files say things should be, and what can be told to be wrong from the files alone."""

from textwrap import dedent

import pytest

from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration
from app.configuration.things import Kind, Name
from tests.configuration.files import EVERYTHING


def refusal(*texts: str) -> list[str]:
    files = [(f"{number}.yaml", dedent(text).encode()) for number, text in enumerate(texts, start=1)]
    with pytest.raises(BadConfiguration) as refused:
        gather(files)
    return [str(mistake) for mistake in refused.value.mistakes]


def test_every_entry_becomes_a_thing_with_its_defaults():
    things = {each.name: each.thing.fields for each in gather([("a.yaml", EVERYTHING.encode())])}
    assert len(things) == 8
    assert things[Name(Kind.SLA, ("FIN", "Anything else"))] == {
        "provider": "FIN",
        "name": "Anything else",
        "requester": None,
        "request_type": None,
        "priorities": None,
        "customer_tiers": None,
        "rank": 100,
        "calendar": "Office",
        "targets": [{"metric": "resolve", "within": "16h"}],
        "pause_on": [],
        "warn_at": [],
        "escalations": [],
        "active": True,
    }


def test_a_section_may_be_empty():
    assert gather([("a.yaml", b"slas:\ndepartments: []\n"), ("b.yaml", b"")]) == []


def test_touching_intervals_and_the_order_of_holidays_make_no_difference():
    one, other = (
        gather([("a.yaml", f"calendars: [{{name: A, timezone: UTC, hours: {hours}, holidays: {days}}}]".encode())])
        for hours, days in [
            ('{tue: [["12:00", "24:00"]], mon: [["09:00", "12:00"], ["12:00", "17:00"]]}', "[2026-12-26, 2026-12-25]"),
            ('{mon: [["09:00", "17:00"]], tue: [["12:00", "24:00"]]}', '["2026-12-25", 2026-12-26, 2026-12-25]'),
        ]
    )
    assert one[0].thing == other[0].thing


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "1.yaml:1:1: A file is a map with any of the fields calendars, "),
        ("slaz: []", "1.yaml:1:1: slaz: is not known here; a file has any of calendars, departments, "),
        ("slas: {name: x}", "1.yaml:1:7: slas: must be a list."),
        ("departments: [FIN]", "1.yaml:1:15: departments[0]: must be a map of fields."),
        ("departments: [{key: FIN}]", "1.yaml:1:15: departments[0].name: is missing."),
        ("departments: [{key: FIN, name: F, colour: red}]", "1.yaml:1:35: departments[0].colour: is not known here."),
        (
            "departments: [{key: FIN, name: F, parent_id: BOARD}]",
            "1.yaml:1:35: departments[0].parent_id: is not known here; `parent` names it instead.",
        ),
        (
            "departments: [{key: FIN, name: 12}]",
            "1.yaml:1:32: departments[0].name: must be a string. Put it in quotes.",
        ),
        ("departments: [{key: customer, name: C}]", "must not be one of the reserved keys"),
        ("departments: [{key: FIN, name: F, parent: [BOARD]}]", "parent: must name a department, as text."),
        ("departments: [{key: FIN, name: F, manager: 7}]", "manager: must name a member, as text."),
        ("calendars: [{name: A, timezone: UTC, hours: {}}]", "hours: a calendar that is never open is none"),
        (
            'calendars: [{name: A, timezone: UTC, hours: {mon: [["09:00", "08:00"]]}}]',
            "hours.mon[0]: an interval begins",
        ),
        (
            'calendars: [{name: A, timezone: UTC, hours: {mon: [["9:00", "18:00"]]}}]',
            "hours.mon[0][0]: a time is HH:MM",
        ),
        (
            'calendars: [{name: A, timezone: Mars, hours: {mon: [["09:00", "18:00"]]}}]',
            "timezone: 'Mars' is no time zone",
        ),
        (
            'calendars: [{name: A, timezone: UTC, hours: {mon: [["09:00", "18:00"]]}, holidays: [2026-02-30]}]',
            "holidays[0]: is no date that exists.",
        ),
        (
            "objectives: [{sla: A, name: A, metric: resolve, goal: 0.9}]",
            "1.yaml:1:14: objectives[0].provider: is missing.",
        ),
        ("objectives: [{provider: A, sla: ~, name: A, metric: resolve, goal: 0.9}]", "sla: is missing."),
        ("request_types: [{provider: , key: a, name: A, kind: task}]", "provider: is missing."),
        ("request_types: [{provider: A, key: a, name: , kind: task}]", "name: is missing."),
        (
            "objectives: [{provider: 1, sla: A, name: A, metric: resolve, goal: 0.9}]",
            "provider: must name a department",
        ),
        ("objectives: [{provider: A, sla: A, name: A, metric: resolve, goal: 1}]", "goal: must be less than 1."),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused_where_it_does(text: str, told: str):
    (mistake,) = refusal(text)
    assert told in mistake


SLA = "slas:\n  - {{provider: FIN, name: A, rank: 1, calendar: Office, targets: [{targets}]{more}}}\n"


@pytest.mark.parametrize(
    ("targets", "more", "told"),
    [
        ("{metric: resolve, within: 2d}", "", "targets[0].within: must be in hours, minutes and seconds"),
        ("{metric: resolve, within: 90}", "", "targets[0].within: must be a duration such as 4h"),
        ("{metric: resolve, within: 1h, seconds: 3600}", "", "targets[0].within: and `seconds` say the same"),
        ("{metric: resolve, within: 0h}", "", "targets[0].within: must be at least 1."),
        ("{metric: resolve}", "", "targets[0].within: is missing."),
        ("{metric: solve, within: 1h}", "", "targets[0].metric: must be 'acknowledge', 'update' or 'resolve'."),
        ("{metric: resolve, within: 1h, by_priority: {p1: soon}}", "", "targets[0].by_priority.p1: must be a duration"),
        ("{metric: resolve, within: 1h, by_priority: {p5: 1h}}", "", "targets[0].by_priority.p5: is not known here."),
        ("{metric: resolve, within: 1h}", ", warn_at: [1.5]", "warn_at[0]: must be less than 1."),
        (
            "{metric: resolve, within: 1h}",
            ", escalations: [{metric: resolve, at: 1, do: notify}]",
            "escalations[0]: must name either a member or a department.",
        ),
        (
            "{metric: resolve, within: 1h}",
            ", escalations: [{metric: resolve, at: 1, do: notify, department_id: X}]",
            "escalations[0].department_id: is not known here; `department` names it instead.",
        ),
    ],
)
def test_an_sla_that_breaks_a_rule_is_refused_where_it_does(targets: str, more: str, told: str):
    mistake = refusal(SLA.format(targets=targets, more=more))[0]
    assert mistake.startswith("1.yaml:2:")
    assert told in mistake


def test_every_mistake_of_every_file_is_told_at_once():
    told = refusal("departments: [{key: FIN}, {name: F}]\n", "slas: no\n", "\tx")
    assert [line.split(" ")[0] for line in told] == ["1.yaml:1:15:", "1.yaml:1:27:", "2.yaml:1:7:", "3.yaml:1:1:"]


def test_a_thing_that_is_stated_twice_is_refused_and_names_the_first_place():
    assert refusal("departments: [{key: FIN, name: F}]\n", "departments:\n  - {key: FIN, name: G}\n") == [
        "2.yaml:2:5: department FIN: is stated twice; the first time at 1.yaml:1:15."
    ]


def test_request_types_of_two_providers_may_have_the_same_key():
    entry = "{{provider: {}, key: access, name: Access, kind: access}}"
    text = f"request_types: [{entry.format('FIN')}, {entry.format('OPS')}]"
    assert len(gather([("a.yaml", text.encode())])) == 2
