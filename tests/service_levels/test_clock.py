"""One clock as it is stored: read at a later instant, by another version of its calendar."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.directory.calendar import CalendarTimeline, parse_calendar
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
    met,
    paused,
    rescheduled,
    resumed,
    started,
    view,
)

HOUR = 3600
WEEK = ("mon", "tue", "wed", "thu", "fri")


def monday(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{time}+00:00")


def calendar(*hours: str) -> CalendarTimeline:
    week = {day: [list(interval.split("-")) for interval in hours] for day in WEEK}
    return CalendarTimeline(((monday("00:00"), parse_calendar("UTC", week)),))


OFFICE = calendar("09:00-17:00")
SHORTENED = CalendarTimeline((*OFFICE.versions, (monday("12:00"), calendar("09:00-13:00").versions[0][1])))


def terms(seconds: int = 4 * HOUR, pauses: bool = False, hours: CalendarTimeline = OFFICE) -> Terms[str]:
    agreement = Agreement("FIN", 1, hours, (Target("resolve", seconds),), frozenset({"customer"}), (0.5, 0.8))
    return Terms(agreement, seconds, pauses)


def running(seconds: int = 4 * HOUR) -> Clock[str]:
    return started(1, Metric.RESOLVE, Scope.TICKET, 1, "FIN", terms(seconds), monday("09:00"))


def as_stored(clock: Clock[str]) -> Clock[str]:
    return replace(clock, stretches=())


def test_a_running_clock_tells_its_state_at_any_later_instant() -> None:
    clock = view(running(), OFFICE, monday("11:00"))
    assert (clock.state, clock.elapsed_seconds, clock.remaining_seconds) == (State.RUNNING, 2 * HOUR, 2 * HOUR)
    assert (clock.due_at, clock.breached_at) == (monday("13:00"), None)


def test_a_running_clock_is_breached_right_after_its_due_time() -> None:
    assert view(running(), OFFICE, monday("13:00")).state is State.RUNNING
    clock = view(running(), OFFICE, monday("13:00:01"))
    assert (clock.state, clock.due_at, clock.breached_at) == (State.BREACHED, monday("13:00"), monday("13:00"))
    assert clock.remaining_seconds == -1


def test_a_paused_or_stopped_clock_stands_still() -> None:
    resting = paused(running(), OFFICE, monday("10:00"))
    done = met(running(), OFFICE, monday("10:00"))
    over = ended(running(), OFFICE, monday("10:00"), State.CANCELLED)
    for clock in (resting, done, over):
        assert view(clock, OFFICE, monday("16:00")) == clock
        assert clock.elapsed_seconds == HOUR
    assert [clock.stopped_at for clock in (resting, done, over)] == [None, monday("10:00"), monday("10:00")]


def test_a_breached_clock_that_ends_while_waiting_is_paused_no_longer() -> None:
    clock = ended(paused(running(), OFFICE, monday("14:00")), OFFICE, monday("16:00"), State.CANCELLED)
    assert (clock.state, clock.paused_at, clock.stopped_at) == (State.BREACHED, None, monday("16:00"))


def test_a_breached_clock_that_counts_is_read_on() -> None:
    clock = resumed(paused(running(), OFFICE, monday("14:00")), OFFICE, monday("15:00"))
    assert view(as_stored(clock), OFFICE, monday("16:00")).elapsed_seconds == 6 * HOUR


def test_reading_needs_no_more_than_what_is_stored_and_can_be_repeated() -> None:
    clock = as_stored(resumed(paused(running(), OFFICE, monday("10:00")), OFFICE, monday("12:00")))
    once = view(clock, OFFICE, monday("16:00"))
    assert once == view(view(clock, OFFICE, monday("13:00")), OFFICE, monday("16:00"))
    assert (once.elapsed_seconds, once.state, once.breached_at) == (5 * HOUR, State.BREACHED, monday("15:00"))


def test_a_stored_due_time_of_an_older_calendar_is_made_anew_when_read() -> None:
    clock = view(running(6 * HOUR), SHORTENED, monday("12:30"))
    assert clock.due_at == monday("11:00") + timedelta(days=1)
    assert view(running(6 * HOUR), SHORTENED, monday("11:00")).due_at == monday("15:00")


def test_a_changed_calendar_moves_the_due_time_of_a_running_clock() -> None:
    assert rescheduled(running(6 * HOUR), SHORTENED).due_at == monday("11:00") + timedelta(days=1)
    assert rescheduled(running(), OFFICE) == running()


def test_a_changed_calendar_moves_nothing_that_is_not_running_or_was_breached_before() -> None:
    resting = paused(running(), OFFICE, monday("10:00"))
    done = met(running(), OFFICE, monday("10:00"))
    assert rescheduled(resting, SHORTENED) == resting
    assert rescheduled(done, SHORTENED) == done
    assert rescheduled(running(2 * HOUR), SHORTENED).due_at == monday("11:00")


def test_a_target_is_that_of_the_priority_where_it_has_one() -> None:
    targets = (Target("resolve", 800, (("p1", 100), ("p2", 200))), Target("update", 50))
    agreement = Agreement("FIN", 1, OFFICE, targets)
    assert [agreement.target_seconds("resolve", priority) for priority in ("p1", "p2", "p3")] == [100, 200, 800]
    assert agreement.target_seconds("update", "p1") == 50
    assert agreement.target_seconds("acknowledge", "p1") is None


def test_a_history_cannot_be_gone_on_with_from_what_is_stored_when_its_past_is_needed() -> None:
    stored = as_stored(paused(running(), OFFICE, monday("12:00")))
    with pytest.raises(ValueError, match="from its beginning"):
        exchanged(stored, OFFICE, monday("14:00"), terms(2 * HOUR))
