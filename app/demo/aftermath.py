"""What became of the demo company's customers: the later promises to them were kept, the less they like it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from app.demo import sayings
from app.demo.records import Commitment, Customer, Outcome
from app.demo.scene import Staff
from app.demo.showcase import LESSONS

TOLD_BY_HAND: Final = LESSONS[0].ref
"""The promise about which the customer said what is the same on every day."""

_ASKED_DAYS_AGO: Final = (80, 50, 18)
_DAY: Final = timedelta(days=1)
_SIX: Final = frozenset(lesson.customer for lesson in LESSONS)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A promise that was delivered, so many days late."""

    promise: Commitment
    at: datetime
    days_late: float


def outcomes(
    seed: int, as_of: datetime, staff: Staff, customers: Sequence[Customer], commitments: Iterable[Commitment]
) -> tuple[Outcome, ...]:
    """Everything that is known by an instant, in order."""
    made: defaultdict[str, list[Commitment]] = defaultdict(list)
    for commitment in commitments:
        made[commitment.customer].append(commitment)
    told: list[Outcome] = []
    for place, customer in enumerate(customers):
        promises = made[customer.ref]
        kept = [each for promise in promises if (each := _kept(promise)) is not None]
        by = staff.members("SALES")[place % len(staff.members("SALES"))]
        for each in kept:
            told += _of_promise(each, by, Random(f"{seed}/outcome/{each.promise.ref}"))
        rng = Random(f"{seed}/outcome/{customer.ref}")
        told += _of_surveys(customer, kept, as_of, by, rng)
        told += _of_contract(customer, kept, as_of, by, rng, stays=place in _SIX or _is_promised(promises, as_of))
    return tuple(sorted((each for each in told if each.occurred_at <= as_of), key=lambda each: each.occurred_at))


def _kept(promise: Commitment) -> _Kept | None:
    if promise.delivered_at is None:
        return None
    agreed = [promise.due_at, *(each.to_due_at for each in promise.reschedules if each.customer_agreed)]
    return _Kept(promise, promise.delivered_at, max(timedelta(), promise.delivered_at - agreed[-1]) / _DAY)


def _is_promised(promises: Iterable[Commitment], as_of: datetime) -> bool:
    """Whether something is promised to them that is still to come."""
    return any(each.delivered_at is None and each.cancelled_at is None for each in promises)


def _of_promise(kept: _Kept, by: str, rng: Random) -> Iterator[Outcome]:
    """Every other customer says how it was, some complain."""
    ref, days = kept.promise.ref, min(kept.days_late, 6.0)
    asked, later = rng.random() < 0.45, kept.at + _some_time(rng, 0.5, 3)
    score = _within(1, 5, 4.5 - 0.5 * days + rng.gauss(0, 0.8))
    if ref == TOLD_BY_HAND:
        words = "Nobody told us that it would take two days longer."
        yield _outcome(ref, kept.promise, by, kept.at + _DAY, "csat", score=2, comment=words)
    elif asked:
        words = rng.choice(sayings.THANKS if score > 3 else sayings.GRIEVANCES)
        said = words if rng.random() < 0.4 else None
        yield _outcome(f"{ref}/csat", kept.promise, by, later, "csat", score=score, comment=said)
    if rng.random() < 0.015 + 0.07 * days:
        at, words = kept.at + _some_time(rng, 0, 2), rng.choice(sayings.GRIEVANCES)
        yield _outcome(f"{ref}/complaint", kept.promise, by, at, "complaint", comment=words)


def _of_surveys(customer: Customer, kept: Sequence[_Kept], as_of: datetime, by: str, rng: Random) -> Iterator[Outcome]:
    """Asked three times whether they would recommend the company; half of them answer."""
    for number, days_ago in enumerate(_ASKED_DAYS_AGO, 1):
        at = as_of - days_ago * _DAY + _some_time(rng, 0, 9)
        answers, mood = rng.random() < 0.5, rng.gauss(0, 1.4)
        if answers:
            score = _within(0, 10, 8.4 - 0.9 * min(_mean_days_late(kept, at), 6) + mood)
            yield Outcome(f"{customer.ref}/nps-{number}", customer.ref, "nps", at, by, score=score)


def _of_contract(
    customer: Customer, kept: Sequence[_Kept], as_of: datetime, by: str, rng: Random, *, stays: bool
) -> Iterator[Outcome]:
    """The contract of four in ten ended lately: they renewed it or left; some took more."""
    at = as_of - _some_time(rng, 1, 25)
    days = min(_mean_days_late(kept, at), 5)
    ends, leaves, grows = rng.random() < 0.4, rng.random() < 0.05 + 0.13 * days, rng.random() < 0.12 - 0.02 * days
    if ends and leaves and not stays:
        words, lost = rng.choice(sayings.FAREWELLS), customer.annual_value
        yield Outcome(f"{customer.ref}/churn", customer.ref, "churn", at, by, value=lost, comment=words)
    elif ends:
        yield Outcome(f"{customer.ref}/renewal", customer.ref, "renewal", at, by, value=customer.annual_value)
    elif grows:
        more = (customer.annual_value * Decimal(rng.randint(5, 25)) / 100).quantize(Decimal("0.01"))
        yield Outcome(f"{customer.ref}/expansion", customer.ref, "expansion", at, by, value=more)


def _outcome(
    ref: str, promise: Commitment, by: str, at: datetime, kind: str, *, score: int | None = None, comment: str | None
) -> Outcome:
    return Outcome(ref, promise.customer, kind, at, by, score=score, commitment=promise.ref, comment=comment)


def _mean_days_late(kept: Sequence[_Kept], by_then: datetime) -> float:
    days = [each.days_late for each in kept if each.at <= by_then]
    return sum(days) / len(days) if days else 0.0


def _some_time(rng: Random, least: float, most: float) -> timedelta:
    return timedelta(seconds=round(86_400 * rng.uniform(least, most)))


def _within(least: int, most: int, value: float) -> int:
    return max(least, min(most, round(value)))
