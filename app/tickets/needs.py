"""What an endpoint of a ticket needs, as types in its signature: somebody who sees the ticket."""

from typing import Annotated

from fastapi import Depends, Path

from app.access.needs import OwnReader, OwnWriter
from app.access.roles import Actor
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes
from app.tickets.examples import TICKETS
from app.tickets.visibility import require_ticket_seen

TicketId = Annotated[Id, Path(description="The ticket's id.", openapi_examples=TICKETS)]


async def _reader(ticket_id: TicketId, work: Reads, actor: OwnReader) -> Actor:
    await require_ticket_seen(work, actor, ticket_id)
    return actor


async def _writer(ticket_id: TicketId, work: Writes, actor: OwnWriter) -> Actor:
    await require_ticket_seen(work, actor, ticket_id)
    return actor


TicketReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read the ticket in its address."""
TicketWriter = Annotated[Actor, Depends(_writer)]
"""In an endpoint's signature: whoever may do something to the ticket in its address, as far as their side of it goes:
see `permitting`."""
