"""`/v1/webhook-endpoints`: the resource. What can be done to one is in `looking_after`."""

from typing import Annotated

import orjson
from fastapi import Path, Query, Request, Response

from app.access.needs import WebhookKeeper
from app.access.roles import Actor, Permission
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Invalid
from app.kernel.requests import StrictRequest
from app.kernel.routes import SecretRoute, router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes
from app.webhooks.endpoints import webhook_endpoints
from app.webhooks.endpoints.schemas import (
    NewWebhookEndpoint,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEndpointDraft,
    WebhookEndpointListing,
)
from app.webhooks.wire.addresses import Refused, rules_of
from app.webhooks.wire.transport import require_reachable


class UrlRoute(SecretRoute):
    """The route of an endpoint whose body may name a URL: where its name leads is looked up before a transaction opens,
    since that may take seconds."""

    async def prepare(self, request: StrictRequest) -> None:
        request.state.refused = None
        actor: Actor = request.state.actor
        if self.body_field is None or not actor.may(Permission.WEBHOOKS):
            return
        try:
            url = (await request.json())["url"]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            return
        if isinstance(url, str):
            request.state.refused = await _refused(request, url)


async def _refused(request: Request, url: str) -> Refused | None:
    state = request.app.state
    try:
        await require_reachable(url, rules_of(state.settings), state.resolve)
    except Refused as refused:
        return refused
    return None


def _require_reachable(request: Request) -> None:
    refused: Refused | None = request.state.refused
    if refused is not None:
        raise Invalid.field("/url", f"cannot be sent to: {refused.detail}.")


routes = router("/v1/webhook-endpoints", "Webhooks", UrlRoute)

EndpointId = Annotated[Id, Path(description="The webhook endpoint's id.")]


@routes.post(
    "",
    status_code=201,
    response_model=NewWebhookEndpoint,
    operation_id="create_webhook_endpoint",
    summary="Make a webhook endpoint",
)
async def create_webhook_endpoint(
    body: WebhookEndpointDraft, request: Request, work: Writes, actor: WebhookKeeper
) -> Response:
    """Has events delivered to a URL from now on, in the form of Standard Webhooks. The answer shows the secret that
    they are signed with, this once. What happened before it was made comes with `replay`.

    An endpoint gets whatever its filters let through, whichever departments the key that made it is tied to, and a URL
    may hold a token: so everything here, reading too, needs an administrator or an integration with the permission
    `webhooks`.
    """
    _require_reachable(request)
    state = request.app.state
    made = await webhook_endpoints.create_endpoint(work, body, state.event_types, state.seal)
    return resource(made, request, created_at=f"/v1/webhook-endpoints/{made.id}")


@routes.get(
    "",
    response_model=Page[WebhookEndpoint],
    operation_id="list_webhook_endpoints",
    summary="List webhook endpoints",
)
async def list_webhook_endpoints(
    work: Reads, actor: WebhookKeeper, asked: Annotated[WebhookEndpointListing, Query()]
) -> Response:
    """The endpoints and how each has been answering. Sort by `url`, `created_at` or `id`."""
    return answer(await webhook_endpoints.page_of_endpoints(work, asked))


@routes.get(
    "/{endpoint_id}",
    response_model=WebhookEndpoint,
    operation_id="get_webhook_endpoint",
    summary="Read a webhook endpoint",
)
async def get_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Reads, actor: WebhookKeeper
) -> Response:
    """One endpoint. How it has been answering changes without a new version, so this is never answered with 304."""
    return resource(await webhook_endpoints.endpoint(work, endpoint_id), request, settled=False)


@routes.patch(
    "/{endpoint_id}",
    response_model=WebhookEndpoint,
    operation_id="update_webhook_endpoint",
    summary="Change a webhook endpoint",
)
async def update_webhook_endpoint(
    endpoint_id: EndpointId,
    body: WebhookEndpointChange,
    request: Request,
    work: Writes,
    actor: WebhookKeeper,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states. Other filters hold for the events from now on, and for the latest before: those of
    which no deliveries were made yet. Deliveries that wait are sent to the new URL, at once if the one before did not
    answer."""
    _require_reachable(request)
    known = request.app.state.event_types
    return resource(await webhook_endpoints.change_endpoint(work, endpoint_id, body, if_match, known), request)


@routes.delete(
    "/{endpoint_id}",
    status_code=204,
    operation_id="delete_webhook_endpoint",
    summary="Delete a webhook endpoint",
)
async def delete_webhook_endpoint(
    endpoint_id: EndpointId, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Deletes an endpoint. Deliveries that wait are not made any more, and its log can no longer be read."""
    await webhook_endpoints.delete_endpoint(work, endpoint_id, if_match)
    return Response(status_code=204)
