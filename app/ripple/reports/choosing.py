"""Which commitments of a period a question is about, read in batches however many there are."""

from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.kernel.reports import Period, PeriodQuery, ReportQuery
from app.ripple.engine.graph import Ticket
from app.ripple.loading import History, StoredHistories, load_some
from app.ripple.naming import Names

COMMITMENTS_AT_ONCE = 200
"""How many are read and kept in memory together."""

_IDS = select(commitments.c.id).order_by(commitments.c.id)
_NUMBER = select(func.count()).select_from(commitments)
_IN_TIER = select(customers.c.id)
_LATE = commitments.c.delivered_at > commitments.c.agreed_due_at


async def delivered(
    connection: AsyncConnection, asked: ReportQuery, period: Period, *, late_only: bool = False
) -> AsyncIterator[StoredHistories]:
    """The commitments delivered in a period that fulfil the conditions on commitments: six statements each batch."""
    late = (_LATE,) if late_only else ()
    async for stored in in_batches(connection, within(period), *conditions(asked), *late):
        yield stored


async def in_batches(connection: AsyncConnection, *chosen: ColumnElement[bool]) -> AsyncIterator[StoredHistories]:
    """The commitments that fulfil the conditions, by id: six statements each batch."""
    statement = _IDS.where(*chosen).limit(COMMITMENTS_AT_ONCE)
    ids: list[UUID] = list((await connection.execute(statement)).scalars())
    while ids:
        yield await load_some(connection, ids)
        if len(ids) < COMMITMENTS_AT_ONCE:
            return
        ids = list((await connection.execute(statement.where(commitments.c.id > ids[-1]))).scalars())


async def number_in_time(connection: AsyncConnection, asked: ReportQuery, period: Period) -> int:
    """How many of them were delivered in time: what `late_only` leaves out."""
    statement = _NUMBER.where(within(period), *conditions(asked), not_(_LATE))
    return (await connection.execute(statement)).scalar_one()


def within(period: Period) -> ColumnElement[bool]:
    """Delivered in the period."""
    return and_(commitments.c.delivered_at >= period.start, commitments.c.delivered_at < period.before)


def conditions(asked: PeriodQuery) -> Iterator[ColumnElement[bool]]:
    """The conditions on commitments and their customers."""
    if asked.customer_id is not None:
        yield commitments.c.customer_id == asked.customer_id
    if asked.customer_tier is not None:
        yield commitments.c.customer_id.in_(_IN_TIER.where(customers.c.tier == asked.customer_tier))
    if asked.source is not None:
        yield commitments.c.source == asked.source


def by_tickets(asked: ReportQuery) -> bool:
    """Whether there are conditions on tickets, so that whoever counts must look at what is beneath a commitment."""
    return any(
        stated is not None
        for stated in (
            asked.department_id,
            asked.requester_department_id,
            asked.provider_department_id,
            asked.request_type_id,
            asked.priority,
        )
    )


def chosen(asked: ReportQuery, names: Names) -> Callable[[History], bool]:
    """Which of them fulfil the conditions on tickets: those with at least one ticket that fulfils all of these.

    A ticket is a department's (`department_id`) when that was ever asked for it.
    """
    keys = names.department_keys
    department, requester, provider = (
        None if id_ is None else keys.get(id_, "")
        for id_ in (asked.department_id, asked.requester_department_id, asked.provider_department_id)
    )
    if not by_tickets(asked):
        return lambda history: True

    def fulfils(history: History, ticket: Ticket) -> bool:
        kind = history.kinds[ticket.id]
        return (
            (department is None or department in (ticket.provider, *(leg.department for leg in ticket.legs)))
            and requester in (None, ticket.requester)
            and provider in (None, ticket.provider)
            and asked.request_type_id in (None, kind.request_type_id)
            and asked.priority in (None, kind.priority)
        )

    return lambda history: any(fulfils(history, ticket) for ticket in history.tickets)
