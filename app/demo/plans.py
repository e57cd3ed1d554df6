"""How the demo company keeps its promises: which department asks which for what, promise by promise. Pure."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that a promise usually takes.

    When its provider has begun it asks others, stage by stage: those of a stage together, the next stage when they are
    done. `label` names a ticket, so that others may wait for it, too: `waits_for` has the labels of tickets raised
    beneath an earlier one of the same stage. `chance` is how often it is asked at all. Of one that is not `needed` the
    result is welcome, but nobody waits for it.
    """

    provider: str
    request_type: str
    stages: tuple[tuple["Ask", ...], ...] = ()
    label: str | None = None
    waits_for: tuple[str, ...] = ()
    chance: float = 1.0
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of promise: its owner, how often it is made, in how many calendar days it is due (from, to), the share of
    a customer's annual value that hangs on it (from, to), and what the owner asks for, stage by stage."""

    title: str
    owner: str
    weight: float
    due_days: tuple[int, int]
    value_share: tuple[float, float]
    stages: tuple[tuple[Ask, ...], ...]


_PURCHASE_APPROVAL = Ask("FIN", "purchase-approval", ((Ask("IT", "data-extract", chance=0.45),),))
_PARTS = Ask("PROC", "purchase", ((Ask("FIN", "purchase-approval", chance=0.35),),), chance=0.75)

NEW_SITE: Final = Plan(
    "New site at {place}",
    "SALES",
    0.19,
    (14, 20),
    (0.10, 0.30),
    (
        (
            Ask(
                "OPS",
                "installation",
                (
                    (
                        Ask(
                            "IT",
                            "network-setup",
                            ((Ask("PROC", "purchase", ((_PURCHASE_APPROVAL,),), label="equipment"),),),
                        ),
                        Ask("LOG", "site-delivery", waits_for=("equipment",)),
                    ),
                    (Ask("SERVICE", "service-history", chance=0.4),),
                ),
            ),
            Ask("LEGAL", "data-agreement"),
            Ask("FIN", "credit-check"),
        ),
    ),
)
_ORDER: Final = (
    (
        Ask(
            "ORDERS",
            "process-order",
            (
                (Ask("FIN", "credit-check"), Ask("SALES", "order-facts", chance=0.3)),
                (
                    Ask("OPS", "make-ready", ((_PARTS,),)),
                    Ask("LOG", "export-approval", ((Ask("LEGAL", "legal-advice", chance=0.3),),), chance=0.35),
                ),
                (
                    Ask("LOG", "shipment", ((Ask("OPS", "machine-record", chance=0.2),),)),
                    Ask("BILLING", "invoice", needed=False),
                ),
            ),
        ),
    ),
    (Ask("SERVICE", "customer-visit", chance=0.15),),
)
ORDER: Final = Plan("Order of {thing}", "SALES", 0.37, (11, 15), (0.02, 0.08), _ORDER)
EXPRESS: Final = Plan("Express order of {thing}", "SALES", 0.04, (4, 6), (0.02, 0.06), _ORDER)
RENEWAL: Final = Plan(
    "Contract renewed for {years} years",
    "SALES",
    0.11,
    (12, 19),
    (0.40, 0.90),
    (
        (
            Ask("LEGAL", "contract-review", ((Ask("FIN", "payment-advice", chance=0.6),),)),
            Ask("FIN", "cost-report", ((Ask("BILLING", "invoice-copy", chance=0.7),),)),
            Ask("SERVICE", "service-history"),
        ),
        (Ask("LEGAL", "contract-draft", chance=0.3),),
    ),
)
REPAIR: Final = Plan(
    "{machine} running again",
    "SERVICE",
    0.18,
    (5, 8),
    (0.01, 0.05),
    (
        (
            Ask(
                "OPS",
                "field-repair",
                (
                    (
                        Ask(
                            "PROC",
                            "purchase",
                            ((Ask("FIN", "purchase-approval", chance=0.5),), (Ask("IT", "incident", chance=0.15),)),
                            label="part",
                            chance=0.6,
                        ),
                        Ask("LOG", "spare-part", waits_for=("part",)),
                        Ask("IT", "incident", chance=0.45),
                    ),
                ),
            ),
        ),
        (Ask("BILLING", "invoice", chance=0.5, needed=False),),
    ),
)
CREDIT_NOTE: Final = Plan(
    "Invoice {invoice} corrected",
    "BILLING",
    0.10,
    (4, 7),
    (0.002, 0.02),
    (
        (
            Ask("ORDERS", "order-status", ((Ask("SALES", "order-facts", chance=0.6),),)),
            Ask("FIN", "credit-note-approval", ((Ask("SALES", "discount-approval", chance=0.5),),)),
        ),
    ),
)

PLANS: Final = (NEW_SITE, ORDER, EXPRESS, RENEWAL, REPAIR, CREDIT_NOTE)
