"""Trying a proposed version of an SLA on the tickets of the last days. Nothing is stored, not all is held in memory."""

from asyncio import to_thread
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from heapq import heappush, heappushpop
from typing import Any, Final
from uuid import UUID

from app.kernel.database import Row
from app.kernel.work import Work
from app.service_levels.agreements import Version
from app.service_levels.clock import Agreement, Clock, Metric
from app.service_levels.matching import Request
from app.service_levels.past_offers import PastOffers
from app.service_levels.proposing import proposed
from app.service_levels.queries import EXCLUSIONS
from app.service_levels.simulation import Difference, Life, Tallies, Tally, Window, differences, simulated
from app.service_levels.simulation_schemas import (
    ClockDifference,
    Compared,
    ComparedMetric,
    Simulate,
    SimulatedClock,
    SimulatedFigures,
    Simulation,
)
from app.tickets import queries
from app.tickets.timekeeping import recorded_agreements, recorded_histories, told

MOST_TICKETS: Final = 20_000
MOST_CHANGES: Final = 100
_AT_ONCE: Final = 500


async def simulate(work: Work, sla_id: UUID, asked: Simulate) -> Simulation:
    """What the decisions of an SLA in the last days were, and would have been by a proposed version.

    Raises:
        NotFound: there is no such SLA.
        Invalid: what is proposed refers to what does not exist or fit, or a target takes more than 3,653 days.
        Conflict: it could tie with another active SLA of the provider.
    """
    sla, offers = await proposed(work, sla_id, asked.proposed)
    since = work.now - timedelta(days=asked.days)
    period = {"since": since, "before": work.now + timedelta(seconds=1)}
    excluded = (await work.connection.execute(EXCLUSIONS, period)).mappings().all()
    run = _Run(sla_id, offers, Window(**period, is_excluded=_exclusion(excluded)), work.now)
    cut = await _go_through(work, run, offers, period)
    return Simulation(
        sla_id,
        sla.version,
        since,
        work.now,
        run.tickets,
        cut,
        [
            ComparedMetric(metric, _figures(run.then.by_metric[metric]), _figures(run.proposed.by_metric[metric]))
            for metric in Metric
        ],
        Compared(_figures(run.then.total), _figures(run.proposed.total)),
        run.changed,
        run.worst(),
    )


async def _go_through(work: Work, run: "_Run", offers: PastOffers, period: Mapping[str, datetime]) -> bool:
    """Goes through the tickets, the latest first; whether there were more than that."""
    named = {**period, "provider_ids": list(run.provider_ids), "opened_at": None, "after": None}
    while run.tickets < MOST_TICKETS:
        most = min(_AT_ONCE, MOST_TICKETS - run.tickets)
        rows = (await work.connection.execute(queries.CONCERNED, named | {"most": most + 1})).mappings().all()
        if not rows:
            return False
        more, rows = len(rows) > most, rows[:most]
        ids = [row["id"] for row in rows]
        histories = await recorded_histories(work.connection, ids)
        known = await recorded_agreements(work.connection, histories.values())
        await to_thread(run.take, [(row, histories[row["id"]]) for row in rows], known)
        if not more:
            return False
        named |= {"opened_at": rows[-1]["opened_at"], "after": rows[-1]["id"]}
    return True


@dataclass(slots=True)
class _Run:
    """What was found so far."""

    sla_id: UUID
    offers: PastOffers
    window: Window
    now: datetime
    then: Tallies = field(default_factory=Tallies)
    proposed: Tallies = field(default_factory=Tallies)
    tickets: int = 0
    changed: int = 0
    _worst: list[tuple[tuple[bool, int], int, Row, Difference[UUID]]] = field(default_factory=list)

    @property
    def provider_ids(self) -> Iterable[UUID]:
        """Whose tickets can be concerned."""
        return self.offers.provider_ids

    def take(self, tickets: Sequence[tuple[Row, Sequence[Row]]], known: Mapping[Version, Agreement[UUID]]) -> None:
        """Goes through some tickets' lives."""
        for row, history in tickets:
            self.tickets += 1
            both = simulated(Life(*told(history, known)), self.offers.proposed.agreement, self._chooser(row)).settled(
                self.now
            )
            self.then.count(both.then.clocks, self.sla_id, self.window)
            self.proposed.count(both.proposed.clocks, self.sla_id, self.window)
            for difference in differences(both, self.sla_id, self.window):
                self.changed += 1
                push = heappush if len(self._worst) < MOST_CHANGES else heappushpop
                push(self._worst, (difference.severity, self.changed, row, difference))

    def _chooser(self, row: Row) -> Any:
        def choose(department_id: UUID, priority: str, at: datetime) -> Agreement[UUID] | None:
            request = Request(row["requester_department_id"], row["request_type_id"], priority, row["tier"])
            return self.offers.choose(department_id, request, at)

        return choose

    def worst(self) -> list[ClockDifference]:
        """The worst of the differences, the worst first."""
        return [
            _difference(row, each) for _, _, row, each in sorted(self._worst, reverse=True, key=lambda one: one[:2])
        ]


def _exclusion(windows: Sequence[Row]) -> Any:
    def is_excluded(clock: Clock[UUID], at: datetime) -> bool:
        return any(
            window["starts_at"] <= at < window["ends_at"]
            and window["sla_id"] in (None, clock.sla_id)
            and window["provider_department_id"] in (None, clock.department_id)
            for window in windows
        )

    return is_excluded


def _figures(tally: Tally) -> SimulatedFigures:
    low, high = tally.interval or (None, None)
    p50, p90, p95 = (tally.percentile(Fraction(share, 100)) for share in (50, 90, 95))
    return SimulatedFigures(
        tally.decided, tally.met, tally.breached, tally.attainment, low, high, p50, p90, p95, tally.excluded
    )


def _difference(row: Row, each: Difference[UUID]) -> ClockDifference:
    clock = each.then or each.proposed
    if clock is None:
        raise TypeError("a difference is one of a clock")
    shown = (None if side is None else _clock(side) for side in (each.then, each.proposed))
    return ClockDifference(row["id"], row["number"], clock.metric, clock.scope, clock.leg, *shown)


def _clock(clock: Clock[UUID]) -> SimulatedClock:
    return SimulatedClock(clock.sla_id, clock.state, clock.target_seconds, clock.due_at, clock.elapsed_seconds)
