"""Delivering again: from a point of the feed on, all that died since an instant, or one delivery.

What may be much is done in the background, in batches: each is a job whose transaction asks for the next, so whatever
kills a worker leaves a batch done and the rest to do, or neither.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, literal, literal_column, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Row, Timestamp
from app.kernel.jobs import Job, enqueue, job, jobs
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.webhooks.deliveries import KIND, MADE_UP_TO, Addressed, made
from app.webhooks.fan_out.fanning_out import ENDPOINTS, events_between, filter_of
from app.webhooks.fan_out.matching import TEST, Index
from app.webhooks.tables import webhook_deliveries, webhook_endpoints

REPLAY: Final = "webhook replay"
"""The kind of the jobs that replay: one for each endpoint, under its id."""

RECOVERY: Final = "webhook recovery"
"""The kind of the jobs that bring dead deliveries back."""

BATCH: Final = 1000
"""How many events or deliveries are looked at in one batch."""

MOST_DUE: Final = 5000
"""A replay waits while so many deliveries of its endpoint are due: they are sent before it makes more."""

FULL_SECONDS: Final = 5
DISABLED_SECONDS: Final = 60
"""After how long a replay looks again whether its endpoint has caught up, or was enabled."""

_LOCKED_SECONDS = 1

_endpoint = webhook_endpoints.c.id == bindparam("endpoint")
_BEGIN = (
    update(webhook_endpoints)
    .where(_endpoint)
    .values(
        # Nulls are left out by both.
        replay_after=func.least(webhook_endpoints.c.replay_after, bindparam("after")),
        replay_until=func.greatest(webhook_endpoints.c.replay_until, bindparam("until")),
    )
)
_IS_THERE = select(literal(1)).where(_endpoint)
_TAKE = (
    ENDPOINTS.add_columns(
        webhook_endpoints.c.status, webhook_endpoints.c.replay_after, webhook_endpoints.c.replay_until
    )
    .where(_endpoint)
    .with_for_update(key_share=True, skip_locked=True)
)
_MOVE = update(webhook_endpoints).where(_endpoint).values(replay_after=bindparam("to"))
_END = update(webhook_endpoints).where(_endpoint).values(replay_after=null(), replay_until=null())
_some_due = (
    select(literal(1))
    .where(jobs.c.lane == bindparam("endpoint"), jobs.c.run_at <= bindparam("now"))
    .limit(MOST_DUE)
    .subquery()
)
_DUE = select(func.count()).select_from(_some_due)
_mine = webhook_deliveries.c.endpoint_id == bindparam("endpoint")
_PENDING = select(webhook_deliveries.c.sequence).where(
    _mine,
    webhook_deliveries.c.status == "pending",
    webhook_deliveries.c.sequence.between(bindparam("first"), bindparam("last")),
)

# Written out, so that the index of the dead is seen to hold them.
_dead = webhook_deliveries.c.status == literal_column("'dead'")
_died = (_mine, _dead, webhook_deliveries.c.created_at >= bindparam("since"))
_DEAD = select(func.count()).where(*_died)
_SOME_DEAD = (
    select(webhook_deliveries.c.id)
    .where(*_died, webhook_deliveries.c.id > bindparam("after"))
    .order_by(webhook_deliveries.c.id)
    .limit(bindparam("limit"))
)
_REVIVE = text(
    """
    with there as materialized (select id from job_lanes where id = :endpoint for key share),
    revived as (
        update webhook_deliveries d set status = 'pending', tries = 0, next_attempt_at = :now, ended_at = null
        from there
        where d.id = any(:ids) and d.id between :lowest and :highest
            and d.endpoint_id = there.id and d.status <> 'pending'
        returning d.id, d.endpoint_id, d.sequence
    )
    insert into jobs (id, kind, lane, position, run_at)
    select id, :kind, endpoint_id, sequence, :now from revived
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("lowest", type_=Uuid),
    bindparam("highest", type_=Uuid),
    bindparam("endpoint", type_=Uuid),
    bindparam("now", type_=Timestamp),
    bindparam("kind", KIND, type_=Text()),
)
_DELIVERY = select(webhook_deliveries.c.status).where(webhook_deliveries.c.id == bindparam("delivery"), _mine)
_HASTEN_JOB = (
    update(jobs)
    .where(jobs.c.id == bindparam("delivery"), jobs.c.leased_by.is_(None), jobs.c.run_at > bindparam("now"))
    .values(run_at=bindparam("now"))
)
_HASTEN = (
    update(webhook_deliveries)
    .where(webhook_deliveries.c.id == bindparam("delivery"), webhook_deliveries.c.status == "pending")
    .values(next_attempt_at=bindparam("now"))
)


async def begin_replay(work: Work, endpoint: UUID, after: int) -> None:
    """Begins to deliver again, in the background and in the order of the feed, every event after a number of the feed
    that the endpoint's filters let through: up to where fan-out has got, from the oldest event there is.

    An event whose delivery still waits, and a `webhook.test`, is left out. While a replay runs, another makes it one
    that begins at the earlier of the two points. A disabled endpoint's stays, and goes on when it is enabled.
    """
    until = (await work.connection.execute(MADE_UP_TO)).scalar_one_or_none() or 0
    if after < until:
        await work.connection.execute(_BEGIN, {"endpoint": endpoint, "after": after, "until": until})
        await enqueue(work.connection, [_batch(endpoint, work.now)])


def _batch(endpoint: UUID, at: datetime) -> dict[str, Any]:
    return job(REPLAY, at, str(endpoint), endpoint_id=str(endpoint))


async def replay(work: Work, asked: Job) -> None:
    """Does a job of the kind `REPLAY`: one batch; and asks for the next."""
    endpoint_id = UUID(asked.payload["endpoint_id"])
    rest = await _replay(work, endpoint_id)
    if rest is not None:
        await enqueue(work.connection, [_batch(endpoint_id, work.now + timedelta(seconds=rest))])


async def _replay(work: Work, endpoint_id: UUID) -> int | None:
    """Makes a batch of deliveries, if there is any to make; in how many seconds the next is to be, None: there is none.

    Who begins a replay holds the endpoint and asks for this job, which this transaction holds; so it does not wait.
    """
    run = work.connection.execute
    endpoint = (await run(_TAKE, {"endpoint": endpoint_id})).mappings().first()
    if endpoint is None:
        return _LOCKED_SECONDS if (await run(_IS_THERE, {"endpoint": endpoint_id})).first() else None
    if endpoint["replay_after"] is None:
        return None
    if endpoint["status"] == "disabled":
        return DISABLED_SECONDS
    if (await run(_DUE, {"endpoint": endpoint_id, "now": work.now})).scalar_one() == MOST_DUE:
        return FULL_SECONDS
    index = Index([filter_of(endpoint)])
    after, until = endpoint["replay_after"], endpoint["replay_until"]
    found = await events_between(work.connection, after, until, BATCH, index.patterns)
    wanted = [each for each in found if each.type != TEST and index.endpoints_of(each.type, each.data)]
    await _make(work, endpoint, wanted)
    if len(found) < BATCH:
        await run(_END, {"endpoint": endpoint_id})
        return None
    await run(_MOVE, {"endpoint": endpoint_id, "to": found[-1].sequence})
    return 0


async def _make(work: Work, endpoint: Row, wanted: Sequence[Any]) -> None:
    if not wanted:
        return
    between = {"endpoint": endpoint["id"], "first": wanted[0].sequence, "last": wanted[-1].sequence}
    pending = set((await work.connection.execute(_PENDING, between)).scalars())
    addressed = [
        Addressed(endpoint["id"], each.sequence, each.id, each.type) for each in wanted if each.sequence not in pending
    ]
    await made(work.connection, addressed, work.now)


async def recover(work: Work, endpoint: UUID, since: datetime) -> int:
    """Begins to try anew, in the background, every dead delivery that was made at or after an instant, each from the
    beginning of its schedule; how many there are."""
    asked = {"endpoint": endpoint, "since": since}
    dead: int = (await work.connection.execute(_DEAD, asked)).scalar_one()
    if dead:
        await enqueue(work.connection, [_recovery(endpoint, since, UUID(int=0), work.now)])
    return dead


def _recovery(endpoint: UUID, since: datetime, after: UUID, at: datetime) -> dict[str, Any]:
    return job(RECOVERY, at, endpoint_id=str(endpoint), since=since.isoformat(), after=str(after))


async def bring_back(work: Work, asked: Job) -> None:
    """Does a job of the kind `RECOVERY`: one batch; and asks for the next. What dies again meanwhile stays dead."""
    endpoint, since = UUID(asked.payload["endpoint_id"]), datetime.fromisoformat(asked.payload["since"])
    values = {"endpoint": endpoint, "since": since, "after": UUID(asked.payload["after"]), "limit": BATCH}
    ids = list((await work.connection.execute(_SOME_DEAD, values)).scalars())
    if ids:
        await _revive(work.connection, endpoint, ids, work.now)
    if len(ids) == BATCH:
        await enqueue(work.connection, [_recovery(endpoint, since, ids[-1], work.now)])


async def retry(work: Work, endpoint: UUID, delivery: UUID) -> None:
    """Tries one delivery at once: a dead or succeeded one from the beginning of its schedule; one that waits goes on
    with its schedule after that; one that is under way is left to it.

    Raises:
        NotFound: the endpoint has no such delivery.
    """
    named = {"endpoint": endpoint, "delivery": delivery}
    status = (await work.connection.execute(_DELIVERY, named)).scalar_one_or_none()
    if status is None:
        raise NotFound(f"There is no delivery with id {delivery} to this endpoint.")
    if await _revive(work.connection, endpoint, [delivery], work.now):
        return
    if (await work.connection.execute(_HASTEN_JOB, {"delivery": delivery, "now": work.now})).rowcount:
        await work.connection.execute(_HASTEN, {"delivery": delivery, "now": work.now})


async def _revive(connection: AsyncConnection, endpoint: UUID, ids: Sequence[UUID], now: datetime) -> int:
    """Makes those of these deliveries (in the order of their ids) pending that are not, with their jobs; how many."""
    values = {"ids": list(ids), "lowest": ids[0], "highest": ids[-1], "endpoint": endpoint, "now": now}
    return (await connection.execute(_REVIVE, values)).rowcount
