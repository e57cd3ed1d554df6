"""Do the service levels fit: could a ticket's promise be kept at all, given what those it waits for undertook? Pure.

A ticket's shortest duration is what it lasts with its own work done in no time, its blockers keeping their promises.
A promise shorter than that is impossible, and the target that would just fit is that duration on its own clock.
"""

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Generic, TypeVar

from app.directory.calendar import CalendarTimeline
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.worlds import EPSILON, find_paces, measure_lags, shortest_durations

Group = TypeVar("Group", bound=Hashable)

FITTING_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ticket's `resolve` clock runs by: business hours, the parties that pause it, and its target in them."""

    hours: CalendarTimeline
    pause_on: frozenset[str]
    target_seconds: int


@dataclass(frozen=True, slots=True)
class Fit:
    """One ticket that others block: who provides it, who blocks it, and whether its promise goes with theirs.

    ``requester`` is its provider, who asked ``providers``, named once each; ``last_provider`` is whom its end waited
    for last. ``target_seconds`` is None where nothing was promised. ``fitting_seconds`` is the target, in business
    time on the same clock, that could just have been kept.
    """

    ticket_id: str
    requester: str
    providers: tuple[str, ...]
    last_provider: str | None
    promise_impossible: bool = False
    target_seconds: int | None = None
    fitting_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class FitFigures:
    """How the promises of a group's blocked tickets go with what blocks them.

    ``tickets`` had a promise, ``unpromised`` none. ``promises_impossible`` could not have been kept even had their own
    work taken no time, ``share_impossible`` of the tickets (null without any); ``waited_last`` of these waited last for
    this provider. ``target_seconds`` is the median of what was promised, ``fitting_target_seconds`` the target at which
    95 % would have fitted; both in business time.
    """

    tickets: int
    unpromised: int
    promises_impossible: int
    share_impossible: float | None
    waited_last: int
    target_seconds: int | None
    fitting_target_seconds: int | None


def fits(graph: Graph, terms: Mapping[str, Terms]) -> Iterator[Fit]:
    """Each ticket that others block. ``terms`` are by ticket id; a ticket that has none was promised nothing.

    One with terms, but without a due time, is left out: its clock is paused just now, or ended undecided.
    """
    blockers = _blockers(graph)
    if not blockers:
        return
    lags = measure_lags(graph)
    paces = find_paces(graph, lags)
    shortest = shortest_durations(graph, lags, paces)
    for node, providers in blockers.items():
        ticket, drivers = graph.tickets[node - 1], graph.drivers[node]
        last = graph.tickets[drivers[-1] - 1].provider if drivers else None
        agreed = terms.get(ticket.id)
        if agreed is None:
            yield Fit(ticket.id, ticket.provider, providers, last)
        elif graph.due[node] is not None:
            fitting = _fitting_seconds(graph, node, ceil(shortest[node] - EPSILON), agreed)
            impossible = paces.impossible[node]
            yield Fit(ticket.id, ticket.provider, providers, last, impossible, agreed.target_seconds, fitting)


def _blockers(graph: Graph) -> dict[int, tuple[str, ...]]:
    """The providers of what blocks each node, by name; nodes that nothing blocks are left out, and so is the root."""
    nodes = {ticket.id: node for node, ticket in enumerate(graph.tickets, start=ROOT + 1)}
    found: dict[int, set[str]] = defaultdict(set)
    for ticket in graph.tickets:
        for blocked in ticket.blocks:
            if blocked in nodes:
                found[nodes[blocked]].add(ticket.provider)
    return {node: tuple(sorted(found[node])) for node in sorted(found)}


def _fitting_seconds(graph: Graph, node: int, shortest: int, agreed: Terms) -> int:
    """The least target that is not due before the shortest duration has passed: its pauses count as they were."""

    def counted(until: int) -> int:
        seconds = agreed.hours.between(opened, until)
        for wait in graph.waits[node]:
            if wait.on in agreed.pause_on:
                seconds -= agreed.hours.between(wait.started_at, min(wait.ended_at, until))
        return seconds

    opened = graph.opened[node]
    end = opened + shortest
    seconds = counted(end)
    # Due at the last second that counted, it would be due before the end: one second more is due after it.
    stood_still = end > opened and counted(end - 1) == seconds
    return max(1, seconds + stood_still)


@dataclass(slots=True)
class _Tally:
    """What a group adds up to so far."""

    unpromised: int = 0
    impossible: int = 0
    waited_last: int = 0
    targets: "array[int]" = field(default_factory=lambda: array("q"))
    fitting: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, fit: Fit, *, last: bool) -> None:
        if fit.target_seconds is None or fit.fitting_seconds is None:
            self.unpromised += 1
            return
        self.targets.append(fit.target_seconds)
        self.fitting.append(fit.fitting_seconds)
        self.impossible += fit.promise_impossible
        self.waited_last += fit.promise_impossible and last

    def figures(self) -> FitFigures:
        tickets = len(self.targets)
        return FitFigures(
            tickets=tickets,
            unpromised=self.unpromised,
            promises_impossible=self.impossible,
            share_impossible=self.impossible / tickets if tickets else None,
            waited_last=self.waited_last,
            target_seconds=_at_share(self.targets, 0.5),
            fitting_target_seconds=_at_share(self.fitting, FITTING_SHARE),
        )


def _at_share(values: Sequence[int], share: float) -> int | None:
    """The least of the values that at least this share of them does not exceed."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else None


class FitTotals(Generic[Group]):
    """Adds up tickets by group, one after the other: each counts once in every group it belongs to."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Tally] = defaultdict(_Tally)
        self._all = _Tally()

    def add(self, fit: Fit, groups: Iterable[Group], last_group: Group | None) -> None:
        """Counts a ticket in its groups; ``last_group`` is that of the provider it waited for last, if among them."""
        for group in set(groups):
            self._groups[group].add(fit, last=group == last_group)
        self._all.add(fit, last=last_group is not None)

    def rows(self) -> dict[Group, FitFigures]:
        """The figures of every group."""
        return {group: tally.figures() for group, tally in self._groups.items()}

    def figures(self) -> FitFigures:
        """The figures of all groups together: each ticket once."""
        return self._all.figures()
