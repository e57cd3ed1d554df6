"""The promises of the demo company and what became of them; then the requests that serve a customer directly. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from app.demo import sayings
from app.demo.catalogue import GO_LIVE, GO_LIVE_CREDIT, GO_LIVE_TERMS, REQUEST_TYPES
from app.demo.lives import cancelled, cut, tell
from app.demo.organisation import DEPARTMENTS, HEAD_OFFICE
from app.demo.plans import PLANS, Ask, Plan
from app.demo.records import Commitment, Customer, Reschedule, Ticket
from app.demo.scene import Scene, Staff
from app.demo.weather import varied

DAYS: Final = 120
PROMISES: Final = 594
DIRECT_REQUESTS: Final = 500

_PRIORITIES: Final = (("p1", 5), ("p2", 22), ("p3", 60), ("p4", 13))
_ROTA: Final = frozenset({GO_LIVE, GO_LIVE_CREDIT, GO_LIVE_TERMS})


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays: the present, the staff, and the customers, the most valuable first."""

    seed: int
    as_of: datetime
    staff: Staff
    customers: tuple[Customer, ...]

    def chance(self, ref: str) -> Random:
        """The chance of one promise or request: its own, so that changing one leaves the others as they are."""
        return Random(f"{self.seed}/{ref}")

    def moments(self, count: int, purpose: str) -> list[datetime]:
        """So many moments in the business hours of the last 120 days, in order."""
        rng, since = self.chance(purpose), self.as_of - timedelta(days=DAYS)
        seconds = self.staff.open_seconds(HEAD_OFFICE, since, self.as_of)
        passed = sorted(rng.randrange(1, seconds) for _ in range(count))
        return [self.staff.after(HEAD_OFFICE, since, each / 3600) for each in passed]

    def customer(self, rng: Random) -> Customer:
        """One of them: the more valuable, the more often."""
        return self.customers[min(int(len(self.customers) * rng.random() ** 1.7), len(self.customers) - 1)]


def promises(stage: Stage) -> tuple[list[Commitment], list[Ticket]]:
    """Every promise with its tickets, as it stands at the present."""
    commitments, tickets = [], []
    for place, promised_at in enumerate(stage.moments(PROMISES, "promises"), start=1):
        commitment, beneath = _promise(stage, f"DEMO-{place:04}", promised_at)
        commitments.append(commitment)
        tickets += beneath
    return commitments, tickets


def direct_requests(stage: Stage) -> list[Ticket]:
    """Requests that serve a customer without any promise."""
    offered = [each for each in REQUEST_TYPES if each.key not in _ROTA]
    keys = [department.key for department in DEPARTMENTS]
    tickets = []
    for place, at in enumerate(stage.moments(DIRECT_REQUESTS, "direct requests"), start=1):
        ref = f"DEMO-D-{place:04}"
        rng = stage.chance(ref)
        scene = _scene(stage, ref, rng, stage.customer(rng), commitment=None)
        asked = rng.choice(offered)
        requester = rng.choice([key for key in keys if key != asked.provider])
        tell(scene, Ask(asked.provider, asked.key), scene.new_ref(), requester, at, ())
        tickets += scene.tickets
    return known_by(tickets, stage.as_of)


def _scene(stage: Stage, ref: str, rng: Random, customer: Customer, commitment: str | None) -> Scene:
    (priority,) = rng.choices([name for name, _ in _PRIORITIES], [weight for _, weight in _PRIORITIES])
    return Scene(rng, stage.as_of, stage.staff, customer, commitment, ref, priority)


def _promise(stage: Stage, ref: str, promised_at: datetime) -> tuple[Commitment, list[Ticket]]:
    rng = stage.chance(ref)
    (plan,) = rng.choices(PLANS, [plan.weight for plan in PLANS])
    customer = stage.customer(rng)
    scene = _scene(stage, ref, rng, customer, commitment=ref)
    promised = _as_promised(scene, plan, promised_at)
    end = _fulfil(scene, plan, promised_at)
    if rng.random() < 0.025:
        return _given_up(scene, promised, promised_at + (end - promised_at) * rng.uniform(0.2, 0.8))
    moved = _moved(scene, promised, end) if rng.random() < 0.05 else ()
    delivered_at = end if end <= stage.as_of else None
    return replace(promised, delivered_at=delivered_at, reschedules=moved), known_by(scene.tickets, stage.as_of)


def _as_promised(scene: Scene, plan: Plan, promised_at: datetime) -> Commitment:
    rng = scene.rng
    due_at = (promised_at + timedelta(days=rng.randint(*plan.due_days))).replace(hour=16, minute=0, second=0)
    if due_at.weekday() > 4:
        due_at += timedelta(days=7 - due_at.weekday())
    share = rng.uniform(*plan.value_share)
    value = max(Decimal(200), (scene.customer.annual_value * Decimal(share)).quantize(Decimal("1E2")))
    title = plan.title.format(
        place=rng.choice(sayings.PLACES),
        thing=rng.choice(sayings.THINGS),
        machine=rng.choice(sayings.MACHINES),
        years=rng.randint(1, 3),
        invoice=rng.randint(20_000, 29_999),
    )
    return Commitment(
        ref=scene.ref,
        customer=scene.customer.ref,
        title=title,
        owner=plan.owner,
        by=scene.somebody(plan.owner),
        promised_at=promised_at,
        due_at=due_at,
        delivered_at=None,
        cancelled_at=None,
        cancel_reason=None,
        value=value.quantize(Decimal("0.01")),
        currency=scene.customer.currency,
    )


def _fulfil(scene: Scene, plan: Plan, promised_at: datetime) -> datetime:
    """Tells of all that the promise took; when it is delivered."""
    rng, staff, at = scene.rng, scene.staff, promised_at
    forgotten = 10.0 if rng.random() < 0.08 else 0.0
    at = staff.after(plan.owner, at, varied(1.2, 0.7, rng) + forgotten)
    for asks in plan.stages:
        ends = []
        for ask in asks:
            if rng.random() < ask.chance:
                at += scene.minutes(15)
                end = tell(scene, ask, scene.new_ref(), plan.owner, at, ())
                if ask.needed:
                    ends.append(end)
        at = max([at, *ends])
        at = staff.after(plan.owner, at, varied(0.8, 0.6, rng))
    return at


def _given_up(scene: Scene, promised: Commitment, at: datetime) -> tuple[Commitment, list[Ticket]]:
    at = at.replace(microsecond=0)
    if at > scene.as_of:
        return promised, known_by(scene.tickets, scene.as_of)
    reason = scene.rng.choice(sayings.CANCELLATIONS)
    tickets = [cancelled(ticket, at, promised.by, reason) for ticket in known_by(scene.tickets, at)]
    return replace(promised, cancelled_at=at, cancel_reason=reason), tickets


def _moved(scene: Scene, promised: Commitment, end: datetime) -> tuple[Reschedule, ...]:
    at = (promised.promised_at + (promised.due_at - promised.promised_at) * 0.7).replace(microsecond=0)
    if at >= min(end, scene.as_of):
        return ()
    to_due_at = promised.due_at + timedelta(days=scene.rng.choice((7, 14)))
    reason = scene.rng.choice(sayings.RESCHEDULES)
    agreed = scene.rng.random() < 0.6
    return (Reschedule(at, promised.by, promised.due_at, to_due_at, reason, agreed),)


def known_by(tickets: list[Ticket], at: datetime) -> list[Ticket]:
    """The tickets with nothing that happened after an instant."""
    return [cut(ticket, at) for ticket in tickets if ticket.opening.opened_at <= at]
