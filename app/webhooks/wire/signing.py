"""Signatures of deliveries, as Standard Webhooks has them: `v1` with a secret that both sides hold, `v1a` with a key
pair of which the receiver holds the public half.

A secret is `whsec_` and the base64 of 24 to 64 bytes. A key pair is `whsk_` and the base64 of an Ed25519 seed, and
`whpk_` and the base64 of its public key.
"""

import base64
import binascii
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

SECRET_PREFIX, SIGNING_PREFIX, PUBLIC_PREFIX = "whsec_", "whsk_", "whpk_"
LEAST_BYTES, MOST_BYTES, MADE_BYTES = 24, 64, 32


class BadSecret(ValueError):
    """A text is no secret. The message is the rest of a sentence about the field; it never has the text in it."""


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return SECRET_PREFIX + _base64(os.urandom(MADE_BYTES))


def require_secret(text: str) -> str:
    """The secret as it is kept, with its padding.

    Raises:
        BadSecret: it does not begin with `whsec_`, is no base64, or has not 24 to 64 bytes.
    """
    if not text.startswith(SECRET_PREFIX):
        raise BadSecret(f"must begin with {SECRET_PREFIX}.")
    encoded = text.removeprefix(SECRET_PREFIX)
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        secret = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret(f"must be {SECRET_PREFIX} and base64 (A-Z a-z 0-9 + /).") from None
    if _base64(secret) != padded:
        raise BadSecret("must be base64 whose unused last bits are zero.")
    if not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        raise BadSecret(f"must be the base64 of {LEAST_BYTES} to {MOST_BYTES} bytes; it has {len(secret)}.")
    return SECRET_PREFIX + padded


def new_key_pair() -> tuple[str, str]:
    """A new Ed25519 key pair: `whsk_…`, which signs, and `whpk_…`, which verifies."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    return SIGNING_PREFIX + _base64(key.private_bytes_raw()), PUBLIC_PREFIX + _base64(public)


def signed_headers(
    message_id: str, at: datetime, body: bytes, secrets: Sequence[str], signing_key: str | None = None
) -> dict[str, str]:
    """The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of a body, which is sent as it is here.

    `at` is the instant of the attempt. There is one `v1` signature for each of the secrets, in their order (the newest
    first), and one `v1a` when there is a signing key.

    Raises:
        ValueError: the body is not UTF-8, or the id has a full stop, which would leave open where it ends.
    """
    if "." in message_id:
        raise ValueError("the id of a message must have no full stop")
    instant, text = at.astimezone(UTC), body.decode()
    timestamp = str(int(instant.timestamp()))
    signatures = [Webhook(secret).sign(message_id, instant, text) for secret in secrets]
    if signing_key is not None:
        signed = _signing_key(signing_key).sign(f"{message_id}.{timestamp}.".encode() + body)
        signatures.append(f"v1a,{_base64(signed)}")
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _signing_key(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.removeprefix(SIGNING_PREFIX)))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
