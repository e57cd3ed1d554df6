"""`/v1/events`: every state change, in order, piece by piece or as a stream."""

from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response

from app.access.needs import Reader
from app.access.roles import Actor, Permission
from app.kernel import outbox
from app.kernel.answers import answer
from app.kernel.event_types import Catalogue
from app.kernel.problems import Unauthenticated, documented
from app.kernel.routes import router
from app.kernel.work import Reads, Work, work_of
from app.webhooks.feed.schemas import LAST_NUMBER, Events, EventsQuery, StreamQuery, TypesQuery
from app.webhooks.feed.server_sent import MEDIA_TYPE
from app.webhooks.feed.streams import EventStream, Streams, TooManyStreams

routes = router("/v1/events", "Events")

_EXAMPLE = """retry: 3000
id: 1041

id: 1042
event: ticket.acknowledged
data: {"id":"0197…","sequence":1042,"type":"ticket.acknowledged","occurred_at":"2026-03-02T09:00:00Z","data":{…}}

: nothing new
id: 1042

"""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as they happen, until you go away.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


@routes.get("", response_model=Events, operation_id="read_events", summary="Read the feed of events")
async def read_events(request: Request, work: Reads, actor: Reader, asked: Annotated[EventsQuery, Query()]) -> Response:
    """The feed of every state change. A reader that goes on with `next` never misses one, however many write."""
    _require_known(request, asked)
    items, following = await outbox.read(work.connection, asked.after, asked.limit, asked.type_names)
    return answer({"items": items, "next": following})


@routes.get(
    "/stream",
    response_class=EventStream,
    operation_id="stream_events",
    summary="Follow the feed of events",
    responses=_STREAM | documented(TooManyStreams),
)
async def stream_events(
    request: Request,
    work: Annotated[Work, Depends(work_of)],
    actor: Reader,
    asked: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        int | None,
        Header(
            alias="Last-Event-ID",
            ge=0,
            le=LAST_NUMBER,
            description="The last `id` that came, when the connection was lost: the stream goes on right after it.",
        ),
    ] = None,
) -> EventStream:
    """The feed as server-sent events: each as soon as its transaction has committed, in order, none missed.

    `id` is the event's number in the feed, `event` its type, `data` itself as `GET /v1/events` gives it. Without
    `after` or `Last-Event-ID` it begins now. Lines without data come at once, and every 15 seconds when nothing else
    does; their `id` moves on, too. Ask again with the last `id` whenever the connection ends: it does when the service
    is restarted, or the key revoked. A browser's `EventSource` cannot send a key; use `fetch`.
    """
    _require_known(request, asked)
    streams: Streams = request.app.state.streams
    position = last_event_id if last_event_id is not None else asked.after
    if position is None:
        async with work.database.reading() as connection:
            position = await outbox.settled(connection)

    async def allowed() -> bool:
        try:
            present: Actor = await request.app.state.authenticator.actor(request.headers.get("authorization"))
        except Unauthenticated:
            return False
        return present.may(Permission.READ)

    return EventStream(streams, position, asked.type_names, allowed)


def _require_known(request: Request, asked: TypesQuery) -> None:
    catalogue: Catalogue = request.app.state.event_types
    catalogue.require(("?types", pattern) for pattern in asked.type_names)
