"""Telling workers and streams that events were committed.

It is told after the commit, in a transaction of its own: PostgreSQL lets those that notify commit one after the other,
so a notification inside would make every change wait for the one before. A nudge that gets lost, as when the process is
killed just then, costs time and nothing else: whoever waits for it also looks by itself now and then.
"""

import asyncio
from contextvars import Context
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.kernel.listening import CHANNEL
from app.kernel.telemetry import log

PAUSE_SECONDS: Final = 0.03
"""Events that follow a nudge within this time are told of together."""

_LAST_SECONDS: Final = 1
_TELL: Final = text(f"select pg_notify('{CHANNEL}', 'events')")


class Nudges:
    """Those of one process, on connections of its pool: the first at once, then at most one every `PAUSE_SECONDS`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._wanted = False
        self._telling: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Asks for one, and neither waits nor fails."""
        self._wanted = True
        if self._telling is None or self._telling.done():
            # In a context of its own: it is not part of the request that happens to be the first.
            self._telling = asyncio.create_task(self._tell(), name="nudges", context=Context())

    async def _tell(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(_TELL)
            except Exception as error:  # noqa: BLE001 - what was committed stays so, and is found without it
                log.warning("the workers could not be told of events", error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def close(self) -> None:
        """Tells what is still to be told, if that can be done in a moment."""
        if self._telling is not None and not self._telling.done():
            await asyncio.wait((self._telling,), timeout=_LAST_SECONDS)
            self._telling.cancel()
            await asyncio.wait((self._telling,))
