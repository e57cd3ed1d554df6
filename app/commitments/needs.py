"""What an endpoint of a commitment needs, as types in its signature: somebody who sees the commitment."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy import ColumnElement, or_

from app.access.needs import OwnReader
from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.commitments.examples import COMMITMENTS, OPEN_COMMITMENTS
from app.commitments.tables import commitments
from app.customers.serving import served_by
from app.directory.standing import is_own
from app.kernel.schemas import Id
from app.kernel.work import Reads, Work

CommitmentId = Annotated[Id, Path(description="The commitment's id.", openapi_examples=COMMITMENTS)]
OpenCommitmentId = Annotated[Id, Path(description="The commitment's id.", openapi_examples=OPEN_COMMITMENTS)]


def seen_by(own: Own | None, at: datetime) -> list[ColumnElement[bool]]:
    """What holds of the commitments that a key sees at an instant: all; or those that a department of its member's
    answers for, and those to customers whom they, or one of their departments, serve."""
    if own is None:
        return []
    of = commitments.c
    return [or_(is_own(own, of.owner_department_id), of.customer_id.in_(served_by(own, at)))]


async def _seen(work: Work, actor: Actor, id_: UUID) -> Actor:
    await require_seen(work, "commitment", commitments, id_, seen_by(actor.own, work.now))
    return actor


async def _reader(commitment_id: CommitmentId, work: Reads, actor: OwnReader) -> Actor:
    return await _seen(work, actor, commitment_id)


async def _reader_of_open(commitment_id: OpenCommitmentId, work: Reads, actor: OwnReader) -> Actor:
    return await _seen(work, actor, commitment_id)


CommitmentReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read of the commitment in its address."""
OpenCommitmentReader = Annotated[Actor, Depends(_reader_of_open)]
"""The same, where only an open commitment has what is read."""
