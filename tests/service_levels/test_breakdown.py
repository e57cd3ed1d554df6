"""Who used the time of a ticket's clocks: known answers, and what holds for every possible history."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.directory.calendar import elapsed
from app.service_levels.breakdown import Assignment, Breakdown, Holder, LegUse, Waited, breakdown
from app.service_levels.clock import Scope, State
from app.service_levels.ticket_clocks import clocks_at
from app.tickets.life.lifecycle import Verb, open_ticket
from tests.service_levels.test_clock_history import ALWAYS, HOUR, Story, agreed, at
from tests.service_levels.test_clock_history import opened as a_ticket
from tests.service_levels.test_clock_properties import SETTINGS, START, History, histories, later


def of_ticket(story: Story, as_of: str, *assignments: Assignment[str]) -> Breakdown[str]:
    """The breakdown of the ticket's clock of scope ticket."""
    broken_down = breakdown(story.opening, story.steps, at(as_of), assignments)
    (found,) = [each for each in broken_down if each.clock.scope is Scope.TICKET]
    return found


def in_hours(found: Breakdown[str]) -> dict[str, float]:
    return {leg.department_id: leg.elapsed_seconds / HOUR for leg in found.legs}


def passed_on(*, at_: str = "Mon 15:00") -> Story:
    """Six hours with Finance, then with Operations."""
    return a_ticket(agreed(resolve=8)).then("transfer", at_, department_id="OPS", agreement=agreed("OPS", resolve=8))


class TestLegs:
    def test_each_leg_is_charged_the_business_time_it_had_the_ticket(self) -> None:
        found = of_ticket(passed_on().then("resolve", "Tue 12:00"), "Tue 13:00")
        assert in_hours(found) == {"FIN": 6, "OPS": 5}
        assert [leg.share_of_target for leg in found.legs] == [0.75, 0.625]

    def test_the_overrun_is_told_by_who_had_it_then_and_by_who_used_the_time(self) -> None:
        found = of_ticket(passed_on().then("resolve", "Tue 12:00"), "Tue 13:00")
        assert [leg.beyond_target_seconds for leg in found.legs] == [0, 3 * HOUR]
        assert [leg.overrun_seconds for leg in found.legs] == [5891, 4909]

    def test_a_leg_that_had_it_outside_business_hours_used_nothing(self) -> None:
        story = passed_on(at_="Mon 17:30").then("transfer", "Mon 20:00", department_id="LEGAL")
        assert in_hours(of_ticket(story, "Tue 10:00")) == {"FIN": 8, "OPS": 0, "LEGAL": 1}

    def test_a_clock_of_a_leg_is_used_by_that_leg_alone(self) -> None:
        story = passed_on().then("transfer", "Tue 10:00", department_id="FIN", agreement=agreed(resolve=8))
        of_legs = [each for each in breakdown(story.opening, story.steps, at("Tue 12:00")) if each.clock.leg > 1]
        assert [(each.clock.leg, in_hours(each)) for each in of_legs] == [(2, {"OPS": 3}), (3, {"FIN": 2})]

    def test_the_time_between_resolution_and_reopening_is_charged_to_nobody(self) -> None:
        story = passed_on().then("resolve", "Mon 16:00").then("reopen", "Tue 09:00", agreement=agreed(resolve=8))
        assert in_hours(of_ticket(story, "Tue 10:00")) == {"FIN": 6, "OPS": 2}

    def test_a_department_that_had_it_twice_has_two_legs(self) -> None:
        story = passed_on().then("return", "Mon 16:00", department_id="FIN", agreement=agreed(resolve=8))
        found = of_ticket(story, "Mon 17:00")
        assert [(leg.leg, leg.department_id, leg.elapsed_seconds) for leg in found.legs] == [
            (1, "FIN", 6 * HOUR),
            (2, "OPS", HOUR),
            (3, "FIN", HOUR),
        ]

    def test_before_the_opening_nothing_is_broken_down(self) -> None:
        assert breakdown(passed_on().opening, passed_on().steps, at("Mon 08:59")) == ()

    def test_at_the_opening_the_first_leg_has_used_nothing_yet(self) -> None:
        assert of_ticket(passed_on(), "Mon 09:00").legs == (LegUse(1, "FIN", 0, 0.0, 0, 0),)


class TestWaits:
    def test_a_pause_is_told_around_the_clock_and_in_business_time(self) -> None:
        story = a_ticket(agreed(resolve=8)).then("wait", "Mon 16:00", on="customer").then("resume", "Tue 10:00")
        found = of_ticket(story, "Tue 11:00")
        assert found.waits == (Waited("customer", True, 18 * HOUR, 2 * HOUR),)
        assert in_hours(found) == {"FIN": 8}

    def test_a_party_that_pauses_nothing_is_told_with_the_clock_running(self) -> None:
        story = a_ticket(agreed(resolve=8, pause_on=("customer",)))
        story = story.then("wait", "Mon 10:00", on="third_party").then("wait", "Mon 12:00", on="customer")
        assert of_ticket(story, "Mon 13:00").waits == (
            Waited("customer", True, HOUR, HOUR),
            Waited("third_party", False, 2 * HOUR, 2 * HOUR),
        )

    def test_waits_on_one_party_are_added_up(self) -> None:
        story = a_ticket(agreed(resolve=8, hours=ALWAYS))
        for begin, end in (("Mon 10:00", "Mon 11:00"), ("Tue 10:00", "Tue 12:00")):
            story = story.then("wait", begin, on="requester").then("resume", end)
        assert of_ticket(story, "Wed 09:00").waits == (Waited("requester", True, 3 * HOUR, 3 * HOUR),)

    def test_a_party_that_pauses_only_since_another_agreement_is_told_twice(self) -> None:
        story = a_ticket(agreed(resolve=8, pause_on=())).then("wait", "Mon 10:00", on="customer")
        story = story.then("prioritise", "Mon 11:00", priority="p1", agreement=agreed(resolve=8, version=2))
        assert of_ticket(story, "Mon 14:00").waits == (
            Waited("customer", False, HOUR, HOUR),
            Waited("customer", True, 3 * HOUR, 3 * HOUR),
        )

    def test_a_wait_belongs_to_the_clocks_that_lived_meanwhile(self) -> None:
        story = passed_on().then("wait", "Mon 16:00", on="customer").then("resume", "Mon 17:00")
        waited = {
            (each.clock.metric, each.clock.leg): [wait.wait_seconds for wait in each.waits]
            for each in breakdown(story.opening, story.steps, at("Tue 09:00"))
        }
        assert waited == {("resolve", 1): [HOUR], ("resolve", 2): [HOUR]}


class TestTheHolderAtTheBreach:
    def test_it_is_the_department_that_has_the_ticket_then(self) -> None:
        assert of_ticket(passed_on(), "Tue 12:00").held_at_breach == Holder("OPS", 2, None)
        late = passed_on(at_="Tue 09:30")
        assert of_ticket(late, "Tue 12:00").held_at_breach == Holder("FIN", 1, None)

    def test_a_hand_off_at_the_due_time_comes_before_the_breach(self) -> None:
        assert of_ticket(passed_on(at_="Mon 17:00"), "Tue 12:00").held_at_breach == Holder("OPS", 2, None)

    def test_later_hand_offs_change_nothing(self) -> None:
        story = passed_on().then("transfer", "Tue 10:00", department_id="LEGAL")
        found = of_ticket(story.then("resolve", "Tue 11:00"), "Wed 12:00")
        assert found.held_at_breach == Holder("OPS", 2, None)

    def test_the_member_is_the_one_it_was_assigned_to_then(self) -> None:
        assigned = (
            Assignment(at("Mon 09:00"), "ann"),
            Assignment(at("Mon 15:00"), None),
            Assignment(at("Mon 16:00"), "bob"),
            Assignment(at("Tue 09:01"), "cleo"),
        )
        assert of_ticket(passed_on(), "Tue 12:00", *assigned).held_at_breach == Holder("OPS", 2, "bob")

    def test_there_is_none_while_nothing_is_breached(self) -> None:
        assert of_ticket(passed_on(), "Mon 17:00").held_at_breach is None

    def test_a_breach_by_another_target_is_held_by_whoever_has_it_at_the_change(self) -> None:
        story = passed_on().then(
            "prioritise", "Mon 16:00", priority="p1", agreement=None, ticket_agreement=agreed(resolve=4, version=2)
        )
        found = of_ticket(story, "Mon 16:00")
        assert (found.clock.due_at, found.clock.breached_at) == (at("Mon 13:00"), at("Mon 16:00"))
        assert found.held_at_breach == Holder("OPS", 2, None)

    def test_a_clock_of_a_leg_is_held_by_its_own_department(self) -> None:
        story = passed_on().then("transfer", "Wed 10:00", department_id="LEGAL")
        of_leg = [each for each in breakdown(story.opening, story.steps, at("Wed 12:00")) if each.clock.leg == 2]
        assert [each.held_at_breach for each in of_leg] == [Holder("OPS", 2, None)]


@SETTINGS
@given(histories(), st.integers(-1000, 1_500_000))
def test_the_clocks_are_those_of_the_history_at_any_instant(history: History, seconds: int) -> None:
    as_of = later(seconds)
    found = breakdown(history.opening, history.steps, as_of)
    assert tuple(each.clock for each in found) == clocks_at(history.opening, history.steps, as_of)


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_legs_sum_to_what_elapsed_and_to_what_is_beyond_the_target(history: History, seconds: int) -> None:
    for each in breakdown(history.opening, history.steps, later(seconds)):
        beyond = max(0, each.clock.elapsed_seconds - each.clock.target_seconds)
        assert sum(leg.elapsed_seconds for leg in each.legs) == each.clock.elapsed_seconds
        assert sum(leg.beyond_target_seconds for leg in each.legs) == beyond
        assert sum(leg.overrun_seconds for leg in each.legs) == beyond
        for leg in each.legs:
            assert 0 <= leg.beyond_target_seconds <= leg.elapsed_seconds
            assert 0 <= leg.overrun_seconds <= leg.elapsed_seconds
        assert [leg.leg for leg in each.legs] == sorted({leg.leg for leg in each.legs})
        if each.clock.scope is Scope.LEG:
            assert [(leg.leg, leg.department_id) for leg in each.legs] == [(each.clock.leg, each.clock.department_id)]


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_a_leg_used_what_elapsed_from_its_beginning_to_its_end(history: History, seconds: int) -> None:
    as_of = later(seconds)
    lives = [open_ticket("A", START), *history.lives]
    legs = {leg.number: leg for leg in lives[-1].legs}
    for each in breakdown(history.opening, history.steps, as_of):
        for used in each.legs:
            leg = legs[used.leg]
            ends = (leg.started_at, min(as_of, leg.ended_at or as_of))
            elapsed_at = [
                sum(
                    clock.elapsed_seconds
                    for clock in clocks_at(history.opening, history.steps, end)
                    if clock.number == each.clock.number
                )
                for end in ends
            ]
            assert used.elapsed_seconds == elapsed_at[1] - elapsed_at[0]
            assert used.department_id == leg.department_id


@SETTINGS
@given(histories(tuple(verb for verb in Verb if verb not in {Verb.PRIORITISE, Verb.REOPEN})), st.integers(0, 900_000))
def test_what_elapsed_and_what_it_stood_still_are_all_its_business_time(history: History, seconds: int) -> None:
    as_of, agreement = later(seconds), history.opening.agreement
    for each in breakdown(history.opening, history.steps, as_of):
        if each.clock.scope is Scope.TICKET:
            assert agreement is not None
            stood_still = sum(wait.business_seconds for wait in each.waits if wait.clock_stood_still)
            lived = elapsed(agreement.calendar, START, each.clock.stopped_at or as_of)
            assert each.clock.elapsed_seconds + stood_still == lived


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_waits_last_as_long_as_the_ticket_waited_while_its_clock_lived(history: History, seconds: int) -> None:
    as_of = later(seconds)
    life = ([open_ticket("A", START)] + [life for life in history.lives if life.last_at <= as_of])[-1]
    for each in breakdown(history.opening, history.steps, as_of):
        assert {wait.party for wait in each.waits} <= {str(wait.on) for wait in life.waits}
        for wait in each.waits:
            assert 0 <= wait.business_seconds <= wait.wait_seconds
            assert wait.wait_seconds > 0
        if each.clock.scope is Scope.TICKET and each.clock.started_at == START and each.clock.stopped_at is None:
            waited = sum(((wait.ended_at or as_of) - wait.started_at for wait in life.waits), timedelta())
            assert sum(wait.wait_seconds for wait in each.waits) == waited.total_seconds()


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_whoever_held_a_breached_clock_had_a_leg_that_lasted_beyond_it(history: History, seconds: int) -> None:
    legs = {leg.number: leg for leg in (history.lives[-1] if history.lives else open_ticket("A", START)).legs}
    for each in breakdown(history.opening, history.steps, later(seconds)):
        assert (each.held_at_breach is not None) == (each.clock.state is State.BREACHED)
        if each.held_at_breach is not None and each.clock.breached_at is not None:
            leg = legs[each.held_at_breach.leg]
            assert leg.department_id == each.held_at_breach.department_id
            assert leg.started_at <= each.clock.breached_at
            if each.clock.scope is Scope.TICKET:
                assert leg.ended_at is None or leg.ended_at > each.clock.breached_at
