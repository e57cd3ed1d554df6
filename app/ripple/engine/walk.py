"""Decomposition: whom was the customer waiting for, second by second?"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from app.ripple.engine.graph import CUSTOMER, REQUESTER, ROOT, THIRD_PARTY, WAITED_FOR, Graph

QUEUE: Final = "queue"
WORK: Final = "work"
UNTICKETED: Final = "unticketed"


@dataclass(frozen=True, slots=True)
class Charge:
    """A stretch of a node's own time: ``department`` is None for the customer's, ``cause`` says what it went on."""

    started_at: int
    ended_at: int
    department: str | None
    cause: str

    @property
    def seconds(self) -> int:
        return self.ended_at - self.started_at

    @property
    def is_wait(self) -> bool:
        """Whether somebody was waited for; else it is base time."""
        return self.cause in WAITED_FOR

    @property
    def party(self) -> str:
        """Who answers for it: the department, or the customer or third party waited for."""
        if self.department is None or self.cause == THIRD_PARTY:
            return self.cause
        return self.department


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the commitment's time; ``ticket_id`` is None where no ticket was walked."""

    started_at: int
    ended_at: int
    ticket_id: str | None
    department: str | None
    cause: str

    @property
    def seconds(self) -> int:
        return self.ended_at - self.started_at


@dataclass(frozen=True, slots=True)
class Part:
    """How long the customer waited for a department (None: for itself) by one cause."""

    department: str | None
    cause: str
    seconds: int


def own_charges(graph: Graph, node: int) -> list[Charge]:
    """The whole life of a node charged as its own time, in time order, none empty, without gaps."""
    if node == ROOT:
        start, end = graph.opened[ROOT], graph.ended[ROOT]
        return [Charge(start, end, graph.commitment.owner, UNTICKETED)] if start < end else []
    charges = _held(graph, node)
    if not graph.waits[node]:
        return charges
    return _with_waits(graph, node, charges)


def _held(graph: Graph, node: int) -> list[Charge]:
    """A ticket's life by the legs alone."""
    charges = []
    legs = graph.legs[node]
    start, end = graph.opened[node], graph.ended[node]
    for number, leg in enumerate(legs):
        stop = min(legs[number + 1].started_at, end) if number + 1 < len(legs) else end
        if stop <= start:
            continue
        acknowledged = stop if leg.acknowledged_at is None else min(max(leg.acknowledged_at, start), stop)
        if start < acknowledged:
            charges.append(Charge(start, acknowledged, leg.department, QUEUE))
        if acknowledged < stop:
            charges.append(Charge(acknowledged, stop, leg.department, WORK))
        start = stop
    return charges


def _with_waits(graph: Graph, node: int, held: list[Charge]) -> list[Charge]:
    waits = graph.waits[node]
    requester = graph.tickets[node - 1].requester
    charges = []
    number = 0
    for charge in held:
        start = charge.started_at
        while start < charge.ended_at:
            while number < len(waits) and waits[number].ended_at <= start:
                number += 1
            if number == len(waits) or waits[number].started_at >= charge.ended_at:
                charges.append(Charge(start, charge.ended_at, charge.department, charge.cause))
                break
            wait = waits[number]
            if start < wait.started_at:
                charges.append(Charge(start, wait.started_at, charge.department, charge.cause))
                start = wait.started_at
            stop = min(charge.ended_at, wait.ended_at)
            department = {REQUESTER: requester, CUSTOMER: None}.get(wait.on, charge.department)
            charges.append(Charge(start, stop, department, wait.on))
            start = stop
    return charges


def walk(graph: Graph) -> tuple[Segment, ...]:
    """Every second of the commitment charged exactly once: in time order, adjacent equal stretches merged."""
    opened, ended, drivers = graph.opened, graph.ended, graph.drivers
    own_time = OwnTime(graph)
    backwards: list[Segment] = []
    cursor = ended[ROOT]
    # A node being walked, where its walk ends, and how many of its drivers have not been looked at.
    trail = [(ROOT, opened[ROOT], len(drivers[ROOT]))]
    while trail:
        node, floor, left = trail.pop()
        found = drivers[node]
        while left and ended[found[left - 1]] > cursor:
            left -= 1
        if not left or ended[found[left - 1]] <= floor:
            backwards.extend(_segments(graph, node, own_time.backwards(node, floor, cursor)))
            cursor = floor
            continue
        driver = found[left - 1]
        backwards.extend(_segments(graph, node, own_time.backwards(node, ended[driver], cursor)))
        cursor = ended[driver]
        trail.append((node, floor, left - 1))
        trail.append((driver, max(opened[driver], floor), len(drivers[driver])))
    backwards.reverse()
    return tuple(_merged(backwards))


class OwnTime:
    """The charges of nodes, worked out once for each that is asked about."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[int, list[Charge]] = {}

    def backwards(self, node: int, start: int, stop: int) -> Iterator[Charge]:
        """The node's own time from ``start`` to ``stop``, the last stretch first."""
        if start >= stop:
            return
        charges = self._known.get(node)
        if charges is None:
            charges = self._known[node] = own_charges(self._graph, node)
        last = bisect_left(charges, stop, key=lambda charge: charge.started_at)
        for number in range(last - 1, -1, -1):
            charge = charges[number]
            if charge.ended_at <= start:
                return
            yield Charge(max(start, charge.started_at), min(stop, charge.ended_at), charge.department, charge.cause)


def _segments(graph: Graph, node: int, charges: Iterable[Charge]) -> Iterator[Segment]:
    ticket_id = None if node == ROOT else graph.tickets[node - 1].id
    for charge in charges:
        yield Segment(charge.started_at, charge.ended_at, ticket_id, charge.department, charge.cause)


def _merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    last: Segment | None = None
    for segment in segments:
        if last is None:
            last = segment
        elif (segment.ticket_id, segment.department, segment.cause) == (last.ticket_id, last.department, last.cause):
            last = replace(last, ended_at=segment.ended_at)
        else:
            yield last
            last = segment
    if last is not None:
        yield last


def decompose(segments: Iterable[Segment]) -> tuple[Part, ...]:
    """The seconds of each (department, cause), by name, the customer's last."""
    totals: dict[tuple[str | None, str], int] = {}
    for segment in segments:
        key = (segment.department, segment.cause)
        totals[key] = totals.get(key, 0) + segment.seconds
    by_name = sorted(totals.items(), key=lambda item: (item[0][0] is None, item[0][0] or "", item[0][1]))
    return tuple(Part(department, cause, seconds) for (department, cause), seconds in by_name)
