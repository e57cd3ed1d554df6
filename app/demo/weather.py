"""What happened at the demo company in these months: who was slow, when, and who kept whom waiting. Pure.

- Finance changed its credit tool: from 90 to 60 days ago credit checks lay about for days.
- Legal is slow at all times, but is asked early.
- Sales asks with half the facts: others wait for it, and its own answers take long.
- Suppliers keep Procurement waiting, and more so in the last 30 days.
- Information technology lost a week, 45 to 38 days ago, to an outage.
- Customer service cannot tell whose fault is whose: what it passes on comes back.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from app.demo.records import RequestType
from app.tickets.life.lifecycle import Party

CREDIT_TOOL: Final = (60, 90)
SUPPLIERS: Final = (0, 30)
OUTAGE: Final = (38, 45)
"""From and to, in days ago."""

_CREDIT: Final = ("credit-check", "cost-report", "payment-advice", "customer-account")
_ON_SITE: Final = ("installation", "field-repair", "contract-review", "wrong-invoice")


@dataclass(frozen=True, slots=True)
class Load:
    """By how much it takes longer than usual until a request is taken up, and to work on it."""

    queue: float = 1.0
    work: float = 1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait in the midst of the work, in hours of the provider's business time."""

    on: Party
    hours: float


def load(asked: RequestType, days_ago: float) -> Load:
    """How it was at the provider on that day."""
    if asked.provider == "FIN" and asked.key in _CREDIT and _within(CREDIT_TOOL, days_ago):
        return Load(queue=9.0, work=1.5)
    if asked.provider == "LEGAL":
        return Load(queue=1.6, work=1.5)
    if asked.provider == "SALES":
        return Load(queue=2.2)
    if asked.provider == "IT" and _within(OUTAGE, days_ago):
        return Load(queue=3.0, work=2.5)
    return Load()


def pauses(asked: RequestType, requester: str, days_ago: float, rng: Random) -> list[Pause]:
    """Whom the provider had to wait for, in the order in which it happened."""
    found = []
    if rng.random() < (0.26 if requester == "SALES" else 0.05):
        found.append(Pause(Party.REQUESTER, varied(11.0 if requester == "SALES" else 4.0, 0.6, rng)))
    if rng.random() < (0.12 if asked.key in _ON_SITE else 0.02):
        found.append(Pause(Party.CUSTOMER, varied(8.0, 0.6, rng)))
    if rng.random() < _CHANCE_OF_SUPPLIER.get((asked.provider, asked.key), 0.01):
        usual = 16.0 if _within(SUPPLIERS, days_ago) else 8.0
        found.append(Pause(Party.THIRD_PARTY, varied(usual, 0.5, rng)))
    return found


_CHANCE_OF_SUPPLIER: Final = {
    ("PROC", "purchase"): 0.6,
    ("PROC", "supplier-quote"): 0.7,
    ("LOG", "shipment"): 0.12,
    ("LOG", "export-approval"): 0.3,
    ("IT", "network-setup"): 0.15,
}

_MISROUTED: Final = {
    ("SERVICE", "IT"): ("OPS", 0.16),
    ("SERVICE", "OPS"): ("IT", 0.14),
    ("OPS", "IT"): ("SERVICE", 0.06),
    ("BILLING", "FIN"): ("SALES", 0.10),
    ("SALES", "FIN"): ("BILLING", 0.03),
    ("ORDERS", "LOG"): ("OPS", 0.04),
}
"""Who asks whom by mistake, instead of the right department, and how often."""


def first_asked(requester: str, provider: str, rng: Random) -> str:
    """The department that gets the request first: the provider, or by mistake another."""
    wrong, chance = _MISROUTED.get((requester, provider), ("SERVICE", 0.005))
    return wrong if rng.random() < chance and wrong not in (requester, provider) else provider


def varied(usual: float, spread: float, rng: Random) -> float:
    """A duration around the usual one: as often shorter as longer, now and then much longer."""
    return usual * rng.lognormvariate(0.0, spread)


def _within(span: tuple[int, int], days_ago: float) -> bool:
    return span[0] <= days_ago < span[1]
