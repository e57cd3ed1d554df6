"""When an open commitment will be delivered, by simulation over its graph. Pure.

From the deepest open ticket up, each open node is drawn a thousand times. One that waits for nothing it asked for ends
when the stretch it is in does (see `experience`), given how far it has come. One that does wait ends a
stretch after the last of its open children, as nodes of its kind did, or while it still waits, as some of them did,
whichever comes first.

What was tried, simplest first, and why it is as it is (the figures are in docs/explanation): a commitment's lag in
seconds after its last ticket, whenever that was, knows nothing of the due time it is worked towards; letting a fixed
share of nodes not wait for all they asked for blames tickets that nobody goes on to end. Drawing future tickets one by
one was left alone: it needs to know how many there will be, of what kind and when, while the time that nodes took that
went on to ask holds all of that together.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from app.ripple.engine.analysis import ENGINE_VERSION
from app.ripple.engine.graph import Ticket, build_graph
from app.ripple.forecasting.experience import (
    COMMITMENT,
    FREED,
    OPENED,
    Clock,
    Experience,
    Kind,
    Record,
    children_of,
    clock_of,
    kind_of_commitment,
    kind_of_ticket,
)
from app.ripple.forecasting.survival import Outcomes

DRAWS: Final = 1_000
_FEWEST_DRAWS: Final = 100
_MOST_DRAWN: Final = 250_000
"""Ends of tickets drawn in all: with more than 250 open tickets each is drawn less often, but for the fewest draws."""

_CROWD: Final = 250
"""Open tickets above which those of about the same age are drawn alike: estimating takes longer than drawing."""

_AGE_BITS: Final = 5
"""How exact an age is in a crowd: by its first bits, at most 1 in 16 too much."""

HORIZON: Final = 7_258_118_399
"""The last second of the year 2199, beyond which there are no instants: what would take longer ends then. A promise of
a minute that took a month says of one of a year that it may take some ten thousand."""

_UNPROMISED_SECONDS: Final = 86_400
"""How long a node lasts of which nothing whatever is known and that nobody gave a due time."""

_GROUPS: Final = 10
"""Draws of a commitment that lag alike: a tenth of them, freed at about the same time."""

Column = list[int]
"""The drawn ends of a node."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a commitment will be delivered: its drawn instants, ascending, in seconds since the epoch.

    `last_ticket` is the open ticket beneath it that is most often the last to end, `last_share` in which share of the
    draws; None: none is open.
    """

    at: int
    due_at: int
    deliveries: tuple[int, ...]
    last_ticket: str | None
    last_share: float | None

    def quantile(self, share: float) -> int:
        """The instant by which it is delivered with this probability."""
        return self.deliveries[min(int(share * len(self.deliveries)), len(self.deliveries) - 1)]

    @property
    def probability_late(self) -> float:
        """The share of the draws after the due time; 1 once that has passed."""
        return (len(self.deliveries) - bisect_right(self.deliveries, self.due_at)) / len(self.deliveries)


def forecast(record: Record, at: int, experience: Experience, draws: int = DRAWS) -> Forecast:
    """The forecast of an open commitment as known at `at`: the same again for the same record and experience.

    Raises:
        InvalidGraph: its tickets describe no possible history.
    """
    return _Simulation(record, at, experience, draws).run()


class _Simulation:
    def __init__(self, record: Record, at: int, experience: Experience, draws: int) -> None:
        self.record, self.at, self.experience = record, at, experience
        still_open = sum(ticket.resolved_at is None for ticket in record.tickets)
        self.draws = min(draws, max(_FEWEST_DRAWS, _MOST_DRAWN // max(still_open, 1)))
        self.crowded = still_open > _CROWD
        self.random = Random(f"{record.id} {ENGINE_VERSION}")
        self.children: Mapping[str | None, list[Ticket]] = children_of(record.tickets)
        self.ends: dict[str, Column] = {}

    def run(self) -> Forecast:
        commitment, tickets = self.record.commitment, self.record.tickets
        for node in build_graph(commitment, tickets, self.at).children_first:
            ticket = tickets[node - 1] if node else None
            if ticket is not None and ticket.resolved_at is None:
                kind = kind_of_ticket(ticket, self.record.traits)
                self.ends[ticket.id] = self._drawn(
                    kind, Clock(ticket.opened_at), ticket.due_at, self.children[ticket.id]
                )
        beneath = self.children[None]
        drawn = self._drawn(kind_of_commitment(commitment), clock_of(commitment), commitment.due_at, beneath)
        delivered = [min(end, HORIZON) for end in drawn]
        last, share = self._last([ticket.id for ticket in beneath if ticket.id in self.ends])
        return Forecast(self.at, commitment.due_at, tuple(sorted(delivered)), last, share)

    def _drawn(self, kind: Kind, clock: Clock, due_at: int | None, children: Sequence[Ticket]) -> Column:
        """The ends of a node, its open children having been drawn."""
        opened_at, now = clock.opened_at, clock.reads(self.at)
        otherwise = _UNPROMISED_SECONDS if due_at is None else clock.reads(max(due_at, opened_at + 1))
        held_by = [self.ends[child.id] for child in children if child.id in self.ends]
        if not held_by:
            phase = FREED if children else OPENED
            free_since = max([opened_at, *(child.resolved_at or opened_at for child in children)])
            since = clock.reads(free_since)
            free = self.experience.as_free(phase, kind, since, since + self._counted(kind, now - since), otherwise)
            return self._draws(free, clock, opened_at)
        freed = held_by[0] if len(held_by) == 1 else list(map(max, *held_by))
        ends = self._after(freed, kind, clock, otherwise)
        held = self.experience.ends_held(kind, self._counted(kind, now))
        return ends if held is None else list(map(min, ends, self._draws(held, clock, opened_at)))

    def _counted(self, kind: Kind, age: int) -> int:
        """The age as which that of a node counts: of a ticket in a crowd a little more, so that few are told apart."""
        if kind[0] == COMMITMENT or not self.crowded:
            return age
        step = 1 << max(0, age.bit_length() - _AGE_BITS)
        return -(-age // step) * step

    def _after(self, freed: Column, kind: Kind, clock: Clock, otherwise: int) -> Column:
        """The ends of a node freed at these instants; those freed at about the same time lag alike."""
        groups = _GROUPS if kind[0] == COMMITMENT else 1
        order = sorted(range(len(freed)), key=freed.__getitem__)
        ends = [0] * len(freed)
        size = -(-len(order) // groups)
        for start in range(0, len(order), size):
            group = order[start : start + size]
            middle = clock.reads(freed[group[len(group) // 2]])
            lags = self._draws(self.experience.lags(kind, middle, otherwise), clock, 0, len(group))
            for draw, lag in zip(group, lags, strict=True):
                ends[draw] = freed[draw] + lag
        return ends

    def _draws(self, outcomes: Outcomes, clock: Clock, start: int, count: int | None = None) -> Column:
        drawn = self.random.choices(outcomes.seconds, cum_weights=outcomes.cumulative, k=count or self.draws)
        if clock.seconds == clock.ticks:
            return [start + ticks for ticks in drawn]
        each, of = clock.seconds, clock.ticks
        return [start + ticks * each // of for ticks in drawn]

    def _last(self, still_open: Sequence[str]) -> tuple[str | None, float | None]:
        if not still_open:
            return None, None
        rows = zip(*(self.ends[id_] for id_ in still_open), strict=True)
        counts = [0] * len(still_open)
        for row in rows:
            counts[row.index(max(row))] += 1
        most = counts.index(max(counts))
        return still_open[most], counts[most] / self.draws
