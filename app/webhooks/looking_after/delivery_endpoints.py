"""`/v1/webhook-endpoints/{id}/deliveries`."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.access.needs import WebhookKeeper
from app.kernel.answers import answer
from app.kernel.paging import Page
from app.kernel.problems import NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes
from app.webhooks.endpoints.endpoints import EndpointId
from app.webhooks.log import delivery_log
from app.webhooks.log.schemas import DeliveryListing, LoggedWebhookDelivery, WebhookDelivery
from app.webhooks.looking_after.actions import retry

routes = router("/v1/webhook-endpoints/{endpoint_id}/deliveries", "Webhooks")

DeliveryId = Annotated[Id, Path(description="The delivery's id.")]


@routes.get(
    "",
    response_model=Page[WebhookDelivery],
    operation_id="list_webhook_deliveries",
    summary="List a webhook endpoint's deliveries",
)
async def list_webhook_deliveries(
    endpoint_id: EndpointId, work: Reads, actor: WebhookKeeper, asked: Annotated[DeliveryListing, Query()]
) -> Response:
    """What was and is to be sent to an endpoint, the latest first; `sort=id` begins with the oldest."""
    return answer(await delivery_log.page_of_deliveries(work, endpoint_id, asked))


@routes.get(
    "/{delivery_id}",
    response_model=LoggedWebhookDelivery,
    operation_id="get_webhook_delivery",
    summary="Read a delivery and its attempts",
)
async def get_webhook_delivery(
    endpoint_id: EndpointId, delivery_id: DeliveryId, work: Reads, actor: WebhookKeeper
) -> Response:
    """One delivery: what is sent, and what each attempt was answered."""
    return answer(await delivery_log.logged_delivery(work, endpoint_id, delivery_id))


@routes.post(
    "/{delivery_id}/retry",
    response_model=WebhookDelivery,
    operation_id="retry_webhook_delivery",
    summary="Try a delivery again now",
    responses=documented(NotPossibleNow),
)
async def retry_webhook_delivery(
    endpoint_id: EndpointId, delivery_id: DeliveryId, work: Writes, actor: WebhookKeeper
) -> Response:
    """Tries a delivery again at once: one that has ended from the beginning of the schedule, one that waits ahead of
    its time. In an endpoint that is `ordered` it comes before those after it; while an endpoint is paused or its
    circuit is open, it waits."""
    return answer(await retry(work, endpoint_id, delivery_id))
