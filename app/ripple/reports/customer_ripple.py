"""What reached a customer: the stored analyses of what was delivered, and of what is open those of now."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, cast, func, or_

from app.commitments.tables import commitments
from app.customers import customers
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.analysis import ENGINE_VERSION, analyse
from app.ripple.engine.documents import to_document
from app.ripple.keeping import keep_queries as queries
from app.ripple.loading import StoredHistories, load
from app.ripple.schemas import CustomerAttribution, CustomerCommitment, CustomerRipple, CustomerTotals, OpenCommitments


@dataclass(frozen=True, slots=True)
class _Felt:
    """What a customer felt of one commitment."""

    told: CustomerCommitment
    unpromised_seconds: int
    shares: Sequence[Mapping[str, Any]]


async def customer_ripple(work: Work, customer_id: UUID, period: Period) -> CustomerRipple:
    """The analyses of a customer's commitments: those delivered in a period, and the open ones as of now.

    What was delivered or has changed within the last seconds, so that its analysis is yet to be stored, is analysed.

    Raises:
        NotFound: there is no such customer.
    """
    await customers.collection.get(work.connection, customer_id)
    asked = {"customer_id": customer_id, "start": period.start, "before": period.before, "version": ENGINE_VERSION}
    rows = (await work.connection.execute(queries.DELIVERED_TO, asked)).mappings().all()
    unkept = [row["commitment_id"] for row in rows if row["attribution"] is None]
    histories = await load(
        work.connection,
        commitments.c.customer_id == customer_id,
        or_(
            commitments.c.status == "open",
            and_(commitments.c.id == func.any(cast(unkept, ARRAY(Uuid))), commitments.c.delivered_at.is_not(None)),
        ),
    )
    fresh = await compute(_analysed, histories, period)
    delivered = [fresh.get(row["commitment_id"]) or _kept(row) for row in rows if _is_there(row, fresh)]
    still_open = [felt for felt in fresh.values() if felt.told.delivered_at is None]
    return CustomerRipple(
        customer_id=customer_id,
        from_=period.start,
        to=period.end,
        commitments=[felt.told for felt in delivered],
        totals=_totals(delivered),
        open=OpenCommitments(period.now, [felt.told for felt in still_open], _totals(still_open)),
    )


def _analysed(histories: StoredHistories, period: Period) -> dict[UUID, _Felt]:
    felt = {}
    for history in histories:
        commitment, analysis = history.commitment, analyse(history.graph(period.now))
        shares = to_document(analysis)["attribution"]
        told = CustomerCommitment(
            commitment_id=commitment.id,
            title=commitment.title,
            due_at=commitment.agreed_due_at,
            delivered_at=commitment.delivered_at,
            lateness_seconds=analysis.lateness_seconds,
            plan_seconds=analysis.plan_seconds,
            attribution=shares,
        )
        felt[commitment.id] = _Felt(told, analysis.unpromised_seconds, shares)
    return felt


def _is_there(row: Mapping[Any, Any], fresh: Mapping[UUID, _Felt]) -> bool:
    """Whether it is delivered still, in case its analysis had to be made."""
    found = fresh.get(row["commitment_id"])
    return row["attribution"] is not None if found is None else found.told.delivered_at is not None


def _kept(row: Mapping[Any, Any]) -> _Felt:
    columns = {name: row[name] for name in CustomerCommitment.__dataclass_fields__}
    return _Felt(CustomerCommitment(**columns), row["unpromised_seconds"], row["attribution"])


def _totals(felt: Sequence[_Felt]) -> CustomerTotals:
    by_party: dict[str, Counter[str]] = defaultdict(Counter)
    for each in felt:
        for share in each.shares:
            party = by_party[share["party"]]
            party["commitments"] += 1
            party["but_for_seconds"] += share["but_for_seconds"]
            party["shapley_seconds"] += share["shapley_seconds"]
    return CustomerTotals(
        commitments=len(felt),
        late=sum(each.told.lateness_seconds > 0 for each in felt),
        lateness_seconds=sum(each.told.lateness_seconds for each in felt),
        plan_seconds=sum(each.told.plan_seconds for each in felt),
        unpromised_seconds=sum(each.unpromised_seconds for each in felt),
        attribution=[CustomerAttribution(party, **by_party[party]) for party in sorted(by_party)],
    )
