"""What each department of the demo company can be asked for, and how long that usually takes. Pure."""

from typing import Final

from app.demo.meridian import stated
from app.demo.records import RequestType

GO_LIVE: Final = "go-live"
GO_LIVE_CREDIT: Final = "go-live-credit-line"
GO_LIVE_TERMS: Final = "go-live-terms"
"""What the go-live rota is asked for, around the clock."""

HASTE: Final = {"p1": 0.5, "p2": 0.75, "p4": 1.5}
"""The share of a `p3` target that other priorities are allowed, and of the usual time that they take."""

_USUAL_HOURS: Final = {
    "SALES": {
        "account-plan": (6.0, 6.0),
        "discount-approval": (4.0, 1.0),
        "order-facts": (5.0, 1.0),
        "customer-advice": (5.0, 1.5),
        "crm-access": (3.0, 0.5),
        "lost-contact": (2.0, 4.0),
    },
    "ORDERS": {
        "process-order": (1.5, 4.0),
        "order-change-approval": (2.0, 1.0),
        "order-status": (1.5, 0.5),
        "lead-time-advice": (2.0, 1.0),
        "portal-access": (2.0, 0.5),
        "wrong-order": (1.0, 3.0),
    },
    "OPS": {
        "installation": (3.0, 14.0),
        "make-ready": (2.0, 10.0),
        "field-repair": (1.5, 5.0),
        "capacity-approval": (3.0, 1.5),
        "machine-record": (2.0, 1.0),
        "site-advice": (4.0, 3.0),
        "workshop-access": (2.0, 0.5),
        "line-stopped": (0.5, 4.0),
        "go-live": (1.0, 24.0),
    },
    "PROC": {
        "purchase": (1.5, 4.0),
        "supplier-approval": (3.0, 3.0),
        "supplier-quote": (2.0, 2.0),
        "make-or-buy": (4.0, 3.0),
        "catalogue-access": (2.0, 0.5),
        "wrong-parts": (1.0, 4.0),
    },
    "LOG": {
        "shipment": (2.0, 8.0),
        "site-delivery": (2.0, 6.0),
        "spare-part": (1.0, 3.0),
        "export-approval": (3.0, 2.0),
        "delivery-date": (1.5, 0.5),
        "packaging-advice": (3.0, 2.0),
        "yard-access": (2.0, 0.5),
        "damaged-goods": (1.0, 5.0),
    },
    "FIN": {
        "customer-account": (3.0, 2.0),
        "credit-check": (2.0, 2.0),
        "purchase-approval": (2.0, 0.8),
        "credit-note-approval": (2.5, 0.5),
        "cost-report": (4.0, 2.0),
        "payment-advice": (3.0, 1.5),
        "ledger-access": (3.0, 0.5),
        "blocked-payment": (1.0, 3.0),
        "go-live-credit-line": (2.0, 20.0),
    },
    "BILLING": {
        "invoice": (2.0, 2.0),
        "write-off-approval": (3.0, 1.0),
        "invoice-copy": (1.5, 0.5),
        "invoicing-advice": (3.0, 1.5),
        "billing-access": (2.0, 0.5),
        "wrong-invoice": (1.5, 3.0),
    },
    "LEGAL": {
        "contract-draft": (6.0, 12.0),
        "contract-review": (5.0, 10.0),
        "data-agreement": (5.0, 8.0),
        "clause-library": (4.0, 1.0),
        "legal-advice": (6.0, 5.0),
        "archive-access": (3.0, 0.5),
        "claim-received": (2.0, 8.0),
        "go-live-terms": (2.0, 20.0),
    },
    "IT": {
        "network-setup": (3.0, 10.0),
        "change-approval": (3.0, 1.5),
        "data-extract": (2.0, 2.0),
        "tool-advice": (4.0, 2.0),
        "system-access": (2.0, 0.7),
        "incident": (0.7, 3.0),
    },
    "SERVICE": {
        "customer-visit": (4.0, 5.0),
        "goodwill-approval": (2.0, 0.7),
        "service-history": (2.5, 1.0),
        "complaint-advice": (2.0, 1.5),
        "case-access": (1.5, 0.5),
        "complaint": (1.0, 5.0),
    },
}
"""Hours of the provider's business time: before a request is taken up, and of working on it."""

REQUEST_TYPES: Final = tuple(
    RequestType(each["provider"], each["key"], each["name"], each["kind"], *_USUAL_HOURS[each["provider"]][each["key"]])
    for each in stated("request_types")
)
"""In the order of the file."""

BY_KEY: Final = {(each.provider, each.key): each for each in REQUEST_TYPES}
"""Every request type by its provider and key."""
