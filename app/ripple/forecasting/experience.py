"""What past commitments and tickets teach about how long the open ones will last. Pure.

A node of a commitment's graph (the commitment, or a ticket beneath it) is *free* while none of what it asked for is
open, at its opening and again whenever the last of its open children has ended, and *held* while some is. A **stretch**
goes from when it was free to its end, whatever it asked for in between: so what nodes of its kind went on to ask for,
and how long that took, is in how long their stretches lasted, and need not be invented ticket by ticket. What is left
of a node is told by those of its kind that were in the same state, free or held, at the same point. For a ticket that
point is how long it has been so (for one whose kind never asks that is S(t | age) of its whole life); for a commitment,
which is worked towards its due time, the share of its promised time that has passed.

A kind with fewer than 30 cases gives way to a coarser one: request type and priority, then the provider; a commitment's
owner, then the state that it is in. What nothing is known of is taken at its word: a company without a past would be
told otherwise that it keeps no promise.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.ripple.engine.graph import Commitment, Ticket
from app.ripple.forecasting.alike import Alike, Stretch, Stretches
from app.ripple.forecasting.kept_curves import KeptCurves
from app.ripple.forecasting.survival import Outcomes, at_its_word

ENOUGH: Final = 30
"""Cases of a kind below which a coarser kind is looked at."""

NEAREST: Final = 100
"""How many commitments are looked at that were freed at about the same share of their promised time."""

Kind = tuple[str, ...]
"""What a node is like, the coarsest first: `commitment`, its owner; or `ticket`, provider, request type, priority."""

COMMITMENT, TICKET = "commitment", "ticket"
OPENED, FREED, HELD = "opened", "freed", "held"

NEVER: Final = 10**15
"""The end, on its own clock, of what does not end that way."""


@dataclass(frozen=True, slots=True)
class Record:
    """A commitment and the tickets beneath it, as known at an instant: what has not happened by then is None.

    `traits` are the request type and the priority of each ticket, by its id. `given_up_at` is when it was cancelled.
    """

    id: str
    commitment: Commitment
    tickets: tuple[Ticket, ...]
    traits: Mapping[str, tuple[str, str]]
    given_up_at: int | None = None

    def as_of(self, at: int) -> "Record | None":
        """As much of it as had happened by then; None: it had not been promised. A ticket that was reopened since is
        open throughout here, and its priority is the last."""
        commitment = self.commitment
        if commitment.promised_at > at:
            return None
        delivered_at = commitment.delivered_at
        return replace(
            self,
            commitment=replace(commitment, delivered_at=_by(delivered_at, at)),
            tickets=tuple(_ticket_as_of(ticket, at) for ticket in self.tickets if ticket.opened_at <= at),
            given_up_at=_by(self.given_up_at, at),
        )

    @property
    def is_open(self) -> bool:
        """Whether it is yet to be delivered."""
        return self.commitment.delivered_at is None and self.given_up_at is None


def _by(instant: int | None, at: int) -> int | None:
    return instant if instant is not None and instant <= at else None


def _ticket_as_of(ticket: Ticket, at: int) -> Ticket:
    legs = tuple(
        replace(leg, acknowledged_at=_by(leg.acknowledged_at, at)) for leg in ticket.legs if leg.started_at <= at
    )
    return replace(
        ticket,
        provider=legs[-1].department if legs else ticket.provider,
        resolved_at=_by(ticket.resolved_at, at),
        acknowledged_at=_by(ticket.acknowledged_at, at),
        legs=legs,
        waits=tuple(replace(wait, ended_at=_by(wait.ended_at, at)) for wait in ticket.waits if wait.started_at <= at),
    )


def kind_of_commitment(commitment: Commitment) -> Kind:
    """The kind of a commitment."""
    return (COMMITMENT, commitment.owner)


def kind_of_ticket(ticket: Ticket, traits: Mapping[str, tuple[str, str]]) -> Kind:
    """The kind of a ticket."""
    return (TICKET, ticket.provider, *traits.get(ticket.id, ("", "")))


def children_of(tickets: Sequence[Ticket]) -> dict[str | None, list[Ticket]]:
    """The tickets that block each ticket, by its id; under None those that block none of these: the commitment's."""
    ids = {ticket.id for ticket in tickets}
    found: dict[str | None, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        blocked = [id_ for id_ in dict.fromkeys(ticket.blocks) if id_ in ids]
        for parent in blocked:
            found[parent].append(ticket)
        if not blocked:
            found[None].append(ticket)
    return found


class Experience:
    """What was learned: stretches by phase and kind, those of each kind with any coarser one.

    `commitments` and `tickets` count those that ended.
    """

    def __init__(self) -> None:
        self.commitments = 0
        self.tickets = 0
        self._stretches: dict[Kind, Stretches] = defaultdict(Stretches)
        self._tickets_seen: set[str] = set()
        self._curves = KeptCurves()

    def learn_from(self, record: Record, until: int) -> None:
        """Takes one more commitment, as known at an instant, and the tickets beneath it that were not taken yet."""
        commitment, beneath = record.commitment, children_of(record.tickets)
        last = until if record.given_up_at is None else record.given_up_at
        kind = kind_of_commitment(commitment)
        self._learn(kind, clock_of(commitment), commitment.delivered_at, beneath[None], last)
        self.commitments += commitment.delivered_at is not None
        for ticket in record.tickets:
            if ticket.id not in self._tickets_seen:
                self._tickets_seen.add(ticket.id)
                kind = kind_of_ticket(ticket, record.traits)
                self._learn(kind, Clock(ticket.opened_at), ticket.resolved_at, beneath[ticket.id], until)
                self.tickets += ticket.resolved_at is not None

    def as_free(self, phase: str, kind: Kind, since: int, now: int, otherwise: int) -> Outcomes:
        """When a node ends, on its own clock, that has been free since and still is. Commitments are compared with
        those that were free at the same share of their promised time, tickets with those that were so for as long."""
        if kind[0] == COMMITMENT:
            found = self._finest(phase, kind, lambda stretches: stretches.free_at(now))
            if found.ended < ENOUGH:
                found = self._alike((OPENED, kind[0]), lambda stretches: stretches.outliving(now))
            return self._outcomes(found, now, otherwise)
        age = now - since
        found = self._finest(phase, kind, lambda stretches: stretches.free_for_longer(age))
        lasting = self._outcomes(found, age, otherwise - since)
        return Outcomes(tuple(since + seconds for seconds in lasting.seconds), lasting.cumulative)

    def lags(self, kind: Kind, freed: int, otherwise: int) -> Outcomes:
        """How long after the last of what it asked for a node ends that is free from `freed` on, on its own clock.

        Commitments are compared with those freed nearest to the same share of their promised time: who is early has
        more time left, and takes it."""
        if kind[0] != COMMITMENT:
            return self._outcomes(self._finest(FREED, kind, Stretches.every), 0, otherwise - freed)
        first, last = self._stretches.get((FREED, COMMITMENT), _NONE).nearest(freed, NEAREST)
        found = self._finest(FREED, kind, lambda stretches: stretches.starting_within(first, last))
        return self._outcomes(found, 0, otherwise - freed)

    def ends_held(self, kind: Kind, now: int) -> Outcomes | None:
        """When a node ends, on its own clock, that ends while something it asked for is open; as those that waited at
        the same time of their lives did, lost sight of when they waited no more. None: none ever did."""
        for level in range(len(kind), 0, -1):
            found = self._alike((HELD, *kind[:level]), lambda stretches: stretches.free_at(now))
            if found.size >= ENOUGH:
                break
        return self._curves.outcomes(found, NEVER) if found.ended else None

    def _finest(self, phase: str, kind: Kind, look: Callable[[Stretches], Alike]) -> Alike:
        """Those alike of the finest kind with 30 that ended, or else of the coarsest."""
        for level in range(len(kind), 0, -1):
            found = self._alike((phase, *kind[:level]), look)
            if found.ended >= ENOUGH:
                break
        return found

    def _alike(self, key: Kind, look: Callable[[Stretches], Alike]) -> Alike:
        return look(self._stretches.get(key, _NONE))

    def _outcomes(self, alike: Alike, age: int, until: int) -> Outcomes:
        """When those that are alike ended. If none did nothing is known, unless many outlasted what is promised."""
        is_known = alike.ended or (alike.size >= ENOUGH and alike.lasted()[-1][0] >= until)
        return self._curves.outcomes(alike) if is_known else at_its_word(age, until)

    def _learn(self, kind: Kind, clock: "Clock", ended_at: int | None, children: Sequence[Ticket], until: int) -> None:
        end = until if ended_at is None else ended_at
        asked = [child for child in children if child.opened_at < end]
        for phase, stretch in _stretches(clock, end, ended_at is not None, asked):
            for level in range(1, len(kind) + 1):
                self._stretches[(phase, *kind[:level])].add(stretch)


_NONE: Final = Stretches()
"""What is known of a kind that was never seen."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A node's own clock: `ticks` of it go by in `seconds`, from its opening. A ticket's ticks are seconds; a
    commitment, which is worked towards its due time, has as many ticks in its promised time as any other."""

    opened_at: int
    ticks: int = 1
    seconds: int = 1

    def reads(self, at: int) -> int:
        """What it shows at an instant."""
        return (at - self.opened_at) * self.ticks // self.seconds

    def lasts(self, ticks: int) -> int:
        """How many seconds so many ticks take."""
        return ticks * self.seconds // self.ticks


PROMISED_TICKS: Final = 1_000_000
"""The ticks of a commitment's clock in its promised time."""


def clock_of(commitment: Commitment) -> Clock:
    """The clock of a commitment."""
    promised = commitment.due_at - commitment.promised_at
    return Clock(commitment.promised_at, PROMISED_TICKS, promised) if promised > 0 else Clock(commitment.promised_at)


def _stretches(clock: Clock, end: int, has_ended: bool, children: Sequence[Ticket]) -> Iterator[tuple[str, Stretch]]:
    """The phase and the stretch from each instant at which the node was free, and while it was held."""
    phase, free_since, last = OPENED, clock.opened_at, clock.reads(end)
    held_since = clock.opened_at
    for child in sorted(children, key=lambda child: child.opened_at):
        asked_at = max(child.opened_at, clock.opened_at)
        if asked_at > free_since or phase == OPENED:
            if phase == FREED:
                yield HELD, _stretch(clock, held_since, free_since, False)
            yield phase, Stretch(clock.reads(free_since), last, has_ended, clock.reads(asked_at))
            held_since = asked_at
        if child.resolved_at is None or child.resolved_at > end:
            yield HELD, _stretch(clock, held_since, end, has_ended)
            return
        phase, free_since = FREED, max(free_since, child.resolved_at)
    if phase == FREED:
        yield HELD, _stretch(clock, held_since, free_since, False)
    yield phase, Stretch(clock.reads(free_since), last, has_ended, last)


def _stretch(clock: Clock, start: int, end: int, has_ended: bool) -> Stretch:
    return Stretch(clock.reads(start), clock.reads(end), has_ended, clock.reads(end))


def learn(records: Iterable[Record], until: int) -> Experience:
    """What records, each as known at `until`, teach. A ticket beneath several commitments is looked at once."""
    experience = Experience()
    for record in records:
        experience.learn_from(record, until)
    return experience
