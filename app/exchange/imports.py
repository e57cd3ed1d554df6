"""Use cases of imports over HTTP: started by a request, done beside it, with their progress for whoever asks."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.exchange.importing import Progress, run_import
from app.exchange.mapping import LogMapping, MappingError, read_mapping
from app.exchange.reading import Stopped, UnreadableLog, open_log
from app.exchange.schemas import Import, ImportListing, ImportQuery
from app.exchange.tables import imports
from app.exchange.uploads import Upload
from app.kernel.collections import Collection
from app.kernel.database import Database
from app.kernel.paging import Page
from app.kernel.problems import Invalid, Problem
from app.kernel.telemetry import log
from app.kernel.work import Work

collection = Collection(imports, Import, "import")

HEARTBEAT_SECONDS: Final = 1.0
SILENT_AFTER: Final = timedelta(seconds=60)

_UPDATE = (
    update(imports)
    .where(imports.c.id == bindparam("import_id"))
    .values(version=imports.c.version + 1, updated_at=func.clock_timestamp())
)
_CLOCK = select(func.clock_timestamp())
_INTERRUPTED: Final = "The service stopped before the import was done. Nothing of it is kept: send it again."

_running: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Taken:
    """An import that is written down and may begin."""

    made: Import
    upload: Upload
    mapping: LogMapping
    now: datetime
    max_bytes: int


async def take(work: Work, upload: Upload, asked: ImportQuery, max_bytes: int) -> Taken:
    """Writes an import down, in the transaction of the request.

    Raises:
        Invalid: the mapping is mistaken, or the file is no log.
    """
    try:
        mapping = read_mapping(upload.mapping)
        await asyncio.to_thread(open_log, upload.path, mapping, now=work.now, max_bytes=max_bytes)
    except (MappingError, UnreadableLog) as error:
        part = "mapping" if isinstance(error, MappingError) else "file"
        raise Invalid.field(f"/{part}", str(error)) from error
    made = await collection.insert(work.connection, _row(work, upload, mapping, asked))
    return Taken(made, upload, mapping, work.now, max_bytes)


def begin(database: Database, taken: Taken) -> None:
    """Lets an import go on by itself, once the transaction that wrote it down is committed. It removes the upload."""
    doing = asyncio.create_task(_run(database, taken))
    _running.add(doing)
    doing.add_done_callback(_running.discard)


def _row(work: Work, upload: Upload, mapping: LogMapping, asked: ImportQuery) -> dict[str, Any]:
    return {
        "file_name": upload.file_name,
        "source": mapping.log.source,
        "dry_run": asked.dry_run,
        "strict": asked.strict,
        "bytes_total": upload.size,
        "actor": work.actor,
    }


async def _run(database: Database, taken: Taken) -> None:
    made, latest = taken.made, list[Progress]()
    try:
        importing = asyncio.create_task(
            run_import(
                database,
                taken.upload.path,
                taken.mapping,
                now=taken.now,
                max_bytes=taken.max_bytes,
                dry_run=made.dry_run,
                strict=made.strict,
                import_id=made.id,
                progress=latest.append,
            )
        )
        while not (await asyncio.wait((importing,), timeout=HEARTBEAT_SECONDS))[0]:
            await _note(database, made.id, latest, {})
        await _note(database, made.id, latest, _outcome(importing))
    finally:
        taken.upload.remove()


def _outcome(importing: asyncio.Task[Any]) -> dict[str, Any]:
    error = importing.exception()
    if error is None:
        return {"status": "done", "summary": asdict(importing.result())}
    if isinstance(error, MappingError | UnreadableLog | Stopped):
        problem: Problem = Invalid(str(error))
    elif isinstance(error, Problem):
        problem = error
    else:
        log.error("an import failed", exc_info=error)
        problem = Problem("The import failed inside Outward; the log says why. Nothing of it is kept.")
    return {"status": "failed", "problem": problem.document()}


async def _note(database: Database, import_id: UUID, latest: list[Progress], more: Mapping[str, Any]) -> None:
    """Writes down how far it has come."""
    values = dict(more)
    if latest:
        progress = latest[-1]
        latest[:-1] = []
        values |= {name: getattr(progress, name) for name in ("bytes_read", "events_read", "cases_stored")}
    statement = _UPDATE.values(**values)
    if "status" in values:
        statement = statement.values(finished_at=func.clock_timestamp())
    async with database.writing() as connection:
        await connection.execute(statement, {"import_id": import_id})


async def get(connection: AsyncConnection, import_id: UUID) -> Import:
    """One import.

    Raises:
        NotFound: there is none with this id.
    """
    (found,) = await _shown(connection, [await collection.get(connection, import_id)])
    return found


async def page(connection: AsyncConnection, asked: ImportListing) -> Page[Import]:
    """A page of imports."""
    found = await collection.page(connection, asked, sorts=("created_at",))
    return Page(await _shown(connection, found.items), found.next_cursor)


async def _shown(connection: AsyncConnection, found: list[Import]) -> list[Import]:
    """Imports as they are; one that runs and gave no sign for long was interrupted with its process."""
    if all(each.status != "running" for each in found):
        return found
    now = (await connection.execute(_CLOCK)).scalar_one()
    problem = Problem(_INTERRUPTED).document()
    return [
        replace(each, status="failed", problem=problem, finished_at=each.updated_at)
        if each.status == "running" and now - each.updated_at > SILENT_AFTER
        else each
        for each in found
    ]
