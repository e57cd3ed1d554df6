"""The secrets and signing keys of endpoints as they are stored: sealed, and of no use in another endpoint's row."""

from uuid import UUID

from app.kernel.resealing import SealedTable
from app.kernel.sealing import Seal
from app.webhooks.tables import webhook_endpoints


def _about(endpoint_id: UUID) -> bytes:
    return endpoint_id.bytes


SEALED = SealedTable(
    "webhook endpoints",
    webhook_endpoints,
    webhook_endpoints.c.id,
    ("secret", "previous_secret", "signing_key"),
    _about,
    "`POST /v1/webhook-endpoints/{id}/rotate-secret` gives an endpoint a new one",
)


def kept(seal: Seal, endpoint_id: UUID, secret: str) -> bytes:
    """A secret or a signing key as it is stored."""
    return seal.seal(secret.encode(), _about(endpoint_id))


def shown(seal: Seal, endpoint_id: UUID, stored: bytes) -> str:
    """The secret or the signing key that was stored.

    Raises:
        Unsealable: it was stored under a key that is no longer there, or of another endpoint.
    """
    return seal.open(stored, _about(endpoint_id)).decode()
