"""The one database: tables are declared on `metadata`, reads run in autocommit, writes in one short transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Uuid,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import SchemaItem

from app.kernel.nudges import Nudges

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Timestamp = DateTime(timezone=True)
Row: TypeAlias = Mapping[Any, Any]
"""A row by the names of its columns."""


def reference(name: str, target: str, *, nullable: bool = False, index: bool = True) -> Column[Any]:
    """A column that holds the id of a row of another table, `target` being `table.column`."""
    return Column(name, Uuid, ForeignKey(target), nullable=nullable, index=index)


def resource_columns() -> Sequence[SchemaItem]:
    """What every resource's table begins with: id, version, and when it was made and last changed."""
    return (
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_at", Timestamp, nullable=False, server_default=func.now()),
        Column("updated_at", Timestamp, nullable=False, server_default=func.now()),
    )


def one_or_many(rows: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
    """The rows as parameters of an insert: a list of one would be sent as a batch, which costs more than a row."""
    return rows[0] if len(rows) == 1 else rows


def any_of(name: str) -> ColumnElement[UUID]:
    """Any of the ids in a parameter, for `column == any_of("ids")`.

    They stand in a subquery, so that no plan depends on how many they are: else a statement that is asked again and
    again would be planned anew each time.
    """
    ids = select(bindparam(name, type_=ARRAY(Uuid))).scalar_subquery()
    return func.any(cast(ids, ARRAY(Uuid)))


def _to_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS, default=str).decode()


class Unreachable(OSError):
    """Nobody answers where the database should be."""


class Database:
    """A pool of connections to the database at `url` (`postgresql://…`, several hosts allowed)."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        async def connect(*_: Any, **options: Any) -> asyncpg.Connection:
            try:
                return await asyncpg.connect(url, timeout=10, **options)
            except OSError as error:
                raise Unreachable(str(error)) from error

        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            # The connection that was used last has its statements prepared; the others rest.
            pool_use_lifo=True,
            pool_pre_ping=False,
            # What is stored is in no error, and so in no log: it tells of customers, and a URL may hold a token.
            hide_parameters=True,
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
            connect_args={
                "async_creator_fn": connect,
                "prepared_statement_cache_size": 500,
                "server_settings": {"application_name": "outward", "timezone": "UTC", "jit": "off"},
            },
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._nudges = Nudges(self.engine)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """An autocommit connection: each statement sees what was committed before it began."""
        async with self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed when the block ends and rolled back when it raises."""
        async with self.engine.begin() as connection:
            yield connection

    def nudge(self) -> None:
        """Tells workers and streams, by and by, that events were committed."""
        self._nudges.nudge()

    async def close(self) -> None:
        await self._nudges.close()
        await self.engine.dispose()
