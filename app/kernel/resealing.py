"""Bringing sealed values under the newest key, and telling which are not: a table at a time, in batches."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database, Row
from app.kernel.sealing import FORMAT, PREFIX_BYTES, Seal, Unsealable

_BATCH = 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed columns: `about` makes of a row's key (unique, ordered) the name that its values are sealed
    for. `mend` says what to do about those that cannot be opened, as a clause. What is `fleeting` goes by itself within
    a day, may be much, and has values that are not sealed. `only` leaves out rows that need never be opened again.
    """

    what: str
    table: Table
    key: ColumnElement[Any]
    columns: tuple[str, ...]
    about: Callable[[Any], bytes]
    mend: str
    fleeting: bool = False
    only: ColumnElement[bool] = field(default_factory=true)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows were sealed anew, and how many have something that cannot be opened."""

    resealed: int = 0
    unsealable: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """How many rows have something sealed under an older key, how many something that cannot be opened, and the keys of
    some of these."""

    older: int = 0
    unsealable: int = 0
    such_as: tuple[str, ...] = ()


async def reseal(database: Database, sealed: SealedTable, seal: Seal) -> AsyncIterator[Resealed]:
    """Seals anew what is not under the newest key, each batch in its transaction; tells how far it is after each.

    It may be broken off at any time and begun again: what is done is not done twice.
    """
    so_far = Resealed()
    last: Any = None
    while True:
        async with database.writing() as connection:
            keys = (await connection.execute(_batch(sealed, seal, last))).scalars().all()
            if not keys:
                return
            found = (await connection.execute(_locked(sealed, seal, keys))).mappings().all()
            anew = [values for row in found if (values := _anew(sealed, seal, row)) is not None]
            if anew:
                await connection.execute(_store(sealed), anew)
        last = keys[-1]
        so_far = Resealed(so_far.resealed + len(anew), so_far.unsealable + len(found) - len(anew))
        yield so_far


async def survey(connection: AsyncConnection, sealed: SealedTable, seal: Seal) -> Survey:
    """How a table's sealed values are: each is tried; of what is fleeting it is seen which key it names."""
    if sealed.fleeting:
        return await _survey_of_names(connection, sealed, seal)
    found = Survey()
    for row in (await connection.execute(_rows(sealed))).mappings():
        values = [row[name] for name in sealed.columns if row[name] is not None]
        if not _opens(seal, values, sealed.about(row["key"])):
            such_as = (*found.such_as, str(row["key"]))[:_SHOWN]
            found = replace(found, unsealable=found.unsealable + 1, such_as=such_as)
        elif not all(map(seal.is_newest, values)):
            found = replace(found, older=found.older + 1)
    return found


async def _survey_of_names(connection: AsyncConnection, sealed: SealedTable, seal: Seal) -> Survey:
    known = seal.prefixes[1:]
    opens = and_(*(_prefix(sealed, name).in_(known) for name in sealed.columns)) if known else false()
    counted = select(func.count().filter(opens).label("older"), func.count().filter(~opens).label("unsealable"))
    row = (await connection.execute(counted.select_from(sealed.table).where(_not_newest(sealed, seal)))).one()
    return Survey(row.older, row.unsealable)


def _opens(seal: Seal, values: Sequence[bytes], about: bytes) -> bool:
    try:
        for value in values:
            seal.open(value, about)
    except Unsealable:
        return False
    return True


def _anew(sealed: SealedTable, seal: Seal, row: Row) -> dict[str, Any] | None:
    """The row's values sealed anew; None when one of them cannot be opened."""
    about = sealed.about(row["key"])
    values: dict[str, Any] = {"of": row["key"]}
    try:
        for name in sealed.columns:
            value = row[name]
            old = value is not None and not seal.is_newest(value)
            values[name] = seal.seal(seal.open(value, about), about) if old else value
    except Unsealable:
        return None
    return values


def _rows(sealed: SealedTable) -> Select[Any]:
    columns = [sealed.table.c[name] for name in sealed.columns]
    return select(sealed.key.label("key"), *columns).where(sealed.only).order_by(sealed.key)


def _batch(sealed: SealedTable, seal: Seal, last: Any) -> Select[Any]:
    """The keys of the next rows that are not under the newest key; none only when there are none."""
    after = true() if last is None else sealed.key > last
    todo = select(sealed.key).where(sealed.only, _not_newest(sealed, seal), after)
    return todo.order_by(sealed.key).limit(_BATCH)


def _locked(sealed: SealedTable, seal: Seal, keys: Sequence[Any]) -> Select[Any]:
    """Those of the rows that nobody has sealed anew meanwhile; nobody does until the transaction ends."""
    return _rows(sealed).where(sealed.key.in_(keys), _not_newest(sealed, seal)).with_for_update()


def _store(sealed: SealedTable) -> Update:
    anew: dict[str, Any] = {name: bindparam(name) for name in sealed.columns}
    return update(sealed.table).where(sealed.key == bindparam("of")).values(anew)


def _not_newest(sealed: SealedTable, seal: Seal) -> ColumnElement[bool]:
    older = or_(*(_prefix(sealed, name) != seal.newest for name in sealed.columns))
    return and_(older, _is_sealed(sealed)) if sealed.fleeting else older


def _is_sealed(sealed: SealedTable) -> ColumnElement[bool]:
    return and_(*(func.substr(sealed.table.c[name], 1, 1, type_=LargeBinary) == FORMAT for name in sealed.columns))


def _prefix(sealed: SealedTable, name: str) -> ColumnElement[bytes]:
    return func.substr(sealed.table.c[name], 1, PREFIX_BYTES, type_=LargeBinary)
