"""Keeping what was sent for as long as wanted: partitions are made ahead, and dropped when all in them is too old.

Dropping costs no more for a million rows than for one. What no week's partition takes lies in the default one: what was
made before its week's partition was is moved there with it, the rest is deleted when it is too old. What still waits
goes with its week, and its endpoint says from where to replay.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from app.kernel.database import Database
from app.kernel.failures import is_passing
from app.kernel.telemetry import log
from app.webhooks.deliveries import KIND
from app.webhooks.log import partitions
from app.webhooks.tables import webhook_attempts, webhook_deliveries

TABLES: Final[Mapping[str, str]] = {webhook_deliveries.name: "id", webhook_attempts.name: "delivery_id"}
"""What is kept by the week, and the column with the delivery's id."""

_LOCK: Final = select(func.pg_try_advisory_xact_lock(0x4F575254))
# What waits for a lock lets nobody past it: better to try again later.
_BRIEFLY: Final = text("set local lock_timeout = '500ms'")
_LOCKED: Final = "55P03"
_REST: Final = timedelta(minutes=1)
_GRACE: Final = timedelta(hours=1)
_THERE: Final = text(
    "select parent.relname as table, child.relname as name from pg_inherits"
    " join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid"
    " where inhparent = any(select table_name::regclass from unnest(:tables) table_name)"
).bindparams(bindparam("tables", list(TABLES), ARRAY(Text)))


async def weeks_there(connection: AsyncConnection) -> dict[str, list[date]]:
    """The weeks that have a partition, by table."""
    found: dict[str, list[date]] = {table: [] for table in TABLES}
    for row in await connection.execute(_THERE):
        week = partitions.week_named(row.table, row.name)
        if week is not None:
            found[row.table].append(week)
    return found


async def missing_partitions(connection: AsyncConnection, now: datetime) -> list[str]:
    """The names of the partitions that a worker, if one lives, should have made an hour ago."""
    there = await weeks_there(connection)
    due = {table: partitions.missing(there[table], now - _GRACE) for table in TABLES}
    return [partitions.name_of(table, week) for table, weeks in due.items() for week in weeks]


class Retention:
    """The duty to have a partition for each week in time, and none for longer than `kept_days` after its end."""

    name = "retention"
    woken_by: frozenset[str] = frozenset()

    def __init__(self, kept_days: int) -> None:
        self._kept_days = kept_days
        self._rests_until: datetime | None = None

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        there = await weeks_there(connection)
        at = min(partitions.next_change(weeks, self._kept_days) for weeks in there.values())
        return at if self._rests_until is None else max(at, self._rests_until)

    async def turn(self, database: Database, now: datetime) -> int:
        """Drops and makes what is due, in order, each partition in a transaction of its own; how many of both."""
        done = 0
        try:
            for table in TABLES:
                async with database.reading() as connection:
                    there = (await weeks_there(connection))[table]
                outlived = partitions.outlived(there, now, self._kept_days)
                for week in outlived:
                    done += await self._drop(database, table, week)
                for week in partitions.missing({*there} - {*outlived}, now):
                    done += await self._make(database, table, week)
                await self._clear_default(database, table, now)
        except _AnotherWorker:
            return done
        except DBAPIError as error:
            if not (is_passing(error) or getattr(error.orig, "sqlstate", None) == _LOCKED):
                raise
            log.warning("the traffic left no room to make or drop a partition", again_in_seconds=_REST.seconds)
            self._rests_until = now + _REST
        return done

    async def _make(self, database: Database, table: str, week: date) -> bool:
        """Makes a week's partition and moves there what lies in the default one; False when it was there."""
        name, (lowest, beyond) = partitions.name_of(table, week), partitions.bounds(week)
        within = f"{TABLES[table]} >= '{lowest}' and {TABLES[table]} < '{beyond}'"
        statements = (
            f"create table {name} (like {table} including all)",
            # Nothing may get in between what is moved and the end.
            f"lock table {table}_default in access exclusive mode",
            f"with moved as (delete from {table}_default where {within} returning *) insert into {name} table moved",
            f"alter table {table} attach partition {name} for values from ('{lowest}') to ('{beyond}')",
        )
        return await _alone(database, table, week, statements, there=False)

    async def _drop(self, database: Database, table: str, week: date) -> bool:
        """Drops a week's partition; False when it was gone."""
        statements = [f"drop table {partitions.name_of(table, week)}"]
        if table == webhook_deliveries.name:
            statements = [*_giving_up(week), *statements]
        return await _alone(database, table, week, statements, there=True)

    async def _clear_default(self, database: Database, table: str, now: datetime) -> None:
        oldest = partitions.lowest_id(now - timedelta(days=self._kept_days))
        async with database.writing() as connection:
            await connection.execute(_BRIEFLY)
            await connection.execute(text(f"delete from {table}_default where {TABLES[table]} < '{oldest}'"))


def _giving_up(week: date) -> Sequence[str]:
    """The statements by which nothing waits any more that was made in a week or before, as where an endpoint was paused
    for so long. Only what waits has a job, so the partition is not read."""
    waiting = f"kind = '{KIND}' and lane is not null and id < '{partitions.bounds(week)[1]}'"
    noted = f"""
        update webhook_endpoints e
        set missed_after = least(e.missed_after, lost.after), version = e.version + 1, updated_at = now()
        from (select lane, min(position) - 1 as after from jobs where {waiting} group by lane) lost
        where e.id = lost.lane
    """
    return noted, f"delete from jobs where {waiting}"


class _AnotherWorker(Exception):
    """Another worker makes or drops a partition."""


async def _alone(database: Database, table: str, week: date, statements: Sequence[str], *, there: bool) -> bool:
    """Carries out statements on a week that is still there, or still not; whether it was.

    Raises:
        _AnotherWorker: one is at it.
    """
    async with database.writing() as connection:
        if not (await connection.execute(_LOCK)).scalar_one():
            raise _AnotherWorker
        if (week in (await weeks_there(connection))[table]) != there:
            return False
        await connection.execute(_BRIEFLY)
        for statement in statements:
            await connection.execute(text(statement))
    log.info("a partition was dropped" if there else "a partition was made", table=table, week=str(week))
    return True
