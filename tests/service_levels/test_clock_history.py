"""What each step of a ticket's history does to its clocks, sentence by sentence of the definition."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.service_levels.clock import Agreement, Clock, Metric, Scope, State, Target
from app.service_levels.ticket_clocks import Opening, Step, clocks_at, deciding_clock, replay

ACKNOWLEDGE, UPDATE, RESOLVE = Metric.ACKNOWLEDGE, Metric.UPDATE, Metric.RESOLVE
HOUR = 3600
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_PARTIES = ("requester", "customer", "third_party")
PROVIDER_COMMENT = {"by_provider": True, "visible_to_requester": True}


def at(text: str) -> datetime:
    """`Tue 09:30` of the week from 2 March 2026, `Tue2 09:30` of the next, in UTC."""
    day, time = text.split()
    week = int(day[3:] or 1) - 1
    monday = datetime.fromisoformat(f"2026-03-02T{time}+00:00")
    return monday + timedelta(days=DAYS.index(day[:3].lower()) + 7 * week)


def calendar(*hours: str, days: tuple[str, ...] = DAYS[:5], timezone: str = "UTC") -> CalendarTimeline:
    week = {day: [list(interval.split("-")) for interval in hours] for day in days}
    return CalendarTimeline(((at("Mon 00:00") - timedelta(days=900), parse_calendar(timezone, week)),))


OFFICE = calendar("09:00-17:00")
ALWAYS = calendar("00:00-24:00", days=DAYS)


def agreed(
    sla_id: str = "FIN",
    *,
    hours: CalendarTimeline = OFFICE,
    pause_on: tuple[str, ...] = ALL_PARTIES,
    version: int = 1,
    urgent: dict[str, float] | None = None,
    **targets: float,
) -> Agreement[str]:
    """An agreement with targets in hours; `urgent` are those of p1 where they differ."""
    made = []
    for metric, allowed in targets.items():
        for_p1 = (("p1", int(urgent[metric] * HOUR)),) if urgent and metric in urgent else ()
        made.append(Target(metric, int(allowed * HOUR), for_p1))
    return Agreement(sla_id, version, hours, tuple(made), frozenset(pause_on))


@dataclass(frozen=True)
class Story:
    opening: Opening[str]
    steps: tuple[Step[str], ...] = ()

    def then(self, verb: str, when: str, **needs: Any) -> "Story":
        return replace(self, steps=(*self.steps, Step(verb, at(when), **needs)))

    def comment(self, when: str) -> "Story":
        return self.then("comment", when, **PROVIDER_COMMENT)

    def clocks(self, when: str) -> tuple[Clock[str], ...]:
        return clocks_at(self.opening, self.steps, at(when))

    def those(self, metric: Metric, when: str) -> list[Clock[str]]:
        return [clock for clock in self.clocks(when) if clock.metric is metric]

    def the(self, metric: Metric, when: str, leg: int = 1) -> Clock[str]:
        (clock,) = [clock for clock in self.those(metric, when) if clock.leg == leg]
        return clock


def opened(agreement: Agreement[str] | None, when: str = "Mon 09:00", priority: str = "p3") -> Story:
    return Story(Opening(at(when), "FIN", priority, agreement))


def hours_of(clock: Clock[str]) -> float:
    return clock.elapsed_seconds / HOUR


def states(clocks: tuple[Clock[str], ...] | list[Clock[str]]) -> list[str]:
    return [clock.state for clock in clocks]


class TestReading:
    def test_before_the_opening_there_are_no_clocks(self) -> None:
        story = opened(agreed(acknowledge=1, resolve=8))
        assert story.clocks("Mon 08:59") == ()
        assert len(story.clocks("Mon 09:00")) == 2

    def test_a_leg_without_an_agreement_has_no_clocks(self) -> None:
        assert opened(None).then("start", "Mon 10:00").clocks("Mon 11:00") == ()

    def test_an_agreement_without_a_metric_has_no_clock_of_it(self) -> None:
        story = opened(agreed(resolve=8)).then("start", "Mon 10:00")
        assert [clock.metric for clock in story.clocks("Mon 11:00")] == [RESOLVE]

    def test_actions_at_the_instant_are_included_and_later_ones_are_not_looked_at(self) -> None:
        story = opened(agreed(acknowledge=1)).then("acknowledge", "Mon 09:30")
        assert story.the(ACKNOWLEDGE, "Mon 09:29").state is State.RUNNING
        assert story.the(ACKNOWLEDGE, "Mon 09:30").state is State.MET

    def test_a_future_instant_is_answered_as_if_nothing_more_happened(self) -> None:
        clock = opened(agreed(resolve=8)).the(RESOLVE, "Wed 10:00")
        assert (clock.state, clock.breached_at, hours_of(clock)) == (State.BREACHED, at("Mon 17:00"), 17)
        assert clock.remaining_seconds == -9 * HOUR

    def test_clocks_come_by_leg_then_metric_then_start(self) -> None:
        story = opened(agreed(acknowledge=1, update=2, resolve=8)).then("start", "Mon 09:10").comment("Mon 09:20")
        story = story.then("transfer", "Mon 10:00", department_id="IT", agreement=agreed("IT", acknowledge=1))
        assert [(clock.leg, clock.metric, clock.started_at) for clock in story.clocks("Mon 11:00")] == [
            (1, ACKNOWLEDGE, at("Mon 09:00")),
            (1, RESOLVE, at("Mon 09:00")),
            (1, UPDATE, at("Mon 09:10")),
            (1, UPDATE, at("Mon 09:20")),
            (2, ACKNOWLEDGE, at("Mon 10:00")),
        ]

    def test_the_target_is_that_of_the_priority(self) -> None:
        agreement = agreed(resolve=8, urgent={"resolve": 2})
        assert opened(agreement, priority="p1").the(RESOLVE, "Mon 09:00").target_seconds == 2 * HOUR
        assert opened(agreement, priority="p2").the(RESOLVE, "Mon 09:00").target_seconds == 8 * HOUR

    def test_a_clock_that_is_never_due_within_ten_years_says_so_and_is_not_breached(self) -> None:
        clock = opened(agreed(resolve=24 * 5000)).the(RESOLVE, "Fri 17:00")
        assert (clock.state, clock.due_at, hours_of(clock)) == (State.RUNNING, None, 40)


class TestAcknowledge:
    @pytest.mark.parametrize("verb", ["acknowledge", "start", "wait", "ask", "resolve", "decline"])
    def test_it_is_met_by_the_first_acknowledging_verb(self, verb: str) -> None:
        clock = opened(agreed(acknowledge=1)).then(verb, "Mon 09:30", on="customer").the(ACKNOWLEDGE, "Tue 09:00")
        assert (clock.state, clock.met_at, clock.due_at) == (State.MET, at("Mon 09:30"), at("Mon 10:00"))
        assert clock.elapsed_seconds == 1800

    @pytest.mark.parametrize("verb", ["assign", "accept", "comment"])
    def test_assigning_accepting_and_commenting_are_not_acknowledging(self, verb: str) -> None:
        story = opened(agreed(acknowledge=1)).then(verb, "Mon 09:30", **PROVIDER_COMMENT)
        assert story.the(ACKNOWLEDGE, "Mon 09:40").state is State.RUNNING

    def test_it_is_met_at_its_due_time_and_breached_right_after(self) -> None:
        story = opened(agreed(acknowledge=1))
        assert story.then("start", "Mon 10:00").the(ACKNOWLEDGE, "Mon 11:00").state is State.MET
        late = story.then("start", "Mon 10:00:01").the(ACKNOWLEDGE, "Mon 11:00")
        assert (late.state, late.met_at, late.breached_at) == (State.BREACHED, None, at("Mon 10:00"))
        assert (late.due_at, late.elapsed_seconds) == (at("Mon 10:00"), HOUR + 1)
        assert story.the(ACKNOWLEDGE, "Mon 10:00").state is State.RUNNING
        assert story.the(ACKNOWLEDGE, "Mon 10:00:01").state is State.BREACHED

    def test_each_leg_has_its_own(self) -> None:
        story = opened(agreed(acknowledge=1)).then("start", "Mon 09:30")
        story = story.then("transfer", "Mon 10:00", department_id="IT", agreement=agreed("IT", acknowledge=2))
        second = story.the(ACKNOWLEDGE, "Mon 11:00", leg=2)
        assert (second.state, second.due_at, second.department_id) == (State.RUNNING, at("Mon 12:00"), "IT")
        assert (second.sla_id, second.scope) == ("IT", Scope.LEG)


class TestBreach:
    def test_due_on_friday_evening_and_done_on_saturday_is_late(self) -> None:
        story = opened(agreed(resolve=8), "Fri 09:00").then("resolve", "Sat 12:00")
        clock = story.the(RESOLVE, "Mon2 12:00")
        assert (clock.state, clock.met_at, clock.breached_at) == (State.BREACHED, None, at("Fri 17:00"))
        assert (hours_of(clock), clock.remaining_seconds) == (8, 0)

    def test_a_breached_clock_counts_until_it_is_stopped(self) -> None:
        story = opened(agreed(resolve=4)).then("resolve", "Mon 15:00")
        clock = story.the(RESOLVE, "Tue 15:00")
        assert (clock.state, hours_of(clock), clock.due_at) == (State.BREACHED, 6, at("Mon 13:00"))
        assert (clock.remaining_seconds, clock.stopped_at) == (-2 * HOUR, at("Mon 15:00"))

    def test_while_waiting_a_breached_clock_keeps_state_and_due_time_and_stands_still(self) -> None:
        story = opened(agreed(resolve=4)).then("wait", "Mon 14:00", on="customer")
        clock = story.the(RESOLVE, "Mon 16:00")
        assert (clock.state, clock.due_at, hours_of(clock)) == (State.BREACHED, at("Mon 13:00"), 5)
        assert (clock.paused_at, clock.breached_at) == (at("Mon 14:00"), at("Mon 13:00"))
        resumed = story.then("resume", "Mon 16:00").the(RESOLVE, "Mon 17:00")
        assert (resumed.paused_at, hours_of(resumed), resumed.due_at) == (None, 6, at("Mon 13:00"))


class TestWaiting:
    def test_a_pause_stops_the_counting_and_its_due_time_is_unknown_meanwhile(self) -> None:
        story = opened(agreed(resolve=8)).then("wait", "Mon 11:00", on="customer")
        clock = story.the(RESOLVE, "Wed 11:00")
        assert (clock.state, clock.due_at, clock.paused_at) == (State.PAUSED, None, at("Mon 11:00"))
        assert (hours_of(clock), clock.remaining_seconds) == (2, 6 * HOUR)

    def test_after_a_pause_it_is_due_over_the_unpaused_time(self) -> None:
        story = opened(agreed(resolve=8)).then("wait", "Mon 11:00", on="customer").then("resume", "Tue 16:00")
        clock = story.the(RESOLVE, "Tue 17:00")
        assert (clock.state, clock.due_at, clock.paused_at) == (State.RUNNING, at("Wed 14:00"), None)
        assert hours_of(clock) == 3

    def test_acknowledge_never_pauses(self) -> None:
        story = opened(agreed(acknowledge=1, resolve=8))
        story = story.then("transfer", "Mon 10:00", department_id="IT", agreement=agreed("IT", acknowledge=2))
        assert story.the(ACKNOWLEDGE, "Mon 11:00", leg=2).state is State.RUNNING

    def test_only_the_parties_agreed_on_pause_it(self) -> None:
        story = opened(agreed(resolve=8, pause_on=("customer",))).then("wait", "Mon 11:00", on="requester")
        assert (story.the(RESOLVE, "Mon 12:00").state, hours_of(story.the(RESOLVE, "Mon 12:00"))) == (State.RUNNING, 3)

    def test_waiting_on_a_dependency_never_pauses_whatever_is_agreed(self) -> None:
        story = opened(agreed(resolve=8, pause_on=("dependency",))).then("wait", "Mon 11:00", on="dependency")
        assert story.the(RESOLVE, "Mon 12:00").state is State.RUNNING

    def test_waiting_on_the_next_party_begins_a_new_pause(self) -> None:
        story = opened(agreed(resolve=8)).then("wait", "Mon 10:00", on="customer")
        for party in ("customer", "requester"):
            clock = story.then("wait", "Mon 12:00", on=party).the(RESOLVE, "Mon 13:00")
            assert (clock.state, clock.paused_at, hours_of(clock)) == (State.PAUSED, at("Mon 12:00"), 1)

    def test_waiting_on_a_party_that_pauses_nothing_goes_on_counting(self) -> None:
        story = opened(agreed(resolve=8, pause_on=("customer",))).then("wait", "Mon 10:00", on="customer")
        clock = story.then("wait", "Mon 12:00", on="dependency").the(RESOLVE, "Mon 13:00")
        assert (clock.state, clock.paused_at, hours_of(clock)) == (State.RUNNING, None, 2)

    def test_resolving_while_waiting_ends_the_wait_at_that_instant(self) -> None:
        story = opened(agreed(resolve=8)).then("wait", "Mon 10:00", on="customer").then("resolve", "Tue 12:00")
        clock = story.the(RESOLVE, "Thu 12:00")
        assert (clock.state, clock.met_at, clock.due_at) == (State.MET, at("Tue 12:00"), at("Wed 11:00"))
        assert (hours_of(clock), clock.paused_at) == (1, None)

    def test_a_transfer_ends_the_wait(self) -> None:
        story = opened(agreed(resolve=8)).then("wait", "Mon 10:00", on="customer")
        story = story.then("transfer", "Mon 12:00", department_id="IT", agreement=agreed("IT", resolve=4))
        ticket = story.the(RESOLVE, "Mon 13:00", leg=1)
        assert (ticket.state, ticket.due_at, hours_of(ticket)) == (State.RUNNING, at("Tue 11:00"), 2)
        assert story.the(RESOLVE, "Mon 13:00", leg=2).state is State.RUNNING


class TestNothingRemaining:
    def test_paused_in_its_last_instant_it_is_not_breached(self) -> None:
        story = opened(agreed(resolve=4)).then("wait", "Mon 13:00", on="customer")
        clock = story.the(RESOLVE, "Tue 13:00")
        assert (clock.state, clock.remaining_seconds, clock.due_at) == (State.PAUSED, 0, None)

    def test_resumed_with_nothing_remaining_it_is_due_then_and_breached_right_after(self) -> None:
        story = opened(agreed(resolve=4)).then("wait", "Mon 13:00", on="customer").then("resume", "Sat 10:00")
        clock = story.the(RESOLVE, "Sat 10:00")
        assert (clock.state, clock.due_at) == (State.RUNNING, at("Sat 10:00"))
        clock = story.the(RESOLVE, "Sat 10:00:01")
        assert (clock.state, clock.breached_at, hours_of(clock)) == (State.BREACHED, at("Sat 10:00"), 4)

    def test_resolved_while_waiting_with_nothing_remaining_it_is_met(self) -> None:
        story = opened(agreed(resolve=4)).then("wait", "Mon 13:00", on="customer").then("resolve", "Sat 10:00")
        clock = story.the(RESOLVE, "Mon2 10:00")
        assert (clock.state, clock.due_at, clock.met_at) == (State.MET, at("Sat 10:00"), at("Sat 10:00"))

    def test_reopened_with_nothing_remaining_it_is_due_then(self) -> None:
        story = opened(agreed(resolve=4)).then("resolve", "Mon 13:00").then("reopen", "Tue 10:00")
        assert story.the(RESOLVE, "Tue 10:00").due_at == at("Tue 10:00")
        assert story.the(RESOLVE, "Tue 10:01").breached_at == at("Tue 10:00")

    def test_paused_a_moment_after_its_due_time_it_is_breached(self) -> None:
        story = opened(agreed(resolve=8), "Fri 09:00").then("wait", "Fri 17:00:01", on="customer")
        clock = story.the(RESOLVE, "Sat 12:00")
        assert (clock.state, clock.due_at, clock.remaining_seconds) == (State.BREACHED, at("Fri 17:00"), 0)


class TestUpdate:
    agreement = agreed(acknowledge=1, update=2, resolve=24)

    @pytest.mark.parametrize("verb", ["acknowledge", "start", "wait", "ask"])
    def test_it_starts_when_acknowledged(self, verb: str) -> None:
        clock = opened(self.agreement).then(verb, "Mon 10:00", on="dependency").the(UPDATE, "Mon 11:00")
        assert (clock.started_at, clock.due_at, clock.scope) == (at("Mon 10:00"), at("Mon 12:00"), Scope.LEG)

    @pytest.mark.parametrize("verb", ["resolve", "decline"])
    def test_resolving_or_declining_from_open_starts_none(self, verb: str) -> None:
        assert opened(self.agreement).then(verb, "Mon 10:00").those(UPDATE, "Mon 11:00") == []

    def test_a_later_acknowledging_verb_starts_no_other(self) -> None:
        story = opened(self.agreement).then("acknowledge", "Mon 10:00").then("start", "Mon 10:30")
        assert len(story.then("ask", "Mon 10:40").those(UPDATE, "Mon 11:00")) == 1

    def test_each_comment_that_the_requester_sees_meets_one_and_starts_the_next(self) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").comment("Mon 11:00").comment("Mon 12:30")
        clocks = story.those(UPDATE, "Mon 13:00")
        assert states(clocks) == ["met", "met", "running"]
        assert [clock.started_at for clock in clocks] == [at("Mon 10:00"), at("Mon 11:00"), at("Mon 12:30")]
        assert [clock.met_at for clock in clocks] == [at("Mon 11:00"), at("Mon 12:30"), None]

    @pytest.mark.parametrize(
        "comment",
        [{"by_provider": False, "visible_to_requester": True}, {"by_provider": True, "visible_to_requester": False}],
    )
    def test_other_comments_do_nothing(self, comment: dict[str, bool]) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").then("comment", "Mon 11:00", **comment)
        assert states(story.those(UPDATE, "Mon 11:30")) == ["running"]

    def test_asking_and_waiting_are_no_comments(self) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").then("ask", "Mon 10:30")
        story = story.then("wait", "Mon 11:00", on="dependency")
        assert states(story.those(UPDATE, "Mon 11:30")) == ["running"]

    def test_a_late_one_counts_on_until_the_comment_that_ends_it(self) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").comment("Mon 15:00")
        late, following = story.those(UPDATE, "Tue 09:30")
        assert (late.state, late.breached_at, hours_of(late)) == (State.BREACHED, at("Mon 12:00"), 5)
        assert (following.started_at, following.due_at) == (at("Mon 15:00"), at("Mon 17:00"))

    def test_resolving_meets_it(self) -> None:
        clock = opened(self.agreement).then("start", "Mon 10:00").then("resolve", "Mon 11:00").the(UPDATE, "Tue 09:00")
        assert (clock.state, clock.met_at) == (State.MET, at("Mon 11:00"))

    def test_before_acknowledgement_and_after_resolving_a_comment_starts_none(self) -> None:
        story = opened(self.agreement).comment("Mon 10:00")
        assert story.those(UPDATE, "Mon 10:30") == []
        story = story.then("start", "Mon 11:00").then("resolve", "Mon 12:00").comment("Mon 12:30")
        assert states(story.those(UPDATE, "Mon 13:00")) == ["met"]

    @pytest.mark.parametrize("verb", ["decline", "cancel"])
    def test_after_the_end_a_comment_starts_none(self, verb: str) -> None:
        assert opened(self.agreement).then(verb, "Mon 10:00").comment("Mon 10:30").those(UPDATE, "Mon 11:00") == []

    def test_a_reopening_starts_one(self) -> None:
        story = opened(self.agreement).then("resolve", "Mon 10:00").then("reopen", "Mon 12:00")
        assert story.the(UPDATE, "Mon 13:00").started_at == at("Mon 12:00")

    def test_waiting_pauses_it(self) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").then("wait", "Mon 11:00", on="customer")
        assert (story.the(UPDATE, "Mon 15:00").state, hours_of(story.the(UPDATE, "Mon 15:00"))) == (State.PAUSED, 1)
        assert story.then("resume", "Mon 15:00").the(UPDATE, "Mon 15:30").due_at == at("Mon 16:00")

    def test_acknowledged_by_waiting_it_starts_paused(self) -> None:
        clock = opened(self.agreement).then("wait", "Mon 10:00", on="customer").the(UPDATE, "Mon 12:00")
        assert (clock.state, clock.started_at, clock.paused_at) == (State.PAUSED, at("Mon 10:00"), at("Mon 10:00"))
        assert (clock.elapsed_seconds, clock.due_at) == (0, None)

    def test_met_by_a_comment_while_waiting_it_was_due_from_that_instant_and_the_next_starts_paused(self) -> None:
        story = opened(self.agreement).then("start", "Mon 10:00").then("wait", "Mon 11:00", on="customer")
        first, second = story.comment("Mon 16:30").those(UPDATE, "Tue 12:00")
        assert (first.state, first.met_at, first.due_at) == (State.MET, at("Mon 16:30"), at("Tue 09:30"))
        assert (second.state, second.started_at, second.paused_at) == (
            State.PAUSED,
            at("Mon 16:30"),
            at("Mon 16:30"),
        )
        resumed = story.comment("Mon 16:30").then("resume", "Tue 12:00").those(UPDATE, "Tue 12:00")[1]
        assert (resumed.state, resumed.due_at) == (State.RUNNING, at("Tue 14:00"))


class TestHandOver:
    first = agreed("FIN", acknowledge=1, update=2, resolve=8, pause_on=("customer",))
    second = agreed("IT", acknowledge=1, update=4, resolve=16, hours=ALWAYS, pause_on=("requester",))

    def handed(self, when: str = "Mon 10:00") -> Story:
        return self.onward(opened(self.first).then("start", "Mon 09:30"), when)

    def onward(self, story: Story, when: str, verb: str = "transfer", to: str = "IT") -> Story:
        agreement = self.second if to == "IT" else self.first
        return story.then(verb, when, department_id=to, agreement=agreement)

    def test_the_undecided_clocks_of_the_leg_end_as_handed_over(self) -> None:
        clock = self.handed().the(UPDATE, "Wed 10:00")
        assert (clock.state, clock.due_at, clock.met_at) == (State.HANDED_OVER, None, None)
        assert (clock.elapsed_seconds, clock.stopped_at) == (1800, at("Mon 10:00"))
        unseen = self.onward(opened(self.first), "Mon 09:30").the(ACKNOWLEDGE, "Mon 12:00")
        assert (unseen.state, unseen.elapsed_seconds) == (State.HANDED_OVER, 1800)

    def test_paused_ones_too(self) -> None:
        story = opened(self.first).then("start", "Mon 09:30").then("wait", "Mon 09:45", on="customer")
        clock = self.onward(story, "Mon 12:00").the(UPDATE, "Mon 13:00")
        assert (clock.state, clock.elapsed_seconds, clock.paused_at) == (State.HANDED_OVER, 900, None)

    def test_met_ones_stay_met_and_breached_ones_breached_and_stop_counting(self) -> None:
        story = self.handed("Mon 13:00")
        assert story.the(ACKNOWLEDGE, "Tue 12:00").state is State.MET
        clock = story.the(UPDATE, "Tue 12:00")
        assert (clock.state, clock.due_at, clock.breached_at) == (State.BREACHED, at("Mon 11:30"), at("Mon 11:30"))
        assert hours_of(clock) == 3.5

    def test_one_due_in_the_instant_of_the_hand_over_is_not_breached(self) -> None:
        assert self.handed("Mon 11:30").the(UPDATE, "Mon 12:00").state is State.HANDED_OVER

    def test_the_requesters_clock_runs_on_by_the_first_agreement(self) -> None:
        story = self.handed().then("wait", "Mon 11:00", on="requester")
        clock = story.the(RESOLVE, "Tue 12:00", leg=1)
        assert (clock.scope, clock.department_id, clock.sla_id) == (Scope.TICKET, "FIN", "FIN")
        assert (clock.started_at, clock.due_at, hours_of(clock)) == (at("Mon 09:00"), at("Mon 17:00"), 11)
        assert story.the(RESOLVE, "Tue 12:00", leg=2).state is State.PAUSED

    def test_each_pauses_by_its_own_agreement(self) -> None:
        story = self.handed().then("wait", "Mon 11:00", on="customer")
        assert story.the(RESOLVE, "Mon 12:00", leg=1).state is State.PAUSED
        assert story.the(RESOLVE, "Mon 12:00", leg=2).state is State.RUNNING

    def test_a_later_leg_has_a_resolve_clock_of_its_own_from_the_hand_over(self) -> None:
        clock = self.handed().the(RESOLVE, "Mon 12:00", leg=2)
        assert (clock.scope, clock.department_id, clock.sla_id) == (Scope.LEG, "IT", "IT")
        assert (clock.started_at, clock.due_at) == (at("Mon 10:00"), at("Tue 02:00"))

    def test_both_are_met_by_resolving(self) -> None:
        story = self.handed().then("resolve", "Mon 15:00")
        assert states(story.those(RESOLVE, "Tue 15:00")) == ["met", "met"]

    def test_a_return_hands_it_back_in_the_same_way(self) -> None:
        story = self.onward(self.handed(), "Mon 10:30", "return", to="FIN")
        assert [(clock.leg, clock.metric, clock.scope, clock.state) for clock in story.clocks("Mon 11:00")] == [
            (1, ACKNOWLEDGE, Scope.LEG, State.MET),
            (1, RESOLVE, Scope.TICKET, State.RUNNING),
            (1, UPDATE, Scope.LEG, State.HANDED_OVER),
            (2, ACKNOWLEDGE, Scope.LEG, State.HANDED_OVER),
            (2, RESOLVE, Scope.LEG, State.HANDED_OVER),
            (3, ACKNOWLEDGE, Scope.LEG, State.RUNNING),
            (3, RESOLVE, Scope.LEG, State.RUNNING),
        ]

    def test_if_the_first_leg_had_no_agreement_the_ticket_never_has_a_clock_of_its_own(self) -> None:
        story = self.onward(opened(None), "Mon 10:00").then("return", "Mon 11:00", department_id="FIN")
        story = story.then("prioritise", "Mon 12:00", priority="p1", agreement=self.first, ticket_agreement=self.first)
        assert {clock.scope for clock in story.clocks("Mon 13:00")} == {Scope.LEG}
        first_leg = opened(None).then("prioritise", "Mon 12:00", priority="p1", agreement=self.first)
        assert [clock.metric for clock in first_leg.clocks("Mon 13:00")] == [ACKNOWLEDGE]

    def test_a_leg_whose_provider_has_no_agreement_has_no_clocks(self) -> None:
        story = opened(self.first).then("transfer", "Mon 10:00", department_id="HR", agreement=None)
        assert [clock for clock in story.clocks("Mon 12:00") if clock.leg == 2] == []
        assert story.the(RESOLVE, "Mon 12:00").state is State.RUNNING

    def test_the_tickets_due_time_is_that_of_its_own_clock_else_of_the_current_legs(self) -> None:
        clocks = self.handed().clocks("Mon 12:00")
        assert deciding_clock(clocks, leg=2) == self.handed().the(RESOLVE, "Mon 12:00", leg=1)
        without = self.onward(opened(None), "Mon 10:00")
        assert deciding_clock(without.clocks("Mon 12:00"), leg=2) == without.the(RESOLVE, "Mon 12:00", leg=2)
        assert deciding_clock((), leg=1) is None


class TestReopening:
    agreement = agreed(acknowledge=1, resolve=8)

    def test_a_met_clock_runs_on_with_what_had_elapsed(self) -> None:
        story = opened(self.agreement).then("resolve", "Mon 12:00").then("reopen", "Tue 10:00")
        clock = story.the(RESOLVE, "Tue 11:00")
        assert (clock.state, clock.met_at, clock.due_at) == (State.RUNNING, None, at("Tue 15:00"))
        assert (hours_of(clock), clock.stopped_at) == (4, None)

    def test_the_time_between_does_not_count(self) -> None:
        story = opened(self.agreement).then("resolve", "Mon 12:00")
        assert hours_of(story.the(RESOLVE, "Fri 12:00")) == 3

    def test_a_breached_clock_stays_so_and_counts_on(self) -> None:
        story = opened(self.agreement, "Mon 08:00").then("resolve", "Tue 10:00").then("reopen", "Tue 12:00")
        clock = story.the(RESOLVE, "Tue 13:00")
        assert (clock.state, clock.due_at, hours_of(clock)) == (State.BREACHED, at("Mon 17:00"), 10)

    def test_acknowledge_and_the_clocks_of_earlier_legs_stay_as_they_ended(self) -> None:
        story = opened(self.agreement)
        for when, to in (("Mon 10:00", "IT"), ("Mon 11:00", "HR")):
            story = story.then("transfer", when, department_id=to, agreement=agreed(to, acknowledge=1, resolve=4))
        story = story.then("resolve", "Mon 12:00").then("close", "Mon 13:00").then("reopen", "Tue 09:00")
        assert [(clock.leg, clock.metric, clock.state) for clock in story.clocks("Tue 09:00")] == [
            (1, ACKNOWLEDGE, State.HANDED_OVER),
            (1, RESOLVE, State.RUNNING),
            (2, ACKNOWLEDGE, State.HANDED_OVER),
            (2, RESOLVE, State.HANDED_OVER),
            (3, ACKNOWLEDGE, State.MET),
            (3, RESOLVE, State.RUNNING),
        ]

    def test_it_can_be_met_again(self) -> None:
        story = opened(self.agreement).then("resolve", "Mon 12:00").then("reopen", "Tue 10:00")
        clock = story.then("resolve", "Tue 11:00").the(RESOLVE, "Wed 10:00")
        assert (clock.state, clock.met_at, hours_of(clock)) == (State.MET, at("Tue 11:00"), 4)


class TestExchangingTheTarget:
    agreement = agreed(acknowledge=2, resolve=8, urgent={"acknowledge": 1, "resolve": 4})

    def prioritised(self, story: Story, when: str, priority: str = "p1", **selected: Any) -> Story:
        return story.then("prioritise", when, priority=priority, **({"agreement": self.agreement} | selected))

    def test_start_and_elapsed_stay(self) -> None:
        clock = self.prioritised(opened(self.agreement), "Mon 10:00").the(RESOLVE, "Mon 11:00")
        assert (clock.target_seconds, clock.started_at, clock.due_at) == (4 * HOUR, at("Mon 09:00"), at("Mon 13:00"))
        assert (clock.state, hours_of(clock)) == (State.RUNNING, 2)

    def test_a_longer_target_is_due_later(self) -> None:
        story = self.prioritised(opened(self.agreement, priority="p1"), "Mon 12:00", "p3")
        assert story.the(RESOLVE, "Mon 15:00").due_at == at("Mon 17:00")

    def test_the_same_target_again_changes_nothing(self) -> None:
        story = opened(self.agreement)
        changed = self.prioritised(story, "Mon 17:00", "p2")
        assert changed.clocks("Mon 17:00") == story.clocks("Mon 17:00")

    @pytest.mark.parametrize("change", ["Mon 13:00", "Mon 15:00"])
    def test_what_had_reached_the_new_target_also_exactly_is_breached_by_the_change(self, change: str) -> None:
        story = self.prioritised(opened(self.agreement), change)
        clock = story.the(RESOLVE, change)
        assert (clock.state, clock.due_at, clock.breached_at) == (State.BREACHED, at("Mon 13:00"), at(change))
        assert hours_of(story.the(RESOLVE, "Mon 16:00")) == 7

    def test_what_had_reached_it_in_closed_hours_is_breached_by_the_change(self) -> None:
        clock = self.prioritised(opened(self.agreement, "Mon 13:00"), "Mon 20:00").the(RESOLVE, "Tue 09:00")
        assert (clock.due_at, clock.breached_at) == (at("Mon 17:00"), at("Mon 20:00"))

    def test_the_instant_at_which_it_was_reached_may_lie_before_a_pause(self) -> None:
        story = opened(self.agreement).then("wait", "Mon 14:00", on="customer").then("resume", "Tue 09:00")
        clock = self.prioritised(story, "Tue 10:00").the(RESOLVE, "Tue 11:00")
        assert (clock.due_at, clock.breached_at, hours_of(clock)) == (at("Mon 13:00"), at("Tue 10:00"), 7)

    def test_the_instant_at_which_it_was_reached_may_lie_after_a_pause(self) -> None:
        story = opened(self.agreement).then("wait", "Mon 12:00", on="customer").then("resume", "Tue 09:00")
        clock = self.prioritised(story, "Tue 11:00").the(RESOLVE, "Tue 11:00")
        assert (clock.due_at, clock.breached_at) == (at("Tue 10:00"), at("Tue 11:00"))

    def test_while_paused_the_due_time_stays_unknown(self) -> None:
        story = opened(self.agreement).then("wait", "Mon 10:00", on="customer")
        clock = self.prioritised(story, "Mon 15:00").the(RESOLVE, "Mon 16:00")
        assert (clock.state, clock.due_at, clock.paused_at) == (State.PAUSED, None, at("Mon 10:00"))
        assert clock.remaining_seconds == 3 * HOUR

    @pytest.mark.parametrize(("waiting", "due"), [("Mon 13:00", "Mon 13:00"), ("Mon 14:00", "Mon 13:00")])
    def test_while_paused_what_had_reached_it_is_breached_by_the_change(self, waiting: str, due: str) -> None:
        story = opened(self.agreement).then("wait", waiting, on="customer")
        clock = self.prioritised(story, "Tue 15:00").the(RESOLVE, "Wed 10:00")
        assert (clock.state, clock.due_at, clock.breached_at) == (State.BREACHED, at(due), at("Tue 15:00"))
        assert clock.paused_at == at(waiting)

    def test_a_breach_is_never_withdrawn(self) -> None:
        story = self.prioritised(opened(self.agreement, priority="p1"), "Mon 14:00", "p3")
        clock = story.the(RESOLVE, "Mon 15:00")
        assert (clock.state, clock.target_seconds, hours_of(clock)) == (State.BREACHED, 8 * HOUR, 6)
        assert (clock.due_at, clock.breached_at) == (at("Mon 13:00"), at("Mon 13:00"))

    def test_due_in_the_instant_of_the_change_it_takes_the_longer_target(self) -> None:
        story = self.prioritised(opened(self.agreement, priority="p1"), "Mon 13:00", "p3")
        assert (story.the(RESOLVE, "Mon 16:00").state, story.the(RESOLVE, "Mon 16:00").due_at) == (
            State.RUNNING,
            at("Mon 17:00"),
        )

    def test_a_stopped_clock_keeps_its_target_until_a_reopening(self) -> None:
        story = self.prioritised(opened(self.agreement).then("resolve", "Mon 12:00"), "Mon 15:00")
        clock = story.the(RESOLVE, "Mon 16:00")
        assert (clock.state, clock.target_seconds) == (State.MET, 8 * HOUR)
        reopened = story.then("reopen", "Tue 09:00").the(RESOLVE, "Tue 09:30")
        assert (reopened.state, reopened.target_seconds, reopened.due_at) == (
            State.RUNNING,
            4 * HOUR,
            at("Tue 10:00"),
        )

    def test_reopened_with_a_target_already_reached_it_is_breached_by_the_reopening(self) -> None:
        story = self.prioritised(opened(self.agreement).then("resolve", "Mon 15:00"), "Mon 16:00")
        clock = story.then("reopen", "Tue 11:00").the(RESOLVE, "Tue 12:00")
        assert (clock.state, clock.due_at, clock.breached_at) == (State.BREACHED, at("Mon 13:00"), at("Tue 11:00"))
        assert (clock.met_at, hours_of(clock)) == (None, 7)

    def test_a_breached_clock_takes_the_present_target_at_a_reopening(self) -> None:
        story = opened(self.agreement, priority="p1").then("resolve", "Mon 15:00")
        clock = self.prioritised(story, "Mon 16:00", "p3").then("reopen", "Tue 09:00").the(RESOLVE, "Tue 10:00")
        assert (clock.state, clock.target_seconds, clock.due_at) == (State.BREACHED, 8 * HOUR, at("Mon 13:00"))

    def test_an_acknowledge_clock_is_exchanged_before_acknowledgement_only(self) -> None:
        story = self.prioritised(opened(self.agreement), "Mon 09:30")
        assert story.the(ACKNOWLEDGE, "Mon 09:40").due_at == at("Mon 10:00")
        story = self.prioritised(opened(self.agreement).then("acknowledge", "Mon 09:10"), "Mon 09:30")
        assert story.the(ACKNOWLEDGE, "Mon 09:40").target_seconds == 2 * HOUR

    def test_another_calendar_counts_from_the_change(self) -> None:
        other = agreed("FIN2", resolve=20, hours=ALWAYS)
        story = self.prioritised(opened(self.agreement, "Mon 12:00"), "Mon 20:00", "p2", agreement=other)
        clock = story.the(RESOLVE, "Tue 02:00")
        assert (clock.sla_id, hours_of(clock), clock.due_at) == ("FIN2", 11, at("Tue 11:00"))

    def test_what_was_reached_by_the_former_calendar_is_found_by_it(self) -> None:
        story = opened(agreed("NIGHT", resolve=40, hours=ALWAYS), "Mon 20:00")
        story = self.prioritised(story, "Tue 09:00", "p3", agreement=agreed("DAY", resolve=30))
        story = self.prioritised(story, "Tue 12:00", "p3", agreement=agreed("DAY", resolve=10, version=2))
        clock = story.the(RESOLVE, "Tue 12:00")
        assert (clock.due_at, clock.breached_at, clock.sla_version) == (at("Tue 06:00"), at("Tue 12:00"), 2)

    def test_other_pause_rules_hold_from_the_change(self) -> None:
        waiting = opened(self.agreement).then("wait", "Mon 10:00", on="customer")
        strict = agreed("STRICT", resolve=6, pause_on=())
        running = self.prioritised(waiting, "Mon 12:00", agreement=strict).the(RESOLVE, "Mon 13:00")
        assert (running.state, hours_of(running), running.due_at) == (State.RUNNING, 2, at("Mon 17:00"))
        back = self.prioritised(opened(strict).then("wait", "Mon 10:00", on="customer"), "Mon 12:00", "p3")
        paused = back.the(RESOLVE, "Mon 13:00")
        assert (paused.state, hours_of(paused), paused.paused_at) == (State.PAUSED, 3, at("Mon 12:00"))

    def test_the_ticket_re_selects_among_the_first_departments_agreements_and_the_leg_among_its_own(self) -> None:
        other = agreed("IT", acknowledge=4, resolve=24, urgent={"resolve": 12})
        story = opened(self.agreement).then("transfer", "Mon 10:00", department_id="IT", agreement=other)
        story = self.prioritised(story, "Mon 11:00", agreement=other, ticket_agreement=self.agreement)
        assert story.the(RESOLVE, "Mon 12:00", leg=1).target_seconds == 4 * HOUR
        assert story.the(RESOLVE, "Mon 12:00", leg=2).target_seconds == 12 * HOUR
        assert story.the(RESOLVE, "Mon 12:00", leg=1).department_id == "FIN"

    def test_the_priority_goes_with_the_ticket(self) -> None:
        story = self.prioritised(opened(self.agreement), "Mon 10:00")
        story = story.then("transfer", "Mon 11:00", department_id="IT", agreement=self.agreement)
        assert story.the(RESOLVE, "Mon 11:00", leg=2).target_seconds == 4 * HOUR

    def test_reapplying_a_newer_version_is_such_a_change(self) -> None:
        newer = agreed(acknowledge=2, resolve=3, version=2)
        story = opened(self.agreement).then("reapply", "Mon 13:00", agreement=newer)
        clock = story.the(RESOLVE, "Mon 13:00")
        assert (clock.sla_version, clock.due_at, clock.breached_at) == (2, at("Mon 12:00"), at("Mon 13:00"))
        assert story.the(ACKNOWLEDGE, "Mon 13:00").breached_at == at("Mon 11:00")


class TestMetricsThatAppearOrDisappear:
    bare = agreed("BARE", hours=OFFICE)
    full = agreed("FULL", acknowledge=1, update=2, resolve=8)

    def change(self, story: Story, when: str, to: Agreement[str] | None) -> Story:
        return story.then("prioritise", when, priority="p2", agreement=to, ticket_agreement=to)

    def test_before_acknowledgement_acknowledge_and_resolve_start_at_the_change(self) -> None:
        clocks = self.change(opened(self.bare), "Mon 10:00", self.full).clocks("Mon 10:30")
        assert [(clock.metric, clock.scope) for clock in clocks] == [
            (ACKNOWLEDGE, Scope.LEG),
            (RESOLVE, Scope.TICKET),
        ]
        assert {clock.started_at for clock in clocks} == {at("Mon 10:00")}

    def test_after_it_update_and_resolve_do(self) -> None:
        story = self.change(opened(self.bare).then("start", "Mon 09:30"), "Mon 10:00", self.full)
        assert [clock.metric for clock in story.clocks("Mon 10:30")] == [RESOLVE, UPDATE]

    def test_while_waiting_they_start_paused(self) -> None:
        story = self.change(opened(self.bare).then("wait", "Mon 09:30", on="customer"), "Mon 10:00", self.full)
        assert [(clock.state, clock.paused_at) for clock in story.clocks("Mon 10:30")] == [
            (State.PAUSED, at("Mon 10:00"))
        ] * 2

    def test_once_resolved_none_starts_until_the_reopening(self) -> None:
        story = self.change(opened(self.bare).then("resolve", "Mon 09:30"), "Mon 10:00", self.full)
        assert story.clocks("Mon 10:30") == ()
        clocks = story.then("reopen", "Mon 12:00").clocks("Mon 12:30")
        assert [(clock.metric, clock.started_at) for clock in clocks] == [
            (RESOLVE, at("Mon 12:00")),
            (UPDATE, at("Mon 12:00")),
        ]

    def test_in_a_later_leg_the_ticket_and_the_leg_each_get_theirs(self) -> None:
        story = opened(self.bare).then("transfer", "Mon 09:30", department_id="IT", agreement=self.bare)
        clocks = self.change(story, "Mon 10:00", self.full).clocks("Mon 10:30")
        assert [(clock.leg, clock.metric, clock.scope, clock.department_id) for clock in clocks] == [
            (1, RESOLVE, Scope.TICKET, "FIN"),
            (2, ACKNOWLEDGE, Scope.LEG, "IT"),
            (2, RESOLVE, Scope.LEG, "IT"),
        ]

    @pytest.mark.parametrize("to", [None, bare])
    def test_what_disappears_ends_as_cancelled(self, to: Agreement[str] | None) -> None:
        clocks = self.change(opened(self.full), "Mon 09:30", to).clocks("Mon 12:00")
        assert states(clocks) == ["cancelled", "cancelled"]
        assert [(clock.due_at, clock.elapsed_seconds) for clock in clocks] == [(None, 1800)] * 2

    def test_what_was_breached_stays_breached_when_it_disappears(self) -> None:
        story = self.change(opened(self.full), "Mon 10:30", self.bare)
        clock = story.the(ACKNOWLEDGE, "Mon 12:00")
        assert (clock.state, clock.due_at, clock.elapsed_seconds) == (State.BREACHED, at("Mon 10:00"), 5400)

    def test_what_disappeared_and_appears_again_starts_anew(self) -> None:
        story = self.change(self.change(opened(self.full), "Mon 09:30", None), "Mon 11:00", self.full)
        old, new = story.those(RESOLVE, "Mon 12:00")
        assert (old.state, new.state, new.started_at) == (State.CANCELLED, State.RUNNING, at("Mon 11:00"))
        assert deciding_clock(story.clocks("Mon 12:00"), leg=1) == new

    def test_what_disappeared_while_resolved_ends_at_the_reopening(self) -> None:
        story = self.change(opened(self.full).then("resolve", "Mon 09:30"), "Mon 10:00", None)
        assert states(story.those(RESOLVE, "Mon 11:00")) == ["met"]
        clock = story.then("reopen", "Mon 12:00").the(RESOLVE, "Mon 13:00")
        assert (clock.state, clock.due_at, clock.met_at) == (State.CANCELLED, None, None)
        assert (clock.elapsed_seconds, clock.stopped_at) == (1800, at("Mon 12:00"))


class TestTheEnd:
    agreement = agreed(acknowledge=1, update=2, resolve=8)

    def test_declining_meets_acknowledge_and_cancels_the_rest(self) -> None:
        clocks = opened(self.agreement).then("decline", "Mon 09:30").clocks("Tue 09:00")
        assert [(clock.metric, clock.state) for clock in clocks] == [
            (ACKNOWLEDGE, State.MET),
            (RESOLVE, State.CANCELLED),
        ]
        assert (clocks[1].due_at, clocks[1].elapsed_seconds) == (None, 1800)

    def test_declining_late_does_not_meet_it(self) -> None:
        clocks = opened(self.agreement).then("decline", "Mon 10:30").clocks("Tue 09:00")
        assert states(clocks) == ["breached", "cancelled"]

    def test_cancelling_cancels_what_is_undecided_paused_or_not(self) -> None:
        story = opened(self.agreement).then("cancel", "Mon 09:30")
        assert states(story.clocks("Tue 09:00")) == ["cancelled", "cancelled"]
        story = opened(self.agreement).then("wait", "Mon 10:00", on="customer").then("cancel", "Tue 12:00")
        clocks = story.clocks("Wed 09:00")
        assert states(clocks) == ["met", "cancelled", "cancelled"]
        assert [(clock.due_at, clock.paused_at) for clock in clocks[1:]] == [(None, None)] * 2
        assert hours_of(clocks[1]) == 1

    def test_what_was_breached_stays_so_and_stops_counting(self) -> None:
        story = opened(self.agreement).then("cancel", "Tue 10:00")
        for clock in story.clocks("Thu 09:00"):
            assert (clock.state, hours_of(clock), clock.stopped_at) == (State.BREACHED, 9, at("Tue 10:00"))

    def test_the_requesters_clock_is_cancelled_in_a_later_leg_too(self) -> None:
        story = opened(self.agreement).then("transfer", "Mon 10:00", department_id="IT", agreement=None)
        assert story.then("cancel", "Mon 11:00").the(RESOLVE, "Mon 12:00").state is State.CANCELLED


class TestACalendarThatChanges:
    changed = CalendarTimeline((*OFFICE.versions, (at("Mon 12:00"), calendar("09:00-13:00").versions[0][1])))
    agreement = agreed(acknowledge=8, resolve=8, hours=changed)

    def test_past_time_stands_and_the_rest_is_due_by_the_new_version(self) -> None:
        clock = opened(self.agreement).the(RESOLVE, "Tue 09:30")
        assert (hours_of(clock), clock.due_at) == (4.5, at("Tue 13:00"))

    def test_before_the_change_it_is_due_by_what_was_known(self) -> None:
        assert opened(self.agreement).the(RESOLVE, "Mon 11:59").due_at == at("Mon 17:00")
        assert opened(self.agreement).the(RESOLVE, "Mon 12:00").due_at == at("Tue 13:00")

    def test_what_was_met_before_the_change_keeps_its_due_time(self) -> None:
        clock = opened(self.agreement).then("acknowledge", "Mon 11:00").the(ACKNOWLEDGE, "Wed 09:00")
        assert (clock.state, clock.due_at) == (State.MET, at("Mon 17:00"))

    def test_what_was_breached_before_the_change_stays_breached(self) -> None:
        clock = opened(agreed(resolve=2, hours=self.changed)).the(RESOLVE, "Mon 13:00")
        assert (clock.state, clock.due_at, hours_of(clock)) == (State.BREACHED, at("Mon 11:00"), 4)


@pytest.mark.parametrize("verb", ["wait", "transfer", "return"])
def test_a_step_without_what_its_verb_needs_is_an_error(verb: str) -> None:
    story = opened(agreed(resolve=1)).then(verb, "Mon 10:00")
    with pytest.raises(ValueError, match=f"`{verb}` needs"):
        replay(story.opening, story.steps)
