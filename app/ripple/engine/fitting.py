"""Do the service levels fit: could a ticket's promise be kept at all, given what those it waits for undertook? Pure.

A ticket's shortest duration is what it lasts with its own work done in no time, its blockers keeping their promises.
A promise shorter than that is impossible, and the target that would just fit is that duration on its own clock.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from app.directory.calendar import CalendarTimeline
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.worlds import EPSILON, find_paces, measure_lags, shortest_durations


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
