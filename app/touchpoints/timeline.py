"""Use case of the timeline: everything that happened to a customer, in order."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, select

from app.access.roles import Own
from app.customers.customers import collection as customers
from app.kernel import paging
from app.kernel.database import Row
from app.kernel.paging import Page
from app.kernel.problems import Invalid
from app.kernel.work import Work
from app.touchpoints.timeline_queries import KINDS, timeline
from app.touchpoints.timeline_schemas import TimelineItem, TimelineListing, TimelineSubject
from app.touchpoints.timeline_telling import told


async def page_of_timeline(
    work: Work, customer_id: UUID, asked: TimelineListing, own: Own | None = None
) -> Page[TimelineItem]:
    """A page of what happened to a customer up to now, as far as a key sees it, the earliest first unless asked
    otherwise: two statements.

    Raises:
        NotFound: there is no such customer.
        Invalid: it asks for a kind that does not exist, or the time it asks about ends before it begins.
    """
    paging.require_in_order({"from": asked.from_, "to": asked.to}, "from", "to")
    kinds = _kinds(asked)
    await customers.get(work.connection, customer_id)
    happened = timeline(kinds)
    statement = _asked(happened, asked, kinds).params(
        customer_id=customer_id, now=work.now, own=None if own is None else list(own.department_ids)
    )
    ordered = paging.order(asked.sort, {"at": happened.c.position}, "at", tie=happened.c.id)
    rows, cursor = await paging.fetch(work.connection, statement, asked, ordered)
    return Page([_item(row) for row in rows], cursor)


def _kinds(asked: TimelineListing) -> frozenset[str]:
    if asked.kind is None:
        return frozenset(KINDS)
    kinds = frozenset(asked.kind.split(","))
    if not kinds <= set(KINDS):
        raise Invalid.field("?kind", f"must be some of {', '.join(KINDS)}, separated by commas.")
    return kinds


def _asked(happened: Subquery, asked: TimelineListing, kinds: frozenset[str]) -> Select[Any]:
    of = happened.c
    statement = select(
        of.at, of.kind, of.event, of.subject_type, of.id, of.department_id, of.member_id, of.detail
    ).where(of.kind.in_(sorted(kinds)))
    if asked.from_ is not None:
        statement = statement.where(of.at >= asked.from_)
    if asked.to is not None:
        statement = statement.where(of.at < asked.to)
    if asked.department_id is not None:
        statement = statement.where(of.department_id == asked.department_id)
    return statement


def _item(row: Row) -> TimelineItem:
    return TimelineItem(
        at=row["at"],
        kind=row["kind"],
        event=row["event"],
        subject=TimelineSubject(row["subject_type"], row["id"]),
        text=told(row["kind"], row["event"], row["detail"]),
        department_id=row["department_id"],
        member_id=row["member_id"],
    )
