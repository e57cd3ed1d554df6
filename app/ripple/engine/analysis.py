"""The analysis of one commitment: where its time went, who made it late, and who overran a promise."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.ripple.engine.critical import find_contest
from app.ripple.engine.graph import REQUESTER, ROOT, Graph
from app.ripple.engine.sharing import round_half_up, round_together, share
from app.ripple.engine.walk import OwnTime, Part, Segment, decompose, walk
from app.ripple.engine.worlds import Paces, Timeline, build_timeline, own_stretches

# Changes whenever the same graph may give another answer, so that stored ones are known to be out of date; and whenever
# the same answer is stored otherwise: its document (`app.ripple.keeping.stored`) or what is packed of it (`packing`).
ENGINE_VERSION: Final = "2"


@dataclass(frozen=True, slots=True)
class Attribution:
    """A party's part in the lateness, in whole seconds; ``party`` is a department, ``customer`` or ``third_party``.

    ``standard_error_seconds`` is None where the share is exact.
    """

    party: str
    but_for_seconds: int
    shapley_seconds: int
    standard_error_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Overrun:
    """How long a promise was overrun, in whole seconds; ``ticket_id`` is None for the commitment's own."""

    ticket_id: str | None
    overrun_seconds: int
    primary_seconds: int
    reactionary_seconds: int
    pace: float
    promise_impossible: bool


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """What reports over many commitments add up from one ticket.

    ``overrun`` is None without a due time. ``primary_by_department`` splits its primary seconds by the base time
    each leg's department held the ticket; ``kept_waiting_seconds`` is how long it waited on its requester;
    ``last_driver_id`` is the ticket its end waited for last, from whose provider its reactionary overrun flowed.
    """

    ticket_id: str
    requester: str
    provider: str
    overrun: Overrun | None
    primary_by_department: tuple[tuple[str, int], ...]
    kept_waiting_seconds: int
    last_driver_id: str | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer. ``overruns`` are of the tickets with a due time, ``tickets`` all of them, in the order given.

    ``commitment_overrun`` is the lateness as the owner's own promise: its primary seconds are the owner's.
    """

    elapsed_seconds: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promise_impossible: bool
    segments: tuple[Segment, ...]
    decomposition: tuple[Part, ...]
    attribution: tuple[Attribution, ...]
    overruns: tuple[Overrun, ...]
    commitment_overrun: Overrun
    tickets: tuple[TicketFigures, ...]
    engine_version: str = ENGINE_VERSION


def analyse(graph: Graph) -> Analysis:
    """Decompose, compare with the worlds in which promises were kept, and attribute. Pure; no errors of its own."""
    timeline = build_timeline(graph)
    segments = walk(graph)
    lateness = max(0, graph.ended[ROOT] - graph.commitment.due_at)
    plan_seconds, unpromised_seconds, attribution = _attribute(timeline, lateness) if lateness else (0, 0, ())
    held = _base_time_held(timeline)
    tickets = tuple(_ticket_figures(graph, timeline.paces, node, held) for node in range(1, len(graph.opened)))
    return Analysis(
        elapsed_seconds=graph.ended[ROOT] - graph.opened[ROOT],
        lateness_seconds=lateness,
        plan_seconds=plan_seconds,
        unpromised_seconds=unpromised_seconds,
        promise_impossible=timeline.paces.impossible[ROOT],
        segments=segments,
        decomposition=decompose(segments),
        attribution=attribution,
        overruns=tuple(ticket.overrun for ticket in tickets if ticket.overrun is not None),
        commitment_overrun=_overrun(graph, timeline.paces, ROOT, graph.commitment.due_at),
        tickets=tickets,
    )


def _attribute(timeline: Timeline, lateness: int) -> tuple[int, int, tuple[Attribution, ...]]:
    """Plan, unpromised, and the attribution of a late commitment."""
    plan = min(timeline.plan_seconds(), float(lateness))
    contest = find_contest(timeline, plan)
    shares = share(contest)
    parties = sorted(shares.seconds)
    plan_seconds, *rounded = round_together(lateness, [plan, *(shares.seconds[party] for party in parties)])
    attribution = []
    for party, seconds in zip(parties, rounded, strict=True):
        if seconds > 0:
            mended = contest.lateness(other for other in parties if other != party)
            error = None if shares.standard_errors is None else round_half_up(shares.standard_errors[party])
            attribution.append(Attribution(party, round_half_up(lateness - mended), seconds, error))
    unpromised = 0
    if plan > 0 and None in timeline.graph.due:
        unpromised = min(round_half_up(plan - timeline.promised_plan_seconds()), plan_seconds)
    return plan_seconds, unpromised, tuple(attribution)


def _overrun(graph: Graph, paces: Paces, node: int, due: int) -> Overrun:
    overrun = max(0, graph.ended[node] - due)
    primary = min(round_half_up(paces.primary[node]), overrun)
    ticket_id = None if node == ROOT else graph.tickets[node - 1].id
    return Overrun(ticket_id, overrun, primary, overrun - primary, paces.pace[node], paces.impossible[node])


def _ticket_figures(graph: Graph, paces: Paces, node: int, held: Mapping[int, Mapping[str, int]]) -> TicketFigures:
    ticket, due, drivers = graph.tickets[node - 1], graph.due[node], graph.drivers[node]
    overrun = None if due is None else _overrun(graph, paces, node, due)
    primary = overrun.primary_seconds if overrun is not None else 0
    return TicketFigures(
        ticket_id=ticket.id,
        requester=ticket.requester,
        provider=ticket.provider,
        overrun=overrun,
        primary_by_department=_by_department(graph, node, primary, held) if primary else (),
        kept_waiting_seconds=sum(wait.ended_at - wait.started_at for wait in graph.waits[node] if wait.on == REQUESTER),
        last_driver_id=graph.tickets[drivers[-1] - 1].id if drivers else None,
    )


def _base_time_held(timeline: Timeline) -> dict[int, Counter[str]]:
    """Of each ticket that was passed on and overran by itself, the base time of each department: while it held the
    ticket and nobody was waited for, nor any blocker."""
    graph, primary = timeline.graph, timeline.paces.primary
    held = {node: Counter[str]() for node, legs in enumerate(graph.legs) if len(legs) > 1 and primary[node]}
    if held:
        own_time = OwnTime(graph)
        for node, start, stop in own_stretches(graph, timeline.lags):
            if node in held:
                for charge in own_time.backwards(node, start, stop):
                    held[node][charge.party] += 0 if charge.is_wait else charge.seconds
    return held


def _by_department(
    graph: Graph, node: int, seconds: int, held: Mapping[int, Mapping[str, int]]
) -> tuple[tuple[str, int], ...]:
    """Seconds of a ticket split over its legs' departments, by the base time they held it."""
    legs = graph.legs[node]
    if len(legs) == 1:
        return ((legs[0].department, seconds),)
    parts = {department: held[node][department] for department in dict.fromkeys(leg.department for leg in legs)}
    total = sum(parts.values())
    split = round_together(seconds, [seconds * part / total for part in parts.values()])
    return tuple((department, part) for department, part in zip(parts, split, strict=True) if part)
