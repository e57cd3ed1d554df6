"""API keys: made, recognised, revoked."""

import os
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, bindparam, case, func, or_, select, type_coerce, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import keys
from app.access.peppers import Peppers
from app.access.roles import OF_MEMBERS, Actor, Permission, Role, permissions_of
from app.access.schemas import ApiKey, ApiKeyDraft, NewApiKey
from app.access.standing import StandingOf
from app.access.tables import api_keys
from app.kernel.collections import Collection
from app.kernel.database import Database, Row
from app.kernel.ids import new_id
from app.kernel.problems import NOT_THERE, Invalid, Unauthenticated

collection = Collection(api_keys, ApiKey, "API key")

_KEPT = select(api_keys.c.key_hash, api_keys.c.pepper).where(
    api_keys.c.lookup == bindparam("lookup"), api_keys.c.revoked_at.is_(None)
)
_REHASH = (
    update(api_keys)
    .where(api_keys.c.lookup == bindparam("of"), api_keys.c.key_hash == bindparam("matched"))
    .values(key_hash=bindparam("key_hash"), pepper=bindparam("pepper"))
)
_ADMINS = select(func.count()).where(api_keys.c.role == Role.ADMIN.value, api_keys.c.revoked_at.is_(None))


async def create(
    connection: AsyncConnection, draft: ApiKeyDraft, peppers: Peppers, standing_of: StandingOf
) -> NewApiKey:
    """Makes a key and shows it, this once.

    Raises:
        Invalid: permissions are stated of another role than integration, which would widen what the role grants; or the
            member is missing or of no use, does not exist, or has left.
    """
    _check(draft)
    if draft.member_id is not None:
        await _require_here(connection, draft.member_id, standing_of)
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
            "member_id": draft.member_id,
        },
    )
    return NewApiKey(**asdict(made), key=credential.token)


def _check(draft: ApiKeyDraft) -> None:
    role = Role(draft.role)
    if draft.permissions and role is not Role.INTEGRATION:
        raise Invalid.field("/permissions", f"are stated of an integration; the role {role} has its own.")
    if role not in OF_MEMBERS:
        if draft.member_id is not None:
            raise Invalid.field("/member_id", f"is stated of a lead or a member; a key of the role {role} is nobody's.")
        return
    if draft.member_id is None:
        raise Invalid.field("/member_id", f"is missing: a key of the role {role} stands for a member.")
    if draft.department_ids:
        raise Invalid.field("/department_ids", "are not stated here: they are those that the member belongs to.")


async def _require_here(connection: AsyncConnection, member_id: UUID, standing_of: StandingOf) -> None:
    asked = select(standing_of(bindparam("member_id", type_=Uuid)).is_here)
    is_here = (await connection.execute(asked, {"member_id": member_id})).scalar_one()
    if not is_here:
        raise Invalid.field("/member_id", NOT_THERE if is_here is None else "names a member who has left.")


async def revoke(
    connection: AsyncConnection, id_: UUID, now: datetime, expected: frozenset[int] | None = None
) -> ApiKey:
    """Revokes a key; a revoked one stays as it is."""
    present = await collection.get(connection, id_, lock=True)
    return await collection.update(connection, present, {"revoked_at": present.revoked_at or now}, expected)


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


async def kept_admin_key(connection: AsyncConnection, file: Path, peppers: Peppers, standing_of: StandingOf) -> str:
    """The admin key in a file of mode 0600; made anew when the file or the key in it is gone."""
    token = _kept(file)
    credential = keys.recognise(token) if token else None
    if token and credential is not None:
        row = (await connection.execute(_KEPT, {"lookup": credential.lookup})).mappings().first()
        if row is not None and peppers.matching(credential, row) is not None:
            return token
    made = await create(connection, ApiKeyDraft(name=f"kept in {file.name}", role="admin"), peppers, standing_of)
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
    by another process is refused after that time at the latest, by this process at once (`forget`). So it is with a key
    whose member leaves, comes back or changes departments (`forget_member`).
    """

    REMEMBERED_SECONDS = 2.0

    def __init__(self, database: Database, peppers: Peppers, standing_of: StandingOf) -> None:
        self._database = database
        self._peppers = peppers
        in_force = _in_force(standing_of)
        self._by_lookup = in_force.where(api_keys.c.lookup == bindparam("lookup"))
        self._by_id = in_force.where(api_keys.c.id == bindparam("key_id"))
        self._remembered: dict[bytes, tuple[float, Actor]] = {}

    def forget(self) -> None:
        self._remembered.clear()

    def forget_member(self, member_id: UUID) -> None:
        """Forgets the keys that stand for a member."""
        of_member = [digest for digest, (_, actor) in self._remembered.items() if actor.member_id == member_id]
        for digest in of_member:
            del self._remembered[digest]

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
            raise _refused("That API key does not exist, was revoked, or is that of a member who has left.")
        actor = _actor_of(row)
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[digest] = (time.monotonic() + self.REMEMBERED_SECONDS, actor)
        return actor

    async def actor_of(self, connection: AsyncConnection, key_id: UUID) -> Actor | None:
        """The actor of a key that was recognised before; None once it is no longer in force."""
        row = (await connection.execute(self._by_id, {"key_id": key_id})).mappings().first()
        return None if row is None else _actor_of(row)

    async def _row(self, credential: keys.Credential) -> Row | None:
        """The key's row; when it is still under a secret key of before, it is brought under the present one."""
        async with self._database.reading() as connection:
            found = await connection.execute(self._by_lookup, {"lookup": credential.lookup})
            row: Row | None = found.mappings().first()
        pepper = None if row is None else self._peppers.matching(credential, row)
        if row is None or pepper is None:
            return None
        if self._peppers.is_outdated(pepper, row):
            async with self._database.writing() as connection:
                anew = {"of": credential.lookup, "matched": row["key_hash"], **self._peppers.hashed(credential)}
                await connection.execute(_REHASH, anew)
        return row


def _in_force(standing_of: StandingOf) -> Select[Any]:
    """The keys that nobody revoked and whose member, if they stand for one, is here; with the departments of now."""
    standing, own = standing_of(api_keys.c.member_id), api_keys.c.member_id.is_not(None)
    department_ids = case((own, standing.department_ids), else_=api_keys.c.department_ids)
    return select(
        api_keys.c.id,
        api_keys.c.name,
        api_keys.c.role,
        api_keys.c.permissions,
        api_keys.c.member_id,
        type_coerce(department_ids, ARRAY(Uuid)).label("department_ids"),
        api_keys.c.key_hash,
        api_keys.c.pepper,
    ).where(api_keys.c.revoked_at.is_(None), or_(~own, standing.is_here))


def _actor_of(row: Row) -> Actor:
    stated = frozenset(Permission(permission) for permission in row["permissions"])
    role, department_ids = Role(row["role"]), frozenset(row["department_ids"])
    return Actor(row["id"], row["name"], role, permissions_of(role, stated), department_ids, row["member_id"])


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": 'Bearer realm="outward"'})
