"""What if an SLA had said something else? The lives of tickets, gone through again with a proposed version of it. Pure.

At each step at which an agreement was matched it is matched anew with the proposed version in place of the SLA. What
that does not concern keeps what it had: a leg that neither had the SLA nor gets the proposed version of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any, Generic, TypeVar

from app.service_levels.clock import Agreement, Clock, Metric, State
from app.service_levels.intervals import Interval, wilson
from app.service_levels.ticket_clocks import REAPPLY, Clocks, Opening, Step, advance, opened

Id = TypeVar("Id")

Choose = Callable[[Id, str, datetime], Agreement[Id] | None]
"""What a department would have undertaken at an instant towards the ticket at a priority, by the proposed version and
what else it offered then."""

_HAND_OVERS = ("transfer", "return")
_PRIORITISE = "prioritise"


@dataclass(frozen=True, slots=True)
class Life(Generic[Id]):
    """A ticket as it went: how it began and what was done, each with what was matched then."""

    opening: Opening[Id]
    steps: tuple[Step[Id], ...]


@dataclass(frozen=True, slots=True)
class Both(Generic[Id]):
    """A ticket's clocks as they went, and as they would have gone."""

    then: Clocks[Id]
    proposed: Clocks[Id]

    def settled(self, as_of: datetime) -> "Both[Id]":
        """The same as of an instant not before the last step."""
        return Both(self.then.settled(as_of), self.proposed.settled(as_of))


def simulated(life: Life[Id], proposed: Agreement[Id], choose: Choose[Id]) -> Both[Id]:
    """A life gone through with the proposed version, which has the id of the SLA in whose place it stands."""

    def renewed(recorded: Agreement[Id] | None, anew: Agreement[Id] | None) -> Agreement[Id] | None:
        concerned = anew is proposed or (recorded is not None and recorded.sla_id == proposed.sla_id)
        return anew if concerned else recorded

    opening = life.opening
    anew = choose(opening.department_id, opening.priority, opening.at)
    both = Both(opened(opening), opened(replace(opening, agreement=renewed(opening.agreement, anew))))
    for step in life.steps:
        then, other = advance(both.then, step), step
        if step.verb in _HAND_OVERS and step.department_id is not None:
            anew = choose(step.department_id, both.proposed.priority, step.at)
            other = replace(step, agreement=renewed(step.agreement, anew))
        elif step.verb == _PRIORITISE:
            other = _prioritised(both, step, proposed, choose, renewed)
        elif step.verb == REAPPLY:
            other = replace(
                step,
                agreement=_kept(both.then.agreement, both.proposed.agreement, step.agreement),
                ticket_agreement=_kept(
                    both.then.ticket_agreement, both.proposed.ticket_agreement, step.ticket_agreement
                ),
            )
        both = Both(then, advance(both.proposed, other))
    return both


def _prioritised(
    both: Both[Id],
    step: Step[Id],
    proposed: Agreement[Id],
    choose: Choose[Id],
    renewed: Callable[[Agreement[Id] | None, Agreement[Id] | None], Agreement[Id] | None],
) -> Step[Id]:
    """The step as it would have selected. A side that had gone another way by then is matched anew in any case."""
    priority = step.priority or both.proposed.priority
    of_leg = choose(both.proposed.department_id, priority, step.at)
    of_ticket = choose(both.proposed.first_department_id, priority, step.at)
    if both.proposed.agreement is both.then.agreement:
        of_leg = renewed(step.agreement, of_leg)
    same_scope = both.proposed.has_ticket_scope == both.then.has_ticket_scope
    if same_scope and both.proposed.ticket_agreement is both.then.ticket_agreement:
        of_ticket = renewed(step.ticket_agreement, of_ticket)
    return replace(step, agreement=of_leg, ticket_agreement=of_ticket)


def _kept(
    then: Agreement[Id] | None, proposed: Agreement[Id] | None, moved: Agreement[Id] | None
) -> Agreement[Id] | None:
    """What a move to a current version leaves: one that had gone another way stays there."""
    return moved if proposed is then else proposed


@dataclass(frozen=True, slots=True)
class Window:
    """Decisions from `since` (inclusive) to `before` count, but for those that `is_excluded`."""

    since: datetime
    before: datetime
    is_excluded: Callable[[Clock[Any], datetime], bool] = field(default=lambda _clock, _at: False)

    def decided_at(self, clock: Clock[Any]) -> datetime | None:
        """When the clock was met or breached, if that was within."""
        at = clock.met_at if clock.state is State.MET else clock.breached_at if clock.state is State.BREACHED else None
        return at if at is not None and self.since <= at < self.before else None

    def counts(self, clock: Clock[Any]) -> bool:
        """Whether the clock was decided within, and not in an exclusion window."""
        at = self.decided_at(clock)
        return at is not None and not self.is_excluded(clock, at)


@dataclass(slots=True)
class Tally:
    """The decisions of some clocks, counted."""

    met: int = 0
    breached: int = 0
    excluded: int = 0
    _elapsed: list[int] = field(default_factory=list)

    def count(self, clock: Clock[Any], window: Window) -> None:
        """Counts a clock if it was decided within the window."""
        if window.counts(clock):
            self.met += clock.state is State.MET
            self.breached += clock.state is State.BREACHED
            self._elapsed.append(clock.elapsed_seconds)
        elif window.decided_at(clock) is not None:
            self.excluded += 1

    @property
    def decided(self) -> int:
        return self.met + self.breached

    @property
    def attainment(self) -> float | None:
        """The share that was met; None when nothing was decided."""
        return self.met / self.decided if self.decided else None

    @property
    def interval(self) -> Interval | None:
        """Within which 95 % of such shares lie."""
        return wilson(self.met, self.decided)

    def percentile(self, share: Fraction) -> int | None:
        """The business time within which this share was decided, interpolated and rounded half up as in reports."""
        if not self._elapsed:
            return None
        ordered = sorted(self._elapsed)
        place = share * (len(ordered) - 1)
        below = floor(place)
        above = min(below + 1, len(ordered) - 1)
        return floor(ordered[below] + (place - below) * (ordered[above] - ordered[below]) + Fraction(1, 2))


class Tallies:
    """Decisions of one SLA's clocks, by metric and in total."""

    def __init__(self) -> None:
        self.total = Tally()
        self.by_metric = {metric: Tally() for metric in Metric}

    def count(self, clocks: Iterable[Clock[Any]], sla_id: object, window: Window) -> None:
        for clock in clocks:
            if clock.sla_id == sla_id:
                self.total.count(clock, window)
                self.by_metric[clock.metric].count(clock, window)


@dataclass(frozen=True, slots=True)
class Difference(Generic[Id]):
    """A clock that would have been decided otherwise; on the side on which there would be none it is None."""

    then: Clock[Id] | None
    proposed: Clock[Id] | None

    @property
    def severity(self) -> tuple[bool, int]:
        """The worse the greater: breached only as proposed, by how much business time; last what is met only so."""
        breached = self.proposed is not None and self.proposed.state is State.BREACHED
        over = -self.proposed.remaining_seconds if self.proposed is not None else 0
        return breached, over


def differences(both: Both[Id], sla_id: Id, window: Window) -> Iterator[Difference[Id]]:
    """The clocks of the SLA, then or as proposed, with another outcome in the window; `both` are settled."""
    then, proposed = _placed(both.then.clocks), _placed(both.proposed.clocks)
    for place in dict.fromkeys((*then, *proposed)):
        pair = then.get(place), proposed.get(place)
        if any(clock is not None and clock.sla_id == sla_id for clock in pair):
            outcomes = [clock.state if clock and window.counts(clock) else None for clock in pair]
            if outcomes[0] != outcomes[1]:
                yield Difference(*pair)


def _placed(clocks: Iterable[Clock[Id]]) -> dict[tuple[object, ...], Clock[Id]]:
    """Clocks by what is the same on both sides: the metric, whose it is, of updates since when, and which of such."""
    placed: dict[tuple[object, ...], Clock[Id]] = {}
    for clock in clocks:
        place = (clock.metric, clock.scope, clock.leg, clock.started_at if clock.metric is Metric.UPDATE else None)
        ordinal = 0
        while (*place, ordinal) in placed:
            ordinal += 1
        placed[(*place, ordinal)] = clock
    return placed
