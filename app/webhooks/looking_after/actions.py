"""What can be done to a webhook endpoint beside changing it, and when."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kernel.lanes import change_lane
from app.kernel.problems import Conflict, NotPossibleNow
from app.kernel.sealing import Seal, Unsealable
from app.kernel.work import Work
from app.webhooks.endpoints.disabling import disable as disable_endpoint
from app.webhooks.endpoints.disabling import halted
from app.webhooks.endpoints.keeping_secrets import kept, shown
from app.webhooks.endpoints.queries import SECRETS
from app.webhooks.endpoints.schemas import NewWebhookEndpoint, RecoveryRequest, ReplayRequest, Rotation, WebhookEndpoint
from app.webhooks.endpoints.webhook_endpoints import ANEW, endpoint, key_pair, lock, update, with_secret
from app.webhooks.fan_out.replaying import begin_replay, recover
from app.webhooks.fan_out.replaying import retry as try_again
from app.webhooks.log.delivery_log import delivery
from app.webhooks.log.schemas import WebhookDelivery
from app.webhooks.wire.signing import new_secret


class Action(StrEnum):
    TEST = "test"
    PAUSE = "pause"
    RESUME = "resume"
    ENABLE = "enable"
    DISABLE = "disable"
    REPLAY = "replay"
    RECOVER = "recover"
    RETRY = "retry"
    ROTATE_SECRET = "rotate-secret"


_DELIVERING = (Action.REPLAY, Action.RECOVER, Action.RETRY, Action.ROTATE_SECRET)
POSSIBLE: Mapping[str, tuple[Action, ...]] = {
    "enabled": (Action.TEST, Action.PAUSE, Action.DISABLE, *_DELIVERING),
    "paused": (Action.RESUME, Action.DISABLE, *_DELIVERING),
    "disabled": (Action.ENABLE, Action.ROTATE_SECRET),
}
"""What can be done to an endpoint, by its status. `retry` is done to a delivery of it."""


async def require_possible(work: Work, id_: UUID, action: Action, expected: frozenset[int] | None = None) -> None:
    """Locks an endpoint to which something is to be done.

    Raises:
        NotFound: there is none with this id.
        Stale: its version is none of those expected.
        NotPossibleNow: its status does not let it be done.
    """
    status = await lock(work, id_, expected)
    if action not in POSSIBLE[status]:
        raise NotPossibleNow.instead(f"The endpoint is {status}.", POSSIBLE[status])


async def test(work: Work, id_: UUID, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Records an event that is delivered to this endpoint and to no other, whatever its filters."""
    await require_possible(work, id_, Action.TEST, expected)
    tested = await endpoint(work, id_)
    work.happened("webhook.test", work.now, webhook_endpoint=tested.told())
    return tested


async def pause(work: Work, id_: UUID, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Lets deliveries wait."""
    await require_possible(work, id_, Action.PAUSE, expected)
    await change_lane(work.connection, id_, stopped=True)
    return await update(work, id_, {"status": "paused"})


async def resume(work: Work, id_: UUID, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Lets deliveries go on."""
    await require_possible(work, id_, Action.RESUME, expected)
    return await _go_on(work, id_, {})


async def enable(work: Work, id_: UUID, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Delivers again from now on, as if it had never failed; `missed_after` stays for a replay to start from."""
    await require_possible(work, id_, Action.ENABLE, expected)
    # Else what is being made for the others just now would pass it by, and lie beyond a replay that begins at once.
    await halted(work.connection)
    return await _go_on(work, id_, {"disabled_because": None, "disabled_at": None})


async def disable(work: Work, id_: UUID, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Delivers nothing any more."""
    await require_possible(work, id_, Action.DISABLE, expected)
    await disable_endpoint(work, id_, "by_hand")
    return await endpoint(work, id_)


async def rotate_secret(
    work: Work, id_: UUID, asked: Rotation, expected: frozenset[int] | None, seal: Seal
) -> NewWebhookEndpoint:
    """Signs with another secret from now on, and for a while with the one it had, too. Of one that was rotated before
    within that while only these two are left.

    Raises:
        Conflict: it has that secret already.
    """
    await require_possible(work, id_, Action.ROTATE_SECRET, expected)
    present = (await work.connection.execute(SECRETS, {"endpoint_id": id_})).one()
    secret, before = asked.secret or new_secret(), _opened(seal, id_, present.secret)
    if before == secret:
        raise Conflict("That is the secret it has.")
    overlaps = before is not None and asked.overlap_seconds > 0
    changes = {
        "secret": kept(seal, id_, secret),
        "previous_secret": present.secret if overlaps else None,
        "previous_secret_until": work.now + timedelta(seconds=asked.overlap_seconds) if overlaps else None,
    }
    if present.signing_key is not None and _opened(seal, id_, present.signing_key) is None:
        changes |= key_pair(seal, id_)
    return with_secret(await update(work, id_, changes), secret)


def _opened(seal: Seal, id_: UUID, stored: bytes) -> str | None:
    """What was kept; None when it cannot be read with the secret keys there are, as after one was lost."""
    try:
        return shown(seal, id_, stored)
    except Unsealable:
        return None


async def replay(work: Work, id_: UUID, asked: ReplayRequest, expected: frozenset[int] | None) -> WebhookEndpoint:
    """Begins to deliver what came after a point of the feed, again if need be."""
    await require_possible(work, id_, Action.REPLAY, expected)
    await begin_replay(work, id_, asked.after)
    return await endpoint(work, id_)


async def recover_dead(
    work: Work, id_: UUID, asked: RecoveryRequest, expected: frozenset[int] | None
) -> WebhookEndpoint:
    """Begins to try anew what died."""
    await require_possible(work, id_, Action.RECOVER, expected)
    await recover(work, id_, asked.since)
    return await endpoint(work, id_)


async def retry(work: Work, id_: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Tries one delivery again at once; one that is under way goes on as it was.

    Raises:
        NotFound: the endpoint has no such delivery, or there is none.
        NotPossibleNow: the endpoint is disabled.
    """
    await require_possible(work, id_, Action.RETRY)
    await try_again(work, id_, delivery_id)
    return await delivery(work, id_, delivery_id)


async def _go_on(work: Work, id_: UUID, changes: dict[str, Any]) -> WebhookEndpoint:
    await change_lane(work.connection, id_, stopped=False, opens_at=None)
    return await update(work, id_, {"status": "enabled", **ANEW, **changes})
