"""What holds of every case, whatever its events."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.exchange.interpret import interpret
from app.exchange.rows import Row
from app.tickets.life.lifecycle import replay
from app.tickets.life.verbs import Verb
from tests.exchange.logs import NOW, a_mapping, a_row

MAPPING = a_mapping()
ACTIVITIES = st.sampled_from([*MAPPING.activity, "unheard of"])
DEPARTMENTS = st.sampled_from([None, "Desk", "Back office", "Lab"])
MEMBERS = st.sampled_from([None, "Ada", "Bo"])
EVENTS = st.lists(st.tuples(st.integers(0, 5), ACTIVITIES, DEPARTMENTS, MEMBERS), min_size=1, max_size=20)


def rows_of(events: list[tuple[int, str, str | None, str | None]]) -> list[Row]:
    return [
        a_row(minute, activity, department, member=member, place=place)
        for place, (minute, activity, department, member) in enumerate(events)
    ]


@given(EVENTS)
def test_every_log_is_a_possible_life_and_the_counts_are_those_of_the_life(
    events: list[tuple[int, str, str | None, str | None]],
) -> None:
    case = interpret(rows_of(events), MAPPING, NOW)
    actions = [step.action for step in case.steps if step.action is not None]
    assert replay(case.opening, actions) == case.life
    assert case.transfers == case.life.hop_count == sum(action.verb is Verb.TRANSFER for action in actions)
    assert case.reopens == case.life.reopen_count
    assert case.waits == len(case.life.waits)
    assert {row.place for row in case.rows} == {case.rows[0].place} | {step.row.place for step in case.steps}


@given(EVENTS, st.integers(1, 20))
def test_the_first_events_of_a_case_lead_to_the_state_the_whole_case_had_after_them(
    events: list[tuple[int, str, str | None, str | None]], length: int
) -> None:
    in_order = sorted(rows_of(events), key=lambda row: row.at)
    whole, first = interpret(in_order, MAPPING, NOW), interpret(in_order[:length], MAPPING, NOW)
    assert first.steps == whole.steps[: len(first.steps)]


@given(EVENTS, st.randoms())
def test_the_order_of_the_file_matters_only_between_events_of_one_instant(
    events: list[tuple[int, str, str | None, str | None]], chance: Random
) -> None:
    rows = rows_of([(index, *event[1:]) for index, event in enumerate(events)])
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert interpret(shuffled, MAPPING, NOW) == interpret(rows, MAPPING, NOW)
