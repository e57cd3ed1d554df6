"""Exporting: a dataset into a file, streamed, and whole or not at all."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from app.exchange.datasets import SOURCES, Dataset, blocks
from app.exchange.formats import Format, writer_of
from app.kernel.database import Database

__all__ = ["Dataset", "Format", "replacing", "run_export"]


async def run_export(
    database: Database,
    dataset: Dataset,
    format_: Format,
    out: Path,
    *,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Writes a dataset into a file and gives how many rows it has; `progress` is told how many were written so far.

    A file that is there is replaced when all is written, and stays as it was if that fails.

    Raises:
        OSError: the file cannot be written.
    """
    written = 0
    with replacing(out) as file:
        writer = writer_of(format_, SOURCES[dataset].columns, file)
        async for rows in blocks(database, dataset, now):
            await asyncio.to_thread(writer.write, rows)
            written += len(rows)
            if progress is not None:
                progress(written)
        await asyncio.to_thread(writer.close)
    return written


@contextmanager
def replacing(out: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `out` at the end; what is no regular file, such as a pipe, is written directly."""
    if out.exists() and not out.is_file():
        with out.open("wb") as file:
            yield file
        return
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).chmod(_mode(out))
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink()
        raise


def _mode(out: Path) -> int:
    """The permissions of the file as it is, or those of a new one."""
    if out.exists():
        return out.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
