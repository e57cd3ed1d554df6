"""One request's work: at most one transaction, committed with its events or not at all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import outbox
from app.kernel.database import Database

Completion: TypeAlias = Callable[["Work", Sequence[outbox.Event]], Awaitable[list[outbox.Event]]]
"""Adds to the data of the events that concern it what a consumer needs beside; the others it gives back as they are."""


@dataclass(slots=True)
class Work:
    """What a use case needs from outside: the connection, the instant, and where to say what happened.

    `now` is in whole seconds. `actor` is who does it, as it is written into events. `replica` is where reports read.
    """

    database: Database
    now: datetime
    actor: Mapping[str, Any] | None = None
    replica: Database | None = None
    recorded: list[outbox.Event] = field(default_factory=list)
    _completions: dict[Completion, None] = field(default_factory=dict)
    _connection: AsyncConnection | None = None
    _reader: AsyncConnection | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _told: bool = False

    @property
    def connection(self) -> AsyncConnection:
        """The transaction's connection, or that of the reads when nothing is to be written."""
        connection = self._connection or self._reader
        if connection is None:
            raise RuntimeError("the endpoint's signature asks neither for Reads nor for Writes")
        return connection

    async def read(self, database: Database | None = None) -> None:
        """Opens the autocommit connection of a request that only reads."""
        if self._connection is None and self._reader is None:
            self._reader = await self._stack.enter_async_context((database or self.database).reading())

    async def write(self) -> None:
        """Opens the connection of a request that changes something; its first statement begins the transaction."""
        if self._connection is None:
            self._connection = await self._stack.enter_async_context(self.database.engine.connect())

    def happened(self, kind: str, occurred_at: datetime, /, **data: Any) -> None:
        """Says that something changed: an event, written when the transaction commits."""
        self.recorded.append(outbox.Event(kind, occurred_at, data | {"actor": self.actor}))

    def completed_by(self, completion: Completion) -> None:
        """Has the events of this work completed before they are written: once for all of them, however many."""
        self._completions[completion] = None

    async def flush(self) -> None:
        """Writes the events so far."""
        recorded, self.recorded = self.recorded, []
        if recorded:
            for completion in self._completions:
                recorded = await completion(self, recorded)
        self._told = self._told or bool(recorded)
        await outbox.record(self.connection, recorded)

    async def commit(self) -> None:
        """Writes the events, commits, and then has workers and streams told of them."""
        if self._connection is not None:
            await self.flush()
            await self._connection.commit()
            if self._told:
                self._told = False
                self.database.nudge()

    async def begin_again(self) -> None:
        """Undoes what was done, as if the request had just come."""
        await self.close()
        self._connection = self._reader = None
        self._told = False
        self.recorded.clear()

    async def close(self) -> None:
        """Gives the connections back; what was not committed is undone."""
        await self._stack.aclose()


def work_of(request: Request) -> Work:
    work: Work = request.state.work
    return work


async def _reads(request: Request) -> Work:
    work = work_of(request)
    await work.read()
    return work


async def _reports(request: Request) -> Work:
    work = work_of(request)
    await work.read(work.replica)
    return work


async def _writes(request: Request) -> Work:
    work = work_of(request)
    await work.write()
    return work


Reads = Annotated[Work, Depends(_reads)]
"""In an endpoint's signature: it reads, each statement for itself."""

Reports = Annotated[Work, Depends(_reports)]
"""In an endpoint's signature: it reads much, from the replica where there is one."""

Writes = Annotated[Work, Depends(_writes)]
"""In an endpoint's signature: it changes something, in one transaction that commits when the answer is a success."""
