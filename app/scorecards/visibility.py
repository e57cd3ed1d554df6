"""Whose scorecards and digests a key may see. Pure."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from app.access.roles import Actor, Role

_EVERYTHING: Final = frozenset((Role.ADMIN, Role.ANALYST))


def may_see(actor: Actor, department_ids: Collection[UUID], member_id: UUID | None = None) -> bool:
    """Whether a key may see what is told of a department, or of a member, who is in these.

    `admin` and `analyst` read everything. An `integration` that is tied to departments sees those, and whoever is in
    them; one that is tied to none reads everything. A `lead` sees their own departments and whoever is in them; a
    `member` their own departments as a whole, and of people themselves alone.
    """
    if actor.role in _EVERYTHING or (member_id is not None and member_id == actor.member_id):
        return True
    if actor.role is Role.MEMBER and member_id is not None:
        return False
    if not actor.department_ids:
        return actor.role is Role.INTEGRATION
    return not actor.department_ids.isdisjoint(department_ids)
