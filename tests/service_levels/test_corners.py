"""Corners that others got wrong: what has to hold, with the issue in which somebody reported that it did not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.directory.calendar import Calendar, CalendarTimeline, due, elapsed, parse_calendar
from app.service_levels.alarms import AlarmKind, alarms, next_alarm
from app.service_levels.clock import Agreement, Clock, Metric, Scope, State
from app.service_levels.ticket_clocks import Opening, clocks_at, deciding_clock
from tests.service_levels.test_clock_history import (
    ACKNOWLEDGE,
    ALWAYS,
    DAYS,
    HOUR,
    OFFICE,
    RESOLVE,
    UPDATE,
    Story,
    agreed,
    at,
    calendar,
    hours_of,
    opened,
    states,
)

LUNCH = calendar("09:00-12:00", "13:00-17:00")
MINUTE = timedelta(minutes=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def week(*intervals: str) -> dict[str, list[list[str]]]:
    return {day: [interval.split("-") for interval in intervals] for day in DAYS}


def open_hours(hours: Calendar, start: str, end: str) -> float:
    return elapsed(hours, instant(start), instant(end)) / HOUR


class TestRoundTheClock:
    """zammad 3180: round the clock was written 00:00-23:59, which lost a minute a day."""

    def test_midnight_to_24_is_all_of_every_day(self) -> None:
        for zone in ("UTC", "Asia/Kathmandu"):
            hours = parse_calendar(zone, week("00:00-24:00"))
            assert open_hours(hours, "2026-03-02T00:00Z", "2026-03-09T00:00Z") == 7 * 24
            assert due(hours, instant("2026-03-02T10:30Z"), 30 * 24 * HOUR) == instant("2026-04-01T10:30Z")

    def test_until_23_59_is_what_it_says_and_closed_for_the_last_minute_of_a_day(self) -> None:
        hours = parse_calendar("UTC", week("00:00-23:59"))
        assert open_hours(hours, "2026-03-02T23:59Z", "2026-03-03T00:00Z") == 0
        assert elapsed(hours, instant("2026-03-02T00:00Z"), instant("2026-03-09T00:00Z")) == 7 * (24 * HOUR - 60)
        assert due(hours, instant("2026-03-02T10:00Z"), 24 * HOUR) == instant("2026-03-03T10:01Z")

    def test_a_day_ends_with_its_last_second(self) -> None:
        hours = parse_calendar("UTC", week("00:00-24:00"))
        assert elapsed(hours, instant("2026-03-02T23:59:59Z"), instant("2026-03-03T00:00:01Z")) == 2

    def test_two_days_that_touch_at_midnight_have_no_gap_between_them(self) -> None:
        hours = parse_calendar("UTC", week("00:00-06:00", "22:00-24:00"))
        assert due(hours, instant("2026-03-02T23:00Z"), 4 * HOUR) == instant("2026-03-03T03:00Z")


class TestWaiting:
    def test_what_was_waited_for_is_still_left_out_after_the_agreement_changes(self) -> None:
        """glpi 6902, 15605: the waiting time was forgotten when the SLA changed."""
        story = opened(agreed(resolve=16)).then("wait", "Mon 11:00", on="customer").then("resume", "Tue 11:00")
        other = agreed("OTHER", resolve=12, hours=ALWAYS)
        story = story.then("prioritise", "Tue 12:00", priority="p2", agreement=other)
        clock = story.the(RESOLVE, "Tue 12:00")
        assert (hours_of(clock), clock.due_at, clock.sla_id) == (3, at("Tue 21:00"), "OTHER")

    def test_a_wait_that_lasts_while_the_agreement_changes_is_left_out_to_its_end(self) -> None:
        """glpi 6902, 15605."""
        story = opened(agreed(resolve=16)).then("wait", "Mon 11:00", on="customer")
        story = story.then("prioritise", "Mon 15:00", priority="p2", agreement=agreed("OTHER", resolve=12))
        clock = story.then("resume", "Tue 11:00").the(RESOLVE, "Tue 11:00")
        assert (hours_of(clock), clock.due_at) == (2, at("Wed 13:00"))

    def test_no_clock_is_breached_while_it_is_paused(self) -> None:
        """glpi 24481: tickets were late while pending."""
        clock = opened(agreed(resolve=8)).then("wait", "Mon 16:59", on="customer").the(RESOLVE, "Fri2 12:00")
        assert (clock.state, clock.due_at, clock.breached_at, clock.remaining_seconds) == (State.PAUSED, None, None, 60)
        assert next_alarm(clock, OFFICE, [0.5, 1]) is None

    def test_a_clock_that_was_late_before_the_wait_stays_late_in_it(self) -> None:
        """glpi 24481, the other way round: waiting does not hide a breach."""
        clock = opened(agreed(resolve=4)).then("wait", "Mon 13:01", on="customer").the(RESOLVE, "Fri 12:00")
        assert (clock.state, clock.breached_at, clock.due_at) == (State.BREACHED, at("Mon 13:00"), at("Mon 13:00"))

    def test_after_a_wait_what_remained_counts_from_the_end_of_the_wait(self) -> None:
        """frappe/helpdesk 2449, erpnext 49414: the time on hold was added to the creation, closed hours and all."""
        story = opened(agreed(resolve=4), "Mon 15:00").then("wait", "Mon 16:00", on="customer")
        clock = story.then("resume", "Tue 10:00").the(RESOLVE, "Tue 10:00")
        assert (clock.due_at, clock.remaining_seconds) == (at("Tue 13:00"), 3 * HOUR)

    def test_each_wait_is_left_out_once(self) -> None:
        """erpnext 49414: at the second hold the first one was added again."""
        story = opened(agreed(resolve=16))
        for begin, end in (("Mon 10:00", "Mon 11:00"), ("Mon 12:00", "Mon 14:00"), ("Mon 16:00", "Tue 09:30")):
            story = story.then("wait", begin, on="customer").then("resume", end)
        clock = story.the(RESOLVE, "Tue 10:00")
        assert (hours_of(clock), clock.due_at) == (4.5, at("Wed 13:30"))

    def test_a_wait_in_closed_hours_costs_nothing_and_gains_nothing(self) -> None:
        """frappe/helpdesk 2449."""
        story = opened(agreed(resolve=12)).then("wait", "Mon 18:00", on="customer").then("resume", "Tue 08:00")
        assert story.the(RESOLVE, "Tue 09:00").due_at == opened(agreed(resolve=12)).the(RESOLVE, "Tue 09:00").due_at


class TestReopening:
    def test_the_time_between_closing_and_reopening_does_not_count(self) -> None:
        """glpi 9267, 23359: the time spent closed was counted after the reopening."""
        story = opened(agreed(resolve=8)).then("resolve", "Mon 11:00").then("close", "Tue 11:00")
        clock = story.then("reopen", "Fri 15:00").the(RESOLVE, "Fri 16:00")
        assert (clock.state, hours_of(clock), clock.due_at) == (State.RUNNING, 3, at("Mon2 13:00"))

    def test_nor_does_it_for_a_clock_that_was_late(self) -> None:
        """glpi 23359."""
        story = opened(agreed(resolve=1)).then("resolve", "Mon 11:00").then("reopen", "Fri 15:00")
        clock = story.the(RESOLVE, "Fri 16:00")
        assert (clock.state, hours_of(clock), clock.due_at) == (State.BREACHED, 3, at("Mon 10:00"))

    def test_of_two_reopenings_each_leaves_its_own_time_out(self) -> None:
        """glpi 9267."""
        story = opened(agreed(resolve=8)).then("resolve", "Mon 10:00").then("reopen", "Tue 10:00")
        story = story.then("resolve", "Tue 11:00").then("reopen", "Thu 10:00")
        assert hours_of(story.the(RESOLVE, "Thu 12:00")) == 4

    def test_the_wait_in_which_it_was_resolved_is_over_after_the_reopening(self) -> None:
        """glpi 23359."""
        story = opened(agreed(resolve=8)).then("wait", "Mon 10:00", on="customer").then("resolve", "Mon 12:00")
        clock = story.then("reopen", "Tue 09:00").the(RESOLVE, "Tue 10:00")
        assert (clock.state, hours_of(clock), clock.paused_at) == (State.RUNNING, 2, None)


class TestHandingOver:
    """glpi 1911, zammad 5624, frappe/helpdesk 1895: no time for the next group, or the first one's clock anew."""

    first = agreed("FIN", acknowledge=1, resolve=8)
    second = agreed("IT", acknowledge=2, resolve=6)

    def handed(self, when: str = "Mon 16:00") -> Story:
        story = opened(self.first).then("start", "Mon 09:30")
        return story.then("transfer", when, department_id="IT", agreement=self.second)

    def test_the_next_department_has_all_of_its_own_time_from_the_hand_over(self) -> None:
        acknowledge, resolve = (self.handed().the(metric, "Mon 16:30", leg=2) for metric in (ACKNOWLEDGE, RESOLVE))
        assert (acknowledge.elapsed_seconds, acknowledge.due_at) == (1800, at("Tue 10:00"))
        assert (resolve.elapsed_seconds, resolve.due_at) == (1800, at("Tue 14:00"))

    def test_the_requesters_clock_runs_on_as_if_nothing_had_been_handed_over(self) -> None:
        kept = opened(self.first).then("start", "Mon 09:30").the(RESOLVE, "Tue 12:00")
        clock = self.handed().the(RESOLVE, "Tue 12:00", leg=1)
        assert (clock.started_at, clock.due_at, clock.breached_at) == (kept.started_at, kept.due_at, kept.breached_at)
        assert (clock.elapsed_seconds, clock.scope) == (kept.elapsed_seconds, Scope.TICKET)

    def test_passing_it_on_just_before_it_is_due_gains_the_requester_and_the_first_department_nothing(self) -> None:
        story = self.handed("Mon 16:59").then("transfer", "Mon 16:59:30", department_id="HR", agreement=self.second)
        assert story.the(RESOLVE, "Tue 09:00", leg=1).breached_at == at("Mon 17:00")

    def test_getting_it_back_starts_a_leg_of_its_own_and_not_the_old_clock_again(self) -> None:
        story = self.handed("Mon 10:00").then("return", "Mon 11:00", department_id="FIN", agreement=self.first)
        assert story.the(RESOLVE, "Mon 12:00", leg=3).started_at == at("Mon 11:00")
        assert (story.the(RESOLVE, "Mon 12:00", leg=1).elapsed_seconds) == 3 * HOUR


class TestBusinessHours:
    def test_a_lunch_break_does_not_count(self) -> None:
        """frappe/helpdesk 2212: there was no way to have a lunch break."""
        clock = opened(agreed(resolve=8, hours=LUNCH)).the(RESOLVE, "Mon 12:30")
        assert (hours_of(clock), clock.due_at) == (3, at("Tue 10:00"))
        assert opened(agreed(resolve=3, hours=LUNCH)).the(RESOLVE, "Mon 11:00").due_at == at("Mon 12:00")

    def test_what_begins_in_the_lunch_break_begins_after_it(self) -> None:
        """frappe/helpdesk 2212."""
        assert opened(agreed(resolve=1, hours=LUNCH), "Mon 12:20").the(RESOLVE, "Mon 12:30").due_at == at("Mon 14:00")

    def test_with_several_intervals_a_day_warnings_come_in_open_hours_and_never_at_midnight(self) -> None:
        """glpi 22678: with several intervals a day the escalation came at midnight."""
        clock = opened(agreed(resolve=14, hours=LUNCH)).the(RESOLVE, "Mon 09:00")
        told = alarms(clock, LUNCH, [0.25, 0.5, 0.75])
        assert [(alarm.kind, alarm.at) for alarm in told] == [
            (AlarmKind.WARNING, at("Mon 13:30")),
            (AlarmKind.WARNING, at("Mon 17:00")),
            (AlarmKind.WARNING, at("Tue 13:30")),
            (AlarmKind.BREACHED, at("Tue 17:00")),
        ]

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"])
    @pytest.mark.parametrize("intervals", [("09:00-17:00",), ("09:00-12:00", "13:00-17:00"), ("22:15-24:00",)])
    def test_no_due_time_lies_outside_business_hours(self, zone: str, intervals: tuple[str, ...]) -> None:
        """glpi 9082: due times lay outside business hours."""
        hours = parse_calendar(zone, {day: week(*intervals)[day] for day in DAYS[:5]}, ["2026-03-30"])
        edges = [tuple(interval.split("-")) for interval in intervals]
        for opened_after in range(0, 9 * 24 * 60, 97):
            for minutes in (1, 59, 480, 1234):
                at_due = due(hours, instant("2026-03-25T00:00Z") + opened_after * MINUTE, minutes * 60)
                last_minute = (at_due - MINUTE).astimezone(ZoneInfo(zone))
                assert last_minute.weekday() < 5
                assert last_minute.date().isoformat() != "2026-03-30"
                assert any(opens <= f"{last_minute:%H:%M}" < closes for opens, closes in edges)


class TestUpdates:
    agreement = agreed(acknowledge=4, update=1, resolve=16)

    def test_the_update_target_says_nothing_about_the_first_response(self) -> None:
        """zammad 5177: the shorter update target overruled the one for the first response."""
        story = opened(self.agreement)
        assert [clock.metric for clock in story.clocks("Mon 12:59")] == [ACKNOWLEDGE, RESOLVE]
        assert story.the(ACKNOWLEDGE, "Mon 12:59").due_at == at("Mon 13:00")
        late = story.then("start", "Mon 12:00").clocks("Mon 14:00")
        assert [(clock.metric, clock.state) for clock in late] == [
            (ACKNOWLEDGE, State.MET),
            (RESOLVE, State.RUNNING),
            (UPDATE, State.BREACHED),
        ]

    def test_nor_does_it_say_when_the_ticket_is_due(self) -> None:
        """zammad 5177."""
        clocks = opened(self.agreement).then("start", "Mon 10:00").clocks("Mon 10:30")
        deciding = deciding_clock(clocks, leg=1)
        assert deciding is not None
        assert (deciding.metric, deciding.due_at) == (RESOLVE, at("Tue 17:00"))

    def test_after_an_answer_by_the_provider_nothing_of_before_it_escalates(self) -> None:
        """zammad 3140: what had been answered still escalated."""
        story = opened(self.agreement).then("start", "Mon 10:00").comment("Mon 11:00")
        answered, following = story.those(UPDATE, "Mon 11:30")
        assert (answered.state, answered.met_at, answered.stopped_at) == (State.MET, at("Mon 11:00"), at("Mon 11:00"))
        assert alarms(answered, OFFICE, [0.5]) == ()
        assert [alarm.at for alarm in alarms(following, OFFICE, [0.75])] == [at("Mon 11:45"), at("Mon 12:00")]

    def test_an_answer_by_the_requester_ends_no_interval(self) -> None:
        """zammad 3140, the other way round."""
        story = opened(self.agreement).then("start", "Mon 10:00")
        story = story.then("comment", "Mon 10:50", by_provider=False, visible_to_requester=True)
        assert states(story.those(UPDATE, "Mon 11:01")) == ["breached"]


class TestWhatWasAgreed:
    def test_a_version_made_later_changes_nothing_before_it_is_applied(self) -> None:
        """frappe/helpdesk 2214: editing an SLA silently changed old tickets."""
        story = opened(agreed(resolve=8))
        later = agreed(resolve=1, version=2)
        untouched = story.then("start", "Mon 10:00").then("wait", "Mon 11:00", on="customer")
        clock = untouched.then("resume", "Mon 12:00").the(RESOLVE, "Mon 12:00")
        assert (clock.sla_version, clock.target_seconds, clock.due_at) == (1, 8 * HOUR, at("Tue 10:00"))
        applied = untouched.then("reapply", "Mon 12:00", agreement=later).the(RESOLVE, "Mon 12:00")
        assert (applied.sla_version, applied.breached_at) == (2, at("Mon 12:00"))

    def test_applied_it_changes_nothing_that_was_decided(self) -> None:
        """frappe/helpdesk 2214."""
        story = opened(agreed(acknowledge=1, resolve=8)).then("start", "Mon 09:30").then("resolve", "Mon 12:00")
        before = story.clocks("Mon 13:00")
        story = story.then("reapply", "Mon 13:00", agreement=agreed(acknowledge=0.1, resolve=1, version=2))
        assert story.clocks("Mon 13:00") == before

    def test_what_was_acknowledged_in_time_does_not_turn_late_as_time_goes_by(self) -> None:
        """glpi 3576: acknowledged, but the bar still red."""
        story = opened(agreed(acknowledge=1, resolve=8)).then("acknowledge", "Mon 09:59")
        for when in ("Mon 10:00:01", "Mon 17:00", "Fri2 12:00"):
            clock = story.the(ACKNOWLEDGE, when)
            assert (clock.state, clock.breached_at, clock.elapsed_seconds) == (State.MET, None, 59 * 60)
            assert alarms(clock, OFFICE, [0.5]) == ()

    def test_what_was_acknowledged_late_makes_no_other_clock_late(self) -> None:
        """glpi 3576."""
        clocks = opened(agreed(acknowledge=1, resolve=8)).then("acknowledge", "Mon 10:30").clocks("Mon 11:00")
        assert states(clocks) == ["breached", "running"]
        deciding = deciding_clock(clocks, leg=1)
        assert deciding is not None
        assert deciding.state is State.RUNNING


def resolve_clock(hours: Calendar, target_hours: float, start: str, as_of: str) -> Clock[str]:
    """The resolve clock of a ticket that is only opened."""
    versions = CalendarTimeline(((instant("2000-01-01T00:00Z"), hours),))
    agreement: Agreement[str] = agreed(resolve=target_hours, hours=versions)
    (clock,) = clocks_at(Opening(instant(start), "FIN", "p3", agreement), [], instant(as_of))
    assert clock.metric is Metric.RESOLVE
    return clock


class TestHalfAnHourOfDaylightSaving:
    """Australia/Lord_Howe moves its clocks by half an hour."""

    always = parse_calendar("Australia/Lord_Howe", week("00:00-24:00"))
    night = parse_calendar("Australia/Lord_Howe", week("01:30-02:30"))

    def test_the_night_in_autumn_has_half_an_hour_more(self) -> None:
        assert open_hours(self.always, "2026-04-04T13:00Z", "2026-04-05T13:30Z") == 24.5
        assert open_hours(self.night, "2026-04-04T13:00Z", "2026-04-05T13:30Z") == 1.5

    def test_the_night_in_spring_has_half_an_hour_less(self) -> None:
        assert open_hours(self.always, "2026-10-03T13:30Z", "2026-10-04T13:00Z") == 23.5
        assert open_hours(self.night, "2026-10-03T13:30Z", "2026-10-04T13:00Z") == 0.5

    def test_a_day_of_business_time_is_due_at_another_local_time_across_it(self) -> None:
        clock = resolve_clock(self.always, 24, "2026-04-04T13:00Z", "2026-04-04T20:00Z")
        assert (clock.due_at, hours_of(clock)) == (instant("2026-04-05T13:00Z"), 7)

    def test_the_half_hour_that_is_repeated_counts_twice(self) -> None:
        clock = resolve_clock(self.night, 1.5, "2026-04-04T13:00Z", "2026-04-05T00:00Z")
        assert clock.due_at == datetime(2026, 4, 5, 2, 30, tzinfo=ZoneInfo("Australia/Lord_Howe")).astimezone(UTC)


class TestADaySkipped:
    """Pacific/Apia went from Thursday 29 to Saturday 31 December 2011."""

    weekdays = {day: week("09:00-17:00")[day] for day in DAYS[:5]}
    office = parse_calendar("Pacific/Apia", weekdays)

    def test_the_friday_that_never_was_has_no_business_hours(self) -> None:
        assert open_hours(self.office, "2011-12-29T19:00Z", "2012-01-01T19:00Z") == 8
        assert due(self.office, instant("2011-12-29T19:00Z"), 8 * HOUR + 60) == instant("2012-01-01T19:01Z")

    def test_a_target_across_it_is_due_on_the_monday(self) -> None:
        clock = resolve_clock(self.office, 12, "2011-12-29T19:00Z", "2011-12-31T12:00Z")
        assert (clock.state, hours_of(clock), clock.due_at) == (State.RUNNING, 8, instant("2012-01-01T23:00Z"))

    def test_a_holiday_on_it_takes_nothing_away(self) -> None:
        with_holiday = parse_calendar("Pacific/Apia", self.weekdays, ["2011-12-30"])
        span = ("2011-12-26T00:00Z", "2012-01-09T00:00Z")
        assert open_hours(with_holiday, *span) == open_hours(self.office, *span)


class TestDaylightSavingInRamadan:
    """Africa/Casablanca is an hour behind its usual time during Ramadan: in 2026 from 15 February to 22 March."""

    office = parse_calendar("Africa/Casablanca", week("09:00-17:00"))

    def test_before_during_and_after_it_the_office_opens_at_nine_local_time(self) -> None:
        for day, opens in (("2026-02-14", 8), ("2026-02-16", 9), ("2026-03-21", 9), ("2026-03-23", 8)):
            begin = instant(f"{day}T00:00Z")
            assert due(self.office, begin, 60) == begin + timedelta(hours=opens, minutes=1)

    def test_the_nights_of_the_changes_have_an_hour_more_and_an_hour_less(self) -> None:
        night = parse_calendar("Africa/Casablanca", week("01:00-04:00"))
        assert open_hours(night, "2026-02-14T20:00Z", "2026-02-15T12:00Z") == 4
        assert open_hours(night, "2026-03-21T20:00Z", "2026-03-22T12:00Z") == 2

    def test_a_clock_that_runs_through_all_of_it_counts_every_working_day_once(self) -> None:
        clock = resolve_clock(self.office, 400, "2026-02-14T00:00Z", "2026-03-24T00:00Z")
        assert hours_of(clock) == 38 * 8
