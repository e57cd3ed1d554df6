"""Which recognitions a key sees, and what an endpoint of one needs, as types in its signature."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy import ColumnElement, or_

from app.access.needs import OwnReader
from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.customers.serving import served_by
from app.directory.standing import is_own
from app.kernel.schemas import Id
from app.kernel.work import Reads
from app.recognition.examples import RECOGNITIONS
from app.recognition.tables import recognitions

RecognitionId = Annotated[Id, Path(description="The recognition's id.", openapi_examples=RECOGNITIONS)]


def seen_by(own: Own | None, at: datetime) -> list[ColumnElement[bool]]:
    """What holds of the recognitions that a key sees at an instant: all; or those that are about no customer, or one
    whom its member or their departments serve, and those that thank, or are from, one of them."""
    if own is None:
        return []
    of = recognitions.c
    return [
        or_(
            of.customer_id.is_(None),
            of.member_id == own.member_id,
            of.from_member_id == own.member_id,
            is_own(own, of.department_id),
            of.customer_id.in_(served_by(own, at)),
        )
    ]


async def _reader(recognition_id: RecognitionId, work: Reads, actor: OwnReader) -> Actor:
    await require_seen(work, "recognition", recognitions, recognition_id, seen_by(actor.own, work.now))
    return actor


RecognitionReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read the recognition in its address."""
