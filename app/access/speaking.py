"""In whose name something may be said."""

from uuid import UUID

from app.access.roles import Actor
from app.kernel.problems import Forbidden


def speaker(actor: Actor, stated: UUID | None, pointer: str) -> UUID | None:
    """The member who says it: the one whose key it is, else whoever is stated.

    Raises:
        Forbidden: the key stands for a member, and another is stated.
    """
    if actor.member_id is None:
        return stated
    if stated not in (None, actor.member_id):
        raise Forbidden(f"{pointer}: names somebody else than the member whose key this is.")
    return actor.member_id


def require_department(actor: Actor, department_id: UUID, pointer: str) -> None:
    """That a key that stands for a member acts for a department of theirs.

    Raises:
        Forbidden: it does not.
    """
    if actor.own is not None and department_id not in actor.own.department_ids:
        raise Forbidden(f"{pointer}: names a department that the member whose key this is does not belong to.")
