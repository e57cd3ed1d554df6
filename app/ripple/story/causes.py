"""What stands behind an attribution: which tickets, and what was done to them. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.ripple.engine.analysis import Analysis
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.walk import Charge, OwnTime
from app.ripple.engine.worlds import measure_lags, own_stretches

_Where: TypeAlias = tuple[str | None, str | None, str]
"""A ticket, a department and a cause, as a segment has them."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Seconds of one ticket, of several, or (of none) of the commitment itself, that a party answers for.

    ``department`` and ``cause`` are those of the decomposition; ``on_path`` tells whether the customer was waiting for
    these very seconds, or for others at the same time.
    """

    ticket_ids: tuple[str, ...]
    department: str | None
    cause: str
    seconds: int
    on_path: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """What a department overran by itself, and how long it let others wait as their requester, beneath a commitment."""

    department: str
    primary_seconds: int
    kept_waiting_seconds: int
    ticket_ids: tuple[str, ...]

    @property
    def seconds(self) -> int:
        return self.primary_seconds + self.kept_waiting_seconds


class Causes:
    """Looks up, in a graph and its analysis, what stands behind shares."""

    def __init__(self, graph: Graph, analysis: Analysis) -> None:
        self._graph = graph
        self._analysis = analysis
        self._tickets = {ticket.id: ticket for ticket in graph.tickets}
        # Only who needed more haste than it made, or was waited for, can have made a commitment late.
        self._hasty = {overrun.ticket_id for overrun in analysis.overruns if overrun.pace < 1}
        if analysis.commitment_overrun.pace < 1:
            self._hasty.add(None)
        self._all: defaultdict[str, Counter[_Where]] | None = None
        self._on_path: dict[str, Counter[_Where]] = {}
        for segment in analysis.segments:
            charge = Charge(segment.started_at, segment.ended_at, segment.department, segment.cause)
            if charge.is_wait or segment.ticket_id in self._hasty:
                of_party = self._on_path.setdefault(charge.party, Counter())
                of_party[segment.ticket_id, segment.department, segment.cause] += segment.seconds

    def provider(self, ticket_id: str) -> str:
        return self._tickets[ticket_id].provider

    def is_open(self, ticket_id: str) -> bool:
        return self._tickets[ticket_id].resolved_at is None

    def of(self, party: str, most: int) -> list[Cause]:
        """At most so many, the largest first: on the customer's path, or where the party has none there, beside it.

        Where the largest by ticket come to less than half, the tickets are added up.
        """
        on_path = party in self._on_path
        found = self._on_path[party] if on_path else self._beside_the_path()[party]
        by_size = sorted(found.items(), key=lambda item: (-item[1], item[0][0] or "", item[0][2]))
        if 2 * sum(seconds for _, seconds in by_size[:most]) < found.total():
            return _added_up(by_size, on_path)[:most]
        return [
            Cause(() if ticket_id is None else (ticket_id,), department, cause, seconds, on_path)
            for (ticket_id, department, cause), seconds in by_size[:most]
        ]

    def unpromised(self) -> list[str]:
        """The tickets without a due time; those first on which the customer waited longest, then by opening."""
        on_path: Counter[str] = Counter()
        for segment in self._analysis.segments:
            if segment.ticket_id is not None:
                on_path[segment.ticket_id] += segment.seconds
        without = [ticket for ticket in self._graph.tickets if ticket.due_at is None]
        without.sort(key=lambda ticket: (-on_path[ticket.id], ticket.opened_at, ticket.id))
        return [ticket.id for ticket in without]

    def _beside_the_path(self) -> Mapping[str, Counter[_Where]]:
        """By party; also what lies on the path."""
        if self._all is None:
            self._all = defaultdict(Counter)
            for ticket_id, charge in _own_time(self._graph):
                if charge.is_wait or ticket_id in self._hasty:
                    self._all[charge.party][ticket_id, charge.department, charge.cause] += charge.seconds
        return self._all


def _added_up(by_ticket: Iterable[tuple[_Where, int]], on_path: bool) -> list[Cause]:
    tickets: dict[tuple[str | None, str, bool], list[str]] = defaultdict(list)
    sums: Counter[tuple[str | None, str, bool]] = Counter()
    for (ticket_id, department, cause), seconds in by_ticket:
        key = (department, cause, ticket_id is None)
        sums[key] += seconds
        if ticket_id is not None:
            tickets[key].append(ticket_id)
    return [
        Cause(tuple(tickets[key]), key[0], key[1], seconds, on_path)
        for key, seconds in sorted(sums.items(), key=lambda item: (-item[1], item[0][1], item[0][0] or ""))
    ]


def _own_time(graph: Graph) -> Iterator[tuple[str | None, Charge]]:
    """What every ticket, and the commitment itself, did not spend on waiting for its blockers; each second once."""
    own_time = OwnTime(graph)
    for node, start, stop in own_stretches(graph, measure_lags(graph)):
        ticket_id = None if node == ROOT else graph.tickets[node - 1].id
        for charge in own_time.backwards(node, start, stop):
            yield ticket_id, charge


def delays_of(analysis: Analysis, owner: str) -> list[Delay]:
    """The delay of each department that has any, by its name."""
    primary: Counter[str] = Counter()
    kept_waiting: Counter[str] = Counter()
    ticket_ids: dict[str, dict[str, None]] = {}
    for ticket in analysis.tickets:
        for department, seconds in ticket.primary_by_department:
            primary[department] += seconds
            ticket_ids.setdefault(department, {})[ticket.ticket_id] = None
        if ticket.kept_waiting_seconds:
            kept_waiting[ticket.requester] += ticket.kept_waiting_seconds
            ticket_ids.setdefault(ticket.requester, {})[ticket.ticket_id] = None
    if analysis.commitment_overrun.primary_seconds:
        primary[owner] += analysis.commitment_overrun.primary_seconds
    return [
        Delay(department, primary[department], kept_waiting[department], tuple(ticket_ids.get(department, ())))
        for department in sorted(primary.keys() | kept_waiting.keys())
    ]
