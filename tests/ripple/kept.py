"""What a worker does for stored analyses, and what is stored then."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import cast, delete, select, text
from sqlalchemy.types import Text

from app.kernel.database import Database
from app.ripple.keeping.keeping import Keeping
from app.ripple.keeping.marking import Marking
from app.ripple.tables import ripple_analyses, ripple_marks


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def mark(database: Database) -> None:
    """Marks for everything that was told by now."""
    marking = Marking()
    while await marking.turn(database, _now()):
        pass


async def keep(database: Database) -> None:
    """The analysis of every delivered commitment is stored, as a worker does within seconds."""
    await mark(database)
    keeping = Keeping()
    while await keeping.turn(database, _now()):
        pass


async def marked(database: Database) -> set[UUID]:
    async with database.reading() as connection:
        return set((await connection.execute(select(ripple_marks.c.commitment_id))).scalars())


async def forget_marks(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(ripple_marks))


async def stored(database: Database) -> dict[UUID, dict[str, Any]]:
    """Everything stored of each commitment but when it was analysed, the analysis to the byte."""
    columns = [
        cast(column, Text).label(column.name) if column.name == "analysis" else column
        for column in ripple_analyses.c
        if column.name != "analysed_at"
    ]
    async with database.reading() as connection:
        rows = (await connection.execute(select(*columns))).mappings()
        return {row["commitment_id"]: dict(row) for row in rows}


async def stored_from_nothing(database: Database) -> dict[UUID, dict[str, Any]]:
    """The same, once everything was forgotten and analysed again."""
    async with database.writing() as connection:
        await connection.execute(text("delete from ripple_analyses"))
    await keep(database)
    return await stored(database)
