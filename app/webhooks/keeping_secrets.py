"""The secrets and signing keys of endpoints as they are stored: sealed, and of no use in another endpoint's row."""

from uuid import UUID

from app.kernel.sealing import Seal


def kept(seal: Seal, endpoint_id: UUID, secret: str) -> bytes:
    """A secret or a signing key as it is stored."""
    return seal.seal(secret.encode(), endpoint_id.bytes)


def shown(seal: Seal, endpoint_id: UUID, stored: bytes) -> str:
    """The secret or the signing key that was stored.

    Raises:
        Unsealable: it was stored under a key that is no longer there, or of another endpoint.
    """
    return seal.open(stored, endpoint_id.bytes).decode()
