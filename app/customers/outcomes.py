"""Use cases of outcomes: what became of the relation with a customer."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, column, select, table

from app.customers.customers import collection as customers
from app.customers.outcome_schemas import Outcome, OutcomeChange, OutcomeDraft, OutcomeListing
from app.customers.schemas import Customer
from app.customers.tables import customer_outcomes
from app.kernel.collections import Collection
from app.kernel.outbox import previous
from app.kernel.paging import Page, require_in_order
from app.kernel.problems import NOT_THERE, Invalid, NotFound
from app.kernel.work import Work

collection = Collection(customer_outcomes, Outcome, "outcome")

SCORES: Final[Mapping[str, range]] = {"csat": range(1, 6), "nps": range(11)}
"""The scores of the kinds that have one."""

# Commitments lie above customers, so their table goes by its name here, as in the foreign key.
_commitments = table("commitments", column("id", Uuid), column("customer_id", Uuid))
_PROMISED_TO = select(_commitments.c.customer_id).where(_commitments.c.id == bindparam("commitment_id"))


async def record_outcome(work: Work, customer_id: UUID, draft: OutcomeDraft) -> Outcome:
    """Records an outcome; it may be long past.

    Raises:
        NotFound: there is no such customer.
        Invalid: the score is not one of its kind, it lies in the future, its value is of no currency, or the promise is
            not one to this customer.
    """
    customer = await customers.get(work.connection, customer_id)
    values = await _checked(work, customer, draft.model_dump())
    made = await collection.insert(work.connection, {"customer_id": customer_id, **values})
    work.happened("customer.outcome_recorded", made.occurred_at, customer=customer, outcome=made)
    return made


async def correct_outcome(
    work: Work, customer_id: UUID, id_: UUID, change: OutcomeChange, expected: frozenset[int] | None
) -> Outcome:
    """Corrects what was recorded of an outcome. Raises as `record_outcome`, and NotFound without such an outcome."""
    customer = await customers.get(work.connection, customer_id)
    present = _of(customer_id, await collection.get(work.connection, id_, lock=True))
    stated = {name: getattr(present, name) for name in OutcomeDraft.model_fields} | change.stated()
    changed = await collection.update(work.connection, present, await _checked(work, customer, stated), expected)
    if changed is not present:
        told = previous(present, changed)
        work.happened("customer.outcome_corrected", work.now, customer=customer, outcome=changed, previous=told)
    return changed


async def outcome(work: Work, customer_id: UUID, id_: UUID) -> Outcome:
    """One outcome of a customer.

    Raises:
        NotFound: the customer has none with this id.
    """
    return _of(customer_id, await collection.get(work.connection, id_))


async def page_of_outcomes(work: Work, customer_id: UUID, asked: OutcomeListing) -> Page[Outcome]:
    """A page of a customer's outcomes.

    Raises:
        NotFound: there is no such customer.
        Invalid: the time it is asked about ends before it begins.
    """
    require_in_order({"from": asked.from_, "to": asked.to}, "from", "to")
    await customers.get(work.connection, customer_id)
    at = customer_outcomes.c.occurred_at
    conditions: list[ColumnElement[bool]] = [customer_outcomes.c.customer_id == customer_id]
    conditions += [at >= asked.from_] if asked.from_ else []
    conditions += [at < asked.to] if asked.to else []
    return await collection.page(work.connection, asked, sorts=("occurred_at",), conditions=conditions)


def _of(customer_id: UUID, found: Outcome) -> Outcome:
    if found.customer_id != customer_id:
        raise NotFound(f"This customer has no outcome with id {found.id}.")
    return found


async def _checked(work: Work, customer: Customer, values: dict[str, Any]) -> dict[str, Any]:
    """The values as they can be stored: a value is of the customer's currency, unless another is stated."""
    _require_score(values["kind"], values["score"])
    if values["occurred_at"] > work.now:
        raise Invalid.field("/occurred_at", "must not lie in the future.")
    if values["value"] is not None and values["currency"] is None:
        if customer.currency is None:
            raise Invalid.field("/currency", "is missing: value is an amount of it, and the customer has none.")
        values = {**values, "currency": customer.currency}
    if values["commitment_id"] is not None:
        await _require_promised(work, customer.id, values["commitment_id"])
    return values


def _require_score(kind: str, score: int | None) -> None:
    offered = SCORES.get(kind)
    if offered is None:
        if score is not None:
            raise Invalid.field("/score", f"must be left out: of {' and '.join(SCORES)} only there is one.")
    elif score is None:
        raise Invalid.field("/score", f"is missing: {offered[0]} to {offered[-1]} of {kind}.")
    elif score not in offered:
        raise Invalid.field("/score", f"must be {offered[0]} to {offered[-1]} of {kind}.")


async def _require_promised(work: Work, customer_id: UUID, commitment_id: UUID) -> None:
    promised_to = (await work.connection.execute(_PROMISED_TO, {"commitment_id": commitment_id})).scalar()
    if promised_to is None:
        raise Invalid.field("/commitment_id", NOT_THERE)
    if promised_to != customer_id:
        raise Invalid.field("/commitment_id", "is a promise to another customer.")
