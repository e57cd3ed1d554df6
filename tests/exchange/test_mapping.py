"""Mappings: what they may say, and that every mistake is named with its table and key."""

from pathlib import Path

import pytest

from app.exchange.mapping import MappingError, Meaning, Word, read_mapping
from app.tickets.life.verbs import Party, Priority
from tests.exchange.logs import MAPPING, a_mapping

DATA = Path(__file__).parents[1] / "data"
COMMITMENT = '[commitment]\nowner = "Business"\n'
SLA = """
[[sla]]
name = "Quick"
provider = "*"
rank = 10
calendar = "Office"
targets = [{metric = "resolve", seconds = 28800, by_priority = {p1 = 3600}}]
"""


@pytest.mark.parametrize("name", ["helpdesk", "receipt", "bpic2013_closed_problems"])
def test_the_mappings_of_the_published_logs_are_read(name: str) -> None:
    mapping = read_mapping((DATA / f"{name}.toml").read_bytes())
    assert mapping.log.source == name
    assert mapping.commitment is not None


def test_a_mapping_says_where_things_are_and_what_they_mean() -> None:
    mapping = a_mapping(COMMITMENT + "due_after_seconds = 60\n", activity='activity = ["a", "b"]')
    assert mapping.log.activity == ("a", "b")
    assert mapping.priority == {"Major": Priority.P1}
    assert mapping.activity["wait customer"] == Meaning(Word.WAIT, Party.CUSTOMER)
    assert mapping.activity["look"] == Meaning(Word.NONE)
    assert str(mapping.defaults.timezone) == "Europe/Paris"


def test_only_what_the_contract_calls_optional_may_be_left_out() -> None:
    lines = [
        line for line in MAPPING.splitlines() if line.split(" ")[0] not in ("source", "member", "customer", "priority")
    ]
    short = "\n".join(lines).replace('title = "title"', "").replace('timezone = "Europe/Paris"', "")
    mapping = read_mapping(short.replace("[defaults]", '[defaults]\ncustomer = "Unknown"'))
    assert (mapping.log.source, mapping.log.member, mapping.log.title) == (None, None, None)
    assert str(mapping.defaults.timezone) == "UTC"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('case = "case"', "", "[log].case: is missing."),
        ('case = "case"', "case = 7", "[log].case: must be a text."),
        ('case = "case"', 'case = " "', "[log].case: must not be blank."),
        ('case = "case"', 'case = "case"\ncase_id = "x"', "[log].case_id: this key is unknown"),
        ('activity = "activity"', "activity = []", "[log].activity: must name at least one."),
        ('activity = "activity"', 'activity = ["a", 1]', "[log].activity: must be a list of texts"),
        ('department = "department"', "", "[log].department: is missing."),
        ("[defaults]", "[default]", "[defaults]: this table is missing."),
        ('requester = "Business"', "", "[defaults].requester: is missing."),
        ("Europe/Paris", "Mars/Base", "[defaults].timezone: 'Mars/Base' is no time zone"),
        ("Europe/Paris", "../etc", "[defaults].timezone: '../etc' is no time zone"),
        ('Major = "p1"', 'Major = "urgent"', "[priority].Major: 'urgent' is none of p1, p2, p3, p4."),
        ('"start" = "start"', '"start" = "begin"', "[activity].start: 'begin' is no verb"),
        ('"start" = "start"', '"start" = "start now"', "[activity].start: 'start now': only 'wait' takes a party."),
        ('"start" = "start"', '"start" = "wait"', "[activity].start: 'wait' must be 'wait' and one of"),
        ('"start" = "start"', '"start" = "wait dependency"', "[activity].start: 'wait dependency' must be"),
        ('"start" = "start"', '"start" = "reopen"', "[activity].start: 'reopen' is no verb"),
        ('"start" = "start"', '"start" = true', "[activity].start: must be a text."),
        ("[log]", "[log", "The mapping is no TOML document"),
        ("[log]", "[extra]\nx = 1\n[log]", "[extra]: this key is unknown"),
    ],
)
def test_a_mistake_names_its_table_and_key(old: str, new: str, message: str) -> None:
    with pytest.raises(MappingError) as refused:
        read_mapping(MAPPING.replace(old, new, 1))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (COMMITMENT, "[commitment].due: state either"),
        (COMMITMENT + 'due = "d"\ndue_after_seconds = 1\n', "[commitment].due: state either"),
        ("[commitment]\ndue_after_seconds = 1\n", "[commitment].owner: is missing."),
        (COMMITMENT + "due_after_seconds = 0\n", "[commitment].due_after_seconds: must be a whole number from 1"),
        (COMMITMENT + "due_after_seconds = 1.5\n", "[commitment].due_after_seconds: must be a whole number."),
        (COMMITMENT + "due_after_seconds = true\n", "[commitment].due_after_seconds: must be a whole number."),
        (COMMITMENT + 'due = "d"\nvalue = "v"\n', "[commitment].value: this key is unknown"),
    ],
)
def test_a_mistake_about_commitments_names_its_key(table: str, message: str) -> None:
    with pytest.raises(MappingError) as refused:
        a_mapping(table)
    assert str(refused.value).startswith(message)


def test_a_mapping_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MappingError, match="no TOML document"):
        read_mapping(MAPPING.encode() + b"# \xff")


def test_an_sla_is_as_the_api_takes_it_with_names_in_place_of_ids() -> None:
    (sla,) = a_mapping(SLA + 'pause_on = ["customer"]\nwarn_at = [0.5]\npriorities = ["p1"]\n').slas
    assert (sla["name"], sla["provider"], sla["calendar"], sla["rank"]) == ("Quick", "*", "Office", 10)
    assert sla["targets"] == ({"metric": "resolve", "seconds": 28800, "by_priority": {"p1": 3600}},)
    assert (sla["pause_on"], sla["warn_at"], sla["priorities"]) == (("customer",), (0.5,), ("p1",))
    assert (sla["requester"], sla["request_type"], sla["customer_tiers"]) == (None, None, None)


def test_an_sla_may_use_the_names_of_the_api() -> None:
    api = SLA.replace("provider", "provider_department_id").replace("calendar", "calendar_id")
    (sla,) = a_mapping(api + 'requester_department_id = "Sales"\nrequest_type_id = "credit"\n').slas
    assert (sla["provider"], sla["requester"], sla["request_type"]) == ("*", "Sales", "credit")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('provider = "*"', "", "[sla] 1.provider: is missing."),
        ('provider = "*"', 'provider = "*"\nprovider_department = "x"', "[sla] 1.provider_department: says the same"),
        ("rank = 10", "", "[sla] 1.rank: is missing."),
        ("rank = 10", "rank = -1", "[sla] 1.rank: must be a whole number from 0"),
        ("rank = 10", 'rank = 10\ncolour = "red"', "[sla] 1.colour: this key is unknown"),
        ("rank = 10", "rank = 10\nwarn_at = [1.5]", "[sla] 1.warn_at: must be a list of fractions"),
        ("rank = 10", 'rank = 10\npause_on = ["dependency"]', "[sla] 1.pause_on: 'dependency' is none of"),
        ("rank = 10", 'rank = 10\npriorities = ["p9"]', "[sla] 1.priorities: 'p9' is none of"),
        ('metric = "resolve"', 'metric = "mend"', "[sla] 1.targets 1.metric: 'mend' is none of"),
        ("seconds = 28800", "seconds = 0", "[sla] 1.targets 1.seconds: must be a whole number from 1"),
        ("p1 = 3600", "p9 = 3600", "[sla] 1.targets 1.by_priority.p9: is none of"),
        ("targets = [{", "targets = [{metric = 'resolve', seconds = 1}, {", "[sla] 1.targets: must state each metric"),
    ],
)
def test_a_mistake_in_an_sla_names_its_key(old: str, new: str, message: str) -> None:
    with pytest.raises(MappingError) as refused:
        a_mapping(SLA.replace(old, new, 1))
    assert str(refused.value).startswith(message)


def test_an_sla_needs_a_target() -> None:
    with pytest.raises(MappingError, match="at least one target"):
        a_mapping(SLA.replace('{metric = "resolve", seconds = 28800, by_priority = {p1 = 3600}}', ""))
