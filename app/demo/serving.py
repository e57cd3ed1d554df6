"""Who serves the demo company's customers, in which role, and who did before. Pure.

The sellers own accounts; some customers take somebody of the service desk for the one who owns theirs, a few smaller
ones have no owner at all, and some accounts changed hands lately.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from app.demo.records import Customer, Relationship
from app.demo.scene import Staff

ACCOUNT_OWNER: Final = "account owner"
_BEFORE: Final = timedelta(days=120)
_MOVED: Final = timedelta(days=45)


def relationships(as_of: datetime, staff: Staff, customers: Sequence[Customer]) -> tuple[Relationship, ...]:
    """All of them, customer by customer; one that was handed over comes before the one that goes on."""
    return tuple(each for place, customer in enumerate(customers) for each in _of(place, customer, as_of, staff))


def _of(place: int, customer: Customer, as_of: datetime, staff: Staff) -> Iterator[Relationship]:
    since = as_of - _BEFORE
    sellers, service, operations = (staff.members(key) for key in ("SALES", "SERVICE", "OPS"))
    is_owned = customer.tier != "bronze" or place % 10 != 7
    other_is_perceived = customer.tier == "silver" and place % 4 == 1
    perceived = is_owned and customer.tier != "bronze" and not other_is_perceived
    owner = sellers[place % len(sellers)]
    if place % 9 == 8 and is_owned:
        moved = as_of - _MOVED - timedelta(days=place % 7)
        former, owner = owner, sellers[(place + 3) % len(sellers)]
        ref = f"{customer.ref}/{ACCOUNT_OWNER}"
        yield Relationship(
            f"{ref}/before",
            customer.ref,
            former,
            None,
            ACCOUNT_OWNER,
            perceived,
            since,
            moved,
            "Took over key accounts.",
            ref,
        )
        yield Relationship(ref, customer.ref, owner, None, ACCOUNT_OWNER, perceived, moved)
    elif is_owned:
        yield Relationship(
            f"{customer.ref}/{ACCOUNT_OWNER}", customer.ref, owner, None, ACCOUNT_OWNER, perceived, since
        )
    if other_is_perceived:
        desk = service[place % len(service)]
        yield Relationship(f"{customer.ref}/support", customer.ref, desk, None, "support", True, since)
    else:
        yield Relationship(f"{customer.ref}/support", customer.ref, None, "SERVICE", "support", False, since)
    if customer.tier == "gold":
        delivery = operations[place % len(operations)]
        yield Relationship(f"{customer.ref}/delivery", customer.ref, delivery, None, "delivery", False, since)
    if customer.tier != "bronze":
        yield Relationship(f"{customer.ref}/billing", customer.ref, None, "BILLING", "billing contact", False, since)
