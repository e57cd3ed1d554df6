"""Use case of touchpoints: who really served a customer, beside who is to."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.customers.customers import collection as customers
from app.kernel.paging import require_in_order
from app.kernel.work import Work
from app.touchpoints import queries
from app.touchpoints.contacts import Contact, Entry, Promised, Tie, Touch, Unserved, contacts, touches, unserved
from app.touchpoints.schemas import Gaps, Touchpoint, Touchpoints, TouchpointsQuery, UnservedRelationship

_ONE_SECOND = timedelta(seconds=1)


async def touchpoints_of(work: Work, customer_id: UUID, asked: TouchpointsQuery) -> Touchpoints:
    """Everyone who served a customer, the latest contact first, and the gaps both ways: four statements, however many
    tickets there are.

    Raises:
        NotFound: there is no such customer.
        Invalid: the time it is asked about ends before it begins.
    """
    require_in_order({"from": asked.from_, "to": asked.to}, "from", "to")
    await customers.get(work.connection, customer_id)
    touched = await _touches(work, customer_id)
    ties = await _ties(work, customer_id)
    end = min(asked.to or work.now + _ONE_SECOND, work.now + _ONE_SECOND)
    within = [each for each in touched if each.at < end and (asked.from_ is None or each.at >= asked.from_)]
    items = [_touchpoint(each) for each in contacts(within, ties) if _is_asked(asked, each)]
    left = unserved(touched, ties, asked.from_, end, min(asked.to or work.now, work.now))
    without = [_unserved(each) for each in left if _is_asked_too(asked, each)] if asked.related is not False else []
    return Touchpoints(items, without, Gaps(sum(not each.related for each in items), len(without)))


async def _touches(work: Work, customer_id: UUID) -> Sequence[Touch]:
    named = {"customer_id": customer_id}
    entries = (await work.connection.execute(queries.ENTRIES, named)).mappings()
    promised = (await work.connection.execute(queries.PROMISED, named)).mappings()
    return touches((Entry(**row) for row in entries), (Promised(**row) for row in promised))


async def _ties(work: Work, customer_id: UUID) -> Sequence[Tie]:
    rows = (await work.connection.execute(queries.TIES, {"customer_id": customer_id})).mappings()
    return [Tie(**row) for row in rows]


def _is_asked(asked: TouchpointsQuery, contact: Contact) -> bool:
    return (
        asked.member_id in (None, contact.member_id)
        and asked.department_id in (None, contact.department_id)
        and asked.related in (None, contact.related_by is not None)
    )


def _is_asked_too(asked: TouchpointsQuery, each: Unserved) -> bool:
    is_members = asked.member_id in (None, each.tie.member_id)
    departments = (each.tie.department_id, *each.tie.department_ids)
    return is_members and (asked.department_id is None or asked.department_id in departments)


def _touchpoint(contact: Contact) -> Touchpoint:
    return Touchpoint(
        member_id=contact.member_id,
        department_id=contact.department_id,
        first_at=contact.first_at,
        last_at=contact.last_at,
        tickets=len(contact.ticket_ids),
        comments=contact.comments,
        commitments=len(contact.commitment_ids),
        touches=contact.touches,
        related=contact.related_by is not None,
        related_by=contact.related_by,
        roles=list(contact.roles),
        unrelated_touches=contact.touches - contact.related_touches,
    )


def _unserved(each: Unserved) -> UnservedRelationship:
    tie = each.tie
    return UnservedRelationship(tie.id, tie.member_id, tie.department_id, tie.role, tie.since, each.last_at)
