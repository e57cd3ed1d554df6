"""Use cases of customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.customers.schemas import Customer, CustomerByRef, CustomerChange, CustomerDraft
from app.customers.tables import customers
from app.kernel.collections import Collection
from app.kernel.outbox import previous
from app.kernel.preconditions import require_none_expected
from app.kernel.problems import Invalid
from app.kernel.work import Work

collection = Collection(customers, Customer, "customer")


async def create_customer(work: Work, draft: CustomerDraft) -> Customer:
    """Makes a customer."""
    values = draft.model_dump()
    _require_currency(values)
    made = await collection.insert(work.connection, values)
    work.happened("customer.created", work.now, customer=made)
    return made


async def change_customer(work: Work, id_: UUID, change: CustomerChange, expected: frozenset[int] | None) -> Customer:
    """Changes what the request states."""
    present = await collection.get(work.connection, id_, lock=True)
    return await _change(work, present, change.stated(), expected)


async def put_customer(
    work: Work, external_ref: str, wanted: CustomerByRef, expected: frozenset[int] | None
) -> tuple[Customer, bool]:
    """Makes the customer with this reference, or changes it to what is wanted; whether it was made."""
    values = wanted.model_dump()
    _require_currency(values)
    made = await collection.insert_unless_there(
        work.connection, ("external_ref",), {"external_ref": external_ref, **values}
    )
    if made is not None:
        require_none_expected(expected)
        work.happened("customer.created", work.now, customer=made)
        return made, True
    present = await collection.find(work.connection, customers.c.external_ref, external_ref, lock=True)
    return await _change(work, present, values, expected), False


async def _change(
    work: Work, present: Customer, changes: Mapping[str, Any], expected: frozenset[int] | None
) -> Customer:
    _require_currency({"annual_value": present.annual_value, "currency": present.currency, **changes})
    changed = await collection.update(work.connection, present, changes, expected)
    if changed is not present:
        work.happened("customer.updated", work.now, customer=changed, previous=previous(present, changed))
    return changed


def _require_currency(values: Mapping[str, Any]) -> None:
    if values["annual_value"] is not None and values["currency"] is None:
        raise Invalid.field("/currency", "is missing: annual_value is an amount of it.")
