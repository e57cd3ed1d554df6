"""Assessed commitments, built by hand or at random."""

import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from app.ripple.engine.analysis import Analysis, Attribution, Overrun, TicketFigures, analyse
from app.ripple.engine.graph import ROOT
from app.ripple.engine.totals import Amount, Assessed, Kind
from app.ripple.engine.walk import Segment, decompose
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document

NAMES = UUID("0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b")
ORDINARY = Kind("p3")


def named(name: str) -> UUID:
    return uuid5(NAMES, name)


def a_ticket(
    name: str,
    requester: str,
    provider: str,
    *,
    primary: dict[str, int] | int = 0,
    reactionary: int = 0,
    kept_waiting: int = 0,
    last_driver: str | None = None,
    impossible: bool = False,
) -> TicketFigures:
    split = primary if isinstance(primary, dict) else {provider: primary}
    own = sum(split.values())
    return TicketFigures(
        ticket_id=name,
        requester=requester,
        provider=provider,
        overrun=Overrun(name, own + reactionary, own, reactionary, 0.5, impossible),
        primary_by_department=tuple((department, seconds) for department, seconds in split.items() if seconds),
        kept_waiting_seconds=kept_waiting,
        last_driver_id=last_driver,
    )


def an_analysis(
    *tickets: TicketFigures,
    shares: dict[str, int] | None = None,
    plan: int = 0,
    unpromised: int = 0,
    owner_primary: int = 0,
    walked: Iterable[tuple[str | None, str | None, str, int]] = (),
    impossible: bool = False,
) -> Analysis:
    """`walked` are the customer's path: (ticket, department, cause, seconds)."""
    shares = shares or {}
    lateness = plan + sum(shares.values())
    segments, start = [], 0
    for ticket_id, department, cause, seconds in walked:
        segments.append(Segment(start, start + seconds, ticket_id, department, cause))
        start += seconds
    return Analysis(
        elapsed_seconds=1000,
        lateness_seconds=lateness,
        plan_seconds=plan,
        unpromised_seconds=unpromised,
        promise_impossible=impossible,
        segments=tuple(segments),
        decomposition=decompose(segments),
        attribution=tuple(Attribution(party, seconds, seconds) for party, seconds in sorted(shares.items())),
        overruns=tuple(ticket.overrun for ticket in tickets if ticket.overrun is not None),
        commitment_overrun=Overrun(None, lateness, owner_primary, lateness - owner_primary, 1.0, impossible),
        tickets=tickets,
    )


def assessed(name: str, analysis: Analysis, **fields: Any) -> Assessed:
    stated: dict[str, Any] = {
        "commitment_id": named(name),
        "customer_id": named("ACME"),
        "owner": "SALES",
        "delivered": True,
        "analysis": analysis,
        "kinds": {ticket.ticket_id: ORDINARY for ticket in analysis.tickets},
    }
    return Assessed(**stated | fields)


def random_assessed(rng: random.Random, number: int) -> Assessed:
    """A random commitment, analysed: of one of five customers, some with a value, its tickets of a few kinds."""
    graph = from_document(random_document(rng))
    kinds = {
        ticket.id: Kind(
            rng.choice(("p1", "p2", "p3")),
            rng.choice((None, named("access"), named("invoice"))),
            rng.choice((None, named("SLA 1"), named("SLA 2"))),
        )
        for ticket in graph.tickets
    }
    drivers = graph.drivers[ROOT]
    customer = rng.randrange(5)
    return assessed(
        f"commitment {number}",
        analyse(graph),
        customer_id=named(f"customer {customer}"),
        owner=graph.commitment.owner,
        kinds=kinds,
        last_driver_id=graph.tickets[drivers[-1] - 1].id if drivers else None,
        value=_random_amount(rng, "EUR") if rng.random() < 0.5 else None,
        annual_value=None if customer == 0 else Amount(Decimal(customer * 1000), ("EUR", "CHF")[customer % 2]),
    )


def _random_amount(rng: random.Random, currency: str) -> Amount:
    return Amount(Decimal(rng.randrange(100_000)) / 100, currency)
