"""What a scorecard measures: pure."""

from typing import get_args

import pytest

from app.scorecards.measures import (
    KINDS,
    LEAST_TICKETS,
    Decided,
    Delay,
    Done,
    Feedback,
    HandOffs,
    MeasureName,
    comparable,
    compared,
    measured,
)
from app.scorecards.wording import SECTIONS, WORDS
from app.service_levels.intervals import wilson


def with_tickets(tickets: int, met: int = 1, decided: int = 1) -> Done:
    return Done({"resolve": Decided(met, decided)}, HandOffs(tickets=tickets))


def test_every_measure_has_its_name_on_the_wire_and_its_words_and_stands_in_one_section() -> None:
    assert list(get_args(MeasureName)) == list(KINDS)
    assert list(WORDS) == list(KINDS)
    assert [name for _, names in SECTIONS for name in names] == list(KINDS)
    assert measured(Done()).keys() == KINDS.keys()


def test_attainment_is_of_all_clocks_together_and_of_each_metric() -> None:
    told = measured(Done({"acknowledge": Decided(9, 10), "resolve": Decided(1, 2)}))
    assert (told["attainment"].value, told["attainment"].count, told["attainment"].of) == (10 / 12, 10, 12)
    assert (told["attainment"].low, told["attainment"].high) == wilson(10, 12)
    assert told["attainment_resolve"].value == 0.5
    assert told["attainment_update"].value is None


def test_where_there_was_nothing_to_measure_nothing_is_said() -> None:
    told = measured(Done(delay=None))
    counted = {name for name, kind in KINDS.items() if kind.unit == "count"}
    assert {name for name, figure in told.items() if figure.value is not None} == counted
    assert {told[name].value for name in counted} == {0}


def test_hand_offs_are_told_for_each_ticket_and_the_time_to_accept_for_each_hand_off() -> None:
    told = measured(
        Done(
            hand_offs=HandOffs(10, transfers=3, returns=1, ping_pong=2, questions=4, asked_again=1, waiting_seconds=402)
        )
    )
    assert [told[name].value for name in ("transfers", "returns", "ping_pong", "questions", "asked_again")] == [
        0.3,
        0.1,
        0.2,
        0.4,
        0.25,
    ]
    assert (told["time_to_accept"].value, told["time_to_accept"].of) == (100, 4)


def test_what_customers_felt_is_told_beside_what_was_delayed() -> None:
    told = measured(
        Done(
            delay=Delay(100, 25, 75, 0.25),
            feedback=Feedback(4, 3.5, 2.5, 4.5, satisfied=2, low_marks=1, low_marks_felt=1),
        )
    )
    assert [told[name].value for name in ("delay", "outward", "absorbed", "transmission")] == [100, 25, 75, 0.25]
    assert (told["feedback"].value, told["feedback"].of, told["feedback"].low) == (3.5, 4, 2.5)
    assert [told[name].value for name in ("csat", "low_marks", "low_marks_felt")] == [0.5, 0.25, 1]


def test_a_measure_stands_beside_that_of_before_and_the_median_of_all_that_have_it() -> None:
    now, before = with_tickets(1, 8, 10), with_tickets(1, 6, 10)
    told = compared(now, before, [now, with_tickets(1, 2, 10), with_tickets(1, 4, 10), Done()])["attainment"]
    assert (told.previous, told.median, told.over) == (0.6, 0.4, 3)
    assert told.change == pytest.approx(0.2)


def test_without_a_period_before_and_without_others_there_is_no_change_and_no_median() -> None:
    told = compared(with_tickets(1), None, [])["attainment"]
    assert (told.previous, told.change, told.median, told.over) == (None, None, None, 0)


def test_persons_with_too_few_tickets_are_compared_with_nobody() -> None:
    enough = [with_tickets(LEAST_TICKETS + more) for more in range(3)]
    assert comparable([*enough, with_tickets(LEAST_TICKETS - 1)]) == enough


def test_a_median_over_two_persons_would_tell_of_each() -> None:
    assert comparable([with_tickets(LEAST_TICKETS), with_tickets(LEAST_TICKETS + 1)]) == []
