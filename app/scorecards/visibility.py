"""Whose scorecards and digests a key may see. Pure."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from app.access.roles import Actor, Role

_EVERYTHING: Final = frozenset((Role.ADMIN, Role.ANALYST))


def may_see(actor: Actor, department_ids: Collection[UUID]) -> bool:
    """Whether a key may see what is told of a department, or of somebody in any of these.

    `admin` and `analyst` read everything. An `integration` that is tied to departments sees those, and whoever is in
    them; one that is tied to none reads everything. A `lead` sees their own departments. A `member` sees nobody's: no
    key says which member it stands for.
    """
    if actor.role in _EVERYTHING:
        return True
    if actor.role is Role.MEMBER:
        return False
    if not actor.department_ids:
        return actor.role is Role.INTEGRATION
    return not actor.department_ids.isdisjoint(department_ids)
