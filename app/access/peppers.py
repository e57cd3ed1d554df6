"""What API keys are hashed under: peppers derived from the secret key, so that hashes alone are of no use.

A hash cannot be brought under another pepper without its key. So each row holds, sealed, the pepper that its hash is
under: when the secret key changes, that is sealed anew, and the hash stays valid. Rows of versions before this have
none, and are under the pepper of a secret key that is known.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import keys
from app.access.tables import api_keys
from app.kernel.database import Database, Row
from app.kernel.resealing import Resealed, SealedTable
from app.kernel.sealing import Seal, Unsealable, seal_of
from app.kernel.secret_key import derived, secret_keys
from app.settings import Settings

_BYTES = 32
_BATCH = 500


def _about(lookup: str) -> bytes:
    return b"api_keys " + lookup.encode()


SEALED = SealedTable(
    "API keys",
    api_keys,
    api_keys.c.lookup,
    ("pepper",),
    _about,
    "`outward keys create` makes others in their place",
    only=api_keys.c.revoked_at.is_(None),
)
_without = (api_keys.c.pepper.is_(None), SEALED.only)
_WITHOUT = select(api_keys.c.lookup).where(*_without).order_by(api_keys.c.lookup).limit(_BATCH)
_COUNT_WITHOUT = select(func.count()).where(*_without)
_STORE = (
    update(api_keys)
    .where(api_keys.c.lookup == bindparam("of"), api_keys.c.pepper.is_(None))
    .values(pepper=bindparam("sealed"))
)


@dataclass(frozen=True, slots=True)
class Peppers:
    """The peppers of the secret key in use and of those before it, in this order, and the seal for what rows hold."""

    seal: Seal
    known: tuple[bytes, ...] = field(repr=False)

    def digest(self, token: str) -> bytes:
        """What a key is remembered by within a process."""
        return keys.key_hash(token, self.known[0])

    def hashed(self, credential: keys.Credential) -> dict[str, bytes]:
        """The columns `key_hash` and `pepper` of a key."""
        pepper = self.known[0]
        return {
            "key_hash": keys.key_hash(credential.token, pepper),
            "pepper": self.seal.seal(pepper, _about(credential.lookup)),
        }

    def matching(self, credential: keys.Credential, row: Row) -> bytes | None:
        """The pepper under which the row's hash is that of the key; None when it is another's."""
        for pepper in self._of(row["pepper"], credential.lookup):
            if keys.matches(credential.token, row["key_hash"], pepper):
                return pepper
        return None

    def is_outdated(self, pepper: bytes, row: Row) -> bool:
        """Whether a row that matched with the pepper would not match any more without the secret keys before."""
        sealed = row["pepper"]
        return pepper != self.known[0] or (sealed is not None and not self.seal.is_newest(sealed))

    def _of(self, sealed: bytes | None, lookup: str) -> tuple[bytes, ...]:
        if sealed is None:
            return self.known
        try:
            peppers = self.seal.open(sealed, _about(lookup))
        except Unsealable:
            return self.known
        return tuple(peppers[at : at + _BYTES] for at in range(0, len(peppers), _BYTES))


def peppers_of(settings: Settings) -> Peppers:
    """What API keys are hashed under by the settings.

    Raises:
        MissingSecretKey: a secret key is required and not set.
    """
    return Peppers(seal_of(settings), tuple(derived(key, "api keys") for key in secret_keys(settings)))


async def seal_peppers(database: Database, peppers: Peppers) -> AsyncIterator[Resealed]:
    """Gives the rows of versions before their sealed pepper: all that it may be, since it is not known which.

    Batch by batch, like `app.kernel.resealing.reseal`.
    """
    done = 0
    candidates = b"".join(peppers.known)
    while True:
        async with database.writing() as connection:
            lookups = (await connection.execute(_WITHOUT)).scalars().all()
            if not lookups:
                return
            rows = [{"of": lookup, "sealed": peppers.seal.seal(candidates, _about(lookup))} for lookup in lookups]
            await connection.execute(_STORE, rows)
        done += len(lookups)
        yield Resealed(done)


async def without_pepper(connection: AsyncConnection, peppers: Peppers) -> int:
    """How many keys may be under a secret key of before, since their rows do not tell."""
    if len(peppers.known) == 1:
        return 0
    count: int = (await connection.execute(_COUNT_WITHOUT)).scalar_one()
    return count
