"""What the departments of the demo company undertake: their service level agreements. Pure.

Legal undertakes something only about what it reviews: what its advice and its drafts take is nobody's promise.
"""

from typing import Final

from app.demo.catalogue import GO_LIVE, GO_LIVE_CREDIT, GO_LIVE_TERMS
from app.demo.organisation import HEAD_OFFICE, ROUND_THE_CLOCK, SERVICE_DESK, SHARED_SERVICES
from app.demo.records import Sla, Target

HASTE: Final = {"p1": 0.5, "p2": 0.75, "p4": 1.5}
"""The share of a `p3` target that other priorities are allowed, and of the usual time that they take."""

_ANYONE = ("requester", "customer", "third_party")
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


def _acknowledge(hours: float) -> Target:
    return Target("acknowledge", round(hours * _HOUR))


def _update(hours: float) -> Target:
    return Target("update", round(hours * _HOUR))


def _resolve(hours: float) -> Target:
    return Target(
        "resolve", round(hours * _HOUR), {each: round(hours * share * _HOUR) for each, share in HASTE.items()}
    )


SLAS: Final = (
    Sla("Sales: what colleagues ask", "SALES", 100, HEAD_OFFICE, (_acknowledge(8), _resolve(16)), pause_on=_ANYONE),
    Sla(
        "Order processing",
        "ORDERS",
        50,
        HEAD_OFFICE,
        (_acknowledge(4), _update(32), _resolve(72)),
        request_type="process-order",
        pause_on=("requester", "customer"),
    ),
    Sla(
        "Order management: anything else",
        "ORDERS",
        100,
        HEAD_OFFICE,
        (_acknowledge(4), _resolve(12)),
        pause_on=_ANYONE,
    ),
    Sla(
        "Go-live rota: operations",
        "OPS",
        10,
        ROUND_THE_CLOCK,
        (Target("acknowledge", 12 * _HOUR), Target("resolve", 5 * _DAY)),
        request_type=GO_LIVE,
        pause_on=("customer", "requester"),
    ),
    Sla(
        "Repairs for customer service",
        "OPS",
        20,
        HEAD_OFFICE,
        (_acknowledge(2), _update(8), _resolve(32)),
        requester="SERVICE",
        request_type="field-repair",
        pause_on=("customer",),
    ),
    Sla(
        "Installations",
        "OPS",
        50,
        HEAD_OFFICE,
        (_acknowledge(8), _update(32), _resolve(104)),
        request_type="installation",
        pause_on=("customer", "requester"),
    ),
    Sla(
        "Building to order",
        "OPS",
        60,
        HEAD_OFFICE,
        (_acknowledge(6), _resolve(44)),
        request_type="make-ready",
        pause_on=("requester",),
    ),
    Sla("Operations: anything else", "OPS", 100, HEAD_OFFICE, (_acknowledge(6), _resolve(24)), pause_on=_ANYONE),
    Sla(
        "Purchases",
        "PROC",
        50,
        HEAD_OFFICE,
        (_acknowledge(4), _resolve(30)),
        request_type="purchase",
        pause_on=("requester", "third_party"),
    ),
    Sla("Procurement: anything else", "PROC", 100, HEAD_OFFICE, (_acknowledge(6), _resolve(20)), pause_on=_ANYONE),
    Sla(
        "Equipment to a site",
        "LOG",
        40,
        SERVICE_DESK,
        (_acknowledge(6), _resolve(84)),
        request_type="site-delivery",
        pause_on=("customer",),
    ),
    Sla(
        "Shipments",
        "LOG",
        50,
        SERVICE_DESK,
        (_acknowledge(6), _resolve(26)),
        request_type="shipment",
        pause_on=("customer", "third_party"),
    ),
    Sla(
        "Spare parts",
        "LOG",
        60,
        SERVICE_DESK,
        (_acknowledge(3), _resolve(30)),
        request_type="spare-part",
        pause_on=("customer",),
    ),
    Sla("Logistics: anything else", "LOG", 100, SERVICE_DESK, (_acknowledge(6), _resolve(24)), pause_on=_ANYONE),
    Sla(
        "Go-live rota: finance",
        "FIN",
        10,
        ROUND_THE_CLOCK,
        (Target("acknowledge", 12 * _HOUR), Target("resolve", 3 * _DAY)),
        request_type=GO_LIVE_CREDIT,
        pause_on=("customer",),
    ),
    Sla(
        "Credit checks for gold customers",
        "FIN",
        20,
        HEAD_OFFICE,
        (_acknowledge(2), _resolve(8)),
        request_type="credit-check",
        customer_tiers=("gold",),
        pause_on=("requester", "customer"),
    ),
    Sla(
        "Credit checks",
        "FIN",
        30,
        HEAD_OFFICE,
        (_acknowledge(4), _resolve(12)),
        request_type="credit-check",
        pause_on=("requester", "customer"),
    ),
    Sla(
        "Purchase approvals",
        "FIN",
        40,
        HEAD_OFFICE,
        (_acknowledge(4), _resolve(16)),
        request_type="purchase-approval",
        pause_on=("requester",),
    ),
    Sla("Finance: anything else", "FIN", 100, HEAD_OFFICE, (_acknowledge(6), _resolve(14)), pause_on=_ANYONE),
    Sla("Billing", "BILLING", 100, SHARED_SERVICES, (_acknowledge(4), _resolve(16))),
    Sla(
        "Go-live rota: legal",
        "LEGAL",
        10,
        ROUND_THE_CLOCK,
        (Target("acknowledge", 12 * _HOUR), Target("resolve", 3 * _DAY)),
        request_type=GO_LIVE_TERMS,
        pause_on=("customer",),
    ),
    Sla(
        "Contract reviews",
        "LEGAL",
        40,
        HEAD_OFFICE,
        (_acknowledge(8), _resolve(24)),
        request_type="contract-review",
        pause_on=("requester", "customer"),
    ),
    Sla(
        "Data agreements",
        "LEGAL",
        50,
        HEAD_OFFICE,
        (_acknowledge(8), _resolve(20)),
        request_type="data-agreement",
        pause_on=("requester", "customer"),
    ),
    Sla(
        "Incidents, urgent",
        "IT",
        10,
        ROUND_THE_CLOCK,
        (_acknowledge(1), _update(4), Target("resolve", 12 * _HOUR, {"p1": 8 * _HOUR})),
        request_type="incident",
        priorities=("p1", "p2"),
        pause_on=("requester",),
        warn_at=(0.5, 0.8, 0.95),
    ),
    Sla(
        "Networks at sites",
        "IT",
        50,
        SHARED_SERVICES,
        (_acknowledge(8), _update(24), _resolve(64)),
        request_type="network-setup",
        pause_on=("customer",),
    ),
    Sla("IT: anything else", "IT", 100, SHARED_SERVICES, (_acknowledge(4), _resolve(12)), pause_on=_ANYONE),
    Sla(
        "Complaints that Sales brings",
        "SERVICE",
        30,
        SERVICE_DESK,
        (_acknowledge(1), _update(8), _resolve(16)),
        requester="SALES",
        request_type="complaint",
        pause_on=("customer",),
    ),
    Sla("Customer service", "SERVICE", 100, SERVICE_DESK, (_acknowledge(4), _resolve(24)), pause_on=_ANYONE),
)
