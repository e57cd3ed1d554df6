"""Use cases of relationships: who serves a customer in which role, and whom the customer perceives as its owner.

Whoever changes a relationship holds its customer, so that what it was decided by still holds when it is stored. Whom it
gives the customer to is held before that, as whoever leaves holds themselves before their customers: see
`directory.leaving`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func

from app.customers import relationship_queries as queries
from app.customers import relationship_rules as rules
from app.customers.customers import collection as customers
from app.customers.relationship_book import Book, answer_of
from app.customers.relationship_rules import Party, Serving
from app.customers.relationship_schemas import (
    HandOver,
    Relationship,
    RelationshipChange,
    RelationshipDraft,
    RelationshipEnd,
    RelationshipListing,
)
from app.customers.tables import customer_relationships
from app.kernel import paging
from app.kernel.collections import Collection
from app.kernel.database import Row
from app.kernel.paging import Page
from app.kernel.problems import NOT_THERE, Conflict, Invalid, NotFound, NotPossibleNow
from app.kernel.work import Work

collection = Collection(customer_relationships, Serving, "relationship")

_of = customer_relationships.c
_SORTS = {name: _of[name] for name in ("id", "created_at", "since")}
_FIELDS = tuple(Serving.__dataclass_fields__)


async def start_relationship(work: Work, customer_id: UUID, draft: RelationshipDraft) -> Relationship:
    """Records who serves a customer; it may be long past, or planned.

    Raises:
        NotFound: there is no such customer.
        Invalid: it names no party or two, one that does not exist or leaves before it ends, or ends before it begins.
        Conflict: the party serves the customer in this role then already, or somebody else was perceived as the owner
            in the past that it claims.
    """
    party = Party(draft.member_id, draft.department_id)
    member = await _held(work, queries.HOLD_MEMBER, party.member_id)
    book = await Book.of_customer(work, customer_id)
    await _require_party(work, party, member, draft.until)
    since = draft.since or work.now
    made = book.begin(
        {
            "customer_id": customer_id,
            "member_id": party.member_id,
            "department_id": party.department_id,
            "role": draft.role,
            "since": since,
            "until": draft.until,
        }
    )
    _require_possible(book, made)
    if draft.perceived_owner:
        made = _claimed(work, book, made, since)
    book.tell("customer.relationship_started", since, made)
    await book.store()
    return answer_of(made, work.now)


async def change_relationship(
    work: Work, customer_id: UUID, id_: UUID, change: RelationshipChange, expected: frozenset[int] | None
) -> Relationship:
    """Changes what the request states; a relationship whose end is taken away goes on as if it had had none.

    Raises:
        NotFound: the customer has no such relationship.
        Stale: its version is none of those expected.
        Invalid: it would end before it begins, or after the member left.
        Conflict: as `start_relationship`.
    """
    stated = change.stated()
    member = await _held(work, queries.HOLD_WHO_SERVES, id_ if "until" in stated else None)
    book = await Book.of_customer(work, customer_id)
    before = book.get(customer_id, id_, expected)
    perceived = stated.pop("perceived_owner", None)
    if "until" in stated and stated["until"] is None:
        stated |= {"end_reason": None, "successor_id": None}
    after = book.change(before, stated)
    _require_possible(book, after)
    if after.until != before.until:
        await _require_party(work, after.party, member, after.until)
    if (after.since, after.until) != (before.since, before.until):
        after = book.change(after, rules.kept(before, after, book.of(customer_id)))
    if perceived is not None and perceived != rules.is_perceived_owner(after, work.now):
        after = _perceived(work, book, after, perceived)
    if after != before:
        book.tell("customer.relationship_changed", work.now, after)
    await book.store()
    return answer_of(after, work.now)


async def end_relationship(
    work: Work, customer_id: UUID, id_: UUID, end: RelationshipEnd, expected: frozenset[int] | None
) -> Relationship:
    """Ends a relationship now, at a past instant or at a planned one; its dates are kept.

    Raises:
        NotFound: the customer has no such relationship.
        Stale: its version is none of those expected.
        NotPossibleNow: it has ended.
        Invalid: it would end before it began.
    """
    book = await Book.of_customer(work, customer_id)
    before = book.get(customer_id, id_, expected)
    at = _ending(work, before, end.at)
    after = book.change(before, rules.ended(before, at) | {"end_reason": end.reason})
    book.tell("customer.relationship_ended", at, after)
    await book.store()
    return answer_of(after, work.now)


async def hand_over(
    work: Work, customer_id: UUID, id_: UUID, to: HandOver, expected: frozenset[int] | None
) -> Relationship:
    """Ends a relationship and lets another member or department go on in the same role, perceived as the owner if this
    one was. Raises as `end_relationship`, and Invalid for who goes on as `start_relationship`."""
    party = Party(to.member_id, to.department_id)
    member = await _held(work, queries.HOLD_MEMBER, party.member_id)
    book = await Book.of_customer(work, customer_id)
    before = book.get(customer_id, id_, expected)
    at = _ending(work, before, to.at)
    await _require_party(work, party, member, before.until)
    if party == before.party:
        raise Invalid.field("/member_id" if party.member_id else "/department_id", "is who serves the customer by it.")
    after = _handed_over(book, before, party, at, to.reason)
    await book.store()
    return answer_of(after, work.now)


async def pass_on(work: Work, member_id: UUID, to: Party, reason: str | None = None) -> list[Relationship]:
    """Hands over all by which a member serves customers, or is going to, to another member or a department; the
    relationships as they ended. Five statements at most, however many there are. That the other exists and has not
    left is for the caller to see to."""
    book = await Book.of_member(work, member_id)
    held = [each for each in book.all() if each.member_id == member_id and rules.state_at(each, work.now) != "ended"]
    passed = [_handed_over(book, each, to, max(work.now, each.since), reason) for each in held]
    await book.store()
    return [answer_of(each, work.now) for each in passed]


async def relationship(work: Work, customer_id: UUID, id_: UUID) -> Relationship:
    """One relationship of a customer.

    Raises:
        NotFound: the customer has none with this id.
    """
    found = await collection.find_or_none(work.connection, _of.id, id_)
    if found is None or found.customer_id != customer_id:
        raise NotFound(f"This customer has no relationship with id {id_}.")
    return answer_of(found, work.now)


async def page_of_relationships(work: Work, customer_id: UUID, asked: RelationshipListing) -> Page[Relationship]:
    """A page of a customer's relationships, by their beginning unless asked otherwise.

    Raises:
        NotFound: there is no such customer.
    """
    await customers.get(work.connection, customer_id)
    statement = collection.select().where(_of.customer_id == customer_id, *_conditions(asked, work.now))
    rows, cursor = await paging.fetch(work.connection, statement, asked, paging.order(asked.sort, _SORTS, "since"))
    return Page([answer_of(Serving(**{name: row[name] for name in _FIELDS}), work.now) for row in rows], cursor)


def _conditions(asked: RelationshipListing, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [
        _of[name] == asked.filters()[name] for name in ("member_id", "department_id") if name in asked.filters()
    ]
    if asked.role is not None:
        conditions.append(func.lower(_of.role) == asked.role.lower())
    if asked.as_of is not None:
        conditions.append(queries.serves_at(asked.as_of))
    if asked.state is not None:
        conditions.append(queries.is_in_state(asked.state, now))
    if asked.perceived_owner is not None:
        perceived = queries.is_perceived_at(asked.as_of or now)
        conditions.append(perceived if asked.perceived_owner else func.coalesce(~perceived, True))
    return conditions


def _ending(work: Work, serving: Serving, stated: datetime | None) -> datetime:
    """When a relationship ends that has not: as stated, else now, or as it begins if it was still to begin."""
    if rules.state_at(serving, work.now) == "ended":
        raise NotPossibleNow.instead("The relationship has ended.", [])
    at = stated or max(work.now, serving.since)
    if at < serving.since:
        raise Invalid.field("/at", "lies before it began.")
    if serving.until is not None and at > serving.until:
        raise Invalid.field("/at", "lies after it ends; to let it last longer, change its until.")
    return at


def _handed_over(book: Book, serving: Serving, to: Party, at: datetime, reason: str | None) -> Serving:
    decided = rules.handed_over(serving, to, at, book.of(serving.customer_id))
    if decided.successor_id is None:
        successor = book.begin(decided.successor)
    else:
        successor = book.change(book.after(decided.successor_id), decided.successor)
    ends = {**decided.ends, "end_reason": reason, "successor_id": successor.id}
    after = book.change(serving, ends)
    book.tell("customer.relationship_handed_over", at, after, successor.id)
    return after


def _perceived(work: Work, book: Book, serving: Serving, perceived: bool) -> Serving:
    state = rules.state_at(serving, work.now)
    at = work.now if state == "current" else serving.since
    return (
        _claimed(work, book, serving, at) if perceived else book.change(serving, rules.perceived_no_longer(serving, at))
    )


def _claimed(work: Work, book: Book, serving: Serving, since: datetime) -> Serving:
    """Makes it the perceived owner's, which it takes over from whoever was it."""
    others = {each.id: each for each in book.of(serving.customer_id)}
    try:
        claim = rules.claim(serving, since, work.now, others.values())
    except rules.Taken as taken:
        detail = "Somebody else was perceived as the owner then: see the relationship_id."
        raise Conflict(detail, relationship_id=str(taken.other.id)) from taken
    for id_, end in claim.ends.items():
        changed = book.change(others[id_], rules.perceived_no_longer(others[id_], end))
        book.tell("customer.relationship_changed", end, changed)
    return book.change(serving, {"perceived_owner_since": claim.since, "perceived_owner_until": claim.until})


def _require_possible(book: Book, serving: Serving) -> None:
    if serving.until is not None and serving.until < serving.since:
        raise Invalid.field("/until", "must not lie before since.")
    other = rules.clash(serving, book.of(serving.customer_id))
    if other is not None:
        raise Conflict(
            f"They serve the customer as {other.role} at that time already: see the relationship_id.",
            relationship_id=str(other.id),
        )


async def _held(work: Work, hold: Select[Any], id_: UUID | None) -> Row | None:
    """The member who cannot leave now until the transaction ends, if it is one."""
    return None if id_ is None else (await work.connection.execute(hold, {"of": id_})).mappings().first()


async def _require_party(work: Work, party: Party, member: Row | None, until: datetime | None) -> None:
    """Refuses who does not exist, or leaves before it ends; `member` is the party's row, held, if it is one."""
    if party.member_id is not None and party.department_id is not None:
        raise Invalid.field("/department_id", "must be left out beside member_id: one of them serves the customer.")
    if party.member_id is None and party.department_id is None:
        raise Invalid.field("/member_id", "is missing: a member serves the customer, or a department (department_id).")
    if party.department_id is not None:
        found = await work.connection.execute(queries.DEPARTMENT, {"department_id": party.department_id})
        if found.first() is None:
            raise Invalid.field("/department_id", NOT_THERE)
        return
    if member is None:
        raise Invalid.field("/member_id", NOT_THERE)
    left_at = member["left_at"]
    if left_at is not None and (until is None or until > left_at):
        raise Invalid.field("/member_id", f"left the organisation at {left_at:%Y-%m-%dT%H:%M:%SZ}.")
