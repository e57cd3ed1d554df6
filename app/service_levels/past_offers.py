"""What providers undertook at any instant: every version of their SLAs, to ask what would have been matched then."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.service_levels.agreements import agreements, candidate
from app.service_levels.clock import Agreement
from app.service_levels.matching import Candidate, Request, match
from app.service_levels.queries import VERSIONS_OF_PROVIDERS


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of an SLA as it can be matched; None of a provider when it was not active."""

    provider_id: UUID | None
    candidate: Candidate[UUID]
    agreement: Agreement[UUID]


@dataclass(frozen=True, slots=True)
class PastOffers:
    """The versions of some providers' SLAs, with the instants from which they hold, and one that stands in another's
    place at all times."""

    provider_ids: frozenset[UUID]
    versions: Sequence[tuple[Sequence[datetime], Sequence[Offer]]]
    proposed: Offer

    def choose(self, provider_id: UUID, request: Request[UUID], at: datetime) -> Agreement[UUID] | None:
        """What the provider would have undertaken towards a request at an instant."""
        held = [offers[max(0, bisect_right(since, at) - 1)] for since, offers in self.versions]
        active = [offer for offer in (*held, self.proposed) if offer.provider_id == provider_id]
        chosen = match((offer.candidate for offer in active), request).chosen
        return next((offer.agreement for offer in active if offer.candidate is chosen), None)


async def past_offers(connection: AsyncConnection, provider_ids: Collection[UUID], proposed: Offer) -> PastOffers:
    """Every version of the SLAs that were ever of these providers, but of the one in whose place `proposed` stands."""
    named = {"provider_ids": list(provider_ids), "instead_of": proposed.candidate.sla_id}
    rows = (await connection.execute(VERSIONS_OF_PROVIDERS, named)).mappings().all()
    known = await agreements(connection, ((row["sla_id"], row["number"]) for row in rows))
    by_sla: dict[UUID, tuple[list[datetime], list[Offer]]] = {}
    for row in rows:
        version = (row["sla_id"], row["number"])
        since, offers = by_sla.setdefault(row["sla_id"], ([], []))
        since.append(row["holds_from"])
        provider_id = row["provider_department_id"] if row["active"] else None
        as_matched = candidate({**row, "id": version[0], "version": version[1]})
        offers.append(Offer(provider_id, as_matched, known[version]))
    return PastOffers(frozenset(provider_ids), list(by_sla.values()), proposed)
