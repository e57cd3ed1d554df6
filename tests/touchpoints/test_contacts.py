"""Who touched a customer, and whether a relationship says so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.touchpoints.contacts import Contact, Entry, Promised, Tie, Touch, contacts, touches, unserved

START = datetime(2026, 3, 2, tzinfo=UTC)
SALES, FIN, LEGAL = (UUID(int=number) for number in (1, 2, 3))
ADA, BEN, CLARA = (UUID(int=number) for number in (11, 12, 13))
TICKET, PROMISE = UUID(int=21), UUID(int=22)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def entry(verb: str, at: int = 0, **fields: Any) -> Entry:
    of: dict[str, Any] = {
        "ticket_id": TICKET,
        "leg": 1,
        "leg_department_id": FIN,
        "requester_department_id": SALES,
        "requester_id": None,
        "assignee_id": None,
        "actor_member_id": None,
        "actor_department_ids": (),
    }
    return Entry(verb=verb, at=day(at), **of | fields)


def who(*entries: Entry) -> set[tuple[UUID | None, UUID]]:
    return {(each.member_id, each.department_id) for each in touches(entries, ())}


def tie(who: UUID | None, since: int, until: int | None = None, *, department: UUID | None = None, **more: Any) -> Tie:
    end = None if until is None else day(until)
    return Tie(UUID(int=99), who, department, "support", day(since), end, **more)


def touch(who: UUID | None, department: UUID, at: int) -> Touch:
    return Touch(who, department, day(at), TICKET)


@pytest.mark.parametrize(
    ("done", "by"),
    [
        # A key: the requester's or the assignee's, else the department's.
        (entry("start", assignee_id=BEN), (BEN, FIN)),
        (entry("start"), (None, FIN)),
        (entry("comment", assignee_id=BEN), (BEN, FIN)),
        (entry("comment", assignee_id=BEN, requester_id=ADA, actor_department_ids=[SALES]), (ADA, SALES)),
        (entry("comment", assignee_id=BEN, actor_department_ids=[SALES, FIN]), (BEN, FIN)),
        (entry("reopen", requester_id=ADA, assignee_id=BEN), (ADA, SALES)),
        # A member: for the department on whose side they are.
        (entry("start", assignee_id=BEN, actor_member_id=CLARA, actor_department_ids=[FIN]), (CLARA, FIN)),
        (entry("comment", actor_member_id=CLARA, actor_department_ids=[SALES]), (CLARA, SALES)),
        (entry("comment", actor_member_id=ADA, requester_id=ADA, actor_department_ids=[FIN, SALES]), (ADA, SALES)),
        (entry("start", actor_member_id=BEN, assignee_id=BEN, actor_department_ids=[LEGAL]), (BEN, FIN)),
        (entry("comment", actor_member_id=CLARA, actor_department_ids=[LEGAL, SALES]), (CLARA, SALES)),
        (entry("comment", actor_member_id=CLARA, actor_department_ids=[LEGAL]), (CLARA, LEGAL)),
        # What an imported log mentions.
        (entry("noted", named_member_id=BEN, named_department_id=LEGAL), (BEN, LEGAL)),
    ],
)
def test_what_was_done_was_done_by(done: Entry, by: tuple[UUID | None, UUID]) -> None:
    assert by in who(done)


def test_whoever_asks_serves_the_customer_as_well() -> None:
    assert who(entry("open", requester_id=ADA), entry("start", 1, assignee_id=BEN)) == {(ADA, SALES), (BEN, FIN)}
    opened = entry("open", actor_member_id=ADA, actor_department_ids=[SALES])
    assert who(opened, entry("start", 1)) == {(ADA, SALES), (None, FIN)}


def test_a_department_that_has_a_ticket_nobody_touched_is_a_touchpoint() -> None:
    assert who(entry("open", requester_id=ADA)) == {(ADA, SALES), (None, FIN)}
    handed = entry("transfer", 1, assignee_id=BEN, named_department_id=LEGAL)
    assert who(entry("open"), handed) == {(None, SALES), (BEN, FIN), (None, LEGAL)}
    taken = entry("start", 2, leg=2, leg_department_id=LEGAL, assignee_id=CLARA)
    assert who(entry("open"), handed, taken) == {(None, SALES), (BEN, FIN), (CLARA, LEGAL)}


def test_what_the_service_does_by_itself_is_no_touch() -> None:
    assert who(entry("start", assignee_id=BEN), entry("escalate", 1), entry("reapply", 2)) == {(BEN, FIN)}


def test_the_owner_of_a_promise_touches_the_customer_with_it() -> None:
    (found,) = contacts(touches((), [Promised(PROMISE, SALES, day(0)), Promised(PROMISE, SALES, day(9))]), ())
    assert (found.member_id, found.department_id, found.first_at, found.last_at) == (None, SALES, day(0), day(9))
    assert (len(found.commitment_ids), len(found.ticket_ids), found.touches) == (1, 0, 2)


def test_what_is_said_is_counted_and_tickets_once() -> None:
    said = touches([entry("ask", 1, assignee_id=BEN), entry("comment", 2, assignee_id=BEN)], ())
    (found,) = contacts(said, ())
    assert (found.comments, len(found.ticket_ids), found.touches) == (2, 1, 2)


def related(touched: Touch, *ties: Tie) -> Contact:
    (found,) = contacts([touched], ties)
    return found


def test_a_relationship_says_so_while_it_is_in_force() -> None:
    assert related(touch(BEN, FIN, 5), tie(BEN, 5)).related_by == "member"
    assert related(touch(BEN, FIN, 5), tie(BEN, 6)).related_by is None
    assert related(touch(BEN, FIN, 5), tie(BEN, 0, 5)).related_by is None
    assert related(touch(BEN, FIN, 5), tie(None, 0, department=FIN)).related_by == "department"
    assert related(touch(BEN, FIN, 5), tie(CLARA, 0, department_ids=[FIN])).related_by is None
    assert related(touch(None, FIN, 5), tie(CLARA, 0, department_ids=[FIN])).related_by == "member_of_department"
    both = related(touch(BEN, FIN, 5), tie(None, 0, department=FIN), tie(BEN, 0))
    assert (both.related_by, both.roles) == ("member", ("support",))


def test_whether_it_is_related_is_told_by_the_last_contact_and_how_often_it_was_not() -> None:
    touched = [touch(BEN, FIN, 9), touch(BEN, FIN, 1), touch(BEN, FIN, 3)]
    (ended,) = contacts(touched, [tie(BEN, 0, 5)])
    assert (ended.related_by, ended.related_touches, ended.touches) == (None, 2, 3)
    (begun,) = contacts(touched, [tie(BEN, 5)])
    assert (begun.related_by, begun.related_touches) == ("member", 1)


def test_the_latest_contact_comes_first_and_two_departments_are_two_touchpoints() -> None:
    found = contacts([touch(BEN, FIN, 1), touch(BEN, LEGAL, 3), touch(ADA, SALES, 2)], ())
    assert [(each.member_id, each.department_id) for each in found] == [(BEN, LEGAL), (ADA, SALES), (BEN, FIN)]


def gaps(touched: list[Touch], *ties: Tie, start: int | None = None) -> list[datetime | None]:
    begin = None if start is None else day(start)
    return [each.last_at for each in unserved(touched, ties, begin, day(10), day(10))]


def test_a_relationship_by_which_nobody_came_is_a_gap() -> None:
    assert gaps([], tie(BEN, 0)) == [None]
    assert gaps([touch(BEN, FIN, 5)], tie(BEN, 0)) == []
    assert gaps([touch(CLARA, FIN, 5)], tie(BEN, 0, department_ids=[FIN])) == [None]
    assert gaps([touch(CLARA, FIN, 5)], tie(None, 0, department=FIN)) == []
    assert gaps([touch(BEN, FIN, 5)], tie(BEN, 0), start=6) == [day(5)]
    assert gaps([touch(BEN, FIN, 5)], tie(BEN, 7)) == [day(5)]
    assert gaps([touch(BEN, FIN, 11)], tie(BEN, 0)) == [None]
    assert gaps([], tie(BEN, 0, 9), tie(BEN, 11)) == []


def test_the_relationship_that_waited_longest_comes_first() -> None:
    ties = [tie(BEN, 8), tie(CLARA, 2), tie(None, 0, department=LEGAL)]
    assert gaps([touch(None, LEGAL, 4)], *ties, start=9) == [None, day(4), None]
