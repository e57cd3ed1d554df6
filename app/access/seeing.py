"""What a key does not see is not there for it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, select

from app.kernel.problems import NotFound
from app.kernel.work import Work


async def require_seen(work: Work, noun: str, table: Table, id_: UUID, seen: Sequence[ColumnElement[bool]]) -> None:
    """That there is a row with this id of which the conditions hold; without any, which is for a key that sees all of
    them, nothing is asked: whoever reads it finds out.

    Raises:
        NotFound: there is none, or the key does not see it; the answer does not tell which.
    """
    if not seen:
        return
    statement = select(table.c.id).where(table.c.id == bindparam("of"), *seen)
    if (await work.connection.execute(statement, {"of": id_})).first() is None:
        raise NotFound(f"There is no {noun} with id {id_}.")
