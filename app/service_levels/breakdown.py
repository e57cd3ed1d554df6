"""Who used the time of a ticket's clocks: what each leg spent, who was waited for, who had it at the breach. Pure.

The history is replayed. What a clock counts between two steps is charged to the leg and the wait of that interval, so
the legs of a clock always sum to its `elapsed_seconds`. Instants are timezone-aware UTC datetimes of whole seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Generic, TypeVar

from app.directory.calendar import elapsed
from app.service_levels.clock import Clock, Scope, State
from app.service_levels.ticket_clocks import Clocks, Opening, Step, advance, in_order, opened

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Assignment(Generic[Id]):
    """Which member has a ticket from an instant on; None: nobody, it is in its department's queue."""

    at: datetime
    member_id: Id | None


@dataclass(frozen=True, slots=True)
class LegUse(Generic[Id]):
    """What one leg used of a clock.

    `elapsed_seconds` is business time by the clock's calendar, `share_of_target` that by the target. Of it
    `beyond_target_seconds` came when the target was used up already. `overrun_seconds` is its part of all that is
    beyond the target, by what each leg used.
    """

    leg: int
    department_id: Id
    elapsed_seconds: int
    share_of_target: float
    beyond_target_seconds: int
    overrun_seconds: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Waiting for one party while a clock lived: around the clock, and in business time by the clock's calendar."""

    party: str
    clock_stood_still: bool
    wait_seconds: int
    business_seconds: int


@dataclass(frozen=True, slots=True)
class Holder(Generic[Id]):
    """Who had a ticket: the department, in which leg, and the member it was assigned to."""

    department_id: Id
    leg: int
    assignee_id: Id | None


@dataclass(frozen=True, slots=True)
class Breakdown(Generic[Id]):
    """A clock at an instant, and who used its time until then.

    `legs` are those in which it ran or was paused, in order. `held_at_breach` is None unless it is breached.
    """

    clock: Clock[Id]
    legs: tuple[LegUse[Id], ...]
    waits: tuple[Waited, ...]
    held_at_breach: Holder[Id] | None


def breakdown(
    opening: Opening[Id], steps: Iterable[Step[Id]], as_of: datetime, assignments: Sequence[Assignment[Id]] = ()
) -> tuple[Breakdown[Id], ...]:
    """Each clock at any instant, as `clocks_at` gives it and in that order, with who used its time.

    `assignments` are in the order in which they were recorded; one that a hand-off ends is ended by one to nobody.
    """
    if as_of < opening.at:
        return ()
    ledger: _Ledger[Id] = _Ledger()
    clocks, since = opened(opening), opening.at
    for step in steps:
        if step.at > as_of:
            break
        ledger.charge(clocks, since, step.at)
        clocks, since = advance(clocks, step), step.at
    ledger.charge(clocks, since, as_of)
    return tuple(
        Breakdown(clock, ledger.legs_of(clock), ledger.waits_of(clock), ledger.holder_of(clock, assignments))
        for clock in in_order(clocks.view(as_of))
    )


class _Ledger(Generic[Id]):
    """What was charged so far; clocks go by their numbers."""

    def __init__(self) -> None:
        self._used: dict[int, dict[int, int]] = {}
        self._waited: dict[int, dict[tuple[str, bool], tuple[int, int]]] = {}
        self._holders: list[tuple[datetime, int, Id]] = []

    def charge(self, clocks: Clocks[Id], since: datetime, until: datetime) -> None:
        """Charges what the clocks count from one step to the next, as the first of the two left them."""
        self._holders.append((since, clocks.leg, clocks.department_id))
        for position, calendar in clocks.live.values():
            clock = clocks.clocks[position]
            stands_still = clock.paused_at is not None
            if clock.counting_since is None and not stands_still:
                continue
            seconds = elapsed(calendar, since, until)
            used = self._used.setdefault(clock.number, {})
            used[clocks.leg] = used.get(clocks.leg, 0) + (0 if stands_still else seconds)
            if clocks.waiting_on is not None and until > since:
                waited = self._waited.setdefault(clock.number, {})
                before = waited.get((clocks.waiting_on, stands_still), (0, 0))
                waiting = int((until - since).total_seconds())
                waited[clocks.waiting_on, stands_still] = (before[0] + waiting, before[1] + seconds)

    def legs_of(self, clock: Clock[Id]) -> tuple[LegUse[Id], ...]:
        departments = {leg: department_id for _, leg, department_id in self._holders}
        used = self._used.get(clock.number, {})
        ends = list(accumulate(used.values()))
        overruns = _split(max(0, -clock.remaining_seconds), list(used.values()))
        return tuple(
            LegUse(
                leg,
                departments[leg],
                seconds,
                seconds / clock.target_seconds,
                max(0, end - max(clock.target_seconds, end - seconds)),
                overrun,
            )
            for (leg, seconds), end, overrun in zip(used.items(), ends, overruns, strict=True)
        )

    def waits_of(self, clock: Clock[Id]) -> tuple[Waited, ...]:
        return tuple(
            Waited(party, stood_still, *seconds)
            for (party, stood_still), seconds in sorted(self._waited.get(clock.number, {}).items())
        )

    def holder_of(self, clock: Clock[Id], assignments: Sequence[Assignment[Id]]) -> Holder[Id] | None:
        """Who had the ticket just after `breached_at`: what happened at that instant came before the breach."""
        breached_at = clock.breached_at
        if clock.state is not State.BREACHED or breached_at is None:
            return None
        leg, department_id = clock.leg, clock.department_id
        if clock.scope is Scope.TICKET:
            _, leg, department_id = [holder for holder in self._holders if holder[0] <= breached_at][-1]
        assigned = [each.member_id for each in assignments if each.at <= breached_at]
        return Holder(department_id, leg, assigned[-1] if assigned else None)


def _split(total: int, weights: Sequence[int]) -> list[int]:
    """A total by weights, in whole seconds that sum to it: the largest remainders get what is left over."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
