"""Who says how a ticket was served, and until when that may be changed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.tickets.feedback.rules import Given, NotTheirs, Requester, giver

SALES, FINANCE = UUID(int=1), UUID(int=2)
ADA, BEN, CARL = UUID(int=11), UUID(int=12), UUID(int=13)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_it_is_the_requesters_whether_stated_or_not() -> None:
    asked = Requester(SALES, ADA)
    assert giver(asked, None, [], None) == ADA
    assert giver(asked, ADA, [FINANCE], None) == ADA


def test_nobody_else_says_it_while_the_requester_is_there() -> None:
    with pytest.raises(NotTheirs, match="is not the requester"):
        giver(Requester(SALES, ADA), BEN, [SALES], None)


@pytest.mark.parametrize("asked", [Requester(SALES, None), Requester(SALES, ADA, has_left=True)])
def test_without_a_requester_a_member_of_the_department_that_asked_says_it(asked: Requester) -> None:
    assert giver(asked, BEN, [FINANCE, SALES], None) == BEN
    with pytest.raises(NotTheirs, match="does not belong to the department"):
        giver(asked, BEN, [FINANCE], None)


def test_where_no_member_is_known_it_is_nobodys_in_particular() -> None:
    assert giver(Requester(SALES, None), None, [], None) is None


def test_what_was_given_is_changed_by_whoever_gave_it() -> None:
    earlier, asked = Given(BEN, 2, None, AT), Requester(SALES, None)
    assert giver(asked, None, [], earlier) == BEN
    assert giver(asked, BEN, [], earlier) == BEN
    with pytest.raises(NotTheirs, match="is not who gave this feedback"):
        giver(asked, CARL, [SALES], earlier)


def test_what_nobody_in_particular_gave_may_become_somebodys() -> None:
    assert giver(Requester(SALES, None), BEN, [SALES], Given(None, 2, None, AT)) == BEN


def test_it_may_be_changed_for_seven_days_after_it_was_first_given() -> None:
    changed = Given(ADA, 2, None, AT, AT + timedelta(days=6))
    assert changed.changeable_until == AT + timedelta(days=7)
    assert changed.last_at == AT + timedelta(days=6)
