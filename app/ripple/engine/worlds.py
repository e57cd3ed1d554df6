"""Worlds: what if they had kept their promises?

The timeline of a commitment is rebuilt from its own links. A node's drivers ratchet it forward; the tickets it
raises open, and it ends, a lag after some step of the ratchet. A lag is base time, which can run at a pace, and
waits, which can be removed. Figures are seconds, instants seconds since the commitment was promised.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from app.ripple.engine.graph import NOBODY, ROOT, Graph, Waited

# Durations this close are equal: floating point cannot tell them apart.
EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Lags:
    """Per node, as built: the lag after which it ended, and the one after which its raiser opened it.

    ``end_after`` and ``open_after`` are the instants (seconds since the epoch) the lags count from, ``open_step``
    how many of the raiser's drivers had ended by then. The base is split from the waits, both in seconds.
    A node nobody raised has no lag before its opening.
    """

    end_after: list[int]
    end_base: list[int]
    end_waited: list[int]
    open_after: list[int]
    open_step: list[int]
    open_base: list[int]
    open_waited: list[int]


def measure_lags(graph: Graph) -> Lags:
    """The lags of a graph, as built."""
    opened, ended = graph.opened, graph.ended
    driver_ends = [[ended[driver] for driver in drivers] for drivers in graph.drivers]
    end_after = [ends[-1] if ends else opened[node] for node, ends in enumerate(driver_ends)]
    waited = [_Waits(waits) if waits else None for waits in graph.waits]
    end_waited = [
        found.between(end_after[node], ended[node]) if found is not None else 0 for node, found in enumerate(waited)
    ]
    end_base = [end - after - idle for end, after, idle in zip(ended, end_after, end_waited, strict=True)]
    count = len(opened)
    open_after, open_step, open_base, open_waited = list(opened), [0] * count, [0] * count, [0] * count
    for node, raiser in enumerate(graph.raiser):
        if raiser == NOBODY:
            continue
        ends = driver_ends[raiser]
        step = bisect_right(ends, opened[node])
        after = ends[step - 1] if step else opened[raiser]
        found = waited[raiser]
        idle = found.between(after, opened[node]) if found is not None else 0
        open_after[node], open_step[node], open_waited[node] = after, step, idle
        open_base[node] = opened[node] - after - idle
    return Lags(end_after, end_base, end_waited, open_after, open_step, open_base, open_waited)


def own_stretches(graph: Graph, lags: Lags) -> Iterator[tuple[int, int, int]]:
    """The own time of nodes as (node, from, to), without overlap: lags from one step of a ratchet run together."""
    reached = {(node, after): graph.ended[node] for node, after in enumerate(lags.end_after)}
    for node, raiser in enumerate(graph.raiser):
        if raiser != NOBODY:
            step = (raiser, lags.open_after[node])
            reached[step] = max(reached.get(step, 0), graph.opened[node])
    return ((node, start, stop) for (node, start), stop in reached.items())


class _Waits:
    """A node's waits, as they are in a graph, ready for any number of questions: there may be thousands of both."""

    def __init__(self, waits: Sequence[Waited]) -> None:
        self._starts = [wait.started_at for wait in waits]
        self._ends = [wait.ended_at for wait in waits]
        lengths = (wait.ended_at - wait.started_at for wait in waits)
        self._before = list(accumulate(lengths, initial=0))

    def between(self, start: int, stop: int) -> int:
        """How many seconds of a stretch were waited."""
        return self._until(stop) - self._until(start)

    def _until(self, instant: int) -> int:
        begun = bisect_right(self._starts, instant)
        still_to_come = max(0, self._ends[begun - 1] - instant) if begun else 0
        return self._before[begun] - still_to_come


@dataclass(frozen=True, slots=True)
class Paces:
    """Per node: the pace at which it would have kept its promise, whether it could have, and what it overran itself.

    ``primary`` is in seconds, unrounded. Without a due time the pace is 1 and the primary overrun 0.
    """

    pace: list[float]
    impossible: list[bool]
    primary: list[float]


@dataclass(frozen=True, slots=True)
class _Own:
    """A node by itself: opened as built, each driver lasting what it lasts at its own pace with nobody waited for.

    A driver is (the step of the ratchet it was opened after, base and waits of the lag, what it lasts); one that
    this node did not raise has step -1 and, in place of the waits, the seconds from the node's opening to its own.
    """

    drivers: list[tuple[int, int, int, float]]
    base: int
    waited: int

    def duration(self, pace: float) -> tuple[float, float]:
        """How long the node lasts with its base time scaled by ``pace``, and how much more per unit of pace."""
        reached, slope = 0.0, 0.0
        if self.drivers:
            steps = [(reached, slope)]
            for step, base, waited, lasts in self.drivers:
                after, after_slope = steps[step] if step >= 0 else (0.0, 0.0)
                end, end_slope = after + pace * base + waited + lasts, after_slope + base
                if end > reached:
                    reached, slope = end, end_slope
                steps.append((reached, slope))
        return reached + pace * self.base + self.waited, slope + self.base

    def with_nobody_waited_for(self) -> "_Own":
        return _Own(
            [(step, base, 0 if step >= 0 else waited, lasts) for step, base, waited, lasts in self.drivers],
            self.base,
            0,
        )

    def largest_pace(self, allowed: float) -> float:
        """The largest pace up to 1 at which the node lasts no longer than ``allowed``, which it can at 0.

        The duration is convex, so each tangent crosses ``allowed`` at or above the answer: Newton's steps come
        down on it and, the pieces being finitely many, arrive.
        """
        pace = 1.0
        while True:
            lasts, slope = self.duration(pace)
            if lasts <= allowed + EPSILON or slope <= 0:
                return pace
            nearer = max(0.0, pace - (lasts - allowed) / slope)
            if nearer >= pace:
                return pace
            pace = nearer


def find_paces(graph: Graph, lags: Lags) -> Paces:
    """The pace of every node, bottom-up."""
    count = len(graph.opened)
    pace, impossible, primary, lasts = [1.0] * count, [False] * count, [0.0] * count, [0.0] * count
    for node in graph.children_first:
        own = _own(graph, lags, node, lasts)
        due = graph.due[node]
        if due is not None:
            unhurried, _ = own.duration(1.0)
            allowed = max(0.0, due - graph.opened[node])
            if unhurried > allowed + EPSILON:
                at_best, _ = own.duration(0.0)
                if at_best > allowed + EPSILON:
                    impossible[node] = True
                    allowed += at_best
                pace[node] = own.largest_pace(allowed)
                primary[node] = max(0.0, unhurried - own.duration(pace[node])[0])
        lasts[node], _ = own.with_nobody_waited_for().duration(pace[node])
    return Paces(pace, impossible, primary)


def shortest_durations(graph: Graph, lags: Lags, paces: Paces) -> list[float]:
    """Per node, how long it lasts with its own base time taking none: no haste of its own could go below that."""
    shortest, lasts = [0.0] * len(graph.opened), [0.0] * len(graph.opened)
    for node in graph.children_first:
        own = _own(graph, lags, node, lasts)
        shortest[node], _ = own.duration(0.0)
        lasts[node], _ = own.with_nobody_waited_for().duration(paces.pace[node])
    return shortest


def _own(graph: Graph, lags: Lags, node: int, lasts: list[float]) -> _Own:
    opened = graph.opened[node]
    drivers = []
    for driver in graph.drivers[node]:
        if graph.raiser[driver] == node:
            drivers.append((lags.open_step[driver], lags.open_base[driver], lags.open_waited[driver], lasts[driver]))
        else:
            drivers.append((-1, 0, graph.opened[driver] - opened, lasts[driver]))
    return _Own(drivers, lags.end_base[node], lags.end_waited[node])


@dataclass(frozen=True, slots=True)
class Timeline:
    """A graph with its lags, its paces, and its openings (node) and ends (~node) in an order they can be rebuilt in.

    Nobody's timeline needs the end of a ticket that lasted no time, so it has none in ``events``; nor the root's.
    """

    graph: Graph
    lags: Lags
    paces: Paces
    events: list[int]

    def plan_seconds(self) -> float:
        """How late the commitment is with every node at its pace and nobody waited for."""
        return self._with_nobody_waited_for(self.paces.pace)

    def promised_plan_seconds(self) -> float:
        """The plan had the nodes without a due time taken no base time."""
        return self._with_nobody_waited_for(
            [0.0 if due is None else pace for due, pace in zip(self.graph.due, self.paces.pace, strict=True)]
        )

    def _with_nobody_waited_for(self, pace: list[float]) -> float:
        graph, lags = self.graph, self.lags
        open_lag = [
            0.0 if raiser == NOBODY else pace[raiser] * base
            for raiser, base in zip(graph.raiser, lags.open_base, strict=True)
        ]
        return self._late(open_lag, [pace[node] * base for node, base in enumerate(lags.end_base)])

    def _late(self, open_lag: list[float], end_lag: list[float]) -> float:
        commitment = self.graph.commitment
        return max(0.0, self._rebuilt_end(open_lag, end_lag) - (commitment.due_at - commitment.promised_at))

    def _rebuilt_end(self, open_lag: list[float], end_lag: list[float]) -> float:
        """When the commitment ends with the given lags."""
        graph = self.graph
        opened, raisers, drives, promised = graph.opened, graph.raiser, graph.drives, graph.opened[ROOT]
        reached = [0.0] * len(opened)
        for event in self.events:
            if event >= 0:
                raiser = raisers[event]
                after = opened[event] - promised if raiser == NOBODY else reached[raiser]
                reached[event] = after + open_lag[event]
            else:
                end = reached[~event] + end_lag[~event]
                for parent in drives[~event]:
                    if end > reached[parent]:
                        reached[parent] = end
        return reached[ROOT] + end_lag[ROOT]


def build_timeline(graph: Graph) -> Timeline:
    """The timeline of a graph, ready to be rebuilt."""
    lags = measure_lags(graph)
    return Timeline(graph, lags, find_paces(graph, lags), _events(graph))


def _events(graph: Graph) -> list[int]:
    """In time order; at one instant ends before openings, ends from below, openings from above."""
    opened, ended = graph.opened, graph.ended
    by_instant = []
    for rank, node in enumerate(graph.children_first):
        if node != ROOT:
            by_instant.append((opened[node], 1, -rank, node))
            if ended[node] > opened[node]:
                by_instant.append((ended[node], 0, rank, ~node))
    by_instant.sort()
    return [event for _, _, _, event in by_instant]
