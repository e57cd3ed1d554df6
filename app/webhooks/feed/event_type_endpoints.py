"""`/v1/event-types`: the catalogue of what events and webhooks tell."""

import base64
import binascii
from contextlib import suppress
from typing import Annotated

from fastapi import Path, Query, Request, Response
from fastapi.openapi.models import Example

from app.access.needs import Reader
from app.kernel.answers import answer
from app.kernel.event_types import Catalogue, EventType, known_pattern
from app.kernel.paging import Page
from app.kernel.problems import Invalid, NotFound
from app.kernel.routes import router
from app.webhooks.feed.event_type_schemas import EventTypeAnswer, EventTypeListing

routes = router("/v1/event-types", "Events")

_TYPES = {"demo": Example(summary="A commitment was delivered late", value="commitment.delivered_late")}


@routes.get(
    "", response_model=Page[EventTypeAnswer], operation_id="list_event_types", summary="List the types of events"
)
async def list_event_types(request: Request, actor: Reader, asked: Annotated[EventTypeListing, Query()]) -> Response:
    """Every type of event that the feed and webhooks tell, with the JSON Schema of its `data` and an example. Sort by
    `type`."""
    return answer(_page(_catalogue(request), asked))


@routes.get("/{type}", response_model=EventTypeAnswer, operation_id="get_event_type", summary="Read a type of events")
async def get_event_type(
    request: Request,
    actor: Reader,
    type_: Annotated[str, Path(alias="type", description="The type's name.", openapi_examples=_TYPES)],
) -> Response:
    """One type of event."""
    catalogue = _catalogue(request)
    if type_ not in catalogue:
        raise NotFound(f"There is no event type {type_!r}.")
    return answer(EventTypeAnswer.of(catalogue[type_]))


def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.event_types
    return catalogue


def _page(catalogue: Catalogue, asked: EventTypeListing) -> Page[EventTypeAnswer]:
    descending = _is_descending(asked.sort)
    found = [each for each in catalogue if asked.type is None or known_pattern(asked.type, [each.name])]
    found.sort(key=_name, reverse=descending)
    if asked.cursor is not None:
        last = _read(asked.cursor, descending=descending)
        found = [each for each in found if (each.name < last if descending else each.name > last)]
    shown = found[: asked.limit]
    following = _written(shown[-1].name, descending=descending) if len(found) > len(shown) else None
    return Page([EventTypeAnswer.of(each) for each in shown], following)


def _is_descending(sort: str | None) -> bool:
    if sort not in (None, "type", "-type"):
        raise Invalid.field("?sort", "must be type, also with a leading '-'.")
    return sort == "-type"


def _name(kind: EventType) -> str:
    return kind.name


def _written(name: str, *, descending: bool) -> str:
    told = f"{'-' if descending else '+'}{name}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _read(cursor: str, *, descending: bool) -> str:
    with suppress(binascii.Error, UnicodeDecodeError):
        told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if told[:1] == ("-" if descending else "+"):
            return told[1:]
    raise Invalid.field("?cursor", "is no cursor of this list in this order; begin again without it.")
