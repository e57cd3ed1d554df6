"""A company's work, invented: commitments to customers, and the tickets beneath them. Pure, the same for the same seed.

Departments, request types and customers go by their numbers, tickets by theirs within their commitment. Instants are
integer seconds since the epoch.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

HOUR: Final = 3600
DEPARTMENTS: Final = (
    "SALES", "SERVICE", "LOGISTICS", "WAREHOUSE", "PURCHASING", "PRODUCTION", "PLANNING", "QUALITY", "ENGINEERING",
    "IT", "FINANCE", "CREDIT", "BILLING", "LEGAL", "COMPLIANCE", "MARKETING", "PRICING", "TRAINING", "FIELD", "DATA",
)  # fmt: skip
OWNERS: Final = 4
TYPES_EACH: Final = 4
CUSTOMERS: Final = 2_000
PRIORITIES: Final = ("p1", "p2", "p3", "p4")
HASTE: Final = (0.4, 0.7, 1.0, 1.3)
TARGET_HOURS: Final = (24, 40, 60, 80)
PAUSING: Final = frozenset(("requester", "customer"))

MEAN_TICKETS: Final = 10
MOST_TICKETS: Final = 60
# The due time is what the work takes by a factor whose logarithm is so distributed: a quarter of them are late.
SLACK: Final = (0.36, 0.53)


@dataclass(slots=True)
class Leg:
    """A stretch with one department; it goes on until the next one starts."""

    department: int
    started_at: int
    acknowledged_at: int | None = None


@dataclass(slots=True)
class Wait:
    party: str
    leg: int
    started_at: int
    ended_at: int | None


@dataclass(slots=True)
class Ticket:
    """``ended_at`` is None while it is not settled; ``cancelled`` tells that it was given up."""

    requester: int
    provider: int
    request_type: int
    priority: int
    opened_at: int
    target_seconds: int
    blocks: list[int]
    legs: list[Leg]
    waits: list[Wait] = field(default_factory=list)
    ended_at: int | None = None
    reopened: bool = False
    declined: bool = False
    cancelled: bool = False

    @property
    def due_at(self) -> int:
        """When it is to be resolved: what pauses its clock puts it off."""
        due = self.opened_at + self.target_seconds
        for wait in self.waits:
            if wait.party in PAUSING and wait.started_at < due and wait.ended_at is not None:
                due += wait.ended_at - wait.started_at
        return due


@dataclass(slots=True)
class Commitment:
    """A promise to a customer; it is open while it was neither delivered nor cancelled."""

    number: int
    customer: int
    owner: int
    promised_at: int
    due_at: int
    delivered_at: int | None
    cancelled_at: int | None
    value: int | None
    tickets: list[Ticket]


def work(commitments: int, since: int, until: int, seed: int) -> Iterator[Commitment]:
    """So many commitments, promised evenly from one instant to another, as they stand at the latter."""
    for number in range(commitments):
        promised_at = since + (until - since) * number // commitments
        yield _Telling(random.Random(f"{seed} {number}"), number, promised_at).commitment(until)


class _Telling:
    """One commitment as it is told, from its promise on."""

    def __init__(self, rng: random.Random, number: int, promised_at: int) -> None:
        self.rng, self.number, self.promised_at = rng, number, promised_at
        self.owner = int(rng.random() * OWNERS)
        self.urgency = rng.choices((0, 1, 2, 3), (4, 16, 60, 20))[0]
        self.tickets: list[Ticket] = []

    def commitment(self, until: int) -> Commitment:
        rng, promised_at = self.rng, self.promised_at
        size = min(MOST_TICKETS, 1 + int(rng.expovariate(1 / (MEAN_TICKETS - 0.5))))
        asked_at = promised_at + self.hours(3)
        delivered_at = self.settled(self.owner, asked_at, size, []) + self.hours(2)
        self.hold_up_others()
        took = delivered_at - promised_at
        due_at = promised_at + max(1, round(took * rng.lognormvariate(*SLACK) / HOUR)) * HOUR
        given_up_at = promised_at + int(took * rng.random()) if rng.random() < 0.01 else None
        cancelled_at = given_up_at if given_up_at is not None and given_up_at < until else None
        self.cut(until, given_up=False)
        if cancelled_at is not None:
            self.cut(cancelled_at, given_up=True)
        return Commitment(
            number=self.number,
            customer=int(rng.random() ** 2 * CUSTOMERS),
            owner=self.owner,
            promised_at=promised_at,
            due_at=due_at,
            delivered_at=delivered_at if cancelled_at is None and delivered_at <= until else None,
            cancelled_at=cancelled_at,
            value=int(rng.lognormvariate(9, 1)) if rng.random() < 0.6 else None,
            tickets=self.tickets,
        )

    def hours(self, median: float, spread: float = 0.7) -> int:
        return max(60, int(self.rng.lognormvariate(0, spread) * median * HOUR))

    def settled(self, requester: int, at: int, size: int, blocks: list[int]) -> int:
        """Tells of so many tickets, asked in one or two stages from an instant on; when all that matter are settled."""
        rng = self.rng
        stages = [size] if size < 3 or rng.random() < 0.5 else [size // 2, size - size // 2]
        for stage in stages:
            end = at
            for part in self.parts(stage):
                resolved = self.ask(requester, at, part, blocks)
                at += self.hours(0.2)
                if rng.random() < 0.97:
                    end = max(end, resolved)
            at = end + self.hours(0.5)
        return at

    def parts(self, size: int) -> list[int]:
        """The sizes of up to three requests, with all beneath them."""
        count = min(size, 1 + int(self.rng.random() * 3))
        cuts = sorted(self.rng.sample(range(1, size), count - 1)) if count > 1 else []
        return [stop - start for start, stop in zip([0, *cuts], [*cuts, size], strict=True)]

    def ask(self, requester: int, at: int, size: int, blocks: list[int]) -> int:
        """Tells of a ticket and of the others beneath it, ``size`` in all; when it is settled."""
        rng = self.rng
        provider = (requester + 1 + int(rng.random() ** 1.5 * (len(DEPARTMENTS) - 1))) % len(DEPARTMENTS)
        priority = self.urgency if rng.random() < 0.8 else int(rng.random() * 4)
        haste = HASTE[priority] * (0.8 + 0.02 * provider)
        kind = provider * TYPES_EACH + int(rng.random() * TYPES_EACH)
        target = TARGET_HOURS[priority] * HOUR
        number = len(self.tickets)
        ticket = Ticket(requester, provider, kind, priority, at, target, blocks, [Leg(provider, at)])
        self.tickets.append(ticket)
        if rng.random() < 0.12:
            at = self.pass_on(ticket, at, haste)
        at += self.hours(5 * haste)
        if rng.random() < 0.93:
            ticket.legs[-1].acknowledged_at = at
        length = self.hours(12 * haste)
        at += length // 3
        if rng.random() < 0.2:
            at = self.wait(ticket, at)
        if size > 1:
            at = self.settled(provider, at, size - 1, [number])
        at += length - length // 3
        if rng.random() < 0.02:
            ticket.reopened = True
            at += self.hours(8)
        ticket.declined = rng.random() < 0.01
        ticket.ended_at = at
        return at

    def pass_on(self, ticket: Ticket, at: int, haste: float) -> int:
        """It came to the wrong department first, which passed it on."""
        first = ticket.legs[0]
        first.department = int(self.rng.random() * len(DEPARTMENTS))
        if self.rng.random() < 0.5:
            first.acknowledged_at = at + self.hours(2 * haste)
        at = max(at, first.acknowledged_at or 0) + self.hours(3 * haste)
        ticket.legs.append(Leg(ticket.provider, at))
        return at

    def wait(self, ticket: Ticket, at: int) -> int:
        party = self.rng.choices(("requester", "customer", "third_party"), (6, 3, 2))[0]
        ended_at = at + self.hours(10)
        ticket.waits.append(Wait(party, len(ticket.legs), at, ended_at))
        return ended_at

    def hold_up_others(self) -> None:
        """Some tickets are also waited for by another, which was there already and ended later: diamonds."""
        rng, tickets = self.rng, self.tickets
        for number, ticket in enumerate(tickets):
            if number and rng.random() < 0.15:
                other = int(rng.random() * number)
                blocked = tickets[other]
                if other not in ticket.blocks and blocked.ended_at > ticket.ended_at:
                    ticket.blocks = [*ticket.blocks, other]

    def cut(self, until: int, *, given_up: bool) -> None:
        """Forgets what came after an instant, at which the tickets still open may have been given up."""
        last = until if given_up else None
        kept = [ticket for ticket in self.tickets if ticket.opened_at <= until]
        # They were told depth first: what another blocks may have been asked later.
        numbers = {id(ticket): number for number, ticket in enumerate(kept)}
        for ticket in kept:
            blocked = [id(self.tickets[number]) for number in ticket.blocks]
            ticket.blocks = [numbers[other] for other in blocked if other in numbers]
            if ticket.ended_at is not None and ticket.ended_at > until:
                ticket.ended_at, ticket.cancelled, ticket.declined = last, given_up, False
            ticket.legs = [leg for leg in ticket.legs if leg.started_at <= until]
            ticket.waits = [wait for wait in ticket.waits if wait.started_at <= until]
            for leg in ticket.legs:
                if leg.acknowledged_at is not None and leg.acknowledged_at > until:
                    leg.acknowledged_at = None
            for wait in ticket.waits:
                if wait.ended_at is not None and wait.ended_at > until:
                    wait.ended_at = last
        self.tickets = kept
