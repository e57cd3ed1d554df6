"""Over many commitments: how much of what departments overran, or let others wait, did their customers feel. Pure.

Each commitment's analysis is taken apart into entries: so many seconds, of some figure, at some place. A report adds up
the entries of each group. Durations are whole seconds; shares stay whole when they are split, so sums always hold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from app.ripple.engine.analysis import Analysis, TicketFigures
from app.ripple.engine.graph import REQUESTER
from app.ripple.engine.sharing import round_together
from app.ripple.engine.walk import QUEUE, UNTICKETED, WORK

_OWN_TIME = frozenset((QUEUE, WORK, UNTICKETED))


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in one currency."""

    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What reports tell tickets apart by, besides their departments; ``sla_id`` is that of its promise."""

    priority: str
    request_type_id: UUID | None = None
    sla_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """One commitment's analysis, with what it is grouped by and worth.

    ``kinds`` are by ticket id; ``last_driver_id`` is the ticket that the commitment's end waited for last.
    """

    commitment_id: UUID
    customer_id: UUID
    owner: str
    delivered: bool
    analysis: Analysis
    kinds: Mapping[str, Kind]
    last_driver_id: str | None = None
    value: Amount | None = None
    annual_value: Amount | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where seconds are counted. ``party`` answers for them: a department, ``customer`` or ``third_party``.

    The rest tells of the ticket they came by. What came by none has no requester, its provider is the department that
    owns the commitment, and what customers and third parties did has no provider either.
    """

    party: str
    requester: str | None = None
    provider: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Seconds at one place, and the tickets counted there."""

    place: Place
    tickets: int = 0
    overrun: int = 0
    primary: int = 0
    reactionary: int = 0
    kept_waiting: int = 0
    passed_on: int = 0
    outward: int = 0


@dataclass(frozen=True, slots=True)
class _Delay:
    """Seconds that a party overran or let others wait at one place, and how many it held on the customer's path."""

    place: Place
    seconds: int
    walked: int


@dataclass(frozen=True, slots=True)
class RippleFigures:
    """What a group's tickets overran, and what of it reached customers.

    ``primary_seconds`` were spent by the group itself and ``reactionary_seconds`` inherited;
    ``kept_waiting_seconds`` others waited for it as their requester; ``delay_seconds`` is primary plus kept waiting.
    ``passed_on_seconds`` is what tickets inherited from the group's, the last they waited for.
    ``outward_seconds`` is its share in commitments' lateness, ``transmission`` outward by delay (null without delay),
    ``absorbed_seconds`` the delay that no customer felt. ``value_touched`` is that of the commitments it delayed, or
    where they state none the annual value of their customers, each once.
    """

    tickets: int
    overrun_seconds: int
    primary_seconds: int
    reactionary_seconds: int
    kept_waiting_seconds: int
    delay_seconds: int
    passed_on_seconds: int
    outward_seconds: int
    transmission: float | None
    absorbed_seconds: int
    commitments_delayed: int
    customers_reached: int
    value_touched: list[Amount]


@dataclass(frozen=True, slots=True)
class Unfit:
    """Promises that could not be kept: of an SLA (None: commitments) whose tickets waited last for one of another.

    ``blocker_sla_id`` is None where nothing was waited for, or nothing had been promised for it.
    """

    sla_id: UUID | None
    blocker_sla_id: UUID | None
    promises: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What is counted by commitment; the lateness is the plan's plus all outward seconds.

    ``unfit`` are the pairs of SLAs with most promises that could not be kept, of ``unfit_pairs`` that there are.
    """

    commitments: int
    delivered: int
    late: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promises_impossible: int
    unfit: Sequence[Unfit]
    unfit_pairs: int
    delay_multiplier: float | None


def entries(assessed: Assessed) -> Iterator[Entry]:
    """A commitment's analysis taken apart."""
    delays: dict[str, list[_Delay]] = defaultdict(list)
    walked = _walked(assessed.analysis)
    tickets = {ticket.ticket_id: ticket for ticket in assessed.analysis.tickets}
    for ticket in tickets.values():
        yield from _of_ticket(ticket, assessed.kinds[ticket.ticket_id], walked, delays)
        driver = tickets[ticket.last_driver_id] if ticket.last_driver_id is not None else None
        if driver is not None and ticket.overrun is not None and ticket.overrun.reactionary_seconds:
            place = Place(driver.provider, ticket.provider, driver.provider, assessed.kinds[driver.ticket_id])
            yield Entry(place, passed_on=ticket.overrun.reactionary_seconds)
    own = assessed.analysis.commitment_overrun.primary_seconds
    if own:
        place = Place(assessed.owner, None, assessed.owner)
        delays[assessed.owner].append(_Delay(place, own, walked.get((None, assessed.owner, False), 0)))
        yield Entry(place, primary=own)
    for attribution in assessed.analysis.attribution:
        yield from _spread(attribution.party, attribution.shapley_seconds, delays.get(attribution.party, ()))


def entries_by_ticket(assessed: Assessed) -> Iterator[tuple[UUID, Entry]]:
    """The entries of what the providers of tickets did, with the ticket: as `entries`, every ticket a kind of its own.

    What its requester let others wait is no ticket's, nor what came by none.
    """
    apart = {id_: Kind(kind.priority, UUID(id_)) for id_, kind in assessed.kinds.items()}
    for entry in entries(replace(assessed, kinds=apart)):
        place = entry.place
        if place.kind is not None and place.kind.request_type_id is not None and place.party == place.provider:
            yield place.kind.request_type_id, entry


def promises_impossible(assessed: Assessed) -> Iterator[tuple[Place, UUID | None, UUID | None]]:
    """For each promise that could not be kept: where it was made, by which SLA, and that of what it waited for last."""
    kinds = assessed.kinds
    if assessed.analysis.promise_impossible:
        driver = assessed.last_driver_id
        yield Place(assessed.owner, None, assessed.owner), None, None if driver is None else kinds[driver].sla_id
    for ticket in assessed.analysis.tickets:
        if ticket.overrun is not None and ticket.overrun.promise_impossible:
            kind, driver = kinds[ticket.ticket_id], ticket.last_driver_id
            place = Place(ticket.provider, ticket.requester, ticket.provider, kind)
            yield place, kind.sla_id, None if driver is None else kinds[driver].sla_id


def _of_ticket(
    ticket: TicketFigures,
    kind: Kind,
    walked: Mapping[tuple[str | None, str, bool], int],
    delays: dict[str, list[_Delay]],
) -> Iterator[Entry]:
    requester, provider = ticket.requester, ticket.provider
    overrun = 0 if ticket.overrun is None else ticket.overrun.overrun_seconds
    reactionary = 0 if ticket.overrun is None else ticket.overrun.reactionary_seconds
    yield Entry(Place(provider, requester, provider, kind), tickets=1, overrun=overrun, reactionary=reactionary)
    for department, primary in ticket.primary_by_department:
        place = Place(department, requester, department, kind)
        delays[department].append(_Delay(place, primary, walked.get((ticket.ticket_id, department, False), 0)))
        yield Entry(place, primary=primary)
    kept_waiting = ticket.kept_waiting_seconds
    if kept_waiting:
        place = Place(requester, requester, provider, kind)
        delays[requester].append(_Delay(place, kept_waiting, walked.get((ticket.ticket_id, requester, True), 0)))
        yield Entry(place, kept_waiting=kept_waiting)


def _walked(analysis: Analysis) -> dict[tuple[str | None, str, bool], int]:
    """Seconds on the customer's path by (ticket, department, whether it was waited for as the requester)."""
    if not analysis.attribution:
        return {}
    walked: Counter[tuple[str | None, str, bool]] = Counter()
    for segment in analysis.segments:
        if segment.department is not None and (segment.cause in _OWN_TIME or segment.cause == REQUESTER):
            walked[segment.ticket_id, segment.department, segment.cause == REQUESTER] += segment.seconds
    return walked


def _spread(party: str, share: int, delays: Sequence[_Delay]) -> Iterator[Entry]:
    """A party's share over its delays: by what of each may lie on the customer's path, or where none does, by all.

    A share without a delay, as customers and third parties have, came by no ticket.
    """
    weights = [min(delay.seconds, delay.walked) for delay in delays]
    if not any(weights):
        weights = [delay.seconds for delay in delays]
    total = sum(weights)
    if not total:
        yield Entry(Place(party), outward=share)
        return
    split = round_together(share, [share * weight / total for weight in weights])
    for delay, seconds in zip(delays, split, strict=True):
        if seconds:
            yield Entry(delay.place, outward=seconds)
