"""What an endpoint of a request type needs, as types in its signature: somebody who decides what is offered."""

from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy import bindparam, select

from app.access.needs import OwnLead
from app.access.roles import Actor
from app.catalogue.examples import REQUEST_TYPES
from app.catalogue.tables import request_types
from app.kernel.problems import Forbidden, NotFound
from app.kernel.schemas import Id
from app.kernel.work import Writes

RequestTypeId = Annotated[Id, Path(description="The request type's id.", openapi_examples=REQUEST_TYPES)]

_PROVIDER = select(request_types.c.provider_department_id).where(request_types.c.id == bindparam("of"))


async def _lead(request_type_id: RequestTypeId, work: Writes, actor: OwnLead) -> Actor:
    if actor.own is None:
        return actor
    provider_id = (await work.connection.execute(_PROVIDER, {"of": request_type_id})).scalar()
    if provider_id is None:
        raise NotFound(f"There is no request type with id {request_type_id}.")
    if provider_id not in actor.own.department_ids:
        raise Forbidden("Its provider decides on a request type; the member whose key this is belongs to another.")
    return actor


RequestTypeLead = Annotated[Actor, Depends(_lead)]
"""In an endpoint's signature: whoever decides on the request type in its address."""
