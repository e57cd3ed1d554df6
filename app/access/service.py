"""API keys: made, recognised, revoked."""

import os
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import keys
from app.access.peppers import Peppers
from app.access.roles import Actor, Permission, Role, permissions_of
from app.access.schemas import ApiKey, ApiKeyDraft, NewApiKey
from app.access.tables import api_keys
from app.kernel.collections import Collection
from app.kernel.database import Database, Row
from app.kernel.ids import new_id
from app.kernel.problems import Invalid, Unauthenticated

collection = Collection(api_keys, ApiKey, "API key")

_BY_LOOKUP = select(
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.role,
    api_keys.c.permissions,
    api_keys.c.department_ids,
    api_keys.c.key_hash,
    api_keys.c.pepper,
).where(api_keys.c.lookup == bindparam("lookup"), api_keys.c.revoked_at.is_(None))
_REHASH = (
    update(api_keys)
    .where(api_keys.c.lookup == bindparam("of"), api_keys.c.key_hash == bindparam("matched"))
    .values(key_hash=bindparam("key_hash"), pepper=bindparam("pepper"))
)
_IN_FORCE = select(literal(True)).where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
_ADMINS = select(func.count()).where(api_keys.c.role == Role.ADMIN.value, api_keys.c.revoked_at.is_(None))


async def create(connection: AsyncConnection, draft: ApiKeyDraft, peppers: Peppers) -> NewApiKey:
    """Makes a key and shows it, this once.

    Raises:
        Invalid: permissions are stated of another role than integration, which would widen what the role grants.
    """
    if draft.permissions and Role(draft.role) is not Role.INTEGRATION:
        raise Invalid.field("/permissions", f"are stated of an integration; the role {draft.role} has its own.")
    credential = keys.make(os.urandom(36))
    made = await collection.insert(
        connection,
        {
            "lookup": credential.lookup,
            **peppers.hashed(credential),
            "name": draft.name,
            "role": draft.role,
            "permissions": sorted(set(draft.permissions)),
            "department_ids": draft.department_ids,
        },
    )
    return NewApiKey(**asdict(made), key=credential.token)


async def revoke(
    connection: AsyncConnection, id_: UUID, now: datetime, expected: frozenset[int] | None = None
) -> ApiKey:
    """Revokes a key; a revoked one stays as it is."""
    present = await collection.get(connection, id_, lock=True)
    return await collection.update(connection, present, {"revoked_at": present.revoked_at or now}, expected)


async def is_in_force(connection: AsyncConnection, key_id: UUID) -> bool:
    """Whether there is such a key, and nobody revoked it."""
    return (await connection.execute(_IN_FORCE, {"key_id": key_id})).first() is not None


async def bootstrap(connection: AsyncConnection, token: str, peppers: Peppers) -> bool:
    """Makes the bootstrap key an admin key while there is no admin key; whether it did."""
    if (await connection.execute(_ADMINS)).scalar_one():
        return False
    values = {
        "id": new_id(),
        "lookup": keys.BOOTSTRAP_LOOKUP,
        **peppers.hashed(keys.Credential(keys.BOOTSTRAP_LOOKUP, token)),
        "name": "bootstrap",
        "role": Role.ADMIN.value,
        "revoked_at": None,
    }
    changed = {name: values[name] for name in ("key_hash", "pepper", "revoked_at")}
    await connection.execute(
        insert(api_keys).values(values).on_conflict_do_update(index_elements=["lookup"], set_=changed)
    )
    return True


async def admin_keys(connection: AsyncConnection) -> int:
    """How many admin keys there are that were not revoked."""
    count: int = (await connection.execute(_ADMINS)).scalar_one()
    return count


async def kept_admin_key(connection: AsyncConnection, file: Path, peppers: Peppers) -> str:
    """The admin key in a file of mode 0600; made anew when the file or the key in it is gone."""
    token = _kept(file)
    credential = keys.recognise(token) if token else None
    if token and credential is not None:
        row = (await connection.execute(_BY_LOOKUP, {"lookup": credential.lookup})).mappings().first()
        if row is not None and peppers.matching(credential, row) is not None:
            return token
    made = await create(connection, ApiKeyDraft(name=f"kept in {file.name}", role="admin"), peppers)
    _keep(file, made.key)
    return made.key


def _kept(file: Path) -> str | None:
    return file.read_text().strip() if file.exists() else None


def _keep(file: Path, token: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(token + "\n")


class Authenticator:
    """Tells whose request it is.

    Recognised keys are remembered for `REMEMBERED_SECONDS`, so a busy key costs no query per request; one revoked
    by another process is refused after that time at the latest, by this process at once (`forget`).
    """

    REMEMBERED_SECONDS = 2.0

    def __init__(self, database: Database, peppers: Peppers) -> None:
        self._database = database
        self._peppers = peppers
        self._remembered: dict[bytes, tuple[float, Actor]] = {}

    def forget(self) -> None:
        self._remembered.clear()

    async def actor(self, authorization: str | None) -> Actor:
        """The actor of an `Authorization` header.

        Raises:
            Unauthenticated: there is no bearer token, or it is no valid key.
        """
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise _refused("Send `Authorization: Bearer <API key>`.")
        credential = keys.recognise(token)
        if credential is None:
            raise _refused("That is no API key: its form or checksum is wrong.")
        digest = self._peppers.digest(token)
        known = self._remembered.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        row = await self._row(credential)
        if row is None:
            raise _refused("That API key does not exist or was revoked.")
        stated = frozenset(Permission(permission) for permission in row["permissions"])
        role = Role(row["role"])
        actor = Actor(row["id"], row["name"], role, permissions_of(role, stated), frozenset(row["department_ids"]))
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[digest] = (time.monotonic() + self.REMEMBERED_SECONDS, actor)
        return actor

    async def _row(self, credential: keys.Credential) -> Row | None:
        """The key's row; when it is still under a secret key of before, it is brought under the present one."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_BY_LOOKUP, {"lookup": credential.lookup})).mappings().first()
        pepper = None if row is None else self._peppers.matching(credential, row)
        if row is None or pepper is None:
            return None
        if self._peppers.is_outdated(pepper, row):
            async with self._database.writing() as connection:
                anew = {"of": credential.lookup, "matched": row["key_hash"], **self._peppers.hashed(credential)}
                await connection.execute(_REHASH, anew)
        return row


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": 'Bearer realm="outward"'})
