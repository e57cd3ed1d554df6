"""What an endpoint of an SLA needs, as types in its signature: somebody who decides what its provider undertakes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy import ColumnElement

from app.access.needs import OwnLead, OwnLeadReader
from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.directory.standing import is_own
from app.kernel.schemas import Id
from app.kernel.work import Reads, Work, Writes
from app.service_levels.examples import SLAS
from app.service_levels.tables import slas

SlaId = Annotated[Id, Path(description="The SLA's id.", openapi_examples=SLAS)]


def seen_by(own: Own | None) -> list[ColumnElement[bool]]:
    """What holds of the SLAs that a key sees: all, or those of its member's departments."""
    return [] if own is None else [is_own(own, slas.c.provider_department_id)]


async def _seen(work: Work, actor: Actor, id_: UUID) -> Actor:
    await require_seen(work, "SLA", slas, id_, seen_by(actor.own))
    return actor


async def _reader(sla_id: SlaId, work: Reads, actor: OwnLeadReader) -> Actor:
    return await _seen(work, actor, sla_id)


async def _lead(sla_id: SlaId, work: Writes, actor: OwnLead) -> Actor:
    return await _seen(work, actor, sla_id)


SlaReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read the SLA in its address."""
SlaLead = Annotated[Actor, Depends(_lead)]
"""In an endpoint's signature: whoever decides on the SLA in its address."""
