"""Passing on the customers whom a member who leaves served: to whoever takes their place, else to their department."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select

from app.customers.relationship_queries import is_in_state
from app.customers.relationship_rules import Party
from app.customers.relationships import pass_on
from app.customers.tables import customer_relationships
from app.directory.leaving import Departure
from app.kernel.problems import Invalid
from app.kernel.work import Work

_OF_MEMBER = select(customer_relationships.c.id).where(customer_relationships.c.member_id == bindparam("member_id"))


async def member_left(work: Work, departure: Departure) -> Mapping[str, int]:
    """Hands over all by which the member served customers, or was going to.

    Raises:
        Invalid: nobody is named, and they belong to no department.
    """
    to = _successor(departure)
    if to is None:
        if await _serves(work, departure.member.id):
            rule = "is needed: they serve customers, and belong to no department to which these could pass."
            raise Invalid.field("/to_member_id", rule)
        return {"relationships": 0}
    passed = await pass_on(work, departure.member.id, to, departure.reason)
    return {"relationships": len(passed)}


def _successor(departure: Departure) -> Party | None:
    if departure.successor is not None:
        return Party(departure.successor.id, None)
    main = next(iter(departure.member.department_ids), None)
    return None if main is None else Party(None, main)


async def _serves(work: Work, member_id: UUID) -> bool:
    lasting = _OF_MEMBER.where(~is_in_state("ended", work.now)).limit(1)
    return (await work.connection.execute(lasting, {"member_id": member_id})).first() is not None
