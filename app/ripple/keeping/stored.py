"""The analysis of a commitment as it is answered, and as it is stored once the commitment is delivered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.directory.calendar import CalendarTimeline
from app.kernel.answers import to_json
from app.ripple.engine.analysis import Analysis
from app.ripple.engine.documents import to_document
from app.ripple.engine.fitting import Terms, fits
from app.ripple.engine.graph import RESERVED_NAMES
from app.ripple.engine.totals import Place
from app.ripple.keeping.assessing import assess
from app.ripple.keeping.hashing import graph_hash
from app.ripple.keeping.hours import Organisation, closed_seconds
from app.ripple.keeping.packed_fits import PlacedFit, pack_fits, placed
from app.ripple.keeping.packing import COLUMNS, Gathered, gather, pack
from app.ripple.loading import History, StoredCommitment


@dataclass(frozen=True, slots=True)
class Analysed:
    """A delivered commitment's analysis; `document` is that of `GET /v1/commitments/{id}/ripple`."""

    commitment: StoredCommitment
    graph_hash: bytes
    analysis: Analysis
    document: bytes
    gathered: Gathered
    fits: Sequence[PlacedFit]

    @property
    def places(self) -> set[Place]:
        """All that storing it needs an id for."""
        return {*self.gathered.places, *(place for fit in self.fits for place in fit.places)}


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A place by what keeps its name: departments by their ids."""

    party: str
    requester_id: UUID | None
    provider_id: UUID | None
    request_type_id: UUID | None
    priority: str | None


def analysed(
    history: History,
    calendars: Mapping[str, UUID],
    hours: Mapping[str, CalendarTimeline],
    terms: Mapping[str, Terms],
) -> Analysed:
    """A delivered commitment's analysis, as of its delivery; ``terms`` are by ticket id. Costs time: not for the event
    loop."""
    commitment = history.commitment
    if commitment.delivered_at is None:
        raise ValueError(f"the commitment {commitment.id} is not delivered")
    assessed = assess(history, commitment.delivered_at)
    return Analysed(
        commitment,
        graph_hash(history, calendars),
        assessed.analysis,
        document(commitment, assessed.analysis, hours, commitment.delivered_at),
        gather(assessed),
        placed_fits(history, commitment.delivered_at, terms),
    )


def placed_fits(history: History, now: datetime, terms: Mapping[str, Terms]) -> list[PlacedFit]:
    """Whether each ticket's promise fits those of what blocks it; ``terms`` are by ticket id."""
    return [placed(fit, history.kinds[fit.ticket_id]) for fit in fits(history.graph(now), terms)]


def document(
    commitment: StoredCommitment, analysis: Analysis, hours: Mapping[str, CalendarTimeline], now: datetime
) -> bytes:
    """The answer of `GET /v1/commitments/{id}/ripple`; `hours` are those of the departments that keep any."""
    told = to_document(analysis)
    closed = closed_seconds(analysis.segments, hours)
    for part in told["decomposition"]:
        part["closed_seconds"] = closed.get((part["department"], part["cause"]))
    identity = {
        "commitment_id": commitment.id,
        "customer_id": commitment.customer_id,
        "as_of": commitment.as_of(now),
        "engine_version": analysis.engine_version,
    }
    return to_json(identity | told)


def stored_place(place: Place, organisation: Organisation) -> StoredPlace:
    """The place as it is stored."""

    def id_of(key: str | None) -> UUID | None:
        return None if key is None else organisation.ids[key]

    return StoredPlace(
        place.party if place.party in RESERVED_NAMES else str(organisation.ids[place.party]),
        id_of(place.requester),
        id_of(place.provider),
        None if place.kind is None else place.kind.request_type_id,
        None if place.kind is None else place.kind.priority,
    )


def row_of(found: Analysed, places: Mapping[Place, int]) -> dict[str, Any]:
    """The row of `ripple_analyses`, but for when it was made; `places` are their ids."""
    analysis, entries = found.analysis, found.gathered.entries.values()
    packed = pack(found.gathered, places)
    columns = {name: getattr(packed, name) for name in COLUMNS}
    return {
        "commitment_id": found.commitment.id,
        "customer_id": found.commitment.customer_id,
        "delivered_at": found.commitment.delivered_at,
        "engine_version": analysis.engine_version,
        "graph_hash": found.graph_hash,
        "elapsed_seconds": analysis.elapsed_seconds,
        "lateness_seconds": analysis.lateness_seconds,
        "plan_seconds": analysis.plan_seconds,
        "unpromised_seconds": analysis.unpromised_seconds,
        "delay_seconds": sum(entry.primary + entry.kept_waiting for entry in entries),
        "promises_impossible": sum(found.gathered.unfit.values()),
        "analysis": found.document.decode(),
        "unfit": packed.unfit,
        "fits": pack_fits(found.fits, places),
        "primary_": columns.pop("primary"),
        **columns,
    }
