"""API keys: `ow_<id>_<secret><checksum>`. Pure: how one is made, recognised and hashed.

The secret has 190 bits, so a fast keyed hash protects it; the checksum lets scanners and typing errors be told apart
from real keys without asking anyone (as GitHub's tokens do).
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 12, 32, 6
BOOTSTRAP_LOOKUP = "bootstrap"

_KEY = re.compile(
    rf"ow_([0-9A-Za-z]{{{ID_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a bearer token is looked up by, and the token itself."""

    lookup: str
    token: str


def base62(number: int, length: int) -> str:
    """The number's last `length` digits in base 62."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def make(random: bytes) -> Credential:
    """A new key from at least 36 random bytes."""
    number = int.from_bytes(random, "big")
    lookup = base62(number, ID_LENGTH)
    body = f"ow_{lookup}_{base62(number // 62**ID_LENGTH, SECRET_LENGTH)}"
    return Credential(lookup, body + _checksum(body))


def recognise(token: str) -> Credential | None:
    """The credential in a bearer token; None when it begins like a key but was mistyped.

    Any other token can only be the bootstrap key.
    """
    if not token.startswith("ow_"):
        return Credential(BOOTSTRAP_LOOKUP, token)
    match = _KEY.fullmatch(token)
    if match is None or _checksum(token[:-CHECKSUM_LENGTH]) != match.group(3):
        return None
    return Credential(match.group(1), token)


def key_hash(token: str, pepper: bytes) -> bytes:
    """The hash that is stored: keyed BLAKE2b of 32 bytes."""
    return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), key=pepper, digest_size=32).digest()


def matches(token: str, stored: bytes, pepper: bytes) -> bool:
    """Whether the token is the one whose hash was stored, compared in constant time."""
    return hmac.compare_digest(key_hash(token, pepper), stored)


def _checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)
