"""The alarms of one clock: when they can be told, in which order, and which stay silent."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.calendar import CalendarTimeline, elapsed, parse_calendar
from app.service_levels.alarms import Alarm, AlarmKind, alarms, alarms_between, moved, next_alarm
from app.service_levels.clock import (
    Agreement,
    Clock,
    Metric,
    Scope,
    State,
    Target,
    Terms,
    ended,
    exchanged,
    lapsed,
    met,
    paused,
    reopened,
    rescheduled,
    resumed,
    started,
)
from app.service_levels.escalations import Do, Escalation
from app.service_levels.ticket_clocks import Opening, Step, opened, replay

HOUR = 3600
WEEK = ("mon", "tue", "wed", "thu", "fri")
SECOND = timedelta(seconds=1)


def monday(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{time}+00:00")


def calendar(*hours: str, timezone: str = "UTC") -> CalendarTimeline:
    week = {day: [list(interval.split("-")) for interval in hours] for day in WEEK}
    return CalendarTimeline(((monday("00:00"), parse_calendar(timezone, week)),))


OFFICE = calendar("09:00-17:00")
TWICE_A_DAY = calendar("09:00-12:00", "13:00-17:00")
SHORTENED = CalendarTimeline((*OFFICE.versions, (monday("12:00"), calendar("09:00-13:00").versions[0][1])))
ROUND_MIDNIGHT = calendar("00:00-02:00", "22:00-24:00", timezone="Europe/Paris")


def terms(seconds: int = 4 * HOUR, hours: CalendarTimeline = OFFICE) -> Terms[str]:
    agreement = Agreement("FIN", 1, hours, (Target("resolve", seconds),), frozenset({"customer"}), (0.5, 0.8))
    return Terms(agreement, seconds, False)


def running(seconds: int = 4 * HOUR) -> Clock[str]:
    return started(1, Metric.RESOLVE, Scope.TICKET, 1, "FIN", terms(seconds), monday("09:00"))


def test_warnings_come_at_fractions_of_the_target_in_business_time_and_the_breach_when_it_is_due() -> None:
    assert alarms(running(10 * HOUR), OFFICE, (0.8, 0.5, 0.5)) == (
        Alarm(AlarmKind.WARNING, monday("14:00"), 0.5),
        Alarm(AlarmKind.WARNING, monday("17:00"), 0.8),
        Alarm(AlarmKind.BREACHED, monday("11:00") + timedelta(days=1)),
    )


def test_a_warning_at_the_whole_target_comes_when_it_is_due_and_beyond_it_none() -> None:
    warning, breach = alarms(running(), OFFICE, (1.0, 1.5))
    assert (warning.kind, warning.at, breach.at) == (AlarmKind.WARNING, monday("13:00"), monday("13:00"))


def test_a_fraction_that_is_no_whole_second_is_reached_at_the_next() -> None:
    (warning, _) = alarms(running(30), OFFICE, (0.1,))
    assert warning.at == monday("09:00:03")
    (warning, _) = alarms(running(31), OFFICE, (0.1,))
    assert warning.at == monday("09:00:04")


def test_fractions_that_had_passed_when_it_began_to_count_stay_silent() -> None:
    reopening = reopened(met(running(), OFFICE, monday("12:00")), OFFICE, monday("14:00"))
    assert alarms(reopening, OFFICE, (0.5, 0.75, 0.8)) == (
        Alarm(AlarmKind.WARNING, monday("14:12"), 0.8),
        Alarm(AlarmKind.BREACHED, monday("15:00")),
    )


def test_alarms_follow_a_changed_calendar() -> None:
    tuesday = timedelta(days=1)
    assert [alarm.at for alarm in alarms(running(6 * HOUR), SHORTENED, (0.5, 0.8))] == [
        monday("12:00"),
        monday("09:48") + tuesday,
        monday("11:00") + tuesday,
    ]


def test_only_a_running_clock_has_alarms() -> None:
    late = resumed(paused(running(), OFFICE, monday("14:00")), OFFICE, monday("15:00"))
    for clock in (
        paused(running(), OFFICE, monday("10:00")),
        met(running(), OFFICE, monday("10:00")),
        ended(running(), OFFICE, monday("10:00"), State.HANDED_OVER),
        late,
    ):
        assert alarms(clock, OFFICE, (0.5,)) == ()


def test_a_clock_that_is_never_due_warns_but_is_not_breached() -> None:
    endless = running(8 * HOUR * 3000)
    assert endless.due_at is None
    assert [alarm.kind for alarm in alarms(endless, OFFICE, (0.5,))] == [AlarmKind.WARNING]


def test_a_breach_is_told_the_second_after_since_a_clock_can_be_met_at_its_due_time() -> None:
    warning, breach = alarms(running(), OFFICE, (0.5,))
    assert warning.told_from == warning.at
    assert breach.told_from == breach.at + SECOND
    assert lapsed(running(), breach.at).state is State.RUNNING
    assert lapsed(running(), breach.told_from).state is State.BREACHED


def test_what_was_used_of_an_earlier_target_stays_silent_after_it_was_exchanged() -> None:
    longer = exchanged(running(), OFFICE, monday("11:30"), terms(10 * HOUR))
    assert [alarm.fraction for alarm in alarms(longer, OFFICE, (0.5, 0.6, 0.625, 0.63, 0.8))] == [0.63, 0.8, None]
    back = exchanged(longer, OFFICE, monday("11:30"), terms())
    assert [alarm.fraction for alarm in alarms(back, OFFICE, (0.5, 0.8))] == [0.8, None]


def test_the_next_alarm_of_an_agreement_is_its_first_warning_or_escalation() -> None:
    targets = (Target("acknowledge", HOUR), Target("resolve", 4 * HOUR))
    first: Escalation[str] = Escalation("resolve", 0.25, Do.OPEN_TICKET)
    escalations = (first, replace(first, metric="acknowledge", at=1))
    for warn_at, escalated, expected in (
        ((), (), {0: monday("10:00:01"), 1: monday("13:00:01")}),
        ((0.5,), (), {0: monday("09:30"), 1: monday("11:00")}),
        ((0.5,), escalations, {0: monday("09:30"), 1: monday("10:00")}),
    ):
        agreement = Agreement("FIN", 1, OFFICE, targets, frozenset({"customer"}), warn_at, escalated)
        opening = Opening(monday("09:00"), "FIN", "p3", agreement)
        assert opened(opening).next_alarms() == expected
        assert replay(opening, [Step("wait", monday("09:10"), on="customer")]).next_alarms() == {}
        assert opened(Opening(monday("09:00"), "FIN", "p3", None)).next_alarms() == {}


def test_an_alarm_keeps_its_place_when_the_calendar_changes() -> None:
    clock, fractions = running(6 * HOUR), (0.5, 0.8)
    for before, after in zip(alarms(clock, OFFICE, fractions), alarms(clock, SHORTENED, fractions), strict=True):
        assert moved(before.told_from, clock, OFFICE, SHORTENED, fractions) == after.told_from
    beyond = monday("09:00") + timedelta(days=9)
    assert moved(beyond, clock, OFFICE, SHORTENED, fractions) is None


def test_alarms_of_two_intervals_a_day_and_round_midnight_come_when_the_calendar_is_open() -> None:
    at_noon = running(6 * HOUR)
    assert [alarm.at for alarm in alarms(at_noon, TWICE_A_DAY, (0.5, 0.51))][:2] == [
        monday("12:00"),
        monday("13:03:36"),
    ]
    at_midnight = replace(running(4 * HOUR), started_at=monday("21:00"), counting_since=monday("21:00"))
    assert [alarm.at for alarm in alarms(at_midnight, ROUND_MIDNIGHT, (0.5, 0.75))] == [
        monday("23:00"),
        monday("23:00") + timedelta(hours=1),
        monday("23:00") + timedelta(hours=2),
    ]


FRACTIONS = st.lists(st.floats(0.01, 1).map(lambda fraction: round(fraction, 3)), max_size=5)
CALENDARS = st.sampled_from([OFFICE, TWICE_A_DAY, SHORTENED, ROUND_MIDNIGHT])


@st.composite
def clocks(draw: st.DrawFn) -> tuple[Clock[str], CalendarTimeline]:
    """A running clock that had used some of its target before it began to count."""
    hours = draw(CALENDARS)
    since = monday("00:00") + timedelta(seconds=draw(st.integers(0, 10 * 86_400)))
    target = draw(st.integers(1, 200_000))
    clock = started(1, Metric.RESOLVE, Scope.TICKET, 1, "FIN", terms(target, hours), since)
    return rescheduled(replace(clock, elapsed_seconds=draw(st.integers(0, target))), hours), hours


@settings(max_examples=150, deadline=None)
@given(clocks(), FRACTIONS, st.lists(st.integers(0, 40 * 86_400), max_size=8))
def test_however_often_one_looks_each_alarm_is_found_once_and_in_order(
    counting: tuple[Clock[str], CalendarTimeline], fractions: list[float], looks: list[int]
) -> None:
    clock, hours = counting
    every = alarms(clock, hours, fractions)
    following, found = next_alarm(clock, hours, fractions), []
    for seconds in [*sorted(looks), 4000 * 86_400]:
        until = clock.started_at + timedelta(seconds=seconds)
        while following is not None and following.told_from <= until:
            told, following = alarms_between(clock, hours, fractions, following.told_from, until)
            found += told
    assert tuple(found) == every
    assert [alarm.told_from for alarm in every] == sorted(alarm.told_from for alarm in every)


@settings(max_examples=150, deadline=None)
@given(clocks(), FRACTIONS)
def test_an_alarm_is_the_first_instant_at_which_its_share_is_used(
    counting: tuple[Clock[str], CalendarTimeline], fractions: list[float]
) -> None:
    clock, hours = counting
    for alarm in alarms(clock, hours, fractions):
        share = 1 if alarm.fraction is None else alarm.fraction

        def used(at: datetime) -> int:
            return clock.elapsed_seconds + elapsed(hours, clock.started_at, at)

        assert used(alarm.at) >= share * clock.target_seconds - 1e-6
        assert alarm.at == clock.started_at or used(alarm.at - SECOND) < share * clock.target_seconds
