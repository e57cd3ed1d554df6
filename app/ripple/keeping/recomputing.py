"""Recomputing: every delivered commitment is analysed again, and held against what was stored.

How far it has come is stored with each batch, so what was cut off goes on where it was. It takes marks as the duty that
keeps analyses does, so the two never undo each other's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.telemetry import log
from app.ripple.engine.analysis import ENGINE_VERSION
from app.ripple.keeping import keep_queries
from app.ripple.keeping import recompute_queries as queries
from app.ripple.keeping.keeping import BATCH, analyse_batch, store
from app.ripple.portions import Portions


@dataclass(frozen=True, slots=True)
class Recomputation:
    """How far a recomputation has come, and what it found.

    Of the `analysed`, `added` had never been analysed; `outdated` were stored of another history, or by another version
    of the engine; `differing` were stored of the same history by the same version, and yet are not the same to the
    byte. `failed` could not be analysed. `left` are still to be done.
    """

    since: datetime | None
    started_at: datetime
    resumed: bool
    analysed: int
    added: int
    outdated: int
    differing: int
    failed: int
    left: int

    @property
    def same(self) -> int:
        """How many gave again what was stored."""
        return self.analysed - self.added - self.outdated - self.differing


_COUNTS: Final = ("analysed", "added", "outdated", "differing", "failed")


async def recompute(
    database: Database,
    since: datetime | None,
    now: Callable[[], datetime],
    progress: Callable[[Recomputation], None] | None = None,
) -> Recomputation:
    """Analyses again what was delivered since an instant, or ever; `progress` is told after each batch.

    One that was cut off is resumed, if it was of the same instant and by the same version of the engine.
    """
    async with database.writing() as connection:
        so_far = await _begun(connection, since, now())
    portions = Portions(BATCH)
    while so_far.left:
        async with database.writing() as connection:
            place = (await connection.execute(queries.TAKE)).mappings().first()
            taken = [] if place is None else await _taken(connection, place, portions)
            if not taken:
                break
            counts = await _redo(connection, taken, now())
        left = max(0, so_far.left - len(taken))
        so_far = replace(so_far, left=left, **{name: getattr(so_far, name) + counts[name] for name in _COUNTS})
        if progress is not None:
            progress(so_far)
    async with database.writing() as connection:
        await connection.execute(queries.END)
    return replace(so_far, left=0)


async def _begun(connection: AsyncConnection, since: datetime | None, now: datetime) -> Recomputation:
    present = (await connection.execute(queries.TAKE)).mappings().first()
    resumed = present is not None and (present["engine_version"], present["since"]) == (ENGINE_VERSION, since)
    if present is None or not resumed:
        await connection.execute(queries.END)
        begun = {"engine_version": ENGINE_VERSION, "since": since, "started_at": now}
        present = (await connection.execute(queries.BEGIN, begun)).mappings().one()
    left = (await connection.execute(queries.LEFT, _place(present))).scalar_one()
    counts = {name: present[name] for name in _COUNTS}
    return Recomputation(since, present["started_at"], resumed, left=left, **counts)


async def _taken(connection: AsyncConnection, place: Row, portions: Portions) -> Sequence[UUID]:
    """The next commitments, with their marks taken."""
    ahead = list((await connection.execute(queries.NEXT, _place(place) | {"batch": portions.size})).scalars())
    if not ahead:
        return ahead
    ids = await portions.first_of(connection, ahead)
    await connection.execute(keep_queries.TAKE_THESE, {"ids": ids})
    return ids


def _place(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("since", "after_delivered_at", "after_id")}


async def _redo(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> dict[str, int]:
    """Analyses these anew, stores what is other than it was, and how far it has come; what was found."""
    before = {row["commitment_id"]: row for row in await _stored(connection, ids)}
    batch = await analyse_batch(connection, ids)
    for id_, error in batch.failed.items():
        log.error("a commitment could not be analysed", commitment=str(id_), exc_info=error)
    found = dict.fromkeys(_COUNTS, 0) | {"analysed": len(batch.rows), "failed": len(batch.failed)}
    for row in batch.rows:
        verdict = _verdict(before.get(row["commitment_id"]), row)
        if verdict is not None:
            found[verdict] += 1
    await store(connection, batch, now)
    more = {f"more_{name}": count for name, count in found.items()}
    await connection.execute(queries.MOVE, more | {"last": ids[-1]})
    return found


async def _stored(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row]:
    return (await connection.execute(keep_queries.STORED_ROWS, {"ids": list(ids)})).mappings().all()


def _verdict(before: Mapping[Any, Any] | None, after: Mapping[str, Any]) -> str | None:
    """As what it counts; None when it is the same as before."""
    if before is None:
        return "added"
    if any(before[name] != after[name] for name in ("engine_version", "graph_hash")):
        return "outdated"
    return None if all(before[name] == value for name, value in after.items()) else "differing"
