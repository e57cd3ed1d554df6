"""What of a timeline can still decide how late the commitment is, once the worlds' extremes are known.

Of 5,000 tickets a handful usually can: no event is later than as built, nor earlier than with everyone at their
pace and nobody waited for, so what cannot come last in between is left out, and what follows from one thing alone
is added up. What remains is small enough to be asked about every coalition.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from app.ripple.engine.graph import NOBODY, ROOT
from app.ripple.engine.walk import OwnTime
from app.ripple.engine.worlds import EPSILON, Timeline

START: Final = -1
_NEVER: Final = float("-inf")
# Comparing every two of thousands of ways would cost more than it saves.
COMPARED: Final = 32
# Beyond that, whether a party changes anything is not looked into: about a second of it.
MOST_WAYS: Final = 1_024
MOST_STEPS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a junction: from another one (``START``: the instant of the promise), in ``seconds`` at the paces,
    and ``more`` seconds by party whose base time is as built and on whom was waited."""

    source: int
    seconds: float
    more: dict[str, float]


@dataclass(frozen=True, slots=True)
class Contest:
    """Junctions, each reached by the latest of its ways from earlier ones, and the way from there to the lateness.

    The commitment is never less late than ``plan_seconds``; ``plan_decides`` tells whether the way to its end may
    come to less.
    """

    junctions: tuple[tuple[Way, ...], ...]
    end: Way
    plan_seconds: float
    plan_decides: bool

    @property
    def parties(self) -> list[str]:
        """Those that can change anything, by name."""
        return sorted({party for ways in (*self.junctions, (self.end,)) for way in ways for party in way.more})

    def lateness(self, parties: Iterable[str]) -> float:
        """How late the commitment is in the world of these parties, in seconds."""
        within = frozenset(parties)
        # The last place stands for the start, so that START finds it.
        reached = [0.0] * (len(self.junctions) + 1)
        for number, ways in enumerate(self.junctions):
            reached[number] = max(_arrival(way, reached, within) for way in ways)
        return max(self.plan_seconds, _arrival(self.end, reached, within))


def _arrival(way: Way, reached: list[float], within: Container[str]) -> float:
    arrival = reached[way.source] + way.seconds
    for party, more in way.more.items():
        if party in within:
            arrival += more
    return arrival


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A way as it is carried along the timeline, with the extremes of its arrival over all worlds."""

    way: Way
    earliest: float
    latest: float


def find_contest(timeline: Timeline, plan_seconds: float) -> Contest:
    """What can move the commitment's lateness from its plan to what it was."""
    return _Tracing(timeline, plan_seconds).contest()


class _Tracing:
    """One pass back over the timeline, to see what can matter, and one forth, to write it down."""

    def __init__(self, timeline: Timeline, plan_seconds: float) -> None:
        graph = timeline.graph
        self._graph = graph
        self._lags = timeline.lags
        self._events = timeline.events
        self._pace = timeline.paces.pace
        self._own_time = OwnTime(graph)
        self._due = graph.commitment.due_at - graph.commitment.promised_at
        self._floor = self._due + plan_seconds
        self._junctions: list[tuple[Way, ...]] = []
        self._known_junctions: dict[frozenset[_Same], int] = {}
        self._arrived: list[list[_Arrival]] = [[] for _ in graph.opened]
        # Per node, the longest time, as built, from the step its ratchet has reached to the end of the commitment.
        self._remaining: list[float] = [_NEVER] * len(graph.opened)

    def contest(self) -> Contest:
        matters = self._look_back()
        graph, arrived = self._graph, self._arrived
        promised = graph.opened[ROOT]
        arrived[ROOT] = [_Arrival(Way(START, 0.0, {}), 0.0, 0.0)]
        for event, remaining in zip(self._events, matters, strict=True):
            if remaining == _NEVER:
                continue
            if event < 0:
                end = self._after(~event, remaining, self._lags.end_after[~event], graph.ended[~event])
                for parent in graph.drives[~event]:
                    arrived[parent].append(end)
            elif graph.raiser[event] == NOBODY:
                at = float(graph.opened[event] - promised)
                arrived[event] = [_Arrival(Way(START, at, {}), at, at)]
            else:
                arrived[event] = [
                    self._after(graph.raiser[event], remaining, self._lags.open_after[event], graph.opened[event])
                ]
        end = self._after(ROOT, self._remaining[ROOT], self._lags.end_after[ROOT], graph.ended[ROOT])
        late = Way(end.way.source, end.way.seconds - self._due, end.way.more)
        plan = self._floor - self._due
        return Contest(tuple(self._junctions), late, plan, plan_decides=end.earliest < self._floor - EPSILON)

    def _look_back(self) -> list[float]:
        """Per event, how long after the step it counts from the commitment could still end, or that it cannot matter.

        For an end the step is the node's own, for an opening its raiser's.
        """
        graph, lags, remaining = self._graph, self._lags, self._remaining
        opened, ended, floor = graph.opened, graph.ended, self._floor + EPSILON + graph.opened[ROOT]
        matters = [_NEVER] * len(self._events)
        remaining[ROOT] = ended[ROOT] - lags.end_after[ROOT]
        for number in range(len(self._events) - 1, -1, -1):
            event = self._events[number]
            if event >= 0:
                rest = remaining[event]
                if opened[event] + rest <= floor:
                    continue
                raiser = graph.raiser[event]
                if raiser == NOBODY:
                    matters[number] = rest
                    continue
                remaining[raiser] = max(remaining[raiser], rest + opened[event] - lags.open_after[event])
                matters[number] = remaining[raiser]
            else:
                node = ~event
                rest = max((remaining[parent] for parent in graph.drives[node]), default=_NEVER)
                if ended[node] + rest > floor:
                    remaining[node] = rest + ended[node] - lags.end_after[node]
                    matters[number] = remaining[node]
        return matters

    def _after(self, node: int, remaining: float, start: int, stop: int) -> _Arrival:
        """Where a lag of the node leads to that counts from the step its ratchet has reached."""
        before = self._settle(node, remaining)
        pace, seconds = self._pace[node], 0.0
        more = dict(before.way.more)
        for charge in self._own_time.backwards(node, start, stop):
            length = charge.seconds
            held = 0.0 if charge.is_wait else pace * length
            seconds += held
            if held < length:
                more[charge.party] = more.get(charge.party, 0.0) + (length - held)
        way = Way(before.way.source, before.way.seconds + seconds, more)
        return _Arrival(way, before.earliest + seconds, float(stop - self._graph.opened[ROOT]))

    def _settle(self, node: int, remaining: float) -> _Arrival:
        """The step the node's ratchet has reached: one way to it, or a junction of those that may come last."""
        arrivals = self._arrived[node]
        if len(arrivals) == 1:
            return arrivals[0]
        floor = self._floor + EPSILON
        arrivals = [arrival for arrival in arrivals if arrival.latest + remaining > floor]
        contending = _contending(arrivals)
        settled = contending[0]
        if len(contending) > 1:
            earliest = max(arrival.earliest for arrival in contending)
            settled = _Arrival(Way(self._junction(contending), 0.0, {}), earliest, settled.latest)
        self._arrived[node] = [settled]
        return settled

    def _junction(self, arrivals: list[_Arrival]) -> int:
        """The number of the junction of these: tickets held up by the same others share one."""
        same = frozenset(_same(arrival.way) for arrival in arrivals)
        number = self._known_junctions.setdefault(same, len(self._junctions))
        if number == len(self._junctions):
            self._junctions.append(tuple(arrival.way for arrival in arrivals))
        return number


_Same: TypeAlias = tuple[int, float, frozenset[tuple[str, float]]]
"""What two equal ways have in common, to be looked up by."""


def _same(way: Way) -> _Same:
    return way.source, way.seconds, frozenset(way.more.items())


def _contending(arrivals: list[_Arrival]) -> list[_Arrival]:
    """Without those that another is never earlier than; the one that can be latest comes first."""
    surest = max(arrivals, key=lambda arrival: arrival.earliest)
    kept: list[_Arrival] = []
    for arrival in sorted(arrivals, key=lambda arrival: -arrival.latest):
        sure_to_lose = arrival is not surest and arrival.latest <= surest.earliest + EPSILON
        if not sure_to_lose and not any(_dominates(other.way, arrival.way) for other in kept[:COMPARED]):
            kept.append(arrival)
    return kept


def _dominates(longer: Way, shorter: Way) -> bool:
    return (
        longer.source == shorter.source
        and longer.seconds >= shorter.seconds
        and all(longer.more.get(party, 0.0) >= more for party, more in shorter.more.items())
    )


def without_powerless(contest: Contest, most: int) -> Contest:
    """The contest without parties that never make it longer, whoever joins them: if that leaves no more than `most`,
    and can be found out in reasonable time; else all of it."""
    whole = _whole_ways(contest)
    if whole is None:
        return contest
    trying = _Trying(whole)
    able: set[str] = set()
    for party in contest.parties:
        makes_longer = trying.makes_longer(party)
        if makes_longer:
            able.add(party)
        if makes_longer is None or len(able) > most:
            return contest
    return replace(
        contest,
        junctions=tuple(tuple(_restricted(way, able) for way in ways) for ways in contest.junctions),
        end=_restricted(contest.end, able),
    )


def _restricted(way: Way, parties: set[str]) -> Way:
    return replace(way, more={party: more for party, more in way.more.items() if party in parties})


def _whole_ways(contest: Contest) -> list[Way] | None:
    """Every way from the start to the end that can be the longest; None if they are too many to look at."""
    reached: list[list[_Arrival]] = []
    for ways in (*contest.junctions, (contest.end,)):
        found = [
            _prolonged(before.way, way)
            for way in ways
            for before in (reached[way.source] if way.source != START else [_from_start(0.0)])
        ]
        if len(found) > MOST_WAYS:
            return None
        reached.append(_contending(found))
    whole = reached[-1]
    if contest.plan_decides:
        whole = _contending([*whole, _from_start(contest.plan_seconds)])
    return [arrival.way for arrival in whole]


def _from_start(seconds: float) -> _Arrival:
    return _Arrival(Way(START, seconds, {}), seconds, seconds)


def _prolonged(before: Way, way: Way) -> _Arrival:
    more = dict(before.more)
    for party, seconds in way.more.items():
        more[party] = more.get(party, 0.0) + seconds
    seconds = before.seconds + way.seconds
    return _Arrival(Way(START, seconds, more), seconds, seconds + sum(more.values()))


class _Trying:
    """Looks for coalitions that are later with a party than without, and gives up when that takes too long."""

    def __init__(self, ways: list[Way]) -> None:
        self._ways = ways
        self._steps_left = MOST_STEPS

    def makes_longer(self, party: str) -> bool | None:
        """Whether some coalition is later with the party than without; None if that takes too long to find out.

        If one is, then so is what of it lies on the way that has become the longest: the others only lengthen its
        rivals.
        """
        for way in self._ways:
            if party in way.more:
                found = self._can_be_longest(way, party)
                if found is not False:
                    return found
        return False

    def _can_be_longest(self, way: Way, party: str) -> bool | None:
        """Whether with some of its parties, and this one, a way is longer than all are without this one."""
        others = [other for other in way.more if other != party]
        # How far it is ahead of each rival with nobody else, and by how much more with each of the others.
        ahead: list[float] = []
        gains: list[list[float]] = []
        for rival in self._ways:
            self._steps_left -= len(others)
            before = way.seconds + way.more[party] - rival.seconds
            gained = [way.more[other] - rival.more.get(other, 0.0) for other in others]
            if before + sum(gain for gain in gained if gain > 0) <= EPSILON:
                return False
            if before + sum(gain for gain in gained if gain < 0) <= EPSILON:
                ahead.append(before)
                gains.append(gained)
        return self._all_overtaken(ahead, list(zip(*gains, strict=True)))

    def _all_overtaken(self, ahead: list[float], gains: list[tuple[float, ...]]) -> bool | None:
        """Whether there is a choice of gains with which it is ahead of all rivals; the best that is left bounds it."""
        at_best = [[0.0] * len(ahead)]
        for gained in reversed(gains):
            at_best.append([best + max(0.0, gain) for best, gain in zip(at_best[-1], gained, strict=True)])
        at_best.reverse()
        open_choices = [(0, ahead)]
        while open_choices:
            self._steps_left -= len(ahead)
            if self._steps_left < 0:
                return None
            chosen, reached = open_choices.pop()
            if any(far + best <= EPSILON for far, best in zip(reached, at_best[chosen], strict=True)):
                continue
            if chosen == len(gains) or all(far > EPSILON for far in reached):
                return True
            with_it = [far + gain for far, gain in zip(reached, gains[chosen], strict=True)]
            open_choices += [(chosen + 1, reached), (chosen + 1, with_it)]
        return False
