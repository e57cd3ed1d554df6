"""The alarms of random lives: told when the minute comes in which the literal clock has used so much, and only then."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.service_levels.alarms import AlarmKind, alarms, next_alarm
from app.service_levels.clock import State
from app.tickets.life.lifecycle import Priority
from tests.service_levels import literal_clocks as literal
from tests.service_levels.places import PLACES
from tests.service_levels.test_random_lives import (
    DEPARTMENTS,
    LIVES,
    Draft,
    Happening,
    TwoLives,
    happenings,
    offers,
)

HALF, MOST = 0.5, 0.8
FRACTIONS = (HALF, MOST)
Told = tuple[int, str, int]
"""The number of a clock, what is told of it, and the minute of that."""


class AlarmedLives(TwoLives):
    """Lives in which each step first looks back at what should have been told since the one before."""

    last: int
    silent: dict[int, set[float]]

    def step(self, verb: str, **needs: Any) -> None:
        if not hasattr(self, "last"):
            self.last, self.silent = self.opened_at, {}
        promised = self.promised()
        self.expected.pass_time(self.now)
        assert promised == self.passed()
        targets = [clock.target for clock in self.expected.clocks]
        used = [self.used(clock) for clock in self.expected.clocks]
        super().step(verb, **needs)
        for number, target in enumerate(targets):
            if self.expected.clocks[number].target != target:
                self.silent.setdefault(number, set()).update(used[number])
        self.last = self.now

    def promised(self) -> set[Told]:
        """What the service was to tell between the last step and this one."""
        found = set()
        for position, calendar in self.clocks.live.values():
            clock = self.clocks.clocks[position]
            to_come = alarms(clock, calendar, FRACTIONS)
            assert next_alarm(clock, calendar, FRACTIONS) == (to_come[0] if to_come else None)
            assert clock.state is State.RUNNING or not to_come
            for alarm in to_come:
                kind = "breached" if alarm.kind is AlarmKind.BREACHED else str(alarm.fraction)
                found.add((position, kind, -(-int(alarm.at.timestamp()) // 60)))
        return self.between(found)

    def passed(self) -> set[Told]:
        """What came to pass between them, minute by minute."""
        found = set()
        for number, clock in enumerate(self.expected.clocks):
            if clock.breached_at is not None and clock.breached_at == clock.due_at:
                found.add((number, "breached", clock.breached_at))
            for share in set(FRACTIONS) - self.silent.get(number, set()):
                minutes = self.minutes_of(share, clock)
                if clock.elapsed >= minutes:
                    found.add((number, str(share), clock.reached(minutes)))
        return self.between(found)

    def between(self, found: set[Told]) -> set[Told]:
        return {told for told in found if self.last < told[2] < self.now}

    def used(self, clock: literal.Clock) -> set[float]:
        return {share for share in FRACTIONS if clock.elapsed >= self.minutes_of(share, clock)}

    def minutes_of(self, share: float, clock: literal.Clock) -> int:
        """The first whole minute by which the share is used."""
        tenths = round(share * 10) * clock.target
        return -(-tenths // 10)


@pytest.mark.parametrize("where", PLACES)
def test_what_is_told_of_a_random_life_is_what_came_to_pass_each_once(where: str) -> None:
    @given(
        st.sampled_from(Priority),
        st.fixed_dictionaries({department: offers(where) for department in DEPARTMENTS}),
        happenings(where),
    )
    def live(priority: Priority, drafts: dict[str, tuple[Draft, ...]], happenings: list[Happening]) -> None:
        both = AlarmedLives(where, priority, drafts)
        for happening in happenings:
            both.go_on(happening)

    lives = settings(
        max_examples=-(-LIVES // len(PLACES) // 5),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    lives(live)()
