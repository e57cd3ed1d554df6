"""What an endpoint of a customer needs, as types in its signature: somebody who sees the customer."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy import ColumnElement

from app.access.needs import OwnReader
from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.customers.examples import CUSTOMERS
from app.customers.serving import served_by
from app.customers.tables import customers
from app.kernel.schemas import Id
from app.kernel.work import Reads

CustomerId = Annotated[Id, Path(description="The customer's id.", openapi_examples=CUSTOMERS)]


def seen_by(own: Own | None, at: datetime) -> list[ColumnElement[bool]]:
    """What holds of the customers that a key sees at an instant: all, or those whom its member or one of their
    departments serves."""
    return [] if own is None else [customers.c.id.in_(served_by(own, at))]


async def _reader(customer_id: CustomerId, work: Reads, actor: OwnReader) -> Actor:
    await require_seen(work, "customer", customers, customer_id, seen_by(actor.own, work.now))
    return actor


CustomerReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read of the customer in its address."""
