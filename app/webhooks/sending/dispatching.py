"""Sending deliveries: what is done outside the database, and what is stored of it."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.lanes import Claimed, Lanes
from app.kernel.sealing import Seal, Unsealable, seal_of
from app.kernel.telemetry import log
from app.kernel.work import Work
from app.settings import Settings
from app.webhooks.deliveries import KIND
from app.webhooks.endpoints.disabling import disable
from app.webhooks.endpoints.keeping_secrets import shown
from app.webhooks.endpoints.schemas import Reason
from app.webhooks.sending import queries
from app.webhooks.sending.circuit import Health, after_failure, after_success, is_to_be_given_up
from app.webhooks.sending.retrying import Outcome, Verdict, verdict
from app.webhooks.wire.addresses import rules_of
from app.webhooks.wire.bodies import body
from app.webhooks.wire.signing import signed_headers
from app.webhooks.wire.transport import Answer, Transport

ATTEMPTS = Counter("outward_webhook_attempts_total", "Attempts to deliver an event, by what came of it.", ["outcome"])
DURATIONS = Histogram(
    "outward_webhook_attempt_seconds",
    "How long attempts to deliver an event took.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
DISABLED = Counter("outward_webhook_endpoints_disabled_total", "Endpoints disabled by themselves.", ["because"])

MOST_KEYS: Final = 1024
"""Of how many endpoints the keys are kept unsealed, those used last."""

HEADERS: Final = {"content-type": "application/json"}

_STATUSES: Final = {Outcome.SUCCEEDED: "succeeded", Outcome.AGAIN: "pending", Outcome.DEAD: "dead"}
_UNREADABLE: Final = "the endpoint's secret cannot be read with OUTWARD_SECRET_KEY, so nothing is signed or sent"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Keys:
    """What an endpoint's deliveries are signed with; no secret at all when they could not be unsealed."""

    secret: str | None = field(repr=False)
    previous_secret: str | None = field(default=None, repr=False)
    signing_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint as far as sending goes."""

    id: UUID
    url: str
    keys: Keys
    previous_secret_until: datetime | None

    def secrets(self, at: datetime) -> list[str]:
        """What to sign with at an instant: while secrets are being exchanged, both."""
        found = [self.keys.secret] if self.keys.secret else []
        rotating = self.previous_secret_until is not None and at < self.previous_secret_until
        return [*found, self.keys.previous_secret] if rotating and self.keys.previous_secret else found


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery to attempt; `tries` of its schedule are used up."""

    delivery_id: UUID
    event_id: UUID
    tries: int
    body: bytes
    receiver: Receiver


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt that began at `at` and ended at `ended_at`, both in whole seconds."""

    parcel: Parcel
    at: datetime
    ended_at: datetime
    answer: Answer
    verdict: Verdict


class Sending:
    """How deliveries are loaded, sent, and what came of them is stored.

    `now` tells the instants of attempts, `jitter` a random number in [0, 1).
    """

    def __init__(
        self,
        transport: Transport,
        seal: Seal,
        *,
        now: Callable[[], datetime] = _now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._seal = seal
        self._now = now
        self._jitter = jitter
        self._keys = lru_cache(maxsize=MOST_KEYS)(self._unsealed)

    async def load(
        self, connection: AsyncConnection, claimed: Sequence[Claimed], now: datetime
    ) -> Mapping[UUID, Parcel]:
        """What is to be sent, by the claimed job; what is no longer pending, or has no endpoint, is left out."""
        ids = [job.id for job in claimed]
        asked = {"ids": ids, "lowest": min(ids), "highest": max(ids)}
        deliveries = (await connection.execute(queries.DELIVERIES, asked)).mappings().all()
        rows = await connection.execute(queries.ENDPOINTS, {"ids": list({row["endpoint_id"] for row in deliveries})})
        receivers = {row["id"]: self._receiver(row) for row in rows.mappings()}
        bodies: dict[UUID, bytes] = {}
        for row in deliveries:
            if row["event_id"] not in bodies:
                told = (row["event_id"], row["event_type"], row["occurred_at"], row["data"])
                bodies[row["event_id"]] = body(*told)
        return {
            row["id"]: Parcel(
                row["id"], row["event_id"], row["tries"], bodies[row["event_id"]], receivers[row["endpoint_id"]]
            )
            for row in deliveries
            if row["endpoint_id"] in receivers
        }

    async def do(self, parcel: Parcel) -> Attempt:
        """One attempt, signed at its instant."""
        at = self._whole_now()
        secrets = parcel.receiver.secrets(at)
        if secrets:
            signed = signed_headers(str(parcel.event_id), at, parcel.body, secrets, parcel.receiver.keys.signing_key)
            answer = await self._transport.post(parcel.receiver.url, HEADERS | signed, parcel.body)
        else:
            answer = Answer(None, {}, None, _UNREADABLE, 0)
        ended_at = self._whole_now()
        came = verdict(answer.status_code, answer.headers.get("retry-after"), parcel.tries, ended_at, self._jitter())
        ATTEMPTS.labels(came.outcome).inc()
        DURATIONS.observe(answer.duration_ms / 1000)
        return Attempt(parcel, at, ended_at, answer, came)

    async def settle(self, work: Work, done: Sequence[tuple[Claimed, Attempt]]) -> Mapping[UUID, datetime]:
        """Stores attempts and what they say of their endpoints; when which deliveries are to be tried again.

        Endpoints that want none any more, or have failed for too long, are disabled.
        """
        attempts = sorted((attempt for _, attempt in done), key=lambda attempt: attempt.ended_at)
        by_endpoint: dict[UUID, list[Attempt]] = defaultdict(list)
        for attempt in attempts:
            by_endpoint[attempt.parcel.receiver.id].append(attempt)
        run = work.connection.execute
        kept = (await run(queries.HEALTH, {"ids": list(by_endpoint)})).mappings().all()
        await run(queries.STORE_ATTEMPTS, _attempt_rows(attempts))
        changed, given_up = {}, {}
        for row in kept:
            before = Health(row["failures_in_a_row"], row["failing_since"], row["last_success_at"], row["opens_at"])
            after, because = self._followed(before, by_endpoint[row["id"]])
            if after != before:
                changed[row["id"]] = (before, after)
            if because is not None and row["status"] != "disabled":
                given_up[row["id"]] = because
        await self._store_health(work.connection, changed)
        for endpoint, because in given_up.items():
            if await disable(work, endpoint, because):
                DISABLED.labels(because).inc()
                log.warning("a webhook endpoint was disabled", endpoint=str(endpoint), because=because)
        return {job.id: attempt.verdict.again_at for job, attempt in done if attempt.verdict.again_at is not None}

    def _followed(self, health: Health, attempts: Sequence[Attempt]) -> tuple[Health, Reason | None]:
        """An endpoint's health after these attempts, and why it is to be disabled, if so."""
        because: Reason | None = None
        for attempt in attempts:
            came, at = attempt.verdict, attempt.ended_at
            if came.outcome is Outcome.SUCCEEDED:
                health = after_success(health, at)
                continue
            health = after_failure(
                health, at, self._jitter(), closed_until=came.closed_until, overloaded=came.overloaded
            )
            if came.gone:
                because = "gone"
            elif because is None and is_to_be_given_up(health, at):
                because = "failing"
        return health, because

    async def _store_health(self, connection: AsyncConnection, changed: Mapping[UUID, tuple[Health, Health]]) -> None:
        if not changed:
            return
        well = [(id_, after) for id_, (_, after) in changed.items()]
        await connection.execute(
            queries.STORE_HEALTH,
            {
                "id": [id_ for id_, _ in well],
                "failures_in_a_row": [health.failures_in_a_row for _, health in well],
                "failing_since": [health.failing_since for _, health in well],
                "last_success_at": [health.last_success_at for _, health in well],
            },
        )
        moved = [(id_, after.opens_at) for id_, (before, after) in changed.items() if before.opens_at != after.opens_at]
        if moved:
            opened = {"id": [id_ for id_, _ in moved], "opens_at": [opens_at for _, opens_at in moved]}
            await connection.execute(queries.STORE_CIRCUITS, opened)

    async def end(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    def _receiver(self, row: Mapping[Any, Any]) -> Receiver:
        keys = self._keys(row["id"], row["secret"], row["previous_secret"], row["signing_key"])
        return Receiver(row["id"], row["url"], keys, row["previous_secret_until"])

    def _unsealed(self, endpoint: UUID, *sealed: bytes | None) -> Keys:
        try:
            return Keys(*(None if each is None else shown(self._seal, endpoint, each) for each in sealed))
        except Unsealable as error:
            log.error("the secret of a webhook endpoint cannot be read", endpoint=str(endpoint), why=str(error))
            return Keys(None)

    def _whole_now(self) -> datetime:
        return self._now().replace(microsecond=0)


def dispatch(settings: Settings) -> Lanes[Parcel, Attempt]:
    """The duty to send deliveries."""
    return Lanes(KIND, Sending(Transport(rules_of(settings)), seal_of(settings)))


def _attempt_rows(attempts: Sequence[Attempt]) -> dict[str, Any]:
    """The attempts as the columns of `queries.STORE_ATTEMPTS`."""
    rows = [_attempt_row(attempt) for attempt in attempts]
    ids = [row["id"] for row in rows]
    columns = {name: [row[name] for row in rows] for name in queries.ATTEMPT_COLUMNS}
    return {**columns, "lowest": min(ids), "highest": max(ids)}


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    parcel, answer, came = attempt.parcel, attempt.answer, attempt.verdict
    return {
        "id": parcel.delivery_id,
        "status": _STATUSES[came.outcome],
        "tries": parcel.tries + 1,
        "next_attempt_at": came.again_at,
        "ended_at": attempt.ended_at if came.again_at is None else None,
        "at": attempt.at,
        "duration_ms": answer.duration_ms,
        "url": parcel.receiver.url,
        "status_code": answer.status_code,
        "error": answer.error,
        "answer_headers": orjson.dumps(dict(answer.headers)).decode(),
        "answer": answer.body,
    }
