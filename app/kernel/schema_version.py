"""The schema of the database: which version it has, and bringing it to another."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database

_MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LOCK = 0x4F5557


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str:
    """The revision that this version of the code needs."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations beside the code")
    return head


async def present(connection: AsyncConnection) -> str | None:
    """The revision that the database has; None before the first migration."""
    if (await connection.execute(text("select to_regclass('alembic_version')"))).scalar_one() is None:
        return None
    revision: str | None = (await connection.execute(text("select version_num from alembic_version"))).scalar()
    return revision


async def migrate(database: Database, revision: str = "head") -> None:
    """Brings the schema to a revision, up or down, in one transaction, one process at a time.

    Raises:
        LookupError: there is no such revision.
    """
    async with database.engine.begin() as connection:
        await connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        at = await present(connection)
        await connection.run_sync(_bring, revision, at)


def _bring(connection: Connection, revision: str, at: str | None) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    known = [each.revision for each in script.walk_revisions()]
    if revision not in {"head", "base", *known}:
        raise LookupError(f"There is no revision {revision!r}; known are {', '.join(reversed(known))}.")
    older = {each.revision for each in script.iterate_revisions(at, "base")} - {at} if at else set()
    if revision == "base" or revision in older:
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
