"""Whether a key may do something to a ticket that it sees."""

from collections.abc import Set
from uuid import UUID

from app.access.roles import Actor
from app.kernel.problems import Forbidden
from app.tickets.life.sides import Side, sides_of


def require_side(
    actor: Actor, requester_department_id: UUID, provider_department_id: UUID, sides: Set[Side], what: str
) -> None:
    """That a key that stands for a member does `what` for one of these sides of a ticket, which is locked: who has it
    now is not known before.

    Raises:
        Forbidden: none of its member's departments is on such a side.
    """
    if actor.own is None:
        return
    if sides.isdisjoint(sides_of(requester_department_id, provider_department_id, actor.own.department_ids)):
        told = " or ".join(_WHO[side] for side in sorted(sides))
        raise Forbidden(f"{what} is for the department that {told}; the member whose key this is belongs to another.")


_WHO = {Side.PROVIDER: "has the ticket", Side.REQUESTER: "asked for it"}
