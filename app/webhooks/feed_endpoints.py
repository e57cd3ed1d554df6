"""`/v1/events`: every state change, in order."""

from typing import Annotated

from fastapi import Query, Response

from app.access.needs import Reader
from app.kernel import outbox
from app.kernel.answers import answer
from app.kernel.routes import router
from app.kernel.work import Reads
from app.webhooks.feed_schemas import Events, EventsQuery

routes = router("/v1/events", "Events")


@routes.get("", response_model=Events, operation_id="read_events", summary="Read the feed of events")
async def read_events(work: Reads, actor: Reader, asked: Annotated[EventsQuery, Query()]) -> Response:
    """The feed of every state change. A reader that goes on with `next` never misses one, however many write."""
    items, following = await outbox.read(work.connection, asked.after, asked.limit, asked.type_names)
    return answer({"items": items, "next": following})
