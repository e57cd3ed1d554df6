"""Hearing what is notified, over one connection of its own that is made again whenever it is lost; and how a worker is
known to live: its connection holds a lock.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.telemetry import log

CHANNEL = "outward_work"
"""Where triggers name the table in which something falls due within a minute, and `nudges` that of the events."""

_LOCK_CLASS, _LOCK_OBJECT = 0x4F58, 1
LIVE_AS_A_WORKER = f"select pg_advisory_lock_shared({_LOCK_CLASS}, {_LOCK_OBJECT})"
"""The statement by which a connection becomes that of a worker."""
_HELD = text(
    "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2 and mode = 'ShareLock' and granted"
    " and classid = :class and objid = :object"
    " and database = (select oid from pg_database where datname = current_database())"
).bindparams(bindparam("class", _LOCK_CLASS), bindparam("object", _LOCK_OBJECT))

_CONNECT_SECONDS = 10
_ASK_EVERY_SECONDS = 30
_LONGEST_PAUSE_SECONDS = 15
# One whose machine has gone is missed after a minute, not when TCP gives up.
_SESSION = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
_GONE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def living_workers(connection: AsyncConnection) -> int:
    """How many workers hold a connection to this database."""
    living: int = (await connection.execute(_HELD)).scalar_one()
    return living


async def listen(
    url: str,
    until: asyncio.Event,
    *,
    name: str,
    present: Callable[[bool], None],
    woken: Callable[[str], None],
    first: str | None = None,
) -> None:
    """Holds a connection that the server knows by `name` until `until` is set, and makes another whenever it is lost.

    `present` is told whenever it is there or gone, `woken` the table that a notification names. `first` is a statement
    with which each connection begins.
    """
    pause = 0.25
    session = _SESSION | {"application_name": name}
    while not until.is_set():
        try:
            connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, server_settings=session)
        except _GONE as error:
            log.warning("the database cannot be reached", error=str(error), again_in_seconds=pause)
        else:
            pause = 0.25
            await _hold(connection, until, first, present, woken)
        if not await happens(until, pause):
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def _hold(
    connection: Any, until: asyncio.Event, first: str | None, present: Callable[[bool], None], woken: Any
) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    try:
        if first is not None:
            await connection.execute(first)
        await connection.add_listener(CHANNEL, lambda _connection, _process, _channel, table: woken(table))
        present(True)
        while not await _first_of(until, lost, _ASK_EVERY_SECONDS):
            await connection.execute("select 1", timeout=_CONNECT_SECONDS)
    except _GONE as error:
        log.warning("the connection to the database was lost", error=str(error))
    finally:
        present(False)
        connection.terminate()


async def happens(event: asyncio.Event, within_seconds: float) -> bool:
    """Waits for the event; False when it has not come within that time."""
    try:
        async with asyncio.timeout(within_seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _first_of(one: asyncio.Event, other: asyncio.Event, within_seconds: float) -> bool:
    waits = [asyncio.create_task(one.wait()), asyncio.create_task(other.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
