"""What would have to change, told from what is stated and what is there."""

import pytest

from app.configuration.places import BadConfiguration
from app.configuration.planning import Plan
from tests.configuration.files import planned

TREE = """
    departments:
      - {key: C, name: C, parent: B}
      - {key: B, name: B, parent: A}
      - {key: A, name: A}
"""


def names(plan: Plan) -> list[str]:
    return [f"{change.action} {change.name}" for change in plan.changes]


def refusal(text: str, before: str = "") -> list[str]:
    with pytest.raises(BadConfiguration) as refused:
        planned(text, before)
    return [str(mistake) for mistake in refused.value.mistakes]


def test_what_contains_others_comes_before_them():
    assert names(planned(TREE)) == ["create department A", "create department B", "create department C"]


def test_a_tree_is_turned_over_from_its_new_root_down():
    turned = "departments: [{key: A, name: A, parent: B}, {key: B, name: B, parent: C}, {key: C, name: C}]"
    assert names(planned(turned, TREE)) == ["change department C", "change department B", "change department A"]


def test_a_long_circle_is_told_of_everything_on_it_but_not_of_what_is_beneath():
    text = TREE.replace("{key: A, name: A}", "{key: A, name: A, parent: C}\n      - {key: D, name: D, parent: A}")
    told = refusal(text)
    assert [line.split(" ")[0] for line in told] == ["a.yaml:3:31:", "a.yaml:4:31:", "a.yaml:5:31:"]


def test_what_is_as_stated_is_counted():
    assert (planned(TREE, TREE).changes, planned(TREE, TREE).unchanged) == ((), 3)


def test_a_thing_that_is_made_tells_the_fields_that_are_not_empty():
    (change, *_) = planned(TREE).changes
    assert [(each.field, each.old, each.new) for each in change.differences] == [
        ("key", None, "A"),
        ("name", None, "A"),
    ]


def test_every_reference_to_nothing_is_told():
    text = """
        departments:
          - {key: A, name: A, parent: B, calendar: Office, manager: ada@example.com}
        request_types:
          - {provider: X, key: k, name: K, kind: task}
        slas:
          - provider: A
            name: S
            rank: 1
            calendar: Works
            request_type: k
            targets: [{metric: resolve, within: 1h}]
            escalations: [{metric: resolve, at: 1, do: reassign, member: bob@example.com}]
    """
    assert [line.split(": ", 2)[2] for line in refusal(text)] == [
        "parent: there is no department B, neither in the files nor in the database.",
        "calendar: there is no calendar Office, neither in the files nor in the database.",
        "manager: there is no member with the address ada@example.com.",
        "provider: there is no department X, neither in the files nor in the database.",
        "calendar: there is no calendar Works, neither in the files nor in the database.",
        "request_type: there is no request type A / k, neither in the files nor in the database.",
        "escalations[0].member: there is no member with the address bob@example.com.",
    ]


def test_a_file_that_names_what_only_the_database_has_is_planned():
    text = "request_types: [{provider: B, key: k, name: K, kind: task}]"
    assert names(planned(text, TREE)) == ["create request type B / k"]


def test_where_there_are_no_members_yet_they_are_noted_and_left_out():
    text = "departments: [{key: A, name: A, manager: Ada@Example.com}]"
    plan = planned(text, any_members=False)
    assert [str(note.place) for note in plan.notes] == ["a.yaml:1:42"]
    assert plan.changes[0].wanted.thing.fields["manager"] is None
    known = planned(text, members=["ada@example.com"])
    assert known.notes == ()
    assert known.changes[0].wanted.thing.fields["manager"] == "ada@example.com"


SLAS = """
    departments: [{key: A, name: A}, {key: B, name: B}]
    calendars: [{name: O, timezone: UTC, hours: {mon: [["09:00", "17:00"]]}}]
    slas:
      - {provider: A, name: One, rank: 5, calendar: O, targets: [{metric: resolve, within: 1h}], FIRST}
      - {provider: A, name: Two, rank: 5, calendar: O, targets: [{metric: resolve, within: 1h}], SECOND}
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("priorities: [p1]", "priorities: [p2, p3]"),
        ("customer_tiers: [gold]", "customer_tiers: [silver]"),
        ("requester: A", "requester: B"),
        ("active: false", "active: true"),
    ],
)
def test_slas_whose_conditions_exclude_each_other_may_have_the_same_rank(first: str, second: str):
    assert len(planned(SLAS.replace("FIRST", first).replace("SECOND", second)).changes) == 5


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("priorities: [p1]", "priorities: [p2, p1]"),
        ("requester: A", "customer_tiers: [gold]"),
        ("active: true", "active: true"),
    ],
)
def test_slas_that_could_match_the_same_ticket_may_not(first: str, second: str):
    (told,) = refusal(SLAS.replace("FIRST", first).replace("SECOND", second))
    assert told.startswith("a.yaml:5:36: SLA A / One: rank: the SLA A / Two (a.yaml:6:5) has the rank 5, too")
