"""Which suggestions a key sees, and what an endpoint of one needs, as types in its signature."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy import ColumnElement, or_

from app.access.needs import OwnLead, OwnReader, OwnWriter
from app.access.roles import Actor, Own
from app.access.seeing import require_seen
from app.customers.serving import served_by
from app.directory.standing import is_own
from app.kernel.schemas import Id
from app.kernel.work import Reads, Work, Writes
from app.suggestions.examples import SUGGESTIONS
from app.suggestions.tables import suggestions

SuggestionId = Annotated[Id, Path(description="The suggestion's id.", openapi_examples=SUGGESTIONS)]


def seen_by(own: Own | None, at: datetime) -> list[ColumnElement[bool]]:
    """What holds of the suggestions that a key sees at an instant: all; or those that are about no customer or one whom
    its member or their departments serve, those on such a department, and the member's own."""
    if own is None:
        return []
    of = suggestions.c
    return [
        or_(
            of.customer_id.is_(None),
            of.member_id == own.member_id,
            is_own(own, of.department_id),
            of.customer_id.in_(served_by(own, at)),
        )
    ]


async def _seen(work: Work, actor: Actor, id_: UUID) -> Actor:
    await require_seen(work, "suggestion", suggestions, id_, seen_by(actor.own, work.now))
    return actor


async def _reader(suggestion_id: SuggestionId, work: Reads, actor: OwnReader) -> Actor:
    return await _seen(work, actor, suggestion_id)


async def _writer(suggestion_id: SuggestionId, work: Writes, actor: OwnWriter) -> Actor:
    return await _seen(work, actor, suggestion_id)


async def _decider(suggestion_id: SuggestionId, work: Writes, actor: OwnLead) -> Actor:
    return await _seen(work, actor, suggestion_id)


SuggestionReader = Annotated[Actor, Depends(_reader)]
"""In an endpoint's signature: whoever may read the suggestion in its address."""
SuggestionWriter = Annotated[Actor, Depends(_writer)]
"""In an endpoint's signature: whoever may vote for it, or say it in other words."""
SuggestionDecider = Annotated[Actor, Depends(_decider)]
"""In an endpoint's signature: whoever may adopt or decline it, if only for their own departments."""
