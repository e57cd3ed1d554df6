"""Whose scorecards a key may see: pure."""

from uuid import uuid4

import pytest

from app.access.roles import Actor, Role
from app.scorecards.visibility import may_see

OWN, OTHER = uuid4(), uuid4()


def actor(role: Role, *departments: object) -> Actor:
    return Actor(uuid4(), "somebody", role, frozenset(), frozenset(departments))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANALYST])
def test_who_reads_everything_sees_every_scorecard(role: Role) -> None:
    assert may_see(actor(role), [OTHER])
    assert may_see(actor(role, OWN), [OTHER])
    assert may_see(actor(role), [])


@pytest.mark.parametrize("role", [Role.LEAD, Role.INTEGRATION])
def test_who_is_tied_to_departments_sees_these_and_whoever_is_in_one(role: Role) -> None:
    assert may_see(actor(role, OWN), [OWN])
    assert may_see(actor(role, OWN), [OTHER, OWN])
    assert not may_see(actor(role, OWN), [OTHER])
    assert not may_see(actor(role, OWN), [])


def test_an_integration_that_is_tied_to_none_sees_all_and_a_lead_of_none_nothing() -> None:
    assert may_see(actor(Role.INTEGRATION), [OTHER])
    assert not may_see(actor(Role.LEAD), [OTHER])


def test_a_member_sees_nobody_elses() -> None:
    assert not may_see(actor(Role.MEMBER, OWN), [OWN])
