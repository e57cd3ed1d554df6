"""What if? The timeline of a commitment rebuilt as some suppose it had gone. Pure.

The links are those of the worlds: what a ticket held up as built it still holds up, however much earlier or later it
ends, and what it did not hold up it never does. Only lags change, or the ends of tickets.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from app.ripple.engine.graph import NOBODY, ROOT, Graph
from app.ripple.engine.sharing import round_half_up
from app.ripple.engine.walk import OwnTime
from app.ripple.engine.worlds import build_timeline, own_stretches

_NOTHING_FIXED: Final[Mapping[int, int]] = {}


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed; of everything else it is taken that it went as it did.

    ``paces``: departments whose base time takes so many times as long as built (0.8: a fifth less; above 1: more).
    ``keeping``: parties, or with ``everybody_keeps`` all that have no pace here, that keep their service levels as they
    do outside of S in the worlds: base time at each ticket's pace, and nobody waits on them.
    ``resolved``: by ticket id, when it ends (seconds since the epoch), though never before it is opened.
    """

    paces: Mapping[str, float] = field(default_factory=dict)
    keeping: frozenset[str] = frozenset()
    everybody_keeps: bool = False
    resolved: Mapping[str, int] = field(default_factory=dict)

    @property
    def hastens_only(self) -> bool:
        """Whether it can make no commitment later, whatever the graph."""
        return not self.resolved and all(pace <= 1 for pace in self.paces.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a commitment ended as built and when it would have, in seconds since the epoch."""

    due_at: int
    ended_before: int
    ended_after: int

    @property
    def lateness_before(self) -> int:
        return max(0, self.ended_before - self.due_at)

    @property
    def lateness_after(self) -> int:
        return max(0, self.ended_after - self.due_at)

    @property
    def saved(self) -> bool:
        """Whether it was late and would not have been."""
        return self.lateness_before > 0 == self.lateness_after

    @property
    def lost(self) -> bool:
        """Whether it was not late and would have been."""
        return self.lateness_before == 0 < self.lateness_after


@dataclass(frozen=True, slots=True)
class _Part:
    """What of one lag a party answers for: of the lag before a ticket's opening, or before a node's end.

    ``worker`` is the node whose own time it is: the raiser's, for an opening.
    """

    opening: bool
    node: int
    worker: int
    base: int
    waited: int


class Supposing:
    """One graph, ready for any number of suppositions: each costs time by the node."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._timeline = build_timeline(graph)
        self._own_time = OwnTime(graph)
        self._open_lags, self._end_lags = self._as_built()
        self._parts = self._by_party()

    def outcome(self, supposition: Supposition) -> Outcome:
        """What would have come of it. Tickets that are not in the graph change nothing."""
        graph = self._graph
        open_lags, end_lags = self._open_lags.copy(), self._end_lags.copy()
        for party, pace in supposition.paces.items():
            for part in self._parts.get(party, ()):
                (open_lags if part.opening else end_lags)[part.node] += part.base * (pace - 1.0)
        for party in self._parts if supposition.everybody_keeps else supposition.keeping:
            if party in supposition.paces:
                continue
            for part in self._parts.get(party, ()):
                pace = self._timeline.paces.pace[part.worker]
                (open_lags if part.opening else end_lags)[part.node] += part.base * (pace - 1.0) - part.waited
        end = self._rebuilt_end(open_lags, end_lags, self._fixed(supposition))
        return Outcome(graph.commitment.due_at, graph.ended[ROOT], graph.opened[ROOT] + round_half_up(end))

    def base_seconds(self) -> dict[str, int]:
        """How long each department held the commitment's tickets, or as its owner the commitment, by itself: waiting
        neither for blockers nor for anybody. Each second of a ticket once; departments without any are left out."""
        held: defaultdict[str, int] = defaultdict(int)
        for node, start, stop in own_stretches(self._graph, self._timeline.lags):
            for charge in self._own_time.backwards(node, start, stop):
                if not charge.is_wait:
                    held[charge.party] += charge.seconds
        return dict(held)

    def _as_built(self) -> tuple[list[float], list[float]]:
        lags = self._timeline.lags
        return (
            [float(base + waited) for base, waited in zip(lags.open_base, lags.open_waited, strict=True)],
            [float(base + waited) for base, waited in zip(lags.end_base, lags.end_waited, strict=True)],
        )

    def _by_party(self) -> dict[str, list[_Part]]:
        graph, lags = self._graph, self._timeline.lags
        ends = ((False, node, node, after, graph.ended[node]) for node, after in enumerate(lags.end_after))
        openings = (
            (True, node, raiser, lags.open_after[node], graph.opened[node])
            for node, raiser in enumerate(graph.raiser)
            if raiser != NOBODY
        )
        parts: defaultdict[str, list[_Part]] = defaultdict(list)
        for opening, node, worker, start, stop in chain(ends, openings):
            for party, (base, waited) in self._split(worker, start, stop).items():
                parts[party].append(_Part(opening, node, worker, base, waited))
        return dict(parts)

    def _split(self, worker: int, start: int, stop: int) -> dict[str, tuple[int, int]]:
        """Base and waited seconds of each party in a stretch of a node's own time."""
        split: dict[str, tuple[int, int]] = {}
        for charge in self._own_time.backwards(worker, start, stop):
            base, waited = split.get(charge.party, (0, 0))
            longer = (base, waited + charge.seconds) if charge.is_wait else (base + charge.seconds, waited)
            split[charge.party] = longer
        return split

    def _fixed(self, supposition: Supposition) -> Mapping[int, int]:
        """The ends that are given, by node, in seconds since the promise."""
        if not supposition.resolved:
            return _NOTHING_FIXED
        promised = self._graph.opened[ROOT]
        return {
            node: supposition.resolved[ticket.id] - promised
            for node, ticket in enumerate(self._graph.tickets, start=1)
            if ticket.id in supposition.resolved
        }

    def _rebuilt_end(self, open_lags: list[float], end_lags: list[float], fixed: Mapping[int, int]) -> float:
        """When the commitment ends, in seconds since the promise: the ratchet of the worlds, with some ends given."""
        graph = self._graph
        promised = graph.opened[ROOT]
        reached = [0.0] * len(graph.opened)
        # Of a ticket whose end is given the ratchet still goes on: what it raises opens as it did.
        opened = dict.fromkeys(fixed, 0.0)
        for event in self._timeline.events:
            if event >= 0:
                raiser = graph.raiser[event]
                after = graph.opened[event] - promised if raiser == NOBODY else reached[raiser]
                reached[event] = after + open_lags[event]
                if event in opened:
                    opened[event] = reached[event]
                continue
            node = ~event
            end = max(opened[node], fixed[node]) if node in fixed else reached[node] + end_lags[node]
            for parent in graph.drives[node]:
                if end > reached[parent]:
                    reached[parent] = end
        return reached[ROOT] + end_lags[ROOT]


def suppose(graph: Graph, supposition: Supposition) -> Outcome:
    """What would have come of a commitment had it gone as supposed; with nothing supposed, what came of it."""
    return Supposing(graph).outcome(supposition)
