"""`/v1/attention`, and `/v1/attention/snoozes`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Reader, Writer
from app.attention import snoozes
from app.attention.attention import page_of_attention, patience_of
from app.attention.schemas import AttentionItem, AttentionListing, Snooze, SnoozeDraft, SnoozeListing
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1/attention", "Attention")

SnoozeId = Annotated[Id, Path(description="The snooze's id.")]


@routes.get("", response_model=Page[AttentionItem], operation_id="list_attention", summary="List what needs attention")
async def list_attention(
    request: Request, work: Reads, actor: Reader, asked: Annotated[AttentionListing, Query()]
) -> Response:
    """What is falling between two stools, the worst first: each with the reason, since when it is so, who could act,
    and the request that resolves it.

    `unacknowledged`, `handoff_unaccepted`: nobody took on a ticket for a day. `wait_unchased`: a ticket waits, and
    nothing was said or done about it for three days. `question_unanswered`: the requester has not answered for a day.
    `member_left`: somebody left and still holds something. `customer_without_owner`: nobody owns a customer.
    `commitment_without_ticket`: a day ago something was promised, and nobody was asked for anything.
    `commitment_at_risk`: a promise is likely to be late. `webhook_endpoint_dead`: a tool is no longer told anything.
    After how long each is listed is for the settings to say, unless `after_seconds` does: these are the defaults.

    What has waited longer is worse, and so is what is worth more: each time that the value at stake doubles a thousand
    euros counts as another day of waiting. What is unknown, or worth less, counts as a thousand; other currencies
    count by their rough rate. What is snoozed is left out.
    """
    return answer(await page_of_attention(work, asked, patience_of(request.app.state.settings)))


@routes.post(
    "/snoozes",
    status_code=201,
    response_model=Snooze,
    operation_id="snooze_attention",
    summary="Leave something alone for a while",
)
async def snooze_attention(body: SnoozeDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Takes something off the list until an instant, with the reason. It is back at that instant, or as soon as the
    same happens anew: another wait, another hand-off, another question. Snoozed again, it is the later snooze that
    counts."""
    made = await snoozes.snooze(work, body, patience_of(request.app.state.settings))
    return resource(made, request, created_at=f"/v1/attention/snoozes/{made.id}")


@routes.get("/snoozes", response_model=Page[Snooze], operation_id="list_snoozes", summary="List what is left alone")
async def list_snoozes(work: Reads, actor: Reader, asked: Annotated[SnoozeListing, Query()]) -> Response:
    """The snoozes that are not over. Sort by `until`, `created_at` or `id`."""
    return answer(await snoozes.page(work, asked))


@routes.get("/snoozes/{snooze_id}", response_model=Snooze, operation_id="get_snooze", summary="Read a snooze")
async def get_snooze(snooze_id: SnoozeId, request: Request, work: Reads, actor: Reader) -> Response:
    """One snooze that is not over."""
    return resource(await snoozes.one(work, snooze_id), request)


@routes.delete(
    "/snoozes/{snooze_id}", status_code=204, operation_id="end_snooze", summary="Put something back on the list"
)
async def end_snooze(snooze_id: SnoozeId, work: Writes, actor: Writer, if_match: IfMatch) -> Response:
    """Ends a snooze before its time."""
    await snoozes.wake(work, snooze_id, if_match)
    return Response(status_code=204)
