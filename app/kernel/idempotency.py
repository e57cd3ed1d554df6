"""`Idempotency-Key`: the answer of a POST is stored in the transaction of its change, and given again for 24 hours.

Of an endpoint whose answers show secrets it is stored sealed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Column, LargeBinary, SmallInteger, Table, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import JSON, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Timestamp, metadata
from app.kernel.problems import AnswerUnreadable, FieldError, Invalid, KeyReused, StillRunning
from app.kernel.resealing import SealedTable
from app.kernel.sealing import Seal, Unsealable, is_sealed

KEPT_FOR = timedelta(hours=24)
REPLAYED = "Idempotency-Replayed"
_POINTER = "header:idempotency-key"
_KEPT_HEADERS = ("content-type", "etag", "location")

idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("scope", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", Timestamp, nullable=False, index=True),
)

_TRY_LOCK = select(func.pg_try_advisory_xact_lock(bindparam("lock")))
_FIND = select(idempotent_answers).where(
    idempotent_answers.c.scope == bindparam("scope"), idempotent_answers.c.stored_at > bindparam("since")
)
_STORE = insert(idempotent_answers)
_STORE_ANEW = _STORE.on_conflict_do_update(
    index_elements=["scope"],
    set_={name: _STORE.excluded[name] for name in ("fingerprint", "status", "headers", "body", "stored_at")},
)
_expired = (
    select(idempotent_answers.c.scope)
    .where(idempotent_answers.c.stored_at <= bindparam("before"))
    .limit(10)
    .with_for_update(skip_locked=True)
)
_FORGET = delete(idempotent_answers).where(idempotent_answers.c.scope.in_(_expired))
"""Each stored answer takes up to ten along that are no longer given again, so the table keeps its size."""

SEALED = SealedTable(
    "stored answers",
    idempotent_answers,
    idempotent_answers.c.scope,
    ("body",),
    bytes,
    "whoever repeats such a request within 24 hours is told so; after that they are gone",
    fleeting=True,
)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """What makes two requests the same: `scope` is whose key it is, `fingerprint` what was asked."""

    scope: bytes
    fingerprint: bytes

    @property
    def lock(self) -> int:
        return int.from_bytes(self.scope[:8], "big", signed=True)


async def identify(request: Request) -> IdempotentRequest | None:
    """The identity of a POST that carries a key; None without one.

    Raises:
        Invalid: the key is longer than 255 characters or empty.
    """
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= 255:
        raise Invalid.field(_POINTER, "must have 1 to 255 characters.")
    credential = request.headers.get("authorization", "")
    scope = hashlib.sha256(f"{credential}\0{key}".encode("utf-8", "surrogateescape"))
    asked = f"{request.method} {request.url.path}?{request.url.query}\0".encode("utf-8", "surrogateescape")
    return IdempotentRequest(scope.digest(), hashlib.sha256(asked + await request.body()).digest())


async def stored_answer(
    connection: AsyncConnection, asked: IdempotentRequest, now: datetime, seal: Seal | None
) -> Response | None:
    """The answer that this request already got, else None: then it is this one's to make. `seal` is what such answers
    are sealed with, if they are.

    Raises:
        StillRunning: another connection is at it.
        KeyReused: the key was used with another body.
        AnswerUnreadable: the secret key was changed since, and the one before is not known.
    """
    if not (await connection.execute(_TRY_LOCK, {"lock": asked.lock})).scalar_one():
        raise StillRunning("Ask again when it has ended.", headers={"Retry-After": "1"})
    found = (await connection.execute(_FIND, {"scope": asked.scope, "since": now - KEPT_FOR})).first()
    if found is None:
        return None
    if found.fingerprint != asked.fingerprint:
        told = "Another body or path was sent with this key within the last 24 hours."
        raise KeyReused(told, errors=[FieldError(_POINTER, "was used for another request.")])
    return Response(_opened(found.body, asked, seal), found.status, found.headers | {REPLAYED: "true"})


def _opened(body: bytes, asked: IdempotentRequest, seal: Seal | None) -> bytes:
    if seal is None or not is_sealed(body):
        return body
    try:
        return seal.open(body, asked.scope)
    except Unsealable as error:
        raise AnswerUnreadable("It was done, but its answer is sealed under a secret key that is gone.") from error


async def store(
    connection: AsyncConnection, asked: IdempotentRequest, response: Response, now: datetime, seal: Seal | None
) -> None:
    """Keeps the answer, in the transaction of what it tells of."""
    body = bytes(response.body)
    kept = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    await connection.execute(
        _STORE_ANEW,
        {
            "scope": asked.scope,
            "fingerprint": asked.fingerprint,
            "status": response.status_code,
            "headers": kept,
            "body": body if seal is None else seal.seal(body, asked.scope),
            "stored_at": now,
        },
    )
    await connection.execute(_FORGET, {"before": now - KEPT_FOR})
