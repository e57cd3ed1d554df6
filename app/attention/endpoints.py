"""`/v1/attention`."""

from typing import Annotated

from fastapi import Query, Response

from app.access.needs import Reader
from app.attention.attention import page_of_attention
from app.attention.schemas import AttentionItem, AttentionListing
from app.kernel.answers import answer
from app.kernel.paging import Page
from app.kernel.routes import router
from app.kernel.work import Reads

routes = router("/v1/attention", "Attention")


@routes.get("", response_model=Page[AttentionItem], operation_id="list_attention", summary="List what needs attention")
async def list_attention(work: Reads, actor: Reader, asked: Annotated[AttentionListing, Query()]) -> Response:
    """What nobody seems to look after, with the reason and the request that helps, what has waited longest first: at
    present the webhook endpoints that were disabled because they were gone or failed for five days."""
    return answer(await page_of_attention(work, asked))
