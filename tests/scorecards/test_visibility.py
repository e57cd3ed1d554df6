"""Whose scorecards a key may see: pure."""

from uuid import UUID, uuid4

import pytest

from app.access.roles import OF_MEMBERS, Actor, Role
from app.scorecards.visibility import may_see

OWN, OTHER = uuid4(), uuid4()
MYSELF, COLLEAGUE = uuid4(), uuid4()


def actor(role: Role, *department_ids: UUID) -> Actor:
    member_id = MYSELF if role in OF_MEMBERS else None
    return Actor(uuid4(), "somebody", role, frozenset(), frozenset(department_ids), member_id)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANALYST])
def test_who_reads_everything_sees_every_scorecard(role: Role) -> None:
    assert may_see(actor(role), [OTHER])
    assert may_see(actor(role, OWN), [OTHER])
    assert may_see(actor(role), [], COLLEAGUE)


@pytest.mark.parametrize("role", [Role.LEAD, Role.INTEGRATION])
def test_who_is_tied_to_departments_sees_these_and_whoever_is_in_one(role: Role) -> None:
    assert may_see(actor(role, OWN), [OWN])
    assert may_see(actor(role, OWN), [OTHER, OWN], COLLEAGUE)
    assert not may_see(actor(role, OWN), [OTHER])
    assert not may_see(actor(role, OWN), [OTHER], COLLEAGUE)
    assert not may_see(actor(role, OWN), [])


def test_an_integration_that_is_tied_to_none_sees_all_and_a_lead_of_none_only_themselves() -> None:
    assert may_see(actor(Role.INTEGRATION), [OTHER])
    assert not may_see(actor(Role.LEAD), [OTHER])
    assert may_see(actor(Role.LEAD), [], MYSELF)


def test_a_member_sees_themselves_and_their_departments_but_no_colleague() -> None:
    assert may_see(actor(Role.MEMBER), [], MYSELF)
    assert may_see(actor(Role.MEMBER, OWN), [OWN])
    assert not may_see(actor(Role.MEMBER, OWN), [OTHER])
    assert not may_see(actor(Role.MEMBER, OWN), [OWN], COLLEAGUE)
