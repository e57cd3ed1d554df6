"""What a customer is worth, and how that came about: a constant number of statements, however long it has been one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.customers import customers
from app.customers.schemas import Customer
from app.kernel.work import Work
from app.ripple.engine.stakes import summed
from app.ripple.engine.totals import Amount
from app.ripple.forecasting.exposure_report import customer_exposure
from app.worth import worth_queries as queries
from app.worth.worth_schemas import CustomerWorth, Decided, Decision, Promised, ValueStep


async def customer_worth(work: Work, customer_id: UUID) -> CustomerWorth:
    """What a customer is worth, was, decided, was promised, and what of that is at risk.

    Raises:
        NotFound: there is no such customer.
    """
    customer = await customers.collection.get(work.connection, customer_id)
    changes = await work.connection.execute(queries.VALUE_CHANGES, {"customer_id": str(customer_id)})
    decided = (await work.connection.execute(queries.DECIDED, {"customer_id": customer_id})).mappings()
    decisions = [Decision(**row) for row in decided]
    promised = await work.connection.execute(queries.PROMISED_TO, {"customer_id": customer_id, "now": work.now})
    return CustomerWorth(
        customer_id=customer_id,
        as_of=work.now,
        annual_value=customer.annual_value,
        currency=customer.currency,
        history=_history(customer, changes.all()),
        decisions=decisions,
        decided=Decided(
            renewed_value=_worth(decisions, "renewal"),
            expanded_value=_worth(decisions, "expansion"),
            lost_value=_worth(decisions, "churn"),
        ),
        promised=_promised(promised.all()),
        at_risk=(await customer_exposure(work, customer_id)).totals,
    )


def _history(customer: Customer, changes: Sequence[Row[Any]]) -> list[ValueStep]:
    """What it was worth from when it became known: the first change tells what was before."""
    if not changes:
        return [ValueStep(customer.created_at, customer.annual_value, customer.currency, None)]
    first = changes[0]
    value = first.previous_value if first.value_changed else first.annual_value
    currency = first.previous_currency if first.currency_changed else first.currency
    steps = [_step(customer.created_at, value, currency, None)]
    return steps + [_step(row.occurred_at, row.annual_value, row.currency, row.actor) for row in changes]


def _step(since: datetime, value: str | None, currency: str | None, actor: dict[str, Any] | None) -> ValueStep:
    return ValueStep(since, None if value is None else Decimal(value), currency, actor)


def _worth(decisions: Iterable[Decision], kind: str) -> list[Amount]:
    return summed(
        Amount(each.value, each.currency)
        for each in decisions
        if each.kind == kind and each.value is not None and each.currency is not None
    )


def _promised(rows: Sequence[Row[Any]]) -> Promised:
    def amounts(name: str) -> list[Amount]:
        told = ((getattr(row, name), row.currency) for row in rows)
        return [Amount(value, currency) for value, currency in told if value is not None and currency is not None]

    return Promised(
        commitments=sum(row.commitments for row in rows),
        value=amounts("value"),
        open=sum(row.open for row in rows),
        open_value=amounts("open_value"),
        late=sum(row.late for row in rows),
        late_value=amounts("late_value"),
    )
