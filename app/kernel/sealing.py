"""Secrets at rest: sealed under a key that the sealed value names, for one place, and opened nowhere else.

A sealed value is a byte for the format, 8 bytes that name the key, 16 and 12 random bytes (salt and nonce), and what
AES-256-GCM makes of the secret under HMAC-SHA256(key, salt): with a key of its own for each value, no number of values
wears the key out. Where it belongs is authenticated with it, so it opens in no other row.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.kernel.secret_key import derived, secret_keys
from app.settings import Settings

FORMAT = b"\x01"
"""What sealed values begin with, and no text does."""

_NAME, _SALT, _NONCE, _TAG = 8, 16, 12, 16
PREFIX_BYTES = len(FORMAT) + _NAME
"""How many bytes at the beginning of a sealed value tell the format and the key."""
_RANDOM = _SALT + _NONCE
_LEAST = PREFIX_BYTES + _RANDOM + _TAG


class Unsealable(Exception):
    """A sealed value cannot be opened: its key is not known, or it was changed or belongs elsewhere."""


class Seal:
    """Seals under the first of the keys (32 bytes each), opens what any of them sealed."""

    __slots__ = ("_keys", "newest")

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {FORMAT + _name(key): key for key in keys}
        self.newest = FORMAT + _name(keys[0])
        """What everything begins with that is sealed from now on."""

    def __repr__(self) -> str:
        return f"Seal({len(self._keys)} keys)"

    @property
    def prefixes(self) -> tuple[bytes, ...]:
        """What sealed values begin with that can be opened."""
        return tuple(self._keys)

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """The sealed value, which opens only with the same `about`: the name of its place, such as table and id."""
        random = os.urandom(_RANDOM)
        sealed = _cipher(self._keys[self.newest], random).encrypt(random[_SALT:], plain, self.newest + about)
        return self.newest + random + sealed

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed.

        Raises:
            Unsealable: it cannot be opened; the message tells why and names no secret.
        """
        if not is_sealed(sealed):
            raise Unsealable("It is no sealed value.")
        prefix, random = sealed[:PREFIX_BYTES], sealed[PREFIX_BYTES : PREFIX_BYTES + _RANDOM]
        key = self._keys.get(prefix)
        if key is None:
            raise Unsealable(
                "It is sealed under another secret key; name that in OUTWARD_SECRET_KEY_BEFORE to open it."
            )
        try:
            return _cipher(key, random).decrypt(random[_SALT:], sealed[PREFIX_BYTES + _RANDOM :], prefix + about)
        except InvalidTag:
            raise Unsealable("It was changed, or moved here from another place.") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it is sealed under the key that is used from now on."""
        return sealed.startswith(self.newest)


def is_sealed(value: bytes) -> bool:
    """Whether the value has the form of a sealed one; no text does."""
    return len(value) >= _LEAST and value.startswith(FORMAT)


def seal_of(settings: Settings) -> Seal:
    """The seal under the secret key of the settings; it also opens what the keys before have sealed.

    Raises:
        MissingSecretKey: a secret key is required and not set.
    """
    return Seal([derived(key, "sealed values") for key in secret_keys(settings)])


def _name(key: bytes) -> bytes:
    return hashlib.blake2b(b"name", key=key, digest_size=_NAME).digest()


def _cipher(key: bytes, random: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, random[:_SALT], hashlib.sha256))
