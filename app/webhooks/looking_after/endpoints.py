"""`/v1/webhook-endpoints/{id}/<verb>`: what can be done to a webhook endpoint."""

from fastapi import Request, Response

from app.access.needs import WebhookKeeper
from app.kernel.answers import resource
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, NotPossibleNow, documented
from app.kernel.routes import SecretRoute, router
from app.kernel.work import Writes
from app.webhooks.endpoints.endpoints import EndpointId
from app.webhooks.endpoints.schemas import NewWebhookEndpoint, RecoveryRequest, ReplayRequest, Rotation, WebhookEndpoint
from app.webhooks.looking_after import actions

routes = router("/v1/webhook-endpoints/{endpoint_id}", "Webhooks", SecretRoute)


@routes.post(
    "/test",
    response_model=WebhookEndpoint,
    operation_id="test_webhook_endpoint",
    summary="Send a webhook endpoint a test",
    responses=documented(NotPossibleNow),
)
async def test_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Records the event `webhook.test`, which is delivered to this endpoint alone, whatever its filters. How that went
    is told by its deliveries."""
    return resource(await actions.test(work, endpoint_id, if_match), request)


@routes.post(
    "/rotate-secret",
    response_model=NewWebhookEndpoint,
    operation_id="rotate_webhook_endpoint_secret",
    summary="Give a webhook endpoint another secret",
    responses=documented(Conflict),
)
async def rotate_webhook_endpoint_secret(
    endpoint_id: EndpointId,
    request: Request,
    work: Writes,
    actor: WebhookKeeper,
    if_match: IfMatch,
    body: Rotation | None = None,
) -> Response:
    """Signs with a new secret from now on, which the answer shows, this once. For 24 hours, or as many seconds as are
    stated, deliveries are signed with the present one, too. Rotated again within that time, the two latest are left."""
    rotated = await actions.rotate_secret(work, endpoint_id, body or Rotation(), if_match, request.app.state.seal)
    return resource(rotated, request)


@routes.post(
    "/pause",
    response_model=WebhookEndpoint,
    operation_id="pause_webhook_endpoint",
    summary="Let a webhook endpoint's deliveries wait",
    responses=documented(NotPossibleNow),
)
async def pause_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Sends nothing until `resume`. Events go on becoming deliveries, which wait, for as long as deliveries are kept;
    those under way end."""
    return resource(await actions.pause(work, endpoint_id, if_match), request)


@routes.post(
    "/resume",
    response_model=WebhookEndpoint,
    operation_id="resume_webhook_endpoint",
    summary="Let a webhook endpoint's deliveries go on",
    responses=documented(NotPossibleNow),
)
async def resume_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Sends what has been waiting since it was paused, and goes on. How it answered before is forgotten."""
    return resource(await actions.resume(work, endpoint_id, if_match), request)


@routes.post(
    "/enable",
    response_model=WebhookEndpoint,
    operation_id="enable_webhook_endpoint",
    summary="Enable a webhook endpoint",
    responses=documented(NotPossibleNow),
)
async def enable_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Delivers events from now on, and what waited when it was disabled. What it missed in between comes with `replay`
    and its `missed_after`."""
    return resource(await actions.enable(work, endpoint_id, if_match), request)


@routes.post(
    "/disable",
    response_model=WebhookEndpoint,
    operation_id="disable_webhook_endpoint",
    summary="Disable a webhook endpoint",
    responses=documented(NotPossibleNow),
)
async def disable_webhook_endpoint(
    endpoint_id: EndpointId, request: Request, work: Writes, actor: WebhookKeeper, if_match: IfMatch
) -> Response:
    """Delivers nothing any more, and makes no deliveries of events. Deliveries that wait stay until it is enabled; the
    event `webhook.endpoint_disabled` tells the other endpoints."""
    return resource(await actions.disable(work, endpoint_id, if_match), request)


@routes.post(
    "/replay",
    response_model=WebhookEndpoint,
    operation_id="replay_webhook_endpoint",
    summary="Deliver from a point of the feed again",
    responses=documented(NotPossibleNow),
)
async def replay_webhook_endpoint(
    endpoint_id: EndpointId,
    body: ReplayRequest,
    request: Request,
    work: Writes,
    actor: WebhookKeeper,
    if_match: IfMatch,
) -> Response:
    """Delivers every event after that point that the filters let through, as they are now, in the order of the feed:
    also what was delivered already, under the same `webhook-id`, but not what still waits. `replay` in the answer tells
    how far it has to go."""
    return resource(await actions.replay(work, endpoint_id, body, if_match), request)


@routes.post(
    "/recover",
    response_model=WebhookEndpoint,
    operation_id="recover_webhook_endpoint",
    summary="Try again what failed since an instant",
    responses=documented(NotPossibleNow),
)
async def recover_webhook_endpoint(
    endpoint_id: EndpointId,
    body: RecoveryRequest,
    request: Request,
    work: Writes,
    actor: WebhookKeeper,
    if_match: IfMatch,
) -> Response:
    """Tries every dead delivery made since then anew, from the beginning of the schedule."""
    return resource(await actions.recover_dead(work, endpoint_id, body, if_match), request)
